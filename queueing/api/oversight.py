"""A day's waits, and the proof that no number was lost, doubled or called twice."""

from typing import Any

from rest_framework import serializers
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from bpjs_service.api.bodies import StrictSerializer, read_query
from bpjs_service.api.schema import described
from offices.access import Right
from queueing.api.common import office_for
from queueing.invariants import breaches
from queueing.queries.waits import waits as waits_of


class DayQuery(StrictSerializer):
    day = serializers.DateField(required=False, help_text="The branch's today if none.")


class InvariantsShape(serializers.Serializer[Any]):
    """Breaches as sentences; an empty list is the proof."""

    day = serializers.DateField()
    breaches = serializers.ListField(child=serializers.CharField())


class WaitsLine(serializers.Serializer[Any]):
    """Minutes from the number (or the booked time, if later) to the first call."""

    code = serializers.CharField()
    n = serializers.IntegerField()
    served = serializers.IntegerField()
    no_show = serializers.IntegerField()
    left = serializers.IntegerField()
    mean_wait_min = serializers.FloatField(allow_null=True)
    p95 = serializers.FloatField(allow_null=True)
    max = serializers.FloatField(allow_null=True)


class WaitsShape(serializers.Serializer[Any]):
    """A day's waits for each service group and each service."""

    day = serializers.DateField()
    groups = WaitsLine(many=True)
    services = WaitsLine(many=True)


@described(
    tag="oversight",
    name="invariants",
    method="GET",
    answer=InvariantsShape,
    parameters=[DayQuery],
)
@api_view(["GET"])
def invariants(request: Request, code: str) -> Response:
    """Check every number and history of a day."""
    office = office_for(request, code, Right.SEE_BRANCH)
    day = read_query(DayQuery, request).get("day") or office.day(office.now())
    answer = {"day": day, "breaches": breaches(office, day)}
    return Response(InvariantsShape(answer).data)


@described(
    tag="oversight",
    name="waits",
    method="GET",
    answer=WaitsShape,
    parameters=[DayQuery],
)
@api_view(["GET"])
def waits(request: Request, code: str) -> Response:
    """How long a day's visitors waited."""
    office = office_for(request, code, Right.SEE_BRANCH)
    day = read_query(DayQuery, request).get("day") or office.day(office.now())
    return Response(WaitsShape(waits_of(office, day)).data)
