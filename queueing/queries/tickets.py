"""Finding a branch's tickets of today, by key or by what somebody typed."""

import datetime as dt
import math
import re

from django.db.models import Q

from offices.models import Office, Staff
from queueing.models import AT_COUNTER, Ticket, TicketEvent, TicketQuerySet
from queueing.moves import UNDO_SECONDS, UNDOABLE
from queueing.refusals import TicketUnknown

LABEL = re.compile(r"\s*([A-Za-z]?)[\s-]*(\d{1,4})\s*", re.ASCII)


def tickets_here(office: Office, at: dt.datetime) -> TicketQuerySet:
    """The branch's tickets of today, and any still at a counter from before.

    Without the latter a counter would be stuck when the night's closing failed.
    """
    return Ticket.objects.with_names().filter(
        Q(service_day=office.day(at)) | Q(state__in=AT_COUNTER), office=office
    )


def ticket_here(office: Office, pk: int, at: dt.datetime) -> Ticket:
    """The branch's ticket with this key; raises ``TicketUnknown``."""
    ticket = tickets_here(office, at).filter(pk=pk).first()
    if ticket is None:
        raise TicketUnknown
    ticket.office = office  # its lineage is known already
    return ticket


def tickets_called(office: Office, label: str, at: dt.datetime) -> list[Ticket]:
    """Today's tickets for a typed number: A012, "a12", or "12" for every letter."""
    match = LABEL.fullmatch(label)
    if match is None:
        return []
    tickets = Ticket.objects.of_day(office, office.day(at)).with_names()
    prefix, number = match.groups()
    if prefix:
        tickets = tickets.filter(prefix=prefix.upper())
    return list(tickets.filter(number=int(number)).order_by("prefix"))


def undoable_step(
    office: Office, staff: Staff, at: dt.datetime
) -> tuple[TicketEvent | None, int]:
    """Somebody's last step and for how many seconds it can be taken back."""
    event = (
        TicketEvent.objects.filter(
            office=office, service_day=office.day(at), staff=staff
        )
        .select_related("ticket")
        .last()
    )
    if event is None or event.action not in UNDOABLE:
        return None, 0
    seconds = math.ceil(UNDO_SECONDS - (at - event.at).total_seconds())
    if seconds <= 0 or event.ticket.moved_at > event.at:
        return None, 0
    return event, seconds
