"""The database itself keeps the history: no event can be changed or deleted."""

import pytest
from django.db import IntegrityError, connection, transaction

from queueing.models import DutyEvent, TicketEvent
from tests.factories import Branch

EVENTS = pytest.mark.parametrize("model", [TicketEvent, DutyEvent])


@pytest.fixture
def history(branch: Branch) -> None:
    branch.called(branch.duty())


def rows(model) -> list:
    return list(model.objects.values())


@EVENTS
def test_event_cannot_be_changed(history, model):
    before = rows(model)

    with (
        pytest.raises(IntegrityError, match=f"{model._meta.db_table} is append-only"),
        transaction.atomic(),
    ):
        model.objects.update(at="2020-01-01T00:00Z")
    assert rows(model) == before


@EVENTS
def test_event_cannot_be_saved_again(history, model):
    event = model.objects.first()
    event.reason = "invented"

    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        event.save()


@EVENTS
def test_event_cannot_be_deleted(history, model):
    before = rows(model)

    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        model.objects.all().delete()
    assert rows(model) == before


@EVENTS
def test_event_cannot_be_changed_by_hand(history, model):
    statement = f"UPDATE {model._meta.db_table} SET reason = 'invented'"

    with (
        pytest.raises(IntegrityError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


def test_ticket_with_a_history_cannot_be_deleted(history):
    event = TicketEvent.objects.first()

    with pytest.raises(IntegrityError), transaction.atomic():
        event.ticket.delete()
