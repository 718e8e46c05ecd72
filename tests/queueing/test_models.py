import datetime as dt

import pytest
from django.db import IntegrityError, transaction
from django.utils import translation

from queueing.models import (
    Counter,
    Duty,
    Offering,
    QueueRules,
    Service,
    ServiceGroup,
    State,
    Ticket,
    TicketEvent,
    Visit,
)
from tests.factories import (
    MONDAY,
    Branch,
    CounterFactory,
    GroupFactory,
    OfferingFactory,
)
from tests.queueing.helpers import after

TODAY = MONDAY.date()


# -- Names ----------------------------------------------------------------------------
def test_names_are_in_the_readers_language():
    service = Service(
        name_id="Klaim JHT",
        name_en="JHT claim",
        online_id="Aplikasi JMO",
        online_en="The JMO app",
    )

    with translation.override("id"):
        assert (str(service), service.online) == ("Klaim JHT", "Aplikasi JMO")
    with translation.override("en"):
        assert (str(service), service.online) == ("JHT claim", "The JMO app")


def test_rows_are_named_for_people(branch: Branch):
    ticket = branch.ticket()
    office, rules = branch.office.name, QueueRules.of(branch.office)

    with translation.override("en"):
        assert str(branch.offering) == f"{office}: Programme information"
        assert str(Counter(number=7)) == "Counter 7"
    assert str(rules) == office
    assert str(ticket.visit) == f"2026-01-05 #{ticket.visit_id}"
    assert (str(ticket), str(ticket.events.get())) == ("A001", "A001 issue")


# -- Small rules ----------------------------------------------------------------------
@pytest.mark.parametrize(
    ("offering", "available"),
    [
        (Offering(), True),
        (Offering(is_offered=False), False),
        (Offering(closed_on=TODAY), False),
        (Offering(closed_on=TODAY - dt.timedelta(days=1)), True),
    ],
)
def test_offering_is_available(offering, available):
    assert offering.is_available(TODAY) is available


def test_offerings_available_are_those_that_say_so(branch: Branch):
    branch.offer("SV-1", "B", is_offered=False)
    branch.offer("SV-2", "B", closed_on=TODAY)
    branch.offer("SV-3", "B", closed_on=TODAY - dt.timedelta(days=1))

    available = Offering.objects.available(TODAY)

    assert set(available) == {
        o for o in Offering.objects.all() if o.is_available(TODAY)
    }
    assert {o.service.code for o in available} == {branch.service.code, "SV-3"}


def test_rules_of_a_branch_are_its_own_or_the_defaults(branch: Branch):
    assert QueueRules.of(branch.office).recall_gap_seconds == 20

    QueueRules.objects.create(office=branch.office, recall_gap_seconds=7)

    assert QueueRules.of(branch.office).recall_gap_seconds == 7
    assert QueueRules.of(Branch().office).recall_gap_seconds == 20


@pytest.mark.parametrize(
    ("seconds", "left"), [(0, 20), (0.1, 20), (19, 1), (19.9, 1), (20, 0), (90, 0)]
)
def test_seconds_to_wait_are_rounded_up(seconds, left):
    ticket = Ticket(issued_at=after(-5), last_called_at=MONDAY)

    assert QueueRules().seconds_to_wait(ticket, after(seconds=seconds)) == left


def test_seconds_to_wait_count_from_the_issue_before_any_call():
    ticket = Ticket(issued_at=MONDAY)

    assert QueueRules().seconds_to_wait(ticket, after(seconds=5)) == 15


@pytest.mark.parametrize(
    ("number", "label"), [(1, "A001"), (99, "A099"), (999, "A999"), (1000, "A1000")]
)
def test_label_has_three_digits_at_least(number, label):
    assert Ticket(prefix="A", number=number).label == label


@pytest.mark.parametrize(
    ("moment", "minutes"), [(after(-1), 0), (after(0.9), 0), (after(1), 1)]
)
def test_waited_minutes_are_whole_and_never_negative(moment, minutes):
    assert Ticket(queued_at=MONDAY).waited_minutes(moment) == minutes


# -- What the database itself refuses -------------------------------------------------
def update(branch: Branch, **fields) -> None:
    Ticket.objects.filter(pk=branch.ticket().pk).update(**fields)


