"""Log-in, lock-out, and pairing a machine's browser with its device."""

from typing import Any

from django.conf import settings
from django.contrib.auth.views import LogoutView, PasswordResetConfirmView
from django.contrib.messages.views import SuccessMessageMixin
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from bpjs_service.errors import NotFound
from offices.authentication import cookie_name
from offices.forms import NewPasswordForm, PairingForm
from offices.models import Device

YEAR_SECONDS = 365 * 24 * 3600
START_PAGE = {Device.Kind.KIOSK: "kiosk", Device.Kind.BOARD: "board"}


class ChoosePassword(SuccessMessageMixin, PasswordResetConfirmView):  # type: ignore[type-arg]  # not at runtime
    """A new password behind a link that works once; then log in with it."""

    form_class = NewPasswordForm
    template_name = "offices/set_password.html"
    success_url = reverse_lazy("offices:login")
    success_message = _("Your password is saved. Log in with it.")


def log_out(request: HttpRequest) -> HttpResponseBase:
    """End the session, and what the browser keeps of half-written notes."""
    response = LogoutView.as_view()(request)
    response.headers["Clear-Site-Data"] = '"storage"'
    return response


def locked_out(request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
    """Too many wrong passwords: the same page, closed for a while (django-axes)."""
    return render(request, "offices/locked_out.html", status=429)


@never_cache
@require_http_methods(["GET", "POST"])
def device(request: HttpRequest, kind: str) -> HttpResponse:
    """Pair this browser with an enrolled machine, by the token typed once."""
    kind = kind.upper()
    if kind not in START_PAGE:
        raise NotFound
    form = PairingForm(request.POST or None, kind=kind)
    if request.method == "POST" and form.is_valid():
        return pair(
            redirect(START_PAGE[Device.Kind(kind)]), kind, form.cleaned_data["token"]
        )
    status = 422 if form.is_bound else 200
    context = {"form": form, "kind": Device.Kind(kind)}
    return render(request, "offices/device.html", context, status=status)


def pair(response: HttpResponse, kind: str, token: str) -> HttpResponse:
    """Leave the token in the browser, out of reach of its scripts."""
    response.set_cookie(
        cookie_name(kind),
        token,
        max_age=YEAR_SECONDS,
        secure=settings.HTTPS,
        httponly=True,
        samesite="Strict",
    )
    return response
