"""Any sequence of steps, legal or not, keeps the promises of the queue."""

import datetime as dt
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from bpjs_service.errors import Refusal
from queueing import operations
from queueing.models import (
    Action,
    Duty,
    NumberSeries,
    Place,
    QueueRules,
    ServiceTally,
    Ticket,
    TicketEvent,
)
from queueing.moves import MOVES, UNDOABLE
from tests.factories import MONDAY, Branch
from tests.queueing.helpers import everything

COUNTERS = st.integers(0, 2)
PICKS = st.integers(0, 30)
PLACES = st.sampled_from(Place.values)
OWN_STEPS = st.sampled_from(
    [Action.RECALL, Action.START, Action.FINISH, Action.NO_SHOW, Action.HOLD]
)


class BranchDay(RuleBasedStateMachine):
    """Three officers, a kiosk and their visitors do whatever comes to their minds."""

    def __init__(self) -> None:
        super().__init__()
        self.example = transaction.atomic()
        self.example.__enter__()
        self.branch = Branch()
        claims = self.branch.offer("SV-JHT", "K", daily_cap=8)
        self.services = [self.branch.service, claims]
        QueueRules.objects.create(
            office=self.branch.office, recall_gap_seconds=5, calls_before_no_show=1
        )
        self.duties = [self.branch.duty(number) for number in (1, 2, 3)]
        self.now = MONDAY
        self.keys = 0

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.example.__exit__(None, None, None)

    def attempt(self, operation: Callable[..., Any], **arguments: Any) -> None:
        """One step: it writes one event, or it is refused and writes nothing."""
        before, events = everything(), TicketEvent.objects.count()
        try:
            operation(at=self.now, **arguments)
        except Refusal:
            assert everything() == before
        else:
            assert TicketEvent.objects.count() == events + 1

    def ticket(self, pick: int) -> Ticket:
        tickets = list(Ticket.objects.order_by("pk"))
        return tickets[pick % len(tickets)]

    def has_tickets(self) -> bool:
        return Ticket.objects.exists()

    @rule(seconds=st.integers(-1, 40))
    def time_passes(self, seconds: int) -> None:
        self.now += dt.timedelta(seconds=seconds)

    @rule(service=st.integers(0, 1), priority=st.sampled_from(["", "ELDERLY"]))
    def issue(self, service: int, priority: str) -> None:
        self.attempt(
            operations.issue,
            office=self.branch.office,
            service=self.services[service],
            actor=self.branch.kiosk,
            priority=priority,
        )

    @rule(counter=COUNTERS)
    def call_next(self, counter: int) -> None:
        duty = self.duties[counter]
        self.attempt(operations.call_next, duty=duty, actor=duty.officer)

    @precondition(has_tickets)
    @rule(counter=COUNTERS, pick=PICKS, action=st.sampled_from(["pick", "resume"]))
    def take(self, counter: int, pick: int, action: str) -> None:
        duty = self.duties[counter]
        why = {"reason": "ill"} if action == "pick" else {}
        self.attempt(
            getattr(operations, action),
            duty=duty,
            ticket=self.ticket(pick),
            actor=duty.officer,
            **why,
        )

    @rule(counter=COUNTERS, action=OWN_STEPS)
    def step_at_the_counter(self, counter: int, action: Action) -> None:
        duty = self.duties[counter]
        ticket = Ticket.objects.at_counter().filter(duty=duty).first()
        if ticket is not None:
            self.attempt(getattr(operations, action), ticket=ticket, actor=duty.officer)

    @precondition(has_tickets)
    @rule(counter=COUNTERS, pick=PICKS, action=OWN_STEPS)
    def step_with_any(self, counter: int, pick: int, action: Action) -> None:
        self.attempt(
            getattr(operations, action),
            ticket=self.ticket(pick),
            actor=self.duties[counter].officer,
        )

    @precondition(has_tickets)
    @rule(counter=COUNTERS, pick=PICKS, service=st.integers(0, 1))
    def next_service(self, counter: int, pick: int, service: int) -> None:
        self.attempt(
            operations.next_service,
            ticket=self.ticket(pick),
            service=self.services[service],
            actor=self.duties[counter].officer,
        )

    @precondition(has_tickets)
    @rule(counter=COUNTERS, pick=PICKS, goal=st.integers(0, 4), place=PLACES)
    def transfer(self, counter: int, pick: int, goal: int, place: str) -> None:
        to = [
            {"service": self.services[0]},
            {"service": self.services[1]},
            {"counter": self.duties[0].counter},
            {"officer": self.duties[1].officer},
            {},
        ][goal]
        self.attempt(
            operations.transfer,
            ticket=self.ticket(pick),
            actor=self.duties[counter].officer,
            place=place,
            **to,
        )

    @precondition(has_tickets)
    @rule(pick=PICKS, place=PLACES, reason=st.sampled_from(["", "came back"]))
    def requeue(self, pick: int, place: str, reason: str) -> None:
        self.attempt(
            operations.requeue,
            ticket=self.ticket(pick),
            actor=self.branch.kiosk,
            place=place,
            reason=reason,
        )

    @precondition(has_tickets)
    @rule(counter=COUNTERS, pick=PICKS)
    def cancel(self, counter: int, pick: int) -> None:
        self.attempt(
            operations.cancel,
            ticket=self.ticket(pick),
            actor=self.duties[counter].officer,
            reason="left",
        )

    @precondition(has_tickets)
    @rule(counter=COUNTERS, pick=PICKS)
    def undo(self, counter: int, pick: int) -> None:
        self.attempt(
            operations.undo,
            ticket=self.ticket(pick),
            actor=self.duties[counter].officer,
        )

    @precondition(has_tickets)
    @rule(counter=COUNTERS)
    def undo_the_newest_step(self, counter: int) -> None:
        officer = self.duties[counter].officer
        newest = TicketEvent.objects.filter(staff=officer).last()
        if newest is not None:
            self.attempt(operations.undo, ticket=newest.ticket, actor=officer)

    @rule(counter=COUNTERS)
    def rest_or_go_on(self, counter: int) -> None:
        duty = Duty.objects.get(pk=self.duties[counter].pk)
        if duty.on_break:
            operations.end_break(duty=duty, at=self.now)
        elif not Ticket.objects.at_counter().filter(duty=duty).exists():
            operations.take_break(duty=duty, reason="MEAL", at=self.now)

    @rule(counter=COUNTERS)
    def close_and_open_again(self, counter: int) -> None:
        duty = self.duties[counter]
        if not Ticket.objects.at_counter().filter(duty=duty).exists():
            operations.close_duty(duty=duty, at=self.now)
            self.duties[counter] = operations.open_duty(
                counter=duty.counter, officer=duty.officer, at=self.now
            )

    # -- What always holds ------------------------------------------------------------
    @invariant()
    def numbers_are_unique_and_without_gaps(self) -> None:
        for prefix in ("A", "K"):
            numbers = Ticket.objects.filter(prefix=prefix).order_by("number")
            found = list(numbers.values_list("number", flat=True))
            assert found == list(range(1, len(found) + 1))
            series = NumberSeries.objects.filter(prefix=prefix).first()
            assert (series.last if series else 0) == len(found)

    @invariant()
    def the_cap_holds(self) -> None:
        tally = ServiceTally.objects.filter(service=self.services[1]).first()
        issued = TicketEvent.objects.filter(
            action=Action.ISSUE, service=self.services[1]
        ).count()
        assert issued == (tally.issued if tally else 0) <= 8

    @invariant()
    def nobody_is_crowded(self) -> None:
        here = list(Ticket.objects.at_counter())
        assert len({ticket.counter_id for ticket in here}) == len(here)
        assert len({ticket.officer_id for ticket in here}) == len(here)
        for ticket in here:
            duty = Duty.objects.get(pk=ticket.duty_id)
            assert (duty.closed_at, duty.on_break) == (None, False)
            assert (duty.counter_id, duty.officer_id) == (
                ticket.counter_id,
                ticket.officer_id,
            )

    @invariant()
    def histories_are_legal(self) -> None:
        for ticket in Ticket.objects.prefetch_related("events"):
            events = list(ticket.events.all())
            assert (events[0].action, events[0].from_state) == (Action.ISSUE, "")
            assert events[-1].to_state == ticket.state
            assert events[-1].at == ticket.moved_at
            for earlier, event in pairwise(events):
                assert event.from_state == earlier.to_state
                assert event.at >= earlier.at
                self.check_step(event, earlier)

    def check_step(self, event: TicketEvent, earlier: TicketEvent) -> None:
        if event.action == Action.UNDO:
            assert event.undoes_id == earlier.pk
            assert earlier.action in UNDOABLE
            assert event.to_state == earlier.from_state
        else:
            move = MOVES[event.action]
            assert event.from_state in move.sources
            assert event.to_state == move.target


@pytest.mark.usefixtures("db")
def test_any_life_keeps_the_promises():
    run_state_machine_as_test(
        BranchDay,
        settings=settings(
            max_examples=25,
            stateful_step_count=30,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
