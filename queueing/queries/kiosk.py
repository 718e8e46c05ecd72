"""What a visitor can choose at the kiosk."""

import datetime as dt
from dataclasses import dataclass

from django.db.models import F, OuterRef, Q, Subquery

from offices.models import Device, Office
from queueing.models import Offering, Service, ServiceGroup, ServiceTally, Ticket
from queueing.refusals import TicketUnknown


@dataclass(frozen=True)
class Choice:
    """A service on a tile, and whether it can be chosen today."""

    service: Service
    is_closed: bool  # not offered today
    is_used_up: bool  # its daily cap is reached

    @property
    def is_open(self) -> bool:
        return not (self.is_closed or self.is_used_up)


@dataclass(frozen=True)
class GroupChoice:
    """A service group on a tile, with its services in their order."""

    group: ServiceGroup
    services: tuple[Choice, ...]

    @property
    def is_open(self) -> bool:
        return any(choice.is_open for choice in self.services)

    @property
    def only_service(self) -> Service | None:
        """The group's one service: there is nothing to ask then."""
        if len(self.services) == 1 and self.is_open:
            return self.services[0].service
        return None


def choices(office: Office, day: dt.date) -> list[GroupChoice]:
    """The branch's service groups; services closed that day are among them."""
    groups: dict[ServiceGroup, list[Choice]] = {}
    for offering in _offerings(office, day):
        choice = Choice(
            service=offering.service,
            is_closed=not offering.is_available(day),
            is_used_up=offering.is_used_up,  # type: ignore[attr-defined]  # annotated
        )
        groups.setdefault(offering.service.group, []).append(choice)
    return [GroupChoice(group, tuple(found)) for group, found in groups.items()]


def _offerings(office: Office, day: dt.date) -> "list[Offering]":
    tally = ServiceTally.objects.filter(
        office=office, service_day=day, service=OuterRef("service")
    )
    return list(
        Offering.objects.filter(office=office, is_offered=True)
        .select_related("service__group")
        .alias(issued=Subquery(tally.values("issued")))
        .annotate(
            is_used_up=Q(daily_cap__isnull=False)
            & (Q(daily_cap=0) | Q(issued__isnull=False, issued__gte=F("daily_cap")))
        )
        .order_by(
            "service__group__position",
            "service__group__prefix",
            "service__position",
            "service__code",
        )
    )


def ticket_given(device: Device, request_key: str, at: dt.datetime) -> Ticket:
    """The number this kiosk gave today for the key; raises ``TicketUnknown``."""
    office = device.office
    ticket = Ticket.objects.filter(
        events__office=office,
        events__service_day=office.day(at),
        events__request_key=request_key,
        events__device=device,
    ).first()
    if ticket is None:
        raise TicketUnknown
    return ticket
