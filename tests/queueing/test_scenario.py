import json
from pathlib import Path

import pytest

from queueing.replay.services import replay_services
from queueing.scenario import Arrival, Place, ScenarioError, load

DAY = {
    "name": "tiny",
    "open": 28800,
    "close": 30000,
    "capacity": 10,
    "overhead": 20,
    "noshow": 50,
    "counters": [
        {
            "start": 28800,
            "end": 30000,
            "breaks": [[29000, 29100], [29500, 29600]],
            "outage": [29500, 29600],
            "skills": ["INFO"],
            "speed": 0.9,
        },
        {"start": 28800, "end": 30000, "breaks": [], "skills": "all", "speed": 1},
    ],
    "arrivals": [
        [28900, "JKK", "L", 1, 29000, 600, 900],
        [28810, "INFO", "Q", 0, None, 60, 1200],
    ],
}


def written(tmp_path, day):
    path = tmp_path / "day.json"
    path.write_text(day if isinstance(day, str) else json.dumps(day))
    return path


def test_load_reads_places_with_their_pauses_and_skills(tmp_path):
    scenario = load(written(tmp_path, DAY))

    assert scenario.places == (
        Place(
            number=1,
            start=28800,
            end=30000,
            pauses=((29000, 29100, "MEAL"), (29500, 29600, "SYSTEM")),
            workloads=("INFO",),
            speed=0.9,
        ),
        Place(2, 28800, 30000, (), None, 1.0),
    )


def test_load_orders_arrivals_by_time(tmp_path):
    scenario = load(written(tmp_path, DAY))

    assert scenario.arrivals == (
        Arrival(28810, "INFO", False, None, 60, 1200),
        Arrival(28900, "JKK", True, 29000, 600, 900),
    )


def test_somebody_with_a_booking_is_patient_from_the_booked_time(tmp_path):
    booked = load(written(tmp_path, DAY)).arrivals[1]

    assert booked.leaves_at() == 29000 + 900


def test_a_place_pauses_from_the_start_until_before_the_end(tmp_path):
    place = load(written(tmp_path, DAY)).places[0]

    assert place.pause_at(28999) is None
    assert place.pause_at(29000) == (29000, 29100, "MEAL")
    assert place.pause_at(29100) is None


@pytest.mark.parametrize(
    ("day", "sentence"),
    [
        ("{", "not JSON"),
        ({**DAY, "arrivals": [[1, 2]]}, "not a scenario .not enough values"),
        ({k: v for k, v in DAY.items() if k != "open"}, "“open” is missing"),
        ("[]", "not a scenario"),
    ],
)
def test_load_says_what_is_wrong_with_a_file(tmp_path, day, sentence):
    with pytest.raises(ScenarioError, match=sentence):
        load(written(tmp_path, day))


def test_load_says_that_a_file_is_missing(tmp_path):
    with pytest.raises(ScenarioError, match="No such file"):
        load(tmp_path / "none.json")


def test_the_example_day_of_the_documents_can_be_played():
    day = load(Path(__file__).parents[2] / "docs" / "days" / "quiet_morning.json")

    known = set(replay_services())
    assert {arrival.workload for arrival in day.arrivals} <= known
    skills = [place.workloads or () for place in day.places]
    assert {workload for skill in skills for workload in skill} <= known
