"""The whole demo as a newcomer starts it, and what it says when it cannot."""

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from bpjs_service.embedded import __main__ as command
from bpjs_service.embedded import tools
from bpjs_service.embedded.problems import Exit, Problem
from bpjs_service.embedded.serve import (
    _folders,
    demo_environment,
    demo_programs,
    serve,
)
from bpjs_service.embedded.servers import open_lock, try_exclusive
from tests.bpjs_service.embedded_places import eventually, open_folder

RUN = [sys.executable, "-m", "bpjs_service.embedded"]


@pytest.fixture(autouse=True)
def _no_outside_servers(monkeypatch):
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("REDIS_URL", raising=False)


@pytest.fixture
def ports() -> int:
    """The first of two neighbouring free ports."""
    for port in range(20_000, 30_000, 2):
        with socket.socket() as one, socket.socket() as two:
            try:
                one.bind(("127.0.0.1", port))
                two.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return port
    raise AssertionError("no free ports")


def status(port: int, path: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    finally:
        connection.close()


def processes_of(var: Path) -> list[str]:
    """Process ids of everything that was started for this var folder."""
    mark = f"BPJS_VAR={var}\0".encode()
    return [
        process.name
        for process in Path("/proc").glob("[0-9]*")
        if process.name != str(os.getpid()) and mark in _environment(process)
    ]


def _environment(process: Path) -> bytes:
    try:
        return (process / "environ").read_bytes()
    except OSError:
        return b""


def test_demo_runs_until_it_is_stopped_and_leaves_nothing_behind(ports):
    with open_folder() as var:
        environment = os.environ | {"BPJS_VAR": str(var), "DEMO": "0"}  # no seeding
        with subprocess.Popen(
            [*RUN, "--port", str(ports)],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as demo:
            try:
                said = ""
                for line in demo.stdout:
                    said += line
                    if "Press Ctrl-C" in line:
                        break
                assert f"http://localhost:{ports}/" in said
                assert f"Data and logs are kept in {var.resolve()}." in said
                assert status(ports, "/") < 500
                assert eventually(lambda: status(ports + 1, "/live/health") == 200)
                demo.send_signal(signal.SIGINT)
                said += demo.communicate(timeout=30)[0]
            finally:
                demo.kill()

        assert demo.returncode == 0, said
        assert "Everything has stopped." in said
        assert "starts again" not in said
        assert processes_of(var) == []
        assert sorted(path.stem for path in (var / "logs").iterdir()) == [
            "beat",
            "live",
            "web",
            "worker",
        ]


def test_welcome_names_the_folder_elsewhere_too(tmp_path):
    elsewhere = tmp_path / "elsewhere"

    assert _folders(tmp_path, tmp_path) == f"Data and logs are kept in {tmp_path}."
    assert str(elsewhere) in _folders(tmp_path, elsewhere)


@pytest.mark.parametrize("offset", [0, 1])
def test_taken_port_is_told_before_anything_starts(tmp_path, ports, offset):
    refused = pytest.raises(Problem, match=f"Port {ports + offset} cannot be used")
    with socket.create_server(("127.0.0.1", ports + offset)), refused as caught:
        serve(ports, tmp_path)

    assert caught.value.code == Exit.PORT_TAKEN
    assert not (tmp_path / "postgres").exists()


def test_impossible_port_is_told(tmp_path):
    with pytest.raises(Problem, match="Port 70000 cannot be used"):
        serve(70_000, tmp_path)


def test_second_demo_of_the_same_folder_is_refused(tmp_path):
    with open_lock(tmp_path / "serving.lock") as serving:
        assert try_exclusive(serving)

        with pytest.raises(Problem, match="already running") as caught:
            serve(20_000, tmp_path)

    assert caught.value.code == Exit.ALREADY_RUNNING


def test_problem_becomes_one_line_and_the_exit_code(ports):
    with open_folder() as var:
        environment = os.environ | {
            "BPJS_VAR": str(var),
            "DATABASE_URL": "postgres://someone@127.0.0.1:1/branch",
        }

        done = subprocess.run(
            [*RUN, "--port", str(ports)],
            env=environment,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )

    assert done.returncode == Exit.DATABASE_UNREACHABLE
    assert "Traceback" not in done.stderr
    assert re.search(r"The database branch at 127\.0\.0\.1 cannot be", done.stderr)


def test_programs_get_the_demo_settings_unless_the_user_decided(monkeypatch, tmp_path):
    monkeypatch.delenv("DEMO", raising=False)
    assert demo_environment(tmp_path, 8000)["DEMO"] == "1"
    assert demo_environment(tmp_path, 8000)["LIVE_PORT"] == "8001"

    monkeypatch.setenv("DEMO", "0")
    assert demo_environment(tmp_path, 8000)["DEMO"] == "0"


def test_exactly_one_beat_runs(tmp_path):
    programs = demo_programs(8000, tmp_path, {})

    assert [program.name for program in programs] == ["web", "live", "worker", "beat"]
    assert [p.name for p in programs if "beat" in p.command] == ["beat"]


def test_manage_and_test_end_with_the_code_of_what_they_ran(monkeypatch, tmp_path):
    monkeypatch.setattr(tools, "servers_up", lambda *_args, **_kw: open_folder())

    assert tools.run_manage(["no_such_command"], tmp_path) == 1
    assert tools.run_tests(["--version"], tmp_path) == 0


def test_words_after_run_py_choose_what_runs(monkeypatch, tmp_path):
    monkeypatch.setenv("BPJS_VAR", str(tmp_path))
    calls = []
    for name in ("serve", "run_tests", "run_manage"):
        monkeypatch.setattr(
            command, name, lambda *args, name=name: calls.append((name, *args))
        )

    command._dispatch(["--port", "8100"])
    command._dispatch(["test", "-k", "desk"])
    command._dispatch(["manage", "check"])

    assert calls == [
        ("serve", 8100, tmp_path),
        ("run_tests", ["-k", "desk"], tmp_path / "test"),
        ("run_manage", ["check"], tmp_path),
    ]
