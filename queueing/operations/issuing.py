"""Giving a visitor a number."""

import datetime as dt

from bpjs_service.events import announce_on_commit
from bpjs_service.rows import one
from offices.access import Actor
from offices.models import Office
from queueing.models import (
    Action,
    NumberSeries,
    Offering,
    Service,
    ServiceTally,
    State,
    Ticket,
    TicketEvent,
    Visit,
)
from queueing.operations.moving import actor_fields, channel
from queueing.refusals import (
    AppointmentNotToday,
    BranchClosed,
    DailyCapReached,
    ServiceNotOffered,
)
from queueing.repeats import Stamp, repeatable


@repeatable
def issue(  # noqa: PLR0913 - what a visitor chooses at the kiosk
    stamp: Stamp,
    *,
    office: Office,
    service: Service,
    actor: Actor,
    at: dt.datetime,
    priority: str = "",
    language: str = "id",
    appointment_at: dt.datetime | None = None,
) -> Ticket:
    """Issue the next number of the service's group, by the branch's own date.

    ``appointment_at`` is the booked time of a visitor who has one. Raises
    ``BranchClosed``, ``AppointmentNotToday``, ``ServiceNotOffered`` or
    ``DailyCapReached``.
    """
    day = office.day(at)
    if not office.is_open(at):
        raise BranchClosed
    if appointment_at is not None:
        _check_booked(office, appointment_at, at)
    _count(office, service, day)
    visit = Visit.objects.create(
        office=office, service_day=day, priority=priority, language=language
    )
    ticket = Ticket(
        office=office,
        visit=visit,
        service=service,
        service_day=day,
        prefix=service.group.prefix,
        is_priority=bool(priority),
        appointment_at=appointment_at,
        issued_at=at,
        queued_at=at,
        moved_at=at,
    )
    ticket.number = NumberSeries.objects.take(
        office=office, day=day, prefix=ticket.prefix
    )
    ticket.people_ahead_at_issue = ticket.people_ahead(at)
    ticket.save(force_insert=True)
    _record_issue(ticket, stamp, actor)
    return ticket


def _check_booked(office: Office, booked: dt.datetime, at: dt.datetime) -> None:
    # The distance first: a date of the year 9999 cannot be told in every zone.
    if abs(booked - at) > dt.timedelta(days=1) or office.day(booked) != office.day(at):
        raise AppointmentNotToday


def _count(office: Office, service: Service, day: dt.date) -> None:
    offering = Offering.objects.available(day).filter(office=office, service=service)
    offered = one(offering.only("daily_cap"))
    if offered is None:
        raise ServiceNotOffered(service=service)
    if not ServiceTally.objects.take(
        office=office, day=day, service=service, cap=offered.daily_cap
    ):
        raise DailyCapReached(service=service)


def _record_issue(ticket: Ticket, stamp: Stamp, actor: Actor) -> None:
    ticket.recorded = TicketEvent.objects.create(
        ticket=ticket,
        office_id=ticket.office_id,
        service_day=ticket.service_day,
        action=Action.ISSUE,
        to_state=State.WAITING,
        at=ticket.issued_at,
        service_id=ticket.service_id,
        data={"people_ahead": ticket.people_ahead_at_issue},
        request_key=stamp.key,
        request_digest=stamp.digest,
        **actor_fields(actor),
    )
    announce_on_commit(channel(ticket.office_id))
