"""``manage.py replay SCENARIO.json --base-url URL [--speed 60] [--json]``."""

import json
from argparse import ArgumentDefaultsHelpFormatter, ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from queueing.replay.client import ReplayError
from queueing.replay.day import Day
from queueing.replay.people import Room
from queueing.replay.play import Replay
from queueing.replay.report import Report
from queueing.scenario import ScenarioError, load

MOST_ERRORS_SHOWN = 10
SLOWEST_ANSWER = 30  # branch seconds; about what a visitor needs to the counter
Played = tuple[Report, list[str]]


class Command(BaseCommand):
    help = (
        "Play a branch day through the HTTP interface of a running demonstration: the"
        " kiosk gives the numbers, one officer a counter calls and serves. The day is"
        " played at a branch of its own (code SIM), shaped like the scenario, by an"
        " administrator of the head office. Those who left are found absent at their"
        " call, so they are counted as left and as absent. Exit code 0 only without"
        " errors and broken invariants."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.formatter_class = ArgumentDefaultsHelpFormatter
        parser.add_argument("scenario", type=Path, help="a branch day, a JSON file")
        parser.add_argument(
            "--base-url", default="http://127.0.0.1:8000", help="the running demo"
        )
        parser.add_argument(
            "--speed", type=float, default=60, help="branch seconds in a second"
        )
        parser.add_argument("--username", default="admin", help="an administrator")
        parser.add_argument(
            "--password", default="bekasi-demo-2026", help="of the administrator"
        )
        parser.add_argument("--json", action="store_true", help="figures on stdout")

    def handle(self, *_args: Any, **options: Any) -> None:
        if options["speed"] <= 0:
            raise CommandError("--speed must be greater than 0")
        try:
            played, errors = self._play(**options)
        except (ScenarioError, ReplayError) as error:
            raise CommandError(str(error)) from error
        self._warn_of_speed(played, options["speed"])
        self._show(played, errors, as_json=options["json"])
        if not played.passed:
            raise SystemExit(1)

    def _play(self, *, base_url: str, speed: float, **options: Any) -> Played:
        scenario = load(options["scenario"])
        login = {key: options[key] for key in ("username", "password")}
        with (
            Replay(base_url=base_url, scenario=scenario, **login) as replay,
            _bar(scenario.open, scenario.close) as bar,
        ):
            played = replay.play(speed=speed, progress=_mover(bar))
        return played, replay.tally.errors

    def _warn_of_speed(self, played: Report, speed: float) -> None:
        """Say when answers took so much branch time that the waits mean nothing."""
        seconds = played.http_p99_ms / 1000 * speed
        if seconds > SLOWEST_ANSWER:
            self.stderr.write(
                f"At this speed the slowest answers took {seconds:.0f} s of the"
                " branch's time: waits are longer than they would be. Try a lower"
                " --speed or a quieter machine."
            )

    def _show(self, played: Report, errors: list[str], *, as_json: bool) -> None:
        for sentence in errors[:MOST_ERRORS_SHOWN]:
            self.stderr.write(sentence)
        if as_json:
            self.stdout.write(json.dumps(played.as_json()))
            return
        self.stdout.write(_table(played))


def _bar(opens: int, closes: int) -> "tqdm[Any]":
    return tqdm(
        total=closes - opens,
        bar_format="{desc} {bar} {elapsed}",
        disable=None,  # nothing where nobody looks: not a terminal
    )


def _mover(bar: "tqdm[Any]") -> Any:
    def move(room: Room, day: Day) -> None:
        clock = day.moment(day.now())
        done = f"{room.done()} done, {room.waiting()} waiting"
        bar.set_description_str(f"{clock:%H.%M}  {done}")
        bar.n = max(0, min(bar.total, day.now() - room.scenario.open))
        bar.refresh()

    return move


def _table(played: Report) -> str:
    rows = [
        (
            f"{played.scenario}: {played.tickets} tickets, {played.served} served,"
            f" {played.no_show} absent ({played.left} had left)"
        ),
        (
            f"  wait in minutes: mean {played.mean_wait_min:.1f},"
            f" p95 {played.p95:.1f}, longest {played.max:.1f}"
        ),
    ]
    rows += [
        f"  group {row['code']}: {row['served']} served,"
        f" mean {_minutes(row['mean_wait_min'])},"
        f" p95 {_minutes(row['p95'])}, longest {_minutes(row['max'])}"
        for row in played.groups
        if row["n"]
    ]
    rows += [
        (
            f"  {played.http_requests} requests: p50 {played.http_p50_ms:.0f} ms,"
            f" p99 {played.http_p99_ms:.0f} ms"
        ),
        f"  errors: {played.errors}, broken invariants: {played.invariants_broken}",
    ]
    return "\n".join(rows)


def _minutes(value: float | None) -> str:
    """A wait as text; nobody has been called where there is none."""
    return "-" if value is None else f"{value:.1f}"
