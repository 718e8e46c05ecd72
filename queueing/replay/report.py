"""How a replayed day went: waits, errors, broken invariants, request times."""

from dataclasses import asdict, dataclass, field
from typing import Any

from queueing.percentiles import percentile
from queueing.replay.client import Tally
from queueing.replay.people import Room


@dataclass
class Report:
    """The figures of one replayed day; waits in minutes, requests in milliseconds.

    A wait runs from the number (or the booked time, if later) to the call; somebody
    who left has waited as long as the patience lasted, as in the reference figures.
    ``left`` counts the people who went away before their call; the branch learns of
    it when nobody comes, so each of them is among ``no_show`` as well.
    """

    scenario: str
    tickets: int
    served: int
    no_show: int
    left: int
    errors: int
    invariants_broken: int
    mean_wait_min: float
    p95: float
    max: float
    http_requests: int
    http_p50_ms: float
    http_p99_ms: float
    groups: list[dict[str, Any]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """The promised keys, without the table of groups."""
        figures = asdict(self)
        del figures["groups"]
        return figures

    @property
    def passed(self) -> bool:
        return self.errors == 0 and self.invariants_broken == 0


def report(
    room: Room, tally: Tally, *, no_show: int, breaches: int, groups: list[Any]
) -> Report:
    """Sum up the day from the visitors' own side and the server's answers."""
    waits = [
        (visitor.arrival.patience if visitor.outcome == "left" else wait) / 60
        for visitor in room.visitors
        if visitor.called_at
        for wait in [visitor.wait_seconds()]
    ]
    outcomes = [visitor.outcome for visitor in room.visitors]
    return Report(
        scenario=room.scenario.name,
        tickets=room.tickets(),
        served=outcomes.count("served"),
        no_show=no_show,
        left=outcomes.count("left"),
        errors=len(tally.errors),
        invariants_broken=breaches,
        mean_wait_min=round(sum(waits) / len(waits), 3) if waits else 0.0,
        p95=round(percentile(waits, 0.95), 3),
        max=round(max(waits, default=0.0), 3),
        http_requests=len(tally.latencies_ms),
        http_p50_ms=round(percentile(tally.latencies_ms, 0.5), 2),
        http_p99_ms=round(percentile(tally.latencies_ms, 0.99), 2),
        groups=groups,
    )
