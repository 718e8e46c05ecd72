"""A change announced in Python reaches a page in a real browser, under strict CSP."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import django_htmx
import pytest
from django.conf import settings
from django.template.loader import render_to_string
from playwright.sync_api import Page, expect

from bpjs_service import events
from tests.bpjs_service.live_page import free_port, granian

pytestmark = pytest.mark.e2e

HTMX = Path(django_htmx.__file__).parent / "static/django_htmx/htmx-2.min.js"
FILES = {
    "/htmx.js": HTMX,
    "/static/bpjs_service/live.js": settings.BASE_DIR / "static/bpjs_service/live.js",
}


class Site(ThreadingHTTPServer):
    """A page whose part counts how often it was fetched."""

    def __init__(self, live_port: int) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.live = f"http://127.0.0.1:{live_port}"
        self.fetched = 0
        self.url = f"http://127.0.0.1:{self.server_port}/"

    def part(self) -> str:
        self.fetched += 1
        token = events.stream_token(["test-1"], "test-9")
        return (
            f'<main data-live-url="{self.live}/live/?token={token}" hx-get="/part"'
            ' hx-trigger="changed from:body, every 30s" hx-swap="outerHTML">'
            f"fetched {self.fetched}</main>"
        )


class Handler(BaseHTTPRequestHandler):
    server: Site

    def do_GET(self) -> None:
        if self.path in FILES:
            self._send("text/javascript", FILES[self.path].read_text())
        elif self.path == "/part":
            self._send("text/html", self.server.part())
        elif self.path == "/":
            config = """<meta name="htmx-config" content='{"allowEval": false,
                "includeIndicatorStyles": false}'>"""
            script = '<script src="/htmx.js" defer></script>'
            note = render_to_string("bpjs_service/_live.html")
            body = f"<body>{self.server.part()}{note}</body>"
            self._send("text/html", f"<!doctype html>{config}{script}{body}")
        else:
            self.send_error(404)

    def _send(self, kind: str, text: str) -> None:
        policy = f"default-src 'self'; connect-src 'self' {self.server.live}"
        self.send_response(200)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Security-Policy", policy)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *arguments: Any) -> None:
        """Keep the test's output quiet."""


@pytest.fixture
def site() -> Iterator[Site]:
    with Site(free_port()) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def live_port(site: Site) -> int:
    return int(site.live.rpartition(":")[2])


def test_announcement_reaches_the_page_also_after_a_restart(site: Site, page: Page):
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    with granian(live_port(site)):
        page.goto(site.url)
        expect(page.locator("main")).to_have_text("fetched 2")  # the stream's hello

        events.announce("test-1")
        expect(page.locator("main")).to_have_text("fetched 3", timeout=1000)

    events.announce("test-1")  # while nobody serves the stream
    with granian(live_port(site)):
        expect(page.locator("main")).to_have_text("fetched 4", timeout=10_000)

        events.announce("test-1")
        expect(page.locator("main")).to_have_text("fetched 5", timeout=1000)
    assert errors == []


def test_withdrawn_page_comes_back_with_the_token_of_its_last_part(
    site: Site, page: Page
):
    with granian(live_port(site)):
        page.clock.install()
        page.goto(site.url)
        expect(page.locator("main")).to_have_text("fetched 2")
        expect(page.locator(".htmx-added, .htmx-settling")).to_have_count(0)
        page.wait_for_timeout(2)
        events.end_streams("test-9")

        with page.expect_response(lambda answer: answer.status == 403):
            page.clock.run_for(8_000)  # the browser tries again by itself
        page.clock.fast_forward(31_000)  # the poll brings a part with a fresh token
        expect(page.locator("main")).to_have_text("fetched 3")
        with page.expect_response(lambda answer: "last=" in answer.url) as again:
            page.clock.fast_forward(31_000)

        assert again.value.status == 200


def test_page_says_when_news_may_be_late(site: Site, page: Page):
    note = page.get_by_role("status")
    with granian(live_port(site)):
        page.clock.install()
        page.goto(site.url)
        expect(page.locator("main")).to_have_text("fetched 2")
        expect(note).to_have_text("")

    page.clock.fast_forward(31_000)
    expect(page.locator("body")).to_have_attribute("data-stale", "")
    expect(note).not_to_have_text("")

    with granian(live_port(site)):
        page.clock.fast_forward(31_000)
        page.clock.resume()
        expect(page.locator("body")).not_to_have_attribute(
            "data-stale", "", timeout=10_000
        )
        expect(note).to_have_text("")


def test_page_catches_up_as_soon_as_the_network_is_back(site: Site, page: Page):
    with granian(live_port(site)):
        page.goto(site.url)
        expect(page.locator("main")).to_have_text("fetched 2")
        page.context.set_offline(True)
        events.announce("test-1")
        expect(page.locator("body")).to_have_attribute("data-stale", "")

        with page.expect_response(lambda answer: "last=" in answer.url):
            page.context.set_offline(False)

        expect(page.locator("main")).to_have_text("fetched 3", timeout=2000)
        expect(page.locator("body")).not_to_have_attribute("data-stale", "")


def test_page_says_when_its_part_cannot_be_fetched(site: Site, page: Page):
    with granian(live_port(site)):
        page.goto(site.url)
        expect(page.locator("main")).to_have_text("fetched 2")

        page.route("**/part", lambda route: route.abort())
        events.announce("test-1")
        expect(page.locator("body")).to_have_attribute("data-stale", "")

        page.unroute("**/part")
        events.announce("test-1")
        expect(page.locator("body")).not_to_have_attribute("data-stale", "")
