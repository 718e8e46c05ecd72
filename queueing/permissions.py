"""Who may take which step with which ticket; rights themselves: ``offices.access``."""

from bpjs_service.errors import NotAllowed
from offices.access import Actor, Right, may, require
from queueing.models import Action, Place, State, Ticket
from queueing.refusals import NotAtYourCounter

# What the reception may do with any ticket of its branch; of undoing, the operation
# allows one's own last step only.
GREETER_STEPS = frozenset({Action.CANCEL, Action.REQUEUE, Action.TRANSFER, Action.UNDO})


def require_step(
    actor: Actor, action: Action, ticket: Ticket, *, place: str = ""
) -> None:
    """Raise unless the actor may take this step with this ticket.

    An officer handles the ticket at the own counter or set aside by oneself, goes on
    with anybody on hold, puts a called one back by age, and lets an absent visitor
    return by the branch's rule; any other ``place`` is for the reception. Raises
    ``NotAllowed`` or ``NotAtYourCounter``.
    """
    office = ticket.office
    if action in GREETER_STEPS and may(actor, Right.GREET, office):
        return
    require(actor, Right.PICK if action == Action.PICK else Right.SERVE, office)
    is_own = actor.pk in (ticket.officer_id, ticket.held_by_id)
    if not is_own and not _is_anybodys(action, ticket, place):
        raise NotAtYourCounter(label=ticket.label)
    # Else whoever is inconvenient could be sent to the end, again and again.
    if action == Action.REQUEUE and ticket.state == State.CALLED:
        _require_by_age(place)


def _require_by_age(place: str) -> None:
    if place != Place.BY_AGE:
        raise NotAllowed


def _is_anybodys(action: Action, ticket: Ticket, place: str) -> bool:
    """Whether any officer may do it: the operation itself checks the rest."""
    if action in (Action.PICK, Action.RESUME, Action.UNDO):
        return True
    return (
        action == Action.REQUEUE
        and ticket.state == State.NO_SHOW
        and place == Place.LATE
    )
