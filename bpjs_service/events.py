"""Tell open pages that something changed; they then fetch their own partial again.

A *channel* is an opaque name such as ``"office-3"``. An event says only "this channel
changed, event number n", so permissions stay with the page's own URL and there is one
rendering path. Numbers are milliseconds of the Redis clock, raised by one when two
events share a millisecond: they increase per channel, also over a flush or a restart.
Redis being down costs a page its quick updates and nothing else: announcing never
raises and never takes longer than about 0.3 s.

What a page does. Once, outside every part that htmx replaces::

    {% include "bpjs_service/_live.html" %}

and on the root element of the part that follows the channel::

    <main id="board" data-live-url="{{ live_url }}"
          hx-get="{% url ... %}" hx-trigger="changed from:body, every 30s"
          hx-swap="outerHTML">

with ``live_url = stream_url(request, stream_token([channel], subject))``. The view
makes a new token each time it renders the part, so a page that stays open for weeks
always holds a valid one. ``live.js`` opens the stream, turns each event into a
``changed`` event on ``<body>`` (up to 0.1 s later, so that many boards do not ask at
once), and continues from the last number it saw after a break. Polling each 30 s is
the net. While the stream has been silent for 30 s or the last fetch failed, ``<body>``
carries ``data-stale`` and the live region of ``_live.html`` says so. htmx's own SSE
extension is not used: it sends cookies to the other port, does not notice a stream that
has gone silent, and cannot continue with a fresh token.
"""

import logging
import re
import time
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlencode

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.http import HttpRequest
from django.http.request import split_domain_port
from redis import Redis, RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry

logger = logging.getLogger(__name__)

TOKEN_SECONDS = 12 * 3600
NUMBER_SECONDS = 24 * 3600  # a number kept longer helps nobody to continue
REDIS_TIMEOUT = 0.12  # seconds to connect, and again for each answer
PAUSE_SECONDS = 2.0  # after a failure, Redis is left alone for this long
MAX_MISSED = 1000  # channels remembered while Redis is away

# KEYS: the channels' numbers. ARGV: topic, seconds to keep, then the channels.
ANNOUNCE = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
for i, key in ipairs(KEYS) do
  local last = tonumber(redis.call('GET', key) or 0) or 0
  local number = string.format('%.0f', math.max(last + 1, now))
  redis.call('SET', key, number, 'EX', ARGV[2])
  redis.call('PUBLISH', ARGV[1], 'changed ' .. number .. ' ' .. ARGV[i + 2])
end
"""


# -- Announcing -----------------------------------------------------------------------
class Publisher:
    """One process's way to Redis, which a dead Redis cannot slow down.

    After a failure nothing is sent for ``PAUSE_SECONDS``. Channels announced meanwhile
    are kept and go out with the next announcement that gets through.
    """

    def __init__(self, url: str) -> None:
        # No retries: redis-py would otherwise try for seconds while a page waits.
        self.redis = Redis.from_url(
            url,
            socket_connect_timeout=REDIS_TIMEOUT,
            socket_timeout=REDIS_TIMEOUT,
            retry=Retry(NoBackoff(), 0),
        )
        self.topic = topic(url)
        self.missed: set[str] = set()
        self.paused_until = 0.0

    def announce(self, channel: str) -> None:
        """Give this channel and the missed ones a new number and publish it."""
        if time.monotonic() < self.paused_until:
            self._remember({channel})
            return
        missed, self.missed = self.missed, set()
        channels = sorted({channel, *missed})
        keys = [number_key(name) for name in channels]
        try:
            self.redis.eval(
                ANNOUNCE, len(keys), *keys, self.topic, NUMBER_SECONDS, *channels
            )
        except (RedisError, OSError) as error:
            self._remember(channels)
            self._pause(error)

    def end(self, subject: str, at_ms: int) -> None:
        """Publish the end of a subject's streams and remember it for its tokens."""
        try:
            with self.redis.pipeline() as pipe:
                pipe.set(ended_key(subject), at_ms, ex=TOKEN_SECONDS)
                pipe.publish(self.topic, f"end {at_ms} {subject}")
                pipe.execute()
        except (RedisError, OSError) as error:
            self._pause(error)

    def _remember(self, channels: Collection[str]) -> None:
        if len(self.missed) + len(channels) <= MAX_MISSED:
            self.missed.update(channels)

    def _pause(self, error: Exception) -> None:
        self.paused_until = time.monotonic() + PAUSE_SECONDS
        logger.warning("live events paused, Redis does not answer: %s", error)


