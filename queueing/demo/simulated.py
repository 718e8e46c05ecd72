"""A branch for replays: any shape, open all day, staffed by machines, own clock."""

import datetime as dt
from dataclasses import dataclass

from django.contrib.auth.hashers import make_password
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from bpjs_service.errors import Refusal
from offices import operations
from offices.models import Device, Office, Role, Staff
from queueing.models import Counter, Duty, Service, Ticket
from queueing.operations.catalogue import arrange_counters, offer_only, put_rules
from queueing.operations.closing import close_left_open

CODE = "SIM"
NAME = "Kantor Cabang Simulasi"
KIOSK = "Kiosk simulasi"
POSTED_SINCE = dt.date(2020, 1, 1)
HOURS = [(weekday, dt.time(0), dt.time(23, 59)) for weekday in range(7)]
DAY = dt.timedelta(days=1)
MOST_DAYS_AHEAD = 3660


class SimulationTaken(Refusal):
    """A real branch has the code; it is left alone."""

    code = "not_a_demo"
    sentence = _("%(office)s is not a demonstration branch.")


@dataclass(frozen=True)
class Shape:
    """What the branch should look like; services None is all of them."""

    seats: int
    services: list[Service]
    skills: dict[int, list[Service] | None]
    name: str = NAME


@dataclass(frozen=True)
class Post:
    """A simulated person, with the only copy of the token; ``number`` is a counter."""

    staff: Staff
    token: str
    number: int = 0


@dataclass(frozen=True)
class Simulated:
    """The branch and everybody's tokens; those of an earlier replay are worthless."""

    office: Office
    kiosk_token: str
    greeter: Post
    officers: list[Post]


def build(shape: Shape, *, parent: Office, at_real: dt.datetime) -> Simulated:
    """Make the branch, or give it this shape; what an earlier replay left is closed.

    Raises ``SimulationTaken``.
    """
    if taken := Office.objects.filter(code=CODE, is_demo=False).first():
        raise SimulationTaken(office=taken)
    office, _changed = operations.put_branch(
        code=CODE,
        name=shape.name,
        parent=parent,
        seats=shape.seats,
        is_demo=True,
        overwrite=True,
    )
    operations.put_hours(office=office, hours=HOURS)
    _close_last_day(office)
    put_rules(office=office)
    offer_only(office=office, services=shape.services)
    counters = arrange_counters(office=office, skills=shape.skills)
    return _staffed(office, counters, at_real)


def retire() -> None:
    """Take the branch off everybody's lists until the next replay; its days stay."""
    Office.objects.filter(code=CODE, is_demo=True).update(is_active=False)


def _close_last_day(office: Office) -> None:
    """Close tickets and duties an interrupted replay has left behind."""
    last = last_used_day(office)
    if last is not None:
        night = dt.datetime.combine(last + DAY, dt.time(0), office.tzinfo)
        close_left_open(office=office, at=night)


def last_used_day(office: Office) -> dt.date | None:
    """The newest day on which the branch gave a number or opened a counter."""
    days = [
        Ticket.objects.filter(office=office).aggregate(day=Max("service_day"))["day"]
    ]
    opened = Duty.objects.filter(office=office).aggregate(at=Max("opened_at"))["at"]
    days += [office.day(opened)] if opened else []
    return max((day for day in days if day is not None), default=None)


def next_free_day(
    office: Office, time: dt.time, *, at_real: dt.datetime
) -> dt.datetime:
    """That time on the next day that nobody has used and that is no holiday."""
    last = last_used_day(office)
    day = office.day(at_real) if last is None else max(office.day(at_real), last + DAY)
    moments = (
        dt.datetime.combine(day + n * DAY, time, office.tzinfo) for n in range(30)
    )
    return next(moment for moment in moments if office.is_open(moment))


def _staffed(
    office: Office, counters: list[Counter], at_real: dt.datetime
) -> Simulated:
    for staff in Staff.objects.filter(postings__office=office).distinct():
        operations.end_tokens(staff=staff)
    return Simulated(
        office=office,
        kiosk_token=_kiosk(office),
        greeter=_post(office, "sim-greeter", Role.GREETER, at_real),
        officers=[
            _post(office, f"sim-{counter.number}", Role.CSO, at_real, counter.number)
            for counter in counters
        ],
    )


def _post(
    office: Office, username: str, role: Role, at_real: dt.datetime, number: int = 0
) -> Post:
    staff, _made = operations.put_staff(
        username=username,
        name=f"Petugas simulasi {number or 'penerima'}",
        password_hash=make_password(None),
    )
    operations.post(staff=staff, office=office, role=role, starts_on=POSTED_SINCE)
    _row, token = operations.new_token(staff=staff, at_real=at_real)
    return Post(staff, token, number)


def _kiosk(office: Office) -> str:
    device = Device.objects.filter(
        office=office, kind=Device.Kind.KIOSK, name=KIOSK
    ).first()
    if device is not None:
        return operations.renew_token(device=device)
    return operations.enrol_device(office=office, kind=Device.Kind.KIOSK, name=KIOSK)[1]
