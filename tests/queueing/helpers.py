"""What tests of the queue share: moments, and the proof that nothing has changed."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from bpjs_service.errors import Refusal
from queueing.models import (
    Duty,
    DutyEvent,
    NumberSeries,
    QueueRules,
    ServiceTally,
    Ticket,
    TicketEvent,
    Visit,
    VisitNote,
)
from tests.factories import MONDAY, Branch

WRITTEN = (
    Ticket,
    TicketEvent,
    Visit,
    VisitNote,
    Duty,
    DutyEvent,
    NumberSeries,
    ServiceTally,
)


def after(minutes: float = 0, *, seconds: float = 0, days: int = 0) -> dt.datetime:
    """A moment after Monday, 09.00 WIB."""
    return MONDAY + dt.timedelta(days=days, minutes=minutes, seconds=seconds)


def everything() -> dict[str, list[dict[str, Any]]]:
    """Every row that an operation of the queue may write, field by field."""
    return {
        model.__name__: list(model.objects.order_by("pk").values()) for model in WRITTEN
    }


@contextmanager
def refused(kind: type[Refusal]) -> Iterator[pytest.ExceptionInfo[Refusal]]:
    """The block raises exactly this refusal and leaves every row as it was."""
    before = everything()
    with pytest.raises(kind) as info:
        yield info
    assert type(info.value) is kind
    assert everything() == before


def at_once(branch: Branch) -> QueueRules:
    """Rules under which every step may follow the one before without a wait."""
    return QueueRules.objects.create(
        office=branch.office, recall_gap_seconds=0, calls_before_no_show=1
    )
