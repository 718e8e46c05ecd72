"""Sentences about calls and events, in the reader's language."""

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from queueing.calling import Cause, Reason
from queueing.models import Action, Place, TicketEvent

CAUSES: dict[str, str | Promise] = {
    Cause.SENT_HERE: gettext_lazy("Sent to this counter"),
    Cause.PUT_FIRST: gettext_lazy("Put at the front"),
    Cause.PRIORITY: gettext_lazy("Priority"),
    Cause.APPOINTMENT: gettext_lazy("Appointment"),
    Cause.LONGEST_WAITING: gettext_lazy("Longest waiting"),
    Cause.EARLY_APPOINTMENT: gettext_lazy("Appointment still to come"),
}


def why_called(reason: Reason) -> str:
    """Why a ticket is the next one, for the officer: "Longest waiting: 12 min"."""
    return _("%(cause)s: %(minutes)s min") % {
        "cause": CAUSES[reason.cause],
        "minutes": reason.waited_min,
    }


def why_here(reason: Reason) -> str:
    """Why a ticket has its place further back in a queue."""
    if reason.cause == Cause.LONGEST_WAITING:
        return _("In order of arrival")
    return str(CAUSES[reason.cause])


def why_at_counter(call: TicketEvent) -> str:
    """Why a ticket was called, as its call event recorded it."""
    if call.action == Action.PICK:
        return _("Called out of turn: %(reason)s") % {"reason": call.reason}
    data = call.data
    return why_called(Reason(Cause(data["cause"]), data["waited_min"]))


def details(event: TicketEvent) -> str:
    """What an event adds to its action: reason, cause of the call, place, note."""
    parts = [event.reason, _cause(event.data), _place(event.data), _note(event)]
    return "; ".join(part for part in parts if part)


def _cause(data: dict[str, Any]) -> str:
    if "cause" not in data:
        return ""
    return why_called(Reason(Cause(data["cause"]), data["waited_min"]))


def _place(data: dict[str, Any]) -> str:
    return str(Place(data["place"]).label) if "place" in data else ""


def _note(event: TicketEvent) -> str:
    note = getattr(event, "note", None)  # erased in time, while the event stays
    if note is None:
        return ""
    if not note.text:
        return _("Hand-over note removed")
    return _("Hand-over note: %(note)s") % {"note": note}
