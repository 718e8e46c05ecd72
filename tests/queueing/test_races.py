"""Many hands at once: what the locks and constraints of the queue hold together.

Each promise has a twin that takes its guard away and shows the race happening. A twin
that fails says that the test beside it proves nothing any more.
"""

import time
from collections import Counter as Tally
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection, connections, models

from bpjs_service.errors import Refusal
from queueing import operations
from queueing.models import (
    Action,
    Duty,
    DutyQuerySet,
    NumberSeries,
    NumberSeriesManager,
    ServiceTallyManager,
    State,
    Ticket,
    TicketEvent,
    TicketQuerySet,
)
from queueing.operations import moving, serving, undoing
from queueing.refusals import (
    AlreadyCalled,
    AlreadyOnDuty,
    CounterBusy,
    CounterTaken,
    DailyCapReached,
    NobodyWaiting,
    OnBreak,
    UndoBlocked,
)
from tests.factories import MONDAY, Branch, CounterFactory
from tests.queueing.helpers import after

pytestmark = pytest.mark.django_db(transaction=True)

THREADS = 20  # each has a connection of its own; the server is shared
PAUSE = 0.05  # seconds between reading and writing, where a twin forces the race

Job = Callable[[], Any]


# -- The harness ----------------------------------------------------------------------
def together(*jobs: Job) -> list[Any]:
    """Run the jobs in threads that start at one moment; results, errors among them."""
    waiting, results = deque(enumerate(jobs)), [None] * len(jobs)
    gate = Barrier(min(THREADS, len(jobs)), timeout=30)

    def work() -> None:
        try:
            connection.ensure_connection()
            gate.wait()
            while waiting:
                index, job = waiting.popleft()
                results[index] = result_of(job)
        finally:
            connections.close_all()

    threads = [Thread(target=work) for _ in range(gate.parties)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def result_of(job: Job) -> Any:
    try:
        return job()
    except Exception as error:  # noqa: BLE001 - the test says which ones may come
        return error


def kinds(results: list[Any]) -> Tally:
    return Tally(type(result).__name__ for result in results)


def slow(monkeypatch, module: Any, name: str) -> None:
    """Wait a little before every call of the function."""
    function = getattr(module, name)

    def slowly(*args: Any, **kwargs: Any) -> Any:
        time.sleep(PAUSE)
        return function(*args, **kwargs)

    monkeypatch.setattr(module, name, slowly)


@contextmanager
def without_constraints(model: type[models.Model], *names: str) -> Iterator[None]:
    """Drop unique constraints; afterwards empty the table and put them back."""
    constraints = [c for c in model._meta.constraints if c.name in names]
    assert len(constraints) == len(names)
    with connection.schema_editor() as editor:
        for constraint in constraints:
            editor.remove_constraint(model, constraint)
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"TRUNCATE {model._meta.db_table} CASCADE")
        with connection.schema_editor() as editor:
            for constraint in constraints:
                editor.add_constraint(model, constraint)


without_counter_constraints = partial(
    without_constraints, Ticket, "one_ticket_per_counter", "one_ticket_per_officer"
)


@pytest.fixture
def no_duty_lock(monkeypatch) -> None:
    monkeypatch.setattr(DutyQuerySet, "locked", lambda self: self)


@pytest.fixture
def no_ticket_lock(monkeypatch) -> None:
    monkeypatch.setattr(TicketQuerySet, "locked", lambda self: self)
    monkeypatch.setattr(
        serving, "_take", lambda seen: Ticket.objects.waiting().get(pk=seen.key)
    )


@pytest.fixture
def branch(transactional_db) -> Branch:
    return Branch()


def call(duty: Duty, at=MONDAY) -> Ticket:
    return operations.call_next(duty=duty, actor=duty.officer, at=at)


def broken_histories() -> list[int]:
    """Tickets whose events do not follow from one another."""
    last: dict[int, str] = {}
    broken = []
    for event in TicketEvent.objects.order_by("pk"):
        if event.from_state != last.get(event.ticket_id, ""):
            broken.append(event.ticket_id)
        last[event.ticket_id] = event.to_state
    return broken


# -- Issue ----------------------------------------------------------------------------
def numbers() -> list[int]:
    return sorted(Ticket.objects.values_list("number", flat=True))


