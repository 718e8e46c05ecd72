"""Lines for the person in front of the terminal."""
# ruff: noqa: T201 - printing is what it is for

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

_COLOURS = (36, 35, 34, 33, 32)
_RED = 31


def say(message: str) -> None:
    """Print one line at once, also into a pipe."""
    print(message, flush=True)


def note(message: str) -> None:
    """Print one line about progress, apart from what a command prints."""
    print(message, file=sys.stderr, flush=True)


def complain(message: str) -> None:
    """Print one line about a problem."""
    print(_painted(message, _RED, sys.stderr.isatty()), file=sys.stderr, flush=True)


def prefixed(name: str, line: str, position: int) -> str:
    """One line of a program's log behind the program's name, in its own colour."""
    colour = _COLOURS[position % len(_COLOURS)]
    return f"{_painted(f'{name:<8}|', colour, sys.stdout.isatty())} {line}"


@contextmanager
def step(title: str) -> Iterator[None]:
    """Tell that something begins and, when it ends, how long it took."""
    print(f"  {title} ... ", end="", file=sys.stderr, flush=True)
    began = time.monotonic()
    try:
        yield
    except BaseException:
        note("failed")
        raise
    note(f"done ({time.monotonic() - began:.1f} s)")


def _painted(text: str, colour: int, terminal: bool) -> str:
    if not terminal or "NO_COLOR" in os.environ:
        return text
    return f"\033[{colour}m{text}\033[0m"
