"""Who may do what, where and when: the one place every page and stream asks."""

import datetime as dt
from pathlib import Path

import pytest
from django.contrib.auth.models import AnonymousUser

from bpjs_service.errors import NotAllowed
from offices import access
from offices.access import Right, branches_for, may, require, subject_of
from offices.models import Device, Office, Posting, Role, Staff
from tests.factories import (
    BranchFactory,
    DeviceFactory,
    HeadOfficeFactory,
    PostingFactory,
    RegionFactory,
    StaffFactory,
)

TABLE = """
issue see_board serve serve_as_ranger pick greet manage_counters see_branch administer who
-     x         x     -               -    -     -               -          -          CSO
-     x         x     x               -    -     -               -          -          RANGER
x     x         -     -               -    x     -               -          -          GREETER
x     x         x     -               x    x     x               x          -          HEAD_OF_SERVICE
x     x         -     -               -    x     x               x          -          BRANCH_HEAD
-     x         -     -               -    -     -               x          -          REGIONAL_VALIDATOR
-     x         -     -               -    -     -               x          -          HEAD_OFFICE_VALIDATOR
x     x         -     -               -    x     x               x          x          ADMINISTRATOR
x     x         -     -               -    -     -               -          -          KIOSK
-     x         -     -               -    -     -               -          -          BOARD
-     -         -     -               -    -     -               -          -          PRINTER
"""  # noqa: E501 - a table


def table() -> dict[str, dict[str, bool]]:
    (*header, _who), *lines = [line.split() for line in TABLE.strip().splitlines()]
    return {
        name: {right: mark == "x" for right, mark in zip(header, marks, strict=True)}
        for *marks, name in lines
    }


CASES = [
    pytest.param(name, right, allowed, id=f"{name}-{right}")
    for name, rights in table().items()
    for right, allowed in rights.items()
]
ROLES = [case for case in CASES if case.values[0] in Role]
KINDS = [case for case in CASES if case.values[0] in Device.Kind]


def posted(office: Office, role: str = Role.CSO, **dates: dt.date) -> Staff:
    return PostingFactory(office=office, role=role, **dates).staff


def test_table_covers_every_role_kind_and_right():
    assert set(table()) == set(Role) | set(Device.Kind)
    assert all(set(rights) == set(Right) for rights in table().values())


@pytest.mark.parametrize(("role", "right", "allowed"), ROLES)
def test_role_has_right(db, role, right, allowed):
    office = BranchFactory()

    assert may(posted(office, role), Right(right), office) is allowed


@pytest.mark.parametrize(("kind", "right", "allowed"), KINDS)
def test_device_has_right(db, kind, right, allowed):
    device = DeviceFactory(kind=kind)

    assert may(device, Right(right), device.office) is allowed


def test_roles_with_right_are_those_of_the_table():
    assert set(access.roles_with(Right.PICK)) == {"HEAD_OF_SERVICE"}


def test_every_right_is_used():
    here = Path(access.__file__).parent
    code = "".join(
        path.read_text()
        for app in (here, here.parent / "queueing")
        for path in app.rglob("*.py")
        if path.name != "access.py"
    )

    assert [right for right in Right if f"Right.{right.name}" not in code] == []


def test_who_may_pick_may_serve():
    assert set(access.roles_with(Right.PICK)) <= set(access.roles_with(Right.SERVE))


# -- Where ----------------------------------------------------------------------------
def test_right_goes_down_the_tree_and_not_up_or_sideways(db):
    head, region = HeadOfficeFactory(), RegionFactory()
    branch, other = BranchFactory(), BranchFactory(parent__code="KW2")
    offices = [head, region, branch, other]

    reach = {
        office.code: [may(posted(office), Right.SERVE, o) for o in offices]
        for office in offices
    }

    assert reach == {
        head.code: [True, True, True, True],
        region.code: [False, True, True, False],
        branch.code: [False, False, True, False],
        other.code: [False, False, False, True],
    }


def test_device_has_no_right_at_another_office(db):
    kiosk = DeviceFactory()

    assert not may(kiosk, Right.ISSUE, BranchFactory())
    assert not may(kiosk, Right.ISSUE, kiosk.office.parent)
    assert not may(DeviceFactory(office=RegionFactory()), Right.ISSUE, kiosk.office)


