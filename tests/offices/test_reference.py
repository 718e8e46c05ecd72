import datetime as dt

import pytest

from bpjs_service.yaml_files import BadReference
from offices import reference


def test_offices_are_the_head_office_and_a_region_below_it():
    assert [(row.code, row.parent) for row in reference.offices()] == [
        ("KP", None),
        ("KW-JABAR", "KP"),
    ]


def test_holidays_are_the_fixed_dates_of_both_years():
    fixed = [(1, 1), (5, 1), (6, 1), (8, 17), (12, 25)]

    assert [row.date for row in reference.holidays()] == [
        dt.date(year, month, day) for year in (2026, 2027) for month, day in fixed
    ]


def test_holidays_refuse_an_unknown_key(tmp_path):
    path = tmp_path / "holidays.yaml"
    path.write_text("office: KP\nyears: [2026]\nfixed_dates: []\nmoving: []\n")

    with pytest.raises(BadReference, match="unknown key moving"):
        reference.holidays(path)
