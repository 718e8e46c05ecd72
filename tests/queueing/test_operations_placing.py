import datetime as dt
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from queueing import operations
from queueing.models import Place, QueueRules, State, Ticket
from queueing.refusals import (
    CounterClosed,
    MoveNotAllowed,
    NotOnDuty,
    OfficerNotHere,
    ReasonNeeded,
    ServiceNotOffered,
    TicketUnknown,
    TooLate,
    TransferTarget,
)
from tests.factories import MONDAY, Branch, CounterFactory
from tests.queueing.helpers import after, at_once, refused

TICK = dt.timedelta(microseconds=1)


def absent(branch: Branch, at: dt.datetime = MONDAY) -> Ticket:
    """A ticket issued and called at the moment and marked absent a minute later."""
    at_once(branch)
    duty = branch.duty(9)
    ticket = branch.called(duty, at)
    minute = dt.timedelta(minutes=1)
    return operations.no_show(ticket=ticket, actor=duty.officer, at=at + minute)


def requeue(branch: Branch, ticket: Ticket, at=None, **choice) -> Ticket:
    return operations.requeue(
        ticket=ticket, actor=branch.kiosk, at=at or after(30), **choice
    )


# -- Hold and resume ------------------------------------------------------------------
def test_hold_frees_the_counter_and_remembers_who_holds(branch: Branch):
    duty = branch.duty()
    ticket = branch.serving(duty)

    held = operations.hold(
        ticket=ticket, actor=duty.officer, at=after(1), reason=" photocopy "
    )

    assert (held.state, held.held_by, held.counter) == (
        State.ON_HOLD,
        duty.officer,
        None,
    )
    assert (held.recorded.reason, held.recorded.counter) == ("photocopy", duty.counter)
    branch.ticket()
    assert operations.call_next(duty=duty, actor=duty.officer, at=after(2)).number == 2


def test_resume_goes_on_at_the_counter_of_whoever_resumes(branch: Branch):
    duty, other = branch.duty(1), branch.duty(2)
    ticket = branch.serving(duty)
    operations.hold(ticket=ticket, actor=duty.officer, at=after(1))

    resumed = operations.resume(
        ticket=ticket, duty=other, actor=other.officer, at=after(2)
    )

    assert (resumed.state, resumed.held_by) == (State.SERVING, None)
    assert (resumed.duty, resumed.counter, resumed.officer) == (
        other,
        other.counter,
        other.officer,
    )
    assert (resumed.recorded.duty, resumed.recorded.counter) == (other, other.counter)


def test_resume_of_another_branchs_or_another_days_visitor_is_refused(branch: Branch):
    duty, elsewhere = branch.duty(), Branch()
    there = elsewhere.duty()
    ticket = branch.serving(duty)
    operations.hold(ticket=ticket, actor=duty.officer, at=after(1))

    with refused(TicketUnknown):
        operations.resume(ticket=ticket, duty=there, actor=there.officer, at=after(2))
    with refused(TicketUnknown):
        operations.resume(
            ticket=ticket, duty=duty, actor=duty.officer, at=after(days=1)
        )


def test_resume_at_the_counter_of_another_is_refused(branch: Branch):
    duty, other = branch.duty(1), branch.duty(2)
    ticket = branch.serving(duty)
    operations.hold(ticket=ticket, actor=duty.officer, at=after(1))

    with refused(NotOnDuty):
        operations.resume(ticket=ticket, duty=other, actor=duty.officer, at=after(2))


# -- Transfer -------------------------------------------------------------------------
def test_transfer_to_a_service_keeps_the_number_and_the_age(branch: Branch):
    duty, claims = branch.duty(), branch.offer("SV-JHT", "K")
    ticket = branch.serving(duty)
    before = Ticket.objects.values().get()

    sent = operations.transfer(
        ticket=ticket,
        actor=duty.officer,
        at=after(5),
        service=claims,
        performed=True,
        note=" has the form ",
    )

    assert Ticket.objects.values().get() == {
        **before,
        "state": State.WAITING,
        "service_id": claims.pk,
        "calls": 0,
        "duty_id": None,
        "counter_id": None,
        "officer_id": None,
        "moved_at": after(5),
    }
    assert sent.recorded.service == branch.service
    assert sent.recorded.data == {
        "place": "BY_AGE",
        "performed": True,
        "noted": True,
    }
    assert sent.visit.note == "has the form"


@pytest.mark.parametrize("again", [None, "x" * 300, " " + "x" * 300 + "y"])
def test_transfer_without_another_note_leaves_the_former_one(branch: Branch, again):
    by = to_own_service(branch)
    operations.transfer(at=after(1), note="x" * 301, **by)

    sent = operations.transfer(at=after(2), note=again, **by)

    assert (sent.visit.note, notes_of(sent)) == ("x" * 300, ["x" * 300])
    assert sent.recorded.data == {
        "place": "BY_AGE",
        "performed": False,
        "noted": False,
    }


