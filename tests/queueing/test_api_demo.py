import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError, call_command

from offices.models import Office, Role, Staff
from offices.operations import set_clock
from queueing import operations
from queueing.models import Counter, Duty, Offering, Ticket
from tests.factories import (
    Branch,
    BranchFactory,
    HeadOfficeFactory,
    PostingFactory,
    RegionFactory,
)
from tests.queueing.api import client_of, problem

BRANCHES = "/api/v1/demo/branches"
CLOCK = "/api/v1/demo/branches/SIM/clock"
SHAPE = {
    "seats": 12,
    "services": ["SV-INFO"],
    "counters": [
        {"number": 1, "services": "all"},
        {"number": 4, "services": ["SV-INFO"]},
    ],
}


@pytest.fixture
def admin(branch: Branch, settings):
    settings.DEMO = True
    posting = PostingFactory(office=HeadOfficeFactory(), role=Role.ADMINISTRATOR)
    return client_of(posting.staff)


def test_branch_is_made_with_tokens_that_work(admin):
    made = admin.post(BRANCHES, SHAPE, format="json")

    assert made.status_code == 201
    assert made.json()["code"] == "SIM"
    assert [row["number"] for row in made.json()["counters"]] == [1, 4]
    assert [row["officer"] for row in made.json()["counters"]] == ["sim-1", "sim-4"]
    office = Office.objects.get(code="SIM")
    assert (office.is_demo, office.seats, office.parent) == (True, 12, RegionFactory())
    token = made.json()["counters"][1]["token"]
    admin.credentials(HTTP_AUTHORIZATION=f"Token {token}")
    duty = admin.post("/api/v1/offices/SIM/duties", {"counter": 4}, format="json")
    assert duty.status_code == 201


def test_branch_gets_a_new_shape_and_earlier_tokens_end(admin):
    first = admin.post(BRANCHES, SHAPE, format="json").json()
    office = Office.objects.get(code="SIM")
    counter = Counter.objects.get(office=office, number=4)
    kiosk = client_of()
    kiosk.credentials(HTTP_AUTHORIZATION=f"Device {first['kiosk_token']}")
    cso = client_of()
    cso.credentials(HTTP_AUTHORIZATION=f"Token {first['counters'][1]['token']}")
    kiosk.post("/api/v1/offices/SIM/tickets", {"service": "SV-INFO"}, format="json")
    duty = cso.post("/api/v1/offices/SIM/duties", {"counter": 4}, format="json").json()
    cso.post(f"/api/v1/offices/SIM/duties/{duty['id']}/call-next")

    again = admin.post(
        BRANCHES, SHAPE | {"seats": 9, "counters": [{"number": 1}]}, format="json"
    )

    assert [row["number"] for row in again.json()["counters"]] == [1]
    assert not Ticket.objects.still_open().exists()
    assert not Duty.objects.open().exists()
    counter.refresh_from_db()
    assert not counter.is_active
    assert kiosk.get("/api/v1/offices/SIM/menu").status_code == 401
    assert cso.get("/api/v1/offices/SIM/duties").status_code == 401


def test_branch_of_the_same_code_that_is_real_is_left_alone(admin):
    BranchFactory(code="SIM", name="Real")

    answer = admin.post(BRANCHES, SHAPE, format="json")

    assert problem(answer) == (409, "not_a_demo")
    assert Offering.objects.filter(office__code="SIM").count() == 0


def test_clock_runs_at_the_next_free_day_and_back(admin):
    admin.post(BRANCHES, SHAPE, format="json")
    today = dt.datetime.now(ZoneInfo("Asia/Jakarta")).date()

    answer = admin.post(
        CLOCK, {"reads": "next_free_day 07:58", "speed": 60}, format="json"
    ).json()

    now = dt.datetime.fromisoformat(answer["now"])
    assert (now.date(), now.hour, now.minute) == (today, 7, 58)
    assert answer["speed"] == 60
    assert admin.delete(CLOCK).status_code == 204
    assert Office.objects.get(code="SIM").clock_set_at is None


def test_clock_skips_days_that_were_used(admin):
    admin.post(BRANCHES, SHAPE, format="json")
    office = Office.objects.get(code="SIM")
    today = office.day(office.now())
    operations.open_duty(
        counter=Counter.objects.get(office=office, number=1),
        officer=Staff.objects.get(username="sim-1"),
        at=office.now(),
    )

    answer = admin.post(CLOCK, {"reads": "next_free_day 00:10"}, format="json").json()

    assert dt.datetime.fromisoformat(answer["now"]).date() == today + dt.timedelta(1)


@pytest.mark.parametrize(
    "body",
    [
        {"reads": "tomorrow"},
        {"reads": "next_free_day 24:00"},
        {"reads": 7},
        {"reads": "9999-12-31T23:59:59Z"},
        {"reads": "next_free_day 08:00", "speed": 0},
        {"reads": "next_free_day 08:00", "speed": "nan"},
        {"reads": "next_free_day 08:00", "sped": 1},
        {},
    ],
)
def test_clock_refuses_what_is_no_moment_or_speed(admin, body):
    admin.post(BRANCHES, SHAPE, format="json")

    answer = admin.post(CLOCK, body, format="json")

    assert answer.status_code == 400
    assert Office.objects.get(code="SIM").clock_set_at is None


def test_clock_of_a_real_branch_is_not_found(admin, branch: Branch):
    answer = admin.post(
        f"/api/v1/demo/branches/{branch.office.code}/clock",
        {"reads": "next_free_day 08:00"},
        format="json",
    )

    assert problem(answer) == (404, "not_found")


def test_nothing_of_it_exists_outside_a_demonstration(admin, settings):
    settings.DEMO = False

    assert admin.post(BRANCHES, SHAPE, format="json").status_code == 404
    assert admin.post(CLOCK, {"reads": "x"}, format="json").status_code == 404


def test_invariants_of_a_simulated_day_hold(admin, branch: Branch, capsys):
    office = branch.office
    office.is_demo = True
    office.save()
    reads = dt.datetime(2026, 1, 5, 9, tzinfo=ZoneInfo("Asia/Jakarta"))
    set_clock(office=office, reads=reads, at_real=office.now())
    branch.serving(branch.duty())

    answer = admin.get(
        f"/api/v1/offices/{office.code}/invariants", {"day": "2026-01-05"}
    )
    call_command("invariants", branch=office.code, day=dt.date(2026, 1, 5))

    assert answer.json() == {"day": "2026-01-05", "breaches": []}
    assert "all invariants hold" in capsys.readouterr().out
    with pytest.raises(CommandError, match="There is no branch NOPE"):
        call_command("invariants", branch="NOPE")
