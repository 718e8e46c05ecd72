"""The four figures that two programs have in common."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bench import load
from bench.country import Country
from bench.floor import Floor
from bench.scratch import Program


@dataclass(frozen=True)
class System:
    """A database, an open connection to it, and the web process in front of it."""

    url: str
    database: Any
    web: Program


def issue_and_call(
    place: Country, floor: Floor, system: System, seconds: float
) -> Iterator[tuple[str, load.Result]]:
    """Through HTTP and by SQL alone; each begins with the same waiting rooms."""
    place.settle(system.database)
    yield "issue", load.run(system.web, place.issues(), seconds=seconds)
    place.settle(system.database)
    yield "issue, SQL alone", floor.issue(system.url, seconds=seconds)
    place.settle(system.database)
    yield "call next", load.run(system.web, place.calls(), seconds=seconds)
    place.settle(system.database)
    yield "call next, SQL alone", floor.call(system.url)
