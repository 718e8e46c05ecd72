"""One parent that keeps a handful of programs running until it is told to stop.

Every program has its own process group, so that nothing of it outlives a stop, and on
Linux the kernel ends it when the parent is killed. Everything happens in one thread:
a child that starts between fork and exec must not meet another thread's locks.
"""

import ctypes
import logging
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import FrameType

from bpjs_service.embedded import console

_TICK_SECONDS = 0.2
_CALM_SECONDS = 60  # having run so long, a program's earlier failures are forgotten
_LONGEST_WAIT_SECONDS = 30
_FAILURES_WORTH_A_WORD = 3
_STOP_SECONDS = 10
_LOG_BYTES = 5_000_000
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Program:
    """A program to keep running, under the name its log lines bear.

    ``delay`` in seconds leaves the processor to the programs people wait for.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] | None = None
    delay: float = 0.0


@dataclass
class _Child:
    program: Program
    position: int
    log: logging.Handler
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    failures: int = 0
    due: float = 0.0
    unfinished_line: bytes = field(default=b"", repr=False)


class Supervisor:
    """Runs programs, restarts those that end, and shows and keeps what they say.

    ``ticks`` are called about five times a second while everything runs.
    """

    def __init__(
        self,
        programs: Sequence[Program],
        logs: Path,
        ticks: Sequence[Callable[[], None]] = (),
    ) -> None:
        logs.mkdir(parents=True, exist_ok=True)
        self._children = [
            _Child(program, position, _log_file(logs / f"{program.name}.log"))
            for position, program in enumerate(programs)
        ]
        self._logs = logs
        self._ticks = ticks
        self._selector = selectors.DefaultSelector()
        self._stops_asked = 0

    def run(self) -> None:
        """Run until SIGINT, SIGTERM or SIGHUP; a second one kills at once."""
        with self._stop_signals():
            began = time.monotonic()
            for child in self._children:
                child.due = began + child.program.delay
            try:
                while not self._stops_asked:
                    self._look_after_children(time.monotonic())
                    self._forward_output(_TICK_SECONDS)
                    for tick in self._ticks:
                        tick()
            finally:
                self._stop_children()
                self._selector.close()

    def _look_after_children(self, now: float) -> None:
        for child in self._children:
            if child.process and child.process.poll() is not None:
                self._bury(child, now)
            if not child.process and now >= child.due:
                self._start(child, now)

    def _start(self, child: _Child, now: float) -> None:
        child.process = subprocess.Popen(  # noqa: S603 - our own programs
            child.program.command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=child.program.environment,
            start_new_session=True,
            preexec_fn=_follow_parent(os.getpid()),  # noqa: PLW1509 - one thread
        )
        child.started = now
        os.set_blocking(self._output(child), False)
        self._selector.register(self._output(child), selectors.EVENT_READ, child)

    def _bury(self, child: _Child, now: float) -> None:
        """Clear away a program that ended by itself and plan its restart."""
        assert child.process  # noqa: S101 - for the type checker
        _signal_group(child, signal.SIGKILL)  # its workers must not hold the port
        self._read(child)
        self._forget(child)
        calm = now - child.started > _CALM_SECONDS
        child.failures = 1 if calm else child.failures + 1
        wait = min(_LONGEST_WAIT_SECONDS, 2 ** (child.failures - 1))
        child.due = now + wait
        console.complain(self._obituary(child, wait))
        child.process = None

    def _obituary(self, child: _Child, wait: float) -> str:
        assert child.process  # noqa: S101 - for the type checker
        name = child.program.name
        how = _how_it_ended(child.process.returncode)
        if child.failures < _FAILURES_WORTH_A_WORD:
            return f"{name} {how}; it starts again in {wait} s."
        return (
            f"{name} {how}, {child.failures} times in a row. Something is wrong with "
            f"it: read {self._logs / f'{name}.log'}. Next try in {wait} s."
        )

    def _forward_output(self, seconds: float) -> None:
        if not self._selector.get_map():
            time.sleep(seconds)
            return
        for key, _ in self._selector.select(seconds):
            self._read(key.data)

    def _read(self, child: _Child) -> None:
        """Show what the program has said so far, whole lines only."""
        while True:
            try:
                chunk = os.read(self._output(child), 65536)
            except (BlockingIOError, ValueError):  # nothing more, or closed before
                return
            if not chunk:
                with suppress(KeyError):
                    self._selector.unregister(self._output(child))
                self._show(child, [child.unfinished_line])
                child.unfinished_line = b""
                return
            *lines, child.unfinished_line = (child.unfinished_line + chunk).split(b"\n")
            self._show(child, lines)

    def _show(self, child: _Child, lines: Sequence[bytes]) -> None:
        for line in lines:
            text = line.decode(errors="replace").rstrip()
            if text:
                console.say(console.prefixed(child.program.name, text, child.position))
                child.log.emit(logging.makeLogRecord({"msg": text}))

    def _forget(self, child: _Child) -> None:
        with suppress(KeyError, ValueError):
            self._selector.unregister(self._output(child))
        assert child.process and child.process.stdout  # noqa: S101, PT018 - types
        child.process.stdout.close()

    def _output(self, child: _Child) -> int:
        assert child.process and child.process.stdout  # noqa: S101, PT018 - types
        return child.process.stdout.fileno()

    def _stop_children(self) -> None:
        """Ask every program to end, wait a little, and kill what is left."""
        console.note("\nStopping; Ctrl-C once more to stop without waiting.")
        for child in self._children:
            if child.process:
                with suppress(ProcessLookupError):
                    child.process.terminate()
        deadline = time.monotonic() + _STOP_SECONDS
        while self._any_alive() and time.monotonic() < deadline:
            if self._stops_asked > 1:
                break
            self._forward_output(_TICK_SECONDS)
        for child in self._children:
            if child.process:
                _signal_group(child, signal.SIGKILL)
                child.process.wait(timeout=_STOP_SECONDS)
                self._read(child)
                self._forget(child)
            child.log.close()

    def _any_alive(self) -> bool:
        processes = [child.process for child in self._children if child.process]
        return any(process.poll() is None for process in processes)

    @contextmanager
    def _stop_signals(self) -> Iterator[None]:
        def ask(_number: int, _frame: FrameType | None) -> None:
            self._stops_asked += 1

        kinds = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        former = {kind: signal.signal(kind, ask) for kind in kinds}
        try:
            yield
        finally:
            for kind, handler in former.items():
                signal.signal(kind, handler)


def _log_file(path: Path) -> logging.Handler:
    return RotatingFileHandler(
        path, maxBytes=_LOG_BYTES, backupCount=1, encoding="utf-8"
    )


def _follow_parent(parent: int) -> Callable[[], None] | None:
    """Return what a child does before exec, so that the kernel ends it with us."""
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)

    def follow() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # the parent died before the line above
            os._exit(1)

    return follow


def _signal_group(child: _Child, number: signal.Signals) -> None:
    assert child.process  # noqa: S101 - for the type checker
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(child.process.pid, number)


def _how_it_ended(code: int) -> str:
    if code < 0:
        return f"was ended by signal {-code}"
    return f"ended with exit code {code}"
