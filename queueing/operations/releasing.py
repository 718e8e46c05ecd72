"""Closing the counter of somebody who has left it open."""

import datetime as dt
from typing import Any

from django.db import transaction

from bpjs_service.rows import one
from offices.models import Staff
from queueing.models import Action, Duty, State, Ticket
from queueing.operations.duties import end_duty
from queueing.operations.moving import lock_open_duty, move
from queueing.refusals import DutyOver, NotOnDuty, ReasonNeeded
from queueing.repeats import Stamp


@transaction.atomic
def release_counter(*, duty: Duty, actor: Staff, at: dt.datetime, reason: str) -> Duty:
    """Close a counter for its officer, and free the visitor there.

    A called visitor goes back to the queue by time of arrival. One being served is
    set on hold, in the officer's name, for anybody to go on with. Actor and reason
    are in the events of both. Raises ``ReasonNeeded``, or ``DutyOver`` when the
    counter was closed meanwhile.
    """
    if not reason.strip():
        raise ReasonNeeded
    try:
        duty = lock_open_duty(duty)
    except NotOnDuty as refusal:
        raise DutyOver from refusal
    there = Ticket.objects.at_counter().locked().filter(counter=duty.counter_id)
    if (ticket := one(there)) is not None:
        _set_aside(ticket, duty, actor=actor, at=at, reason=reason)
    end_duty(duty=duty, at=at, actor=actor, reason=reason)
    return duty


def _set_aside(ticket: Ticket, duty: Duty, **told: Any) -> None:
    if ticket.state == State.SERVING:
        move(ticket, Action.HOLD, stamp=Stamp(), held_by=duty.officer, **told)
        return
    told |= {"put_first": False, "queued_at": ticket.issued_at, "calls": 0}
    move(ticket, Action.REQUEUE, stamp=Stamp(), **told)
