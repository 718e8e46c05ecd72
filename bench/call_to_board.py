"""From an officer's "next" to the boards: how late the event is, what a board costs."""

import argparse
import asyncio
import statistics
import time
from contextlib import suppress
from functools import partial
from typing import Any

from django.db import connection

from bench import scratch
from bench.country import OFFICE, Country
from bench.load import Client, Result
from bpjs_service.events import stream_token
from queueing.operations.moving import channel

_PAUSE_SECONDS = 0.1  # between two calls, so that each is seen by itself
_SETTLED_SECONDS = 1.0  # after connecting, before memory is read
_PATIENCE_SECONDS = 10


class Room:
    """What all boards together have heard since the last call."""

    def __init__(self, boards: int) -> None:
        self.boards = boards
        self.called()

    def called(self) -> None:
        """Begin anew."""
        self.moments: list[float] = []
        self.all_heard = asyncio.Event()

    def hear(self) -> None:
        self.moments.append(time.perf_counter())
        if len(self.moments) == self.boards:
            self.all_heard.set()


class Board(asyncio.Protocol):
    """One open stream, which tells the room of every ``changed`` event."""

    def __init__(self, request: bytes, room: Room) -> None:
        self.request = request
        self.room = room
        self.connected: asyncio.Future[None] = (
            asyncio.get_running_loop().create_future()
        )

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self.transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        if not self.connected.done():
            if not data.startswith(b"HTTP/1.1 200"):
                raise SystemExit(f"A board was refused: {data[:80]!r}")
            self.connected.set_result(None)
        if b"event: changed" in data:
            self.room.hear()


def main(place: Country, options: argparse.Namespace) -> None:
    """Connect the boards of branch 0, call again and again, tell what was seen."""
    place.settle(connection)
    with scratch.serving("web") as web, scratch.serving("live") as live:
        before = live.memory()
        delays, missed, memory = asyncio.run(_watch(place, web, live, options))
    delays.sort()
    p99 = delays[int(0.99 * (len(delays) - 1))]
    print(
        f"{options.boards} boards, {options.calls} calls, {missed} events missed\n"
        f"POST to event   p50 {statistics.median(delays) * 1000:.0f} ms"
        f"  p99 {p99 * 1000:.0f} ms  worst {delays[-1] * 1000:.0f} ms\n"
        f"memory          {before / 2**20:.1f} MiB without boards,"
        f" {memory / 2**20:.1f} MiB with:"
        f" {(memory - before) / options.boards / 1024:.0f} KiB a board"
    )


async def _watch(
    place: Country,
    web: scratch.Program,
    live: scratch.Program,
    options: argparse.Namespace,
) -> tuple[list[float], int, int]:
    """Delays in seconds, events that did not come, resident bytes while idle."""
    room = Room(options.boards)
    boards = await _connect(live.port, room)

    await asyncio.sleep(_SETTLED_SECONDS)
    memory = live.memory()
    delays: list[float] = []
    # Officers of branch 0; the first call warms the web process up.
    for officer in range(0, place.branches * (options.calls + 1), place.branches):
        room.called()
        called_at = time.perf_counter()
        await _ask(web.port, place.call(officer))
        with suppress(TimeoutError):
            await asyncio.wait_for(room.all_heard.wait(), _PATIENCE_SECONDS)
        if officer:
            delays += [at - called_at for at in room.moments]
        await asyncio.sleep(_PAUSE_SECONDS)
    for board in boards:
        board.transport.close()
    return delays, options.boards * options.calls - len(delays), memory


async def _connect(port: int, room: Room) -> list[Board]:
    loop = asyncio.get_running_loop()
    boards = []
    for subject in range(room.boards):
        token = stream_token([channel(OFFICE)], f"device-{subject}")
        request = f"GET /live/?token={token} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
        make = partial(Board, request.encode(), room)
        _transport, board = await loop.create_connection(make, "127.0.0.1", port)
        boards.append(board)
    await asyncio.gather(*(board.connected for board in boards))
    return boards


async def _ask(port: int, request: bytes) -> None:
    result = Result()
    later = time.perf_counter() + _PATIENCE_SECONDS
    _transport, client = await asyncio.get_running_loop().create_connection(
        lambda: Client(iter([request]), result, later), "127.0.0.1", port
    )
    await client.ended
    result.require_success()
