import pytest
from django.db import IntegrityError

from queueing import operations
from queueing.models import Duty, DutyEvent
from queueing.refusals import (
    AlreadyOnDuty,
    CounterBusy,
    CounterClosed,
    CounterTaken,
    NotOnDuty,
    OnBreak,
)
from tests.factories import MONDAY, Branch, CounterFactory
from tests.queueing.helpers import after, everything, refused

PRAYER = Duty.BreakReason.PRAYER


def events_of(duty: Duty) -> list[tuple]:
    return list(duty.events.values_list("kind", "at", "reason", "actor"))


def row_of(duty: Duty) -> dict:
    return Duty.objects.values().get(pk=duty.pk)


def test_open_duty_writes_the_duty_and_its_event(branch: Branch):
    counter, officer = CounterFactory(office=branch.office, number=4), branch.officer()

    duty = operations.open_duty(
        counter=counter, officer=officer, at=MONDAY, is_ranger=True
    )

    assert row_of(duty) == {
        "id": duty.pk,
        "office_id": branch.office.pk,
        "counter_id": counter.pk,
        "officer_id": officer.pk,
        "is_ranger": True,
        "opened_at": MONDAY,
        "closed_at": None,
        "break_reason": "",
        "break_since": None,
    }
    assert events_of(duty) == [("opened", MONDAY, "", officer.pk)]


def test_open_duty_at_a_counter_already_open_names_who_is_there(branch: Branch):
    duty = branch.duty(1)

    with refused(CounterTaken) as refusal:
        operations.open_duty(
            counter=duty.counter, officer=branch.officer(), at=after(1)
        )
    assert refusal.value.params == {"counter": 1, "officer": duty.officer}


@pytest.mark.parametrize(("number", "is_ranger"), [(1, True), (2, False)])
def test_open_duty_by_somebody_on_duty_names_the_own_counter(
    branch: Branch, number, is_ranger
):
    duty = branch.duty(1)
    other = CounterFactory(office=branch.office, number=2)

    with refused(AlreadyOnDuty) as refusal:
        operations.open_duty(
            counter=(duty.counter, other)[number - 1],
            officer=duty.officer,
            at=after(1),
            is_ranger=is_ranger,
        )
    assert refusal.value.params == {"counter": 1}


def test_open_duty_twice_is_one_duty(branch: Branch):
    duty = branch.duty(1)
    before = everything()

    again = operations.open_duty(
        counter=duty.counter, officer=duty.officer, at=after(1)
    )

    assert (again, everything()) == (duty, before)


def test_open_duty_by_somebody_on_duty_at_another_branch_is_refused(branch: Branch):
    duty = branch.duty(1)

    with refused(AlreadyOnDuty):
        operations.open_duty(
            counter=CounterFactory(), officer=duty.officer, at=after(1)
        )


def test_open_duty_at_a_counter_out_of_use_is_refused(branch: Branch):
    counter = CounterFactory(office=branch.office, number=7, is_active=False)

    with refused(CounterClosed):
        operations.open_duty(counter=counter, officer=branch.officer(), at=MONDAY)


def test_open_duty_hides_no_other_trouble_of_the_database(branch: Branch, monkeypatch):
    def broken(**fields):
        raise IntegrityError

    monkeypatch.setattr(Duty.objects, "create", broken)

    with pytest.raises(IntegrityError):
        branch.duty(1)


def test_close_duty_frees_counter_and_officer(branch: Branch):
    duty = branch.duty(1)

    operations.close_duty(duty=duty, at=after(60))
    again = operations.open_duty(
        counter=duty.counter, officer=duty.officer, at=after(61)
    )

    assert row_of(duty)["closed_at"] == after(60)
    assert events_of(duty) == [
        ("opened", MONDAY, "", duty.officer_id),
        ("closed", after(60), "", duty.officer_id),
    ]
    assert again.pk != duty.pk


def test_close_duty_by_the_head_of_service_names_the_head(branch: Branch):
    duty, head = branch.duty(1), branch.officer("HEAD_OF_SERVICE")

    operations.close_duty(duty=duty, at=after(1), actor=head)

    assert events_of(duty)[-1] == ("closed", after(1), "", head.pk)


