from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.utils import timezone

from bpjs_service import events
from queueing import operations
from queueing.api import tickets
from queueing.models import Duty, QueueRules, Ticket
from queueing.operations.moving import channel
from tests.factories import Branch, CounterFactory, on_monday
from tests.queueing.api import client_of, problem, url


@pytest.fixture
def duty(branch: Branch) -> Duty:
    return branch.duty(at=timezone.now())


def labels(answer: Any) -> list[str]:
    return [ticket["label"] for ticket in answer.json()]


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


def test_tickets_of_a_full_day_come_in_parts(branch: Branch, duty: Duty, monkeypatch):
    monkeypatch.setattr(tickets, "MOST_FOUND", 2)
    issued = [branch.ticket(at=timezone.now()) for _ in range(3)]
    client = client_of(duty.officer)

    first = client.get(url(branch, "tickets"))
    rest = client.get(url(branch, f"tickets?after={first.json()[-1]['id']}"))
    none = client.get(url(branch, f"tickets?after={issued[-1].pk}&label=A003"))

    assert labels(first) == ["A001", "A002"]
    assert labels(rest) == ["A003"]
    assert labels(none) == []


def test_duty_steps_can_be_repeated(branch: Branch):
    CounterFactory(office=branch.office, number=3)
    client = client_of(branch.officer())
    body = {"counter": 3}
    opened = [client.post(url(branch, "duties"), body, format="json") for _ in "12"]
    one = url(branch, f"duties/{opened[0].json()['id']}")
    meal = {"reason": "MEAL"}
    breaks = [client.post(f"{one}/break", meal, format="json") for _ in "12"]
    backs = [client.post(f"{one}/back") for _ in "12"]
    closed = [client.post(f"{one}/close") for _ in "12"]

    for first, again in (opened, breaks, backs, closed):
        assert (first.status_code, first.json()) == (again.status_code, again.json())
    assert [opened[1].status_code, closed[1].status_code] == [201, 200]
    assert closed[1].json()["closed_at"]
    kinds = Duty.objects.get().events.values_list("kind", flat=True)
    assert list(kinds) == ["opened", "break", "back", "closed"]


def test_a_late_repeat_of_a_call_tells_the_service_and_counter_of_then(
    branch: Branch, duty: Duty
):
    branch.offer("SV-JHT", "K")
    branch.ticket(at=timezone.now())
    client, key = client_of(duty.officer), {"Idempotency-Key": "k"}
    call = url(branch, f"duties/{duty.pk}/call-next")
    first = client.post(call, headers=key)
    transfer = url(branch, f"tickets/{first.json()['id']}/transfer")
    client.post(transfer, {"service": "SV-JHT", "note": "form"}, format="json")

    again = client.post(call, headers=key)

    assert again.json() == first.json()


def test_own_counter_tells_what_the_page_of_the_counter_tells(
    branch: Branch, duty: Duty
):
    QueueRules.objects.create(
        office=branch.office, recall_gap_seconds=0, calls_before_no_show=1
    )
    now = timezone.now()
    by = {"actor": duty.officer, "at": now}
    absent = operations.no_show(ticket=branch.called(duty, at=now), **by)
    held = operations.hold(ticket=branch.serving(duty, at=now), **by)
    there = branch.called(duty, at=now)
    branch.ticket(at=now)

    mine = client_of(duty.officer).get(url(branch, "duties/mine")).json()

    assert mine["duty"]["id"] == duty.pk
    assert mine["current"].pop("ticket")["label"] == there.label
    assert mine["current"].pop("why")
    assert mine["current"] == {
        "minutes": 0,
        "calls_left": 2,
        "calls_missing": 0,
        "seconds_to_wait": 0,
    }
    assert [line["ticket"]["label"] for line in mine["queue"]] == ["A004"]
    assert [ticket["id"] for ticket in mine["on_hold"]] == [held.pk]
    assert [ticket["id"] for ticket in mine["absent"]] == [absent.pk]
    assert mine["undoable"].pop("seconds") in (9, 10)
    assert mine["undoable"] == {
        "ticket": there.pk,
        "label": there.label,
        "action": "call_next",
    }


def test_own_counter_without_anybody(branch: Branch, duty: Duty):
    mine = client_of(duty.officer).get(url(branch, "duties/mine")).json()

    assert (mine["current"], mine["undoable"], mine["queue"]) == (None, None, [])


def test_live_address_lets_a_machine_hear_of_its_branch(branch: Branch):
    answer = client_of(branch.kiosk).get(url(branch, "live"))

    address = urlsplit(answer.json()["url"])
    claims = events.read_stream_token(parse_qs(address.query)["token"][0])
    assert address.scheme == "http"
    assert claims.channels == (channel(branch.office),)
    assert claims.subject == f"device-{branch.kiosk.pk}"


def test_board_of_a_closed_branch_tells_when_it_opens(db):
    branch = Branch(**on_monday())
    branch.office.opening_hours.update(opens="10:00")

    board = client_of(branch.kiosk).get(url(branch, "board")).json()

    assert (board["is_open"], board["next_opening"]) == (
        False,
        "2026-01-05T10:00:00+07:00",
    )
