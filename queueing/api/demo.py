"""Only in a demonstration: a branch of any shape with a clock of its own, to replay."""

import datetime as dt
import math
import re
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from bpjs_service.api.bodies import StrictSerializer, TextField, read
from bpjs_service.api.schema import described
from bpjs_service.errors import NotFound
from offices.access import Right, require
from offices.models import Office
from offices.operations import reset_clock, set_clock
from queueing.api.common import actor_of, services_of
from queueing.demo import simulated

FREE_DAY = re.compile(r"next_free_day ([01]\d|2[0-3]):([0-5]\d)")
MOST_SPEED = 3600


@extend_schema_field(
    {"oneOf": [{"enum": ["all"]}, {"type": "array", "items": {"type": "string"}}]}
)
class SkillsField(serializers.Field[Any, Any, Any, Any]):
    """``"all"`` or a list of service codes."""

    def to_internal_value(self, data: Any) -> list[str] | None:
        """None for all services."""
        if data == "all":
            return None
        if isinstance(data, list) and all(isinstance(code, str) for code in data):
            return data
        raise serializers.ValidationError(_("Give “all” or a list of service codes."))


class CounterBody(StrictSerializer):
    number = serializers.IntegerField(min_value=1, max_value=99)
    services = SkillsField(default=None)


class BranchBody(StrictSerializer):
    name = TextField(max_length=120, default=simulated.NAME)
    seats = serializers.IntegerField(min_value=1, max_value=1000)
    services = serializers.ListField(child=TextField(max_length=32), min_length=1)
    counters = CounterBody(many=True, allow_empty=False)


@extend_schema_field(OpenApiTypes.STR)
class MomentField(serializers.Field[Any, Any, Any, Any]):
    """An ISO 8601 moment, or ``next_free_day HH:MM``."""

    def to_internal_value(self, data: Any) -> dt.time | dt.datetime:
        """A time of day stands for the next free day."""
        if not isinstance(data, str):
            raise serializers.ValidationError(_("Give a moment as text."))
        if match := FREE_DAY.fullmatch(data):
            return dt.time(int(match[1]), int(match[2]))
        moment: dt.datetime = serializers.DateTimeField().run_validation(data)
        if abs((moment - timezone.now()).days) > simulated.MOST_DAYS_AHEAD:
            raise serializers.ValidationError(_("This is too far from today."))
        return moment


class ClockBody(StrictSerializer):
    reads = MomentField()
    speed = serializers.FloatField(default=1, min_value=0.01, max_value=MOST_SPEED)

    def validate_speed(self, speed: float) -> float:
        """Refuse what is no number, which no bound catches."""
        if not math.isfinite(speed):
            raise serializers.ValidationError(_("Give a number."))
        return speed


class SimulatedCounterShape(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    officer = serializers.CharField(source="staff.username")
    token = serializers.CharField()


class SimulatedShape(serializers.Serializer[Any]):
    """The branch and everybody's new tokens."""

    code = serializers.CharField(source="office.code")
    kiosk_token = serializers.CharField()
    greeter_token = serializers.CharField(source="greeter.token")
    counters = SimulatedCounterShape(source="officers", many=True)


class ClockShape(serializers.Serializer[Any]):
    now = serializers.DateTimeField()
    speed = serializers.FloatField()


@described(
    tag="demonstration",
    name="demo_branch",
    body=BranchBody,
    answer=SimulatedShape,
    number=201,
)
@api_view(["POST"])
def branches(request: Request) -> Response:
    """Make the branch SIM, or give it a new shape; earlier tokens end."""
    parent = _parent()
    require(actor_of(request), Right.ADMINISTER, parent)
    body = read(BranchBody, request)
    made = simulated.build(_shape(body), parent=parent, at_real=timezone.now())
    return Response(SimulatedShape(made).data, status=201)


def _parent() -> Office:
    """Where the branch hangs: the first region, else the head office."""
    _only_in_a_demonstration()
    above = Office.objects.with_lineage().exclude(kind=Office.Kind.BRANCH)
    parents = sorted(above, key=lambda office: (office.parent_id is None, office.code))
    if not parents:
        raise NotFound
    return parents[0]


def _shape(body: dict[str, Any]) -> simulated.Shape:
    skills = {row["number"]: row["services"] for row in body["counters"]}
    return simulated.Shape(
        name=body["name"],
        seats=body["seats"],
        services=services_of(body["services"]),
        skills={
            number: None if codes is None else services_of(codes)
            for number, codes in skills.items()
        },
    )


@described(
    tag="demonstration",
    name="demo_clock_reset",
    method="DELETE",
    answer=OpenApiResponse(description="The branch lives in real time again."),
    number=204,
)
@described(
    tag="demonstration", name="demo_clock_set", body=ClockBody, answer=ClockShape
)
@api_view(["POST", "DELETE"])
def clock(request: Request, code: str) -> Response:
    """Let a demonstration branch live at another moment and speed; DELETE ends it.

    The branch made for replays is then taken off the lists until it is made again.
    """
    office = _demo_branch(request, code)
    if request.method == "DELETE":
        reset_clock(office=office)
        if office.code == simulated.CODE:
            simulated.retire()
        return Response(status=204)
    body = read(ClockBody, request)
    reads, at_real = body["reads"], timezone.now()
    if isinstance(reads, dt.time):
        reads = simulated.next_free_day(office, reads, at_real=at_real)
    set_clock(office=office, reads=reads, at_real=at_real, speed=body["speed"])
    answer = {"now": office.local(office.now()), "speed": office.clock_speed}
    return Response(ClockShape(answer).data)


def _demo_branch(request: Request, code: str) -> Office:
    _only_in_a_demonstration()
    office = Office.objects.branches().with_lineage().filter(code=code).first()
    if office is None or not office.is_demo:
        raise NotFound
    require(actor_of(request), Right.ADMINISTER, office)
    return office


def _only_in_a_demonstration() -> None:
    if not settings.DEMO:
        raise NotFound
