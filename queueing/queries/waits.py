"""How long a day's visitors waited, from the events alone."""

import datetime as dt
from dataclasses import dataclass, field

from offices.models import Office
from queueing.models import Action, Service, State, Ticket, TicketEvent
from queueing.percentiles import percentile

FIRST_CALLS = (Action.CALL_NEXT, Action.PICK)


@dataclass
class Waits:
    """Numbers of one day and how long they waited for their first call, in minutes.

    ``left`` are those cancelled or still waiting at night; the present day's open
    numbers are in ``n`` only.
    """

    code: str
    n: int = 0
    served: int = 0
    no_show: int = 0
    left: int = 0
    minutes: list[float] = field(default_factory=list)

    @property
    def mean_wait_min(self) -> float | None:
        return round(sum(self.minutes) / len(self.minutes), 3) if self.minutes else None

    @property
    def p95(self) -> float | None:
        return self._percentile(0.95)

    @property
    def max(self) -> float | None:
        return self._percentile(1)

    def _percentile(self, share: float) -> float | None:
        if not self.minutes:
            return None
        return round(percentile(self.minutes, share), 3)


@dataclass(frozen=True)
class DayWaits:
    """One line for each service group and for each service that had visitors."""

    day: dt.date
    groups: list[Waits]
    services: list[Waits]


def waits(office: Office, day: dt.date) -> DayWaits:
    """The branch's day; a ticket counts for the service it was issued for."""
    issued, called = _moments(office, day)
    states = dict(Ticket.objects.of_day(office, day).values_list("pk", "state"))
    services = Service.objects.select_related("group").in_bulk(
        {event.service_id for event in issued}
    )
    by_group: dict[str, Waits] = {}
    by_service: dict[str, Waits] = {}
    for event in issued:
        service = services[event.service_id]
        wait = _minutes(event, called.get(event.ticket_id))
        for lines, code in (by_group, service.group.code), (by_service, service.code):
            _add(lines.setdefault(code, Waits(code)), states[event.ticket_id], wait)
    return DayWaits(day, _by_code(by_group), _by_code(by_service))


def _by_code(lines: dict[str, Waits]) -> list[Waits]:
    return sorted(lines.values(), key=lambda line: line.code)


def _moments(
    office: Office, day: dt.date
) -> tuple[list[TicketEvent], dict[int, dt.datetime]]:
    """Every issue, and when each ticket was first called by a call that stood."""
    events = TicketEvent.objects.filter(office=office, service_day=day, undone_by=None)
    issued = events.filter(action=Action.ISSUE).select_related("ticket")
    calls = events.filter(action__in=FIRST_CALLS).order_by("-pk")
    return list(issued), dict(calls.values_list("ticket", "at"))


def _minutes(issue: TicketEvent, called_at: dt.datetime | None) -> float | None:
    """From the number, or the booked time if that is later, to the first call."""
    if called_at is None:
        return None
    since = max(issue.at, issue.ticket.appointment_at or issue.at)
    return max(0.0, (called_at - since).total_seconds() / 60)


def _add(line: Waits, state: str, wait: float | None) -> None:
    line.n += 1
    line.served += state == State.FINISHED
    line.no_show += state == State.NO_SHOW
    line.left += state == State.CANCELLED
    if wait is not None:
        line.minutes.append(wait)
