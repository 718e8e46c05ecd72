import datetime as dt

import pytest
from django.utils import timezone
from knox.models import AuthToken

from offices import operations
from offices.models import Device, Holiday, Office, Role, hash_token
from offices.reference import HolidayRecord, OfficeRecord
from tests.factories import (
    MONDAY,
    BranchFactory,
    DeviceFactory,
    HeadOfficeFactory,
    StaffFactory,
)

pytestmark = pytest.mark.django_db

OFFICES = [
    OfficeRecord("KP", "Kantor Pusat", "HEAD"),
    OfficeRecord("KW-1", "Kantor Wilayah", "REGION", parent="KP"),
]


@pytest.fixture
def ended(monkeypatch) -> list[str]:
    """Whose streams were ended, instead of ending them."""
    subjects: list[str] = []
    monkeypatch.setattr(operations, "end_streams", subjects.append)
    return subjects


def test_put_offices_builds_the_tree():
    assert operations.put_offices(records=OFFICES) == 2

    region = Office.objects.get(code="KW-1")
    assert (region.kind, region.parent.code) == ("REGION", "KP")


def test_put_offices_leaves_what_people_have_edited():
    operations.put_offices(records=OFFICES)
    Office.objects.filter(code="KP").update(name="Pusat")

    assert operations.put_offices(records=OFFICES) == 0
    assert Office.objects.get(code="KP").name == "Pusat"


def test_put_offices_overwrites_when_asked():
    operations.put_offices(records=OFFICES)
    Office.objects.filter(code="KP").update(name="Pusat")

    assert operations.put_offices(records=OFFICES, overwrite=True) == 1
    assert Office.objects.get(code="KP").name == "Kantor Pusat"


def test_put_holidays_twice_makes_each_once():
    HeadOfficeFactory()
    records = [HolidayRecord("KP", dt.date(2026, 8, 17), "Kemerdekaan")]

    written = [operations.put_holidays(records=records) for _run in range(2)]

    assert written == [1, 0]
    assert Holiday.objects.get().name == "Kemerdekaan"


def test_put_hours_leaves_hours_that_are_there():
    office = BranchFactory()

    operations.put_hours(office=office, hours=[(0, dt.time(9), dt.time(10))])

    assert office.opening_hours.count() == 7


def test_post_keeps_one_posting_for_one_role():
    office, staff = BranchFactory(), StaffFactory()
    posting = {"staff": staff, "office": office, "role": Role.CSO}

    first = operations.post(**posting, starts_on=dt.date(2026, 1, 1))
    second = operations.post(**posting, starts_on=dt.date(2026, 2, 1))

    assert first == second
    assert second.starts_on == dt.date(2026, 1, 1)


def test_enrol_device_returns_a_token_and_keeps_only_its_hash():
    office = BranchFactory()

    device, token = operations.enrol_device(office=office, kind="KIOSK", name="Pintu")

    assert Device.objects.by_token(token) == device
    assert device.token_hash == hash_token(token)


def test_renew_token_ends_the_old_one(ended, django_capture_on_commit_callbacks):
    device = DeviceFactory(name="lama", revoked_at=MONDAY)

    with django_capture_on_commit_callbacks(execute=True):
        token = operations.renew_token(device=device)

    assert Device.objects.by_token("lama") is None
    assert Device.objects.by_token(token) == device
    assert ended == [f"device-{device.pk}"]


def test_revoke_device_withdraws_access_and_ends_its_streams(
    ended, django_capture_on_commit_callbacks
):
    device = DeviceFactory(name="kiosk")

    with django_capture_on_commit_callbacks(execute=True):
        operations.revoke_device(device=device, at=MONDAY)

    assert Device.objects.by_token("kiosk") is None
    assert Device.objects.get().revoked_at == MONDAY
    assert ended == [f"device-{device.pk}"]


def test_revoke_device_again_keeps_the_first_moment(ended):
    device = DeviceFactory(revoked_at=MONDAY)

    operations.revoke_device(device=device, at=MONDAY + dt.timedelta(days=1))

    assert Device.objects.get().revoked_at == MONDAY


def test_set_password_ends_tokens_and_streams(
    ended, django_capture_on_commit_callbacks
):
    staff, other = StaffFactory(), StaffFactory()
    for person in (staff, other):
        operations.new_token(staff=person, at_real=MONDAY)

    with django_capture_on_commit_callbacks(execute=True):
        operations.set_password(staff=staff, password="kuda laut biru")

    staff.refresh_from_db()
    assert staff.check_password("kuda laut biru")
    assert AuthToken.objects.get().user == other
    assert ended == [f"staff-{staff.pk}"]


def test_set_clock_runs_from_the_given_moment_at_the_given_speed(monkeypatch):
    office = BranchFactory(is_demo=True)
    real = dt.datetime(2026, 11, 22, 2, 0, tzinfo=dt.UTC)

    operations.set_clock(office=office, reads=MONDAY, at_real=real, speed=60)

    monkeypatch.setattr(timezone, "now", lambda: real + dt.timedelta(seconds=2))
    office.refresh_from_db()
    assert office.now() == MONDAY + dt.timedelta(minutes=2)


def test_set_clock_refuses_a_real_branch():
    office = BranchFactory()

    with pytest.raises(operations.ClockNotOwn) as refused:
        operations.set_clock(office=office, reads=MONDAY, at_real=MONDAY)

    assert refused.value.code == "clock_not_own"
    office.refresh_from_db()
    assert office.clock_reads is None


def test_reset_clock_returns_to_real_time(monkeypatch):
    office = BranchFactory(is_demo=True)
    operations.set_clock(office=office, reads=MONDAY, at_real=MONDAY, speed=60)
    real = dt.datetime(2026, 11, 22, 2, 0, tzinfo=dt.UTC)

    operations.reset_clock(office=office)

    monkeypatch.setattr(timezone, "now", lambda: real)
    office.refresh_from_db()
    assert office.now() == real
