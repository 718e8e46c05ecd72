"""Makes an operation harmless to repeat: same request key, same effect, once."""

import datetime as dt
import functools
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Concatenate, ParamSpec, cast

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
    asked = {key: _name_of(value) for key, value in arguments.items() if key != "at"}
    text = json.dumps([name, asked], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _name_of(value: Any) -> str:
    """Tell apart a person and a machine with the same primary key."""
    if isinstance(value, models.Model):
        return f"{type(value).__name__} {value.pk}"
    return str(value)


def _office_of(arguments: dict[str, Any]) -> Office:
    owner = arguments.get("duty") or arguments.get("ticket")
    return cast("Office", owner.office if owner else arguments["office"])


def _day_of(arguments: dict[str, Any]) -> dt.date:
    """The day within which the key is unique: the ticket's own, as on its event."""
    if ticket := arguments.get("ticket"):
        return cast("dt.date", ticket.service_day)
    return _office_of(arguments).day(arguments["at"])


def _earlier(office: Office, stamp: Stamp, day: dt.date) -> Ticket | None:
    event = (
        TicketEvent.objects.filter(
            office=office, service_day=day, request_key=stamp.key
        )
        .select_related("ticket__service__group", "ticket__visit", "counter")
        .first()
    )
    if event is None:
        return None
    if event.request_digest != stamp.digest:
        raise KeyReused
    return _as_it_was(event)


def _as_it_was(event: TicketEvent) -> Ticket:
    """The ticket as the event left it: later ones know what they replaced."""
    ticket = event.ticket
    for later in ticket.events.filter(pk__gt=event.pk).reverse():
        for name, value in later.before.items():
            field = Ticket._meta.get_field(name)  # noqa: SLF001 - documented API
            setattr(
                ticket, name, cast("models.Field[Any, Any]", field).to_python(value)
            )
    noted = ticket.visit.notes.filter(event__lte=event.pk).exclude(
        event__undone_by__lt=event.pk
    )
    ticket.visit.note = noted.values_list("text", flat=True).last() or ""
    ticket.recorded = event
    return ticket


def is_repeat(request_key: str, ticket: Ticket) -> bool:
    """Whether a request with this key has had its effect on this very ticket.

    Then it cannot have another one: the key is unique within the ticket's day.
    """
    return bool(request_key) and ticket.events.filter(request_key=request_key).exists()


def repeatable(
    operation: Callable[Concatenate[Stamp, P], Ticket],
) -> Callable[..., Ticket]:
    """Give a ticket operation the keyword ``request_key``.

    The operation must take a ``Stamp`` first and keyword arguments among which
    are ``at`` and an ``office``, ``duty`` or ``ticket``, and hand the stamp to the
    event it writes. It runs in one transaction. A repeat
    returns the ticket as the first request left it; the same key with other arguments
    raises ``KeyReused``. A repeat is not looked for beforehand, which would cost every
    first request a query: it acts and is thrown back, by a rule or by the unique
    constraint ``request_key_once``, and only then finds what it repeats.
    """

    @functools.wraps(operation)
    def wrapper(*, request_key: str = "", **arguments: Any) -> Ticket:
        if not request_key:
            with transaction.atomic():
                return operation(Stamp(), **arguments)  # type: ignore[call-arg]
        stamp = Stamp(request_key, digest_of(operation.__name__, arguments))
        where = (_office_of(arguments), stamp, _day_of(arguments))
        try:
            with transaction.atomic():
                return operation(stamp, **arguments)  # type: ignore[call-arg]
        except (IntegrityError, Refusal):
            if (ticket := _earlier(*where)) is not None:
                return ticket
            raise

    return wrapper
