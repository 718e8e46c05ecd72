import datetime as dt

import pytest

from offices.models import OpeningHours
from queueing import operations
from queueing.queries.board import board
from tests.factories import MONDAY

SECOND = dt.timedelta(seconds=1)
LATER = MONDAY + 60 * SECOND


def shown(calls):
    return [(call.label, call.counter, call.times) for call in calls]


def test_board_of_an_empty_day_shows_the_groups_alone(branch):
    now = board(branch.office, MONDAY)

    assert (now.newest, now.others, now.earlier) == (None, (), ())
    assert [(line.group.prefix, line.waiting) for line in now.groups] == [("A", 0)]
    assert now.is_open
    assert now.next_opening is None


def test_board_says_when_a_closed_branch_opens(branch):
    OpeningHours.objects.update(opens=dt.time(8), closes=dt.time(15))

    now = board(branch.office, MONDAY.replace(hour=18))

    assert not now.is_open
    assert now.next_opening == MONDAY.replace(day=6, hour=8)


def test_board_shows_the_newest_call_first(branch):
    branch.called(branch.duty(1), at=MONDAY)
    branch.called(branch.duty(2), at=MONDAY + SECOND)

    now = board(branch.office, LATER)

    assert now.newest is not None
    assert shown([now.newest]) == [("A002", 2, 1)]
    assert shown(now.others) == [("A001", 1, 1)]


def test_recall_comes_first_again_and_is_marked(branch):
    duty = branch.duty(1)
    ticket = branch.called(duty, at=MONDAY)
    branch.called(branch.duty(2), at=MONDAY + SECOND)
    key = board(branch.office, MONDAY).others[0].key

    operations.recall(ticket=ticket, actor=duty.officer, at=LATER)

    now = board(branch.office, LATER)
    assert shown(now.calls) == [("A001", 1, 2), ("A002", 2, 1)]
    assert now.calls[0].key != key


def test_call_moves_to_the_last_calls_when_the_visitor_has_come(branch):
    duty = branch.duty(3)
    ticket = branch.serving(duty)

    assert shown(board(branch.office, LATER).earlier) == [("A001", 3, 1)]

    operations.finish(ticket=ticket, actor=duty.officer, at=LATER)
    now = board(branch.office, LATER)
    assert now.newest is None
    assert shown(now.earlier) == [("A001", 3, 1)]


def test_undone_call_leaves_the_board(branch):
    duty = branch.duty(1)
    ticket = branch.called(duty)

    operations.undo(ticket=ticket, actor=duty.officer, at=MONDAY + SECOND)

    now = board(branch.office, LATER)
    assert (now.calls, now.last_calls) == ((), ())
    assert now.groups[0].waiting == 1


def test_ticket_waiting_again_is_no_last_call(branch):
    duty = branch.duty(1)
    ticket = branch.called(duty)

    operations.requeue(ticket=ticket, actor=duty.officer, at=LATER)

    assert board(branch.office, LATER).last_calls == ()


def test_ticket_called_twice_is_one_last_call_at_the_newer_counter(branch):
    first, second = branch.duty(1), branch.duty(2)
    ticket = branch.serving(first)
    operations.transfer(
        ticket=ticket, counter=second.counter, actor=first.officer, at=MONDAY
    )
    ticket = operations.call_next(duty=second, actor=second.officer, at=LATER)
    operations.start(ticket=ticket, actor=second.officer, at=LATER)

    assert shown(board(branch.office, LATER).last_calls) == [("A001", 2, 1)]


def test_board_counts_those_waiting_group_by_group(branch):
    claim = branch.offer("CLAIM", "K")
    branch.offer("NOT-HERE", "X", is_offered=False)
    branch.ticket(service=claim, at=MONDAY)
    branch.ticket(service=claim, at=MONDAY + SECOND)

    groups = board(branch.office, MONDAY + 90 * SECOND).groups

    found = {g.group.prefix: (g.waiting, g.oldest, g.minutes) for g in groups}
    assert found == {"A": (0, "", 0), "K": (2, "K001", 1)}


def test_board_shows_its_own_branch_and_day_only(branch):
    branch.called(branch.duty(1))
    branch.ticket()

    tomorrow = board(branch.office, MONDAY + dt.timedelta(days=1))

    assert (tomorrow.calls, tomorrow.last_calls) == ((), ())
    assert tomorrow.groups[0].waiting == 0


def test_board_has_room_for_twelve_counters_at_once(branch):
    for number in range(12):
        branch.called(branch.duty(number + 1), at=MONDAY + number * SECOND)

    now = board(branch.office, LATER)

    assert now.newest is not None
    assert now.newest.label == "A012"
    assert (len(now.others), now.columns) == (11, 3)
    assert now.earlier == ()


def test_last_calls_fill_the_rows_that_are_left(branch):
    for number in range(10):
        branch.serving(branch.duty(number + 1), at=MONDAY + number * SECOND)
    branch.called(branch.duty(11), at=LATER)
    branch.called(branch.duty(12), at=LATER + SECOND)

    now = board(branch.office, LATER)

    assert (len(now.others), now.columns) == (1, 2)
    assert [call.label for call in now.earlier] == [
        "A010", "A009", "A008", "A007", "A006", "A005",
    ]  # fmt: skip


@pytest.mark.parametrize("tickets", [1, 30])
def test_board_needs_the_same_queries_on_a_full_day(
    branch, tickets, django_assert_num_queries
):
    duties = [branch.duty(number) for number in range(1, min(tickets, 6) + 1)]
    services = [branch.offer(f"S{prefix}", prefix) for prefix in "BCDEFG"[:tickets]]
    for number in range(tickets):
        branch.ticket(service=services[number % len(services)])
    for duty in duties:
        branch.called(duty)

    with django_assert_num_queries(5):
        board(branch.office, MONDAY)