def test_issue_at_once_gives_every_number_once_without_gaps(branch: Branch):
    results = together(*[branch.ticket] * 80)

    assert kinds(results) == {"Ticket": 80}
    assert sorted(ticket.number for ticket in results) == list(range(1, 81))
    assert numbers() == list(range(1, 81))
    assert TicketEvent.objects.count() == 80


@pytest.fixture
def no_issue_lock(monkeypatch) -> None:
    """Neither of the two rows that issues of one service queue up for."""
    monkeypatch.setattr(ServiceTallyManager, "take", count_nothing)
    monkeypatch.setattr(NumberSeriesManager, "take", highest_plus_one)


def count_nothing(self, **service) -> bool:
    return True


def highest_plus_one(self, *, office, day, prefix) -> int:
    """What most queue systems do: read the highest number and add one."""
    tickets = Ticket.objects.of_day(office, day).filter(prefix=prefix)
    last = tickets.aggregate(last=models.Max("number"))["last"] or 0
    time.sleep(PAUSE)
    return last + 1


@pytest.mark.usefixtures("no_issue_lock")
def test_issue_without_the_counting_rows_runs_into_the_constraint(branch: Branch):
    results = together(*[branch.ticket] * 20)

    assert kinds(results)["IntegrityError"] > 0
    assert len(set(numbers())) == len(numbers())


@pytest.mark.usefixtures("no_issue_lock")
def test_issue_without_rows_and_constraint_gives_numbers_twice(branch: Branch):
    with without_constraints(Ticket, "ticket_number_once"):
        together(*[branch.ticket] * 20)

        assert len(numbers()) == 20
        assert len(set(numbers())) < 20


def test_issue_under_a_cap_gives_exactly_the_cap(branch: Branch):
    service = branch.offer("SV-JHT", "K", daily_cap=10)

    results = together(*[partial(branch.ticket, service=service)] * 40)

    assert kinds(results) == {"Ticket": 10, DailyCapReached.__name__: 30}
    assert numbers() == list(range(1, 11))
    assert NumberSeries.objects.get().last == 10


def test_issue_with_a_cap_only_looked_at_gives_more(branch: Branch, monkeypatch):
    def look(self, *, office, day, service, cap) -> bool:
        issued = Ticket.objects.of_day(office, day).filter(service=service).count()
        time.sleep(PAUSE)
        return issued < cap

    monkeypatch.setattr(ServiceTallyManager, "take", look)
    service = branch.offer("SV-JHT", "K", daily_cap=10)

    together(*[partial(branch.ticket, service=service)] * 40)

    assert len(numbers()) > 10


def test_request_repeated_at_once_has_one_effect(branch: Branch):
    results = together(*[partial(branch.ticket, request_key="k")] * 20)

    assert kinds(results) == {"Ticket": 20}
    assert len({ticket.pk for ticket in results}) == 1
    assert (numbers(), NumberSeries.objects.get().last) == ([1], 1)


def test_request_repeated_without_its_constraint_has_many(branch: Branch):
    with without_constraints(TicketEvent, "request_key_once"):
        together(*[partial(branch.ticket, request_key="k")] * 20)

        assert len(numbers()) == 20


# -- Call -----------------------------------------------------------------------------
def serve_until_empty(duty: Duty) -> int:
    """Press "call next" until nobody waits; also while another hand has called."""
    served = 0
    for _press in range(300):
        try:
            ticket = call(duty)
        except NobodyWaiting:
            return served
        except CounterBusy:
            time.sleep(0.005)
            continue
        operations.start(ticket=ticket, actor=duty.officer, at=MONDAY)
        operations.finish(ticket=ticket, actor=duty.officer, at=MONDAY)
        served += 1
    return served


def callers() -> Tally:
    """How often each ticket was called."""
    calls = TicketEvent.objects.filter(action=Action.CALL_NEXT)
    return Tally(calls.values_list("ticket", flat=True))


def test_calls_of_ten_counters_with_two_hands_take_everybody_once(branch: Branch):
    for _ in range(50):
        branch.ticket()
    duties = [branch.duty(number) for number in range(1, 11)]

    results = together(*[partial(serve_until_empty, duty) for duty in duties * 2])

    assert kinds(results) == {"int": 20}
    assert sum(results) == 50
    assert set(callers().values()) == {1}
    assert Ticket.objects.filter(state=State.FINISHED).count() == 50
    assert broken_histories() == []


