"""The live process: server-sent events that say only "this channel changed, number n".

Serve ``application`` as plain ASGI, one worker for each process::

    granian --interface asgi --workers 1 --backlog 4096 --backpressure 4096 \
        bpjs_service.live:application

(granian handles at most ``--backpressure`` requests at once and an open stream is one.)
There is no ORM and no Django request here; ``hub.py`` knows what there is to say.

One stream may follow several channels. Its event id is their numbers in the order of
the token, joined by dots: ``id: 1763.1790``. A page that comes back says the id it last
saw (``Last-Event-ID`` header, or ``last`` in the query) and hears ``changed`` at once
for exactly those channels that have moved on since; after a break between this process
and Redis every page hears ``changed``.

Addresses: ``/live/?token=`` and ``/live/health``.
"""

import asyncio
import os
import random
import resource
import signal
import threading
import time
from collections.abc import Callable
from http import HTTPStatus
from types import FrameType
from typing import Any
from urllib.parse import parse_qs, urlsplit

from asgiref.typing import (
    ASGIReceiveCallable,
    ASGISendCallable,
    HTTPScope,
    Scope,
)
from django.conf import settings
from django.utils.log import configure_logging

from bpjs_service.events import StreamTokenError, read_stream_token
from bpjs_service.hub import Hub, Stream

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bpjs_service.settings")

PING_SECONDS = 12.0  # pages call themselves stale after 30 s of silence
RETRY_MS = (2000, 4000)  # pages come back after 3 s, each a little different

Headers = list[tuple[bytes, bytes]]


class LiveApplication:
    """The ASGI callable; its hub starts with the server or with the first request."""

    def __init__(self) -> None:
        self.hub: Hub | None = None

    async def __call__(
        self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable
    ) -> None:
        """Answer one connection."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, receive, send)

    def _running_hub(self) -> Hub:
        if self.hub is None:
            self.hub = Hub(settings.REDIS_URL)
        self.hub.start()
        return self.hub

    async def _live(self, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        """Serve from the server's start, its first message, to its end, the second."""
        await receive()
        configure_logging(settings.LOGGING_CONFIG, settings.LOGGING)
        _allow_open_files(settings.LIVE_MAX_STREAMS + 200)
        _at_stop_signal(self._running_hub().end_streams)
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._running_hub().close()
        await send({"type": "lifespan.shutdown.complete"})

    async def _answer(
        self, scope: HTTPScope, receive: ASGIReceiveCallable, send: ASGISendCallable
    ) -> None:
        hub = self._running_hub()
        if scope["path"] not in ("/live/", "/live/health"):
            await _refuse(scope, send, HTTPStatus.NOT_FOUND, "No such page.")
        elif scope["method"] != "GET":
            allow = [(b"allow", b"GET")]
            status = HTTPStatus.METHOD_NOT_ALLOWED
            await _refuse(scope, send, status, "Only GET.", allow)
        elif scope["path"] == "/live/health":
            status = HTTPStatus.OK if hub.subscribed else HTTPStatus.SERVICE_UNAVAILABLE
            text = f"subscribed={hub.subscribed} streams={len(hub.streams)}"
            await _refuse(scope, send, status, text)
        else:
            await self._open(hub, scope, receive, send)

    async def _open(
        self,
        hub: Hub,
        scope: HTTPScope,
        receive: ASGIReceiveCallable,
        send: ASGISendCallable,
    ) -> None:
        """Check the token and the room left, then stream until either side ends."""
        query = parse_qs(scope["query_string"].decode("latin-1"))
        last_id = _header(scope, b"last-event-id") or query.get("last", [""])[0]
        try:
            claims = read_stream_token(query.get("token", [""])[0])
        except StreamTokenError:
            await _refuse(scope, send, HTTPStatus.FORBIDDEN, "This token is not valid.")
            return
        if not hub.has_room_for(claims.subject):
            wait = [(b"retry-after", b"10")]
            status = HTTPStatus.SERVICE_UNAVAILABLE
            await _refuse(scope, send, status, "Too busy for now.", wait)
            return
        stream = Stream(claims, last_id)
        try:
            await hub.join(stream)
            if stream.ended:
                status = HTTPStatus.FORBIDDEN
                await _refuse(scope, send, status, "This token was withdrawn.")
            else:
                await _stream(hub, stream, scope, receive, send)
        finally:
            hub.leave(stream)