def test_close_duty_ends_the_break(branch: Branch):
    duty = branch.duty(1)
    operations.take_break(duty=duty, reason=PRAYER, at=after(1))

    closed = operations.close_duty(duty=duty, at=after(2))

    assert (closed.on_break, closed.break_since) == (False, None)


def test_close_duty_never_ends_before_it_began(branch: Branch):
    duty = branch.duty(1)

    closed = operations.close_duty(duty=duty, at=after(-1))

    assert closed.closed_at == MONDAY


def test_close_duty_twice_is_closing_it_once(branch: Branch):
    duty = branch.duty(1)
    operations.close_duty(duty=duty, at=after(1))
    before = everything()

    again = operations.close_duty(duty=duty, at=after(2))

    assert (again.closed_at, everything()) == (after(1), before)


@pytest.mark.parametrize("at_counter", ["called", "serving"])
def test_leaving_the_counter_while_somebody_is_there_is_refused(
    branch: Branch, at_counter
):
    duty = branch.duty(1)
    getattr(branch, at_counter)(duty)

    with refused(CounterBusy) as refusal:
        operations.close_duty(duty=duty, at=after(1))
    assert refusal.value.params == {"label": "A001"}
    with refused(CounterBusy):
        operations.take_break(duty=duty, reason=PRAYER, at=after(1))


def test_break_is_recorded_with_its_reason_and_its_end(branch: Branch):
    duty = branch.duty(1)

    on_break = operations.take_break(duty=duty, reason="PRAYER", at=after(1))
    assert (on_break.on_break, on_break.break_reason) == (True, PRAYER)
    assert on_break.break_since == after(1)
    back = operations.end_break(duty=duty, at=after(16))

    assert (back.on_break, back.break_since) == (False, None)
    assert events_of(duty)[1:] == [
        ("break", after(1), "PRAYER", duty.officer_id),
        ("back", after(16), "", duty.officer_id),
    ]


def test_break_taken_and_ended_twice_counts_once(branch: Branch):
    duty = branch.duty(1)
    operations.take_break(duty=duty, reason="PRAYER", at=after(1))

    operations.take_break(duty=duty, reason="MEAL", at=after(2))
    assert row_of(duty)["break_reason"] == "PRAYER"
    operations.end_break(duty=duty, at=after(3))
    operations.end_break(duty=duty, at=after(4))

    assert [kind for kind, *_ in events_of(duty)] == ["opened", "break", "back"]


def test_break_for_a_reason_unknown_is_a_mistake_of_the_caller(branch: Branch):
    duty = branch.duty(1)

    with pytest.raises(ValueError, match="HOLIDAY"):
        operations.take_break(duty=duty, reason="HOLIDAY", at=after(1))
    assert not row_of(duty)["break_reason"]


def test_break_at_a_closed_counter_is_refused(branch: Branch):
    duty = branch.duty(1)
    operations.close_duty(duty=duty, at=after(1))

    with refused(NotOnDuty):
        operations.take_break(duty=duty, reason="PRAYER", at=after(2))
    with refused(NotOnDuty):
        operations.end_break(duty=duty, at=after(2))


def test_break_stops_every_way_to_take_somebody(branch: Branch):
    duty, other = branch.duty(1), branch.duty(2)
    waiting = branch.ticket(at=after(0))
    held = branch.serving(other)
    operations.hold(ticket=held, actor=other.officer, at=after(1))
    operations.take_break(duty=duty, reason="MEAL", at=after(1))
    by = {"duty": duty, "actor": duty.officer, "at": after(2)}

    with refused(OnBreak):
        operations.call_next(**by)
    with refused(OnBreak):
        operations.pick(ticket=waiting, reason="urgent", **by)
    with refused(OnBreak):
        operations.resume(ticket=held, **by)


def test_duty_and_its_event_name_counter_and_officer(branch: Branch):
    duty = branch.duty(1)

    assert str(duty) == f"{duty.counter}: {duty.officer.name}"
    assert str(DutyEvent.objects.get()) == f"{duty} opened"