publisher = lru_cache(maxsize=4)(Publisher)  # one for each address: its pool lives long


def announce(channel: str) -> None:
    """Tell every page that follows the channel to fetch itself again."""
    publisher(settings.REDIS_URL).announce(channel)


@dataclass(frozen=True)
class _Announcement:
    """A call of ``announce`` that can be compared, so that a commit makes one only."""

    channel: str

    def __call__(self) -> None:
        announce(self.channel)


def announce_on_commit(channel: str) -> None:
    """Announce once the transaction is committed, however often it is asked."""
    announcement = _Announcement(channel)
    waiting = (entry[1] for entry in transaction.get_connection().run_on_commit)
    if announcement not in waiting:
        transaction.on_commit(announcement, robust=True)


def end_streams(subject: str) -> None:
    """Close the subject's open streams at once and refuse the tokens it holds."""
    publisher(settings.REDIS_URL).end(subject, _now_ms())


# -- Names in Redis, shared with the live process -------------------------------------
def topic(url: str) -> str:
    """Name the one pub/sub topic of a Redis database (topics span all databases)."""
    database = Redis.from_url(url).connection_pool.connection_kwargs.get("db", 0)
    return f"live:{database}"


def number_key(channel: str) -> str:
    """Name the key that holds the newest event number of a channel."""
    return f"live:number:{channel}"


def ended_key(subject: str) -> str:
    """Name the key that holds when (ms) the subject's streams were last ended."""
    return f"live:ended:{subject}"


# -- Tokens ---------------------------------------------------------------------------
class StreamTokenError(Exception):
    """The token is forged, damaged or older than ``TOKEN_SECONDS``."""


@dataclass(frozen=True, slots=True)
class StreamClaims:
    """What a stream token says; ``issued_ms`` is Unix time in milliseconds."""

    channels: tuple[str, ...]
    subject: str
    issued_ms: int

    @property
    def expires_at(self) -> float:
        """Unix time in seconds after which the token is refused."""
        return self.issued_ms / 1000 + TOKEN_SECONDS


def stream_token(channels: Iterable[str], subject: str) -> str:
    """Sign the right to listen to these channels.

    ``subject`` names who listens, such as ``"device-7"``; see ``end_streams``. Raises
    ``ValueError`` for names that cannot travel on one line.
    """
    names = [*channels, subject]
    if len(names) == 1 or not all(re.fullmatch(r"[\w.:-]+", name) for name in names):
        message = f"not a channel or subject name in {names}"
        raise ValueError(message)
    return _signer().sign_object([names[:-1], subject, _now_ms()])


def read_stream_token(token: str) -> StreamClaims:
    """Read what ``stream_token`` signed; raises ``StreamTokenError``."""
    try:
        channels, subject, issued_ms = _signer().unsign_object(token)
    except (signing.BadSignature, ValueError) as error:
        raise StreamTokenError from error
    claims = StreamClaims(tuple(channels), subject, issued_ms)
    if time.time() > claims.expires_at:
        raise StreamTokenError
    return claims


def _signer() -> signing.Signer:
    return signing.Signer(salt="bpjs_service.events.stream")


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


# -- Addresses ------------------------------------------------------------------------
def stream_url(request: HttpRequest, token: str) -> str:
    """Give the address of the token's stream as this page's browser reaches it."""
    base = settings.LIVE_URL or f"{_own_port(request)}/live/"
    return f"{base}?{urlencode({'token': token})}"


def live_origin(request: HttpRequest) -> str:
    """Give the source that ``connect-src`` must allow for ``stream_url``."""
    return "'self'" if settings.LIVE_URL else _own_port(request)


def _own_port(request: HttpRequest) -> str:
    host, _port = split_domain_port(request.get_host())
    return f"{request.scheme}://{host}:{settings.LIVE_PORT}"