def test_transfer_with_another_note_keeps_the_former_one_in_the_history(
    branch: Branch,
):
    by = to_own_service(branch)
    first = operations.transfer(at=after(1), note="form is missing", **by).recorded

    sent = operations.transfer(at=after(2), note="form is complete", **by)

    assert sent.visit.note == "form is complete"
    assert notes_of(sent) == ["form is missing", "form is complete"]
    assert (first.note.text, sent.recorded.note.text) == tuple(notes_of(sent))
    assert first.data == {"place": "BY_AGE", "performed": False, "noted": True}


def test_transfer_with_an_empty_note_takes_the_note_away(branch: Branch):
    by = to_own_service(branch)
    operations.transfer(at=after(1), note="form is missing", **by)

    sent = operations.transfer(at=after(2), note=" ", **by)

    assert (sent.visit.note, notes_of(sent)) == ("", ["form is missing", ""])
    assert sent.recorded.data["noted"] is True


def to_own_service(branch: Branch) -> dict[str, Any]:
    return {
        "ticket": branch.ticket(),
        "actor": branch.duty().officer,
        "service": branch.service,
    }


def notes_of(ticket: Ticket) -> list[str]:
    return list(ticket.visit.notes.values_list("text", flat=True))


def test_note_can_be_erased_and_not_changed(branch: Branch):
    sent = operations.transfer(at=after(1), note="x", **to_own_service(branch))

    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        sent.visit.notes.update(text="y")
    sent.visit.notes.all().delete()

    assert notes_of(sent) == []


@pytest.mark.parametrize("target", ["counter", "officer"])
def test_transfer_to_a_counter_or_an_officer_keeps_the_service(branch: Branch, target):
    duty, other = branch.duty(1), branch.duty(2)
    ticket = branch.called(duty)

    sent = operations.transfer(
        ticket=ticket,
        actor=duty.officer,
        at=after(1),
        **{target: getattr(other, target)},
    )

    assert (sent.state, sent.service) == (State.WAITING, branch.service)
    assert getattr(sent, f"for_{target}") == getattr(other, target)


@pytest.mark.parametrize("chosen", [(), ("service", "counter"), ("counter", "officer")])
def test_transfer_needs_exactly_one_target(branch: Branch, chosen):
    ticket, other = branch.ticket(), branch.duty()
    targets = {
        "service": branch.service,
        "counter": other.counter,
        "officer": other.officer,
    }

    with refused(TransferTarget):
        operations.transfer(
            ticket=ticket,
            actor=branch.kiosk,
            at=after(1),
            **{name: targets[name] for name in chosen},
        )


def test_transfer_to_a_closed_or_foreign_service_is_refused(branch: Branch):
    ticket = branch.ticket()
    closed = branch.offer("SV-JHT", "K", closed_on=MONDAY.date())
    foreign = Branch().offer("SV-JKM", "K")

    for service in (closed, foreign):
        with refused(ServiceNotOffered):
            operations.transfer(
                ticket=ticket,
                actor=branch.kiosk,
                at=after(1),
                service=service,
                note="n",
            )


def test_transfer_to_a_counter_where_nobody_is_or_of_another_branch_is_refused(
    branch: Branch,
):
    ticket = branch.ticket()
    empty, foreign = CounterFactory(office=branch.office, number=4), Branch().duty(5)

    for counter in (empty, foreign.counter):
        with refused(CounterClosed) as refusal:
            operations.transfer(
                ticket=ticket, actor=branch.kiosk, at=after(1), counter=counter
            )
        assert refusal.value.params == {"counter": counter.number}


def test_transfer_to_an_officer_not_on_duty_here_is_refused(branch: Branch):
    ticket = branch.ticket()
    off_duty, elsewhere = branch.officer(), Branch().duty().officer

    for officer in (off_duty, elsewhere):
        with refused(OfficerNotHere) as refusal:
            operations.transfer(
                ticket=ticket, actor=branch.kiosk, at=after(1), officer=officer
            )
        assert refusal.value.params == {"officer": officer}


def test_transfer_of_a_finished_or_old_ticket_is_refused(branch: Branch):
    duty = branch.duty()
    finished, old = branch.serving(duty), branch.ticket()
    operations.finish(ticket=finished, actor=duty.officer, at=after(1))
    to = {"actor": duty.officer, "service": branch.service}

    with refused(MoveNotAllowed):
        operations.transfer(ticket=finished, at=after(2), **to)
    with refused(TicketUnknown):
        operations.transfer(ticket=old, at=after(days=1), **to)


# -- Places ---------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("place", "queued_at", "put_first"),
    [
        (Place.BY_AGE, after(2), False),
        (Place.FRONT, after(2), True),
        (Place.END, after(30), False),
        (Place.LATE, after(30), False),
    ],
)
def test_place_in_a_queue_with_nobody_else(branch: Branch, place, queued_at, put_first):
    duty = branch.duty()
    ticket = branch.called(duty, at=after(2))

    back = requeue(branch, ticket, place=place)

    assert (back.state, back.queued_at, back.put_first) == (
        State.WAITING,
        queued_at,
        put_first,
    )
    assert (back.calls, back.recorded.data) == (0, {"place": place})


