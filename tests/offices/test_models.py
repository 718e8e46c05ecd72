import datetime as dt

import pytest
from django.db import IntegrityError, transaction

from offices.models import (
    Device,
    Holiday,
    Office,
    OpeningHours,
    Posting,
    Role,
    Staff,
    hash_token,
)
from tests.factories import (
    MONDAY,
    BranchFactory,
    DeviceFactory,
    HeadOfficeFactory,
    PostingFactory,
    RegionFactory,
    StaffFactory,
)

MIDNIGHT_UTC = dt.datetime(2026, 1, 5, tzinfo=dt.UTC)


@pytest.fixture
def office(db) -> Office:
    """Open on weekdays from 8 to 12 and from 13 to 15.30."""
    office = BranchFactory()
    office.opening_hours.all().delete()
    for weekday in range(5):
        for opens, closes in ((8, dt.time(12)), (13, dt.time(15, 30))):
            OpeningHours.objects.create(
                office=office, weekday=weekday, opens=dt.time(opens), closes=closes
            )
    return office


def at(day: int, hour: int, minute: int = 0, second: int = 0) -> dt.datetime:
    """A moment of January 2026, WIB; the 5th is a Monday."""
    return MONDAY.replace(day=day, hour=hour, minute=minute, second=second)


# -- Opening hours --------------------------------------------------------------------
@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (at(5, 7, 59, 59), False),
        (at(5, 8), True),
        (at(5, 11, 59, 59), True),
        (at(5, 12), False),  # the pause
        (at(5, 12, 59, 59), False),
        (at(5, 13), True),
        (at(5, 15, 29, 59), True),
        (at(5, 15, 30), False),
        (at(9, 9), True),  # Friday
        (at(10, 9), False),  # Saturday
        (at(5, 9).astimezone(dt.UTC), True),
    ],
)
def test_is_open_by_the_hours(office, moment, expected):
    assert office.is_open(moment) is expected


@pytest.mark.parametrize(
    ("zone", "opens"),
    [
        (Office.Zone.WIB, "2026-01-05T01:00Z"),
        (Office.Zone.WITA, "2026-01-05T00:00Z"),
        (Office.Zone.WIT, "2026-01-04T23:00Z"),
    ],
)
def test_is_open_by_the_offices_own_time(office, zone, opens):
    office.zone = zone
    moment = dt.datetime.fromisoformat(opens)

    assert not office.is_open(moment - dt.timedelta(seconds=1))
    assert office.is_open(moment)
    assert office.next_opening(moment - dt.timedelta(seconds=1)) == moment


def test_is_open_not_on_holidays_of_itself_or_above(office):
    foreign = BranchFactory()
    for day, holder in enumerate(
        (office, office.parent, office.parent.parent, foreign), start=5
    ):
        Holiday.objects.create(office=holder, date=at(day, 0).date(), name="Libur")

    assert [office.is_open(at(day, 9)) for day in (5, 6, 7, 8)] == [
        False,
        False,
        False,
        True,
    ]


def test_is_open_not_when_given_up(office):
    office.is_active = False

    assert not office.is_open(at(5, 9))


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (at(5, 7), at(5, 8)),
        (at(5, 8), at(5, 13)),  # the next one, not the present one
        (at(5, 12, 30), at(5, 13)),
        (at(5, 16), at(6, 8)),
        (at(9, 16), at(12, 8)),  # over the weekend
    ],
)
def test_next_opening(office, moment, expected):
    assert office.next_opening(moment) == expected


def test_next_opening_passes_over_holidays(office):
    for day in (5, 6):
        Holiday.objects.create(
            office=office.parent, date=at(day, 0).date(), name="Libur"
        )

    assert office.next_opening(at(2, 16)) == at(7, 8)


def test_next_opening_of_an_office_without_hours_is_unknown(office):
    office.opening_hours.all().delete()

    assert office.next_opening(at(5, 7)) is None


def test_next_opening_looks_two_weeks_ahead(office):
    for day in range(5, 19):
        Holiday.objects.create(office=office, date=at(day, 0).date(), name="Libur")

    assert office.next_opening(at(5, 7)) == at(19, 8)
    assert office.next_opening(at(4, 7)) is None


# -- Clock and date -------------------------------------------------------------------
def read_at(monkeypatch, office: Office, real: dt.datetime) -> dt.datetime:
    monkeypatch.setattr("offices.models.timezone.now", lambda: real)
    return office.now()


def test_now_is_the_real_time_without_a_clock_of_its_own(db, monkeypatch):
    assert read_at(monkeypatch, BranchFactory(), MIDNIGHT_UTC) == MIDNIGHT_UTC


