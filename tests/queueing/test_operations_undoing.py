import datetime as dt

import pytest

from queueing import operations
from queueing.models import Action, Duty, Place, State, Ticket, Visit
from queueing.moves import UNDOABLE
from queueing.operations import undoing
from queueing.refusals import NothingToUndo, UndoBlocked
from tests.factories import Branch
from tests.queueing.helpers import after, at_once, refused

NOW = after(1)
SOON = after(1, seconds=10)  # the last moment in which it can be undone


def row_of(ticket: Ticket) -> dict:
    return Ticket.objects.values().get(pk=ticket.pk)


def undo(ticket: Ticket, duty: Duty, at: dt.datetime = SOON, **more) -> Ticket:
    return operations.undo(ticket=ticket, actor=duty.officer, at=at, **more)


def on_hold(branch: Branch, duty: Duty) -> Ticket:
    ticket = branch.serving(duty)
    return operations.hold(ticket=ticket, actor=duty.officer, at=after(0))


def absent(branch: Branch, duty: Duty) -> Ticket:
    ticket = branch.called(duty)
    return operations.no_show(ticket=ticket, actor=duty.officer, at=after(0))


def sent_first(branch: Branch, duty: Duty) -> Ticket:
    """Waiting, with every field set that a call takes away."""
    return operations.transfer(
        ticket=branch.ticket(),
        actor=duty.officer,
        at=after(0),
        counter=duty.counter,
        place=Place.FRONT,
    )


def waiting(branch: Branch, duty: Duty) -> Ticket:
    return branch.ticket()


def called(branch: Branch, duty: Duty) -> Ticket:
    return branch.called(duty)


def serving(branch: Branch, duty: Duty) -> Ticket:
    return branch.serving(duty)


def cancelled(branch: Branch, duty: Duty) -> Ticket:
    return operations.cancel(
        ticket=branch.ticket(), actor=duty.officer, at=after(0), reason="left"
    )


STEPS = [
    (Action.CALL_NEXT, sent_first, {}),
    (Action.PICK, sent_first, {"reason": "ill"}),
    (Action.PICK, absent, {"reason": "came"}),
    (Action.START, called, {}),
    (Action.FINISH, serving, {}),
    (Action.NEXT_SERVICE, serving, {"service": "SV-JHT"}),
    (Action.NO_SHOW, called, {}),
    (Action.REQUEUE, called, {"place": Place.END}),
    (Action.REQUEUE, absent, {}),
    (Action.REQUEUE, cancelled, {}),
    (Action.HOLD, serving, {"reason": "photocopy"}),
    (Action.RESUME, on_hold, {}),
    (Action.TRANSFER, waiting, {"service": "SV-JHT", "place": Place.FRONT}),
    (Action.TRANSFER, called, {"service": "SV-JHT"}),
    (Action.TRANSFER, serving, {"service": "SV-JHT", "performed": True}),
    (Action.TRANSFER, on_hold, {"service": "SV-JHT"}),
    (Action.CANCEL, waiting, {"reason": "left"}),
    (Action.CANCEL, called, {"reason": "left"}),
    (Action.CANCEL, on_hold, {"reason": "left"}),
    (Action.CANCEL, absent, {"reason": "left"}),
]


@pytest.mark.parametrize(
    ("action", "prepare", "choice"),
    STEPS,
    ids=[f"{action}-{prepare.__name__}" for action, prepare, _ in STEPS],
)
def test_undo_restores_every_field(branch: Branch, action, prepare, choice):
    at_once(branch)
    duty, claims = branch.duty(), branch.offer("SV-JHT", "K")
    ticket = prepare(branch, duty)
    before = row_of(ticket)
    arguments = {"actor": duty.officer, "at": NOW, **choice}
    if "service" in choice:
        arguments["service"] = claims
    if action != Action.CALL_NEXT:
        arguments["ticket"] = ticket
    if action in {Action.CALL_NEXT, Action.PICK, Action.RESUME}:
        arguments["duty"] = duty
    getattr(operations, action)(**arguments)
    step = ticket.events.last()

    undone = undo(ticket, duty)

    assert row_of(ticket) == {**before, "moved_at": SOON}
    assert row_of(undone) == row_of(ticket)
    event = undone.recorded
    assert (event.action, event.undoes) == (Action.UNDO, step)
    assert (event.from_state, event.to_state) == (step.to_state, step.from_state)
    assert (event.at, event.staff) == (SOON, duty.officer)
    assert step.undone_by == event


def test_every_step_that_can_be_undone_is_tried_above():
    assert {action for action, _, _ in STEPS} == UNDOABLE


def test_undo_is_over_after_ten_seconds(branch: Branch):
    duty = branch.duty()
    ticket = branch.called(duty, at=NOW)

    with refused(NothingToUndo):
        undo(ticket, duty, at=SOON + dt.timedelta(microseconds=1))


