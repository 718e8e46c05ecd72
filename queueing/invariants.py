"""What must hold for every branch and day, whatever was pressed at once. Reads only.

I1 numbers are unique and without gaps, I2 a ticket is with one officer at a time, I3 a
counter and an officer have one ticket at a time, I4 a request key has one effect, I5
histories are legal and their times never decrease. Exclusiveness is judged in the order
in which the database wrote the events, since that is what the locks decide.
"""

import datetime as dt
from collections import Counter as Tally
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, pairwise
from operator import attrgetter

from offices.models import Office
from queueing.models import (
    AT_COUNTER,
    Action,
    Duty,
    NumberSeries,
    State,
    Ticket,
    TicketEvent,
)
from queueing.moves import MOVES


def breaches(office: Office, day: dt.date) -> list[str]:
    """Every breach of the branch's day as a sentence; empty when all is well."""
    tickets = list(Ticket.objects.of_day(office, day).order_by("pk"))
    events = _events(office, day, {ticket.pk: ticket for ticket in tickets})
    series = NumberSeries.objects.filter(office=office, service_day=day)
    return [
        *numbers(tickets, dict(series.values_list("prefix", "last"))),
        *histories(tickets, events),
        *occupancy(events),
        *officers(tickets),
        *request_keys(events),
        *open_duties(Duty.objects.open().filter(office=office)),
    ]


def _events(
    office: Office, day: dt.date, known: dict[int, Ticket]
) -> list[TicketEvent]:
    """The day's events with their tickets; a join would read all of the history."""
    events = list(
        TicketEvent.objects.filter(office=office, service_day=day).order_by("pk")
    )
    for event in events:
        if event.ticket_id in known:  # else issued between the two reads
            event.ticket = known[event.ticket_id]
    return events


def numbers(tickets: Sequence[Ticket], last: dict[str, int]) -> Iterator[str]:
    """I1. ``last`` is how far each letter's series says it has come."""
    given = Tally((ticket.prefix, ticket.number) for ticket in tickets)
    for (prefix, number), times in sorted(given.items()):
        if times > 1:
            yield f"{prefix}{number:03d} was given {times} times."
    for prefix, highest in sorted(last.items()):
        for number in range(1, highest + 1):
            if (prefix, number) not in given:
                yield f"{prefix}{number:03d} was taken from the series and lost."
    for prefix, number in sorted(given):
        if number > last.get(prefix, 0):
            yield f"{prefix}{number:03d} is ahead of its series."


def histories(
    tickets: Sequence[Ticket], events: Sequence[TicketEvent]
) -> Iterator[str]:
    """I5. Each ticket's events lead, step by legal step, to the state it is in."""
    ordered = sorted(events, key=attrgetter("ticket_id", "pk"))
    by_ticket = {
        key: list(group) for key, group in groupby(ordered, attrgetter("ticket_id"))
    }
    for ticket in tickets:
        history = by_ticket.get(ticket.pk, [])
        if not history:
            yield f"{ticket.label} has no events."
            continue
        yield from _steps(ticket, history)


def _steps(ticket: Ticket, history: list[TicketEvent]) -> Iterator[str]:
    first, last = history[0], history[-1]
    if (first.action, first.to_state) != (Action.ISSUE, State.WAITING):
        yield f"{ticket.label} begins with {first.action}, not with its issue."
    for before, event in pairwise(history):
        if not _is_legal(before, event):
            yield (
                f"{ticket.label}: {event.action} led from {before.to_state} "
                f"to {event.to_state}."
            )
        if event.at < before.at:
            yield f"{ticket.label}: {event.action} is earlier than {before.action}."
    if last.to_state != ticket.state:
        yield f"{ticket.label} is {ticket.state}, its events say {last.to_state}."


def _is_legal(before: TicketEvent, event: TicketEvent) -> bool:
    if event.from_state != before.to_state:
        return False
    if event.action == Action.UNDO:
        return event.undoes_id == before.pk and event.to_state == before.from_state
    move = MOVES.get(event.action)
    return (
        move is not None
        and event.from_state in move.sources
        and event.to_state == move.target
    )


def occupancy(events: Iterable[TicketEvent]) -> Iterator[str]:
    """I2 and I3. Nobody is called to a place, or by an officer, already taken."""
    place_of: dict[int, int] = {}  # ticket -> the counter it is at
    there: dict[int, TicketEvent] = {}  # counter -> the event that brought its ticket
    for event in events:
        left = place_of.pop(event.ticket_id, None)
        if left is not None and there[left].ticket_id == event.ticket_id:
            del there[left]
        if event.to_state not in AT_COUNTER or event.counter_id is None:
            continue
        if left is not None and left != event.counter_id:
            yield f"{event.ticket.label} was at two counters at once."
        if (other := there.get(event.counter_id)) is not None:
            yield (
                f"{event.ticket.label} was called to a counter "
                f"where {other.ticket.label} still was."
            )
        place_of[event.ticket_id] = event.counter_id
        there[event.counter_id] = event


def officers(tickets: Iterable[Ticket]) -> Iterator[str]:
    """I3. No officer has two visitors now."""
    busy = Tally(ticket.officer_id for ticket in tickets if ticket.state in AT_COUNTER)
    for officer, times in busy.items():
        if times > 1:
            yield f"Officer {officer} has {times} visitors."


def request_keys(events: Iterable[TicketEvent]) -> Iterator[str]:
    """I4. The same request never has two effects."""
    used = Tally(event.request_key for event in events if event.request_key)
    for key, times in used.items():
        if times > 1:
            yield f"Request {key[:8]} had {times} effects."


def open_duties(duties: Iterable[Duty]) -> Iterator[str]:
    """I3. One open duty for each counter and officer."""
    open_now = list(duties)
    for name in ("counter_id", "officer_id"):
        held = Tally(getattr(duty, name) for duty in open_now)
        for key, times in held.items():
            if times > 1:
                yield f"{times} open duties share {name} {key}."
