"""The same request key has its effect once."""

import pytest
from django.db import IntegrityError

from offices.models import Device, Staff
from queueing import operations, repeats
from queueing.models import NumberSeries, State
from queueing.refusals import CounterBusy, KeyReused, NobodyWaiting
from tests.factories import MONDAY, Branch
from tests.queueing.helpers import after, everything, refused


def test_repeat_returns_the_ticket_and_event_of_the_first_request(branch: Branch):
    first = branch.ticket(request_key="k")
    before = everything()

    again = branch.ticket(request_key="k", at=after(1))

    assert (again.pk, again.recorded.pk) == (first.pk, first.recorded.pk)
    assert everything() == before


def test_repeat_of_a_step_has_no_second_effect(branch: Branch):
    duty = branch.duty()
    branch.ticket(), branch.ticket()
    by = {"actor": duty.officer, "request_key": "call"}
    called = operations.call_next(duty=duty, at=after(1), **by)
    operations.start(
        ticket=called, at=after(2), actor=duty.officer, request_key="start"
    )

    again = operations.call_next(duty=duty, at=after(3), **by)

    assert (again.pk, again.state) == (called.pk, State.CALLED)
    assert (again.recorded.action, again.recorded.at) == ("call_next", after(1))


def test_key_used_again_for_something_else_is_refused(branch: Branch):
    claims = branch.offer("SV-JHT", "K")
    ticket = branch.ticket(request_key="k")

    with refused(KeyReused):
        branch.ticket(request_key="k", service=claims)
    with refused(KeyReused):
        branch.ticket(request_key="k", priority="ELDERLY")
    with refused(KeyReused):
        operations.cancel(
            ticket=ticket,
            actor=branch.kiosk,
            at=after(1),
            reason="left",
            request_key="k",
        )


def test_key_of_another_branch_or_another_day_is_another_key(branch: Branch):
    labels = [
        branch.ticket(request_key="k").label,
        Branch().ticket(request_key="k").label,
        branch.ticket(request_key="k", at=after(days=1)).label,
    ]

    assert labels == ["A001", "A001", "A001"]


def test_key_of_a_refused_request_can_be_used_again(branch: Branch):
    duty = branch.duty()
    by = {"duty": duty, "actor": duty.officer, "at": after(1), "request_key": "k"}
    with refused(NobodyWaiting):
        operations.call_next(**by)
    branch.ticket()

    assert operations.call_next(**by).label == "A001"


def test_repeat_returns_the_ticket_as_it_was_then(branch: Branch):
    claims = branch.offer("SV-JHT", "K")
    duty = branch.duty()
    branch.ticket(request_key="issue")
    by = {"actor": duty.officer, "request_key": "call"}
    called = operations.call_next(duty=duty, at=after(1), **by)
    operations.transfer(
        ticket=called, actor=duty.officer, at=after(2), service=claims, place="END"
    )

    again = operations.call_next(duty=duty, at=after(3), **by)

    assert again.service == branch.service
    assert again.counter == duty.counter
    assert (again.calls, again.last_called_at) == (1, after(1))
    assert (again.queued_at, again.moved_at) == (MONDAY, after(1))
    assert branch.ticket(request_key="issue").service == branch.service


def test_repeat_of_a_step_with_a_ticket_of_yesterday(branch: Branch):
    duty = branch.duty()
    ticket = branch.called(duty)
    operations.start(ticket=ticket, actor=duty.officer, at=after(1))
    by = {"actor": duty.officer, "at": after(days=1), "request_key": "k"}
    operations.finish(ticket=ticket, **by)
    before = everything()

    again = operations.finish(ticket=ticket, **by)

    assert again.state == State.FINISHED
    assert everything() == before


def test_is_repeat_knows_the_keys_of_the_ticket_alone(branch: Branch):
    ticket, other = branch.ticket(request_key="k"), branch.ticket()

    assert repeats.is_repeat("k", ticket)
    assert not repeats.is_repeat("k", other)
    assert not repeats.is_repeat("", ticket)


def test_digest_tells_person_and_machine_apart():
    person, machine = Staff(pk=1), Device(pk=1)

    assert repeats.digest_of("issue", {"actor": person}) != repeats.digest_of(
        "issue", {"actor": machine}
    )


def test_digest_looks_at_operation_and_arguments_but_not_at_the_time():
    digest = repeats.digest_of("issue", {"priority": "", "at": MONDAY})

    assert digest == repeats.digest_of("issue", {"at": after(1), "priority": ""})
    assert digest != repeats.digest_of("cancel", {"priority": ""})
    assert digest != repeats.digest_of("issue", {"priority": "ELDERLY"})


def test_repeat_takes_no_number_and_no_place_under_the_cap(branch: Branch):
    capped = branch.offer("SV-JHT", "K", daily_cap=1)
    first = branch.ticket(service=capped, request_key="k")
    before = everything()

    again = branch.ticket(service=capped, request_key="k")

    assert (again.pk, everything()) == (first.pk, before)


def test_refusal_that_repeats_nothing_stays_a_refusal(branch: Branch):
    duty = branch.duty()
    branch.called(duty)

    with refused(CounterBusy):
        operations.call_next(
            duty=duty, actor=duty.officer, at=after(1), request_key="k"
        )


def test_trouble_of_the_database_that_repeats_nothing_is_not_hidden(
    branch: Branch, monkeypatch
):
    def broken(**key):
        raise IntegrityError

    monkeypatch.setattr(NumberSeries.objects, "take", broken)

    with pytest.raises(IntegrityError):
        branch.ticket(request_key="k")
