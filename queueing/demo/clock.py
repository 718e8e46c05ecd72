"""When the demo branch lives: now, or in its next opening hours."""

import datetime as dt

from offices.models import Office
from offices.operations import reset_clock, set_clock

AFTER_OPENING = dt.timedelta(minutes=90)
ENOUGH = dt.timedelta(hours=1)  # of opening hours left, to be worth starting in


def wake(office: Office, *, at_real: dt.datetime) -> bool:
    """Set the branch's clock to opening hours; return whether it differs from ours.

    Time never runs back for a branch that has been used: one that is ahead stays
    ahead. The speed becomes that of real time.
    """
    ahead = office.clock_set_at is not None
    latest = max(office.now(), at_real) if ahead else at_real
    moment = living_moment(office, latest)
    if moment == at_real:
        reset_clock(office=office)
    else:
        set_clock(office=office, reads=moment, at_real=at_real)
    return moment != at_real


def living_moment(office: Office, latest: dt.datetime) -> dt.datetime:
    """That moment, or some time after the next opening if it is closed (soon)."""
    if office.is_open(latest) and office.is_open(latest + ENOUGH):
        return latest
    opening = office.next_opening(latest)
    return latest if opening is None else opening + AFTER_OPENING


def sentence(office: Office) -> str:
    """What the branch's clock reads and why, for whoever starts the demo."""
    local = office.local(office.now())
    zone = office.get_zone_display()
    return (
        f"The clock of {office.name} reads {local:%A, %d %B %Y %H.%M} {zone}, "
        "so that you find it in opening hours."
    )
