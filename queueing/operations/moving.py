"""The only writer of a ticket's state, and the locks its callers take."""

import datetime as dt
from typing import Any, cast

from django.db import models

from bpjs_service.events import announce_on_commit
from bpjs_service.rows import one
from offices.access import Actor
from offices.models import Device, Office, Staff
from queueing.models import (
    AT_COUNTER,
    Action,
    Duty,
    State,
    Ticket,
    TicketEvent,
)
from queueing.moves import MOVES
from queueing.refusals import (
    AlreadyCalled,
    CounterBusy,
    MoveNotAllowed,
    NotAtYourCounter,
    NotOnDuty,
    OnBreak,
    TicketUnknown,
)
from queueing.repeats import Stamp

REASON_LENGTH = 200  # of TicketEvent.reason and DutyEvent.reason


def channel(office: Office | int) -> str:
    """The live channel on which a branch's changes are announced."""
    return f"office-{office if isinstance(office, int) else office.pk}"


def move(  # noqa: PLR0913 - one row of history has this many parts
    ticket: Ticket,
    action: Action,
    *,
    stamp: Stamp,
    actor: Actor | None,
    at: dt.datetime,
    reason: str = "",
    data: dict[str, Any] | None = None,
    undoes: TicketEvent | None = None,
    **changes: Any,
) -> Ticket:
    """Carry out one row of ``MOVES`` on a locked ticket and record it.

    ``changes`` are further fields of the ticket. Raises ``MoveNotAllowed`` when
    the table has no such move; then nothing is changed and no event written.
    """
    target = _target(ticket, action, undoes)
    was, at = ticket.state, max(at, ticket.moved_at)
    at_duty, service_id = ticket.duty_id, ticket.service_id
    before = _apply(ticket, target, {**changes, "moved_at": at})
    ticket.save(update_fields=list(before))
    duty_id = at_duty or ticket.duty_id
    _record(
        ticket,
        action=action,
        from_state=was,
        at=at,
        service_id=service_id,
        duty_id=duty_id,
        counter_id=before.get("counter_id") or ticket.counter_id,
        reason=reason.strip()[:REASON_LENGTH],
        data=data or {},
        before={name: _plain(value) for name, value in before.items()},
        undoes=undoes,
        request_key=stamp.key,
        request_digest=stamp.digest,
        **actor_fields(actor),
    )
    return ticket


def _target(ticket: Ticket, action: Action, undoes: TicketEvent | None) -> str:
    if undoes is not None:
        return undoes.from_state
    row = MOVES[action]
    if ticket.state not in row.sources:
        raise refusal_of(ticket, action)
    return row.target


def refusal_of(ticket: Ticket, action: Action) -> MoveNotAllowed | AlreadyCalled:
    """Why the ticket cannot take this step, in the words of the person asking."""
    if ticket.counter is not None and action in (Action.PICK, Action.RESUME):
        return AlreadyCalled(label=ticket.label, counter=ticket.counter.number)
    return MoveNotAllowed(
        label=ticket.label,
        action=action.label,
        state=State(ticket.state).label,
    )


def _apply(ticket: Ticket, target: str, changes: dict[str, Any]) -> dict[str, Any]:
    """Set the new state and what follows from it; return the former values."""
    changes = {**changes, "state": target}
    if target not in AT_COUNTER:
        changes |= {"duty": None, "counter": None, "officer": None}
    if target != State.ON_HOLD:
        changes["held_by"] = None
    if target != State.NO_SHOW:
        changes["absent_since"] = None
    before = {}
    for name, value in changes.items():
        attname = field_of(name).attname
        former = getattr(ticket, attname)
        setattr(ticket, name, value)
        if former != getattr(ticket, attname):
            before[attname] = former
    return before


def field_of(name: str) -> "models.Field[Any, Any]":
    """The ticket's field with this name or this column."""
    field = Ticket._meta.get_field(name)  # noqa: SLF001 - documented API
    return cast("models.Field[Any, Any]", field)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.datetime) else value


def actor_fields(actor: Actor | None) -> dict[str, models.Model | None]:
    """The event's columns that say who did it; both empty for the system."""
    return {
        "staff": actor if isinstance(actor, Staff) else None,
        "device": actor if isinstance(actor, Device) else None,
    }


def _record(ticket: Ticket, **fields: Any) -> None:
    ticket.recorded = TicketEvent.objects.create(
        ticket=ticket,
        office_id=ticket.office_id,
        service_day=ticket.service_day,
        to_state=ticket.state,
        **fields,
    )
    announce_on_commit(channel(ticket.office_id))


def lock_ticket(ticket: Ticket) -> Ticket:
    """The ticket as it is now, locked until the transaction ends.

    Without its names: after waiting for a lock PostgreSQL reads the row anew, but
    not what it was joined with, and would hand out the former counter or nothing.
    """
    locked = one(Ticket.objects.locked().filter(pk=ticket.pk))
    if locked is None:
        raise TicketUnknown
    return locked


def lock_own_ticket(ticket: Ticket, actor: Actor, action: Action) -> Ticket:
    """The locked ticket, unless it is at the counter of somebody else."""
    ticket = lock_ticket(ticket)
    if ticket.state not in MOVES[action].sources:
        raise refusal_of(ticket, action)
    if ticket.state in AT_COUNTER and ticket.officer_id != actor.pk:
        raise NotAtYourCounter(label=ticket.label)
    return ticket


def check_present(ticket: Ticket, office: Office, at: dt.datetime) -> None:
    """Raise ``TicketUnknown`` unless the ticket is of this branch and this day."""
    if ticket.office_id != office.pk or ticket.service_day != office.day(at):
        raise TicketUnknown


def lock_open_duty(duty: Duty) -> Duty:
    """The duty as it is now, locked; raises ``NotOnDuty`` when it was closed.

    Where and whose it is never changes, so those rows are taken from ``duty``.
    """
    locked = one(Duty.objects.open().locked().filter(pk=duty.pk))
    if locked is None:
        raise NotOnDuty
    for name in ("office", "counter", "officer"):
        if getattr(Duty, name).is_cached(duty):
            setattr(locked, name, getattr(duty, name))
    return locked


def lock_empty_duty(duty: Duty) -> Duty:
    """The open duty, locked, with nobody at its counter."""
    duty = lock_open_duty(duty)
    there = Ticket.objects.at_counter().filter(counter=duty.counter_id)
    if (current := one(there.only("prefix", "number"))) is not None:
        raise CounterBusy(label=current.label)
    return duty


def lock_free_duty(duty: Duty) -> Duty:
    """The open duty, locked, with nobody at its counter and not on break."""
    duty = lock_empty_duty(duty)
    if duty.on_break:
        raise OnBreak
    return duty


def lock_own_duty(duty: Duty, actor: Staff) -> Duty:
    """The actor's own duty, locked and free to take somebody."""
    if duty.officer_id != actor.pk:
        raise NotOnDuty
    return lock_free_duty(duty)
