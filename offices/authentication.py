"""Who is speaking to the API: an enrolled machine or a person with a token."""

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from knox.auth import TokenAuthentication
from knox.crypto import hash_token
from knox.models import AuthToken
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from bpjs_service.rows import one
from offices.models import Device, Staff


class DeviceAuthentication(BaseAuthentication):
    """``Authorization: Device <token>``, as an enrolled kiosk or board sends."""

    keyword = b"device"

    def authenticate(self, request: Request) -> tuple[Device, str] | None:
        scheme, _space, token = get_authorization_header(request).partition(b" ")
        if scheme.lower() != self.keyword:
            return None
        device = Device.objects.by_token(token.decode("latin-1").strip())
        if device is None:
            raise AuthenticationFailed(
                _("This device is not enrolled, or its access was withdrawn."),
                code="device_unknown",
            )
        return device, "device"

    def authenticate_header(self, request: Request) -> str:
        return "Device"


class StaffTokenAuthentication(TokenAuthentication):  # type: ignore[misc]  # untyped
    """``Authorization: Token <token>``, valid for a working day (django-rest-knox)."""

    def authenticate_credentials(self, token: bytes) -> tuple[Staff, AuthToken]:
        """The active person with this token, in one query.

        knox's own way asks for all tokens of the person at every request, to delete
        expired ones; that is done at log-in here.
        """
        found = one(
            AuthToken.objects.select_related("user").filter(
                digest=hash_token(token.decode("latin-1")),
                user__is_active=True,
                expiry__gt=timezone.now(),
            )
        )
        if found is None:
            raise AuthenticationFailed(
                _("This log-in is unknown or has expired. Log in again."),
                code="token_unknown",
            )
        return found.user, found


def device_of(request: HttpRequest, kind: str) -> Device | None:
    """The machine whose browser sends this request, by its cookie for that kind."""
    token = request.COOKIES.get(cookie_name(kind), "")
    device = Device.objects.by_token(token) if token else None
    return device if device and device.kind == kind else None


def cookie_name(kind: str) -> str:
    return f"device_{kind.lower()}"
