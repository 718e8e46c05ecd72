"""Counters and duties: open, break, close, and call the next visitor."""

from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from bpjs_service.api.bodies import Nothing, only, read
from bpjs_service.api.schema import described
from offices.access import Right, require
from offices.models import Office
from queueing import operations
from queueing.api.common import (
    counter_of,
    duty_of,
    key_of,
    office_for,
    own_duty,
    staff_of,
    ticket_of,
)
from queueing.api.serializers import (
    BreakBody,
    CloseDutyBody,
    CounterShape,
    DutyShape,
    MyDutyShape,
    OpenDutyBody,
    PickBody,
    StepShape,
)
from queueing.models import Counter
from queueing.queries.desk import desk_of, duties_by_counter
from queueing.refusals import NotOnDuty

SEE_COUNTERS = (Right.SERVE, Right.GREET, Right.SEE_BRANCH)


@described(tag="desk", name="counters", method="GET", answer=CounterShape(many=True))
@described(
    tag="desk", name="duty_open", body=OpenDutyBody, answer=DutyShape, number=201
)
@api_view(["GET", "POST"])
def duties(request: Request, code: str) -> Response:
    """The branch's counters and who is at them; POST opens one for oneself.

    Opening what one has open already answers with the same duty: a repeat needs no key.
    """
    if request.method == "POST":
        return _open(request, code)
    office = office_for(request, code, *SEE_COUNTERS)
    return Response(CounterShape(_counters(office), many=True).data)


def _open(request: Request, code: str) -> Response:
    officer = staff_of(request)
    office = office_for(request, code, Right.SERVE)
    body = read(OpenDutyBody, request)
    if body["as_ranger"]:
        require(officer, Right.SERVE_AS_RANGER, office)
    duty = operations.open_duty(
        counter=counter_of(office, body["counter"]),
        officer=officer,
        at=office.now(),
        is_ranger=body["as_ranger"],
    )
    return Response(DutyShape(duty).data, status=201)


def _counters(office: Office) -> list[Counter]:
    """Active counters, each with its open duty or none as ``duty``."""
    duties = duties_by_counter(office)
    found = Counter.objects.filter(office=office, is_active=True)
    counters = list(found.prefetch_related("services"))
    for counter in counters:
        counter.duty = duties.get(counter.pk)  # type: ignore[attr-defined]
    return counters


@described(tag="desk", name="duty_mine", method="GET", answer=MyDutyShape)
@api_view(["GET"])
def mine(request: Request, code: str) -> Response:
    """One's own counter: who is there, the queue in calling order, who is set aside."""
    officer = staff_of(request)
    office = office_for(request, code, Right.SERVE)
    desk = desk_of(office, officer, office.now())
    if desk.duty is None:
        raise NotOnDuty
    return Response(MyDutyShape(desk).data)


@described(tag="desk", name="duty_break", body=BreakBody, answer=DutyShape)
@api_view(["POST"])
def take_break(request: Request, code: str, pk: int) -> Response:
    """Stop calling for a while, with a reason; a break that runs goes on."""
    duty = own_duty(request, code, pk)
    reason = read(BreakBody, request)["reason"]
    at = duty.office.now()
    return Response(
        DutyShape(operations.take_break(duty=duty, reason=reason, at=at)).data
    )


@described(tag="desk", name="duty_back", answer=DutyShape)
@api_view(["POST"])
def end_break(request: Request, code: str, pk: int) -> Response:
    """Be ready to call again."""
    duty = own_duty(request, code, pk)
    read(Nothing, request)
    return Response(
        DutyShape(operations.end_break(duty=duty, at=duty.office.now())).data
    )


@described(tag="desk", name="duty_close", body=CloseDutyBody, answer=DutyShape)
@api_view(["POST"])
def close(request: Request, code: str, pk: int) -> Response:
    """Close one's own counter when nobody is at it, or a colleague's with a reason.

    The latter needs the right to. A called visitor there goes back to the queue, one
    being served is set on hold.
    """
    staff = staff_of(request)
    duty = duty_of(request, code, pk, Right.SERVE, Right.MANAGE_COUNTERS)
    if duty.officer_id == staff.pk:
        return _close_own(request, code, pk)
    require(staff, Right.MANAGE_COUNTERS, duty.office)
    reason = read(CloseDutyBody, request)["reason"]
    released = operations.release_counter(
        duty=duty, actor=staff, at=duty.office.now(), reason=reason
    )
    return Response(DutyShape(released).data)


def _close_own(request: Request, code: str, pk: int) -> Response:
    duty = own_duty(request, code, pk)
    read(CloseDutyBody, request)
    closed = operations.close_duty(duty=duty, at=duty.office.now())
    return Response(DutyShape(closed).data)


@described(tag="desk", name="duty_call_next", answer=StepShape, repeatable=True)
@api_view(["POST"])
def call_next(request: Request, code: str, pk: int) -> Response:
    """Call whom the calling rule puts first for this counter; ``data`` says why."""
    duty = own_duty(request, code, pk)
    read(Nothing, request)
    ticket = operations.call_next(
        duty=duty,
        actor=duty.officer,
        at=duty.office.now(),
        request_key=key_of(request),
    )
    return Response(only(StepShape).to_representation(ticket))


@described(
    tag="desk", name="duty_pick", body=PickBody, answer=StepShape, repeatable=True
)
@api_view(["POST"])
def pick(request: Request, code: str, pk: int) -> Response:
    """Call a number out of turn: needs the right to, and a reason."""
    duty = own_duty(request, code, pk)
    require(duty.officer, Right.PICK, duty.office)
    body = read(PickBody, request)
    ticket = operations.pick(
        duty=duty,
        ticket=ticket_of(request, code, body["ticket"], Right.PICK),
        actor=duty.officer,
        at=duty.office.now(),
        reason=body["reason"],
        request_key=key_of(request),
    )
    return Response(only(StepShape).to_representation(ticket))
