"""What the page of one counter shows: the visitor there, the queue, the colleagues."""

import datetime as dt
import math
from dataclasses import dataclass, field

from offices.access import Right, may
from offices.models import Office, Staff
from queueing import calling
from queueing.models import (
    CALLS,
    Action,
    Counter,
    Duty,
    QueueRules,
    Service,
    State,
    Ticket,
    TicketEvent,
)
from queueing.queries.tickets import undoable_step
from queueing.wording import why_at_counter, why_called, why_here


@dataclass(frozen=True)
class CounterNow:
    """A counter, who has it open, and the ticket there."""

    counter: Counter
    duty: Duty | None
    ticket: Ticket | None

    def is_of(self, officer: Staff) -> bool:
        return self.duty is not None and self.duty.officer_id == officer.pk


@dataclass(frozen=True)
class Waiting:
    """A ticket of the queue, and why the calling rule gives it its place."""

    ticket: Ticket
    reason: calling.Reason

    @property
    def minutes(self) -> int:
        return self.reason.waited_min

    @property
    def why_next(self) -> str:
        return why_called(self.reason)

    @property
    def why_here(self) -> str:
        return why_here(self.reason)


@dataclass(frozen=True)
class AtCounter:
    """The visitor at the own counter, and what the rules still ask for.

    ``minutes`` since the last step; ``seconds_to_wait`` until the number may be called
    again; ``calls_missing`` before it may be marked absent.
    """

    ticket: Ticket
    minutes: int
    why: str
    most_calls: int
    seconds_to_wait: int
    calls_missing: int

    @property
    def calls_left(self) -> int:
        return max(0, self.most_calls - self.ticket.calls)

    @property
    def may_recall(self) -> bool:
        return bool(self.calls_left) and not self.seconds_to_wait

    @property
    def may_be_absent(self) -> bool:
        return not self.calls_missing and not self.seconds_to_wait


@dataclass(frozen=True)
class Desk:
    """One officer's page at one branch; off duty only ``places`` is filled."""

    office: Office
    places: list[CounterNow]
    duty: Duty | None = None
    current: AtCounter | None = None
    queue: list[Waiting] = field(default_factory=list)
    on_hold: list[Ticket] = field(default_factory=list)
    absent: list[Ticket] = field(default_factory=list)
    services: list[Service] = field(default_factory=list)
    last_step: TicketEvent | None = None
    undo_seconds: int = 0
    may_pick: bool = False
    ranger: bool = False

    @property
    def refresh_in(self) -> int | None:
        """Real seconds until a countdown of the page ends, if one is running."""
        waits = [self.undo_seconds, self.current.seconds_to_wait if self.current else 0]
        running = [seconds for seconds in waits if seconds > 0]
        if not running:
            return None
        return max(1, math.ceil(min(running) / self.office.clock_speed))

    @property
    def colleagues(self) -> list[CounterNow]:
        """Who is at the other counters."""
        return [
            place for place in self.places if place.duty and place.duty != self.duty
        ]


def desk_of(office: Office, officer: Staff, at: dt.datetime) -> Desk:
    """The page of an officer at a branch, at that moment."""
    places = places_of(office)
    mine = next((place for place in places if place.is_of(officer)), None)
    if mine is None or mine.duty is None:
        ranger = may(officer, Right.SERVE_AS_RANGER, office)
        return Desk(office, places, ranger=ranger)
    last_step, undo_seconds = undoable_step(office, officer, at)
    return Desk(
        office,
        places,
        duty=mine.duty,
        current=_at_counter(office, mine.ticket, at),
        queue=queue_of(office, mine.duty, at),
        on_hold=set_aside(office, at, State.ON_HOLD),
        absent=set_aside(office, at, State.NO_SHOW),
        services=offered(office, at),
        last_step=last_step,
        undo_seconds=undo_seconds,
        may_pick=may(officer, Right.PICK, office),
    )


def places_of(office: Office) -> list[CounterNow]:
    """The branch's counters in use, by number."""
    duties = duties_by_counter(office)
    tickets = {
        ticket.counter_id: ticket
        for ticket in Ticket.objects.at_counter()
        .filter(office=office)
        .select_related("service__group", "visit")
    }
    places = []
    for counter in Counter.objects.filter(office=office):
        duty = duties.get(counter.pk)
        if duty is not None or counter.is_active:
            places.append(CounterNow(counter, duty, tickets.get(counter.pk)))
    return places


def duties_by_counter(office: Office) -> dict[int, Duty]:
    """The branch's open duties, with officer and counter, by the counter's id."""
    duties = Duty.objects.open().filter(office=office)
    found = duties.select_related("counter", "officer")
    return {duty.counter_id: duty for duty in found}


def _at_counter(
    office: Office, ticket: Ticket | None, at: dt.datetime
) -> AtCounter | None:
    if ticket is None:
        return None
    rules = QueueRules.of(office)
    call = ticket.events.filter(action__in=CALLS).exclude(action=Action.RECALL).last()
    return AtCounter(
        ticket,
        minutes=max(0, int((at - ticket.moved_at).total_seconds() // 60)),
        why=why_at_counter(call) if call else "",
        most_calls=rules.most_calls,
        seconds_to_wait=rules.seconds_to_wait(ticket, at),
        calls_missing=max(0, rules.calls_before_no_show - ticket.calls),
    )


def queue_of(office: Office, duty: Duty, at: dt.datetime) -> list[Waiting]:
    """The tickets this duty can call, in the order the calling rule has now."""
    servable = Ticket.objects.of_day(office, office.day(at)).servable_by(duty)
    order = list(calling.in_order(servable.candidates(duty), at))
    tickets = servable.select_related("service__group", "visit").in_bulk(
        [candidate.key for candidate in order]
    )
    reasons = ((candidate.key, calling.reason(candidate, at)) for candidate in order)
    return [
        Waiting(tickets[key], reason)
        for key, reason in reasons
        if key in tickets  # else called by a colleague between the two reads
    ]


def set_aside(office: Office, at: dt.datetime, state: State) -> list[Ticket]:
    """Today's tickets in a state away from the queue, the latest first."""
    return list(
        Ticket.objects.of_day(office, office.day(at))
        .filter(state=state)
        .select_related("service__group", "visit", "held_by")
        .order_by("-moved_at")
    )


def offered(office: Office, at: dt.datetime) -> list[Service]:
    """The services the branch offers that day, group by group."""
    offerings = office.offerings.available(office.day(at))
    return [offering.service for offering in offerings.select_related("service__group")]
