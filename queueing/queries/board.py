"""What every visitor in the waiting room may see: numbers and counters, no persons."""

import datetime as dt
import math
from dataclasses import dataclass

from django.db.models import Count, Exists, F, OuterRef, Window

from offices.models import Office
from queueing.models import (
    CALLS,
    ServiceGroup,
    State,
    Ticket,
    TicketEvent,
    TicketQuerySet,
)

# Whoever was called and then came, stayed away or left. Somebody who waits again
# must not be sent to the counter that called before.
MOVED_ON = (State.SERVING, State.ON_HOLD, State.FINISHED, State.NO_SHOW)
# Below the newest call the board has room for four rows of two numbers, or of three
# where many counters call at once.
ROWS, NARROW, WIDE = 4, 2, 3


@dataclass(frozen=True)
class Call:
    """A number called to a counter; ``times`` counts the calls of this turn."""

    label: str
    counter: int
    times: int

    @property
    def key(self) -> str:
        """Tells one call from another, so that a page can mark what is new."""
        return f"{self.label}-{self.counter}-{self.times}"


@dataclass(frozen=True)
class GroupLine:
    """How many wait in a group, and the number that has waited longest."""

    group: ServiceGroup
    waiting: int
    oldest: str  # its label; empty when nobody waits
    minutes: int  # it has waited


@dataclass(frozen=True)
class Board:
    """Everything on a branch's board at one moment."""

    calls: tuple[Call, ...]
    last_calls: tuple[Call, ...]
    groups: tuple[GroupLine, ...]
    is_open: bool
    next_opening: dt.datetime | None  # only while closed

    @property
    def newest(self) -> Call | None:
        return self.calls[0] if self.calls else None

    @property
    def columns(self) -> int:
        return WIDE if len(self.calls) - 1 > ROWS * NARROW else NARROW

    @property
    def others(self) -> tuple[Call, ...]:
        """The numbers being called besides the newest, as many as there is room for."""
        return self.calls[1 : 1 + ROWS * self.columns]

    @property
    def earlier(self) -> tuple[Call, ...]:
        """The last calls, in the rows that are left."""
        rows = ROWS - math.ceil(len(self.others) / self.columns)
        return self.last_calls[: rows * self.columns]


def board(office: Office, at: dt.datetime) -> Board:
    """The branch's board; newest calls first. As many queries on a full day as on none.

    ``calls`` are of numbers still expected at their counter, ``last_calls`` of those
    that have moved on since.
    """
    day = office.day(at)
    is_open = office.is_open(at)
    return Board(
        calls=_calls(Ticket.objects.of_day(office, day)),
        last_calls=_last_calls(office, day),
        groups=_groups(office, day, at),
        is_open=is_open,
        next_opening=None if is_open else office.next_opening(at),
    )


def _calls(tickets: TicketQuerySet) -> tuple[Call, ...]:
    called = tickets.filter(state=State.CALLED).select_related("counter")
    return tuple(
        Call(ticket.label, ticket.counter.number, ticket.calls)
        for ticket in called.order_by("-last_called_at", "-pk")
        if ticket.counter  # a called ticket has one, says the database
    )


def _last_calls(office: Office, day: dt.date) -> tuple[Call, ...]:
    """The newest calls that stand, one for each ticket, of tickets that moved on."""
    standing = TicketEvent.objects.filter(action__in=CALLS, undone_by=None)
    newer = standing.filter(ticket=OuterRef("ticket"), pk__gt=OuterRef("pk"))
    events = (
        standing.filter(
            ~Exists(newer),
            office=office,
            service_day=day,
            ticket__state__in=MOVED_ON,
            counter__isnull=False,
        )
        .select_related("ticket", "counter")
        .order_by("-pk")
    )
    return tuple(
        Call(event.ticket.label, event.counter.number, times=1)
        for event in events[: ROWS * NARROW]
        if event.counter
    )


def _groups(office: Office, day: dt.date, at: dt.datetime) -> tuple[GroupLine, ...]:
    offered = ServiceGroup.objects.filter(
        services__offerings__office=office, services__offerings__is_offered=True
    ).distinct()
    oldest = {
        ticket.service.group_id: ticket
        for ticket in Ticket.objects.of_day(office, day)
        .waiting()
        .annotate(waiting=Window(Count("pk"), partition_by=F("service__group")))
        .select_related("service")
        .order_by("service__group_id", "queued_at", "pk")
        .distinct("service__group_id")
    }
    return tuple(_line(group, oldest.get(group.pk), at) for group in offered)


def _line(group: ServiceGroup, oldest: Ticket | None, at: dt.datetime) -> GroupLine:
    if oldest is None:
        return GroupLine(group, waiting=0, oldest="", minutes=0)
    return GroupLine(
        group,
        waiting=oldest.waiting,  # type: ignore[attr-defined]  # annotated
        oldest=oldest.label,
        minutes=oldest.waited_minutes(at),
    )
