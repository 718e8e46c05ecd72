"""A sound day has no breach; each kind of damage is found and named."""

import datetime as dt
from types import SimpleNamespace

import pytest
from django.core.management import CommandError, call_command

from queueing import invariants, operations
from queueing.models import Action, NumberSeries, State, Ticket
from tests.factories import MONDAY, Branch

DAY = MONDAY.date()
MINUTE = dt.timedelta(minutes=1)


def event(pk: int, ticket: int, action: str, to: str, **fields) -> SimpleNamespace:
    values = {
        "pk": pk,
        "ticket_id": ticket,
        "ticket": SimpleNamespace(label=f"A{ticket:03d}"),
        "action": action,
        "from_state": "",
        "to_state": to,
        "at": MONDAY,
        "counter_id": None,
        "undoes_id": None,
        "request_key": "",
    }
    return SimpleNamespace(**values | fields)


def test_a_full_life_with_undo_is_sound(branch: Branch):
    duty = branch.duty()
    ticket = branch.serving(duty)
    step = {"ticket": ticket, "actor": duty.officer}
    operations.hold(**step, at=MONDAY)
    branch.called(duty, at=MONDAY)
    operations.undo(ticket=Ticket.objects.last(), actor=duty.officer, at=MONDAY)
    operations.resume(**step, duty=duty, at=MONDAY)
    operations.finish(**step, at=MONDAY)
    operations.undo(**step, at=MONDAY)
    operations.finish(**step, at=MONDAY + MINUTE)
    operations.call_next(duty=duty, actor=duty.officer, at=MONDAY + MINUTE)

    assert invariants.breaches(branch.office, DAY) == []


def test_a_lost_number_is_found(branch: Branch):
    branch.ticket()
    NumberSeries.objects.update(last=3)

    assert invariants.breaches(branch.office, DAY) == [
        "A002 was taken from the series and lost.",
        "A003 was taken from the series and lost.",
    ]


def test_a_number_ahead_of_its_series_is_found(branch: Branch):
    branch.ticket()
    Ticket.objects.update(number=7)

    assert invariants.breaches(branch.office, DAY) == [
        "A001 was taken from the series and lost.",
        "A007 is ahead of its series.",
    ]


def test_a_doubled_number_is_found():
    tickets = [SimpleNamespace(prefix="A", number=1) for _ in range(2)]

    assert list(invariants.numbers(tickets, {"A": 1})) == ["A001 was given 2 times."]


def test_a_state_without_its_event_is_found(branch: Branch):
    branch.ticket()
    Ticket.objects.update(state=State.FINISHED)

    assert invariants.breaches(branch.office, DAY) == [
        "A001 is FINISHED, its events say WAITING."
    ]


@pytest.mark.parametrize(
    ("second", "breach"),
    [
        (
            {"action": Action.FINISH, "from_state": "WAITING", "to": "FINISHED"},
            "A001: finish led from WAITING to FINISHED.",
        ),
        (
            {"action": Action.START, "from_state": "CALLED", "to": "SERVING"},
            "A001: start led from WAITING to SERVING.",
        ),
        (
            {
                "action": Action.UNDO,
                "from_state": "WAITING",
                "to": "WAITING",
                "undoes_id": 9,
            },
            "A001: undo led from WAITING to WAITING.",
        ),
        (
            {
                "action": Action.CANCEL,
                "from_state": "WAITING",
                "to": "CANCELLED",
                "at": MONDAY - MINUTE,
            },
            "A001: cancel is earlier than issue.",
        ),
    ],
)
def test_an_illegal_history_is_found(second, breach):
    ticket = SimpleNamespace(pk=1, label="A001", state=second["to"])
    events = [
        event(1, 1, Action.ISSUE, "WAITING"),
        event(2, 1, second.pop("action"), second.pop("to"), **second),
    ]

    assert list(invariants.histories([ticket], events)) == [breach]


def test_a_history_without_its_issue_is_found():
    ticket = SimpleNamespace(pk=1, label="A001", state="CALLED")
    events = [event(1, 1, Action.CALL_NEXT, "CALLED")]

    assert list(invariants.histories([ticket], events)) == [
        "A001 begins with call_next, not with its issue."
    ]
    assert list(invariants.histories([ticket], [])) == ["A001 has no events."]


def test_two_tickets_at_one_counter_are_found():
    events = [
        event(1, 1, Action.CALL_NEXT, "CALLED", counter_id=5),
        event(2, 2, Action.CALL_NEXT, "CALLED", counter_id=5),
    ]

    assert list(invariants.occupancy(events)) == [
        "A002 was called to a counter where A001 still was."
    ]


def test_one_ticket_at_two_counters_is_found():
    events = [
        event(1, 1, Action.CALL_NEXT, "CALLED", counter_id=5),
        event(2, 1, Action.CALL_NEXT, "CALLED", counter_id=6),
        event(3, 2, Action.CALL_NEXT, "CALLED", counter_id=5),
        event(4, 1, Action.FINISH, "FINISHED", counter_id=6),
    ]

    assert list(invariants.occupancy(events)) == ["A001 was at two counters at once."]


def test_a_request_with_two_effects_is_found():
    events = [
        event(n, n, Action.ISSUE, "WAITING", request_key="abcdefgh-more")
        for n in (1, 2)
    ]

    assert list(invariants.request_keys(events)) == ["Request abcdefgh had 2 effects."]


def test_officers_and_counters_used_twice_are_found():
    tickets = [SimpleNamespace(officer_id=3, state="SERVING") for _ in range(2)]
    duties = [SimpleNamespace(counter_id=8, officer_id=number) for number in (1, 2)]

    assert list(invariants.officers(tickets)) == ["Officer 3 has 2 visitors."]
    assert list(invariants.open_duties(duties)) == ["2 open duties share counter_id 8."]


def test_the_command_fails_on_a_breach(branch: Branch, capsys):
    branch.ticket()
    NumberSeries.objects.update(last=2)

    with pytest.raises(CommandError, match="1 breaches"):
        call_command("invariants", day=DAY)

    assert "A002 was taken from the series and lost." in capsys.readouterr().out
