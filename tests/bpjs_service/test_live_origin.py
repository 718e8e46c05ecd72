import pytest
from csp.middleware import CSPMiddleware
from django.http import HttpResponse, JsonResponse
from django.test import RequestFactory

from bpjs_service.middleware import LiveOriginMiddleware


def policy(answer):
    page = CSPMiddleware(LiveOriginMiddleware(lambda _request: answer))
    response = page(RequestFactory(headers={"host": "localhost:8000"}).get("/"))
    parts = response.headers["Content-Security-Policy"].split("; ")
    return dict(part.split(" ", 1) for part in parts).get("connect-src")


@pytest.mark.parametrize(
    ("live_url", "allowed"),
    [("", "'self' http://localhost:8001"), ("/live/", "'self'")],
)
def test_page_may_connect_to_the_live_stream(settings, live_url, allowed):
    settings.LIVE_URL, settings.LIVE_PORT = live_url, 8001

    assert policy(HttpResponse("<p>")) == allowed


def test_page_keeps_its_own_additions(settings):
    settings.LIVE_URL = "/live/"
    answer = HttpResponse("<p>")
    answer._csp_update = {"connect-src": ["https://maps.example"]}

    assert policy(answer) == "'self' https://maps.example"


def test_api_answer_is_left_alone():
    assert policy(JsonResponse({})) is None
