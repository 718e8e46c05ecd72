"""Whether a web process can do its work, for load balancers and containers."""

from collections.abc import Callable

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from redis import Redis, RedisError

REDIS_SECONDS = 0.5


@never_cache
@require_safe
def health(_request: HttpRequest) -> JsonResponse:
    """Answer 200 while the database answers and 503 otherwise.

    Redis is told as well but decides nothing: calling and printing go on without it,
    so its absence must not take the pages out of service.
    """
    answers = {"database": _works(_ask_database), "redis": _works(_ask_redis)}
    status = 200 if answers["database"] else 503
    words = {name: "ok" if works else "down" for name, works in answers.items()}
    return JsonResponse(words, status=status)


def _works(ask: Callable[[], None]) -> bool:
    try:
        ask()
    except (DatabaseError, RedisError, OSError):
        return False
    return True


def _ask_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _ask_redis() -> None:
    timeouts = {
        "socket_connect_timeout": REDIS_SECONDS,
        "socket_timeout": REDIS_SECONDS,
    }
    with Redis.from_url(settings.REDIS_URL, **timeouts) as redis:
        redis.ping()
