"""Give out numbers and find them."""

from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from bpjs_service.api.bodies import only, read, read_query
from bpjs_service.api.schema import described
from offices.access import Right, require
from offices.models import Office
from queueing import operations
from queueing.api.common import actor_of, key_of, office_for, service_of, ticket_for
from queueing.api.serializers import (
    EventShape,
    IssueBody,
    IssuedShape,
    TicketFilter,
    TicketShape,
    TicketWithEvents,
)
from queueing.models import Ticket
from queueing.queries.tickets import tickets_called

STAFF_RIGHTS = (Right.SERVE, Right.GREET, Right.SEE_BRANCH)
MOST_FOUND = 500


@described(
    tag="tickets",
    name="tickets_find",
    method="GET",
    answer=TicketShape(many=True),
    parameters=[TicketFilter],
)
@described(
    tag="tickets",
    name="ticket_issue",
    body=IssueBody,
    answer=IssuedShape,
    number=201,
    repeatable=True,
)
@api_view(["GET", "POST"])
def tickets(request: Request, code: str) -> Response:
    """Today's tickets of the branch in order of issue; POST gives out a number.

    GET answers with at most 500 of them; ``after`` asks for those behind the last.
    """
    if request.method == "POST":
        return _issue(request, code)
    office = office_for(request, code, *STAFF_RIGHTS)
    found = _find(office, **read_query(TicketFilter, request))
    return Response(TicketShape(found, many=True).data)


def _issue(request: Request, code: str) -> Response:
    office = office_for(request, code, Right.ISSUE)
    body = read(IssueBody, request)
    if "appointment_at" in body:
        require(actor_of(request), Right.GREET, office)
    body["service"] = service_of(body["service"])
    ticket = operations.issue(
        office=office,
        actor=actor_of(request),
        at=office.now(),
        request_key=key_of(request),
        **body,
    )
    return Response(only(IssuedShape).to_representation(ticket), status=201)


def _find(
    office: Office, *, after: int, state: str = "", label: str = ""
) -> list[Ticket]:
    at = office.now()
    if label:
        found = [one for one in tickets_called(office, label, at) if one.pk > after]
        return [one for one in found if state in ("", one.state)]
    today = Ticket.objects.of_day(office, office.day(at)).filter(pk__gt=after)
    if state:
        today = today.filter(state=state)
    return list(today.with_names().order_by("pk")[:MOST_FOUND])


@described(tag="tickets", name="ticket", method="GET", answer=TicketWithEvents)
@api_view(["GET"])
def ticket(request: Request, code: str, pk: int) -> Response:
    """One ticket of any day, with its history."""
    found = ticket_for(request, code, pk, *STAFF_RIGHTS)
    events = found.events.select_related("service", "counter", "staff", "device")
    answer = TicketShape(found).data | {
        "note": found.visit.note,
        "events": EventShape(events, many=True).data,
    }
    return Response(answer)
