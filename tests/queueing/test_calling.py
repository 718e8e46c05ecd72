"""The calling rule alone: no database, no clock."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queueing.calling import (
    Candidate,
    Cause,
    Reason,
    Tier,
    in_order,
    people_ahead,
    reason,
    tier,
)
from tests.factories import MONDAY
from tests.queueing.helpers import after

NOW = after(60)
TICK = dt.timedelta(microseconds=1)


def keys(*candidates: Candidate) -> list[int]:
    return [candidate.key for candidate in in_order(candidates, NOW)]


@pytest.mark.parametrize(
    ("candidate", "expected"),
    [
        (Candidate(1, MONDAY), Tier.ORDINARY),
        (Candidate(1, MONDAY, is_priority=True), Tier.PRIORITY),
        (Candidate(1, MONDAY, appointment_at=NOW - TICK), Tier.APPOINTMENT_DUE),
        (Candidate(1, MONDAY, appointment_at=NOW), Tier.APPOINTMENT_DUE),
        (Candidate(1, MONDAY, appointment_at=NOW + TICK), Tier.APPOINTMENT_EARLY),
        (Candidate(1, MONDAY, is_priority=True, appointment_at=NOW), Tier.PRIORITY),
    ],
)
def test_tier(candidate, expected):
    assert tier(candidate, NOW) == expected


def test_order_of_the_tiers_beats_the_wait():
    early = Candidate(1, MONDAY, appointment_at=after(61))
    ordinary = Candidate(2, after(1))
    due = Candidate(3, after(2), appointment_at=after(59))
    priority = Candidate(4, after(58), is_priority=True)

    assert keys(early, ordinary, due, priority) == [4, 3, 2, 1]


def test_order_puts_the_sent_before_the_tiers_and_the_first_before_all():
    priority = Candidate(1, MONDAY, is_priority=True)
    sent = Candidate(2, after(1), sent_here=True)
    first = Candidate(3, after(2), put_first=True)
    both = Candidate(4, after(3), put_first=True, sent_here=True)
    first_and_old = Candidate(5, after(2), put_first=True, is_priority=True)

    assert keys(priority, sent, first, both, first_and_old) == [4, 5, 3, 2, 1]


def test_order_within_a_tier_is_by_arrival_then_by_number():
    assert keys(
        Candidate(3, after(1)), Candidate(2, after(2)), Candidate(1, after(2))
    ) == [3, 1, 2]


def test_appointment_counts_from_the_later_of_arrival_and_booked_time():
    came_early = Candidate(1, after(0), appointment_at=after(30))
    came_late = Candidate(2, after(20), appointment_at=after(10))

    assert keys(came_early, came_late) == [2, 1]
    assert [reason(c, NOW).waited_min for c in (came_early, came_late)] == [30, 40]


@pytest.mark.parametrize(
    ("candidate", "expected"),
    [
        (Candidate(1, after(10)), Reason(Cause.LONGEST_WAITING, 50)),
        (Candidate(1, after(0.5)), Reason(Cause.LONGEST_WAITING, 59)),
        (Candidate(1, after(61)), Reason(Cause.LONGEST_WAITING, 0)),
        (Candidate(1, after(10), is_priority=True), Reason(Cause.PRIORITY, 50)),
        (
            Candidate(1, after(10), appointment_at=after(20)),
            Reason(Cause.APPOINTMENT, 40),
        ),
        (
            Candidate(1, after(10), appointment_at=after(90)),
            Reason(Cause.EARLY_APPOINTMENT, 0),
        ),
        (
            Candidate(1, after(10), is_priority=True, sent_here=True),
            Reason(Cause.SENT_HERE, 50),
        ),
        (
            Candidate(1, after(10), sent_here=True, put_first=True),
            Reason(Cause.PUT_FIRST, 50),
        ),
    ],
)
def test_reason_says_why_and_how_long(candidate, expected):
    assert reason(candidate, NOW) == expected


moments = st.integers(0, 120).map(after)
candidates = st.lists(
    st.builds(
        Candidate,
        key=st.integers(1, 1000),
        queued_at=moments,
        is_priority=st.booleans(),
        appointment_at=st.none() | moments,
        sent_here=st.booleans(),
        put_first=st.booleans(),
    ),
    unique_by=lambda candidate: candidate.key,
    max_size=12,
)


@given(candidates, moments, st.randoms())
def test_order_is_total_and_does_not_depend_on_the_order_of_reading(
    queue, at, shuffler
):
    shuffled = queue.copy()
    shuffler.shuffle(shuffled)

    ordered = list(in_order(queue, at))

    assert ordered == list(in_order(shuffled, at))
    assert sorted(c.key for c in ordered) == sorted(c.key for c in queue)


def class_and_age(candidate: Candidate, at: dt.datetime) -> tuple:
    """What the order may look at: first the class, then the age."""
    booked = candidate.appointment_at or candidate.queued_at
    return (
        (not candidate.put_first, not candidate.sent_here, tier(candidate, at)),
        max(candidate.queued_at, booked),
    )


@given(candidates, moments)
def test_nobody_is_passed_by_a_younger_one_of_the_same_class(queue, at):
    ordered = [class_and_age(candidate, at) for candidate in in_order(queue, at)]

    assert ordered == sorted(ordered)


@given(candidates, moments)
def test_taking_somebody_away_changes_nothing_for_the_others(queue, at):
    ordered = list(in_order(queue, at))

    for gone in queue:
        rest = [candidate for candidate in queue if candidate != gone]
        assert list(in_order(rest, at)) == [c for c in ordered if c != gone]


def test_people_ahead_are_those_with_an_earlier_place():
    def waiting(key: int, minute: int, **more: bool) -> Candidate:
        return Candidate(key, MONDAY + dt.timedelta(minutes=minute), **more)

    own = waiting(5, 10)
    others = [
        waiting(1, 5),
        waiting(2, 15),
        waiting(3, 20, is_priority=True),
        waiting(4, 10),
    ]

    assert people_ahead(others, own, MONDAY + dt.timedelta(hours=1)) == 3
