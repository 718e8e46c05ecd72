"""Both servers together: outside ones are checked, embedded ones started and shared.

Several commands may use the embedded servers at once (the demo and ``run.py manage``).
Each holds a shared lock; the last one to leave stops the servers. The kernel drops the
lock of a killed command, so nothing has to be cleaned up after it.
"""

import fcntl
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import environ
import psycopg2
import redis

from bpjs_service.embedded import addresses, console
from bpjs_service.embedded.places import account_for_servers, data_root
from bpjs_service.embedded.postgres import Postgres
from bpjs_service.embedded.problems import Exit, Problem
from bpjs_service.embedded.valkey import Valkey, client

_OLDEST_POSTGRES = 15


class EmbeddedServers:
    """The servers that the environment does not replace, those of one var folder."""

    def __init__(self, var: Path, *, durable: bool) -> None:
        account = account_for_servers()
        root = data_root(var, account).resolve()
        self._var = var
        self.root = root  # where the embedded ones keep their data
        self._servers: dict[str, Postgres | Valkey] = {}
        if not os.environ.get("DATABASE_URL"):
            self._servers["database"] = Postgres(root, account, durable=durable)
        if not os.environ.get("REDIS_URL"):
            self._servers["redis"] = Valkey(root, account, durable=durable)

    def start(self) -> None:
        """Start, or join, every server and publish the addresses."""
        urls = {name: server.start() for name, server in self._servers.items()}
        addresses.write_down(self._var, **urls)

    def stop(self) -> None:
        """Stop every server, the database last."""
        addresses.write_down(self._var)
        for server in reversed(self._servers.values()):
            server.stop()

    def revive(self) -> None:
        """Start again what has died, at the same address. Raises Problem."""
        dead = [name for name, server in self._servers.items() if not server.running()]
        if dead:
            console.complain(f"The {' and '.join(dead)} server died; starting it.")
            with _changing(self._var):
                self.start()


@contextmanager
def servers_up(var: Path, *, durable: bool = True) -> Iterator[EmbeddedServers]:
    """Keep a database and a Redis up while the block runs.

    ``durable=False`` is for tests. Raises Problem when one cannot be had.
    """
    check_outside_servers()
    var.mkdir(parents=True, exist_ok=True)
    servers = EmbeddedServers(var, durable=durable)
    with open_lock(var / "servers-in-use.lock") as in_use:
        try:
            with _changing(var):
                fcntl.flock(in_use, fcntl.LOCK_SH)
                servers.start()
            yield servers
        finally:
            with _signals_ignored(), _changing(var):
                if try_exclusive(in_use):
                    servers.stop()


@contextmanager
def open_lock(path: Path) -> Iterator[int]:
    """Open a file to be locked; closing it gives the lock back."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def try_exclusive(lock: int) -> bool:
    """Take an open lock for ourselves alone; False when others hold it."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def check_outside_servers() -> None:
    """Connect to the servers named in the environment. Raises Problem."""
    if os.environ.get("DATABASE_URL"):
        _check_database(os.environ["DATABASE_URL"])
    if os.environ.get("REDIS_URL"):
        _check_redis(os.environ["REDIS_URL"])


@contextmanager
def _changing(var: Path) -> Iterator[None]:
    """Start and stop one command at a time."""
    with open_lock(var / "servers-changing.lock") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def _signals_ignored() -> Iterator[None]:
    """Let an impatient Ctrl-C not leave half of the servers behind."""
    kinds = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    former = {kind: signal.signal(kind, signal.SIG_IGN) for kind in kinds}
    try:
        yield
    finally:
        for kind, handler in former.items():
            signal.signal(kind, handler)


def _check_database(url: str) -> None:
    where = environ.Env.db_url_config(url)
    options = {"connect_timeout": 5, **where.get("OPTIONS", {})}
    try:
        connection = psycopg2.connect(
            host=where["HOST"] or None,
            port=where["PORT"] or None,
            user=where["USER"] or None,
            password=where["PASSWORD"] or None,
            dbname=where["NAME"],
            **options,
        )
    except psycopg2.OperationalError as error:
        raise Problem(
            Exit.DATABASE_UNREACHABLE,
            f"The database {where['NAME']} at {where['HOST'] or 'this computer'} "
            f"cannot be reached: {str(error).strip().splitlines()[-1].strip()} "
            "Check DATABASE_URL, or unset it to use the embedded PostgreSQL.",
        ) from error
    version = connection.server_version // 10_000
    connection.close()
    if version < _OLDEST_POSTGRES:
        raise Problem(
            Exit.DATABASE_UNREACHABLE,
            f"The database server is PostgreSQL {version}; 15 or newer is needed.",
        )


def _check_redis(url: str) -> None:
    try:
        client(url).ping()
    except (redis.RedisError, ValueError) as error:
        raise Problem(
            Exit.REDIS_UNREACHABLE,
            f"Redis cannot be reached: {error} "
            "Check REDIS_URL, or unset it to use the embedded Valkey.",
        ) from error
