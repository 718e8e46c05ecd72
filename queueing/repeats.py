"""Makes an operation harmless to repeat: same request key, same effect, once."""

import datetime as dt
import functools
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Concatenate, ParamSpec

from django.db import IntegrityError, models, transaction

from bpjs_service.errors import Refusal
from offices.models import Office
from queueing.models import Ticket, TicketEvent
from queueing.refusals import KeyReused

P = ParamSpec("P")


@dataclass(frozen=True)
class Stamp:
    """A request's idempotency key and the digest of what it asks for."""

    key: str = ""
    digest: str = ""


def digest_of(name: str, arguments: dict[str, Any]) -> str:
    """A stable digest of an operation and its arguments; ``at`` does not count."""
    asked = {
        key: value.pk if isinstance(value, models.Model) else str(value)
        for key, value in arguments.items()
        if key != "at"
    }
    text = json.dumps([name, asked], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _office_of(arguments: dict[str, Any]) -> Office:
    if "office" in arguments:
        return arguments["office"]
    return (arguments.get("duty") or arguments["ticket"]).office


def _earlier(office: Office, stamp: Stamp, at: dt.datetime) -> Ticket | None:
    event = (
        TicketEvent.objects.filter(
            office=office, service_day=office.day(at), request_key=stamp.key
        )
        .select_related("ticket__service__group", "ticket__visit")
        .first()
    )
    if event is None:
        return None
    if event.request_digest != stamp.digest:
        raise KeyReused
    return event.ticket


def repeatable(
    operation: Callable[Concatenate[Stamp, P], Ticket],
) -> Callable[..., Ticket]:
    """Give a ticket operation the keyword ``request_key``.

    The operation must take a ``Stamp`` first and keyword arguments among which
    are ``at`` and an ``office``, ``duty`` or ``ticket``, and hand the stamp to the
    event it writes. It runs in one transaction. A repeat
    returns the ticket of the first request; the same key with other arguments
    raises ``KeyReused``. Two simultaneous repeats are told apart by the unique
    constraint ``request_key_once``.
    """

    @functools.wraps(operation)
    def wrapper(*, request_key: str = "", **arguments: Any) -> Ticket:
        if not request_key:
            with transaction.atomic():
                return operation(Stamp(), **arguments)  # type: ignore[arg-type]
        stamp = Stamp(request_key, digest_of(operation.__name__, arguments))
        where = (_office_of(arguments), stamp, arguments["at"])
        if (ticket := _earlier(*where)) is not None:
            return ticket
        try:
            with transaction.atomic():
                return operation(stamp, **arguments)  # type: ignore[arg-type]
        except (IntegrityError, Refusal):
            if (ticket := _earlier(*where)) is not None:
                return ticket
            raise

    return wrapper
