"""Every step of a ticket's life: one address, one operation each."""

from collections.abc import Callable
from typing import Any

from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from bpjs_service.api.bodies import Nothing, StrictSerializer, only, read
from bpjs_service.api.schema import described
from offices.access import Right
from offices.models import Staff
from queueing import operations
from queueing.api.common import (
    counter_of,
    key_of,
    require_today,
    service_of,
    staff_of,
    ticket_for,
)
from queueing.api.serializers import (
    CancelBody,
    HoldBody,
    NextServiceBody,
    RequeueBody,
    StepShape,
    TransferBody,
)
from queueing.models import Action, Duty, Ticket
from queueing.permissions import require_step
from queueing.refusals import NotAtYourCounter, NotOnDuty, OfficerUnknown
from queueing.repeats import is_repeat

View = Callable[[Request, str, int], Response]


def step(body: type[StrictSerializer] | None = None) -> Callable[[View], Any]:
    """Make a function the POST view of the step it is named after."""

    def decorate(view: View) -> Any:
        describe = described(
            tag="steps",
            name=f"ticket_{view.__name__}",
            body=body,
            answer=StepShape,
            repeatable=True,
        )
        return describe(api_view(["POST"])(view))

    return decorate


# -- The officer at whose counter the ticket is ---------------------------------------
@step()
def recall(request: Request, code: str, pk: int) -> Response:
    """Call the number again, after the branch's gap and up to its limit."""
    return _serve(request, operations.recall, _own(request, code, pk))


@step()
def start(request: Request, code: str, pk: int) -> Response:
    """The visitor has come to the counter."""
    return _serve(request, operations.start, _own(request, code, pk))


@step()
def finish(request: Request, code: str, pk: int) -> Response:
    """The visit is over."""
    return _serve(request, operations.finish, _own(request, code, pk))


@step()
def no_show(request: Request, code: str, pk: int) -> Response:
    """Nobody came, after the calls and the time the branch's rules ask for."""
    return _serve(request, operations.no_show, _own(request, code, pk))


@step(NextServiceBody)
def next_service(request: Request, code: str, pk: int) -> Response:
    """This service is done; go on with another for the same visitor."""
    ticket = _own(request, code, pk)
    service = service_of(read(NextServiceBody, request)["service"])
    return _take(request, operations.next_service, ticket, service=service)


@step(HoldBody)
def hold(request: Request, code: str, pk: int) -> Response:
    """Set the visitor aside, for a copy or a form, and free the counter."""
    ticket = _own(request, code, pk)
    return _take(request, operations.hold, ticket, **read(HoldBody, request))


@step()
def resume(request: Request, code: str, pk: int) -> Response:
    """Go on, at one's own counter, with anybody on hold at the branch."""
    ticket = _own(request, code, pk)
    read(Nothing, request)
    duty = _duty_at(ticket, staff_of(request))
    return _take(request, operations.resume, ticket, duty=duty)


# -- The officer who has the ticket, or the reception ---------------------------------
@step(TransferBody)
def transfer(request: Request, code: str, pk: int) -> Response:
    """Send the visitor on to a service, a counter or an officer; the number stays."""
    ticket = _handled(request, code, pk)
    body = read(TransferBody, request)
    _require(request, Action.TRANSFER, ticket)
    return _take(request, operations.transfer, ticket, **_targets(ticket, body))


@step(RequeueBody)
def requeue(request: Request, code: str, pk: int) -> Response:
    """Put a called, absent or cancelled number back into its queue."""
    ticket = _handled(request, code, pk)
    body = read(RequeueBody, request)
    _require(request, Action.REQUEUE, ticket, place=body["place"])
    return _take(request, operations.requeue, ticket, **body)


@step(CancelBody)
def cancel(request: Request, code: str, pk: int) -> Response:
    """Take the number out of the queue, with a reason."""
    ticket = _handled(request, code, pk)
    body = read(CancelBody, request)
    _require(request, Action.CANCEL, ticket)
    return _take(request, operations.cancel, ticket, **body)


@step()
def undo(request: Request, code: str, pk: int) -> Response:
    """Take back one's own last step, within ten seconds."""
    staff_of(request)
    ticket = ticket_for(request, code, pk, Right.SERVE, Right.GREET)
    require_today(ticket)
    return _serve(request, operations.undo, ticket)


# -- What they share ------------------------------------------------------------------
def _own(request: Request, code: str, pk: int) -> Ticket:
    """One of today's tickets; that it is at the own counter the operation checks."""
    staff_of(request)
    ticket = ticket_for(request, code, pk, Right.SERVE)
    require_today(ticket)
    return ticket


def _handled(request: Request, code: str, pk: int) -> Ticket:
    """One of today's tickets; who may handle it depends on the step."""
    staff_of(request)
    return ticket_for(request, code, pk, Right.SERVE, Right.GREET)


def _require(
    request: Request, action: Action, ticket: Ticket, *, place: str = ""
) -> None:
    """Raise unless the step is allowed, or is a repeat of one that was.

    A repeat finds the ticket elsewhere already; the operation then answers as
    before, or refuses the key.
    """
    try:
        require_step(staff_of(request), action, ticket, place=place)
    except NotAtYourCounter:
        if not is_repeat(key_of(request), ticket):
            raise
    require_today(ticket)


def _serve(
    request: Request, operation: Callable[..., Ticket], ticket: Ticket
) -> Response:
    """Take a step that needs no further word."""
    read(Nothing, request)
    return _take(request, operation, ticket)


def _take(
    request: Request, operation: Callable[..., Ticket], ticket: Ticket, **more: Any
) -> Response:
    done = operation(
        ticket=ticket,
        actor=staff_of(request),
        at=ticket.office.now(),
        request_key=key_of(request),
        **more,
    )
    return Response(only(StepShape).to_representation(done))


def _duty_at(ticket: Ticket, staff: Staff) -> Duty:
    duty = Duty.objects.open().filter(office=ticket.office_id, officer=staff).first()
    if duty is None:
        raise NotOnDuty
    return duty


def _targets(ticket: Ticket, body: dict[str, Any]) -> dict[str, Any]:
    """The body with the rows its target names stand for."""
    if "service" in body:
        body["service"] = service_of(body["service"])
    if "counter" in body:
        body["counter"] = counter_of(ticket.office, body["counter"])
    if "officer" in body:
        body["officer"] = _officer(ticket, body["officer"])
    return body


def _officer(ticket: Ticket, pk: int) -> Staff:
    duties = Duty.objects.open().filter(office=ticket.office_id, officer=pk)
    duty = duties.select_related("officer").first()
    if duty is None:
        raise OfficerUnknown
    return duty.officer
