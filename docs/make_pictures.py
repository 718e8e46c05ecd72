"""Make docs/images/screens.png: a morning at the demo branch on three screens.

    python3 run.py --port 8000                       in one window, then in another
    .venv/bin/python docs/make_pictures.py [http://localhost:8000]

Takes numbers and calls some of them through the pages, as visitors and officers would.
"""

import base64
import shutil
import sys
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

PICTURE = Path(__file__).resolve().parent / "images" / "screens.png"
LARGEST_BYTES = 150_000
OFFICERS = ("cso1", "cso2", "cso3", "cso4")
SERVICES = ("CL-JHT", "SV-INFO", "CL-JKK", "CL-JHT", "SV-KOREKSI", "CL-JP")
SIZES = {"kiosk": (1080, 1920), "board": (1920, 1080), "desk": (1366, 768)}
HEIGHT = 280  # of each screen in the picture, in CSS pixels


def log_in(browser: Browser, base: str, username: str) -> Page:
    """Open the desk as one of the demo's officers, at a counter of their own."""
    page = screen(browser, "desk")
    page.goto(base)
    page.click(f"button[name=username][value={username}]")
    page.goto(f"{base}/desk/")
    if page.locator("button[name=counter]").count():
        page.locator("button[name=counter]").first.click()
    return page


def screen(browser: Browser, kind: str) -> Page:
    """Open an empty window of a screen's real size."""
    width, height = SIZES[kind]
    size = {"width": width, "height": height}
    context: BrowserContext = browser.new_context(viewport=size, locale="id-ID")
    return context.new_page()


def pair(browser: Browser, base: str, kind: str) -> Page:
    """Open a kiosk or a board of the demo branch."""
    page = screen(browser, kind)
    page.goto(base)
    with page.context.expect_page() as opened:
        page.click(f"button[name=kind][value={kind.upper()}]")
    opened.value.wait_for_load_state()
    return opened.value


def take_number(kiosk: Page, base: str, service: str) -> None:
    """Take a number as a visitor who asks for no priority."""
    kiosk.goto(f"{base}/kiosk/?lang=id&service={service}")
    kiosk.click("button[name=priority][value='']")
    kiosk.wait_for_url("**/kiosk/number/**")


def call(desk: Page) -> None:
    """Call the next visitor unless somebody is at the counter already."""
    button = desk.locator("form[action$='/call-next/'] button")
    if button.count():
        button.click()
        desk.wait_for_selector("form[action$='/start/'], form[action$='/finish/']")


def side_by_side(browser: Browser, shots: dict[str, bytes]) -> bytes:
    """Put the screens beside each other on white, scaled to one height."""
    images = "".join(
        f'<img src="data:image/png;base64,{base64.b64encode(shot).decode()}">'
        for shot in shots.values()
    )
    style = f"margin:0;padding:8px;display:inline-flex;gap:8px;height:{HEIGHT}px"
    page = browser.new_page(viewport={"width": 1400, "height": HEIGHT + 16})
    page.set_content(
        f"<style>img{{height:100%;border:1px solid #c9d1d4}}</style>"
        f'<body><div id="all" style="{style}">{images}</div></body>'
    )
    return page.locator("#all").screenshot(type="png")


def main(base: str) -> None:
    """Play the morning, look at three screens, write the picture."""
    arguments = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=arguments
        )
        board = pair(browser, base, "board")
        kiosk = pair(browser, base, "kiosk")
        for service in 3 * SERVICES:
            take_number(kiosk, base, service)
        desks = [log_in(browser, base, username) for username in OFFICERS]
        for desk in desks:
            call(desk)
        kiosk.goto(f"{base}/kiosk/?lang=id")
        board.wait_for_timeout(2000)  # the board follows by itself
        shots = {
            "kiosk": kiosk.screenshot(),
            "board": board.screenshot(),
            "desk": desks[0].screenshot(),
        }
        picture = side_by_side(browser, shots)
        browser.close()
    if len(picture) > LARGEST_BYTES:
        sys.exit(f"The picture has {len(picture)} bytes, more than {LARGEST_BYTES}.")
    PICTURE.write_bytes(picture)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "http://localhost:8000")
