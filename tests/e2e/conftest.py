"""Browser journeys run in the system's own Chromium."""

import shutil
from typing import Any

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: Any) -> Any:
    if CHROMIUM is None:
        pytest.skip("BROWSER TESTS SKIPPED: there is no Chromium on this machine")
    arguments = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
    arguments += ["--disable-background-networking", "--disable-component-update"]
    arguments += ["--disable-sync"]
    return browser_type_launch_args | {"executable_path": CHROMIUM, "args": arguments}
