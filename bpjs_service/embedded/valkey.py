"""An embedded Valkey (or Redis) behind a random password.

Only our server knows the password, so an answer to it proves whose server it is; no
process id is ever trusted or signalled.
"""

import os
import secrets
import socket
import time
from pathlib import Path
from urllib.parse import urlsplit

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from bpjs_service.embedded import places, programs
from bpjs_service.embedded.problems import Exit, Problem
from bpjs_service.embedded.processes import Failed, run, working_in

_SECONDS = 20
_ATTEMPTS = 3


class Valkey:
    """One server whose data live below ``root``."""

    def __init__(
        self, root: Path, account: places.Account | None, *, durable: bool = True
    ) -> None:
        self.data = root / "valkey"
        self.account = account
        self.durable = durable
        self.root = root

    def start(self) -> str:
        """Start, or join the server that still runs, and return its address."""
        places.owned_folder(self.data, self.account)
        deadline = time.monotonic() + _SECONDS
        while not self.running():
            if not working_in(self.data):
                return self._launch()
            if time.monotonic() > deadline:
                raise self._problem("An earlier Valkey still runs but does not answer")
            time.sleep(0.05)
        return self._recorded_url()

    def stop(self) -> None:
        """Ask the server to save and end, and wait until it has."""
        url = self._recorded_url()
        if not url or not self.running():
            return
        try:
            client(url).shutdown(nosave=True)  # the append-only file has it all
        except redis.RedisError as error:
            raise self._problem("Valkey did not stop") from error
        deadline = time.monotonic() + _SECONDS
        while working_in(self.data) and time.monotonic() < deadline:
            time.sleep(0.02)

    def running(self) -> bool:
        """Whether our server answers at the recorded port."""
        url = self._recorded_url()
        return bool(url) and _answers(url, seconds=0)

    @property
    def _configuration(self) -> Path:
        return self.data / "valkey.conf"

    def _recorded_url(self) -> str:
        try:
            lines = self._configuration.read_text().splitlines()
        except FileNotFoundError:
            return ""
        values = dict(line.split(" ", 1) for line in lines)
        if not {"requirepass", "port"} <= values.keys():
            return ""  # the disk was full, or the power went
        return f"redis://:{values['requirepass']}@127.0.0.1:{values['port']}/0"

    def _launch(self) -> str:
        """Start, with the old address if possible: programs may still look there."""
        places.require_space(self.root)
        program = programs.find_valkey(self.root, self.account)
        former = urlsplit(self._recorded_url())
        password = former.password or secrets.token_urlsafe(24)
        ports = [_free_port() for _ in range(_ATTEMPTS)]
        if former.port and _free_port(former.port):
            ports.insert(0, former.port)
        for port in ports:  # another program may take the port meanwhile
            self._configure(port, password)
            try:
                run([program, self._configuration], timeout=30, account=self.account)
            except Failed:
                continue
            url = self._recorded_url()
            if _answers(url):
                return url
        raise self._problem("Valkey did not start")

    def _configure(self, port: int, password: str) -> None:
        settings = {
            "bind": "127.0.0.1",
            "port": port,
            "requirepass": password,
            "daemonize": "yes",
            "dir": f'"{self.data}"',
            "logfile": f'"{self.data / "valkey.log"}"',
            "pidfile": f'"{self.data / "valkey.pid"}"',
            "save": '""',
            "appendonly": "yes" if self.durable else "no",
        }
        lines = [f"{name} {value}\n" for name, value in settings.items()]
        self._configuration.unlink(missing_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        with os.fdopen(os.open(self._configuration, flags, 0o600), "w") as file:
            file.writelines(lines)
        places.give(self._configuration, self.account)

    def _problem(self, sentence: str) -> Problem:
        return Problem(
            Exit.SERVER_FAILED, f"{sentence}. See {self.data / 'valkey.log'}."
        )


def client(url: str) -> redis.Redis:
    """Client that reports a failure at once; by default it would retry for seconds."""
    never = Retry(NoBackoff(), 0)
    return redis.Redis.from_url(
        url, socket_timeout=5, socket_connect_timeout=2, retry=never
    )


def _answers(url: str, seconds: float = _SECONDS) -> bool:
    """Whether the server answers to its password, waiting while it loads data."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return bool(client(url).ping())
        except redis.AuthenticationError:
            return False  # a stranger has taken the port
        except redis.RedisError:
            if time.monotonic() > deadline:
                return False
        time.sleep(0.05)


def _free_port(wanted: int = 0) -> int:
    """Return the wanted port if it is free, any free one for 0, otherwise 0."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted))
        except OSError:
            return 0
        port: int = probe.getsockname()[1]
        return port
