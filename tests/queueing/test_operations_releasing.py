import pytest

from queueing import operations
from queueing.models import Duty, State, Ticket
from queueing.refusals import DutyOver, ReasonNeeded, UndoBlocked
from tests.factories import MONDAY, Branch
from tests.queueing.helpers import after, refused

WHY = "pulang sakit"


def release(branch: Branch, duty: Duty, minutes: int = 5, reason: str = WHY) -> Duty:
    head = branch.officer("HEAD_OF_SERVICE")
    return operations.release_counter(
        duty=duty, actor=head, at=after(minutes), reason=reason
    )


def last_event(ticket: Ticket) -> tuple:
    event = ticket.events.last()
    return event.action, event.to_state, event.staff, event.reason


def test_release_closes_the_counter_and_says_who_and_why(branch: Branch):
    duty = branch.duty(1)
    head = branch.officer("HEAD_OF_SERVICE")

    operations.release_counter(duty=duty, actor=head, at=after(5), reason=f"  {WHY}  ")

    closed = duty.events.last()
    assert (closed.kind, closed.at, closed.actor, closed.reason) == (
        "closed", after(5), head, WHY,
    )  # fmt: skip
    assert Duty.objects.get().closed_at == after(5)


def test_release_puts_a_called_visitor_back_by_time_of_arrival(branch: Branch):
    duty = branch.duty(1)
    ticket = branch.called(duty)
    branch.ticket(at=after(1))

    closed = release(branch, duty)

    ticket.refresh_from_db()
    assert (ticket.state, ticket.queued_at, ticket.calls) == (State.WAITING, MONDAY, 0)
    assert (ticket.counter, ticket.officer, ticket.duty) == (None, None, None)
    head = closed.events.last().actor
    assert last_event(ticket) == ("requeue", State.WAITING, head, WHY)
    again = branch.duty(2)
    assert operations.call_next(duty=again, actor=again.officer, at=after(6)) == ticket


def test_release_sets_a_visitor_being_served_on_hold_for_anybody(branch: Branch):
    duty, other = branch.duty(1), branch.duty(2)
    ticket = branch.serving(duty)

    closed = release(branch, duty)

    ticket.refresh_from_db()
    assert (ticket.state, ticket.held_by) == (State.ON_HOLD, duty.officer)
    head = closed.events.last().actor
    assert last_event(ticket) == ("hold", State.ON_HOLD, head, WHY)
    resumed = operations.resume(
        ticket=ticket, duty=other, actor=other.officer, at=after(6)
    )
    assert resumed.counter == other.counter


def test_release_lets_counter_and_officer_begin_again(branch: Branch):
    duty = branch.duty(1)
    branch.serving(duty)

    release(branch, duty)
    again = operations.open_duty(
        counter=duty.counter, officer=duty.officer, at=after(10)
    )

    assert again.closed_at is None


@pytest.mark.parametrize("reason", ["", "  "])
def test_release_without_a_reason_changes_nothing(branch: Branch, reason):
    duty = branch.duty(1)
    branch.called(duty)

    with refused(ReasonNeeded):
        release(branch, duty, reason=reason)


def test_release_of_a_closed_counter_is_refused(branch: Branch):
    duty = branch.duty(1)
    operations.close_duty(duty=duty, at=after(1))

    with refused(DutyOver):
        release(branch, duty)


def test_a_visitor_does_not_go_back_to_a_released_counter(branch: Branch):
    duty = branch.duty(1)
    ticket = branch.serving(duty)
    head = release(branch, duty).events.last().actor

    with refused(UndoBlocked):
        operations.undo(ticket=ticket, actor=head, at=after(5, seconds=3))
