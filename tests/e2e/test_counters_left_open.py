"""A counter left open: closed by the head of service, asked about at log-out."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from offices.models import Role
from queueing.models import Duty, State, Ticket
from tests.factories import Branch, HeadOfficeFactory, PostingFactory, on_monday

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def branch(transactional_db) -> Branch:
    return Branch(**on_monday())


def test_head_closes_a_counter_whose_officer_has_gone(
    page: Page, branch: Branch, live_server, log_in, axe: Callable[[Page], None]
):
    ticket = branch.serving(branch.duty(3))
    log_in(branch.officer(Role.HEAD_OF_SERVICE))
    page.goto(f"{live_server.url}/greeter/{branch.office.code}/")

    page.locator("a[href*='/release/']").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("3")
    axe(page)
    page.locator("#reason").fill("pulang sakit")
    page.locator("main form button").click()

    expect(page).to_have_url(re.compile(r"/greeter/[^/]+/$"))
    expect(page.locator("a[href*='/release/']")).to_have_count(0)
    assert Ticket.objects.get(pk=ticket.pk).state == State.ON_HOLD


def test_log_out_asks_about_the_open_counter(
    page: Page, branch: Branch, live_server, log_in, axe: Callable[[Page], None]
):
    duty = branch.duty(3)
    log_in(duty.officer)
    page.goto(f"{live_server.url}/desk/{branch.office.code}/")

    page.locator(".masthead form[action='/leave/'] button").click()
    expect(page).to_have_url(re.compile("/leave/$"))
    axe(page)
    page.locator("button[name=close]").click()

    expect(page).to_have_url(re.compile("/login/$"))
    assert Duty.objects.get().closed_at is not None


def test_administrators_pages_have_nothing_to_object_to(
    page: Page, live_server, transactional_db, log_in, axe: Callable[[Page], None]
):
    log_in(PostingFactory(office=HeadOfficeFactory(), role=Role.ADMINISTRATOR).staff)

    page.goto(f"{live_server.url}/admin/offices/staff/")

    axe(page)
