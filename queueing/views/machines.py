"""Pages of enrolled machines: whose machine it is, and the language it speaks.

A machine in a public room speaks the language of the person before it, told by the
parameter ``lang`` of each address, and Indonesian otherwise; neither the browser's
settings nor the visitor before count.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from bpjs_service.errors import NotAllowed
from offices.authentication import cookie_name, device_of
from offices.models import Device

P = ParamSpec("P")
LANGUAGES = dict(settings.LANGUAGES)


class DeviceUnknown(NotAllowed):
    """The browser sends a token that is not, or no longer, an enrolled machine's."""

    code = "device_unknown"
    sentence = _("This device is not enrolled, or its access was withdrawn.")


def spoken(request: HttpRequest) -> str:
    """The language the request names, or the product's own."""
    named = (request.POST if request.method == "POST" else request.GET).get("lang", "")
    return named if named in LANGUAGES else settings.LANGUAGE_CODE


def in_own_language(
    view: Callable[Concatenate[HttpRequest, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Let the view and its template speak the language the request names."""

    @wraps(view)
    def wrapper(
        request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs
    ) -> HttpResponse:
        language = spoken(request)
        with translation.override(language):
            response = view(request, *args, **kwargs)
        response.headers["Content-Language"] = language
        return response

    return wrapper


def machine_page(kind: Device.Kind) -> Callable[..., Callable[..., HttpResponse]]:
    """Hand the view its machine; a browser that is none goes to the pairing page.

    Raises ``DeviceUnknown`` where a machine's access was withdrawn.
    """

    def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            device = device_of(request, kind)
            if device is not None:
                return view(request, device, *args, **kwargs)
            if request.COOKIES.get(cookie_name(kind)):
                raise DeviceUnknown
            return redirect("offices:device", kind=kind.lower())

        return wrapper

    return decorate
