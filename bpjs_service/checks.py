"""What ``manage.py check --deploy`` finds wrong with a deployment of this project.

Django's own deployment checks run beside these. Errors are about what must not go
live; warnings are about what works, but not as well or not for everybody.
"""

import os
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register  # noqa: A004
from django.db import DatabaseError, connection
from redis import Redis, RedisError

OLDEST_POSTGRESQL = 150_000  # as libpq counts: 15.0
LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})
PATIENCE_SECONDS = 2


def _error(number: int, message: str, hint: str) -> Error:
    return Error(message, hint=hint, id=f"bpjs_service.E{number:03d}")


def _warning(number: int, message: str, hint: str) -> Warning:
    return Warning(message, hint=hint, id=f"bpjs_service.W{number:03d}")


@register(Tags.security, deploy=True)
def check_modes(**_kwargs: Any) -> list[CheckMessage]:
    """Modes that are for a desk at home, not for a branch."""
    found: list[CheckMessage] = []
    if settings.DEMO:
        found.append(
            _error(
                1,
                "DEMO is on: anybody can log in as anybody from the front page.",
                "Leave DEMO out of the environment.",
            )
        )
    if settings.DEBUG:
        found.append(
            _error(
                2,
                "DEBUG is on: error pages show settings and data to visitors.",
                "Leave DEBUG out of the environment.",
            )
        )
    return found


@register(Tags.security, deploy=True)
def check_environment(**_kwargs: Any) -> Iterator[CheckMessage]:
    """Settings that fall back to something made up on this machine."""
    if not os.environ.get("DATABASE_URL"):
        yield _error(
            3,
            "The database is the embedded one: no backups, no second machine.",
            "Set DATABASE_URL to a PostgreSQL server you operate.",
        )
    if not os.environ.get("REDIS_URL"):
        yield _error(
            4,
            "Redis is the embedded one, which run.py starts for a trial.",
            "Set REDIS_URL to a Redis or Valkey server you operate.",
        )
    if not os.environ.get("SECRET_KEY"):
        yield _error(
            5,
            "SECRET_KEY comes from a file in the var folder of this machine.",
            "Set SECRET_KEY, the same for every process on every machine.",
        )


@register(Tags.security, deploy=True)
def check_transport(**_kwargs: Any) -> Iterator[CheckMessage]:
    """How browsers reach the product."""
    if not settings.HTTPS:
        yield _warning(
            1,
            "HTTPS is off: passwords and device tokens cross the network readable.",
            "Serve behind TLS and set HTTPS=1, with BEHIND_PROXY=1 behind a proxy.",
        )
    elif not settings.LIVE_URL:
        yield _warning(
            2,
            "Live updates use a port of their own, which has no TLS.",
            'Route a path to the live process and set LIVE_URL, such as "/live/".',
        )
    if LOCAL_NAMES.issuperset(settings.ALLOWED_HOSTS):
        yield _warning(
            3,
            "ALLOWED_HOSTS names this machine only: kiosks and boards get an error.",
            "Set ALLOWED_HOSTS to the names under which browsers reach the product.",
        )


@register(Tags.database, deploy=True)
def check_servers(**_kwargs: Any) -> list[CheckMessage]:
    """Whether the database and Redis answer and are new enough."""
    return [*_check_database(), *_check_redis()]


def _check_database() -> Iterator[CheckMessage]:
    try:
        connection.ensure_connection()
        version = connection.connection.info.server_version
    except DatabaseError as error:
        yield _error(6, f"The database does not answer: {error}", "Check DATABASE_URL.")
        return
    if version < OLDEST_POSTGRESQL:
        yield _error(
            7, f"PostgreSQL {version // 10_000} is too old.", "Use PostgreSQL 15 to 18."
        )


def _check_redis() -> Iterator[CheckMessage]:
    redis = Redis.from_url(
        settings.REDIS_URL,
        socket_connect_timeout=PATIENCE_SECONDS,
        socket_timeout=PATIENCE_SECONDS,
    )
    try:
        redis.ping()
    except (RedisError, OSError) as error:
        yield _error(8, f"Redis does not answer: {error}", "Check REDIS_URL.")
    finally:
        redis.close()