def test_place_by_age_takes_a_former_place_at_the_front_away(branch: Branch):
    ticket = branch.ticket(at=after(2))
    to = {"ticket": ticket, "actor": branch.kiosk, "service": branch.service}
    operations.transfer(at=after(3), place=Place.FRONT, **to)

    back = operations.transfer(at=after(4), place=Place.BY_AGE, **to)

    assert (back.put_first, back.queued_at) == (False, after(2))


@pytest.mark.parametrize(
    ("waiting", "behind", "queued_at"),
    [
        (0, 3, after(30)),
        (2, 3, after(30)),  # fewer than three wait: behind all of them
        (3, 3, after(12) + TICK),
        (5, 3, after(12) + TICK),
        (5, 1, after(10) + TICK),
    ],
)
def test_late_return_waits_behind_the_next_few(
    branch: Branch, waiting, behind, queued_at
):
    ticket = absent(branch)
    QueueRules.objects.update(late_return_behind=behind)
    others = [branch.ticket(at=after(10 + n)) for n in range(waiting)]

    back = requeue(branch, ticket)

    assert back.queued_at == queued_at
    order = Ticket.objects.waiting().order_by("queued_at").values_list("pk", flat=True)
    assert list(order).index(ticket.pk) == min(behind, len(others))


def test_late_return_looks_at_the_own_group_and_class_alone(branch: Branch):
    ticket = absent(branch)
    claims = branch.offer("SV-JHT", "K")
    for n in range(3):
        branch.ticket(at=after(5 + n), service=claims)
        branch.ticket(at=after(5 + n), priority="ELDERLY")
        branch.ticket(at=after(20 + n))

    assert requeue(branch, ticket).queued_at == after(22) + TICK


# -- Requeue --------------------------------------------------------------------------
def test_late_return_is_open_for_an_hour_to_the_second(branch: Branch):
    ticket = absent(branch)

    with refused(TooLate) as refusal:
        requeue(branch, ticket, at=after(61, seconds=1))
    assert refusal.value.params == {"label": "A001", "minutes": 60}
    back = requeue(branch, ticket, at=after(61))

    assert (back.state, back.absent_since) == (State.WAITING, None)


def test_return_to_another_place_needs_a_reason_and_no_hurry(branch: Branch):
    ticket = absent(branch)

    with refused(ReasonNeeded):
        requeue(branch, ticket, place=Place.FRONT, reason=" ")
    back = requeue(
        branch, ticket, at=after(300), place=Place.FRONT, reason=" sent away by us "
    )

    assert (back.put_first, back.recorded.reason) == (True, "sent away by us")


def test_cancelled_ticket_returns_within_the_time_for_late_ones(branch: Branch):
    ticket = branch.ticket()
    operations.cancel(
        ticket=ticket, actor=branch.kiosk, at=after(10), reason="by mistake"
    )

    with refused(TooLate):
        requeue(branch, ticket, at=after(71))
    assert requeue(branch, ticket, at=after(70)).state == State.WAITING


def test_called_ticket_goes_back_without_a_reason(branch: Branch):
    ticket = branch.called(branch.duty())

    back = requeue(branch, ticket, place=Place.END)

    assert (back.queued_at, back.counter, back.recorded.reason) == (after(30), None, "")


@pytest.mark.parametrize("place", [Place.LATE, Place.BY_AGE])
def test_return_on_another_day_is_refused(branch: Branch, place):
    at = MONDAY.replace(hour=23, minute=50)
    ticket = absent(branch, at)

    with refused(TicketUnknown):
        requeue(
            branch,
            ticket,
            at=at + dt.timedelta(minutes=20),
            place=place,
            reason="came back",
        )


# -- Cancel ---------------------------------------------------------------------------
def test_cancel_keeps_who_and_why(branch: Branch):
    ticket = branch.ticket()

    cancelled = operations.cancel(
        ticket=ticket, actor=branch.kiosk, at=after(1), reason=" left "
    )

    assert cancelled.state == State.CANCELLED
    event = cancelled.recorded
    assert (event.reason, event.device, event.staff) == ("left", branch.kiosk, None)


def test_cancel_of_a_ticket_of_yesterday_is_refused(branch: Branch):
    ticket = branch.called(branch.duty())

    with refused(TicketUnknown):
        operations.cancel(
            ticket=ticket, actor=ticket.officer, at=after(days=1), reason="left"
        )


def test_cancel_without_a_reason_is_refused(branch: Branch):
    ticket = branch.ticket()

    with refused(ReasonNeeded):
        operations.cancel(ticket=ticket, actor=branch.kiosk, at=after(1), reason=" ")
