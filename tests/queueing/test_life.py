"""Any sequence of steps, legal or not, keeps the promises of the queue."""

import datetime as dt
import os
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
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
    Visit,
)
from queueing.moves import MOVES, UNDOABLE
from tests.factories import MONDAY, Branch
from tests.queueing.helpers import everything

NIGHT = {Action.CLOSE, Action.CLOSE_SERVED}
STEPS = sorted(set(MOVES) - NIGHT - {Action.CALL_NEXT})


@dataclass(frozen=True)
class Choice:
    """What somebody chooses: each kind of act reads what it needs."""

    counter: int
    ticket: int
    step: int
    service: int
    target: str
    place: str
    reason: str
    note: str | None
    seconds: int


CHOICES = st.builds(
    Choice,
    counter=st.integers(0, 2),
    ticket=st.integers(0, 99),
    step=st.integers(0, 99),
    service=st.integers(0, 1),
    target=st.sampled_from(["service", "service", "counter", "officer", ""]),
    place=st.sampled_from(Place.values),
    reason=st.sampled_from(["came back", "came back", ""]),
    note=st.sampled_from([None, "", "form is missing", "form is complete"]),
    seconds=st.integers(-1, 40),
)
# One rule with weights: several rules would be switched off at random, and most
# days would never get beyond the first call.
OFTEN, SELDOM = ["press", "regret"], ["undo", "issue", "help", "err", "rest", "wait"]
ACTS = OFTEN * 4 + SELDOM


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
        self.before: dict[int, dict[str, list[dict[str, Any]]]] = {}  # by event
        for service in self.services * 2:
            self.branch.ticket(service=service)

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.example.__exit__(None, None, None)

    def attempt(self, operation: Callable[..., Any], **arguments: Any) -> None:
        """One step: it writes one event, or it is refused and writes nothing."""
        self.now += dt.timedelta(seconds=2)
        before, events = everything(), TicketEvent.objects.count()
        try:
            operation(at=self.now, **arguments)
        except Refusal:
            assert everything() == before
        else:
            assert TicketEvent.objects.count() == events + 1
            event = TicketEvent.objects.latest("pk")
            self.before[event.pk] = before
            if event.undoes is not None:
                self.check_restored(event)

    def check_restored(self, undo: TicketEvent) -> None:
        """The ticket and its visit are as before the step; history is not."""
        former = self.before[undo.undoes_id]
        (ticket,) = Ticket.objects.filter(pk=undo.ticket_id).values()
        (visit,) = Visit.objects.filter(pk=ticket["visit_id"]).values()
        assert {**ticket, "moved_at": None} in [
            {**row, "moved_at": None} for row in former["Ticket"]
        ]
        assert visit in former["Visit"]

    def step(self, action: str, ticket: Ticket, choice: Choice) -> None:
        duty = self.duties[choice.counter]
        service = self.services[choice.service]
        targets = {
            "service": service,
            "counter": duty.counter,
            "officer": self.duties[0].officer,
        }
        target = {name: it for name, it in targets.items() if name == choice.target}
        more: dict[str, dict[str, Any]] = {
            Action.PICK: {"duty": duty, "reason": choice.reason},
            Action.RESUME: {"duty": duty},
            Action.NEXT_SERVICE: {"service": service},
            Action.TRANSFER: {"place": choice.place, "note": choice.note, **target},
            Action.REQUEUE: {"place": choice.place, "reason": choice.reason},
            Action.CANCEL: {"reason": choice.reason},
        }
        self.attempt(
            getattr(operations, action),
            ticket=ticket,
            actor=duty.officer,
            **more.get(action, {}),
        )

    def legal_step(self, ticket: Ticket, choice: Choice) -> None:
        legal = [action for action in STEPS if ticket.state in MOVES[action].sources]
        if legal:
            self.step(legal[choice.step % len(legal)], ticket, choice)

    # -- What people do ---------------------------------------------------------------
    @rule(act=st.sampled_from(ACTS), choice=CHOICES)
    def somebody(self, act: str, choice: Choice) -> None:
        getattr(self, act)(choice)

    def wait(self, choice: Choice) -> None:
        self.now += dt.timedelta(seconds=choice.seconds)

    def issue(self, choice: Choice) -> None:
        self.attempt(
            operations.issue,
            office=self.branch.office,
            service=self.services[choice.service],
            actor=self.branch.kiosk,
            priority="ELDERLY" if choice.step % 3 == 0 else "",
        )

    def press(self, choice: Choice) -> None:
        """The officer goes on with whoever is at the counter, or calls the next."""
        duty = self.duties[choice.counter]
        ticket = Ticket.objects.at_counter().filter(duty=duty).first()
        if ticket is None:
            self.attempt(operations.call_next, duty=duty, actor=duty.officer)
        else:
            self.legal_step(ticket, choice)

    def help(self, choice: Choice) -> None:
        """Something sensible is done with a ticket that is at no counter."""
        tickets = list(Ticket.objects.filter(counter=None).order_by("pk"))
        if tickets:
            self.legal_step(tickets[choice.ticket % len(tickets)], choice)

    def err(self, choice: Choice) -> None:
        """Any step is tried with any ticket."""
        tickets = list(Ticket.objects.order_by("pk"))
        action = STEPS[choice.step % len(STEPS)]
        self.step(action, tickets[choice.ticket % len(tickets)], choice)

    def undo(self, choice: Choice) -> None:
        officer = self.duties[choice.counter].officer
        newest = TicketEvent.objects.filter(staff=officer).last()
        if newest is not None:
            self.attempt(operations.undo, ticket=newest.ticket, actor=officer)

    def regret(self, choice: Choice) -> None:
        self.press(choice)
        self.undo(choice)

    def rest(self, choice: Choice) -> None:
        """Take a break or end it; or leave and come back as a new duty."""
        duty = Duty.objects.get(pk=self.duties[choice.counter].pk)
        if duty.on_break:
            operations.end_break(duty=duty, at=self.now)
        elif Ticket.objects.at_counter().filter(duty=duty).exists():
            return
        elif choice.step % 2:
            operations.close_duty(duty=duty, at=self.now)
            self.duties[choice.counter] = operations.open_duty(
                counter=duty.counter, officer=duty.officer, at=self.now
            )
        else:
            operations.take_break(duty=duty, reason="MEAL", at=self.now)

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
            derandomize="CI" in os.environ,
            suppress_health_check=list(HealthCheck),
        ),
    )
