"""A short day played through real HTTP against a server of the test's own."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from offices.models import Office, Role
from queueing.models import State, Ticket
from queueing.replay.client import Client, ReplayError, Tally
from queueing.replay.people import Room, Visitor
from queueing.replay.report import report
from queueing.replay.services import replay_services
from queueing.scenario import parse
from tests.factories import PostingFactory, RegionFactory, StaffFactory
from tests.queueing.test_scenario import DAY

PASSWORD = "a-password-for-tests"
# Five visitors in ten minutes; the last of them leaves before being called.
SHORT_DAY = {
    **DAY,
    "name": "short",
    "close": 29400,
    "counters": [
        {
            "start": 28800,
            "end": 29400,
            "breaks": [[28860, 28900]],
            "skills": ["INFO", "JHTL"],
            "speed": 1,
        },
    ],
    "arrivals": [
        [28801, "INFO", "Q", 0, None, 60, 9000],
        [28810, "JHTL", "Q", 0, None, 60, 9000],
        [28820, "INFO", "Q", 1, None, 60, 9000],
        [28830, "INFO", "Q", 0, 28980, 60, 9000],
        [28840, "INFO", "Q", 0, None, 60, 1],
    ],
}


@pytest.fixture
def played(transactional_db, settings, live_server, tmp_path):
    """Run the command on a scenario; return its JSON figures, or raise."""
    settings.DEMO = True
    call_command("load_reference", stdout=StringIO())
    admin = StaffFactory(username="admin")
    admin.set_password(PASSWORD)
    admin.save()
    region = Office.objects.filter(kind=Office.Kind.REGION).first() or RegionFactory()
    PostingFactory(staff=admin, office=region.parent, role=Role.ADMINISTRATOR)

    def play(day, **options):
        path = tmp_path / "day.json"
        path.write_text(json.dumps(day))
        out = StringIO()
        options = {"password": PASSWORD, "speed": 200, "json": True, **options}
        call_command("replay", path, base_url=live_server.url, stdout=out, **options)
        return out.getvalue()

    return play


def test_replay_serves_everybody_who_stayed_and_breaks_nothing(played):
    figures = json.loads(played(SHORT_DAY))

    assert figures["scenario"] == "short"
    assert (figures["tickets"], figures["served"]) == (5, 4)
    assert (figures["no_show"], figures["left"]) == (1, 1)
    assert (figures["errors"], figures["invariants_broken"]) == (0, 0)
    assert 0 < figures["mean_wait_min"] <= figures["p95"] <= figures["max"]
    assert figures["http_requests"] >= 5 + 5 + 4 * 2
    states = Ticket.objects.order_by("pk").values_list("state", flat=True)
    assert sorted(states) == [State.FINISHED] * 4 + [State.NO_SHOW]
    branch = Office.objects.get(code="SIM")
    assert (branch.clock_set_at, branch.is_active) == (None, False)


def test_replay_tells_people_what_happened(played):
    text = played(SHORT_DAY, json=False)

    assert "short: 5 tickets, 4 served, 1 absent (1 had left)" in text
    assert "errors: 0, broken invariants: 0" in text


def test_replay_warns_when_the_speed_makes_the_waits_meaningless(
    played, monkeypatch, capsys
):
    monkeypatch.setattr("queueing.management.commands.replay.SLOWEST_ANSWER", 0)

    played(SHORT_DAY)

    assert "Try a lower --speed" in capsys.readouterr().err


def test_replay_refuses_visitors_for_services_nobody_knows(played):
    day = {**SHORT_DAY, "arrivals": [[28801, "XYZ", "Q", 0, None, 60, 9000]]}

    with pytest.raises(CommandError, match="unknown services: XYZ"):
        played(day)


def test_replay_says_that_the_password_is_wrong(played):
    with pytest.raises(CommandError, match="401 The user name or password is wrong"):
        played(SHORT_DAY, password="wrong")


def test_replay_fails_when_an_actor_meets_an_unexpected_answer(played, monkeypatch):
    services = {**replay_services(), "JHTL": "SV-NONE"}
    monkeypatch.setattr("queueing.replay.play.replay_services", lambda: services)

    with pytest.raises(CommandError, match=r"40\d|422"):
        played(SHORT_DAY)


def test_replay_needs_a_speed(played):
    with pytest.raises(CommandError, match="--speed"):
        played(SHORT_DAY, speed=0)


def test_client_counts_a_branch_that_does_not_answer():
    tally = Tally()

    client = Client("http://127.0.0.1:1", tally)

    with pytest.raises(ReplayError, match=r"Nothing answers at http://127\.0\.0\.1:1/"):
        client.get("offices/X/board")
    client.close()

    assert len(tally.errors) == 1


def test_report_of_errors_does_not_pass():
    room = Room(parse(SHORT_DAY), {})
    tally = Tally(errors=["something"])

    played = report(room, tally, no_show=0, breaches=0, groups=[])

    assert not played.passed
    assert (played.tickets, played.mean_wait_min, played.http_p99_ms) == (0, 0.0, 0.0)


def test_wait_runs_from_the_booked_time_for_somebody_who_came_early():
    booked = parse(SHORT_DAY).arrivals[3]
    visitor = Visitor(
        booked,
        ticket={"issued_at": "2026-01-05T08:00:30+07:00"},
        called_at="2026-01-05T08:05:00+07:00",
    )

    assert visitor.wait_seconds() == 270 - (28980 - 28830)
