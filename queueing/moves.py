"""The ticket's life as a table: which action leads from which states to which."""

from dataclasses import dataclass

from queueing.models import Action, State


@dataclass(frozen=True)
class Move:
    """States an action may start from, and the state it leads to."""

    sources: frozenset[str]
    target: str


def _move(sources: set[State], target: State) -> Move:
    return Move(frozenset(sources), target)


S = State
MOVES: dict[str, Move] = {
    Action.CALL_NEXT: _move({S.WAITING}, S.CALLED),
    Action.PICK: _move({S.WAITING, S.NO_SHOW}, S.CALLED),
    Action.RECALL: _move({S.CALLED}, S.CALLED),
    Action.START: _move({S.CALLED}, S.SERVING),
    Action.FINISH: _move({S.SERVING}, S.FINISHED),
    Action.NEXT_SERVICE: _move({S.SERVING}, S.SERVING),
    Action.NO_SHOW: _move({S.CALLED}, S.NO_SHOW),
    Action.REQUEUE: _move({S.CALLED, S.NO_SHOW, S.CANCELLED}, S.WAITING),
    Action.HOLD: _move({S.SERVING}, S.ON_HOLD),
    Action.RESUME: _move({S.ON_HOLD}, S.SERVING),
    Action.TRANSFER: _move({S.WAITING, S.CALLED, S.SERVING, S.ON_HOLD}, S.WAITING),
    Action.CANCEL: _move({S.WAITING, S.CALLED, S.ON_HOLD, S.NO_SHOW}, S.CANCELLED),
    # Night closing: whoever was being served was served, the others were not.
    Action.CLOSE: _move({S.WAITING, S.CALLED, S.ON_HOLD}, S.CANCELLED),
    Action.CLOSE_SERVED: _move({S.SERVING}, S.FINISHED),
}

# Steps an officer may take back within UNDO_SECONDS. UNDO itself leads to the
# state the undone event came from, so it has no row in the table.
UNDO_SECONDS = 10
UNDOABLE = frozenset(
    {
        Action.CALL_NEXT,
        Action.PICK,
        Action.START,
        Action.FINISH,
        Action.NEXT_SERVICE,
        Action.NO_SHOW,
        Action.REQUEUE,
        Action.HOLD,
        Action.RESUME,
        Action.TRANSFER,
        Action.CANCEL,
    }
)
