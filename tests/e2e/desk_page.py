"""The page of one counter, as the browser tests handle it."""

import datetime as dt
import re

from playwright.sync_api import Page, expect

from queueing.models import Duty, Ticket
from tests.factories import MONDAY, Branch

MINUTE = dt.timedelta(minutes=1)
SETTLE = 450  # ms; a faster second press is taken for a double click


class Desk:
    """The page of one officer, and the keys printed on it."""

    def __init__(self, page: Page, branch: Branch, url: str):
        self.page, self.branch, self.url = page, branch, url

    def press(self, key: str) -> None:
        self.page.wait_for_timeout(SETTLE)
        self.page.keyboard.press(key)

    def expect_step(self, step: str, label: str = "") -> None:
        """Wait until the primary button offers the step, with this number there."""
        form = self.page.locator("form:has(#next-step)")
        expect(form).to_have_attribute("action", re.compile(f"/{step}/$"))
        numbers = [label] if label else []
        expect(self.page.locator(".desk__number .ticket-number")).to_have_text(numbers)

    def refresh(self) -> None:
        """What live.js does when the branch has changed."""
        with self.page.expect_response(lambda r: r.request.method == "GET"):
            self.page.evaluate("document.body.dispatchEvent(new Event('changed'))")

    def on_duty(self) -> Duty:
        """Open the page, and counter 1 on it."""
        self.page.goto(self.url)
        self.page.locator("button[name=counter]").click()
        self.expect_step("call-next")
        return Duty.objects.get()

    def serve(self) -> Ticket:
        """Open counter 1 with a visitor who is being served there."""
        ticket = self.branch.serving(self.on_duty(), at=MONDAY - MINUTE)
        self.page.reload()
        self.expect_step("finish", ticket.label)
        return ticket

    def write_note(self, text: str) -> None:
        """Open the transfer form and type into its note."""
        self.press("F9")
        self.page.locator("#transfer-note").click()
        self.page.keyboard.type(text)
