"""What branches offer and where: groups, services, offerings, counters."""

import datetime as dt
from collections.abc import Iterable

from django.db import transaction

from bpjs_service.events import announce_on_commit
from bpjs_service.rows import put
from offices.models import Office
from queueing.models import Counter, Offering, QueueRules, Service, ServiceGroup
from queueing.operations.moving import channel
from queueing.reference import GroupRecord, ServiceRecord, Workload


@transaction.atomic
def put_catalogue(
    *,
    groups: list[GroupRecord],
    workloads: dict[str, Workload],
    overwrite: bool = False,
) -> int:
    """Make the groups and services that are missing; return how many were written.

    Existing rows stay as the head office has edited them, unless ``overwrite``.
    """
    written = 0
    for position, record in enumerate(groups, start=1):
        group, changed = _put_group(record, position, overwrite)
        written += changed
        for place, service in enumerate(record.services, start=1):
            seconds = workloads[service.workload].seconds
            written += _put_service(service, group, place, seconds, overwrite)
    return written


def _put_group(
    record: GroupRecord, position: int, overwrite: bool
) -> tuple[ServiceGroup, bool]:
    values = {
        "prefix": record.prefix,
        "name_id": record.name_id,
        "name_en": record.name_en,
        "is_quick": record.is_quick,
        "position": position,
    }
    groups = ServiceGroup.objects.all()
    return put(groups, {"code": record.code}, values, overwrite=overwrite)


def _put_service(
    record: ServiceRecord,
    group: ServiceGroup,
    position: int,
    seconds: int,
    overwrite: bool,
) -> bool:
    values = {
        "group": group,
        "name_id": record.name_id,
        "name_en": record.name_en,
        "online_id": record.online_id,
        "online_en": record.online_en,
        "position": position,
        "typical_seconds": seconds,
    }
    services = Service.objects.all()
    return put(services, {"code": record.code}, values, overwrite=overwrite)[1]


@transaction.atomic
def offer(*, office: Office, services: Iterable[Service]) -> int:
    """Let the branch offer these services; return how many are new to it."""
    had = set(Offering.objects.filter(office=office).values_list("service", flat=True))
    new = [service for service in services if service.pk not in had]
    Offering.objects.bulk_create(
        Offering(office=office, service=service) for service in new
    )
    return len(new)


@transaction.atomic
def close_today(*, offering: Offering, at: dt.datetime) -> Offering:
    """Give no more numbers for the service today, by the branch's own date."""
    return _put_closed_on(offering, offering.office.day(at))


@transaction.atomic
def open_again(*, offering: Offering) -> Offering:
    """Give numbers for the service again, on every day."""
    return _put_closed_on(offering, None)


def _put_closed_on(offering: Offering, day: dt.date | None) -> Offering:
    offering.closed_on = day
    offering.save(update_fields=["closed_on"])
    announce_on_commit(channel(offering.office_id))
    return offering


def put_rules(*, office: Office) -> QueueRules:
    """Return the branch's rules; a branch without any gets the defaults to edit."""
    return put(QueueRules.objects.all(), {"office": office}, {})[0]


@transaction.atomic
def put_counter(
    *, office: Office, number: int, services: Iterable[Service] | None
) -> Counter:
    """Return the branch's counter; a new one serves these services, None all."""
    key = {"office": office, "number": number}
    counter, created = put(Counter.objects.all(), key, {"serves_all": services is None})
    if created and services is not None:
        counter.services.set(services)
    return counter


@transaction.atomic
def offer_only(*, office: Office, services: Iterable[Service]) -> None:
    """Let the branch offer these services and no other."""
    wanted = list(services)
    offer(office=office, services=wanted)
    offerings = Offering.objects.filter(office=office)
    offerings.exclude(service__in=wanted).update(is_offered=False)
    offerings.filter(service__in=wanted).update(
        is_offered=True, closed_on=None, daily_cap=None
    )


@transaction.atomic
def arrange_counters(
    *, office: Office, skills: dict[int, list[Service] | None]
) -> list[Counter]:
    """Let the branch use these counters and no other; services None is all."""
    Counter.objects.filter(office=office).update(is_active=False)
    return [_arrange(office, number, services) for number, services in skills.items()]


def _arrange(office: Office, number: int, services: list[Service] | None) -> Counter:
    counter, _created = Counter.objects.update_or_create(
        office=office,
        number=number,
        defaults={"serves_all": services is None, "is_active": True},
    )
    counter.services.set(services or [])
    return counter
