"""How often one actor may ask the API, also while Redis is away."""

import time
from functools import lru_cache
from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from redis import Redis
from redis.exceptions import RedisError
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle

if TYPE_CHECKING:  # the views' module itself imports the throttles of the settings
    from rest_framework.views import APIView

PAUSE_SECONDS = 5.0  # after a failure Redis is left alone for this long
REDIS_TIMEOUT = 1.0  # seconds to connect, and again for the answer

# KEYS: the counter. ARGV: seconds it lives from its first request on.
COUNT = """
local count = redis.call('INCR', KEYS[1])
if count == 1 then redis.call('EXPIRE', KEYS[1], ARGV[1]) end
return {count, redis.call('TTL', KEYS[1])}
"""


@lru_cache(maxsize=4)  # one for each address: its pool lives long
def _redis(url: str) -> Redis:
    return Redis.from_url(
        url, socket_connect_timeout=REDIS_TIMEOUT, socket_timeout=REDIS_TIMEOUT
    )


def count(key: str, seconds: int) -> tuple[int, int]:
    """Count one more request: which it is in this window, and seconds until its end.

    Raises ``RedisError`` or ``OSError`` while Redis does not answer.
    """
    number, left = _redis(settings.REDIS_URL).eval(COUNT, 1, key, seconds)
    return number, left


class WindowThrottle(SimpleRateThrottle):
    """So many requests in a window, which begins with the first of them.

    One short command a request, where Django REST framework's own way reads and
    writes a list of all requests of the window.
    """

    duration: int  # both read from the rate by the parent
    num_requests: int
    left: float = 0  # seconds until the window of this request ends

    def allow_request(self, request: Request, view: "APIView") -> bool:
        """Count the request, and say whether it is still within the rate."""
        key = f"throttle:{self.get_cache_key(request, view)}"
        number, self.left = count(key, self.duration)
        return number <= self.num_requests

    def wait(self) -> float | None:
        """Seconds until the next window."""
        return max(1, self.left)


class ActorThrottle(WindowThrottle):
    """One allowance per person or machine, not per address: a branch shares one.

    Without Redis everybody is let through: no visitor goes without a number
    because a counter of requests is away.
    """

    scope = "actor"
    paused_until: ClassVar[float] = 0.0

    def get_cache_key(self, request: Request, view: "APIView") -> str:
        """Key by kind and id of the actor, or by address for nobody in particular."""
        actor = request.user
        if actor and actor.is_authenticated:
            return f"{type(actor).__name__}-{actor.pk}"
        return f"address-{self.get_ident(request)}"

    def allow_request(self, request: Request, view: "APIView") -> bool:
        """Count the request; let it pass uncounted while Redis does not answer."""
        if time.monotonic() < ActorThrottle.paused_until:
            return True
        try:
            return super().allow_request(request, view)
        except (RedisError, OSError):
            ActorThrottle.paused_until = time.monotonic() + PAUSE_SECONDS
            return True


class LoginThrottle(WindowThrottle):
    """Log-in attempts per address; none at all while they cannot be counted."""

    scope = "login"

    def get_cache_key(self, request: Request, view: "APIView") -> str:
        """Key by address: who is asking is what the log-in has yet to find out."""
        return f"login-{self.get_ident(request)}"

    def allow_request(self, request: Request, view: "APIView") -> bool:
        """Count the attempt; refuse it for a moment when Redis does not answer."""
        try:
            return super().allow_request(request, view)
        except (RedisError, OSError):
            self.left = PAUSE_SECONDS
            return False
