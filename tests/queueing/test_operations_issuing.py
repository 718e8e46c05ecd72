import datetime as dt

import pytest

from offices.models import Holiday, Office, OpeningHours
from queueing import operations
from queueing.models import (
    Action,
    NumberSeries,
    ServiceTally,
    State,
    Ticket,
    TicketEvent,
    Visit,
)
from queueing.refusals import BranchClosed, DailyCapReached, ServiceNotOffered
from tests.factories import (
    MONDAY,
    Branch,
    BranchFactory,
    CounterFactory,
    ServiceFactory,
)
from tests.queueing.helpers import after, refused

TODAY = MONDAY.date()


def test_issue_writes_one_visit_one_ticket_and_one_event(branch: Branch):
    branch.ticket()

    issued = branch.ticket(at=after(1), priority="ELDERLY", language="en")

    ticket = Ticket.objects.values().get(pk=issued.pk)
    visit = Visit.objects.values().get(pk=issued.visit_id)
    event = TicketEvent.objects.values().get(ticket=issued)
    assert ticket == {
        "id": issued.pk,
        "office_id": branch.office.pk,
        "visit_id": visit["id"],
        "service_id": branch.service.pk,
        "service_day": TODAY,
        "prefix": "A",
        "number": 2,
        "state": "WAITING",
        "is_priority": True,
        "appointment_at": None,
        "issued_at": after(1),
        "people_ahead_at_issue": 0,
        "queued_at": after(1),
        "put_first": False,
        "for_counter_id": None,
        "for_officer_id": None,
        "duty_id": None,
        "counter_id": None,
        "officer_id": None,
        "held_by_id": None,
        "moved_at": after(1),
        "calls": 0,
        "last_called_at": None,
        "absent_since": None,
        "left_open": False,
    }
    assert visit == {
        "id": visit["id"],
        "office_id": branch.office.pk,
        "service_day": TODAY,
        "priority": "ELDERLY",
        "language": "en",
        "note": "",
    }
    assert event == {
        "id": event["id"],
        "ticket_id": issued.pk,
        "office_id": branch.office.pk,
        "service_day": TODAY,
        "action": Action.ISSUE,
        "from_state": "",
        "to_state": State.WAITING,
        "at": after(1),
        "service_id": branch.service.pk,
        "counter_id": None,
        "duty_id": None,
        "staff_id": None,
        "device_id": branch.kiosk.pk,
        "reason": "",
        "data": {"people_ahead": 0},
        "before": {},
        "undoes_id": None,
        "request_key": "",
        "request_digest": "",
    }
    assert issued.recorded.pk == event["id"]
    assert (Visit.objects.count(), TicketEvent.objects.count()) == (2, 2)


def test_issue_by_a_greeter_names_the_person(branch: Branch):
    greeter = branch.officer()

    ticket = operations.issue(
        office=branch.office, service=branch.service, actor=greeter, at=MONDAY
    )

    event = ticket.events.get()
    assert (event.staff_id, event.device_id) == (greeter.pk, None)


def test_issue_counts_up_for_each_letter_apart(branch: Branch):
    claims = branch.offer("SV-JHT", "K")

    labels = [
        branch.ticket(service=service).label
        for service in (branch.service, claims, claims, branch.service)
    ]

    assert labels == ["A001", "K001", "K002", "A002"]


def test_issue_shares_the_letter_between_services_of_a_group(branch: Branch):
    first, second = branch.offer("SV-JHT", "K"), branch.offer("SV-JKM", "K")

    labels = [branch.ticket(service=service).label for service in (first, second)]

    assert labels == ["K001", "K002"]


def test_issue_counts_for_each_branch_apart(branch: Branch):
    other = Branch()
    branch.ticket()

    assert other.ticket().label == "A001"


def test_issue_goes_on_after_three_digits(branch: Branch):
    NumberSeries.objects.create(
        office=branch.office, service_day=TODAY, prefix="A", last=998
    )

    assert [branch.ticket().label, branch.ticket().label] == ["A999", "A1000"]


@pytest.mark.parametrize(
    ("zone", "last_moment", "midnight"),
    [
        (Office.Zone.WIB, "2026-01-05T16:58:59Z", "2026-01-05T17:00:00Z"),
        (Office.Zone.WITA, "2026-01-05T15:58:59Z", "2026-01-05T16:00:00Z"),
        (Office.Zone.WIT, "2026-01-05T14:58:59Z", "2026-01-05T15:00:00Z"),
    ],
)
def test_issue_starts_again_at_the_branchs_own_midnight(
    db, zone, last_moment, midnight
):
    branch = Branch(zone=zone)
    moments = [dt.datetime.fromisoformat(m) for m in (last_moment, midnight)]

    tickets = [branch.ticket(at=moments[0]), *(branch.ticket(at=m) for m in moments)]

    assert [(t.label, t.service_day) for t in tickets] == [
        ("A001", TODAY),
        ("A002", TODAY),
        ("A001", TODAY + dt.timedelta(days=1)),
    ]


def test_issue_tells_how_many_are_called_before(branch: Branch):
    claims = branch.offer("SV-JHT", "K")
    duty = branch.duty()
    called = branch.called(duty)
    branch.ticket(service=claims)
    plain = branch.ticket(at=after(1))
    elderly = branch.ticket(at=after(2), priority="ELDERLY")
    first = branch.ticket(at=after(3))
    operations.requeue(ticket=called, actor=duty.officer, at=after(3), place="FRONT")

    last = branch.ticket(at=after(4))
    pregnant = branch.ticket(at=after(5), priority="PREGNANT")

    ahead = [t.people_ahead_at_issue for t in (plain, elderly, first, last, pregnant)]
    assert ahead == [1, 0, 3, 5, 2]


