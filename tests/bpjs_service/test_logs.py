"""Every line of the logs tells when, how bad and who, once."""

import io
import logging
import re

import pytest
from django.conf import settings
from django.test import Client
from django.utils.log import configure_logging

TIMED = re.compile(r"timestamp=20\S+Z level=\w+ logger=\S+ event=")


@pytest.fixture
def lines(monkeypatch):
    """What has been written to the log, line by line."""
    configure_logging(settings.LOGGING_CONFIG, settings.LOGGING)
    (handler,) = [
        handler
        for handler in logging.getLogger().handlers
        if type(handler) is logging.StreamHandler
    ]
    written = io.StringIO()
    monkeypatch.setattr(handler, "stream", written)
    return lambda: written.getvalue().splitlines()


def test_line_of_another_package_tells_when_how_bad_and_who(lines):
    logging.getLogger("axes.somewhere").warning("login failed for %s", "nobody")

    (line,) = lines()

    assert TIMED.match(line)
    assert 'level=warning logger=axes.somewhere event="login failed for nobody"' in line


def test_exception_of_another_package_is_one_line(lines):
    error = ZeroDivisionError("by nought")

    logging.getLogger("celery.app").error("failed", exc_info=error)

    (line,) = lines()

    assert TIMED.match(line)
    assert "ZeroDivisionError: by nought" in line


def test_refused_page_is_told_once(lines, db):
    Client().get("/nope")

    (line,) = lines()

    assert TIMED.match(line)
    assert "code=404" in line