def test_undo_of_what_another_did_is_refused(branch: Branch):
    duty, other = branch.duty(1), branch.duty(2)
    ticket = branch.called(duty, at=NOW)

    with refused(NothingToUndo):
        undo(ticket, other)


def test_undo_of_the_kiosks_number_is_refused(branch: Branch):
    ticket, duty = branch.ticket(at=NOW), branch.duty()

    with refused(NothingToUndo):
        undo(ticket, duty)


def test_undo_of_a_recall_is_refused(branch: Branch):
    at_once(branch)
    duty = branch.duty()
    ticket = branch.called(duty)
    operations.recall(ticket=ticket, actor=duty.officer, at=NOW)

    with refused(NothingToUndo):
        undo(ticket, duty)


def test_undo_twice_is_refused(branch: Branch):
    duty = branch.duty()
    ticket = branch.serving(duty, at=NOW)
    undo(ticket, duty)

    with refused(NothingToUndo):
        undo(ticket, duty)
    assert row_of(ticket)["state"] == State.CALLED


@pytest.mark.parametrize("note", ["form is complete", ""])
def test_undo_of_a_transfer_withdraws_its_note(branch: Branch, note):
    duty = branch.duty()
    to = {
        "ticket": branch.ticket(),
        "actor": duty.officer,
        "service": branch.service,
    }
    operations.transfer(at=after(0), note="form is missing", **to)
    operations.transfer(at=NOW, note=note, **to)

    undone = undo(to["ticket"], duty)

    assert Visit.objects.get().note == undone.visit.note == "form is missing"
    texts = undone.visit.notes.values_list("text", flat=True)
    assert list(texts) == ["form is missing", note]
    assert [n.text for n in undone.visit.notes.in_force()] == ["form is missing"]


def test_undo_of_the_first_note_leaves_none(branch: Branch):
    duty = branch.duty()
    ticket = branch.ticket()
    to = {"actor": duty.officer, "service": branch.service}
    operations.transfer(ticket=ticket, at=NOW, note="form is missing", **to)

    assert undo(ticket, duty).visit.note == ""


def test_undo_of_a_ticket_without_a_history_is_refused(branch: Branch):
    duty = branch.duty()

    with refused(NothingToUndo):
        undo(Ticket(pk=0), duty)


LEAVING = [
    (Action.FINISH, serving, {}),
    (Action.HOLD, serving, {}),
    (Action.NO_SHOW, called, {}),
    (Action.REQUEUE, called, {}),
    (Action.TRANSFER, called, {"place": Place.END}),
    (Action.CANCEL, called, {"reason": "left"}),
]


@pytest.mark.parametrize(
    ("action", "prepare", "choice"), LEAVING, ids=[str(a) for a, _, _ in LEAVING]
)
@pytest.mark.parametrize("obstacle", ["occupied", "break", "closed"])
def test_undo_is_blocked_when_the_counter_is_not_free(
    branch: Branch, action, prepare, choice, obstacle
):
    at_once(branch)
    duty = branch.duty()
    ticket = prepare(branch, duty)
    if action == Action.TRANSFER:
        choice = {**choice, "service": branch.service}
    getattr(operations, action)(ticket=ticket, actor=duty.officer, at=NOW, **choice)
    if obstacle == "occupied":
        _pick_somebody(branch, duty)
    elif obstacle == "break":
        operations.take_break(duty=duty, reason="PRAYER", at=NOW)
    else:
        operations.close_duty(duty=duty, at=NOW)

    with refused(UndoBlocked) as refusal:
        undo(ticket, duty)
    assert refusal.value.params == {"label": "A001"}


def _pick_somebody(branch: Branch, duty: Duty) -> None:
    operations.pick(
        duty=duty, ticket=branch.ticket(), actor=duty.officer, at=NOW, reason="ill"
    )


def test_undo_of_a_call_needs_no_free_counter(branch: Branch):
    duty = branch.duty()
    ticket = branch.called(duty, at=NOW)

    assert undo(ticket, duty).state == State.WAITING


def test_undo_by_the_greeter_returns_the_ticket_to_the_officers_counter(branch: Branch):
    duty, greeter = branch.duty(), branch.officer("GREETER")
    ticket = branch.called(duty)
    operations.cancel(ticket=ticket, actor=greeter, at=NOW, reason="left")

    back = operations.undo(ticket=ticket, actor=greeter, at=SOON)

    assert (back.state, back.counter, back.officer) == (
        State.CALLED,
        duty.counter,
        duty.officer,
    )


def test_undo_refuses_when_the_ticket_moved_on_while_it_waited(
    branch: Branch, monkeypatch
):
    duty = branch.duty()
    ticket = branch.serving(duty, at=NOW)
    lock = undoing.lock_ticket

    def finished_meanwhile(ticket):
        operations.finish(ticket=ticket, actor=duty.officer, at=NOW)
        return lock(ticket)

    monkeypatch.setattr(undoing, "lock_ticket", finished_meanwhile)

    with pytest.raises(NothingToUndo):
        undo(ticket, duty)
