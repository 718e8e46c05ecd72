"""The part of ``run.py`` that runs inside the virtual environment."""

import argparse
import signal
import sys
from collections.abc import Sequence
from types import FrameType

from bpjs_service.embedded import console
from bpjs_service.embedded.addresses import var_folder
from bpjs_service.embedded.problems import Problem
from bpjs_service.embedded.processes import adopt_orphans, bury_orphans
from bpjs_service.embedded.serve import serve
from bpjs_service.embedded.tools import run_manage, run_tests

_INTERRUPTED = 130


def main(arguments: Sequence[str]) -> int:
    """Serve the demo, or run a tool beside it; returns the exit code."""
    for kind in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(kind, _interrupt)
    adopt_orphans()
    try:
        return _dispatch(list(arguments))
    except Problem as problem:
        console.complain(str(problem))
        return problem.code
    except KeyboardInterrupt:
        console.note("\nInterrupted.")
        return _INTERRUPTED
    finally:
        bury_orphans()


def _dispatch(arguments: list[str]) -> int:
    if arguments[:1] == ["test"]:
        return run_tests(arguments[1:], var_folder() / "test")
    if arguments[:1] == ["manage"]:
        return run_manage(arguments[1:], var_folder())
    parser = argparse.ArgumentParser(
        prog="run.py",
        description="Run a whole demo branch on this computer.",
        epilog="Also: run.py test [pytest arguments], run.py manage COMMAND ...",
    )
    parser.add_argument("--port", type=int, default=8000, help="default: 8000")
    serve(parser.parse_args(arguments).port, var_folder())
    return 0


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
