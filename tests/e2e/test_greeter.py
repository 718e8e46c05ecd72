"""The reception in a real browser: give a number, find it, mend it."""

import re
from collections.abc import Callable

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from offices.models import Role
from queueing.models import State, Ticket
from tests.factories import MONDAY, Branch, on_monday

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

SETTLE = 450  # ms; a faster second press is taken for a double click


@pytest.fixture
def branch(transactional_db) -> Branch:
    return Branch(**on_monday())


@pytest.fixture
def reception(page: Page, branch: Branch, live_server, log_in) -> Page:
    page.set_viewport_size({"width": 1366, "height": 768})
    log_in(branch.officer(Role.GREETER))
    page.goto(live_server.url + reverse("greeter", args=[branch.office.code]))
    return page


def test_greeter_journey(reception: Page, branch: Branch, axe: Callable[[Page], None]):
    page, number = reception, reception.locator(".desk__number .ticket-number")
    axe(page)
    page.locator("input[value=ELDERLY]").check()
    page.locator(f"button[name=service][value='{branch.service.pk}']").click()
    expect(number).to_have_text("A001")
    assert Ticket.objects.get().is_priority

    page.locator("#q").fill("a1")
    page.locator("#q").press("Enter")
    expect(page).to_have_url(re.compile(r"\?q=a1$"))
    axe(page)

    page.wait_for_timeout(SETTLE)
    page.locator("summary.button--danger").click()
    expect(page.locator("details[open] [name=reason]")).to_be_focused()
    page.keyboard.type("pulang")
    axe(page)
    page.locator("details[open] button").click()
    expect(page.locator("#undo")).to_be_visible()
    assert Ticket.objects.get().state == State.CANCELLED

    page.wait_for_timeout(SETTLE)
    page.keyboard.press("F10")
    expect(page.locator("summary.button--danger")).to_be_visible()
    assert Ticket.objects.get().state == State.WAITING


def test_greeter_choice_of_priority_survives_a_refresh(reception: Page, branch: Branch):
    reception.locator("input[value=PREGNANT]").check()

    branch.ticket(at=MONDAY)
    with reception.expect_response(lambda r: r.request.method == "GET"):
        reception.evaluate("document.body.dispatchEvent(new Event('changed'))")

    expect(reception.locator(".desk__queue tbody a")).to_have_text("A001")
    expect(reception.locator("input[value=PREGNANT]")).to_be_checked()


def test_greeter_unknown_number_says_so(reception: Page, axe: Callable[[Page], None]):
    reception.keyboard.press("F3")
    reception.keyboard.type("z99")
    reception.keyboard.press("Enter")

    expect(reception.get_by_role("alert")).to_be_visible()
    axe(reception)
