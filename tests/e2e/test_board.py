"""The board follows its branch, and can be read from afar."""

import datetime as dt

import pytest
from django.utils import timezone
from playwright.sync_api import Page, Route, expect

from offices.models import Device, Holiday
from queueing import operations
from tests.bpjs_service.live_page import free_port, granian
from tests.factories import DeviceFactory

pytestmark = pytest.mark.e2e

CAPITALS = 190  # px at 1080: 100 mm on a 43 inch screen


@pytest.fixture
def screen(page: Page, branch, pair) -> Page:
    page.set_viewport_size({"width": 1920, "height": 1080})
    pair(DeviceFactory(office=branch.office, kind=Device.Kind.BOARD))
    return page


def capitals(page: Page, selector: str) -> float:
    """Height in px of the capital letters of an element's text."""
    return page.locator(selector).first.evaluate(
        """(element) => {
            const style = getComputedStyle(element);
            const pen = document.createElement("canvas").getContext("2d");
            pen.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
            return pen.measureText("H").actualBoundingBoxAscent;
        }"""
    )


def assert_fits(page: Page) -> None:
    cut = page.evaluate(
        """() => [...document.querySelectorAll("main *")].filter((element) => {
            const box = element.getBoundingClientRect();
            return box.right > innerWidth || box.bottom > innerHeight
                || element.matches("li, p, section")
                    && element.scrollWidth > element.clientWidth + 2;
        }).map((element) => element.outerHTML.slice(0, 90))"""
    )
    assert cut == []


def fetch_again(page: Page) -> None:
    """Let the board fetch its part, and wait until it is in place."""
    page.evaluate(
        """() => new Promise((done) => {
            document.addEventListener("htmx:afterSettle", done, { once: true });
            document.body.dispatchEvent(new CustomEvent("changed"));
        })"""
    )


def test_call_reaches_the_board_and_is_marked_once(
    screen: Page, branch, live_server, settings
):
    settings.LIVE_PORT = free_port()
    duty = branch.duty(12, at=timezone.now())
    with granian(settings.LIVE_PORT):
        screen.goto(f"{live_server.url}/board/")
        expect(screen.locator(".board-newest--empty")).to_be_visible()
        branch.called(duty, at=timezone.now())

        expect(screen.locator(".board-newest .ticket-number")).to_have_text("A001")
        expect(screen.locator(".board-newest--new")).to_have_count(1)
        branch.ticket(at=timezone.now())

        expect(screen.locator(".board-groups strong")).to_have_text("1")
        expect(screen.locator(".board-newest--new")).to_have_count(0)


def test_board_stays_one_board_however_often_it_is_fetched(
    screen: Page, branch, live_server
):
    screen.goto(f"{live_server.url}/board/")
    before = screen.evaluate("document.querySelectorAll('*').length")

    for _time in range(200):
        fetch_again(screen)

    assert screen.evaluate("document.querySelectorAll('*').length") == before
    assert screen.locator("main").count() == 1


def test_call_during_a_fetch_is_not_missed(screen: Page, branch, live_server, settings):
    settings.LIVE_PORT = free_port()
    duties = [branch.duty(number, at=timezone.now()) for number in (1, 2)]
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    with granian(settings.LIVE_PORT):
        screen.goto(f"{live_server.url}/board/")
        expect(screen.locator(".board-newest--empty")).to_be_visible()
        screen.wait_for_timeout(500)  # the stream's hello has been followed
        screen.route("**/board/**", hold)
        branch.called(duties[0], at=timezone.now())
        screen.wait_for_timeout(500)
        (first,) = held
        answer = first.fetch()
        branch.called(duties[1], at=timezone.now())
        screen.wait_for_timeout(500)
        first.fulfill(response=answer)
        screen.unroute("**/board/**")

        expect(screen.locator(".board-newest .ticket-number")).to_have_text("A002")


def test_empty_board(screen: Page, live_server, axe):
    screen.goto(f"{live_server.url}/board/")

    expect(screen.locator(".board-newest__text")).to_be_visible()
    axe(screen)
    assert_fits(screen)


def test_closed_board(screen: Page, branch, live_server, axe):
    day = branch.office.day(timezone.now())
    Holiday.objects.create(office=branch.office, date=day, name="Libur")
    screen.goto(f"{live_server.url}/board/?lang=en")

    expect(screen.locator(".board-newest")).to_contain_text("Opens again")
    axe(screen)
    assert_fits(screen)


@pytest.mark.parametrize("counters", [4, 12])
def test_busy_board(screen: Page, branch, live_server, axe, counters):
    now = timezone.now()
    services = [branch.offer(f"S{prefix}", prefix) for prefix in "BCDEF"]
    for number in range(110):
        at = now - dt.timedelta(seconds=600 - number)
        branch.ticket(service=services[number % 5], at=at)
    for number in range(12):
        duty = branch.duty(number + 1, at=now)
        ticket = operations.call_next(duty=duty, actor=duty.officer, at=now)
        if number >= counters:
            operations.start(ticket=ticket, actor=duty.officer, at=now)
    screen.goto(f"{live_server.url}/board/")

    assert capitals(screen, ".board-newest .ticket-number") >= CAPITALS
    assert capitals(screen, ".board-newest__counter strong") >= CAPITALS
    axe(screen)
    assert_fits(screen)


@pytest.mark.parametrize("language", ["id", "en"])
def test_late_board_says_so_over_its_header_and_dims_its_calls(
    screen: Page, branch, live_server, axe, language
):
    duty = branch.duty(1, at=timezone.now())
    branch.called(duty, at=timezone.now())
    screen.goto(f"{live_server.url}/board/?lang={language}")
    screen.route("**/board/**", lambda route: route.abort())

    screen.evaluate("document.body.dispatchEvent(new CustomEvent('changed'))")

    note = screen.get_by_role("status")
    expect(note).not_to_be_empty()
    band, calls = note.bounding_box(), screen.locator(".board__calls").bounding_box()
    assert band is not None
    assert calls is not None
    assert (band["x"], band["y"], band["width"]) == (0, 0, 1920)
    assert band["height"] <= calls["y"]
    assert capitals(screen, ".live-note") >= 50  # 25 mm: read from 8 m
    expect(screen.locator(".board__calls")).to_have_css("opacity", "0.5")
    axe(screen)
    assert_fits(screen)


def test_revoked_board_goes_dark_at_its_next_fetch(screen: Page, live_server):
    screen.goto(f"{live_server.url}/board/?lang=en")
    Device.objects.filter(kind=Device.Kind.BOARD).update(revoked_at=timezone.now())

    screen.evaluate("document.body.dispatchEvent(new CustomEvent('changed'))")

    expect(screen.get_by_role("alert")).to_contain_text("not enrolled")
    expect(screen.locator("#board")).to_have_count(0)
