"""A counter's day in a real browser: with keys, without a mouse, and undisturbed."""

import datetime as dt
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from queueing import operations
from queueing.models import State, Ticket, TicketEvent
from tests.e2e.desk_page import SETTLE, Desk
from tests.factories import MONDAY, Branch, on_monday

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

MINUTE = dt.timedelta(minutes=1)


@pytest.fixture
def branch(transactional_db) -> Branch:
    return Branch(**on_monday())


def test_desk_journey_with_the_keyboard(desk: Desk, axe: Callable[[Page], None]):
    page, branch = desk.page, desk.branch
    for minutes in (12, 5):
        branch.ticket(at=MONDAY - minutes * MINUTE)
    page.goto(desk.url)
    axe(page)
    page.locator("button[name=counter]").click()
    axe(page)

    desk.press("F2")
    desk.expect_step("start", "A001")
    axe(page)
    desk.press("F2")
    desk.expect_step("finish", "A001")
    axe(page)

    desk.press("F10")  # take the start back, then start again
    desk.expect_step("start", "A001")
    desk.press("F2")
    desk.expect_step("finish", "A001")

    desk.press("F8")
    expect(page.locator("details[open] [name=reason]")).to_be_focused()
    page.keyboard.type("fotokopi KTP")
    axe(page)
    page.keyboard.press("Enter")
    desk.expect_step("call-next")
    ticket = Ticket.objects.get(number=1)
    assert (ticket.state, ticket.events.last().reason) == (
        State.ON_HOLD,
        "fotokopi KTP",
    )

    page.wait_for_timeout(SETTLE)
    page.locator(f"#resume-{ticket.pk}").press("Enter")
    desk.expect_step("finish", "A001")
    desk.press("F9")
    page.locator("#transfer-target").select_option(index=1)
    page.locator("#transfer-place").select_option("END")
    page.locator("#transfer-note").fill("formulir lengkap")
    axe(page)
    page.locator("details[open] .button--primary").click()
    desk.expect_step("call-next")
    assert Ticket.objects.get(number=1).visit.note == "formulir lengkap"

    desk.press("F2")
    desk.expect_step("start", "A002")
    desk.press("F2")
    desk.expect_step("finish", "A002")
    desk.press("F2")
    desk.expect_step("call-next")
    assert Ticket.objects.get(number=2).state == State.FINISHED


def test_desk_double_click_takes_one_step(desk: Desk):
    desk.branch.ticket(at=MONDAY - MINUTE)
    desk.on_duty()
    desk.page.wait_for_timeout(SETTLE)
    # The second click comes as soon as the next step stands in the same place.
    desk.page.evaluate(
        """document.addEventListener("htmx:afterSettle", () =>
            document.getElementById("next-step").click(), { once: true })"""
    )

    desk.page.locator("#next-step").click()

    desk.expect_step("start", "A001")
    desk.page.wait_for_timeout(SETTLE)
    desk.expect_step("start", "A001")
    assert TicketEvent.objects.count() == 2


def test_desk_focus_stays_on_the_next_step(desk: Desk):
    desk.branch.ticket(at=MONDAY - MINUTE)
    desk.on_duty()
    desk.press("F2")
    desk.expect_step("start", "A001")
    expect(desk.page.locator("#next-step")).to_be_focused()

    desk.refresh()

    expect(desk.page.locator("#next-step")).to_be_focused()


def test_desk_refresh_keeps_what_is_typed_and_shows_the_queue(desk: Desk):
    desk.branch.serving(desk.on_duty(), at=MONDAY - MINUTE)
    desk.page.reload()
    desk.press("F9")
    note = desk.page.locator("#transfer-note")
    note.fill("belum tanda tangan")

    desk.branch.ticket(at=MONDAY)
    desk.refresh()

    expect(desk.page.locator(".desk__queue tbody .ticket-number")).to_have_text("A002")
    expect(note).to_have_value("belum tanda tangan")
    expect(note).to_be_focused()


def test_desk_refused_form_says_why_and_keeps_what_is_typed(
    desk: Desk, axe: Callable[[Page], None]
):
    service = desk.branch.offer("SV-JHT", "K")
    desk.branch.serving(desk.on_duty(), at=MONDAY - MINUTE)
    desk.page.reload()
    desk.press("F9")
    desk.page.locator("#transfer-target").select_option(f"service:{service.pk}")
    desk.page.locator("#transfer-note").fill("berkas lengkap")
    service.offerings.update(closed_on=MONDAY.date())

    desk.page.locator("details[open] .button--primary").click()

    expect(desk.page.get_by_role("alert")).to_contain_text("SV-JHT")
    expect(desk.page.locator("#transfer-note")).to_have_value("berkas lengkap")
    desk.expect_step("finish", "A001")
    axe(desk.page)


def test_desk_refusal_outlives_the_next_refresh(desk: Desk):
    desk.on_duty()
    desk.press("F2")
    expect(desk.page.get_by_role("alert")).to_be_visible()

    desk.branch.ticket(at=MONDAY)
    desk.refresh()

    expect(desk.page.locator(".desk__queue tbody .ticket-number")).to_have_text("A001")
    expect(desk.page.get_by_role("alert")).to_be_visible()


def test_desk_shows_what_the_reception_changed(desk: Desk):
    ticket = desk.branch.called(desk.on_duty(), at=MONDAY)
    desk.refresh()
    desk.expect_step("start", "A001")

    operations.cancel(
        ticket=ticket, actor=desk.branch.officer(), at=MONDAY, reason="pulang"
    )
    desk.refresh()

    desk.expect_step("call-next")


def test_desk_works_without_scripts(browser: Browser, desk: Desk, branch: Branch):
    branch.ticket(at=MONDAY - MINUTE)
    plain = browser.new_context(java_script_enabled=False)
    plain.add_cookies(desk.page.context.cookies())
    page = plain.new_page()
    page.goto(desk.url)

    page.locator("button[name=counter]").click()
    for _step in ("call", "start", "finish"):
        page.locator("#next-step").click()
        assert page.url == desk.url
    page.locator("#next-step").click()

    expect(page.get_by_role("alert")).to_be_visible()
    assert Ticket.objects.get().state == State.FINISHED
    plain.close()
