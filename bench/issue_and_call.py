"""Issuing and calling through HTTP, against an empty page and against plain SQL."""

import argparse
import os
from collections import defaultdict
from collections.abc import Iterator

from django.db import connection

from bench import load, scratch
from bench.country import Country
from bench.figures import System, issue_and_call
from bench.floor import Floor


def main(place: Country, options: argparse.Namespace) -> None:
    """Measure everything in turn, several times, so that a slow minute hits all."""
    place.settle(connection)
    floor = Floor(place)
    results = defaultdict(list)
    with scratch.serving("web") as web, scratch.serving("web", BENCH_BARE="1") as bare:
        system = System(os.environ["DATABASE_URL"], connection, web)
        load.run(web, place.issues(), seconds=options.seconds / 5)
        for _ in range(options.rounds):
            for name, result in (
                *empty_pages(web, bare, options.seconds),
                *issue_and_call(place, floor, system, options.seconds),
            ):
                results[name].append(result)
    report(results)


def empty_pages(
    web: scratch.Program, bare: scratch.Program, seconds: float
) -> Iterator[tuple[str, load.Result]]:
    """The most this server can answer, with the product's middleware and without."""
    requests = load.empty_requests()
    yield "empty page", load.run(web, requests, seconds=seconds)
    yield "empty page, no middleware", load.run(bare, requests, seconds=seconds)


def report(results: dict[str, list[load.Result]]) -> None:
    empty, bare = results["empty page"], results["empty page, no middleware"]
    for name, rounds in results.items():
        floors = {"empty": empty, "bare": bare}
        if f"{name}, SQL alone" in results:
            floors["SQL"] = results[f"{name}, SQL alone"]
        print(load.line(name, rounds, floors=floors))
