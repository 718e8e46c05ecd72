"""A visitor's way from the language to the number, on a portrait touch screen."""

import re

import pytest
from playwright.sync_api import Page, expect

from queueing.models import Ticket
from tests.factories import GroupFactory, OfferingFactory, ServiceFactory

pytestmark = pytest.mark.e2e

SIZES = [(1080, 1920), (768, 1024)]
LEAST_TARGET = 81  # CSS px: 20 mm at 21.5 inch and 1080 px
PREFIXES = "ABCDEF"


@pytest.fixture(params=SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def sized(request, page: Page) -> Page:
    width, height = request.param
    page.set_viewport_size({"width": width, "height": height})
    return page


@pytest.fixture
def screen(sized: Page, branch, pair, live_server) -> Page:
    """The start screen of a paired kiosk; six groups, the first with ten services."""
    pair(branch.kiosk)
    for prefix in PREFIXES[1:]:
        branch.offer(f"SV-{prefix}", prefix, daily_cap=0 if prefix == "F" else None)
    group = GroupFactory()
    for number in range(9):
        service = ServiceFactory(
            code=f"SV-INFO-{number}",
            group=group,
            name_id=f"Bantuan JMO (lupa sandi, ganti HP, biometrik gagal) {number}",
            name_en=f"Help with JMO (password, new phone, biometrics) {number}",
            online_id="Aplikasi JMO atau 175",
            online_en="JMO app or call 175",
        )
        OfferingFactory(office=branch.office, service=service)
    sized.goto(f"{live_server.url}/kiosk/")
    return sized


def assert_fits(page: Page) -> None:
    """Nothing scrolls or is cut off, and everything touchable is large enough."""
    cut = page.evaluate(
        """() => [...document.querySelectorAll("body *")].filter((element) => {
            const box = element.getBoundingClientRect();
            const hidden = getComputedStyle(element).clipPath !== "none";
            if (!box.width || hidden) return false;
            return box.right > innerWidth + 1 || box.bottom > innerHeight + 1
                || element.scrollWidth > element.clientWidth + 2
                    && getComputedStyle(element).display !== "inline"
                || element.matches(".kiosk-tile, main")
                    && element.scrollHeight > element.clientHeight + 2;
        }).map((element) => element.outerHTML.slice(0, 90))"""
    )
    assert cut == []
    for target in page.locator("a:visible, button:visible").all():
        box = target.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= LEAST_TARGET


def test_start_greets_in_the_middle_and_breaks_no_greeting(screen: Page):
    greetings = screen.locator("h1 span").all()

    for greeting in greetings:
        box = greeting.bounding_box()
        assert box is not None
        assert abs(box["x"] * 2 + box["width"] - screen.viewport_size["width"]) <= 1
        lines = greeting.evaluate(
            """(element) => {
                const text = document.createRange();
                text.selectNodeContents(element);
                return text.getClientRects().length;
            }"""
        )
        assert lines == 1
    assert len(greetings) == 2


def test_visitor_takes_a_number(screen: Page, axe):
    steps = [
        lambda: screen.get_by_role("link", name="Indonesia").click(),
        lambda: screen.get_by_role("link", name="Informasi dan data").click(),
        lambda: screen.get_by_role("link", name="gagal) 3").click(),
        lambda: screen.get_by_role("button", name=re.compile("60")).click(),
    ]
    for name, step in zip(
        ["kiosk--start", "kiosk--groups", "kiosk--services", "kiosk--priority"],
        steps,
        strict=True,
    ):
        expect(screen.locator("body")).to_have_class(f"kiosk {name}")
        axe(screen)
        assert_fits(screen)
        step()

    expect(screen.locator(".kiosk-number")).to_have_text("A001")
    expect(screen.locator("html")).to_have_attribute("lang", "id")
    axe(screen)
    assert_fits(screen)
    ticket = Ticket.objects.get()
    assert (ticket.service.code, ticket.is_priority) == ("SV-INFO-3", True)
    screen.locator(".kiosk__footer a").click()
    expect(screen.locator("body")).to_have_class("kiosk kiosk--start")


def test_visitor_takes_a_number_in_english_with_the_keyboard(screen: Page):
    screen.get_by_role("link", name="English").press("Enter")
    screen.locator("a[href*='service=SV-B']").press("Enter")
    expect(screen.get_by_role("heading")).to_have_text("May we call you first?")
    screen.get_by_role("button", name="None of these").press("Enter")

    expect(screen.locator(".kiosk-number")).to_have_text("B001")
    expect(screen.locator("html")).to_have_attribute("lang", "en")
    assert Ticket.objects.get().visit.language == "en"


def test_refusal_fills_the_screen(screen: Page, axe, live_server):
    screen.goto(f"{live_server.url}/kiosk/?lang=en&service=SV-F")

    expect(screen.get_by_role("alert")).to_contain_text("have been given out")
    axe(screen)
    assert_fits(screen)


@pytest.mark.parametrize("gap", [300, 500])
@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_second_tap_does_not_answer_the_next_screen(
    browser, screen: Page, live_server, scripts, gap
):
    """The next screen has a tile at the same place when the second tap comes."""
    context = browser.new_context(
        java_script_enabled=scripts,
        viewport=screen.viewport_size,
        reduced_motion="reduce" if gap == 500 else None,
    )
    context.add_cookies(screen.context.cookies())
    page = context.new_page()
    page.goto(f"{live_server.url}/kiosk/")
    for name in ["groups", "services", "priority"]:
        tile = page.locator("a.kiosk-tile").first
        tile.click(trial=True)  # waits until it can be touched
        box = tile.bounding_box()
        assert box is not None
        at = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)

        page.mouse.click(*at)
        page.wait_for_timeout(gap)
        page.mouse.click(*at)
        page.wait_for_timeout(gap)

        expect(page.locator("body")).to_have_class(f"kiosk kiosk--{name}")
    assert not Ticket.objects.exists()
    context.close()


