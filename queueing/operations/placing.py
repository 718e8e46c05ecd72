"""Hold and resume, transfer, back to the queue, cancel."""

import datetime as dt
from typing import Any

from offices.access import Actor
from offices.models import Staff
from queueing.models import (
    Action,
    Counter,
    Duty,
    Place,
    QueueRules,
    Service,
    State,
    Ticket,
)
from queueing.moves import MOVES
from queueing.operations.moving import (
    check_present,
    lock_own_duty,
    lock_own_ticket,
    lock_ticket,
    move,
    refusal_of,
)
from queueing.operations.notes import changed_note, leave_note
from queueing.operations.serving import check_offered
from queueing.refusals import (
    CounterClosed,
    OfficerNotHere,
    ReasonNeeded,
    TooLate,
    TransferTarget,
)
from queueing.repeats import Stamp, repeatable


@repeatable
def hold(
    stamp: Stamp, *, ticket: Ticket, actor: Staff, at: dt.datetime, reason: str = ""
) -> Ticket:
    """Set the visitor aside (a copy, a form) and free the counter."""
    ticket = lock_own_ticket(ticket, actor, Action.HOLD)
    return move(
        ticket,
        Action.HOLD,
        stamp=stamp,
        actor=actor,
        at=at,
        reason=reason,
        held_by=actor,
    )


@repeatable
def resume(
    stamp: Stamp, *, ticket: Ticket, duty: Duty, actor: Staff, at: dt.datetime
) -> Ticket:
    """Go on with a visitor on hold, at this duty's counter."""
    duty = lock_own_duty(duty, actor)
    ticket = lock_own_ticket(ticket, actor, Action.RESUME)
    check_present(ticket, duty.office, at)
    return move(
        ticket,
        Action.RESUME,
        stamp=stamp,
        actor=actor,
        at=at,
        duty=duty,
        counter=duty.counter,
        officer=duty.officer,
    )


@repeatable
def transfer(  # noqa: PLR0913 - target, place, note and whether work was done
    stamp: Stamp,
    *,
    ticket: Ticket,
    actor: Actor,
    at: dt.datetime,
    service: Service | None = None,
    counter: Counter | None = None,
    officer: Staff | None = None,
    place: str = Place.BY_AGE,
    note: str | None = None,
    performed: bool = False,
) -> Ticket:
    """Send the visitor on to a service, a counter or an officer; the number stays.

    ``performed`` says that the present service was done before. The note follows
    the visit: None leaves the one in force, "" takes it away. Raises
    ``TransferTarget`` unless exactly one target is given, and ``CounterClosed`` or
    ``OfficerNotHere`` when nobody is there to call.
    """
    if sum(target is not None for target in (service, counter, officer)) != 1:
        raise TransferTarget
    ticket = lock_ticket(ticket)
    _check_source(ticket, Action.TRANSFER)
    check_present(ticket, ticket.office, at)
    _check_target(ticket, service, counter, officer, at)
    text = changed_note(ticket.visit, note)
    ticket = move(
        ticket,
        Action.TRANSFER,
        stamp=stamp,
        actor=actor,
        at=at,
        data={"place": place, "performed": performed, "noted": text is not None},
        service=service or ticket.service,
        for_counter=counter,
        for_officer=officer,
        calls=0,
        **_placed(ticket, place, at),
    )
    if text is not None:
        leave_note(ticket, text)
    return ticket


def _check_source(ticket: Ticket, action: Action) -> None:
    if ticket.state not in MOVES[action].sources:
        raise refusal_of(ticket, action)


def _check_target(
    ticket: Ticket,
    service: Service | None,
    counter: Counter | None,
    officer: Staff | None,
    at: dt.datetime,
) -> None:
    if service is not None:
        check_offered(ticket, service, at)
    here = Duty.objects.open().filter(office=ticket.office_id)
    if counter is not None and not here.filter(counter=counter).exists():
        raise CounterClosed(counter=counter.number)
    if officer is not None and not here.filter(officer=officer).exists():
        raise OfficerNotHere(officer=officer)


def _placed(ticket: Ticket, place: str, at: dt.datetime) -> dict[str, Any]:
    """The fields that put a ticket at the chosen place of its queue."""
    if place == Place.FRONT:
        return {"put_first": True, "queued_at": ticket.queued_at}
    moments = {
        Place.BY_AGE: lambda: ticket.issued_at,
        Place.END: lambda: at,
        Place.LATE: lambda: _behind_the_next(ticket, at),
    }
    return {"put_first": False, "queued_at": moments[Place(place)]()}


def _behind_the_next(ticket: Ticket, at: dt.datetime) -> dt.datetime:
    """Just behind the next few of its group: not at the front, not at the end."""
    behind = QueueRules.of(ticket.office).late_return_behind
    queue = (
        Ticket.objects.of_day(ticket.office, ticket.service_day)
        .waiting()
        .filter(service__group=ticket.service.group_id, is_priority=ticket.is_priority)
        .order_by("queued_at")
        .values_list("queued_at", flat=True)[:behind]
    )
    moments = list(queue)
    if not moments or len(moments) < behind:
        return at
    return moments[-1] + dt.timedelta(microseconds=1)


@repeatable
def requeue(  # noqa: PLR0913 - the place is chosen explicitly
    stamp: Stamp,
    *,
    ticket: Ticket,
    actor: Actor,
    at: dt.datetime,
    place: str = Place.LATE,
    reason: str = "",
) -> Ticket:
    """Put a called, absent or cancelled ticket back into its queue.

    ``Place.LATE`` is the branch's rule for late returns and raises ``TooLate``
    after its time; any other place for an absent visitor needs a reason.
    """
    ticket = lock_ticket(ticket)
    _check_source(ticket, Action.REQUEUE)
    check_present(ticket, ticket.office, at)
    if ticket.state != State.CALLED:
        _check_return(ticket, place, reason, at)
    return move(
        ticket,
        Action.REQUEUE,
        stamp=stamp,
        actor=actor,
        at=at,
        reason=reason,
        data={"place": place},
        calls=0,
        **_placed(ticket, place, at),
    )


def _check_return(ticket: Ticket, place: str, reason: str, at: dt.datetime) -> None:
    if place != Place.LATE:
        if not reason.strip():
            raise ReasonNeeded
        return
    minutes = QueueRules.of(ticket.office).late_return_minutes
    gone_since = ticket.absent_since or ticket.moved_at
    if at - gone_since > dt.timedelta(minutes=minutes):
        raise TooLate(label=ticket.label, minutes=minutes)


@repeatable
def cancel(
    stamp: Stamp, *, ticket: Ticket, actor: Actor, at: dt.datetime, reason: str
) -> Ticket:
    """Take the ticket out of the queue, with a reason."""
    if not reason.strip():
        raise ReasonNeeded
    ticket = lock_ticket(ticket)
    check_present(ticket, ticket.office, at)
    return move(ticket, Action.CANCEL, stamp=stamp, actor=actor, at=at, reason=reason)
