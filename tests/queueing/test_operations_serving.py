import datetime as dt

import pytest

from queueing import operations
from queueing.models import Action, State, TicketEvent
from queueing.refusals import NobodyWaiting, NothingToUndo
from tests.factories import MONDAY, Branch

MINUTE = dt.timedelta(minutes=1)
SECOND = dt.timedelta(seconds=1)


def test_issue_numbers_start_at_one_and_count_up(branch: Branch):
    labels = [branch.ticket().label for _ in range(3)]

    assert labels == ["A001", "A002", "A003"]


def test_issue_repeated_with_its_key_returns_the_same_ticket(branch: Branch):
    first = branch.ticket(request_key="k1")
    second = branch.ticket(request_key="k1")

    assert second.pk == first.pk
    assert TicketEvent.objects.count() == 1


def test_call_next_takes_the_longest_waiting(branch: Branch):
    first, _second = branch.ticket(), branch.ticket(at=MONDAY + MINUTE)
    duty = branch.duty()

    called = operations.call_next(
        duty=duty, actor=duty.officer, at=MONDAY + 5 * MINUTE
    )

    assert called.pk == first.pk
    assert called.state == State.CALLED
    event = called.events.last()
    assert event.action == Action.CALL_NEXT
    assert event.data == {"cause": "longest_waiting", "waited_min": 5}


def test_call_next_refuses_when_nobody_waits(branch: Branch):
    duty = branch.duty()

    with pytest.raises(NobodyWaiting):
        operations.call_next(duty=duty, actor=duty.officer, at=MONDAY)


def test_undo_of_a_finish_returns_the_visitor_to_the_counter(branch: Branch):
    duty = branch.duty()
    ticket = branch.serving(duty)
    operations.finish(ticket=ticket, actor=duty.officer, at=MONDAY + MINUTE)

    back = operations.undo(
        ticket=ticket, actor=duty.officer, at=MONDAY + MINUTE + 9 * SECOND
    )

    assert (back.state, back.counter_id) == (State.SERVING, duty.counter_id)


def test_undo_after_ten_seconds_is_refused(branch: Branch):
    duty = branch.duty()
    ticket = branch.serving(duty)
    operations.finish(ticket=ticket, actor=duty.officer, at=MONDAY + MINUTE)

    with pytest.raises(NothingToUndo):
        operations.undo(
            ticket=ticket, actor=duty.officer, at=MONDAY + MINUTE + 11 * SECOND
        )
