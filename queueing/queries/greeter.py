"""What the reception shows: a ticket asked for, and everybody it may have to help."""

import datetime as dt
import math
from dataclasses import dataclass

from offices.models import Office, Staff
from queueing.models import Action, Service, State, Ticket, TicketEvent
from queueing.moves import MOVES
from queueing.queries.desk import CounterNow, offered, places_of, set_aside
from queueing.queries.kiosk import GroupChoice, choices
from queueing.queries.tickets import tickets_called, undoable_step
from queueing.wording import details


@dataclass(frozen=True)
class Step:
    """One line of a ticket's trail; ``who`` is empty for the system itself."""

    event: TicketEvent
    who: str
    details: str


@dataclass(frozen=True)
class Found:
    """A ticket somebody asked for; ``ahead`` is None unless it is waiting."""

    ticket: Ticket
    ahead: int | None
    minutes: int
    trail: list[Step]

    def _may(self, action: Action) -> bool:
        return self.ticket.state in MOVES[action].sources

    @property
    def may_cancel(self) -> bool:
        return self._may(Action.CANCEL)

    @property
    def may_requeue(self) -> bool:
        return self._may(Action.REQUEUE)

    @property
    def may_transfer(self) -> bool:
        return self._may(Action.TRANSFER)


@dataclass(frozen=True)
class Waiting:
    ticket: Ticket
    minutes: int


@dataclass(frozen=True)
class Reception:
    """The reception's page; ``matches`` are the tickets with the number asked for."""

    office: Office
    matches: list[Ticket]
    found: Found | None
    waiting: list[Waiting]
    on_hold: list[Ticket]
    absent: list[Ticket]
    places: list[CounterNow]
    groups: list[GroupChoice]
    services: list[Service]
    last_step: TicketEvent | None
    undo_seconds: int

    @property
    def open_places(self) -> list[CounterNow]:
        return [place for place in self.places if place.duty]

    @property
    def refresh_in(self) -> int | None:
        """Real seconds until the last step can no longer be taken back."""
        if not self.undo_seconds:
            return None
        return max(1, math.ceil(self.undo_seconds / self.office.clock_speed))


def reception_of(
    office: Office, staff: Staff, label: str, at: dt.datetime
) -> Reception:
    """The reception's page at that moment, about the number typed, if any."""
    matches = tickets_called(office, label, at) if label else []
    last_step, undo_seconds = undoable_step(office, staff, at)
    return Reception(
        office,
        matches=matches,
        found=found(office, matches[0], at) if len(matches) == 1 else None,
        waiting=waiting_now(office, at),
        on_hold=set_aside(office, at, State.ON_HOLD),
        absent=set_aside(office, at, State.NO_SHOW),
        places=places_of(office),
        groups=choices(office, office.day(at)),
        services=offered(office, at),
        last_step=last_step,
        undo_seconds=undo_seconds,
    )


def found(office: Office, ticket: Ticket, at: dt.datetime) -> Found:
    """A ticket with its place in the queue and everything that happened to it."""
    ticket.office = office
    is_waiting = ticket.state == State.WAITING
    events = ticket.events.select_related(
        "staff", "device", "counter", "service", "note"
    )
    return Found(
        ticket,
        ahead=ticket.people_ahead(at) if is_waiting else None,
        minutes=ticket.waited_minutes(at),
        trail=[
            Step(event, str(event.staff or event.device or ""), details(event))
            for event in events
        ],
    )


def waiting_now(office: Office, at: dt.datetime) -> list[Waiting]:
    """Everybody waiting at the branch, group by group, the next ones first."""
    tickets = (
        Ticket.objects.of_day(office, office.day(at))
        .waiting()
        .select_related("service__group", "visit")
        .order_by(
            "service__group__position",
            "service__group__prefix",
            "-put_first",
            "-is_priority",
            "queued_at",
        )
    )
    return [Waiting(ticket, ticket.waited_minutes(at)) for ticket in tickets]
