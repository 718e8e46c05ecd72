"""At the counter: call, call again, start, finish, next service, absent."""

import datetime as dt
from dataclasses import asdict
from typing import Any

from bpjs_service.rows import one
from offices.models import Staff
from queueing import calling
from queueing.models import (
    Action,
    Duty,
    Offering,
    QueueRules,
    Service,
    Ticket,
)
from queueing.operations.moving import (
    check_present,
    lock_own_duty,
    lock_own_ticket,
    lock_ticket,
    move,
)
from queueing.refusals import (
    NobodyWaiting,
    NoShowTooSoon,
    ReasonNeeded,
    RecallLimit,
    RecallTooSoon,
    ServiceNotOffered,
)
from queueing.repeats import Stamp, repeatable


@repeatable
def call_next(stamp: Stamp, *, duty: Duty, actor: Staff, at: dt.datetime) -> Ticket:
    """Call the ticket that the calling rule puts first for this counter.

    Raises ``NotOnDuty``, ``OnBreak``, ``CounterBusy`` or ``NobodyWaiting``. A
    ticket another counter is taking at this moment is passed over, not waited for.
    """
    duty = lock_own_duty(duty, actor)
    queue = Ticket.objects.of_day(duty.office, duty.office.day(at)).servable_by(duty)
    for candidate in calling.in_order(queue.candidates(duty), at):
        ticket = _take(candidate)
        if ticket is not None:
            why = asdict(calling.reason(candidate, at))
            return _call(ticket, Action.CALL_NEXT, stamp, duty, actor, at, data=why)
    raise NobodyWaiting


def _take(candidate: calling.Candidate) -> Ticket | None:
    """Lock the ticket, unless somebody else has it or has just sent it elsewhere."""
    ticket = one(
        Ticket.objects.waiting()
        .filter(pk=candidate.key)
        .select_for_update(of=("self",), no_key=True, skip_locked=True)
        .select_related("service__group", "visit")
    )
    return ticket if ticket and ticket.target == candidate.target else None


@repeatable
def pick(  # noqa: PLR0913 - a call out of turn must say why
    stamp: Stamp,
    *,
    duty: Duty,
    ticket: Ticket,
    actor: Staff,
    at: dt.datetime,
    reason: str,
) -> Ticket:
    """Call this ticket out of turn; needs a reason, and ``Right.PICK`` at the edge."""
    if not reason.strip():
        raise ReasonNeeded
    duty = lock_own_duty(duty, actor)
    ticket = lock_ticket(ticket)
    check_present(ticket, duty.office, at)
    return _call(ticket, Action.PICK, stamp, duty, actor, at, reason=reason)


def _call(  # noqa: PLR0913 - what both ways of calling have in common
    ticket: Ticket,
    action: Action,
    stamp: Stamp,
    duty: Duty,
    actor: Staff,
    at: dt.datetime,
    **why: Any,
) -> Ticket:
    return move(
        ticket,
        action,
        stamp=stamp,
        actor=actor,
        at=at,
        duty=duty,
        counter=duty.counter,
        officer=duty.officer,
        put_first=False,
        for_counter=None,
        for_officer=None,
        calls=1,
        last_called_at=at,
        **why,
    )


@repeatable
def recall(stamp: Stamp, *, ticket: Ticket, actor: Staff, at: dt.datetime) -> Ticket:
    """Call the number again; raises ``RecallTooSoon`` or ``RecallLimit``."""
    ticket = lock_own_ticket(ticket, actor, Action.RECALL)
    rules = QueueRules.of(ticket.office)
    if ticket.calls >= rules.most_calls:
        raise RecallLimit(label=ticket.label, calls=ticket.calls)
    if (left := rules.seconds_to_wait(ticket, at)) > 0:
        raise RecallTooSoon(label=ticket.label, seconds=left)
    return move(
        ticket,
        Action.RECALL,
        stamp=stamp,
        actor=actor,
        at=at,
        calls=ticket.calls + 1,
        last_called_at=at,
        data={"call": ticket.calls + 1},
    )


@repeatable
def start(stamp: Stamp, *, ticket: Ticket, actor: Staff, at: dt.datetime) -> Ticket:
    """The visitor has come to the counter."""
    ticket = lock_own_ticket(ticket, actor, Action.START)
    return move(ticket, Action.START, stamp=stamp, actor=actor, at=at)


@repeatable
def finish(stamp: Stamp, *, ticket: Ticket, actor: Staff, at: dt.datetime) -> Ticket:
    """The visit is over."""
    ticket = lock_own_ticket(ticket, actor, Action.FINISH)
    return move(ticket, Action.FINISH, stamp=stamp, actor=actor, at=at)


@repeatable
def next_service(
    stamp: Stamp, *, ticket: Ticket, service: Service, actor: Staff, at: dt.datetime
) -> Ticket:
    """This service is done; the same officer goes on with another for this visitor.

    The event keeps the service that was done, so each has its own time.
    """
    ticket = lock_own_ticket(ticket, actor, Action.NEXT_SERVICE)
    check_offered(ticket, service, at)
    return move(
        ticket,
        Action.NEXT_SERVICE,
        stamp=stamp,
        actor=actor,
        at=at,
        service=service,
        data={"next_service": service.code},
    )


def check_offered(ticket: Ticket, service: Service, at: dt.datetime) -> None:
    """Raise ``ServiceNotOffered`` unless the ticket's branch offers it that day."""
    offered = Offering.objects.available(ticket.office.day(at))
    if not offered.filter(office=ticket.office_id, service=service).exists():
        raise ServiceNotOffered(service=service)


@repeatable
def no_show(stamp: Stamp, *, ticket: Ticket, actor: Staff, at: dt.datetime) -> Ticket:
    """Nobody came; only after the calls and the time the branch's rules ask for."""
    ticket = lock_own_ticket(ticket, actor, Action.NO_SHOW)
    rules = QueueRules.of(ticket.office)
    too_few = ticket.calls < rules.calls_before_no_show
    if too_few or rules.seconds_to_wait(ticket, at) > 0:
        raise NoShowTooSoon(label=ticket.label, calls=rules.calls_before_no_show)
    return move(
        ticket, Action.NO_SHOW, stamp=stamp, actor=actor, at=at, absent_since=at
    )
