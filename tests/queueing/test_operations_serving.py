import pytest

from queueing import operations
from queueing.calling import Candidate
from queueing.models import Action, QueueRules, State, Ticket
from queueing.operations import serving
from queueing.refusals import (
    AlreadyCalled,
    CounterBusy,
    NobodyWaiting,
    NoShowTooSoon,
    NotOnDuty,
    ReasonNeeded,
    RecallLimit,
    RecallTooSoon,
    ServiceNotOffered,
    TicketUnknown,
)
from tests.factories import MONDAY, Branch
from tests.queueing.helpers import after, at_once, refused


def call(duty, at=None, **more):
    return operations.call_next(
        duty=duty, actor=duty.officer, at=at or after(10), **more
    )


# -- Call next ------------------------------------------------------------------------
def test_call_next_brings_the_longest_waiting_to_the_counter(branch: Branch):
    first, _second = branch.ticket(at=after(1)), branch.ticket(at=after(2))
    duty = branch.duty()

    called = call(duty, after(5.5))

    assert Ticket.objects.values().get(pk=called.pk) == {
        **Ticket.objects.values().get(pk=first.pk),
        "state": State.CALLED,
        "duty_id": duty.pk,
        "counter_id": duty.counter_id,
        "officer_id": duty.officer_id,
        "calls": 1,
        "last_called_at": after(5.5),
        "moved_at": after(5.5),
    }
    event = called.events.last()
    assert (event.duty_id, event.counter_id, event.staff_id, event.at) == (
        duty.pk,
        duty.counter_id,
        duty.officer_id,
        after(5.5),
    )
    assert event.data == {"cause": "longest_waiting", "waited_min": 4}
    assert event.before == {
        "state": "WAITING",
        "duty_id": None,
        "counter_id": None,
        "officer_id": None,
        "calls": 0,
        "last_called_at": None,
        "moved_at": "2026-01-05T02:01:00+00:00",
    }


def test_call_next_takes_priority_first_and_says_so(branch: Branch):
    branch.ticket()
    elderly = branch.ticket(at=after(9), priority="ELDERLY")

    called = call(branch.duty())

    assert called.pk == elderly.pk
    assert called.recorded.data == {"cause": "priority", "waited_min": 1}


def test_call_next_keeps_to_the_counters_skills(branch: Branch):
    branch.ticket()
    claims = branch.offer("SV-JHT", "K")
    claim = branch.ticket(at=after(5), service=claims)
    duty = branch.duty(serves_all=False)
    duty.counter.services.add(claims)

    called = call(duty)
    assert called.pk == claim.pk
    operations.cancel(ticket=called, actor=duty.officer, at=after(10), reason="left")

    with refused(NobodyWaiting):
        call(duty)


def test_call_next_leaves_what_was_sent_to_another_counter(branch: Branch):
    here, there = branch.duty(1), branch.duty(2)
    for target in ({"counter": there.counter}, {"officer": there.officer}):
        operations.transfer(
            ticket=branch.ticket(), actor=here.officer, at=after(1), **target
        )

    with refused(NobodyWaiting):
        call(here)


@pytest.mark.parametrize("target", ["counter", "officer"])
def test_call_next_takes_what_was_sent_here_before_all_others(branch: Branch, target):
    claims = branch.offer("SV-JHT", "K")
    here, unskilled = branch.duty(1), branch.duty(2, serves_all=False)
    unskilled.counter.services.add(claims)
    branch.ticket(service=claims, priority="ELDERLY")
    sent = branch.ticket(at=after(1))
    operations.transfer(
        ticket=sent,
        actor=here.officer,
        at=after(2),
        **{target: getattr(unskilled, target)},
    )

    called = call(unskilled)

    assert called.pk == sent.pk
    assert called.recorded.data["cause"] == "sent_here"
    assert (called.for_counter, called.for_officer) == (None, None)


