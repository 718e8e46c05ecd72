"""Sets the branch up, plays the day, takes the branch's own word on how it went."""

import datetime as dt
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from queueing.replay.client import Client, ReplayError, Tally
from queueing.replay.day import Day
from queueing.replay.people import Door, Officer, Room
from queueing.replay.report import Report, report
from queueing.replay.services import replay_services
from queueing.scenario import Place, Scenario

LEAD_SECONDS = 120  # the branch's clock starts this long before opening
Progress = Callable[[Room, Day], None]


class Replay(ExitStack):
    """One scenario against one running branch; a context that closes connections."""

    def __init__(
        self, *, base_url: str, username: str, password: str, scenario: Scenario
    ) -> None:
        super().__init__()
        self.base_url, self.scenario = base_url, scenario
        self.tally = Tally()
        self.services = replay_services()
        self.login = {"username": username, "password": password}
        self.admin = self._client()

    def _client(self, authorization: str = "") -> Client:
        client = Client(self.base_url, self.tally, authorization)
        self.callback(client.close)
        return client

    def _log_in(self) -> None:
        token = self.admin.post("auth/login", self.login)["token"]
        self.admin = self._client(f"Token {token}")

    def play(self, *, speed: float, progress: Progress) -> Report:
        """Play the whole day and report; raises ``ReplayError`` if it cannot start."""
        unknown = {a.workload for a in self.scenario.arrivals} - set(self.services)
        if unknown:
            raise ReplayError(f"unknown services: {', '.join(sorted(unknown))}")
        self._log_in()
        branch = self.admin.post("demo/branches", self._shape())
        room = Room(self.scenario, self.services)
        with self._clock(branch["code"], speed) as day:
            self._run(self._actors(branch, day, room), day, room, progress)
            return self._report(branch["code"], day, room)

    def _shape(self) -> dict[str, Any]:
        return {
            "seats": self.scenario.seats,
            "services": sorted(set(self.services.values())),
            "counters": [
                {"number": place.number, "services": self._skills(place)}
                for place in self.scenario.places
            ],
        }

    def _skills(self, place: Place) -> str | list[str]:
        if place.workloads is None:
            return "all"
        return [self.services[workload] for workload in place.workloads]

    @contextmanager
    def _clock(self, code: str, speed: float) -> Iterator[Day]:
        """Let the branch live in its next free day at that speed, then give it back."""
        hour, minute = divmod((self.scenario.open - LEAD_SECONDS) // 60, 60)
        reads = f"next_free_day {hour:02d}:{minute:02d}"
        path = f"demo/branches/{code}/clock"
        answer = self.admin.post(path, {"reads": reads, "speed": speed})
        day = Day(reads=dt.datetime.fromisoformat(answer["now"]), speed=speed)
        try:
            yield day
        finally:
            day.stop()
            self.admin.delete(path)

    def _actors(
        self, branch: dict[str, Any], day: Day, room: Room
    ) -> list[Callable[[], None]]:
        code = branch["code"]
        door = Door(
            kiosk=self._client(f"Device {branch['kiosk_token']}"),
            greeter=self._client(f"Token {branch['greeter_token']}"),
            office=code,
            day=day,
            room=room,
        )
        tokens = {row["number"]: row["token"] for row in branch["counters"]}
        officers = [
            Officer(
                client=self._client(f"Token {tokens[place.number]}"),
                office=code,
                place=place,
                day=day,
                room=room,
            )
            for place in self.scenario.places
        ]
        return [door.run, *(officer.run for officer in officers)]

    def _run(
        self,
        actors: list[Callable[[], None]],
        day: Day,
        room: Room,
        progress: Progress,
    ) -> None:
        threads = [
            threading.Thread(target=self._guarded, args=(actor, day), daemon=True)
            for actor in actors
        ]
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            progress(room, day)
            day.stopped.wait(0.2)
        progress(room, day)

    def _guarded(self, actor: Callable[[], None], day: Day) -> None:
        """An actor that fails ends the day: a half-played day tells nothing."""
        try:
            actor()
        except ReplayError:
            day.stop()  # the sentence is already in the tally
        except Exception as error:
            self.tally.error(f"replay itself: {error!r}")
            day.stop()
            raise

    def _report(self, code: str, day: Day, room: Room) -> Report:
        date = day.moment(0).date().isoformat()
        waits = self.admin.get(f"offices/{code}/waits", day=date)
        breaches = self.admin.get(f"offices/{code}/invariants", day=date)["breaches"]
        for breach in breaches:
            self.tally.error(f"invariant: {breach}")
        return report(
            room,
            self.tally,
            no_show=sum(row["no_show"] for row in waits["groups"]),
            breaches=len(breaches),
            groups=waits["groups"],
        )
