"""A branch day as a file: who arrives when, which counters are open.

One JSON object, times in whole seconds since midnight: ``open, close, capacity``
(seats), ``overhead`` (from call to start), ``noshow`` (lost on somebody who has left),
``counters`` (``start, end, breaks, outage, skills, speed``) and ``arrivals``, each
``[t, service, group, priority, appointment or null, service time, patience]``. What the
replay does not need is passed over; what is missing is an error.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any


class ScenarioError(ValueError):
    """The file is not a scenario; the message says where and why."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """One visitor; ``act`` and ``patience`` (seconds) are hidden from the software."""

    t: int
    workload: str
    is_priority: bool
    appointment: int | None
    act: int
    patience: int

    def leaves_at(self) -> int:
        """The second from which nobody answers the call any more."""
        return max(self.t, self.appointment or 0) + self.patience


@dataclass(frozen=True, slots=True)
class Place:
    """A counter: when it is staffed, what it serves (None: all), how fast."""

    number: int
    start: int
    end: int
    pauses: tuple[tuple[int, int, str], ...]
    workloads: tuple[str, ...] | None
    speed: float

    def pause_at(self, second: float) -> tuple[int, int, str] | None:
        """The break or outage (from, to, reason) at that second, if any."""
        return next((p for p in self.pauses if p[0] <= second < p[1]), None)


@dataclass(frozen=True, slots=True)
class Scenario:
    """One branch day."""

    name: str
    open: int
    close: int
    seats: int
    overhead: int
    noshow: int
    places: tuple[Place, ...]
    arrivals: tuple[Arrival, ...]


def load(path: Path) -> Scenario:
    """Read a scenario file; raises ``ScenarioError`` with the place of the fault."""
    try:
        day = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ScenarioError(f"{path}: {error.strerror}") from error
    except ValueError as error:
        raise ScenarioError(f"{path}: not JSON ({error})") from error
    try:
        return parse(day)
    except KeyError as error:
        raise ScenarioError(f"{path}: “{error.args[0]}” is missing") from error
    except (TypeError, ValueError) as error:
        raise ScenarioError(f"{path}: not a scenario ({error})") from error


def parse(day: dict[str, Any]) -> Scenario:
    """Build the scenario from the decoded file."""
    return Scenario(
        name=str(day["name"]),
        open=int(day["open"]),
        close=int(day["close"]),
        seats=int(day["capacity"]),
        overhead=int(day["overhead"]),
        noshow=int(day["noshow"]),
        places=tuple(_place(n, row) for n, row in enumerate(day["counters"], 1)),
        arrivals=tuple(sorted(map(_arrival, day["arrivals"]), key=lambda a: a.t)),
    )


def _place(number: int, row: dict[str, Any]) -> Place:
    outage = tuple(row.get("outage") or ())  # stands among the breaks as well
    stretches = {tuple(stretch) for stretch in row["breaks"]} | {outage} - {()}
    pauses = [
        (int(a), int(b), "SYSTEM" if (a, b) == outage else "MEAL") for a, b in stretches
    ]
    skills = row["skills"]
    return Place(
        number=number,
        start=int(row["start"]),
        end=int(row["end"]),
        pauses=tuple(sorted(pauses)),
        workloads=None if skills == "all" else tuple(skills),
        speed=float(row["speed"]),
    )


def _arrival(row: list[Any]) -> Arrival:
    t, workload, _group, priority, appointment, act, patience = row
    return Arrival(
        t=int(t),
        workload=str(workload),
        is_priority=bool(priority),
        appointment=None if appointment is None else int(appointment),
        act=int(act),
        patience=int(patience),
    )
