"""Fixtures every test may use."""

import importlib
from collections.abc import Iterator

import pytest
from django.urls import clear_url_caches
from django.utils import translation

import bpjs_service.urls
import offices.urls
from tests.factories import Branch


@pytest.fixture(autouse=True)
def _quick_passwords(settings) -> None:
    """Hashing a password well takes half a second each; tests hash many."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def _indonesian_again() -> Iterator[None]:
    """A request leaves its language behind in the thread; the next test starts anew."""
    yield
    translation.deactivate()


@pytest.fixture
def branch(db) -> Branch:
    return Branch()


@pytest.fixture
def demo(settings) -> Iterator[None]:
    """The addresses as a demonstration has them."""
    settings.DEMO = True
    _reload_addresses()
    yield
    settings.DEMO = False
    _reload_addresses()


def _reload_addresses() -> None:
    for module in (offices.urls, bpjs_service.urls):
        importlib.reload(module)
    clear_url_caches()
