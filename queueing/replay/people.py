"""The kiosk and the officers of a replayed day, each a thread of its own."""

import datetime as dt
import threading
from dataclasses import dataclass, field
from typing import Any

from queueing.replay.client import REQUEST_TIMEOUT, Client, ReplayError
from queueing.replay.day import Day
from queueing.scenario import Arrival, Place, Scenario

# An idle officer looks at the desk again after so many branch seconds, even when
# no bell rang: as the desk page itself polls when the live stream is away.
LOOK_AGAIN = 30


@dataclass
class Visitor:
    """An arrival with the number it got and what became of it."""

    arrival: Arrival
    ticket: dict[str, Any] = field(default_factory=dict)
    called_at: str = ""
    outcome: str = "waiting"

    def wait_seconds(self) -> float:
        """From the number, or the booked time if later, to the call."""
        issued = dt.datetime.fromisoformat(self.ticket["issued_at"])
        called = dt.datetime.fromisoformat(self.called_at)
        early = 0
        if self.arrival.appointment is not None:
            early = max(0, self.arrival.appointment - self.arrival.t)
        return max(0.0, (called - issued).total_seconds() - early)


class Room:
    """Who is in the branch, by ticket id; filled by the kiosk, read by officers."""

    def __init__(self, scenario: Scenario, services: dict[str, str]) -> None:
        self.scenario = scenario
        self.services = services
        self.visitors = [Visitor(arrival) for arrival in scenario.arrivals]
        self._by_ticket: dict[int, Visitor] = {}
        self._entered = threading.Condition()

    def enter(self, visitor: Visitor, ticket: dict[str, Any]) -> None:
        """The visitor has got this number."""
        with self._entered:
            visitor.ticket = ticket
            self._by_ticket[ticket["id"]] = visitor
            self._entered.notify_all()

    def visitor_of(self, ticket_id: int) -> Visitor:
        """Whose number it is; it may be called before the kiosk's answer is read."""
        with self._entered:
            if not self._entered.wait_for(
                lambda: ticket_id in self._by_ticket, REQUEST_TIMEOUT
            ):
                raise ReplayError(f"ticket {ticket_id} is not one of this replay")
            return self._by_ticket[ticket_id]

    def tickets(self) -> int:
        return len(self._by_ticket)

    def waiting(self) -> int:
        return sum(v.outcome == "waiting" and bool(v.ticket) for v in self.visitors)

    def done(self) -> int:
        return sum(v.outcome != "waiting" for v in self.visitors)


class Door:
    """Gives every arrival a number at its time: at the kiosk, bookings by a greeter."""

    def __init__(
        self, *, kiosk: Client, greeter: Client, office: str, day: Day, room: Room
    ) -> None:
        self.kiosk, self.greeter = kiosk, greeter
        self.path = f"offices/{office}/tickets"
        self.day, self.room = day, room

    def run(self) -> None:
        for visitor in self.room.visitors:
            self.day.sleep_until(visitor.arrival.t)
            if self.day.stopped.is_set():
                return
            self._issue(visitor)
            self.day.ring()
        self.day.issued_all.set()
        self.day.ring()

    def _issue(self, visitor: Visitor) -> None:
        arrival = visitor.arrival
        body: dict[str, Any] = {"service": self.room.services[arrival.workload]}
        if arrival.is_priority:
            body["priority"] = "ELDERLY"
        client = self.kiosk
        if arrival.appointment is not None:
            client = self.greeter
            body["appointment_at"] = self.day.moment(arrival.appointment).isoformat()
        self.room.enter(visitor, client.post(self.path, body))


class Officer:
    """One counter's day: open, call, serve, pause, close."""

    def __init__(
        self, *, client: Client, office: str, place: Place, day: Day, room: Room
    ) -> None:
        self.client, self.office, self.place = client, office, place
        self.day, self.room = day, room
        self.duty = ""

    def run(self) -> None:
        self.day.sleep_until(self.place.start)
        body = {"counter": self.place.number}
        duty = self.client.post(f"offices/{self.office}/duties", body)
        self.duty = f"offices/{self.office}/duties/{duty['id']}/"
        while not self._day_is_done():
            self._work()
        self.client.post(self.duty + "close")

    def _day_is_done(self) -> bool:
        if self.day.stopped.is_set():
            return True
        return self.day.issued_all.is_set() and self.room.waiting() == 0

    def _work(self) -> None:
        pause = self.place.pause_at(self.day.now())
        if pause is not None:
            self._pause(*pause)
            return
        call = self.client.ask(self.duty + "call-next", expect="nobody_waiting")
        if call is None:
            self.day.listen(LOOK_AGAIN)
            return
        self._serve(call)

    def _pause(self, _start: int, end: int, reason: str) -> None:
        self.client.post(self.duty + "break", {"reason": reason})
        # The day may end meanwhile: look up now and then.
        while self.day.now() < end and not self._day_is_done():
            self.day.sleep_until(min(end, self.day.now() + 60))
        self.client.post(self.duty + "back")

    def _serve(self, call: dict[str, Any]) -> None:
        visitor = self.room.visitor_of(call["id"])
        visitor.called_at = call["called_at"]
        ticket = f"offices/{self.office}/tickets/{call['id']}/"
        called = self.day.now()
        if called > visitor.arrival.leaves_at():
            self._nobody_comes(ticket, called)
            visitor.outcome = "left"
            return
        service = self.room.scenario.overhead + visitor.arrival.act * self.place.speed
        self.day.sleep_until(called + self.room.scenario.overhead)
        self.client.post(ticket + "start")
        self.day.sleep_until(called + service)
        self.client.post(ticket + "finish")
        visitor.outcome = "served"

    def _nobody_comes(self, ticket: str, called: float) -> None:
        """Call twice, then mark absent once the time for a no-show is over."""
        lost = self.room.scenario.noshow
        self.day.sleep_until(called + lost * 0.5)
        while self.client.ask(ticket + "recall", expect="recall_too_soon") is None:
            self.day.sleep(1)
        self.day.sleep_until(called + lost)
        while self.client.ask(ticket + "no-show", expect="no_show_too_soon") is None:
            self.day.sleep(1)