def test_calls_at_once_take_the_longest_waiting(branch: Branch):
    tickets = [branch.ticket(at=after(n)) for n in range(30)]
    duties = [branch.duty(number) for number in range(1, 11)]

    results = together(*[partial(call, duty, after(60)) for duty in duties])

    assert {ticket.pk for ticket in results} == {t.pk for t in tickets[:10]}


@pytest.mark.usefixtures("no_ticket_lock")
def test_calls_without_the_ticket_lock_call_one_person_to_two_counters(
    branch: Branch, monkeypatch
):
    slow(monkeypatch, serving, "_call")
    for _ in range(10):
        branch.ticket()
    duties = [branch.duty(number) for number in range(1, 11)]

    together(*[partial(call, duty) for duty in duties])

    assert max(callers().values()) > 1
    assert broken_histories() != []


def test_calls_of_twenty_hands_at_one_counter_take_one(branch: Branch):
    for _ in range(20):
        branch.ticket()
    duty = branch.duty()

    results = together(*[partial(call, duty)] * 20)

    assert kinds(results) == {"Ticket": 1, CounterBusy.__name__: 19}
    assert Ticket.objects.at_counter().count() == 1


@pytest.mark.usefixtures("no_duty_lock")
def test_calls_without_the_duty_lock_run_into_the_constraint(
    branch: Branch, monkeypatch
):
    slow(monkeypatch, serving, "_take")
    for _ in range(20):
        branch.ticket()
    duty = branch.duty()

    results = together(*[partial(call, duty)] * 20)

    assert kinds(results)["IntegrityError"] > 0
    assert Ticket.objects.at_counter().count() == 1


@pytest.mark.usefixtures("no_duty_lock")
def test_calls_without_duty_lock_and_constraint_crowd_the_counter(
    branch: Branch, monkeypatch
):
    slow(monkeypatch, serving, "_take")
    for _ in range(20):
        branch.ticket()
    duty = branch.duty()

    with without_counter_constraints():
        together(*[partial(call, duty)] * 20)

        assert Ticket.objects.at_counter().count() > 1


# -- Pick: the loser of a race learns who won -----------------------------------------
def pick(ticket: Ticket, duty: Duty) -> Ticket:
    return operations.pick(
        ticket=ticket, duty=duty, actor=duty.officer, at=MONDAY, reason="ill"
    )


def test_picks_of_one_ticket_name_the_counter_that_won(branch: Branch, monkeypatch):
    slow(monkeypatch, serving, "_call")
    ticket = branch.ticket()
    duties = [branch.duty(number) for number in range(1, 6)]

    results = together(*[partial(pick, ticket, duty) for duty in duties])

    ticket.refresh_from_db()
    assert kinds(results) == {"Ticket": 1, AlreadyCalled.__name__: 4}
    assert [r.params["counter"] for r in results if isinstance(r, Refusal)] == [
        ticket.counter.number
    ] * 4


def test_picks_that_read_names_with_the_lock_see_the_former_counter(
    branch: Branch, monkeypatch
):
    """PostgreSQL reads the locked row anew after waiting, but not what it joined."""

    def lock_with_names(ticket: Ticket) -> Ticket:
        return Ticket.objects.locked().with_names().get(pk=ticket.pk)

    monkeypatch.setattr(serving, "lock_ticket", lock_with_names)
    slow(monkeypatch, serving, "_call")
    ticket = branch.ticket()
    duties = [branch.duty(number) for number in range(1, 6)]

    results = together(*[partial(pick, ticket, duty) for duty in duties])

    assert kinds(results)[AlreadyCalled.__name__] == 0


# -- Duties ---------------------------------------------------------------------------
def opening(counter, officer) -> Job:
    return partial(operations.open_duty, counter=counter, officer=officer, at=MONDAY)


def twenty_at_one_counter(branch: Branch) -> list[Job]:
    counter = CounterFactory(office=branch.office, number=1)
    return [opening(counter, branch.officer()) for _ in range(20)]


def one_at_five_counters(branch: Branch) -> list[Job]:
    officer = branch.officer()
    counters = [CounterFactory(office=branch.office, number=n) for n in range(1, 6)]
    return [opening(counter, officer) for counter in counters]


@pytest.mark.parametrize(
    ("crowd", "refusal"),
    [(twenty_at_one_counter, CounterTaken), (one_at_five_counters, AlreadyOnDuty)],
)
def test_duties_opened_at_once_leave_one(branch: Branch, crowd, refusal):
    jobs = crowd(branch)

    results = together(*jobs)

    assert kinds(results) == {"Duty": 1, refusal.__name__: len(jobs) - 1}
    assert Duty.objects.count() == 1


