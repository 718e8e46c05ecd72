"""What every endpoint begins with: who asks, at which office, for which row."""

from typing import cast

from rest_framework.request import Request

from bpjs_service.api.bodies import request_key
from bpjs_service.errors import NotAllowed
from bpjs_service.rows import one
from offices.access import Actor, Right, may, require, subject_of
from offices.models import Device, Office, Staff
from queueing.models import AT_COUNTER, Counter, Duty, Service, Ticket
from queueing.refusals import (
    CounterUnknown,
    DutyUnknown,
    OfficeUnknown,
    ServiceUnknown,
    TicketUnknown,
)


def office_of(request: Request, code: str) -> Office:
    """The active branch with its lineage; a machine's own comes without a query."""
    actor = actor_of(request)
    if isinstance(actor, Device) and actor.office.code == code:
        if actor.office.is_active and actor.office.kind == Office.Kind.BRANCH:
            return actor.office
        raise OfficeUnknown
    office = one(Office.objects.branches().with_lineage().filter(code=code))
    if office is None:
        raise OfficeUnknown
    return office


def office_for(request: Request, code: str, *rights: Right) -> Office:
    """The branch, if whoever asks has one of the rights there."""
    office = office_of(request, code)
    if not any(may(actor_of(request), right, office) for right in rights):
        raise NotAllowed
    return office


def actor_of(request: Request) -> Actor:
    """Whoever asks; the default permission has let nobody else in."""
    return cast("Actor", request.user)


def staff_of(request: Request) -> Staff:
    """The person who asks; machines have nothing to do here."""
    if not isinstance(request.user, Staff):
        raise NotAllowed
    return request.user


def key_of(request: Request) -> str:
    """The request's idempotency key, told apart from every other actor's."""
    return request_key(request, subject_of(actor_of(request)))


def ticket_of(request: Request, code: str, pk: int, *rights: Right) -> Ticket:
    """A ticket of the branch, its office's lineage joined; the right not yet checked.

    One of another branch is as unknown as one that does not exist; and whoever has
    none of the rights at the branch learns nothing about its numbers.
    """
    ticket = one(
        Ticket.objects.with_names()
        .select_related("office__parent__parent")
        .filter(pk=pk, office__code=code, office__is_active=True)
    )
    if ticket is None:
        office_for(request, code, *rights)
        raise TicketUnknown
    return ticket


def ticket_for(request: Request, code: str, pk: int, *rights: Right) -> Ticket:
    """A ticket of the branch, if whoever asks has one of the rights there."""
    ticket = ticket_of(request, code, pk, *rights)
    if not any(may(actor_of(request), right, ticket.office) for right in rights):
        raise NotAllowed
    return ticket


def require_today(ticket: Ticket) -> None:
    """Raise ``TicketUnknown`` for a ticket of another day: its life is over.

    One still at a counter is let through, or the counter would be stuck when the
    night's closing failed.
    """
    today = ticket.office.day(ticket.office.now())
    if ticket.service_day != today and ticket.state not in AT_COUNTER:
        raise TicketUnknown


def duty_of(request: Request, code: str, pk: int, *rights: Right) -> Duty:
    """A duty of the branch, its office's lineage joined; the right not yet checked."""
    duty = one(
        Duty.objects.select_related("office__parent__parent", "counter").filter(
            pk=pk, office__code=code, office__is_active=True
        )
    )
    if duty is None:
        office_for(request, code, *rights)
        raise DutyUnknown
    return duty


def own_duty(request: Request, code: str, pk: int) -> Duty:
    """A duty of the branch that the person who asks holds and may serve on."""
    staff = staff_of(request)
    duty = duty_of(request, code, pk, Right.SERVE)
    require(staff, Right.SERVE, duty.office)
    if duty.officer_id != staff.pk:
        raise NotAllowed
    duty.officer = staff
    return duty


def service_of(code: str) -> Service:
    """The service with that code; whether it is offered is for the operation."""
    service = one(Service.objects.select_related("group").filter(code=code))
    if service is None:
        raise ServiceUnknown(code=code)
    return service


def services_of(codes: list[str]) -> list[Service]:
    """The services with these codes; raises ``ServiceUnknown``."""
    found = Service.objects.in_bulk(codes, field_name="code")
    for code in codes:
        if code not in found:
            raise ServiceUnknown(code=code)
    return list(found.values())


def counter_of(office: Office, number: int) -> Counter:
    """The branch's counter with that number."""
    counter = one(Counter.objects.filter(office=office, number=number))
    if counter is None:
        raise CounterUnknown(number=number)
    return counter
