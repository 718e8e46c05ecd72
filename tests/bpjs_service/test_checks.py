import pytest
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import OperationalError, connection

from bpjs_service import checks

GOOD = {
    "DATABASE_URL": "postgres://db/x",
    "REDIS_URL": "redis://cache/0",
    "SECRET_KEY": "k" * 60,
}


@pytest.fixture
def good(settings, monkeypatch):
    """A deployment nothing is wrong with."""
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)
    settings.DEMO = settings.DEBUG = False
    settings.HTTPS, settings.LIVE_URL = True, "/live/"
    settings.ALLOWED_HOSTS = ["antrean.example"]


def found() -> list[str]:
    everything = [
        *checks.check_modes(),
        *checks.check_environment(),
        *checks.check_transport(),
        *checks.check_servers(),
    ]
    return [message.id for message in everything]


@pytest.mark.django_db
def test_checks_find_nothing_in_a_good_deployment(good):
    assert found() == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "value", "ids"),
    [
        ("DEMO", True, ["bpjs_service.E001"]),
        ("DEBUG", True, ["bpjs_service.E002"]),
        ("HTTPS", False, ["bpjs_service.W001"]),
        ("LIVE_URL", "", ["bpjs_service.W002"]),
        ("ALLOWED_HOSTS", ["localhost", "127.0.0.1"], ["bpjs_service.W003"]),
        ("REDIS_URL", "redis://127.0.0.1:1/0", ["bpjs_service.E008"]),
    ],
)
def test_check_finds_a_setting(good, settings, name, value, ids):
    setattr(settings, name, value)

    assert found() == ids


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "ids"),
    [
        ("DATABASE_URL", ["bpjs_service.E003"]),
        ("REDIS_URL", ["bpjs_service.E004"]),
        ("SECRET_KEY", ["bpjs_service.E005"]),
    ],
)
def test_check_finds_what_the_environment_lacks(good, monkeypatch, name, ids):
    monkeypatch.delenv(name)

    assert found() == ids


def test_check_finds_a_database_that_does_not_answer(good, monkeypatch):
    def refuse():
        raise OperationalError("no route")

    monkeypatch.setattr(connection, "ensure_connection", refuse)

    assert found() == ["bpjs_service.E006"]


@pytest.mark.django_db
def test_check_finds_a_database_that_is_too_old(good, monkeypatch):
    monkeypatch.setattr(checks, "OLDEST_POSTGRESQL", 990_000)

    assert found() == ["bpjs_service.E007"]


@pytest.mark.django_db
def test_check_deploy_runs_them_and_check_alone_does_not(good, settings):
    settings.DEMO = True

    call_command("check")
    with pytest.raises(SystemCheckError, match=r"bpjs_service\.E001"):
        call_command("check", deploy=True)