@pytest.mark.parametrize("target", ["counter", "officer"])
def test_call_next_takes_over_what_was_sent_to_somebody_who_left(
    branch: Branch, target
):
    here, gone = branch.duty(1), branch.duty(2)
    sent = branch.ticket()
    operations.transfer(
        ticket=sent, actor=here.officer, at=after(1), **{target: getattr(gone, target)}
    )
    operations.close_duty(duty=gone, at=after(2))

    called = call(here)

    assert called.pk == sent.pk
    assert called.recorded.data["cause"] == "longest_waiting"


def test_call_next_takes_over_only_within_the_counters_skills(branch: Branch):
    here, gone = branch.duty(1, serves_all=False), branch.duty(2)
    operations.transfer(
        ticket=branch.ticket(), actor=here.officer, at=after(1), counter=gone.counter
    )
    operations.close_duty(duty=gone, at=after(2))

    with refused(NobodyWaiting):
        call(here)


def test_call_next_takes_who_was_put_first(branch: Branch):
    branch.ticket(priority="ELDERLY")
    duty = branch.duty()
    last = branch.ticket(at=after(5))
    operations.transfer(
        ticket=last,
        actor=duty.officer,
        at=after(6),
        service=branch.service,
        place="FRONT",
    )

    called = call(duty)

    assert (called.pk, called.put_first) == (last.pk, False)
    assert called.recorded.data["cause"] == "put_first"


def test_call_next_passes_over_whom_another_counter_is_taking(
    branch: Branch, monkeypatch
):
    first, second = branch.ticket(at=after(1)), branch.ticket(at=after(2))
    take = serving._take
    monkeypatch.setattr(
        serving, "_take", lambda seen: None if seen.key == first.pk else take(seen)
    )

    assert call(branch.duty()).pk == second.pk


@pytest.mark.parametrize("target", ["counter", "officer", "service"])
def test_call_next_passes_over_whom_somebody_has_just_sent_elsewhere(
    branch: Branch, monkeypatch, target
):
    claims = branch.offer("SV-JHT", "K")
    here, there = branch.duty(1, serves_all=False), branch.duty(2)
    here.counter.services.add(branch.service)
    first, second = branch.ticket(at=after(1)), branch.ticket(at=after(2))
    where = {"counter": there.counter, "officer": there.officer, "service": claims}
    take = serving._take

    def take_too_late(seen: Candidate) -> Ticket | None:
        if seen.key == first.pk:
            operations.transfer(
                ticket=first,
                actor=there.officer,
                at=after(3),
                **{target: where[target]},
            )
        return take(seen)

    monkeypatch.setattr(serving, "_take", take_too_late)

    assert call(here).pk == second.pk


@pytest.mark.parametrize("at_counter", ["called", "serving"])
def test_call_next_with_somebody_at_the_counter_is_refused(branch: Branch, at_counter):
    duty = branch.duty()
    getattr(branch, at_counter)(duty)
    branch.ticket()

    with refused(CounterBusy) as refusal:
        call(duty)
    assert refusal.value.params == {"label": "A001"}


def test_call_next_when_nobody_waits_is_refused(branch: Branch):
    duty = branch.duty()

    with refused(NobodyWaiting):
        call(duty)


def test_call_next_takes_nobody_of_yesterday_or_of_another_branch(branch: Branch):
    branch.ticket()
    Branch().ticket(at=after(days=1))
    duty = branch.duty(at=after(days=1))

    with refused(NobodyWaiting):
        call(duty, after(days=1))


def test_call_next_after_the_duty_was_closed_is_refused(branch: Branch):
    branch.ticket()
    duty = branch.duty()
    operations.close_duty(duty=duty, at=after(1))

    with refused(NotOnDuty):
        call(duty)


def test_call_next_at_the_counter_of_another_is_refused(branch: Branch):
    branch.ticket()
    duty, other = branch.duty(1), branch.duty(2)

    with refused(NotOnDuty):
        operations.call_next(duty=duty, actor=other.officer, at=after(1))


