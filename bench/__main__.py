"""Run measuring programs on a scratch database: ``python -m bench race``.

Nothing of the running system is touched: the programs have servers of their own in a
folder that is removed afterwards or, with ``DATABASE_URL`` set, a database of their own
on that server. They still need a Redis database to themselves (``REDIS_URL``).
"""

import argparse
import importlib
import warnings
from typing import Any

from bench import scratch

PROGRAMS = ("issue_and_call", "call_to_board", "history", "race")
QUICK: dict[str, Any] = {
    "seconds": 0.3,
    "rounds": 1,
    "branches": 4,
    "boards": 5,
    "calls": 3,
    "sizes": [2000],
    "issues": 8,
    "callers": 6,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench")
    parser.add_argument("programs", nargs="+", choices=PROGRAMS, metavar="program")
    parser.add_argument("--seconds", type=float, default=5, help="for each figure (5)")
    parser.add_argument("--rounds", type=int, default=3, help="of all figures (3)")
    parser.add_argument("--branches", type=int, default=100, help="(100)")
    parser.add_argument("--boards", type=int, default=200, help="connected (200)")
    parser.add_argument("--calls", type=int, default=50, help="to the boards (50)")
    parser.add_argument(
        "--sizes",
        type=lambda text: [int(float(size)) for size in text.split(",")],
        default=[1_000_000, 10_000_000],
        help="old tickets to compare with none (1e6,1e7)",
    )
    parser.add_argument("--issues", type=int, default=80, help="in the race (80)")
    parser.add_argument("--callers", type=int, default=60, help="in the race (60)")
    parser.add_argument(
        "--quick", action="store_true", help="tiny sizes: shows only that it works"
    )
    options = parser.parse_args()
    if options.quick:
        vars(options).update(QUICK)
    warnings.filterwarnings("ignore", "No directory at")  # static files not collected
    with scratch.database():
        _measure(options)


def _measure(options: argparse.Namespace) -> None:
    # Imported here: models need the settings, and those need the database's address.
    from bench import country

    place = country.build(options.branches)
    for name in options.programs:
        print(f"\n== {name}", flush=True)
        importlib.import_module(f"bench.{name}").main(place, options)


if __name__ == "__main__":
    main()