async def _stream(
    hub: Hub,
    stream: Stream,
    scope: HTTPScope,
    receive: ASGIReceiveCallable,
    send: ASGISendCallable,
) -> None:
    headers = [
        (b"content-type", b"text/event-stream"),
        (b"x-accel-buffering", b"no"),  # nginx would hold events back
    ]
    await _start(scope, send, HTTPStatus.OK, headers)
    gone = asyncio.create_task(_end_when_gone(stream, receive))
    try:
        await _write(hub, stream, send)
    except OSError:  # the page left while we were writing
        return
    finally:
        gone.cancel()


async def _end_when_gone(stream: Stream, receive: ASGIReceiveCallable) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    stream.end()


async def _write(hub: Hub, stream: Stream, send: ASGISendCallable) -> None:
    """Send the news as it comes, and a ping when there was none for a while.

    Pings stop while Redis is away: silence is how the page learns that it is late.
    """
    retry = random.randint(*RETRY_MS)
    await _send_body(send, f"retry: {retry}\n\n".encode())
    quiet = bool(hub.subscribed)  # a returning page hears at once that it is live
    while not stream.ended:
        stream.wake.clear()
        frames = []
        for channel in stream.news(hub.newest):
            stream.seen[channel] = hub.newest[channel]
            frames.append(stream.frame("changed", channel))
        if frames or (quiet and hub.subscribed):
            await _send_body(send, b"".join(frames) or stream.frame("ping", "-"))
        quiet = not await _woken(stream)
    await _send_body(send, b"", more=False)


async def _woken(stream: Stream) -> bool:
    """Wait until there may be news; false when it is time for a ping instead."""
    left = stream.claims.expires_at - time.time()
    if left <= 0:
        stream.end()
    try:
        async with asyncio.timeout(min(PING_SECONDS, max(left, 0))):
            await stream.wake.wait()
    except TimeoutError:
        return False
    return True


async def _refuse(
    scope: HTTPScope,
    send: ASGISendCallable,
    status: HTTPStatus,
    text: str,
    headers: Headers | None = None,
) -> None:
    """Answer with one short line of plain text."""
    plain = (b"content-type", b"text/plain; charset=utf-8")
    await _start(scope, send, status, [plain, *(headers or [])])
    await _send_body(send, text.encode(), more=False)


async def _start(
    scope: HTTPScope, send: ASGISendCallable, status: HTTPStatus, headers: Headers
) -> None:
    common = [(b"cache-control", b"no-store"), (b"vary", b"origin")]
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [*common, *headers, *_cors(scope)],
            "trailers": False,
        }
    )


async def _send_body(send: ASGISendCallable, body: bytes, *, more: bool = True) -> None:
    await send({"type": "http.response.body", "body": body, "more_body": more})


def _cors(scope: HTTPScope) -> Headers:
    """Let pages of the same host read the answer, whatever port they came from."""
    origin = _header(scope, b"origin")
    try:
        host = urlsplit(f"//{_header(scope, b'host')}").hostname
        allowed = host is not None and urlsplit(origin).hostname == host
    except ValueError:  # a malformed address
        return []
    allow = (b"access-control-allow-origin", origin.encode("latin-1"))
    return [allow] if allowed else []


def _header(scope: HTTPScope, wanted: bytes) -> str:
    values = (value for name, value in scope["headers"] if name == wanted)
    return next(values, b"").decode("latin-1")


def _allow_open_files(wanted: int) -> None:
    """Raise this process's limit of open files, which is often 1,024."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < wanted:
        limit = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))


def _at_stop_signal(callback: Callable[[], None]) -> None:
    """Call back on SIGTERM and SIGINT, besides what the server does on them.

    granian waits for open answers before it says ``lifespan.shutdown``, so streams that
    end only then would hold it up for ever.
    """
    if threading.current_thread() is not threading.main_thread():
        return  # only the main thread hears signals
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        before = signal.getsignal(number)

        def handle(number: int, frame: FrameType | None, before: Any = before) -> None:
            loop.call_soon_threadsafe(callback)
            if callable(before):
                before(number, frame)

        signal.signal(number, handle)


application = LiveApplication()
