import datetime as dt
import io

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.password_validation import validate_password
from django.core.management import CommandError, call_command
from django.utils import timezone

from offices.models import Device, Office, Posting, Staff
from queueing.demo import branch as demo_branch
from queueing.demo import clock, history
from queueing.models import Counter, Duty, Offering, QueueRules, State, Ticket
from tests.factories import JAKARTA, BranchFactory, RegionFactory

pytestmark = pytest.mark.django_db

PAST = (State.FINISHED, State.NO_SHOW)


def wib(day: int, hour: int, minute: int = 0) -> dt.datetime:
    """A moment of January 2026; the 5th is a Monday."""
    return dt.datetime(2026, 1, day, hour, minute, tzinfo=JAKARTA)


def run(command: str) -> str:
    out = io.StringIO()
    call_command(command, stdout=out)
    return out.getvalue()


@pytest.fixture
def demo(settings):
    settings.DEMO = True
    run("load_reference")


@pytest.fixture
def quiet(monkeypatch):
    """Fewer visitors, so that a test takes no seconds."""
    monkeypatch.setattr(history, "VISITORS", 6)
    monkeypatch.setattr(history, "VISITORS_TODAY", 60)


@pytest.fixture
def at(monkeypatch):
    def set_to(moment: dt.datetime) -> None:
        monkeypatch.setattr(timezone, "now", lambda: moment)

    return set_to


@pytest.fixture
def office(demo) -> Office:
    return demo_branch.build()


# -- The branch -----------------------------------------------------------------------
def test_build_makes_the_branch_the_issue_describes(office):
    assert (office.name, office.seats, office.zone, office.is_demo) == (
        "Kantor Cabang Bekasi Kota", 40, Office.Zone.WIB, True,
    )  # fmt: skip
    assert office.parent.name == "Kantor Wilayah Jawa Barat"
    assert Counter.objects.count() == 6
    assert Offering.objects.available(dt.date(2026, 1, 5)).count() == 26
    assert QueueRules.objects.get().office == office
    kinds = Device.objects.order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == ["KIOSK", "BOARD"]


def test_build_gives_counters_different_skills(office):
    served = {
        counter.number: None if counter.serves_all else counter.services.count()
        for counter in Counter.objects.all()
    }

    assert served == {1: None, 2: 24, 3: 11, 4: None, 5: 24, 6: 11}


def test_build_posts_everybody(office):
    roles = Posting.objects.filter(office=office).values_list("role", flat=True)

    assert sorted(roles) == [
        "BRANCH_HEAD", *["CSO"] * 6, "GREETER", "HEAD_OF_SERVICE", *["RANGER"] * 2,
    ]  # fmt: skip
    assert Posting.objects.get(role="REGIONAL_VALIDATOR").office.code == "KW-JABAR"
    assert Posting.objects.get(role="HEAD_OFFICE_VALIDATOR").office.code == "KP"
    assert Posting.objects.get(role="ADMINISTRATOR").office.code == "KP"


def test_build_gives_one_password_that_our_rules_accept(office, rf):
    for person in Staff.objects.all():
        validate_password(demo_branch.PASSWORD, person)

    log_in = {"username": "cso1", "password": demo_branch.PASSWORD}
    assert authenticate(rf.post("/"), **log_in) == Staff.objects.get(username="cso1")


def test_build_pauses_for_friday_prayer(office):
    friday = [wib(9, 11), wib(9, 12), wib(9, 13)]

    assert [office.is_open(moment) for moment in friday] == [True, False, True]


def test_build_leaves_a_real_branch_alone(demo):
    BranchFactory(code="BKS", parent=RegionFactory(code="KW-JABAR"))

    with pytest.raises(demo_branch.NotADemo):
        demo_branch.build()
    assert Counter.objects.count() == 0


# -- Its clock ------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("real", "reads"),
    [
        (wib(5, 10), None),  # open: real time
        (wib(5, 14, 29), None),  # for an hour still
        (wib(5, 14, 30), wib(6, 9, 30)),
        (wib(5, 3), wib(5, 9, 30)),
        (wib(9, 12), wib(9, 14, 30)),  # Friday prayer
        (wib(10, 10), wib(12, 9, 30)),  # Saturday
        (dt.datetime(2025, 12, 31, 20, tzinfo=JAKARTA), wib(2, 9, 30)),  # New Year
    ],
)
def test_wake_finds_opening_hours(office, at, real, reads):
    at(real)

    own_clock = clock.wake(office, at_real=real)

    assert (own_clock, office.clock_reads) == (reads is not None, reads)
    assert office.now() == (reads or real)


def test_wake_never_runs_back(office, at):
    at(wib(10, 10))
    clock.wake(office, at_real=wib(10, 10))
    at(wib(10, 11))

    clock.wake(office, at_real=wib(10, 11))

    assert office.now() == wib(12, 10, 30)


def test_wake_returns_to_real_time_when_that_has_caught_up(office, at):
    at(wib(10, 10))
    clock.wake(office, at_real=wib(10, 10))
    office.clock_speed = 0.5
    at(wib(20, 10))

    assert clock.wake(office, at_real=wib(20, 10)) is False
    assert (office.clock_reads, office.clock_speed) == (None, 1)


