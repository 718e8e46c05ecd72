import pytest
from django.utils import timezone

from queueing.models import Duty, QueueRules, Ticket
from tests.factories import Branch, CounterFactory
from tests.queueing.api import client_of, problem, url


@pytest.fixture
def duty(branch: Branch) -> Duty:
    return branch.duty(at=timezone.now())


def called(branch: Branch, duty: Duty) -> Ticket:
    return branch.called(duty, at=timezone.now())


def serving(branch: Branch, duty: Duty) -> Ticket:
    return branch.serving(duty, at=timezone.now())


def test_a_visit_from_kiosk_to_finish(branch: Branch):
    kiosk, officer = client_of(branch.kiosk), client_of(branch.officer())
    CounterFactory(office=branch.office, number=3)

    issued = kiosk.post(url(branch, "tickets"), {"service": "SV-INFO"}, format="json")
    duty = officer.post(url(branch, "duties"), {"counter": 3}, format="json").json()
    call = officer.post(url(branch, f"duties/{duty['id']}/call-next"))
    one = url(branch, f"tickets/{issued.json()['id']}")
    start = officer.post(f"{one}/start")
    finish = officer.post(f"{one}/finish")

    assert issued.status_code == 201
    assert issued.json() == {
        "id": issued.json()["id"],
        "label": "A001",
        "service": "SV-INFO",
        "group": "INFO",
        "is_priority": False,
        "issued_at": issued.json()["issued_at"],
        "people_ahead": 0,
    }
    assert call.json()["called_at"] == call.json()["at"]
    assert call.json() | {"at": "", "called_at": ""} == {
        "id": issued.json()["id"],
        "label": "A001",
        "action": "call_next",
        "state": "CALLED",
        "at": "",
        "called_at": "",
        "counter": 3,
        "service": "SV-INFO",
        "group": "INFO",
        "is_priority": False,
        "note": "",
        "data": {"cause": "longest_waiting", "waited_min": 0},
    }
    assert (start.json()["state"], finish.json()["state"]) == ("SERVING", "FINISHED")
    assert finish.json()["counter"] == 3
    actions = [event["action"] for event in officer.get(one).json()["events"]]
    assert actions == ["issue", "call_next", "start", "finish"]


def test_recall_and_no_show_keep_the_rules_of_the_branch(branch: Branch, duty: Duty):
    QueueRules.objects.create(office=branch.office, recall_gap_seconds=0)
    client = client_of(duty.officer)
    one = url(branch, f"tickets/{called(branch, duty).pk}")

    early = client.post(f"{one}/no-show")
    recall = client.post(f"{one}/recall")
    absent = client.post(f"{one}/no-show")

    assert problem(early) == (409, "no_show_too_soon")
    assert (recall.status_code, recall.json()["state"]) == (200, "CALLED")
    assert absent.json()["state"] == "NO_SHOW"