def test_device_withdrawn_has_no_right(db):
    kiosk = DeviceFactory(revoked_at=dt.datetime(2026, 1, 5, tzinfo=dt.UTC))

    assert not may(kiosk, Right.ISSUE, kiosk.office)


def test_person_who_has_left_has_no_right(db):
    office = BranchFactory()
    staff = posted(office)
    Staff.objects.update(is_active=False)

    assert not may(staff, Right.SERVE, office)


def test_nobody_in_particular_has_no_right(db):
    office = BranchFactory()

    assert not may(AnonymousUser(), Right.SEE_BOARD, office)
    assert not may(StaffFactory(), Right.SEE_BOARD, office)
    assert not may(StaffFactory(is_superuser=True), Right.ADMINISTER, office)


def test_require_raises_unless_allowed(db):
    office = BranchFactory()

    require(posted(office), Right.SERVE, office)
    with pytest.raises(NotAllowed):
        require(posted(office), Right.PICK, office)


# -- When -----------------------------------------------------------------------------
MIDNIGHT = {  # the moment at which 5 January begins there
    Office.Zone.WIB: "2026-01-04T17:00Z",
    Office.Zone.WITA: "2026-01-04T16:00Z",
    Office.Zone.WIT: "2026-01-04T15:00Z",
}


@pytest.mark.parametrize("zone", Office.Zone)
def test_posting_runs_from_and_to_by_the_offices_own_date(db, zone, monkeypatch):
    office = BranchFactory(zone=zone)
    day = dt.date(2026, 1, 5)
    staff = posted(office, starts_on=day, ends_on=day)
    begins = dt.datetime.fromisoformat(MIDNIGHT[zone])
    tick, whole_day = dt.timedelta(microseconds=1), dt.timedelta(days=1)

    held = []
    for moment in (
        begins - tick,
        begins,
        begins + whole_day - tick,
        begins + whole_day,
    ):
        monkeypatch.setattr("offices.models.timezone.now", lambda at=moment: at)
        held.append(may(staff, Right.SERVE, office))

    assert held == [False, True, True, False]


def test_posting_without_an_end_goes_on(db):
    posting = PostingFactory(starts_on=dt.date(2020, 1, 1))
    days = [dt.date(2019, 12, 31), dt.date(2020, 1, 1), dt.date(2099, 1, 1)]

    in_force = [Posting.objects.in_force(day).contains(posting) for day in days]

    assert in_force == [False, True, True]


# -- The branches of a person ----------------------------------------------------------
def test_branches_for_lists_the_active_branches_below_by_name(db):
    region = RegionFactory()
    bogor = BranchFactory(name="Bogor", parent=region)
    bekasi = BranchFactory(name="Bekasi", parent=region)
    BranchFactory(name="Cimahi", parent=region, is_active=False)
    BranchFactory(name="Depok", parent__code="KW2")
    staff = posted(region, Role.REGIONAL_VALIDATOR)

    assert branches_for(staff, Right.SEE_BRANCH) == [bekasi, bogor]
    assert branches_for(staff, Right.SERVE) == []


def test_branches_for_asks_each_branchs_own_date(db, monkeypatch):
    ambon = BranchFactory(name="Ambon", zone=Office.Zone.WIT)
    bekasi = BranchFactory(name="Bekasi", zone=Office.Zone.WIB)
    begins_in_ambon = dt.datetime.fromisoformat(MIDNIGHT[Office.Zone.WIT])
    monkeypatch.setattr("offices.models.timezone.now", lambda: begins_in_ambon)
    head = HeadOfficeFactory()
    new = posted(head, starts_on=dt.date(2026, 1, 5))
    former = posted(head, ends_on=dt.date(2026, 1, 4))

    assert branches_for(new, Right.SERVE) == [ambon]
    assert branches_for(former, Right.SERVE) == [bekasi]


def test_branches_for_asks_the_database_twice(db, django_assert_num_queries):
    for _ in range(3):
        BranchFactory()
    staff = posted(HeadOfficeFactory(), Role.HEAD_OFFICE_VALIDATOR)

    with django_assert_num_queries(2):
        branches = branches_for(staff, Right.SEE_BRANCH)
    assert len(branches) == 3


def test_subject_tells_person_and_machine_apart():
    assert subject_of(Staff(pk=7)) == "staff-7"
    assert subject_of(Device(pk=7)) == "device-7"
