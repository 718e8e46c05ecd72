"""Each branch has its own midnight: 17.00, 16.00 and 15.00 UTC in WIB, WITA, WIT."""

import datetime as dt

import pytest
from celery import current_app
from django.conf import settings
from django.utils import timezone

from offices.models import Office
from queueing import operations, tasks
from queueing.models import Duty, DutyEvent, Ticket, TicketEvent
from tests.factories import Branch

pytestmark = pytest.mark.django_db

AFTERNOON = dt.datetime(2026, 1, 5, 6, 0, tzinfo=dt.UTC)
ZONES = [Office.Zone.WIB, Office.Zone.WITA, Office.Zone.WIT]


def utc(hour: int, minute: int) -> dt.datetime:
    return dt.datetime(2026, 1, 5, hour, minute, tzinfo=dt.UTC)


@pytest.fixture
def real_time(monkeypatch):
    """Set the real present moment."""

    def set_to(moment: dt.datetime) -> None:
        monkeypatch.setattr(timezone, "now", lambda: moment)

    return set_to


@pytest.fixture
def branches() -> dict[str, Branch]:
    return {zone.label: Branch(zone=zone) for zone in ZONES}


def closed(branches: dict[str, Branch]) -> list[str]:
    """Zones of the branches whose tickets were closed by the night."""
    return [
        zone
        for zone, branch in branches.items()
        if Ticket.objects.filter(office=branch.office, left_open=True).exists()
    ]


def test_task_has_the_name_the_schedule_calls():
    names = [entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()]

    assert tasks.close_left_open.name in names
    assert tasks.close_left_open.name in current_app.tasks


@pytest.mark.parametrize(
    ("moment", "zones"),
    [
        (utc(14, 59), []),
        (utc(15, 0), ["WIT"]),
        (utc(15, 59), ["WIT"]),
        (utc(16, 0), ["WITA", "WIT"]),
        (utc(16, 59), ["WITA", "WIT"]),
        (utc(17, 0), ["WIB", "WITA", "WIT"]),
    ],
)
def test_left_open_tickets_close_at_each_branchs_own_midnight(
    branches, real_time, moment, zones
):
    for branch in branches.values():
        branch.ticket(at=AFTERNOON)
    real_time(moment)

    tasks.close_left_open()

    assert closed(branches) == zones


@pytest.mark.parametrize(
    ("zone", "before", "after"),
    [
        (Office.Zone.WIB, utc(16, 58), utc(17, 0)),
        (Office.Zone.WITA, utc(15, 58), utc(16, 0)),
        (Office.Zone.WIT, utc(14, 58), utc(15, 0)),
    ],
)
def test_numbers_restart_at_each_branchs_own_midnight(zone, before, after):
    branch = Branch(zone=zone)

    labels = [branch.ticket(at=at).label for at in (before, before, after)]

    assert labels == ["A001", "A002", "A001"]


def test_who_was_being_served_was_served_and_the_counter_closes(branch, real_time):
    duty = branch.duty(at=AFTERNOON)
    served, waiting = branch.serving(duty, at=AFTERNOON), branch.ticket(at=AFTERNOON)
    real_time(utc(17, 0))

    tasks.close_left_open()

    state = {ticket.pk: ticket.state for ticket in Ticket.objects.all()}
    assert state == {served.pk: "FINISHED", waiting.pk: "CANCELLED"}
    assert Duty.objects.get().closed_at == utc(17, 0)
    assert DutyEvent.objects.last().kind == DutyEvent.Kind.CLOSED


def test_closing_again_changes_nothing(branch, real_time):
    branch.duty(at=AFTERNOON)
    branch.ticket(at=AFTERNOON)
    real_time(utc(17, 0))
    tasks.close_left_open()
    before = TicketEvent.objects.count(), DutyEvent.objects.count()

    tasks.close_left_open()

    assert (TicketEvent.objects.count(), DutyEvent.objects.count()) == before


def test_a_branch_on_a_clock_of_its_own_closes_by_that_clock(real_time):
    branch = Branch(is_demo=True)
    branch.ticket(at=AFTERNOON)
    Office.objects.filter(pk=branch.office.pk).update(
        clock_set_at=AFTERNOON, clock_reads=AFTERNOON, clock_speed=60
    )
    real_time(AFTERNOON + dt.timedelta(minutes=11))  # 17.00 UTC at the branch

    tasks.close_left_open()

    assert Ticket.objects.get().left_open is True


def test_a_branch_in_trouble_does_not_keep_the_others_open(
    branches, real_time, monkeypatch
):
    for branch in branches.values():
        branch.ticket(at=AFTERNOON)
    real, trouble = operations.close_left_open, branches["WITA"].office

    def close(*, office, at):
        if office == trouble:
            raise RuntimeError
        return real(office=office, at=at)

    monkeypatch.setattr(operations, "close_left_open", close)
    real_time(utc(17, 0))

    tasks.close_left_open()

    assert closed(branches) == ["WIB", "WIT"]
