"""Opening and closing counters, and breaks with a reason."""

import datetime as dt

from django.db import IntegrityError, transaction

from bpjs_service.events import announce_on_commit
from offices.models import Staff
from queueing.models import Counter, Duty, DutyEvent
from queueing.operations.moving import (
    REASON_LENGTH,
    channel,
    lock_empty_duty,
    lock_open_duty,
)
from queueing.refusals import (
    AlreadyOnDuty,
    CounterClosed,
    CounterTaken,
    NotOnDuty,
)


def open_duty(
    *, counter: Counter, officer: Staff, at: dt.datetime, is_ranger: bool = False
) -> Duty:
    """Open the counter for the officer; one that is open like this already stays.

    Raises ``CounterTaken``, ``AlreadyOnDuty`` or ``CounterClosed``; two officers
    at once are told apart by the unique constraints of ``Duty``.
    """
    if not counter.is_active:
        raise CounterClosed(counter=counter.number)
    try:
        with transaction.atomic():
            duty = Duty.objects.create(
                office_id=counter.office_id,
                counter=counter,
                officer=officer,
                opened_at=at,
                is_ranger=is_ranger,
            )
            _record(duty, DutyEvent.Kind.OPENED, at, officer)
    except IntegrityError:
        if (opened := _opened_before(counter, officer, is_ranger)) is None:
            raise
        return opened
    return duty


def _opened_before(counter: Counter, officer: Staff, is_ranger: bool) -> Duty | None:
    """The duty that a repeated request asks for; raises what else is in its way."""
    own = Duty.objects.open().select_related("counter").filter(officer=officer).first()
    if own is not None:
        if (own.counter_id, own.is_ranger) == (counter.pk, is_ranger):
            return own
        raise AlreadyOnDuty(counter=own.counter.number)
    other = Duty.objects.open().select_related("officer").filter(counter=counter)
    if (duty := other.first()) is not None:
        raise CounterTaken(counter=counter.number, officer=duty.officer)
    return None


@transaction.atomic
def take_break(*, duty: Duty, reason: str, at: dt.datetime) -> Duty:
    """Stop calling for a while; refused while somebody is at the counter."""
    duty = lock_empty_duty(duty)
    if not duty.on_break:
        duty.break_reason, duty.break_since = Duty.BreakReason(reason), at
        duty.save(update_fields=["break_reason", "break_since"])
        _record(duty, DutyEvent.Kind.BREAK, at, duty.officer, reason)
    return duty


@transaction.atomic
def end_break(*, duty: Duty, at: dt.datetime) -> Duty:
    """Be ready to call again."""
    duty = lock_open_duty(duty)
    if duty.on_break:
        duty.break_reason, duty.break_since = "", None
        duty.save(update_fields=["break_reason", "break_since"])
        _record(duty, DutyEvent.Kind.BACK, at, duty.officer)
    return duty


@transaction.atomic
def close_duty(*, duty: Duty, at: dt.datetime, actor: Staff | None = None) -> Duty:
    """Close the counter; refused while somebody is at it. A closed one stays so."""
    try:
        duty = lock_empty_duty(duty)
    except NotOnDuty:
        return Duty.objects.select_related("counter", "officer").get(pk=duty.pk)
    end_duty(duty=duty, at=at, actor=actor or duty.officer)
    return duty


def end_duty(
    *, duty: Duty, at: dt.datetime, actor: Staff | None, reason: str = ""
) -> None:
    """End a locked duty whose counter is empty; ``actor`` None is the night."""
    duty.break_reason, duty.break_since = "", None
    duty.closed_at = max(at, duty.opened_at)
    duty.save(update_fields=["break_reason", "break_since", "closed_at"])
    _record(duty, DutyEvent.Kind.CLOSED, at, actor, reason.strip()[:REASON_LENGTH])


def _record(
    duty: Duty,
    kind: DutyEvent.Kind,
    at: dt.datetime,
    actor: Staff | None,
    reason: str = "",
) -> None:
    DutyEvent.objects.create(duty=duty, kind=kind, at=at, reason=reason, actor=actor)
    announce_on_commit(channel(duty.office_id))