@pytest.mark.parametrize(
    ("crowd", "constraint"),
    [
        (twenty_at_one_counter, "one_open_duty_per_counter"),
        (one_at_five_counters, "one_open_duty_per_officer"),
    ],
)
def test_duties_opened_without_their_constraint_are_many(
    branch: Branch, crowd, constraint
):
    jobs = crowd(branch)

    with without_constraints(Duty, constraint):
        together(*jobs)

        assert Duty.objects.count() == len(jobs)


# -- Two different steps at once ------------------------------------------------------
def undo_and_call(branch: Branch) -> list[Job]:
    """At five counters: somebody has just been finished, somebody else waits."""
    jobs: list[Job] = []
    for number in range(1, 6):
        duty = branch.duty(number)
        done = branch.serving(duty)
        operations.finish(ticket=done, actor=duty.officer, at=MONDAY)
        undo = partial(operations.undo, ticket=done, actor=duty.officer, at=MONDAY)
        jobs += [undo, partial(call, duty)]
    for _ in range(5):
        branch.ticket()
    return jobs


def fullest_counter() -> int:
    counters = Ticket.objects.at_counter().values_list("counter", flat=True)
    return max(Tally(counters).values())


def test_undo_and_call_at_once_leave_one_visitor_at_each_counter(branch: Branch):
    results = together(*undo_and_call(branch))

    for undone, called in zip(results[::2], results[1::2], strict=True):
        pair = (type(undone), type(called))
        assert pair in {(Ticket, CounterBusy), (UndoBlocked, Ticket)}
    assert (Ticket.objects.at_counter().count(), fullest_counter()) == (5, 1)
    assert broken_histories() == []


@pytest.mark.usefixtures("no_duty_lock")
def test_undo_and_call_without_the_duty_lock_put_two_at_one_counter(
    branch: Branch, monkeypatch
):
    slow(monkeypatch, serving, "_take")
    slow(monkeypatch, undoing, "lock_ticket")
    jobs = undo_and_call(branch)

    with without_counter_constraints():
        together(*jobs)

        assert fullest_counter() == 2


def break_and_call(branch: Branch) -> list[Job]:
    jobs: list[Job] = []
    for number in range(1, 6):
        duty = branch.duty(number)
        rest = partial(operations.take_break, duty=duty, reason="MEAL", at=MONDAY)
        jobs += [rest, partial(call, duty)]
        branch.ticket()
    return jobs


def called_during_a_break() -> int:
    return Ticket.objects.at_counter().exclude(duty__break_reason="").count()


def test_break_and_call_at_once_never_both_happen(branch: Branch):
    results = together(*break_and_call(branch))

    assert called_during_a_break() == 0
    for rest, called in zip(results[::2], results[1::2], strict=True):
        assert (type(rest), type(called)) in {(Duty, OnBreak), (CounterBusy, Ticket)}


@pytest.mark.usefixtures("no_duty_lock")
def test_break_and_call_without_the_duty_lock_both_happen(branch: Branch, monkeypatch):
    slow(monkeypatch, serving, "_take")

    together(*break_and_call(branch))

    assert called_during_a_break() > 0


def transfer_and_call(branch: Branch) -> list[Job]:
    """Each of five people is sent to counter 9 while a counter calls for them."""
    target = branch.duty(9).counter
    jobs: list[Job] = []
    for number in range(1, 6):
        ticket, duty = branch.ticket(at=after(number)), branch.duty(number)
        send = partial(
            operations.transfer,
            ticket=ticket,
            actor=duty.officer,
            at=after(10),
            counter=target,
        )
        jobs += [send, partial(call, duty, after(10))]
    return jobs


def test_transfer_and_call_at_once_follow_one_another(branch: Branch):
    results = together(*transfer_and_call(branch))

    assert set(kinds(results)) <= {"Ticket", NobodyWaiting.__name__}
    assert broken_histories() == []
    assert set(callers().values()) <= {1}


@pytest.mark.usefixtures("no_ticket_lock")
def test_transfer_and_call_without_the_ticket_lock_break_the_history(
    branch: Branch, monkeypatch
):
    slow(monkeypatch, serving, "_call")
    slow(monkeypatch, moving, "_apply")

    together(*transfer_and_call(branch))

    assert broken_histories() != []
