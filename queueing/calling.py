"""Whom to call next, and why: a pure rule without database or clock.

Candidates are ordered by tier, then by who has waited longest. Tiers follow
UU 25/2009 art. 29 and UU 8/2016 (elderly, disabled and pregnant people first);
an appointment counts as arrived from its own time.
"""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum, StrEnum


class Tier(IntEnum):
    """Which class of candidates comes first; a smaller value is called earlier."""

    PRIORITY = 0
    APPOINTMENT_DUE = 1
    ORDINARY = 2
    APPOINTMENT_EARLY = 3


class Cause(StrEnum):
    """Why a ticket is the next one; the page words it in the reader's language."""

    SENT_HERE = "sent_here"  # transferred to this counter or officer
    PUT_FIRST = "put_first"  # transferred or requeued to the front
    PRIORITY = "priority"
    APPOINTMENT = "appointment"
    LONGEST_WAITING = "longest_waiting"
    EARLY_APPOINTMENT = "early_appointment"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A waiting ticket as the rule sees it.

    ``queued_at`` is when its wait began; ``sent_here`` marks a transfer to the
    calling counter or officer, ``put_first`` a chosen place at the front. ``target``
    is opaque to the rule: whoever acts on its choice sees by it that the ticket has
    not been sent elsewhere meanwhile.
    """

    key: int
    queued_at: dt.datetime
    is_priority: bool = False
    appointment_at: dt.datetime | None = None
    sent_here: bool = False
    put_first: bool = False
    target: tuple[int | None, ...] = ()


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a candidate was chosen: cause and whole minutes waited."""

    cause: Cause
    waited_min: int


def tier(candidate: Candidate, at: dt.datetime) -> Tier:
    """The candidate's class at that moment."""
    if candidate.is_priority:
        return Tier.PRIORITY
    if candidate.appointment_at is None:
        return Tier.ORDINARY
    if candidate.appointment_at <= at:
        return Tier.APPOINTMENT_DUE
    return Tier.APPOINTMENT_EARLY


def waiting_since(candidate: Candidate) -> dt.datetime:
    """The later of joining the queue and the booked time."""
    if candidate.appointment_at is None:
        return candidate.queued_at
    return max(candidate.queued_at, candidate.appointment_at)


Place = tuple[bool, bool, Tier, dt.datetime, int]


def place(candidate: Candidate, at: dt.datetime) -> Place:
    """Where a candidate stands; a smaller place is called earlier."""
    return (
        not candidate.put_first,
        not candidate.sent_here,
        tier(candidate, at),
        waiting_since(candidate),
        candidate.key,
    )


def in_order(candidates: Iterable[Candidate], at: dt.datetime) -> Iterator[Candidate]:
    """The candidates of one counter, the next one first."""
    return iter(sorted(candidates, key=lambda candidate: place(candidate, at)))


def people_ahead(others: Iterable[Candidate], of: Candidate, at: dt.datetime) -> int:
    """How many of the others are called before this one, if nobody new comes."""
    own = place(of, at)
    return sum(place(other, at) < own for other in others)


_CAUSE_OF_TIER = {
    Tier.PRIORITY: Cause.PRIORITY,
    Tier.APPOINTMENT_DUE: Cause.APPOINTMENT,
    Tier.ORDINARY: Cause.LONGEST_WAITING,
    Tier.APPOINTMENT_EARLY: Cause.EARLY_APPOINTMENT,
}


def reason(candidate: Candidate, at: dt.datetime) -> Reason:
    """Why this candidate is next, for the officer and for the record."""
    waited = max(0, int((at - waiting_since(candidate)).total_seconds() // 60))
    if candidate.put_first:
        return Reason(Cause.PUT_FIRST, waited)
    if candidate.sent_here:
        return Reason(Cause.SENT_HERE, waited)
    return Reason(_CAUSE_OF_TIER[tier(candidate, at)], waited)
