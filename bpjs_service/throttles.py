"""How often one actor may ask the API, also while Redis is away."""

import time
from typing import TYPE_CHECKING, ClassVar

from redis.exceptions import RedisError
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle

if TYPE_CHECKING:  # the views' module itself imports the throttles of the settings
    from rest_framework.views import APIView

PAUSE_SECONDS = 5.0  # after a failure Redis is left alone for this long


class ActorThrottle(SimpleRateThrottle):
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
            return f"throttle-{type(actor).__name__}-{actor.pk}"
        return f"throttle-address-{self.get_ident(request)}"

    def allow_request(self, request: Request, view: "APIView") -> bool:
        """Count the request; let it pass uncounted while Redis does not answer."""
        if time.monotonic() < ActorThrottle.paused_until:
            return True
        try:
            return super().allow_request(request, view)
        except (RedisError, OSError):
            ActorThrottle.paused_until = time.monotonic() + PAUSE_SECONDS
            return True


class LoginThrottle(SimpleRateThrottle):
    """Log-in attempts per address; none at all while they cannot be counted."""

    scope = "login"

    def get_cache_key(self, request: Request, view: "APIView") -> str:
        """Key by address: who is asking is what the log-in has yet to find out."""
        return f"throttle-login-{self.get_ident(request)}"

    def allow_request(self, request: Request, view: "APIView") -> bool:
        """Count the attempt; refuse it for a moment when Redis does not answer."""
        self.history, self.now = [], self.timer()
        try:
            return super().allow_request(request, view)
        except (RedisError, OSError):
            return False

    def wait(self) -> float | None:
        """Seconds until the next attempt may be made."""
        return super().wait() if self.history else PAUSE_SECONDS
