"""The hand-over note of a visit: it follows the person, and none is written over."""

from typing import cast

from queueing.models import Ticket, TicketEvent, Visit, VisitNote

NOTE_LENGTH = 300  # of VisitNote.text


def changed_note(visit: Visit, note: str | None) -> str | None:
    """The text to leave; None when the note in force stays as it is."""
    text = None if note is None else note.strip()[:NOTE_LENGTH]
    return None if text == visit.note else text


def leave_note(ticket: Ticket, text: str) -> None:
    """Keep what the step just recorded has noted, and put it in force."""
    event = cast("TicketEvent", ticket.recorded)
    VisitNote.objects.create(visit=ticket.visit, event=event, text=text)
    _put_in_force(ticket.visit, text)


def withdraw_note(ticket: Ticket) -> None:
    """Put the note in force that was so before the step just taken back."""
    former = ticket.visit.notes.in_force().last()
    _put_in_force(ticket.visit, former.text if former else "")


def _put_in_force(visit: Visit, text: str) -> None:
    visit.note = text
    visit.save(update_fields=["note"])