def second_at(branch: Branch, column: str) -> None:
    """A second ticket at the counter, or with the officer, of another one."""
    here, there = branch.duty(1), branch.duty(2)
    taken = branch.called(here)
    fields = {
        "duty": there,
        "counter": there.counter,
        "officer": there.officer,
        "state": State.SERVING,
    }
    update(branch, **{**fields, column: getattr(taken, column)})


def event(branch: Branch, **fields) -> None:
    ticket = branch.ticket()
    TicketEvent.objects.create(
        ticket=ticket,
        office=branch.office,
        service_day=TODAY,
        action="cancel",
        to_state=State.CANCELLED,
        at=MONDAY,
        service=branch.service,
        **fields,
    )


def number_twice(branch: Branch) -> None:
    first = branch.ticket()
    Ticket.objects.filter(pk=branch.ticket().pk).update(number=first.number)


def duty_twice(branch: Branch, column: str) -> None:
    duty = branch.duty(1)
    fields = {
        "counter": CounterFactory(office=branch.office, number=2),
        "officer": branch.officer(),
    }
    fields[column] = getattr(duty, column)
    Duty.objects.create(office=branch.office, opened_at=MONDAY, **fields)


def duty_with(branch: Branch, **fields) -> None:
    Duty.objects.filter(pk=branch.duty(1).pk).update(**fields)


def small_letter(branch: Branch) -> None:
    GroupFactory(code="g", prefix="a")


def key_twice(branch: Branch) -> None:
    for _ in range(2):
        event(branch, request_key="k")


REFUSED = [
    ("ticket_number_once", number_twice),
    ("ticket_number_positive", lambda b: update(b, number=0)),
    ("ticket_state_known", lambda b: update(b, state="LOST")),
    ("one_ticket_per_counter", lambda b: second_at(b, "counter")),
    ("one_ticket_per_officer", lambda b: second_at(b, "officer")),
    (
        "ticket_has_counter_exactly_while_there",
        lambda b: update(b, state=State.CALLED),
    ),
    (
        "ticket_has_counter_exactly_while_there",
        lambda b: update(b, counter=CounterFactory(office=b.office, number=3)),
    ),
    ("ticket_held_by_somebody", lambda b: update(b, state=State.ON_HOLD)),
    ("ticket_held_by_somebody", lambda b: update(b, held_by=b.officer())),
    ("ticket_absent_since_known", lambda b: update(b, state=State.NO_SHOW)),
    ("ticket_absent_since_known", lambda b: update(b, absent_since=MONDAY)),
    (
        "ticket_sent_to_one",
        lambda b: update(
            b,
            for_counter=CounterFactory(office=b.office, number=3),
            for_officer=b.officer(),
        ),
    ),
    ("event_by_one_actor", lambda b: event(b, staff=b.officer(), device=b.kiosk)),
    ("request_key_once", key_twice),
    ("one_open_duty_per_counter", lambda b: duty_twice(b, "counter")),
    ("one_open_duty_per_officer", lambda b: duty_twice(b, "officer")),
    ("duty_break_whole", lambda b: duty_with(b, break_reason="MEAL")),
    ("duty_break_whole", lambda b: duty_with(b, break_since=MONDAY)),
    ("duty_closes_after_opening", lambda b: duty_with(b, closed_at=after(-1))),
    ("group_prefix_is_a_capital", small_letter),
    ("counter_number_speakable", lambda b: CounterFactory(office=b.office, number=100)),
    (
        "counter_number_once",
        lambda b: [CounterFactory(office=b.office, number=3) for _ in range(2)],
    ),
    (
        "offering_once",
        lambda b: OfferingFactory(office=b.office, service=b.service),
    ),
    (
        "rules_calls_make_sense",
        lambda b: QueueRules.objects.create(office=b.office, most_calls=1),
    ),
    (
        "rules_late_visitor_not_first",
        lambda b: QueueRules.objects.create(office=b.office, late_return_behind=0),
    ),
]


@pytest.mark.parametrize(("constraint", "write"), REFUSED)
def test_database_refuses(branch: Branch, constraint, write):
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        write(branch)


def test_every_constraint_of_the_queue_is_tried_above():
    named = {
        constraint.name
        for model in (Ticket, TicketEvent, Duty, Counter, Offering, QueueRules, Visit)
        for constraint in model._meta.constraints
    }

    assert named | {c.name for c in ServiceGroup._meta.constraints} == {
        name for name, _write in REFUSED
    }
