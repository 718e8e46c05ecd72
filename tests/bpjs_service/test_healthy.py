"""bin/healthy, which containers ask how their process is."""

import os
import runpy
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

PROGRAM = Path(__file__).resolve().parents[2] / "bin" / "healthy"


@pytest.fixture
def healthy():
    return runpy.run_path(str(PROGRAM))


@pytest.fixture
def answering(healthy):
    """Serve the status of the day on a free port and point the check at it."""

    class Handler(BaseHTTPRequestHandler):
        status = 200
        hosts: list[str] = []

        def do_GET(self):
            Handler.hosts.append(self.headers["Host"])
            self.send_response(self.status)
            self.end_headers()

        def log_message(self, *_arguments):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        healthy["PORTS_AND_PATHS"]["web"] = (server.server_port, "/health")
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield Handler
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(("status", "expected"), [(200, True), (503, False)])
def test_web_is_healthy_while_it_answers_200(healthy, answering, status, expected):
    answering.status = status

    assert healthy["main"]("web") is expected


@pytest.mark.parametrize(
    ("allowed", "host"),
    [("office.example, b", "office.example"), (".example", "example"), ("*", None)],
)
def test_web_is_asked_by_a_host_it_accepts(
    healthy, answering, monkeypatch, allowed, host
):
    monkeypatch.setenv("ALLOWED_HOSTS", allowed)

    healthy["main"]("web")

    assert answering.hosts[-1] == (host or "localhost")


def test_web_is_unhealthy_when_nobody_listens(healthy):
    healthy["PORTS_AND_PATHS"]["web"] = (1, "/health")

    assert healthy["main"]("web") is False


@pytest.mark.parametrize(("age", "expected"), [(10, True), (3600, False)])
def test_beat_is_healthy_while_it_saves_its_schedule(healthy, tmp_path, age, expected):
    saved = tmp_path / "schedule.dat"
    saved.touch()
    os.utime(saved, (time.time() - age,) * 2)

    assert healthy["main"]("beat", str(tmp_path / "schedule")) is expected


def test_beat_is_unhealthy_without_a_schedule(healthy, tmp_path):
    assert healthy["main"]("beat", str(tmp_path / "schedule")) is False
