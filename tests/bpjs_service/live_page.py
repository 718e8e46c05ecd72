"""A browser's end of the live process, driven in process or over a socket."""

import asyncio
import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlencode

import httpx
from django.conf import settings

from bpjs_service.live import LiveApplication

Frame = dict[str, str]


def run(test: Coroutine[Any, Any, None]) -> None:
    """Run a coroutine in a thread: a browser test may own this thread's loop."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, test).result(timeout=30)


async def until(condition: Any, seconds: float = 5) -> None:
    """Wait until the condition holds."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - the condition is somebody else's
            await asyncio.sleep(0.01)


@contextlib.asynccontextmanager
async def live() -> AsyncIterator[LiveApplication]:
    """Start the application as a server would, and stop it."""
    application = LiveApplication()
    application._running_hub()
    await until(lambda: application.hub and application.hub.subscribed)
    yield application
    assert application.hub is not None
    await application.hub.close()


class Page:
    """One request to the application; frames are read as a browser reads them."""

    def __init__(
        self,
        application: LiveApplication,
        token: str = "",
        *,
        path: str = "/live/",
        method: str = "GET",
        last: str = "",
        **headers: str,
    ) -> None:
        self.messages: asyncio.Queue[Any] = asyncio.Queue()
        self.left = asyncio.Event()
        scope: Any = {
            "type": "http",
            "method": method,
            "path": path,
            "query_string": urlencode({"token": token, "last": last}).encode(),
            "headers": [
                (name.replace("_", "-").encode(), value.encode())
                for name, value in headers.items()
            ],
        }
        self.task = asyncio.create_task(
            application(scope, self._receive, self.messages.put)
        )

    async def _receive(self) -> Any:
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def next(self, seconds: float = 5) -> Any:
        """Wait for the next ASGI message."""
        async with asyncio.timeout(seconds):
            return await self.messages.get()

    async def started(self) -> tuple[int, dict[str, str]]:
        """Wait for the status and the headers."""
        message = await self.next()
        pairs = message["headers"]
        return message["status"], {name.decode(): v.decode() for name, v in pairs}

    async def opened(self) -> Frame:
        """Read up to the first event of a stream that is not refused."""
        status, _headers = await self.started()
        assert status == 200
        assert (await self.next())["body"].startswith(b"retry: ")
        return await self.frame()

    async def frame(self, seconds: float = 5) -> Frame:
        """Wait for one event."""
        return read_frame((await self.next(seconds))["body"].decode())

    async def closed(self, seconds: float = 5) -> bool:
        """Wait for the end of the answer, skipping what comes before."""
        while (await self.next(seconds)).get("more_body", True):
            pass
        return True

    def leave(self) -> None:
        """Close the tab."""
        self.left.set()


def read_frame(text: str) -> Frame:
    """Split the first event into its fields."""
    first = text.split("\n\n", maxsplit=1)[0]
    return dict(line.split(": ", 1) for line in first.split("\n"))


def free_port() -> int:
    """Find a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def granian(port: int) -> Iterator[subprocess.Popen[bytes]]:
    """Serve the live application as a process of its own."""
    command = [sys.executable, "-m", "granian", "--interface", "asgi", "--no-ws"]
    command += ["--port", str(port), "--backpressure", "4096", "--backlog", "4096"]
    environment = os.environ | {
        "REDIS_URL": settings.REDIS_URL,
        "SECRET_KEY": settings.SECRET_KEY,
        "DJANGO_SETTINGS_MODULE": "bpjs_service.settings",
    }
    process = subprocess.Popen(
        [*command, "bpjs_service.live:application"],
        cwd=settings.BASE_DIR,
        env=environment,
    )
    try:
        _wait_for(f"http://127.0.0.1:{port}/live/health")
        yield process
    finally:
        process.terminate()
        process.wait(timeout=10)


def _wait_for(url: str) -> None:
    give_up = time.monotonic() + 20
    while time.monotonic() < give_up:
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(url).status_code == 200:
                return
        time.sleep(0.05)
    raise TimeoutError(url)
