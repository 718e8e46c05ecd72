"""What the settings make of the environment."""

import runpy
from typing import Any

import pytest
from django.conf import settings as current


@pytest.fixture
def read(monkeypatch) -> Any:
    """The settings as they are in another environment."""

    def read(**environment: str) -> dict[str, Any]:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        return runpy.run_path(str(current.BASE_DIR / "bpjs_service" / "settings.py"))

    return read


def test_database_options_of_the_address_are_kept(read):
    url = "postgres://a@b/c?sslmode=verify-full&sslrootcert=/ca.pem&connect_timeout=9"

    options = read(DATABASE_URL=url)["DATABASES"]["default"]["OPTIONS"]

    assert options == {
        "sslmode": "verify-full",
        "sslrootcert": "/ca.pem",
        "connect_timeout": 9,
        "application_name": "bpjs_service",
        "options": "-c statement_timeout=15000 -c lock_timeout=5000",
    }


def test_forwarded_address_is_believed_only_behind_a_proxy(read):
    assert "AXES_CLIENT_IP_CALLABLE" not in read(BEHIND_PROXY="0")
    assert read(BEHIND_PROXY="1")["AXES_CLIENT_IP_CALLABLE"] == (
        "offices.lockout.address_behind_proxy"
    )


def test_messages_with_tokens_stay_on_the_server():
    assert current.MESSAGE_STORAGE.endswith("SessionStorage")
