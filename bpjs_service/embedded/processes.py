"""Running other programs, and telling our own from strangers."""

import ctypes
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from bpjs_service.embedded.places import Account

_PR_SET_CHILD_SUBREAPER = 36


class Failed(Exception):
    """A program ended badly or too late; the text is what it said."""


def run(
    command: Sequence[str | Path], *, timeout: float, account: Account | None
) -> str:
    """Run a program to its end and return its output.

    The output goes through a file because a server started by ``pg_ctl`` may keep
    a pipe open for ever. ``timeout`` is in seconds. Raises Failed.
    """
    with tempfile.TemporaryFile() as output:
        options: dict[str, Any] = {
            "stdin": subprocess.DEVNULL,
            "stdout": output,
            "stderr": subprocess.STDOUT,
            "cwd": "/",  # the current folder may be closed to the account
            "env": _plain_environment(),
        }
        if account:
            options |= {"user": account.uid, "group": account.gid, "extra_groups": []}
        try:
            code = subprocess.run(  # noqa: S603 - our own programs
                command, timeout=timeout, check=False, **options
            ).returncode
        except (OSError, subprocess.TimeoutExpired) as error:
            raise Failed(str(error)) from error
        output.seek(0)
        text = output.read().decode(errors="replace").strip()
    if code:
        raise Failed(text or f"{command[0]} ended with code {code}")
    return text


def command_line(pid: int) -> str:
    """Return the command line of a living process, empty when there is none."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except (OSError, UnicodeDecodeError):
        pass
    if Path("/proc/self").exists():
        return ""
    try:
        return run(["ps", "-o", "args=", "-p", str(pid)], timeout=5, account=None)
    except Failed:
        return ""


def adopt_orphans() -> None:
    """Become the parent of servers whose starter has ended (Linux only).

    In a container nobody else buries them when they end.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1)


def bury_orphans() -> None:
    """Take note of the end of every child, so that none stays behind as a zombie."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def working_in(folder: Path) -> list[int]:
    """Return the ids of processes whose current folder this is (Linux only)."""
    return [
        int(process.name)
        for process in Path("/proc").glob("[0-9]*")
        if _current_folder(process) == str(folder)
    ]


def _current_folder(process: Path) -> str:
    try:
        return str((process / "cwd").readlink())
    except OSError:  # gone meanwhile, or somebody else's
        return ""


def _plain_environment() -> dict[str, str]:
    """Our environment without what would steer PostgreSQL's own programs."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PG", "LC_"))}
    return kept | {"LC_ALL": "C"}
