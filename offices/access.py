"""The one place that says whether a person or machine may do this at this office.

Every page, partial, API endpoint and stream asks here and nowhere else.
"""

import datetime as dt
import functools
from enum import StrEnum

from django.contrib.auth.models import AnonymousUser

from bpjs_service.errors import NotAllowed
from offices.models import Device, Office, Posting, Role, Staff

Actor = Staff | Device


class Right(StrEnum):
    """Something that can be allowed at an office."""

    ISSUE = "issue"  # give a number to a visitor
    SEE_BOARD = "see_board"  # what every visitor in the room may see
    SERVE = "serve"  # open a counter and call people to it
    SERVE_AS_RANGER = "serve_as_ranger"  # do so as help from the back office
    PICK = "pick"  # call somebody out of turn, with a reason
    GREET = "greet"  # find, cancel and requeue tickets at the door
    MANAGE_COUNTERS = "manage_counters"  # close the counter of somebody who has gone
    SEE_BRANCH = "see_branch"  # live figures, histories, reports
    ADMINISTER = "administer"  # reference data, staff, postings, devices


_R = Right
ROLE_RIGHTS: dict[str, frozenset[Right]] = {
    Role.CSO: frozenset({_R.SERVE, _R.SEE_BOARD}),
    Role.RANGER: frozenset({_R.SERVE, _R.SERVE_AS_RANGER, _R.SEE_BOARD}),
    Role.GREETER: frozenset({_R.GREET, _R.ISSUE, _R.SEE_BOARD}),
    Role.HEAD_OF_SERVICE: frozenset(
        {
            *(_R.SERVE, _R.PICK, _R.GREET, _R.ISSUE),
            *(_R.MANAGE_COUNTERS, _R.SEE_BRANCH, _R.SEE_BOARD),
        }
    ),
    Role.BRANCH_HEAD: frozenset(
        {_R.GREET, _R.ISSUE, _R.MANAGE_COUNTERS, _R.SEE_BRANCH, _R.SEE_BOARD}
    ),
    Role.REGIONAL_VALIDATOR: frozenset({_R.SEE_BRANCH, _R.SEE_BOARD}),
    Role.HEAD_OFFICE_VALIDATOR: frozenset({_R.SEE_BRANCH, _R.SEE_BOARD}),
    Role.ADMINISTRATOR: frozenset(Right) - {_R.SERVE, _R.SERVE_AS_RANGER, _R.PICK},
}
DEVICE_RIGHTS: dict[str, frozenset[Right]] = {
    Device.Kind.KIOSK: frozenset({_R.ISSUE, _R.SEE_BOARD}),
    Device.Kind.BOARD: frozenset({_R.SEE_BOARD}),
    Device.Kind.PRINTER: frozenset(),
}


def roles_with(right: Right) -> list[str]:
    return [role for role, rights in ROLE_RIGHTS.items() if right in rights]


def may(actor: Actor | AnonymousUser, right: Right, office: Office) -> bool:
    """Whether the actor has the right at the office today, by the office's date."""
    if isinstance(actor, Device):
        return (
            actor.office_id == office.pk
            and actor.revoked_at is None
            and right in DEVICE_RIGHTS[actor.kind]
        )
    if not isinstance(actor, Staff):
        return False
    return (
        Posting.objects.in_force(office.day(office.now()))
        .filter(staff=actor, office__in=office.lineage_ids, role__in=roles_with(right))
        .exists()
    )


def require(actor: Actor | AnonymousUser, right: Right, office: Office) -> None:
    """Raise ``NotAllowed`` unless the actor has the right at the office."""
    if not may(actor, right, office):
        raise NotAllowed


def branches_for(staff: Staff, right: Right) -> list[Office]:
    """Active branches at which ``may`` allows it, by name."""
    return [
        branch for branch, rights in rights_by_branch(staff).items() if right in rights
    ]


def rights_by_branch(staff: Staff) -> dict[Office, frozenset[Right]]:
    """Active branches by name, with all that ``may`` allows by the branch's date."""
    roles_on = functools.cache(functools.partial(_roles_on, staff))
    found = {}
    for branch in Office.objects.branches().with_lineage():
        roles = roles_on(branch.day(branch.now()))
        rights = {
            right
            for office, role in roles
            if office in branch.lineage_ids
            for right in ROLE_RIGHTS[role]
        }
        if rights:
            found[branch] = frozenset(rights)
    return found


def _roles_on(staff: Staff, day: dt.date) -> list[tuple[int, str]]:
    postings = Posting.objects.in_force(day).filter(staff=staff)
    return list(postings.values_list("office_id", "role"))


def subject_of(actor: Actor) -> str:
    """The actor's name on a live stream, so that its streams can be ended."""
    return f"{type(actor).__name__.lower()}-{actor.pk}"
