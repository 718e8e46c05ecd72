"""Serving the demo: pages, live stream, worker and beat under one supervisor."""

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from bpjs_service.embedded import console
from bpjs_service.embedded.problems import Exit, Problem
from bpjs_service.embedded.servers import (
    EmbeddedServers,
    open_lock,
    servers_up,
    try_exclusive,
)
from bpjs_service.embedded.supervisor import Program, Supervisor

_HOST = "127.0.0.1"
_PREPARATION_SECONDS = 600
_PROBE_SECONDS = 0.5
_GUARD_SECONDS = 2
_DELAYS = {"worker": 3, "beat": 3}  # pages first: nobody waits for these two


def serve(port: int, var: Path) -> None:
    """Run everything until stopped: pages on ``port``, the live stream on the next.

    Raises Problem.
    """
    var.mkdir(parents=True, exist_ok=True)
    with open_lock(var / "serving.lock") as serving, ExitStack() as stack:
        if not try_exclusive(serving):
            raise Problem(
                Exit.ALREADY_RUNNING,
                "The demo of this folder is already running. Use the address it "
                "printed, or stop it first with Ctrl-C in its window.",
            )
        for needed in (port, port + 1):
            require_free_port(needed)
        console.note("Starting the demo.")
        with console.step("PostgreSQL and Valkey"):
            servers = stack.enter_context(servers_up(var))
        environment = demo_environment(var, port)
        directions = _prepare(environment, f"http://localhost:{port}")
        welcome = _Welcome(port, f"{directions}\n{_folders(var, servers.root)}")
        ticks = (welcome, _Guard(servers))
        programs = demo_programs(port, var, environment)
        Supervisor(programs, var / "logs", ticks).run()
    console.note("Everything has stopped.")


def require_free_port(port: int) -> None:
    """Raise Problem when another program listens on the port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_HOST, port))
        except (OSError, OverflowError) as error:
            raise Problem(
                Exit.PORT_TAKEN,
                f"Port {port} cannot be used ({error}). Choose another one, for "
                "example: python3 run.py --port 8100",
            ) from error


def demo_environment(var: Path, port: int) -> dict[str, str]:
    """Return the environment of every program; what the user has set comes first."""
    ours = {"BPJS_VAR": str(var), "LIVE_PORT": str(port + 1), "PYTHONUNBUFFERED": "1"}
    return {"DEMO": "1", **os.environ, **ours}


def demo_programs(
    port: int, var: Path, environment: Mapping[str, str]
) -> list[Program]:
    """Return the four programs that make up the running system."""
    granian = f"granian --host {_HOST} --log-level warning --no-ws"
    granian += " --respawn-failed-workers --workers-kill-timeout 5"
    wsgi = "--interface wsgi --workers 2 --blocking-threads 4"
    asgi = "--interface asgi --workers 1 --backlog 4096 --backpressure 4096"
    celery = "celery --quiet -A bpjs_service"
    commands = {
        "web": f"{granian} {wsgi} --port {port} bpjs_service.wsgi:application",
        "live": f"{granian} {asgi} --port {port + 1} bpjs_service.live:application",
        "worker": f"{celery} worker -P threads -c 2 -l WARNING",
        "beat": f"{celery} beat -l WARNING --pidfile=",
    }
    python = [sys.executable, "-W", "ignore", "-m"]  # advice for programmers
    lines = {name: [*python, *command.split()] for name, command in commands.items()}
    lines["beat"] += ["-s", str(var / "beat-schedule")]
    return [
        Program(name, line, environment, delay=_DELAYS.get(name, 0))
        for name, line in lines.items()
    ]


def _prepare(environment: Mapping[str, str], base_url: str) -> str:
    """Bring the database up to date; returns the text about pages and log-ins."""
    try:
        return subprocess.run(  # noqa: S603 - our own module
            [sys.executable, "-m", "bpjs_service.embedded.prepare", base_url],
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
            timeout=_PREPARATION_SECONDS,
            check=True,
        ).stdout
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        raise Problem(
            Exit.PREPARATION_FAILED,
            "The database could not be prepared; the lines above say why. To begin "
            "again with an empty one, remove the var folder.",
        ) from error


def _folders(var: Path, root: Path) -> str:
    """Say where everything is kept; the data may be elsewhere for root."""
    folders = dict.fromkeys((var.resolve(), root))
    return f"Data and logs are kept in {' and '.join(map(str, folders))}."


class _Guard:
    """Starts a database or Valkey again that was killed while the demo runs."""

    def __init__(self, servers: EmbeddedServers) -> None:
        self._servers = servers
        self._next_look = 0.0

    def __call__(self) -> None:
        if time.monotonic() >= self._next_look:
            self._servers.revive()
            self._next_look = time.monotonic() + _GUARD_SECONDS


class _Welcome:
    """Greets once, as soon as the home page answers."""

    def __init__(self, port: int, directions: str) -> None:
        self._port = port
        self._directions = directions
        self._greeted = False
        self._next_look = 0.0

    def __call__(self) -> None:
        if self._greeted or time.monotonic() < self._next_look:
            return
        self._next_look = time.monotonic() + _PROBE_SECONDS
        if not _answers(self._port):
            return
        self._greeted = True
        console.say(f"\nRunning at http://localhost:{self._port}/\n")
        console.say(f"{self._directions}\nPress Ctrl-C to stop everything.\n")


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection(_HOST, port, timeout=_PROBE_SECONDS)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status < http.client.INTERNAL_SERVER_ERROR
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
