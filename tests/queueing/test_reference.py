import pytest

from bpjs_service.yaml_files import BadReference
from queueing import reference

# Every service of our collection of sources, whether it has a queue or not.
COLLECTED = {
    "SV-INFO", "SV-CEKSALDO", "SV-TRACKING", "SV-DAFTAR-PU", "SV-DAFTAR-TK",
    "SV-DAFTAR-BPU", "SV-DAFTAR-JAKON", "SV-DAFTAR-PMI", "SV-KOREKSI", "SV-PADAN",
    "SV-KARTU", "SV-JMO", "SV-NONAKTIF", "SV-IURAN", "SV-AMALGAMASI", "SV-LAPORKK",
    "SV-JKP", "SV-ADUAN", "SV-MLT", "SV-PENSIUNAN", "SV-KLAIM-JHT-ONLINE",
    "SV-KLAIM-JHT-LAPAK",
}  # fmt: skip
# Spoken, these endings are mistaken for each other, or the letter for a digit.
SOUND_ALIKE = set("BCDEGPTVIOQ")


def services() -> list[reference.ServiceRecord]:
    return [row for group in reference.catalogue().groups for row in group.services]


def test_catalogue_has_every_collected_service_or_the_way_to_it():
    other = {row.code for row in reference.catalogue().not_queued}

    assert {row.code for row in services() if row.code[:2] == "SV"} | other == COLLECTED


def test_catalogue_fits_the_kiosk():
    groups = reference.catalogue().groups
    named = [*groups, *services()]

    assert len(groups) == 6
    assert max(len(group.services) for group in groups) == 6
    assert max(len(row.name_id) for row in named) <= 40
    assert max(len(row.name_en) for row in named) <= 40
    assert max(len(row.online_id) for row in services()) <= 160
    assert max(len(row.online_en) for row in services()) <= 160


def test_catalogue_letters_sound_apart():
    letters = [group.prefix for group in reference.catalogue().groups]

    assert letters == ["A", "K", "R", "U", "S", "W"]
    assert SOUND_ALIKE.isdisjoint(letters)


def test_catalogue_codes_are_unique():
    codes = [row.code for row in services()]

    assert sorted(codes) == sorted(set(codes))


def test_an_accident_report_never_waits():
    [accident] = [row for row in services() if row.code == "CL-JKK"]

    assert "Lapor tanpa antre" in accident.online_id


def test_workloads_are_nine_and_each_is_played_by_a_service_of_its_own_class():
    by_code = {row.code: row for row in services()}
    played = {
        code: by_code[row.service].workload
        for code, row in reference.workloads().items()
    }

    assert played == {
        code: code
        for code in ["INFO", "DATA", "AKUN", "JHTL", "JHTX", "KEP", "JKK", "JKM", "JP"]
    }


GROUP = """
groups:
  - code: jht
    prefix: K
    name_id: JHT
    name_en: JHT
    services:
      - {{code: CL-JHT, workload: {workload}, name_id: a, name_en: a, confidence: low}}
not_queued:
  - {{code: SV-X, found_at: {found_at}, why: because}}
"""


@pytest.mark.parametrize(
    ("workload", "found_at", "message"),
    [
        ("QUICK", "CL-JHT", "CL-JHT: unknown workload QUICK"),
        ("JHTL", "CL-JKK", "SV-X: CL-JKK does not lead to it"),
        ("JHTL", "CL-JHT", "SV-X: CL-JHT does not lead to it"),  # no online text
    ],
)
def test_catalogue_refuses_what_points_nowhere(tmp_path, workload, found_at, message):
    path = tmp_path / "services.yaml"
    path.write_text(GROUP.format(workload=workload, found_at=found_at))

    with pytest.raises(BadReference) as refused:
        reference.catalogue(path)

    assert str(refused.value) == message
