"""Folders for server tests, and what has to be cleaned up after them."""

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from bpjs_service.embedded import places

T = TypeVar("T")


@contextmanager
def open_folder() -> Iterator[Path]:
    """A new folder that every account can reach, as a clone in /srv would be."""
    path = Path(tempfile.mkdtemp(prefix="t-", dir="/tmp"))
    path.chmod(0o755)
    try:
        yield path
    finally:
        shutil.rmtree(path)


@contextmanager
def closed_folder() -> Iterator[Path]:
    """A folder only its owner can enter, as root's home is."""
    with open_folder() as path:
        path.chmod(0o700)
        try:
            yield path
        finally:
            if os.geteuid() == 0:
                shutil.rmtree(places.data_root(path, places.account_for_servers()))
                path.mkdir(exist_ok=True)


def eventually(look: Callable[[], T], seconds: float = 15) -> T:
    """Wait until ``look`` returns something true, and return it."""
    deadline = time.monotonic() + seconds
    while not (seen := look()):
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)
    return seen


def alive(pid: int) -> bool:
    """Whether a process runs; a zombie does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
