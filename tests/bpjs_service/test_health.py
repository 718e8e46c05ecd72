"""The health page of the web process."""

import pytest
from django.db import OperationalError, connection

NOBODY_LISTENS = "redis://127.0.0.1:1/0"


@pytest.mark.django_db
def test_health_answers_ok_while_both_servers_answer(client):
    answer = client.get("/health")

    assert answer.status_code == 200
    assert answer.json() == {"database": "ok", "redis": "ok"}
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.django_db
def test_health_stays_ok_without_redis(client, settings):
    settings.REDIS_URL = NOBODY_LISTENS

    answer = client.get("/health")

    assert answer.status_code == 200
    assert answer.json() == {"database": "ok", "redis": "down"}


@pytest.mark.django_db
def test_health_is_503_without_database_and_says_no_details(client, monkeypatch):
    def refuse(*_arguments, **_named):
        raise OperationalError("host db.internal refused user app")

    monkeypatch.setattr(connection, "cursor", refuse)

    answer = client.get("/health")

    assert answer.status_code == 503
    assert answer.json() == {"database": "down", "redis": "ok"}


@pytest.mark.django_db
def test_health_answers_without_encryption_where_pages_do_not(client, settings):
    settings.SECURE_SSL_REDIRECT = True

    assert client.get("/health").status_code == 200
    assert client.get("/login/").status_code == 301


def test_health_changes_nothing_by_post(client):
    assert client.post("/health").status_code == 405
