"""Days that have already happened, lived through the real operations."""

import datetime as dt
import heapq
import itertools
import random
from collections.abc import Iterator

from django.db import transaction

from offices.models import Device, Office, Staff
from queueing import operations
from queueing.models import Counter, Duty, QueueRules, Service, Visit
from queueing.reference import catalogue
from queueing.refusals import NobodyWaiting

VISITORS = 60  # a day
VISITORS_TODAY = 120  # a busy one: somebody must be waiting
CREW = 3  # counters open on an ordinary day
OVERTIME = dt.timedelta(hours=1)  # until everybody in the room has been served
STILL_WAITING = dt.timedelta(minutes=35)  # of today's visitors, for a living room
PAST_DAYS = 3
WALK = dt.timedelta(seconds=25)  # from a seat to the counter
NO_SHOW_SHARE = 0.04
PRIORITY_SHARE = 0.08
# Visitors by class of work, in the proportions of the days we learn from.
MIX = {
    "JHTL": 36, "DATA": 14, "INFO": 14, "AKUN": 10, "JHTX": 10,
    "JP": 4, "JKM": 4, "JKK": 4, "KEP": 4,
}  # fmt: skip


@transaction.atomic
def seed_history(office: Office, *, kiosk: Device, crew: list[Staff]) -> int:
    """Fill the days before today and this morning; return the tickets made.

    Does nothing for days on which the branch has tickets. Visitors of the last
    half hour are still waiting, and every counter is free to be opened.
    """
    now, today = office.now(), office.day(office.now())
    made = 0
    if not office.tickets.exists():
        past = list(itertools.islice(days_before(office, today), PAST_DAYS))
        for day in reversed(past):
            made += _Day(office, kiosk, crew, day).live()
    if office.is_open(now) and not office.tickets.filter(service_day=today).exists():
        made += _Day(office, kiosk, crew, today).live(until=now)
    return made


def days_before(office: Office, day: dt.date) -> Iterator[dt.date]:
    """Days of the last two weeks on which the branch was open, the latest first."""
    for back in range(1, 15):
        earlier = day - dt.timedelta(days=back)
        if hours_of(office, earlier) is not None:
            yield earlier


def hours_of(office: Office, day: dt.date) -> tuple[dt.datetime, dt.datetime] | None:
    """First opening and last closing of that day; None on a closed day."""
    midnight = dt.datetime.combine(day, dt.time(), office.tzinfo)
    first = office.next_opening(midnight - dt.timedelta(seconds=1))
    if first is None or office.day(first) != day:
        return None
    last = office.opening_hours.filter(weekday=day.weekday()).latest("closes")
    return first, dt.datetime.combine(day, last.closes, office.tzinfo)


class _Day:
    """One day of one branch: a queue of moments, each doing something later."""

    def __init__(
        self, office: Office, kiosk: Device, crew: list[Staff], day: dt.date
    ) -> None:
        hours = hours_of(office, day)
        assert hours is not None  # noqa: S101 - days_before and is_open see to it
        self.office, self.kiosk, self.crew = office, kiosk, crew
        self.opens, self.closes = hours
        hours_of_day = office.opening_hours.filter(weekday=day.weekday())
        self.stretches = list(hours_of_day.values_list("opens", "closes"))
        self.random = random.Random(day.toordinal())
        self.gap = dt.timedelta(seconds=QueueRules.of(office).recall_gap_seconds)
        self.services = _services_by_class()
        self.skills: dict[int, set[int] | None] = {}
        self.idle: list[Duty] = []
        self.moments: list[tuple[dt.datetime, int, Duty | None]] = []
        self.order = itertools.count()

    def live(self, until: dt.datetime | None = None) -> int:
        """Let the day happen, up to that moment; return the tickets made."""
        self.ends = until - STILL_WAITING if until else self.closes + OVERTIME
        duties = self._open_counters()
        self._draw_arrivals(until or self.closes, VISITORS_TODAY if until else VISITORS)
        made = 0
        while self.moments:
            at, _order, duty = heapq.heappop(self.moments)
            if duty is None:
                self._arrive(at)
                made += 1
            elif at + 2 * self.gap < self.ends:  # enough even for an absent one
                self._serve(duty, at)
        for duty in duties:
            operations.close_duty(duty=duty, at=self.ends)
        return made

    def _plan(self, at: dt.datetime, duty: Duty | None = None) -> None:
        heapq.heappush(self.moments, (at, next(self.order), duty))

    def _open_counters(self) -> list[Duty]:
        if self.ends <= self.opens:
            return []
        counters = Counter.objects.filter(office=self.office, is_active=True)[:CREW]
        self.skills = {
            counter.pk: None
            if counter.serves_all
            else set(counter.services.values_list("pk", flat=True))
            for counter in counters
        }
        self.idle = [
            operations.open_duty(counter=counter, officer=officer, at=self.opens)
            for counter, officer in zip(counters, self.crew, strict=False)
        ]
        return list(self.idle)

    def _draw_arrivals(self, until: dt.datetime, visitors: int) -> None:
        length = (self.closes - self.opens).total_seconds()
        for _visitor in range(visitors):
            # Most come in the first two hours.
            seconds = self.random.triangular(0, length, length / 6)
            at = self.opens + dt.timedelta(seconds=seconds)
            if at <= until and self._is_open(at):
                self._plan(at)

    def _is_open(self, at: dt.datetime) -> bool:
        time = self.office.local(at).time()
        return any(opens <= time < closes for opens, closes in self.stretches)

    def _arrive(self, at: dt.datetime) -> None:
        classes = self.random.choices(list(MIX), weights=list(MIX.values()))
        priority = self.random.random() < PRIORITY_SHARE
        service = self.random.choice(self.services[classes[0]])
        operations.issue(
            office=self.office,
            service=service,
            actor=self.kiosk,
            at=at,
            priority=Visit.Priority.ELDERLY if priority else "",
        )
        self._wake(service, at)

    def _wake(self, service: Service, at: dt.datetime) -> None:
        """Let the first free officer who can serve this call next."""
        for duty in self.idle:
            skills = self.skills[duty.counter_id]
            if skills is None or service.pk in skills:
                self.idle.remove(duty)
                self._plan(at + WALK / 5, duty)
                return

    def _serve(self, duty: Duty, at: dt.datetime) -> None:
        officer = duty.officer
        try:
            ticket = operations.call_next(duty=duty, actor=officer, at=at)
        except NobodyWaiting:
            self.idle.append(duty)
            return
        if self.random.random() < NO_SHOW_SHARE:
            operations.recall(ticket=ticket, actor=officer, at=at + self.gap)
            done = at + 2 * self.gap
            operations.no_show(ticket=ticket, actor=officer, at=done)
        else:
            operations.start(ticket=ticket, actor=officer, at=at + WALK)
            done = min(at + WALK + self._length(ticket.service), self.ends)
            operations.finish(ticket=ticket, actor=officer, at=done)
        self._plan(done + WALK, duty)

    def _length(self, service: Service) -> dt.timedelta:
        factor = self.random.lognormvariate(-0.125, 0.5)  # mean 1
        return dt.timedelta(seconds=max(60, round(service.typical_seconds * factor)))


def _services_by_class() -> dict[str, list[Service]]:
    services = {
        service.code: service for service in Service.objects.select_related("group")
    }
    by_class: dict[str, list[Service]] = {}
    for group in catalogue().groups:
        for row in group.services:
            by_class.setdefault(row.workload, []).append(services[row.code])
    return by_class
