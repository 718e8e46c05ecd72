"""What is answered when no view did: JSON below ``/api/``, a page elsewhere.

Nothing here asks the database, which may be what has failed.
"""

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views import defaults

from bpjs_service.errors import NotFound, Refusal, TooLarge

INTERNAL_ERROR = 500


class BadRequest(Refusal):
    """A request that no browser of ours sends."""

    code = "bad_request"
    status = 400
    sentence = _("This request cannot be understood.")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django could not or would not read the request."""
    too_large = isinstance(exception, RequestDataTooBig | TooManyFieldsSent)
    return failure(request, TooLarge() if too_large else BadRequest())


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """No such address, or nothing there."""
    if _of_api(request):
        return failure(request, NotFound())
    return defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """A mistake of ours; the log has it."""
    if not _of_api(request):
        return defaults.server_error(request)
    text = gettext("Something went wrong. Please try again.")
    return _problem("server_error", "error", text, INTERNAL_ERROR)


def failure(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """Tell the refusal without needing anything that may have failed."""
    if _of_api(request):
        kind = "server_error" if refusal.status >= INTERNAL_ERROR else "client_error"
        response = _problem(kind, refusal.code, str(refusal), refusal.status)
    else:
        context = {"refusal": refusal, "back": _page_before(request)}
        response = render(request, "failure.html", context, status=refusal.status)
    if wait := getattr(refusal, "wait", None):
        response["Retry-After"] = str(wait)
    return response


def _problem(kind: str, code: str, detail: str, status: int) -> HttpResponse:
    error = {"code": code, "detail": detail, "attr": None}
    return JsonResponse({"type": kind, "errors": [error]}, status=status)


def _page_before(request: HttpRequest) -> str:
    """Where the form was, so that a kiosk comes back to the kiosk."""
    page = request.headers.get("Referer", "")
    ours = {request.META.get("HTTP_HOST", "")}  # get_host() refuses unknown names
    return page if url_has_allowed_host_and_scheme(page, ours) else "/"


def _of_api(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")
