"""Middleware that every page passes through."""

import logging
from collections.abc import Callable

from csp.constants import SELF
from django.conf import settings
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.middleware.locale import LocaleMiddleware
from django.shortcuts import render
from django.utils import translation

from bpjs_service.errors import Busy, Refusal
from bpjs_service.events import live_origin
from bpjs_service.failures import failure

logger = logging.getLogger(__name__)

GetResponse = Callable[[HttpRequest], HttpResponse]


class LiveOriginMiddleware:
    """Let pages open the live stream, whose port is another origin to the browser.

    Must come after ``CSPMiddleware`` in the settings, which reads what is set here.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Add the stream's origin to ``connect-src`` of a page."""
        response = self.get_response(request)
        if response.get("Content-Type", "").startswith("text/html"):
            update = dict(getattr(response, "_csp_update", None) or {})
            already = update.get("connect-src", [])
            update["connect-src"] = [SELF, *already, live_origin(request)]
            # django-csp's own way, see its decorators.csp_update
            response._csp_update = update  # type: ignore[attr-defined]  # noqa: SLF001
        return response


class RefusalMiddleware:
    """Show a refusal no page has caught as a page of its own, with its status."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on; refusals arrive in ``process_exception``."""
        return self.get_response(request)

    def process_exception(
        self, request: HttpRequest, exception: Exception
    ) -> HttpResponse | None:
        """Render a refusal, or a database too busy; leave every other error alone."""
        if isinstance(exception, OperationalError):
            logger.warning("database busy or away: %s", exception)
            return failure(request, Busy())
        if not isinstance(exception, Refusal):
            return None
        context = {"refusal": exception}
        return render(request, "refusal.html", context, status=exception.status)


class LanguageMiddleware(LocaleMiddleware):
    """Indonesian first: a page is English only for somebody who chose it.

    A branch's computers are often set to English, so pages do not follow the
    browser; programs speaking to the API do, by ``Accept-Language``.
    """

    def process_request(self, request: HttpRequest) -> None:
        """Activate the chosen language for this request."""
        if request.path.startswith("/api/"):
            super().process_request(request)
            return
        chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
        known = chosen in dict(settings.LANGUAGES)
        translation.activate(chosen if known else settings.LANGUAGE_CODE)
        request.LANGUAGE_CODE = translation.get_language()