# -- Call out of turn -----------------------------------------------------------------
def test_pick_takes_the_ticket_and_keeps_the_reason(branch: Branch):
    branch.ticket()
    chosen = branch.ticket()
    duty = branch.duty()

    picked = operations.pick(
        duty=duty, ticket=chosen, actor=duty.officer, at=after(1), reason=" ill "
    )

    assert (picked.pk, picked.state, picked.calls) == (chosen.pk, State.CALLED, 1)
    assert (picked.recorded.reason, picked.recorded.data) == ("ill", {})


@pytest.mark.parametrize("reason", ["", "  "])
def test_pick_without_a_reason_is_refused(branch: Branch, reason):
    ticket, duty = branch.ticket(), branch.duty()

    with refused(ReasonNeeded):
        operations.pick(
            duty=duty, ticket=ticket, actor=duty.officer, at=after(1), reason=reason
        )


def test_pick_of_a_called_ticket_names_the_counter_that_has_it(branch: Branch):
    duty, other = branch.duty(1), branch.duty(3)
    ticket = branch.called(other)

    with refused(AlreadyCalled) as refusal:
        operations.pick(
            duty=duty, ticket=ticket, actor=duty.officer, at=after(1), reason="ill"
        )
    assert refusal.value.params == {"label": "A001", "counter": 3}


def test_pick_at_a_counter_that_is_not_free_or_not_ones_own_is_refused(branch: Branch):
    duty, other = branch.duty(1), branch.duty(2)
    branch.called(duty)
    ticket = branch.ticket()
    choice = {"ticket": ticket, "at": after(1), "reason": "ill"}

    with refused(CounterBusy):
        operations.pick(duty=duty, actor=duty.officer, **choice)
    with refused(NotOnDuty):
        operations.pick(duty=other, actor=duty.officer, **choice)


def test_pick_of_another_branchs_or_another_days_ticket_is_refused(branch: Branch):
    duty = branch.duty()
    foreign, old = Branch().ticket(), branch.ticket()
    by = {"duty": duty, "actor": duty.officer, "reason": "ill"}

    with refused(TicketUnknown):
        operations.pick(ticket=foreign, at=after(1), **by)
    with refused(TicketUnknown):
        operations.pick(ticket=old, at=after(days=1), **by)


def test_reason_longer_than_its_column_is_cut(branch: Branch):
    ticket, duty = branch.ticket(), branch.duty()

    picked = operations.pick(
        duty=duty, ticket=ticket, actor=duty.officer, at=after(1), reason="x" * 201
    )

    assert picked.recorded.reason == "x" * 200


# -- Call again, absent ---------------------------------------------------------------
def test_recall_counts_and_keeps_the_gap_to_the_second(branch: Branch):
    duty = branch.duty()
    ticket = branch.called(duty)
    by = {"ticket": ticket, "actor": duty.officer}

    with refused(RecallTooSoon) as refusal:
        operations.recall(at=after(seconds=19.5), **by)
    assert refusal.value.params == {"label": "A001", "seconds": 1}
    recalled = operations.recall(at=after(seconds=20), **by)

    assert (recalled.state, recalled.calls) == (State.CALLED, 2)
    assert recalled.last_called_at == after(seconds=20)
    assert recalled.recorded.data == {"call": 2}
    with refused(RecallTooSoon) as refusal:
        operations.recall(at=after(seconds=21), **by)
    assert refusal.value.params == {"label": "A001", "seconds": 19}


def test_recall_stops_at_the_most_calls(branch: Branch):
    QueueRules.objects.create(office=branch.office, recall_gap_seconds=5, most_calls=2)
    duty = branch.duty()
    by = {"ticket": branch.called(duty), "actor": duty.officer}
    operations.recall(at=after(seconds=5), **by)

    with refused(RecallLimit) as refusal:
        operations.recall(at=after(seconds=10), **by)
    assert refusal.value.params == {"label": "A001", "calls": 2}