def test_wake_keeps_the_moment_of_a_branch_without_opening_hours(office, at):
    office.opening_hours.all().delete()
    at(wib(5, 10))

    assert clock.wake(office, at_real=wib(5, 10)) is False
    assert office.clock_reads is None


# -- Its past -------------------------------------------------------------------------
def test_seed_demo_fills_three_past_days_and_a_living_room(demo, quiet, at):
    at(wib(10, 10))  # a Saturday: the branch wakes on Monday the 12th

    output = run("seed_demo")

    tickets = Ticket.objects.order_by("service_day")
    days = sorted(set(tickets.values_list("service_day", flat=True)))
    assert days == [dt.date(2026, 1, day) for day in (7, 8, 9, 12)]
    past = tickets.filter(service_day__lt=days[-1])
    assert set(past.values_list("state", flat=True)) <= set(PAST)
    assert tickets.filter(service_day=days[-1], state=State.WAITING).exists()
    assert not Duty.objects.open().exists()
    assert output == (
        f"Kantor Cabang Bekasi Kota (BKS): {tickets.count()} numbers made up.\n"
        "The clock of Kantor Cabang Bekasi Kota reads "
        "Monday, 12 January 2026 09.30 WIB, so that you find it in opening hours.\n"
    )


def test_seed_demo_puts_nothing_in_the_future(demo, quiet, at):
    at(wib(10, 10))

    run("seed_demo")

    now = Office.objects.get(code="BKS").now()
    assert not Ticket.objects.filter(moved_at__gt=now).exists()
    assert not Ticket.objects.filter(issued_at__gt=now).exists()


def test_seed_demo_again_adds_nothing(demo, quiet, at):
    at(wib(5, 10))
    run("seed_demo")
    models = [Office, Staff, Posting, Device, Counter, Offering, Ticket, Duty]
    before = [model.objects.count() for model in models]

    output = run("seed_demo")

    assert output == "Kantor Cabang Bekasi Kota (BKS): 0 numbers made up.\n"
    assert [model.objects.count() for model in models] == before


def test_seed_demo_on_a_later_day_closes_the_old_one_and_starts_a_new_one(
    demo, quiet, at
):
    at(wib(5, 10))
    run("seed_demo")
    at(wib(13, 10))

    run("seed_demo")

    old = Ticket.objects.filter(service_day=dt.date(2026, 1, 5))
    assert not old.filter(state=State.WAITING).exists()
    assert Ticket.objects.filter(service_day=dt.date(2026, 1, 13)).exists()


def test_seed_demo_just_after_opening_has_no_counters_to_open(demo, quiet, at):
    at(wib(5, 8, 5))

    run("seed_demo")

    today = Ticket.objects.filter(service_day=dt.date(2026, 1, 5))
    assert set(today.values_list("state", flat=True)) <= {State.WAITING}
    assert not Duty.objects.filter(opened_at__gte=wib(5, 0)).exists()


def test_seed_demo_refuses_outside_a_demo(settings):
    settings.DEMO = False

    with pytest.raises(CommandError, match="only with DEMO=1"):
        run("seed_demo")
    assert Office.objects.count() == 0


def test_seed_demo_asks_for_the_reference_data(settings):
    settings.DEMO = True

    with pytest.raises(CommandError, match="Run load_reference first"):
        run("seed_demo")


def test_seed_demo_refuses_when_the_branch_is_a_real_one(demo):
    BranchFactory(code="BKS", parent=RegionFactory(code="KW-JABAR"))

    with pytest.raises(CommandError, match="is a real branch"):
        run("seed_demo")


# -- Its log-ins ----------------------------------------------------------------------
def test_demo_logins_prints_the_pages_and_everybody(settings):
    settings.DEMO = True

    pages, people = run("demo_logins").split("\n\n")

    assert pages.splitlines()[0] == "Home page  http://localhost:8000/"
    first, *rows = people.splitlines()
    assert first == "Log-ins of the demo, password bekasi-demo-2026:"
    assert rows[0] == "  cso1               Customer service officer  Sari Wulandari"
    assert len(rows) == len(demo_branch.CAST)


def test_demo_logins_tells_the_time_of_a_branch_with_its_own(office, at):
    at(wib(10, 10))
    clock.wake(office, at_real=wib(10, 10))

    assert run("demo_logins").splitlines()[-1] == clock.sentence(office)


def test_demo_logins_refuses_outside_a_demo(settings):
    settings.DEMO = False

    with pytest.raises(CommandError, match="only with DEMO=1"):
        run("demo_logins")


def test_seed_demo_refuses_a_database_with_any_real_branch(demo):
    BranchFactory(code="SIM", name="Kantor Cabang Simpang")

    with pytest.raises(CommandError, match="Simpang is a real branch"):
        run("seed_demo")

    assert not Staff.objects.exists()


@pytest.mark.parametrize("values", [{}, {"is_superuser": True}])
def test_seed_demo_makes_nobody_real_one_of_the_cast(demo, values):
    admin = Staff.objects.create(username="admin", name="Somebody real", **values)

    with pytest.raises(CommandError, match="admin is not one of the demo people"):
        run("seed_demo")

    assert not admin.postings.exists()
