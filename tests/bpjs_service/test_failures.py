"""What is answered when no view did."""

import pytest
from django.db import OperationalError
from django.http import HttpRequest
from django.test import Client
from django.urls import reverse

from bpjs_service import failures, health
from offices import views
from tests.factories import Branch
from tests.queueing.api import client_of, problem, url


@pytest.fixture
def client() -> Client:
    """A browser that sees error pages as people do."""
    return Client(raise_request_exception=False)


def test_unknown_page_is_told_as_a_page(client, db):
    answer = client.get("/nope")

    assert answer.status_code == 404
    assert answer.headers["Content-Type"].startswith("text/html")


@pytest.mark.parametrize("path", ["/api/v1/nope", "/api/v1/offices/a b/menu"])
def test_unknown_address_of_the_api_is_told_as_json(client, db, path):
    answer = client.get(path, headers={"accept-language": "en"})

    assert answer.status_code == 404
    error = {"code": "not_found", "detail": "This was not found.", "attr": None}
    assert answer.json() == {"type": "client_error", "errors": [error]}


def test_mistake_of_ours_in_the_api_is_told_as_json(rf):
    answer = failures.server_error(rf.get("/api/v1/anything"))

    assert answer.status_code == 500
    assert answer.headers["Content-Type"] == "application/json"


def test_mistake_of_ours_in_a_page_is_told_as_a_page(client, monkeypatch):
    def broken() -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(health, "_ask_redis", broken)

    answer = client.get("/health")

    assert answer.status_code == 500
    assert "Terjadi gangguan" in answer.content.decode()


@pytest.mark.parametrize(
    "form",
    [
        {"username": "x" * 70_000, "password": "x"},
        {f"field{number}": "x" for number in range(300)},
    ],
)
@pytest.mark.parametrize(
    ("language", "sentence"),
    [("en", "The request is too large."), ("id", "Permintaan terlalu besar.")],
)
def test_oversized_form_is_told_in_the_readers_language(
    client, db, form, language, sentence
):
    client.cookies["django_language"] = language

    answer = client.post(reverse("offices:login"), form)

    assert answer.status_code == 413
    assert sentence in answer.content.decode()


def test_request_for_another_host_is_refused_in_a_sentence(client, db):
    answer = client.get("/", headers={"host": "evil.example"})

    assert answer.status_code == 400
    assert "<h1>" in answer.content.decode()


def test_busy_database_asks_a_page_to_try_again(client, db, monkeypatch):
    def too_slow(request: HttpRequest, *_arguments: object, **_more: object) -> None:
        raise OperationalError("canceling statement due to lock timeout")

    monkeypatch.setattr(views, "render", too_slow)
    client.cookies["django_language"] = "en"
    here = reverse("offices:device", args=["kiosk"])

    referer = f"http://testserver{here}"
    answer = client.get(here, headers={"host": "testserver", "referer": referer})

    text = answer.content.decode()
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "1"
    assert "The system is busy. Try again in a moment." in text
    assert f'href="{referer}"' in text


def test_way_back_leads_to_no_other_site(rf):
    request = rf.get("/", headers={"referer": "https://evil.example/"})

    assert failures._page_before(request) == "/"


def test_half_a_character_is_told_and_not_stumbled_over(branch: Branch):
    client = client_of(branch.kiosk)
    bodies = ['{"\\ud800": 1}', '{"service": "\\udfff"}', '["\\ud800"]']

    answers = [
        client.post(url(branch, "tickets"), body, content_type="application/json")
        for body in bodies
    ]

    assert [problem(answer) for answer in answers] == [(400, "parse_error")] * 3
