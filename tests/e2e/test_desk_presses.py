"""A press at the counter that meets no server, a slow one, or the browser's Back."""

import pytest
from django.urls import reverse
from playwright.sync_api import ConsoleMessage, Error, Route, expect

from offices.models import Role
from queueing.models import Ticket
from tests.e2e.desk_page import Desk
from tests.factories import MONDAY, Branch, on_monday

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def branch(transactional_db) -> Branch:
    return Branch(**on_monday())


def unreachable(route: Route) -> None:
    route.abort("connectionrefused")


def broken(route: Route) -> None:
    route.fulfill(status=503, body="<h1>busy</h1>", content_type="text/html")


def answer_lost(route: Route) -> None:
    """The server takes the step, but its answer never arrives."""
    route.fetch()
    route.abort("connectionreset")


@pytest.mark.parametrize("failure", [unreachable, broken, answer_lost])
def test_desk_press_without_an_answer_says_so_and_can_be_repeated(desk: Desk, failure):
    desk.branch.ticket(at=MONDAY)
    desk.branch.ticket(at=MONDAY)
    desk.on_duty()
    desk.page.route("**/call-next/", failure)

    desk.press("F2")

    expect(desk.page.locator("[data-notice=silence]")).to_be_visible()
    desk.page.unroute("**/call-next/")
    desk.press("F2")
    desk.expect_step("start", "A001")
    expect(desk.page.get_by_role("alert")).to_have_count(0)
    assert Ticket.objects.filter(state="CALLED").count() == 1


def test_desk_step_that_arrived_after_all_shows_with_the_next_refresh(desk: Desk):
    desk.branch.ticket(at=MONDAY)
    desk.on_duty()
    desk.page.route("**/call-next/", answer_lost)
    desk.press("F2")
    expect(desk.page.locator("[data-notice=silence]")).to_be_visible()

    desk.refresh()

    desk.expect_step("start", "A001")
    expect(desk.page.locator("[data-notice]")).to_have_count(0)


def test_desk_press_on_its_way_looks_busy(desk: Desk):
    desk.branch.ticket(at=MONDAY)
    desk.on_duty()
    waiting: list[Route] = []

    def hold_back(route: Route) -> None:
        waiting.append(route)

    desk.page.route("**/call-next/", hold_back)
    calm = desk.page.locator("#next-step").evaluate(
        "b => getComputedStyle(b).boxShadow"
    )

    desk.press("F2")

    button = desk.page.locator(".htmx-request #next-step")
    expect(button).to_be_visible()
    assert button.evaluate("b => getComputedStyle(b).boxShadow") != calm
    waiting[0].abort()


def test_desk_answers_break_no_rule_of_the_browser(desk: Desk):
    said: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        if message.type == "error":
            said.append(message.text)

    desk.page.on("console", hear)
    service = desk.branch.offer("SV-JHT", "K")
    desk.serve()
    desk.write_note("map biru")
    # Dragging the corner of the field gives it a style of its own.
    desk.page.locator("#transfer-note").evaluate("note => note.style.height = '9rem'")
    service.offerings.update(closed_on=MONDAY.date())
    desk.page.locator("#transfer-target").select_option(f"service:{service.pk}")
    desk.page.locator("details[open] .button--primary").click()
    expect(desk.page.get_by_role("alert")).to_be_visible()
    desk.press("Escape")
    desk.refresh()
    desk.press("F2")
    desk.expect_step("call-next")

    assert [text for text in said if "Content Security" in text] == []


def test_greeter_back_shows_the_number_before(
    page, branch: Branch, live_server, log_in
):
    errors: list[Error] = []

    def hear(error: Error) -> None:
        errors.append(error)

    page.on("pageerror", hear)
    for _visitor in range(2):
        branch.ticket(at=MONDAY)
    log_in(branch.officer(Role.GREETER))
    page.goto(live_server.url + reverse("greeter", args=[branch.office.code]))
    number = page.locator(".desk__number .ticket-number")
    for label in ("A001", "A002"):
        page.locator(".desk__queue tbody a", has_text=label).click()
        expect(number).to_have_text(label)

    page.go_back()

    expect(number).to_have_text("A001")
    expect(page.locator("header")).to_be_visible()
    assert errors == []
