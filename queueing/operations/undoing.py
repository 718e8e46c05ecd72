"""Taking back one's own last step within ten seconds, by a compensating event."""

import datetime as dt
from typing import Any

from offices.models import Staff
from queueing.models import AT_COUNTER, Action, Duty, Ticket, TicketEvent
from queueing.moves import UNDO_SECONDS, UNDOABLE
from queueing.operations.moving import (
    field_of,
    lock_free_duty,
    lock_ticket,
    move,
)
from queueing.operations.notes import withdraw_note
from queueing.refusals import (
    CounterBusy,
    NothingToUndo,
    NotOnDuty,
    OnBreak,
    UndoBlocked,
)
from queueing.repeats import Stamp, repeatable


@repeatable
def undo(stamp: Stamp, *, ticket: Ticket, actor: Staff, at: dt.datetime) -> Ticket:
    """Put the ticket back to where it was before the actor's last step.

    Raises ``NothingToUndo`` when the newest event is not the actor's, not of a
    kind that can be taken back, or older than ``UNDO_SECONDS``; ``UndoBlocked``
    when the counter it would return to is no longer free.
    """
    event = _undoable(ticket, actor, at)
    _lock_counter_it_left(ticket, event)
    ticket = lock_ticket(ticket)
    if ticket.events.last() != event:  # it moved on while we waited for the locks
        raise NothingToUndo
    ticket = move(
        ticket,
        Action.UNDO,
        stamp=stamp,
        actor=actor,
        at=at,
        undoes=event,
        **_former(event),
    )
    if event.data.get("noted"):
        withdraw_note(ticket)
    return ticket


def _undoable(ticket: Ticket, actor: Staff, at: dt.datetime) -> TicketEvent:
    event = ticket.events.last()
    if (
        event is None
        or event.action not in UNDOABLE
        or event.staff_id != actor.pk
        or at - event.at > dt.timedelta(seconds=UNDO_SECONDS)
    ):
        raise NothingToUndo
    return event


def _lock_counter_it_left(ticket: Ticket, event: TicketEvent) -> None:
    """Lock the counter the ticket would return to, if it has left one: duty first."""
    if event.from_state not in AT_COUNTER or event.to_state in AT_COUNTER:
        return
    try:
        lock_free_duty(Duty(pk=event.duty_id))
    except (CounterBusy, NotOnDuty, OnBreak) as refusal:
        raise UndoBlocked(label=ticket.label) from refusal


def _former(event: TicketEvent) -> dict[str, Any]:
    """The values the event replaced, as the ticket's fields take them."""
    changed = {
        name: value
        for name, value in event.before.items()
        if name not in ("state", "moved_at")
    }
    return {name: field_of(name).to_python(value) for name, value in changed.items()}
