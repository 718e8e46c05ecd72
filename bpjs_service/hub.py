"""The open streams of one live process, and its one Redis subscription.

No stream has a queue: what a page still has to hear is the difference between the
newest numbers and those it was sent, so a page that reads slowly costs nothing and a
burst of events becomes one.
"""

import asyncio
import logging
import random
import re
from collections import Counter, defaultdict
from contextlib import suppress

from django.conf import settings
from redis import RedisError
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.client import PubSub
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from bpjs_service.events import StreamClaims, ended_key, number_key, topic

logger = logging.getLogger(__name__)

SPREAD_SECONDS = 2.0  # after a break, pages are told within this time, not at once
REDIS_SILENCE_SECONDS = 10.0  # then Redis is asked whether it still lives
REDIS_TIMEOUT = 3.0
BACK_OFF_SECONDS = (0.2, 5.0)  # first and longest pause between two tries
STREAMS_EACH = 20  # open pages of one person or machine


class Stream:
    """One open page: which numbers it was sent and whether it must close."""

    __slots__ = ("claims", "ended", "seen", "wake")

    def __init__(self, claims: StreamClaims, last_id: str = "") -> None:
        self.claims = claims
        self.seen = self._read_id(last_id)
        self.wake = asyncio.Event()
        self.ended = False

    def _read_id(self, last_id: str) -> dict[str, int]:
        numbers = last_id.split(".")
        readable = all(re.fullmatch(r"[0-9]{1,20}", part) for part in numbers)
        if not readable or len(numbers) != len(self.claims.channels):
            return {}
        return dict(zip(self.claims.channels, map(int, numbers), strict=True))

    def news(self, newest: dict[str, int]) -> list[str]:
        """List the channels whose newest number the page has not been sent."""
        return [
            channel
            for channel in self.claims.channels
            if channel in newest and self.seen.get(channel) != newest[channel]
        ]

    def frame(self, event: str, data: str) -> bytes:
        """Write one event, with the id of everything sent so far."""
        numbers = (str(self.seen.get(channel, 0)) for channel in self.claims.channels)
        return f"id: {'.'.join(numbers)}\nevent: {event}\ndata: {data}\n\n".encode()

    def end(self) -> None:
        """Have the stream closed by its own task."""
        self.ended = True
        self.wake.set()


class Hub:
    """The open streams of this process and its one Redis subscription."""

    def __init__(self, url: str) -> None:
        # No retries: redis-py would reconnect and subscribe again by itself, and what
        # was published in between would be lost without a trace.
        pool = BlockingConnectionPool.from_url(
            url,
            max_connections=8,
            timeout=REDIS_TIMEOUT,
            socket_connect_timeout=REDIS_TIMEOUT,
            socket_timeout=REDIS_TIMEOUT,
            client_name="live",
            retry=Retry(NoBackoff(), 0),
        )
        self.redis = Redis.from_pool(pool)
        self.topic = topic(url)
        self.newest: dict[str, int] = {}  # of the channels that somebody follows
        self.followers: defaultdict[str, set[Stream]] = defaultdict(set)
        self.streams: set[Stream] = set()
        self.open_pages: Counter[str] = Counter()  # by subject
        self.subscribed = False
        self.closing = False
        self.pump: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Listen to Redis from now on; called again it does nothing."""
        if self.pump is None:
            self.pump = asyncio.create_task(self._listen_for_ever())

    def end_streams(self) -> None:
        """Let every page go, to come back to the next process."""
        self.closing = True
        for stream in self.streams:
            stream.end()

    async def close(self) -> None:
        """End every stream and the subscription."""
        self.end_streams()
        if self.pump is not None:
            self.pump.cancel()
            with suppress(asyncio.CancelledError):
                await self.pump
        await self.redis.aclose()

    def has_room_for(self, subject: str) -> bool:
        """Whether one more page may be opened; nobody may take all the room."""
        return (
            not self.closing
            and len(self.streams) < settings.LIVE_MAX_STREAMS
            and self.open_pages[subject] < STREAMS_EACH
        )

    async def join(self, stream: Stream) -> None:
        """Add a stream; it is ended at once when its token was withdrawn."""
        self.streams.add(stream)
        self.open_pages[stream.claims.subject] += 1
        for channel in stream.claims.channels:
            self.followers[channel].add(stream)
        if self.subscribed:
            # Without an answer the subscription is about to notice the same trouble.
            with suppress(RedisError, OSError):
                await self._look_up({stream})

    def leave(self, stream: Stream) -> None:
        """Forget a stream, and the channels that nobody follows any more."""
        self.streams.discard(stream)
        self.open_pages -= Counter([stream.claims.subject])
        for channel in stream.claims.channels:
            self.followers[channel].discard(stream)
            if not self.followers[channel]:
                del self.followers[channel]
                self.newest.pop(channel, None)

    async def _look_up(self, streams: set[Stream]) -> None:
        """Read the newest numbers of these streams' channels and who was ended."""
        channels = sorted({name for each in streams for name in each.claims.channels})
        subjects = sorted({each.claims.subject for each in streams})
        values = await self.redis.mget(
            [*map(number_key, channels), *map(ended_key, subjects)]
        )
        for channel, value in zip(channels, values, strict=False):
            self._note(channel, int(value or 0))
        ended = dict(zip(subjects, values[len(channels) :], strict=True))
        for stream in streams:
            if stream.claims.issued_ms <= int(ended[stream.claims.subject] or -1):
                stream.end()

    def _note(self, channel: str, number: int) -> None:
        if channel in self.followers:
            self.newest[channel] = max(number, self.newest.get(channel, 0))

    async def _listen_for_ever(self) -> None:
        first, longest = BACK_OFF_SECONDS
        pause = first
        while True:
            try:
                async with self.redis.pubsub() as pubsub:
                    await self._subscribe(pubsub)
                    pause = first
                    await self._listen(pubsub)
            except (RedisError, OSError, ValueError) as error:
                logger.warning("live stream lost Redis, next try soon: %s", error)
            finally:
                self.subscribed = False
            await asyncio.sleep(pause * random.uniform(0.5, 1))
            pause = min(pause * 2, longest)

    async def _subscribe(self, pubsub: PubSub) -> None:
        """Subscribe, then tell every page to fetch again: events may be missing."""
        await pubsub.subscribe(self.topic)
        if await pubsub.get_message(timeout=REDIS_TIMEOUT) is None:
            raise TimeoutError(self.topic)
        self.newest.clear()
        streams = set(self.streams)
        if streams:
            await self._look_up(streams)
        self.subscribed = True
        loop = asyncio.get_running_loop()
        for stream in streams:
            stream.seen.clear()
            delay = random.uniform(0, SPREAD_SECONDS)
            loop.call_later(delay, stream.wake.set)

    async def _listen(self, pubsub: PubSub) -> None:
        while True:
            message = await pubsub.get_message(timeout=REDIS_SILENCE_SECONDS)
            if message is None:  # silent: a half-open connection looks the same
                await pubsub.ping()
                message = await pubsub.get_message(timeout=REDIS_TIMEOUT)
                if message is None:
                    raise TimeoutError(self.topic)
            if message["type"] == "message":
                self._hear(message["data"].decode())

    def _hear(self, text: str) -> None:
        word, number, name = text.split(" ", 2)
        if word == "end":
            for stream in self.streams:
                claims = stream.claims
                if claims.subject == name and claims.issued_ms <= int(number):
                    stream.end()
            return
        self._note(name, int(number))
        for stream in self.followers.get(name, ()):
            stream.wake.set()
