"""A database to fill and throw away, and the web and live processes in front of it."""

import os
import secrets
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import django
import environ
import psycopg2.extensions
from django.core.management import call_command
from django.db import connection

from bpjs_service.embedded import addresses
from bpjs_service.embedded.serve import demo_programs
from bpjs_service.embedded.servers import servers_up

_START_SECONDS = 30
_PAGE = os.sysconf("SC_PAGE_SIZE")


@contextmanager
def database() -> Iterator[None]:
    """Point Django at a new, migrated database; both are gone after the block."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        Path(folder).chmod(0o755)  # as root, PostgreSQL runs as another account
        os.environ["BPJS_VAR"] = folder
        os.environ["DJANGO_SETTINGS_MODULE"] = "bench.settings"
        # Each client asks as often as many kiosks: counted, but never refused.
        os.environ["API_THROTTLE"] = "100000/s"
        with servers_up(Path(folder)):
            server = addresses.database_url()
            name = f"bench_{secrets.token_hex(4)}"
            on_server(server, f'CREATE DATABASE "{name}"')
            os.environ["DATABASE_URL"] = url_of(server, name)
            try:
                django.setup()
                call_command("migrate", verbosity=0)
                yield
            finally:
                connection.close()
                on_server(server, f'DROP DATABASE "{name}" WITH (FORCE)')
                os.environ["DATABASE_URL"] = server


def url_of(server: str, name: str) -> str:
    """The address of another database on the same server."""
    return f"{server.rpartition('/')[0]}/{name}"


@contextmanager
def copy_of_database(name: str) -> Iterator[str]:
    """A copy of the present database under a new address, gone after the block."""
    url = os.environ["DATABASE_URL"]
    connection.close()  # a template must not be in use
    source = connection.settings_dict["NAME"]
    on_server(url, f'CREATE DATABASE "{source}_{name}" TEMPLATE "{source}"')
    try:
        yield url_of(url, f"{source}_{name}")
    finally:
        on_server(url, f'DROP DATABASE "{source}_{name}" WITH (FORCE)')


def on_server(url: str, statement: str) -> None:
    """Run one statement outside a transaction, on the server's own database."""
    database = connect(url_of(url, "postgres"))
    try:
        with database.cursor() as cursor:
            cursor.execute(statement)
    finally:
        database.close()


def connect(url: str) -> psycopg2.extensions.connection:
    """A connection in which each statement is committed at once."""
    arguments = connection_arguments(url)
    database: psycopg2.extensions.connection = psycopg2.connect(**arguments)
    database.autocommit = True
    return database


def connection_arguments(url: str) -> dict[str, Any]:
    """Host, port, user, password and dbname, as libpq names them."""
    parts = environ.Env.db_url_config(url)
    names = {
        "host": "HOST",
        "port": "PORT",
        "user": "USER",
        "password": "PASSWORD",
        "dbname": "NAME",
    }
    return {ours: str(parts[its]) for ours, its in names.items() if parts[its]}


class Program:
    """A running web or live process, and the port it answers on."""

    def __init__(self, process: subprocess.Popen[bytes], port: int) -> None:
        self.process = process
        self.port = port

    def memory(self) -> int:
        """Resident bytes of the program and its workers (Linux)."""
        return sum(_resident(pid) for pid in _family(self.process.pid))

    def cpu(self) -> float:
        """Seconds of CPU that the program and its workers have used (Linux)."""
        return sum(_cpu(pid) for pid in _family(self.process.pid))


@contextmanager
def serving(name: str, **environment: str) -> Iterator[Program]:
    """Serve ``"web"`` or ``"live"`` with the very command of ``run.py``.

    ``environment`` is what this one has otherwise than we have.
    """
    port = _free_port()
    programs = demo_programs(
        port if name == "web" else port - 1, addresses.var_folder(), {}
    )
    command = next(program.command for program in programs if program.name == name)
    process = subprocess.Popen(command, env={**os.environ, **environment})
    try:
        _wait_for(process, port, "/health" if name == "web" else "/live/health")
        yield Program(process, port)
    finally:
        for pid in _family(process.pid):  # nothing in it is worth a graceful stop
            os.kill(pid, signal.SIGKILL)
        process.wait()


def _wait_for(process: subprocess.Popen[bytes], port: int, path: str) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5).close()
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
        else:
            return
    raise SystemExit("The server that was to be measured did not start.")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _family(pid: int) -> list[int]:
    """The process and all that descend from it."""
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(each for child in listed for each in _family(int(child)))]


def _resident(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE


def _cpu(pid: int) -> float:
    after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(after_name[11]) + int(after_name[12])) / os.sysconf("SC_CLK_TCK")