def test_no_show_needs_the_calls_and_the_time_to_come(branch: Branch):
    duty = branch.duty()
    by = {"ticket": branch.called(duty), "actor": duty.officer}

    with refused(NoShowTooSoon) as refusal:  # one call, however long ago
        operations.no_show(at=after(30), **by)
    assert refusal.value.params == {"label": "A001", "calls": 2}
    operations.recall(at=after(30), **by)
    with refused(NoShowTooSoon):  # two calls, but the second just now
        operations.no_show(at=after(30, seconds=19.9), **by)
    absent = operations.no_show(at=after(30, seconds=20), **by)

    assert (absent.state, absent.absent_since) == (
        State.NO_SHOW,
        after(30, seconds=20),
    )
    assert (absent.counter, absent.officer, absent.duty) == (None, None, None)
    assert absent.recorded.counter == duty.counter
    branch.ticket()
    assert call(duty, after(31)).label == "A002"


def test_pick_of_an_absent_visitor_starts_the_calls_again(branch: Branch):
    at_once(branch)
    duty = branch.duty()
    ticket = branch.called(duty)
    by = {"ticket": ticket, "actor": duty.officer}
    operations.recall(at=after(1), **by)
    operations.no_show(at=after(2), **by)

    picked = operations.pick(duty=duty, at=after(3), reason="came", **by)

    assert (picked.calls, picked.absent_since) == (1, None)


# -- Start, finish, next service ------------------------------------------------------
def test_start_and_finish_are_one_event_each(branch: Branch):
    duty = branch.duty()
    ticket = branch.called(duty)

    started = operations.start(ticket=ticket, actor=duty.officer, at=after(1))
    finished = operations.finish(ticket=ticket, actor=duty.officer, at=after(2))

    assert (started.state, started.counter) == (State.SERVING, duty.counter)
    assert (finished.state, finished.counter) == (State.FINISHED, None)
    assert list(ticket.events.values_list("action", "at", "counter", "duty", "staff"))[
        2:
    ] == [
        ("start", after(1), duty.counter_id, duty.pk, duty.officer_id),
        ("finish", after(2), duty.counter_id, duty.pk, duty.officer_id),
    ]


def test_next_service_event_keeps_the_service_that_was_done(branch: Branch):
    duty, claims = branch.duty(), branch.offer("SV-JHT", "K")
    ticket = branch.serving(duty)
    by = {"ticket": ticket, "actor": duty.officer}

    going_on = operations.next_service(service=claims, at=after(5), **by)
    operations.finish(at=after(9), **by)

    assert (going_on.state, going_on.service, going_on.label) == (
        State.SERVING,
        claims,
        "A001",
    )
    done = ticket.events.filter(action__in=[Action.NEXT_SERVICE, Action.FINISH])
    assert list(done.values_list("service", "data")) == [
        (branch.service.pk, {"next_service": "SV-JHT"}),
        (claims.pk, {}),
    ]


def test_next_service_that_is_closed_or_of_another_branch_is_refused(branch: Branch):
    duty = branch.duty()
    ticket = branch.serving(duty)
    closed = branch.offer("SV-JHT", "K", closed_on=MONDAY.date())
    foreign = Branch().offer("SV-JKM", "K")

    for service in (closed, foreign):
        with refused(ServiceNotOffered):
            operations.next_service(
                ticket=ticket, service=service, actor=duty.officer, at=after(1)
            )


# -- Times and locks ------------------------------------------------------------------
def test_time_of_an_event_never_goes_back(branch: Branch):
    duty = branch.duty()
    ticket = branch.called(duty, at=after(5))

    started = operations.start(ticket=ticket, actor=duty.officer, at=after(4))

    assert (started.moved_at, started.recorded.at) == (after(5), after(5))


def test_ticket_that_does_not_exist_is_unknown(branch: Branch):
    duty = branch.duty()

    with refused(TicketUnknown):
        operations.start(ticket=Ticket(pk=0), actor=duty.officer, at=MONDAY)