def test_now_runs_sixty_times_as_fast_from_where_the_clock_was_set(db, monkeypatch):
    office = BranchFactory(
        is_demo=True, clock_set_at=MIDNIGHT_UTC, clock_reads=MONDAY, clock_speed=60
    )
    minute = dt.timedelta(minutes=1)

    reads = [
        read_at(monkeypatch, office, MIDNIGHT_UTC + n * minute) for n in (0, 0.5, 1, 9)
    ]

    assert reads == [
        MONDAY,
        MONDAY + 30 * minute,
        MONDAY + 60 * minute,
        MONDAY + 540 * minute,
    ]


def test_day_is_the_offices_own_date(db):
    moment = dt.datetime(2026, 1, 5, 15, 30, tzinfo=dt.UTC)

    days = [BranchFactory(zone=zone).day(moment).day for zone in Office.Zone]

    assert days == [5, 5, 6]


def test_local_reads_the_offices_clock_on_the_wall(db):
    moment = dt.datetime(2026, 1, 5, 2, 30, tzinfo=dt.UTC)

    hours = [f"{BranchFactory(zone=z).local(moment):%H.%M}" for z in Office.Zone]

    assert hours == ["09.30", "10.30", "11.30"]


# -- The tree -------------------------------------------------------------------------
def test_lineage_is_the_office_and_those_above_without_queries(
    db, django_assert_num_queries
):
    branch = BranchFactory()
    ids = [branch.pk, branch.parent.pk, branch.parent.parent.pk]
    read = Office.objects.with_lineage().get(pk=branch.pk)

    with django_assert_num_queries(0):
        assert read.lineage_ids == ids


def test_branches_are_the_active_ones(db):
    branch = BranchFactory()
    BranchFactory(is_active=False)

    assert list(Office.objects.branches()) == [branch]


# -- What the database itself refuses --------------------------------------------------
@pytest.mark.parametrize(
    ("constraint", "make"),
    [
        (
            "office_head_has_no_parent",
            lambda: HeadOfficeFactory(code="KP2", parent=RegionFactory()),
        ),
        ("office_head_has_no_parent", lambda: BranchFactory(parent=None)),
        (
            "office_own_clock_only_in_demo",
            lambda: BranchFactory(clock_set_at=MONDAY, clock_reads=MONDAY),
        ),
        (
            "office_own_clock_only_in_demo",
            lambda: BranchFactory(is_demo=True, clock_set_at=MONDAY),
        ),
        (
            "office_own_clock_only_in_demo",
            lambda: BranchFactory(
                is_demo=True, clock_set_at=MONDAY, clock_reads=MONDAY, clock_speed=0
            ),
        ),
        (
            "hours_close_after_open",
            lambda: OpeningHours.objects.create(
                office=BranchFactory(), weekday=0, opens=dt.time(9), closes=dt.time(9)
            ),
        ),
        (
            "posting_ends_after_start",
            lambda: PostingFactory(ends_on=dt.date(2019, 12, 31)),
        ),
    ],
)
def test_database_refuses(db, constraint, make):
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        make()


# -- Staff, devices, names -------------------------------------------------------------
def test_device_is_found_by_its_token_until_withdrawn(db, django_assert_num_queries):
    device = DeviceFactory(token_hash=hash_token("secret"))

    with django_assert_num_queries(1):
        found = Device.objects.by_token("secret")
        lineage = found.office.lineage_ids
    assert (found, len(lineage)) == (device, 3)
    assert Device.objects.by_token("other") is None
    assert Device.objects.by_token("") is None
    device.revoked_at = MONDAY
    device.save()
    assert Device.objects.by_token("secret") is None


def test_device_tokens_are_long_and_never_the_same():
    tokens = {Device.new_token() for _ in range(100)}

    assert (len(tokens), {len(token) for token in tokens}) == (100, {43})


def test_device_has_no_permission_of_django(db):
    assert not DeviceFactory().has_perm("queueing.add_ticket")


def test_posting_in_force_needs_an_active_person(db):
    posting = PostingFactory(staff=StaffFactory(is_active=False))

    assert not Posting.objects.in_force(MONDAY.date()).exists()
    assert posting.staff.postings.get() == posting


def test_names_for_people(db, settings):
    settings.LANGUAGE_CODE = "en"
    office = BranchFactory(name="Bekasi")
    staff = Staff(username="sari", name="Sari Dewi")
    hours = OpeningHours(weekday=0, opens=dt.time(8), closes=dt.time(15, 30))
    posting = Posting(staff=staff, office=office, role=Role.CSO)

    assert str(office) == "Bekasi"
    assert (str(staff), staff.get_full_name(), staff.get_short_name()) == (
        "Sari Dewi",
        "Sari Dewi",
        "Sari",
    )
    assert str(Staff(username="sari")) == "sari"
    assert str(hours) == f"{hours.get_weekday_display()} 08.00-15.30"
    assert str(Holiday(date=MONDAY.date(), name="Libur")) == "05-01-2026 Libur"
    assert str(posting) == f"Sari Dewi: {posting.get_role_display()}, Bekasi"
    assert str(Device(kind="KIOSK", name="Pintu")).endswith(" Pintu")
