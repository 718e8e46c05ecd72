"""What an officer has typed is never lost, and never sent by a key for another step."""

import re

import pytest
from playwright.sync_api import Browser, Locator, expect

from offices.models import Role
from queueing import operations
from queueing.models import Action, State, Ticket
from tests.e2e.desk_page import SETTLE, Desk
from tests.factories import MONDAY, Branch, on_monday

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def branch(transactional_db) -> Branch:
    return Branch(**on_monday())


def note_of(desk: Desk) -> Locator:
    return desk.page.locator("#transfer-note")


def unsent(desk: Desk) -> Locator:
    return desk.page.locator("[data-unsent]")


def finish(ticket: Ticket) -> None:
    """What the officer does in another tab."""
    operations.finish(ticket=ticket, actor=ticket.officer, at=MONDAY)


@pytest.mark.parametrize("key", ["F2", "F10"])
def test_desk_key_pressed_while_typing_takes_no_step(desk: Desk, key: str):
    ticket = desk.branch.called(desk.on_duty(), at=MONDAY)
    desk.page.reload()
    desk.press("F2")  # the officer's own step, so that there is one to take back
    desk.expect_step("finish", "A001")
    desk.write_note("map biru")

    desk.press(key)

    expect(desk.page.locator("[data-notice=unsent]")).to_be_visible()
    expect(note_of(desk)).to_have_value("map biru")
    expect(note_of(desk)).to_be_focused()
    ticket.refresh_from_db()
    assert ticket.state == State.SERVING


def test_desk_note_comes_back_when_the_step_is_taken_back(desk: Desk):
    desk.serve()
    desk.write_note("map biru")
    desk.page.locator("#next-step").click()
    desk.expect_step("call-next")
    expect(unsent(desk)).to_contain_text(
        re.compile(r"map biru\s*Discard|map biru\s*Buang")
    )

    desk.press("F10")

    desk.expect_step("finish", "A001")
    expect(note_of(desk)).to_have_value("map biru")
    expect(unsent(desk)).to_be_empty()


def test_desk_note_is_forgotten_once_sent(desk: Desk):
    desk.serve()
    desk.write_note("map biru")
    desk.page.locator("#transfer-target").select_option(index=1)

    desk.page.locator("details[open] .button--primary").click()

    desk.expect_step("call-next")
    assert Ticket.objects.get().visit.note == "map biru"
    expect(unsent(desk)).to_be_empty()
    kept = desk.page.evaluate("Object.keys(sessionStorage)")
    assert [key for key in kept if key.startswith("draft:")] == []


def test_desk_note_survives_a_new_log_in(desk: Desk, log_in):
    ticket = desk.serve()
    desk.write_note("map biru")
    desk.page.locator("#transfer-target").select_option(index=1)
    cookies = desk.page.context.cookies()
    desk.page.context.clear_cookies(name="sessionid")
    desk.page.locator("details[open] .button--primary").click()
    desk.page.wait_for_url("**next=**")

    desk.page.context.add_cookies(cookies)
    desk.page.goto(desk.url)

    expect(note_of(desk)).to_be_visible()
    expect(note_of(desk)).to_have_value("map biru")
    assert ticket.events.last().action == Action.START


def test_desk_refused_form_of_a_ticket_that_left_shows_the_page_as_it_is(desk: Desk):
    ticket = desk.serve()
    desk.write_note("map biru")
    desk.page.locator("#transfer-target").select_option(index=1)
    finish(ticket)

    desk.page.locator("details[open] .button--primary").click()

    desk.expect_step("call-next")
    expect(desk.page.get_by_role("alert")).to_be_visible()
    expect(unsent(desk)).to_contain_text("A001")
    expect(unsent(desk)).to_contain_text("map biru")


def test_desk_says_that_the_ticket_left_while_somebody_types(desk: Desk):
    ticket = desk.serve()
    desk.write_note("map biru")
    finish(ticket)

    desk.refresh()

    notice = desk.page.locator("[data-notice=moved]")
    expect(notice).to_contain_text("A001")
    expect(note_of(desk)).to_have_value("map biru")
    notice.locator("a").click()
    desk.expect_step("call-next")
    expect(unsent(desk)).to_contain_text("map biru")
    unsent(desk).locator("button").click()
    expect(unsent(desk)).to_be_empty()


def test_desk_escape_closes_the_form_and_the_page_goes_on(desk: Desk):
    ticket = desk.serve()
    desk.write_note("map biru")

    desk.press("Escape")

    expect(note_of(desk)).to_be_hidden()
    finish(ticket)
    desk.refresh()
    desk.expect_step("call-next")


def test_desk_refused_pick_offers_the_queue_as_it_is(desk: Desk, log_in):
    log_in(desk.branch.officer(Role.HEAD_OF_SERVICE))
    ticket = desk.branch.ticket(at=MONDAY)
    desk.on_duty()
    desk.page.locator("summary:not([aria-keyshortcuts])").click()
    desk.page.locator("#pick-ticket").select_option(index=1)
    desk.page.locator("#pick-reason").fill("sakit")
    actor = desk.branch.officer()
    operations.cancel(ticket=ticket, actor=actor, at=MONDAY, reason="pulang")
    desk.page.wait_for_timeout(SETTLE)

    desk.page.locator("details[open] .button--primary").click()

    expect(desk.page.get_by_role("alert")).to_be_visible()
    expect(desk.page.locator("#pick-ticket")).to_have_count(0)
    expect(unsent(desk)).to_contain_text("sakit")


def test_desk_transfer_has_no_target_of_its_own(desk: Desk):
    ticket = desk.serve()
    desk.write_note("map biru")
    desk.page.wait_for_timeout(SETTLE)

    desk.page.locator("details[open] .button--primary").click()

    expect(desk.page.locator("#transfer-target")).to_be_focused()
    ticket.refresh_from_db()
    assert ticket.state == State.SERVING


def test_desk_without_scripts_shows_the_note_of_a_ticket_that_left(
    browser: Browser, desk: Desk
):
    ticket = desk.branch.serving(desk.on_duty(), at=MONDAY)
    plain = browser.new_context(java_script_enabled=False)
    plain.add_cookies(desk.page.context.cookies())
    page = plain.new_page()
    page.goto(desk.url)
    page.locator("summary", has_text="F9").click()
    page.locator("#transfer-target").select_option(index=1)
    page.locator("#transfer-note").fill("map biru")
    finish(ticket)

    page.locator("details[open] .button--primary").click()

    expect(page.locator(".desk__unsent")).to_contain_text("map biru")
    plain.close()
