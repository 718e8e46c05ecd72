"""Every action on every state: where it leads, or how it is refused."""

import pytest

from bpjs_service.errors import Refusal
from queueing import operations
from queueing.models import Action, Duty, Place, State, Ticket
from queueing.moves import MOVES, UNDOABLE
from queueing.operations.moving import lock_ticket, move
from queueing.refusals import (
    AlreadyCalled,
    MoveNotAllowed,
    NobodyWaiting,
    NotAtYourCounter,
    NothingToUndo,
)
from queueing.repeats import Stamp
from tests.factories import Branch
from tests.queueing.helpers import after, at_once, everything, refused

NOW = after(1)
NO, TAKEN = MoveNotAllowed, AlreadyCalled
NOBODY, NOTHING = NobodyWaiting, NothingToUndo

WAITING, CALLED, SERVING = State.WAITING, State.CALLED, State.SERVING
ON_HOLD, FINISHED = State.ON_HOLD, State.FINISHED
ABSENT, GONE = State.NO_SHOW, State.CANCELLED
STATES = (WAITING, CALLED, SERVING, ON_HOLD, FINISHED, ABSENT, GONE)

# The columns are STATES. UNDO takes back the step by which `ticket_in` got there.
TABLE: dict[Action, tuple[State | type[Refusal], ...]] = {
    Action.CALL_NEXT: (CALLED, NOBODY, NOBODY, NOBODY, NOBODY, NOBODY, NOBODY),
    Action.PICK: (CALLED, TAKEN, TAKEN, NO, NO, CALLED, NO),
    Action.RECALL: (NO, CALLED, NO, NO, NO, NO, NO),
    Action.START: (NO, SERVING, NO, NO, NO, NO, NO),
    Action.FINISH: (NO, NO, FINISHED, NO, NO, NO, NO),
    Action.NEXT_SERVICE: (NO, NO, SERVING, NO, NO, NO, NO),
    Action.NO_SHOW: (NO, ABSENT, NO, NO, NO, NO, NO),
    Action.REQUEUE: (NO, WAITING, NO, NO, NO, WAITING, WAITING),
    Action.HOLD: (NO, NO, ON_HOLD, NO, NO, NO, NO),
    Action.RESUME: (NO, TAKEN, TAKEN, SERVING, NO, NO, NO),
    Action.TRANSFER: (WAITING, WAITING, WAITING, WAITING, NO, NO, NO),
    Action.CANCEL: (GONE, GONE, NO, GONE, NO, GONE, NO),
    Action.CLOSE: (GONE, GONE, NO, GONE, NO, NO, NO),
    Action.CLOSE_SERVED: (NO, NO, FINISHED, NO, NO, NO, NO),
    Action.UNDO: (NOTHING, WAITING, CALLED, SERVING, SERVING, CALLED, WAITING),
}
CASES = [
    pytest.param(state, action, outcome, id=f"{state}-{action}")
    for action, outcomes in TABLE.items()
    for state, outcome in zip(STATES, outcomes, strict=True)
]


def ticket_in(state: State, branch: Branch, duty: Duty) -> Ticket:
    """A ticket that its own officer has just brought into this state."""
    by = {"actor": duty.officer, "at": NOW}
    if state in {WAITING, GONE}:
        ticket = branch.ticket()
        if state == GONE:
            operations.cancel(ticket=ticket, reason="left", **by)
        return ticket
    if state in {CALLED, ABSENT}:
        ticket = branch.called(duty, at=NOW)
        if state == ABSENT:
            operations.no_show(ticket=ticket, **by)
        return ticket
    ticket = branch.serving(duty, at=NOW)
    if state == ON_HOLD:
        operations.hold(ticket=ticket, **by)
    if state == FINISHED:
        operations.finish(ticket=ticket, **by)
    return ticket


def act(action: Action, ticket: Ticket, own: Duty, other: Duty) -> Ticket:
    """The step as its own officer takes it; what needs a free counter, the other."""
    if action in {Action.CLOSE, Action.CLOSE_SERVED}:
        return move(lock_ticket(ticket), action, stamp=Stamp(), actor=None, at=NOW)
    if action == Action.CALL_NEXT:
        return operations.call_next(duty=other, actor=other.officer, at=NOW)
    more = {
        Action.PICK: {"duty": other, "actor": other.officer, "reason": "urgent"},
        Action.RESUME: {"duty": other, "actor": other.officer},
        Action.NEXT_SERVICE: {"service": ticket.service},
        Action.REQUEUE: {"place": Place.BY_AGE, "reason": "came back"},
        Action.TRANSFER: {"counter": other.counter},
        Action.CANCEL: {"reason": "left"},
    }
    arguments = {"actor": own.officer, **more.get(action, {})}
    return getattr(operations, action)(ticket=ticket, at=NOW, **arguments)


@pytest.mark.parametrize(("state", "action", "outcome"), CASES)
def test_action_on_state(branch: Branch, state, action, outcome):
    at_once(branch)
    own, other = branch.duty(1), branch.duty(2)
    ticket = ticket_in(state, branch, own)

    if outcome not in STATES:
        with refused(outcome):
            act(action, ticket, own, other)
        return
    others = everything()["TicketEvent"]
    moved = act(action, ticket, own, other)

    ticket.refresh_from_db()
    assert (ticket.pk, ticket.state, moved.state) == (moved.pk, outcome, outcome)
    assert everything()["TicketEvent"][:-1] == others
    event = ticket.events.last()
    assert (event.action, event.from_state, event.to_state) == (action, state, outcome)
    assert moved.recorded == event


def test_table_covers_every_action_and_state():
    assert set(TABLE) == set(Action) - {Action.ISSUE}
    assert set(STATES) == set(State)


def test_moves_are_exactly_the_table():
    expected = {
        action: (
            {s for s, o in zip(STATES, row, strict=True) if o in STATES},
            {o for o in row if o in STATES},
        )
        for action, row in TABLE.items()
        if action != Action.UNDO
    }

    moves = {action: (set(m.sources), {m.target}) for action, m in MOVES.items()}

    assert moves == expected


def test_what_only_repeats_or_belongs_to_the_night_cannot_be_undone():
    assert set(Action) - UNDOABLE == {
        Action.ISSUE,
        Action.RECALL,
        Action.CLOSE,
        Action.CLOSE_SERVED,
        Action.UNDO,
    }


@pytest.mark.parametrize(
    ("state", "action"),
    [
        (CALLED, Action.RECALL),
        (CALLED, Action.START),
        (CALLED, Action.NO_SHOW),
        (SERVING, Action.FINISH),
        (SERVING, Action.NEXT_SERVICE),
        (SERVING, Action.HOLD),
    ],
)
def test_step_at_the_counter_of_another_is_refused(branch: Branch, state, action):
    at_once(branch)
    own, other = branch.duty(1), branch.duty(2)
    ticket = ticket_in(state, branch, own)

    with refused(NotAtYourCounter):
        act(action, ticket, other, other)
