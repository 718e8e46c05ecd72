"""A closed loop of HTTP clients that costs far less than what it measures."""

import asyncio
import json
import statistics
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import repeat
from typing import Any

from bench.scratch import Program

CLIENTS = 16
_BODY_AT = b"\r\n\r\n"
_LENGTH = b"content-length: "


@dataclass
class Result:
    """What one kind of transaction took; seconds."""

    seconds: float = 0.0
    cpu: float = 0.0  # of the server's processes; 0 where it is not known
    latencies: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)

    @property
    def rate(self) -> float:
        """Answers per second."""
        return len(self.latencies) / self.seconds

    def quantile(self, share: float) -> float:
        """The latency that this share of the transactions stayed below."""
        return sorted(self.latencies)[int(share * (len(self.latencies) - 1))]

    def require_success(self) -> None:
        """Stop the program unless every answer was a success."""
        refused = {
            status: n for status, n in self.statuses.items() if status // 100 != 2
        }
        if refused or not self.latencies:
            raise SystemExit(f"Answers that are no success: {refused or 'none came'}")


def post(path: str, authorization: str, body: dict[str, object], key: str) -> bytes:
    """A whole HTTP request, ready to be sent."""
    content = json.dumps(body).encode()
    lines = [
        f"POST {path} HTTP/1.1",
        "Host: 127.0.0.1",
        f"Authorization: {authorization}",
        "Content-Type: application/json",
        f"Content-Length: {len(content)}",
        f"Idempotency-Key: {key}",
    ]
    return "\r\n".join([*lines, "", ""]).encode() + content


def empty_requests() -> Iterator[bytes]:
    """Requests like those of a kiosk, for the page that does nothing."""
    return repeat(post("/bench/empty", "Device none", {}, "none"))


class Client(asyncio.Protocol):
    """One connection that sends its next request when it has the answer.

    It ends when there are no requests left, or after the deadline (loop time).
    """

    def __init__(
        self, requests: Iterator[bytes], result: Result, deadline: float
    ) -> None:
        self.requests = requests
        self.result = result
        self.deadline = deadline
        self.answer = b""
        self.body = b""
        self.sent_at = 0.0
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self._send()

    def _send(self) -> None:
        request = None
        if time.perf_counter() < self.deadline:
            request = next(self.requests, None)
        if request is None:
            self.transport.close()
            return
        self.sent_at = time.perf_counter()
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        self.answer += data
        head, gap, self.body = self.answer.partition(_BODY_AT)
        if not gap or len(self.body) < _length(head):
            return
        self.result.latencies.append(time.perf_counter() - self.sent_at)
        self.result.statuses[int(self.answer[9:12])] += 1
        self.answer = b""
        self._send()

    def connection_lost(self, error: Exception | None) -> None:
        if self.answer or error:
            self.result.statuses[0] += 1
        if not self.ended.done():
            self.ended.set_result(None)


def _length(head: bytes) -> int:
    at = head.lower().index(_LENGTH) + len(_LENGTH)
    return int(head[at:].split(b"\r\n", 1)[0])


def run(program: Program, requests: Iterator[bytes], *, seconds: float) -> Result:
    """Send the requests through all connections for so long; check the answers."""
    cpu = program.cpu()
    result = asyncio.run(_run(program.port, requests, seconds))
    result.cpu = program.cpu() - cpu
    result.require_success()
    return result


async def _run(port: int, requests: Iterator[bytes], seconds: float) -> Result:
    loop = asyncio.get_running_loop()
    result = Result()
    began = time.perf_counter()
    make = partial(Client, requests, result, began + seconds)
    opening = (loop.create_connection(make, "127.0.0.1", port) for _ in range(CLIENTS))
    pairs = await asyncio.gather(*opening)
    await asyncio.gather(*(client.ended for _transport, client in pairs))
    result.seconds = time.perf_counter() - began
    return result


def line(name: str, rounds: list[Result], *, floors: dict[str, list[Result]]) -> str:
    """One row of a table: rate, quantiles, CPU, and the rate as share of each floor.

    Rounds of one run stand side by side, so each share is the median over them.
    """
    rate = statistics.median(each.rate for each in rounds)
    p50 = statistics.median(each.quantile(0.5) for each in rounds) * 1000
    p99 = statistics.median(each.quantile(0.99) for each in rounds) * 1000
    cpu = statistics.median(each.cpu / len(each.latencies) for each in rounds) * 1000
    work = f"server {cpu:5.2f} ms CPU" if cpu else " " * 19
    shares = ", ".join(
        f"{statistics.median(map(_share, rounds, floor)):.2f} of {what}"
        for what, floor in floors.items()
    )
    return (
        f"{name:<36}{rate:7.0f}/s  p50 {p50:6.1f}  p99 {p99:6.1f} ms"
        f"  p99/p50 {p99 / p50:4.1f}  {work}  {shares}"
    )


def _share(measured: Result, floor: Result) -> float:
    return measured.rate / floor.rate
