import stat
import subprocess
import sys

import pytest

from bpjs_service.embedded import addresses


@pytest.fixture(autouse=True)
def var(monkeypatch, tmp_path):
    monkeypatch.setenv("BPJS_VAR", str(tmp_path / "var"))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("REDIS_URL", raising=False)
    return tmp_path / "var"


def test_urls_come_from_the_environment_first(monkeypatch, var):
    var.mkdir()
    addresses.write_down(var, database="postgres://a/b", redis="redis://c")
    monkeypatch.setenv("DATABASE_URL", "postgres://outside/db")
    monkeypatch.setenv("REDIS_URL", "redis://outside")

    assert addresses.database_url() == "postgres://outside/db"
    assert addresses.redis_url() == "redis://outside"


def test_urls_of_running_servers_are_private_until_withdrawn(var):
    var.mkdir()

    addresses.write_down(var, database="postgres://a/b", redis="redis://:secret@c")

    assert addresses.database_url() == "postgres://a/b"
    assert addresses.redis_url() == "redis://:secret@c"
    assert stat.S_IMODE((var / "servers.json").stat().st_mode) == 0o600
    addresses.write_down(var)
    assert not (var / "servers.json").exists()


def test_urls_without_any_server_are_valid_and_touch_nothing(var):
    assert addresses.database_url().startswith("postgres://bpjs_service@//")
    assert addresses.redis_url() == "redis://127.0.0.1:1/0"
    assert not var.exists()


def test_secret_key_is_private_and_stays(var):
    first = addresses.secret_key()

    assert len(first) >= 50
    assert addresses.secret_key() == first
    assert stat.S_IMODE((var / "secret.key").stat().st_mode) == 0o600
    assert [path.name for path in var.iterdir()] == ["secret.key"]


def test_secret_key_is_one_for_processes_that_start_together(var):
    code = "from bpjs_service.embedded.addresses import secret_key as k; print(k())"
    processes = [
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
        for _ in range(4)
    ]

    keys = {process.communicate(timeout=30)[0] for process in processes}

    assert len(keys) == 1


def test_loser_of_the_secret_key_race_keeps_the_winners_key(monkeypatch, var):
    monkeypatch.setattr(addresses.Path, "exists", lambda _path: False)

    assert addresses.secret_key() == addresses.secret_key()


def test_addresses_do_not_import_django():
    # The package's own __init__ imports Celery, so the file is loaded by itself.
    code = (
        "import runpy, sys; runpy.run_path(sys.argv[1]);"
        "print([m for m in sys.modules if m.startswith(('django', 'celery'))])"
    )

    done = subprocess.run(
        [sys.executable, "-c", code, addresses.__file__],
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )

    assert done.stdout.strip() == "[]"
