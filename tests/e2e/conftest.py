"""Browser journeys run in the system's own Chromium."""

import os
import shutil
from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.urls import reverse
from playwright.sync_api import BrowserContext, Page

from offices.authentication import cookie_name
from offices.models import Device
from tests.e2e.desk_page import Desk
from tests.factories import Branch, CounterFactory

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")

# Playwright's loop runs in this thread, which Django takes for asynchronous code.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: Any) -> Any:
    if CHROMIUM is None:
        missing = pytest.fail if os.environ.get("CI") else pytest.skip
        missing("BROWSER TESTS SKIPPED: there is no Chromium on this machine")
    arguments = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
    arguments += ["--disable-background-networking", "--disable-component-update"]
    arguments += ["--disable-sync"]
    return browser_type_launch_args | {"executable_path": CHROMIUM, "args": arguments}


@pytest.fixture(scope="session")
def axe() -> Callable[[Page], None]:
    """Assert that axe finds nothing to object to on a page as it is now."""

    def assert_clean(page: Page) -> None:
        results = Axe().run(page)
        assert results.violations_count == 0, results.generate_report()

    return assert_clean


@pytest.fixture
def pair(context: BrowserContext, live_server: Any) -> Callable[[Device], None]:
    """Make the browser an enrolled machine's, whose token is its name."""

    def pair_as(device: Device) -> None:
        name = cookie_name(device.kind)
        context.add_cookies(
            [{"name": name, "value": device.name, "url": live_server.url}]
        )

    return pair_as


@pytest.fixture
def log_in(
    context: BrowserContext, live_server: Any, client: Any
) -> Callable[[Any], None]:
    """Log the browser in as a member of staff."""

    def log_in_as(staff: Any) -> None:
        client.force_login(staff)
        name = settings.SESSION_COOKIE_NAME
        value = client.cookies[name].value
        context.add_cookies([{"name": name, "value": value, "url": live_server.url}])

    return log_in_as


@pytest.fixture
def desk(page: Page, branch: Branch, live_server, log_in) -> Desk:
    """The desk of an officer who is not on duty yet; counter 1 is free."""
    page.set_viewport_size({"width": 1366, "height": 768})
    CounterFactory(office=branch.office, number=1)
    officer = branch.officer()
    log_in(officer)
    return Desk(
        page, branch, live_server.url + reverse("desk", args=[branch.office.code])
    )
