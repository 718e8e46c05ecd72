"""The night: tickets and duties left open are closed and flagged."""

import contextlib
import datetime as dt

from django.db import transaction

from offices.models import Office
from queueing.models import OPEN_STATES, Action, Duty, State, Ticket
from queueing.operations.duties import end_duty
from queueing.operations.moving import lock_empty_duty, lock_ticket, move
from queueing.refusals import CounterBusy, NotOnDuty
from queueing.repeats import Stamp


def close_left_open(*, office: Office, at: dt.datetime) -> int:
    """Close what earlier service days left open; return the number of tickets.

    Each ticket is a transaction of its own, so that a stop half-way loses nothing
    and repeating finds only what is left. A duty with today's visitor at its counter
    is left for the next time.
    """
    today = office.day(at)
    left = Ticket.objects.still_open().filter(office=office, service_day__lt=today)
    for ticket in left:
        _close(ticket, at)
    for duty in Duty.objects.open().filter(office=office):
        if office.day(duty.opened_at) < today:
            _end(duty, at)
    return len(left)


@transaction.atomic
def _close(ticket: Ticket, at: dt.datetime) -> None:
    ticket = lock_ticket(ticket)
    if ticket.state not in OPEN_STATES:
        return
    served = ticket.state == State.SERVING
    action = Action.CLOSE_SERVED if served else Action.CLOSE
    move(ticket, action, stamp=Stamp(), actor=None, at=at, left_open=True)


@transaction.atomic
def _end(duty: Duty, at: dt.datetime) -> None:
    with contextlib.suppress(NotOnDuty, CounterBusy):
        end_duty(duty=lock_empty_duty(duty), at=at, actor=None)