# -- Closed ---------------------------------------------------------------------------
def test_issue_outside_opening_hours_is_refused(branch: Branch):
    OpeningHours.objects.update(opens=dt.time(8), closes=dt.time(15, 30))

    for hour, minute in ((7, 59), (15, 30)):
        with refused(BranchClosed):
            branch.ticket(at=MONDAY.replace(hour=hour, minute=minute))
    assert branch.ticket(at=MONDAY.replace(hour=15, minute=29)).label == "A001"


@pytest.mark.parametrize("level", [0, 1, 2])
def test_issue_on_a_holiday_of_the_branch_or_above_is_refused(branch: Branch, level):
    office = [
        branch.office,
        branch.office.parent,
        branch.office.parent.parent,
    ][level]
    Holiday.objects.create(office=office, date=TODAY, name="Cuti bersama")

    with refused(BranchClosed):
        branch.ticket()
    assert branch.ticket(at=after(days=1)).label == "A001"


def test_issue_on_the_holiday_of_another_branch_goes_on(branch: Branch):
    Holiday.objects.create(office=BranchFactory(), date=TODAY, name="Hari jadi kota")

    assert branch.ticket().label == "A001"


def test_issue_at_a_branch_without_hours_that_weekday_is_refused(branch: Branch):
    OpeningHours.objects.filter(weekday=0).delete()

    with refused(BranchClosed):
        branch.ticket()


def test_issue_at_a_branch_given_up_is_refused(branch: Branch):
    Office.objects.update(is_active=False)
    branch.office.refresh_from_db()

    with refused(BranchClosed):
        branch.ticket()


def test_issue_of_a_service_closed_today_is_refused_today_alone(branch: Branch):
    closed = branch.offer("SV-JHT", "K", closed_on=TODAY)

    with refused(ServiceNotOffered) as refusal:
        branch.ticket(service=closed)
    assert refusal.value.params == {"service": closed}
    assert branch.ticket(service=closed, at=after(days=1)).label == "K001"


def test_issue_of_a_service_not_offered_is_refused(branch: Branch):
    withdrawn = branch.offer("SV-JHT", "K", is_offered=False)
    foreign = ServiceFactory(code="SV-JKM", group=withdrawn.group)

    for service in (withdrawn, foreign):
        with refused(ServiceNotOffered):
            branch.ticket(service=service)


# -- The daily cap --------------------------------------------------------------------
def test_issue_stops_at_the_daily_cap_until_the_next_day(branch: Branch):
    capped = branch.offer("SV-JHT", "K", daily_cap=2)
    uncapped = branch.offer("SV-JKM", "K")
    labels = [branch.ticket(service=capped).label for _ in range(2)]

    with refused(DailyCapReached):
        branch.ticket(service=capped)

    labels.append(branch.ticket(service=uncapped).label)
    labels.append(branch.ticket(service=capped, at=after(days=1)).label)
    assert labels == ["K001", "K002", "K003", "K001"]


def test_issue_with_a_cap_of_nothing_is_refused(branch: Branch):
    capped = branch.offer("SV-JHT", "K", daily_cap=0)

    with refused(DailyCapReached):
        branch.ticket(service=capped)


def test_issue_counts_what_was_given_out_before_the_cap_was_set(branch: Branch):
    for _ in range(3):
        branch.ticket()
    branch.offering.daily_cap = 3
    branch.offering.save()

    with refused(DailyCapReached):
        branch.ticket()
    tally = ServiceTally.objects.get()
    assert (tally.issued, tally.service_day) == (3, TODAY)
    assert str(tally) == "2026-01-05 Informasi program: 3"


def test_number_series_is_named_by_day_and_last_number(branch: Branch):
    branch.ticket()

    assert str(NumberSeries.objects.get()) == "2026-01-05 A001"


def test_people_ahead_are_those_before_the_same_counters(branch: Branch):
    other, apart = branch.offer("SV-K", "K"), branch.offer("SV-U", "U")
    both = CounterFactory(office=branch.office, number=1, serves_all=False)
    both.services.set([branch.service, other])
    alone = CounterFactory(office=branch.office, number=2, serves_all=False)
    alone.services.set([apart])

    tickets = [
        branch.ticket(service=service, at=after(minute))
        for minute, service in enumerate([branch.service, other, apart, other, apart])
    ]

    ahead = [ticket.people_ahead_at_issue for ticket in tickets]
    assert ahead == [0, 1, 0, 2, 1]


def test_people_ahead_are_everybody_where_a_counter_serves_all(branch: Branch):
    CounterFactory(office=branch.office)
    other = branch.offer("SV-K", "K")

    tickets = [branch.ticket(), branch.ticket(service=other, at=after(1))]

    assert [ticket.people_ahead_at_issue for ticket in tickets] == [0, 1]


def test_people_ahead_follow_the_calling_rule(branch: Branch):
    CounterFactory(office=branch.office)
    booked = branch.ticket(appointment_at=after(0))
    early = branch.ticket(appointment_at=after(60))
    walk_in = branch.ticket(at=after(1))
    elderly = branch.ticket(at=after(2), priority="ELDERLY")

    ahead = [t.people_ahead(after(3)) for t in (booked, early, walk_in, elderly)]

    assert ahead == [1, 3, 2, 0]
