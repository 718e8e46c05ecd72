"""Issuing and calling through HTTP, against an empty page and against plain SQL."""

import argparse
from collections import defaultdict
from collections.abc import Iterator

from django.db import connection

from bench import load, scratch
from bench.country import Country
from bench.floor import Floor
from bench.scratch import Program


def main(place: Country, options: argparse.Namespace) -> None:
    """Measure everything in turn, several times, so that a slow minute hits all."""
    place.settle(connection)
    floor = Floor(place)
    results = defaultdict(list)
    with scratch.serving("web") as web, scratch.serving("web", BENCH_BARE="1") as bare:
        load.run(web, place.issues(), seconds=options.seconds / 5)
        for _ in range(options.rounds):
            for name, result in measure(place, floor, web, bare, options.seconds):
                results[name].append(result)
    report(results)


def measure(
    place: Country, floor: Floor, web: Program, bare: Program, seconds: float
) -> Iterator[tuple[str, load.Result]]:
    """One round: the name and the result of each figure."""
    yield "empty page", load.run(web, load.empty_requests(), seconds=seconds)
    yield (
        "empty page, no middleware",
        load.run(bare, load.empty_requests(), seconds=seconds),
    )
    place.settle(connection)
    yield "issue", load.run(web, place.issues(), seconds=seconds)
    place.settle(connection)
    yield "issue, SQL alone", floor.issue(seconds=seconds)
    place.settle(connection)
    yield "call next", load.run(web, place.calls(), seconds=seconds)
    place.settle(connection)
    yield "call next, SQL alone", floor.call()


def report(results: dict[str, list[load.Result]]) -> None:
    empty, bare = results["empty page"], results["empty page, no middleware"]
    for name, rounds in results.items():
        floors = {"empty": empty, "bare": bare}
        if f"{name}, SQL alone" in results:
            floors["SQL"] = results[f"{name}, SQL alone"]
        print(load.line(name, rounds, floors=floors))
