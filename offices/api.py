"""Log-in and log-out of the API: a name and password for a token of one working day."""

from typing import Any, cast

from django.contrib.auth import authenticate
from django.contrib.auth.signals import user_logged_in
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import OpenApiResponse
from knox.models import AuthToken
from rest_framework import serializers
from rest_framework.decorators import (
    api_view,
    authentication_classes,
    permission_classes,
    throttle_classes,
)
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from bpjs_service.api.bodies import Nothing, StrictSerializer, TextField, read
from bpjs_service.api.schema import described
from bpjs_service.errors import NotAllowed, Refusal
from bpjs_service.throttles import LoginThrottle
from offices.access import Actor, Right, rights_by_branch
from offices.models import Device, Staff
from offices.operations import end_token, new_token


class WrongCredentials(Refusal):
    """Unknown name, wrong password or a closed account: nobody learns which."""

    code = "wrong_credentials"
    status = 401
    sentence = _("The user name or password is wrong.")


class LockedOut(Refusal):
    """Too many wrong passwords for this name or from this address (django-axes)."""

    code = "locked_out"
    status = 429
    sentence = _("Too many attempts. Try again in 15 minutes.")
    wait = 15 * 60


class LoginBody(StrictSerializer):
    username = TextField(max_length=150)
    password = TextField(max_length=128, trim_whitespace=False)


class TokenShape(serializers.Serializer[Any]):
    """``Authorization: Token <token>`` for everything else."""

    token = serializers.CharField()
    expires = serializers.DateTimeField()


@described(
    tag="log-in",
    name="login",
    body=LoginBody,
    answer=TokenShape,
    errors=(400, 401, 413, 415, 429),
)
@api_view(["POST"])
@authentication_classes([])
@permission_classes([AllowAny])
@throttle_classes([LoginThrottle])
def login(request: Request) -> Response:
    """Exchange a user name and password for a token."""
    staff = _authenticated(request, **read(LoginBody, request))
    row, token = new_token(staff=staff, at_real=timezone.now())
    return Response(TokenShape({"token": token, "expires": row.expiry}).data)


def _authenticated(request: Request, username: str, password: str) -> Staff:
    page = request._request  # noqa: SLF001 - django-axes wants Django's own request
    staff = authenticate(page, username=username, password=password)
    if getattr(page, "axes_locked_out", False):
        # Answered here; otherwise the middleware would put its page in our place.
        page.axes_locked_out = False  # type: ignore[attr-defined]
        raise LockedOut
    if not isinstance(staff, Staff):
        raise WrongCredentials
    user_logged_in.send(Staff, request=page, user=staff)
    return staff


@described(
    tag="log-in",
    name="logout",
    answer=OpenApiResponse(description="The token is worth nothing any more."),
    number=204,
)
@api_view(["POST"])
def logout(request: Request) -> Response:
    """Give the token back."""
    if not isinstance(request.auth, AuthToken):
        raise NotAllowed
    read(Nothing, request)
    end_token(token=request.auth)
    return Response(status=204)


# -- Who am I -------------------------------------------------------------------------
class OfficeShape(serializers.Serializer[Any]):
    code = serializers.CharField()
    name = serializers.CharField()


class MachineShape(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(Device.Kind.choices)
    name = serializers.CharField()
    office = OfficeShape()


class BranchRightsShape(OfficeShape):
    rights = serializers.ListField(
        child=serializers.ChoiceField([(right.value, right.value) for right in Right])
    )


class MyselfShape(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()
    branches = BranchRightsShape(many=True)


class MeShape(serializers.Serializer[Any]):
    """Either a machine or a person; the other one is null."""

    device = MachineShape(allow_null=True)
    staff = MyselfShape(allow_null=True)


@described(tag="log-in", name="me", method="GET", answer=MeShape, errors=(401, 429))
@api_view(["GET"])
def me(request: Request) -> Response:
    """Who asks: a machine with its office, or a person with the rights at each branch.

    A branch at which somebody has no right today is left out.
    """
    actor = cast("Actor", request.user)  # the default permission lets in nobody else
    if isinstance(actor, Device):
        return Response(MeShape({"device": actor, "staff": None}).data)
    branches = [
        {"code": branch.code, "name": branch.name, "rights": sorted(rights)}
        for branch, rights in rights_by_branch(actor).items()
    ]
    person = {"id": actor.pk, "name": actor.name, "branches": branches}
    return Response(MeShape({"device": None, "staff": person}).data)


# -- How the schema describes who is speaking -----------------------------------------
class DeviceScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "offices.authentication.DeviceAuthentication"
    name = "device"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """``Authorization: Device <token>``."""
        return _header("Device <token>, as an enrolled kiosk or board sends.")


class StaffTokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "offices.authentication.StaffTokenAuthentication"
    name = "staff"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """``Authorization: Token <token>``."""
        return _header("Token <token>, from the log-in.")


def _header(description: str) -> dict[str, str]:
    return {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": description,
    }
