"""Every write about offices, staff, devices and a demonstration's clock."""

import datetime as dt
from functools import partial

from django.db import transaction
from django.utils.translation import gettext_lazy as _
from knox.models import AuthToken

from bpjs_service.errors import Refusal
from bpjs_service.events import end_streams
from bpjs_service.rows import put
from offices.access import subject_of
from offices.models import (
    Device,
    Holiday,
    Office,
    OpeningHours,
    Posting,
    Staff,
    hash_token,
)
from offices.reference import HolidayRecord, OfficeRecord


class ClockNotOwn(Refusal):
    """Only a demonstration branch may live on a clock of its own."""

    code = "clock_not_own"
    sentence = _("%(office)s is not a demonstration: its clock cannot be set.")


# -- Reference data -------------------------------------------------------------------
@transaction.atomic
def put_offices(*, records: list[OfficeRecord], overwrite: bool = False) -> int:
    """Make the offices that are missing; return how many rows were written."""
    written = 0
    for record in records:
        parent = record.parent and Office.objects.get(code=record.parent)
        values = {
            "name": record.name,
            "kind": record.kind,
            "parent": parent,
            "zone": record.zone,
        }
        written += put(
            Office.objects.all(), {"code": record.code}, values, overwrite=overwrite
        )[1]
    return written


@transaction.atomic
def put_holidays(*, records: list[HolidayRecord], overwrite: bool = False) -> int:
    """Make the holidays that are missing; return how many rows were written."""
    offices = {office.code: office for office in Office.objects.all()}
    return sum(
        put(
            Holiday.objects.all(),
            {"office": offices[record.office], "date": record.date},
            {"name": record.name},
            overwrite=overwrite,
        )[1]
        for record in records
    )


@transaction.atomic
def put_branch(  # noqa: PLR0913 - what a branch consists of
    *,
    code: str,
    name: str,
    parent: Office,
    seats: int,
    is_demo: bool = False,
    overwrite: bool = False,
) -> tuple[Office, bool]:
    """Return the branch, and whether it had to be made or, to overwrite, changed."""
    values = {
        "name": name,
        "kind": Office.Kind.BRANCH,
        "parent": parent,
        "seats": seats,
        "is_demo": is_demo,
        "is_active": True,
    }
    branches = Office.objects.with_lineage()
    return put(branches, {"code": code}, values, overwrite=overwrite)


@transaction.atomic
def put_hours(*, office: Office, hours: list[tuple[int, dt.time, dt.time]]) -> None:
    """Give an office without opening hours these: weekday (Monday 0), from, to."""
    if not office.opening_hours.exists():
        OpeningHours.objects.bulk_create(
            OpeningHours(office=office, weekday=weekday, opens=opens, closes=closes)
            for weekday, opens, closes in hours
        )


@transaction.atomic
def put_staff(*, username: str, name: str, password_hash: str) -> tuple[Staff, bool]:
    """Return the person with this user name, and whether one had to be made."""
    values = {"name": name, "password": password_hash}
    return put(Staff.objects.all(), {"username": username}, values)


@transaction.atomic
def post(*, staff: Staff, office: Office, role: str, starts_on: dt.date) -> Posting:
    """Post somebody to an office, unless they already have the role there."""
    held = Posting.objects.filter(staff=staff, office=office, role=role).first()
    return held or Posting.objects.create(
        staff=staff, office=office, role=role, starts_on=starts_on
    )


# -- Devices --------------------------------------------------------------------------
def enrol_device(*, office: Office, kind: str, name: str) -> tuple[Device, str]:
    """Enrol a machine; return it with its token, which is not kept anywhere."""
    token = Device.new_token()
    device = Device.objects.create(
        office=office, kind=kind, name=name, token_hash=hash_token(token)
    )
    return device, token


@transaction.atomic
def renew_token(*, device: Device) -> str:
    """Give the machine a new token and return it; the old one ends at once."""
    token = Device.new_token()
    device.token_hash, device.revoked_at = hash_token(token), None
    device.save(update_fields=["token_hash", "revoked_at"])
    transaction.on_commit(partial(end_streams, subject_of(device)))
    return token


@transaction.atomic
def revoke_device(*, device: Device, at: dt.datetime) -> Device:
    """Withdraw the machine's access; its open live pages end at once."""
    if device.revoked_at is None:
        device.revoked_at = at
        device.save(update_fields=["revoked_at"])
    transaction.on_commit(partial(end_streams, subject_of(device)))
    return device


# -- Tokens of the API ----------------------------------------------------------------
@transaction.atomic
def new_token(*, staff: Staff, at_real: dt.datetime) -> tuple[AuthToken, str]:
    """Give a person a token for one working day; the expired ones go.

    Returns the row and the token, which is not kept anywhere.
    """
    AuthToken.objects.filter(user=staff, expiry__lte=at_real).delete()
    row, token = AuthToken.objects.create(staff)
    return row, token


def end_token(*, token: AuthToken) -> None:
    """Make the token worth nothing."""
    token.delete()


def end_tokens(*, staff: Staff) -> None:
    """Make every token of the person worth nothing."""
    AuthToken.objects.filter(user=staff).delete()


# -- Accounts -------------------------------------------------------------------------
@transaction.atomic
def end_access(*, staff: Staff) -> None:
    """Close the person's live pages and make their tokens worth nothing, at once.

    Sessions end by themselves: Django ties them to the password and to ``is_active``.
    """
    end_tokens(staff=staff)
    transaction.on_commit(partial(end_streams, subject_of(staff)))


@transaction.atomic
def set_password(*, staff: Staff, password: str) -> Staff:
    """Give the person this password; whatever was open under the old one ends."""
    staff.set_password(password)
    staff.save(update_fields=["password"])
    end_access(staff=staff)
    return staff


# -- The clock of a demonstration -----------------------------------------------------
@transaction.atomic
def set_clock(
    *, office: Office, reads: dt.datetime, at_real: dt.datetime, speed: float = 1
) -> Office:
    """Let the branch live at ``reads``, ``speed`` seconds to each real one.

    ``at_real`` is the real present moment. Raises ``ClockNotOwn`` unless the branch is
    a demonstration.
    """
    if not office.is_demo:
        raise ClockNotOwn(office=office)
    return _save_clock(office, at_real, reads, speed)


@transaction.atomic
def reset_clock(*, office: Office) -> Office:
    """Let the branch live in real time again."""
    return _save_clock(office, None, None, 1)


def _save_clock(
    office: Office, at_real: dt.datetime | None, reads: dt.datetime | None, speed: float
) -> Office:
    office.clock_set_at, office.clock_reads, office.clock_speed = at_real, reads, speed
    office.save(update_fields=["clock_set_at", "clock_reads", "clock_speed"])
    return office