def at_last_question(page: Page, base: str) -> None:
    page.goto(f"{base}/kiosk/?lang=en&service=SV-INFO")
    expect(page.get_by_role("heading")).to_have_text("May we call you first?")


@pytest.fixture
def kiosk(page: Page, branch, pair) -> Page:
    pair(branch.kiosk)
    return page


def test_thirty_rapid_taps_give_one_number(kiosk: Page, live_server):
    at_last_question(kiosk, live_server.url)

    kiosk.get_by_role("button", name="None of these").evaluate(
        "button => { for (let tap = 0; tap < 30; tap++) button.click(); }"
    )

    expect(kiosk.locator(".kiosk-number")).to_have_text("A001")
    assert Ticket.objects.count() == 1


def test_thirty_rapid_taps_without_scripts_give_one_number(
    browser, kiosk: Page, branch, live_server
):
    """What the scripts keep apart, the request's key keeps apart as well."""
    context = browser.new_context(java_script_enabled=False)
    context.add_cookies(kiosk.context.cookies())
    page = context.new_page()
    at_last_question(page, live_server.url)

    page.get_by_role("button", name="None of these").click(
        click_count=30, no_wait_after=True
    )

    expect(page.locator(".kiosk-number")).to_have_text("A001")
    assert Ticket.objects.count() == 1
    context.close()


def test_going_back_and_answering_again_gives_the_same_number(kiosk: Page, live_server):
    at_last_question(kiosk, live_server.url)
    kiosk.get_by_role("button", name="None of these").click()
    expect(kiosk.locator(".kiosk-number")).to_have_text("A001")

    kiosk.go_back()
    kiosk.get_by_role("button", name="None of these").click()

    expect(kiosk.locator(".kiosk-number")).to_have_text("A001")
    assert Ticket.objects.count() == 1


def test_number_makes_way_for_the_next_visitor(kiosk: Page, live_server):
    at_last_question(kiosk, live_server.url)
    kiosk.get_by_role("button", name="None of these").click()
    expect(kiosk.locator(".kiosk-number")).to_be_visible()
    kiosk.clock.install()
    kiosk.reload()

    kiosk.clock.fast_forward(19_000)
    expect(kiosk.locator(".kiosk-number")).to_be_visible()
    kiosk.clock.fast_forward(2_000)

    expect(kiosk.locator("body")).to_have_class("kiosk kiosk--start")


def test_touch_keeps_the_page_and_silence_ends_it(kiosk: Page, live_server):
    kiosk.clock.install()
    at_last_question(kiosk, live_server.url)

    kiosk.clock.fast_forward(40_000)
    kiosk.get_by_role("heading").click()
    kiosk.clock.fast_forward(40_000)
    expect(kiosk.locator("body")).to_have_class("kiosk kiosk--priority")
    kiosk.clock.fast_forward(6_000)

    expect(kiosk.locator("body")).to_have_class("kiosk kiosk--start")


def test_server_that_does_not_answer_can_be_tried_again(kiosk: Page, axe, live_server):
    at_last_question(kiosk, live_server.url)
    kiosk.route("**/*", lambda route: route.abort())
    kiosk.get_by_role("button", name="None of these").click()
    expect(kiosk.get_by_role("dialog")).to_be_visible()
    axe(kiosk)
    kiosk.get_by_role("button", name="Try again").click()
    expect(kiosk.get_by_role("dialog")).to_be_visible()

    kiosk.unroute("**/*")
    kiosk.get_by_role("button", name="Try again").click()

    expect(kiosk.locator(".kiosk-number")).to_have_text("A001")
    assert Ticket.objects.count() == 1
