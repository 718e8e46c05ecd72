"""Commands that need the servers only while they run: the tests, and manage.py."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from bpjs_service.embedded.servers import servers_up

_STOP_SECONDS = 30


def run_tests(arguments: Sequence[str], var: Path) -> int:
    """Run pytest on servers of its own, so that a running demo is not disturbed."""
    with servers_up(var, durable=False):
        return _run(["-m", "pytest", *arguments], os.environ | {"BPJS_VAR": str(var)})


def run_manage(arguments: Sequence[str], var: Path) -> int:
    """Run a manage.py command on the demo's servers, starting them if needed."""
    environment = {"DEMO": "1", **os.environ, "BPJS_VAR": str(var)}
    with servers_up(var):
        return _run(["manage.py", *arguments], environment)


def _run(arguments: Sequence[str], environment: dict[str, str]) -> int:
    """Run Python until it ends by itself: only its user knows how long it may take.

    Ctrl-C reaches it from the terminal; we only wait until it has finished.
    """
    child = subprocess.Popen(  # noqa: S603 - the user's own command
        [sys.executable, *arguments], env=environment
    )
    former = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        return child.wait()
    finally:
        signal.signal(signal.SIGINT, former)
        if child.poll() is None:
            child.terminate()
            child.wait(timeout=_STOP_SECONDS)
