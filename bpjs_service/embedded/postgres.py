"""An embedded PostgreSQL that survives crashes of itself and of its starter."""

import shutil
import time
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from urllib.parse import quote

import psycopg2

from bpjs_service.embedded import places, programs
from bpjs_service.embedded.addresses import NAME
from bpjs_service.embedded.problems import Exit, Problem
from bpjs_service.embedded.processes import Failed, command_line, run, working_in

_START_SECONDS = 60
_STOP_SECONDS = 30
_SETTINGS = {
    "listen_addresses": "",  # the private socket is the only door
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "timezone": "UTC",
    "log_min_messages": "warning",
}
_CARELESS = {"fsync": "off", "full_page_writes": "off"}


class Postgres:
    """One database server whose data live below ``root``.

    ``durable=False`` trades safety on power loss for speed; only for tests.
    """

    def __init__(
        self, root: Path, account: places.Account | None, *, durable: bool = True
    ) -> None:
        self.data = root / "postgres"
        self.account = account
        self.durable = durable
        self.root = root

    def start(self) -> str:
        """Start, or join the server that still runs, and return its address."""
        if not self._joined():
            self._make_cluster()
            self._launch(self._forget_dead_server())
        socket = self._pid_file()[1]
        _create_database(socket)
        return f"postgres://{NAME}@/{quote(str(socket))}/{NAME}"

    def stop(self) -> None:
        """Stop the server if it is ours and runs; connections are cut."""
        pid, socket = self._pid_file()
        if not self._is_ours(pid):
            return
        for mode in ("fast", "immediate"):
            with suppress(Failed):
                self._pg_ctl("stop", "-m", mode)
                break
        places.remove_socket_folder(socket, self.account)

    def running(self) -> bool:
        """Whether our server process is alive."""
        return self._is_ours(self._pid_file()[0])

    def _joined(self) -> bool:
        """Wait for a server that is already there; False when it is (or goes) away."""
        deadline = time.monotonic() + _START_SECONDS
        while self.running():
            if self._ready(self._pid_file()[1]):
                return True
            if time.monotonic() > deadline:
                raise self._problem("PostgreSQL runs but does not answer")
            time.sleep(0.1)
        return False

    def _make_cluster(self) -> None:
        if self.data.exists():
            places.owned_folder(self.data, self.account)
            return
        places.require_space(self.root)
        draft = places.owned_folder(
            self.data.with_name("postgres-unfinished"), self.account
        )
        _empty(draft)
        options = ["-U", NAME, "-E", "UTF8", "--no-locale", "--auth=trust", "--no-sync"]
        try:
            self._run("initdb", "-D", draft, *options, timeout=120)
        except Failed as error:
            raise self._problem(f"PostgreSQL could not be set up: {error}") from error
        draft.rename(self.data)

    def _forget_dead_server(self) -> Path | None:
        """Remove what a killed server left behind, without touching any process.

        PostgreSQL itself copes with a pid file whose number is free, but not with
        one that a stranger (or a zombie) now bears. Returns the socket folder, which
        is used again so that programs still running find the new server.
        """
        pid_file = self.data / "postmaster.pid"
        if not pid_file.exists():
            return None
        deadline = time.monotonic() + _STOP_SECONDS
        while working_in(self.data):  # orphaned back ends still finishing
            if time.monotonic() > deadline:
                raise self._problem("Parts of a killed PostgreSQL are still running")
            time.sleep(0.1)
        socket = self._pid_file()[1]
        pid_file.unlink()
        if not places.is_socket_folder(socket, self.account):
            return None
        _empty(socket)
        return socket

    def _launch(self, socket: Path | None) -> None:
        places.require_space(self.root)
        socket = socket or places.socket_folder(self.account)
        settings = _SETTINGS | {"unix_socket_directories": str(socket)}
        if not self.durable:
            settings |= _CARELESS
        options = " ".join(f"-c {name}='{value}'" for name, value in settings.items())
        try:
            self._pg_ctl("start", "-l", self.data / "server.log", "-o", options)
        except Failed as error:
            raise self._problem(f"PostgreSQL did not start: {error}") from error
        finally:
            if not self.running():
                places.remove_socket_folder(socket, self.account)

    def _pid_file(self) -> tuple[int, Path]:
        """Process id and socket folder the running server wrote down, or 0."""
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
            return int(lines[0]), Path(lines[4])
        except FileNotFoundError:
            return 0, Path()
        except (IndexError, ValueError):  # it is being written at this moment
            return int(lines[0]) if lines and lines[0].isdigit() else 0, Path()

    def _is_ours(self, pid: int) -> bool:
        line = command_line(pid) if pid else ""
        return "postgres" in line and f"-D {self.data} " in line

    def _ready(self, socket: Path) -> bool:
        try:
            self._run("pg_isready", "-q", "-h", socket, timeout=10)
        except Failed:
            return False
        return True

    def _pg_ctl(self, verb: str, *arguments: str | Path) -> None:
        seconds = _START_SECONDS if verb == "start" else _STOP_SECONDS
        wait = ("-w", "-t", str(seconds), "-D", self.data)
        self._run("pg_ctl", verb, *wait, *arguments, timeout=seconds + 10)

    def _run(self, program: str, *arguments: str | Path, timeout: float) -> None:
        command = [self._programs / program, *arguments]
        run(command, timeout=timeout, account=self.account)

    @cached_property
    def _programs(self) -> Path:
        return programs.find_postgres(self.root, self.account, self._made_by())

    def _made_by(self) -> str | None:
        try:
            return (self.data / "PG_VERSION").read_text().strip()
        except FileNotFoundError:
            return None

    def _problem(self, sentence: str) -> Problem:
        return Problem(
            Exit.SERVER_FAILED, f"{sentence}. See {self.data / 'server.log'}."
        )


def _create_database(socket: Path) -> None:
    connection = psycopg2.connect(
        host=str(socket), user=NAME, dbname="postgres", connect_timeout=10
    )
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [NAME])
            if not cursor.fetchone():
                cursor.execute(f'CREATE DATABASE "{NAME}"')
    finally:
        connection.close()


def _empty(folder: Path) -> None:
    """Remove what an interrupted set-up or a killed server left."""
    for path in folder.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
