"""A small cast of offices, people and tickets; every value is stated, none random."""

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from offices.models import (
    Device,
    Office,
    OpeningHours,
    Posting,
    Role,
    Staff,
    hash_token,
)
from queueing import operations
from queueing.models import Counter, Duty, Offering, Service, ServiceGroup, Ticket

JAKARTA = ZoneInfo("Asia/Jakarta")
# A Monday, while a branch on its usual hours is open.
MONDAY = dt.datetime(2026, 1, 5, 9, 0, tzinfo=JAKARTA)


def on_monday() -> dict[str, Any]:
    """Fields of a branch whose own clock reads ``MONDAY`` now, at any real hour."""
    now = timezone.now()
    return {"is_demo": True, "clock_set_at": now, "clock_reads": MONDAY}


class HeadOfficeFactory(DjangoModelFactory):
    class Meta:
        model = Office
        django_get_or_create = ("code",)

    code = "KP"
    name = "Kantor Pusat"
    kind = Office.Kind.HEAD


class RegionFactory(HeadOfficeFactory):
    code = "KW"
    name = "Kantor Wilayah Jawa Barat"
    kind = Office.Kind.REGION
    parent = factory.SubFactory(HeadOfficeFactory)


class BranchFactory(RegionFactory):
    """A branch open all day, every day, so that tests need no clock."""

    class Meta:
        skip_postgeneration_save = True

    code = factory.Sequence(lambda n: f"KC{n}")
    name = "Kantor Cabang Bekasi Kota"
    kind = Office.Kind.BRANCH
    parent = factory.SubFactory(RegionFactory)

    @factory.post_generation
    def hours(obj: Office, create: bool, extracted: Any, **kwargs: Any) -> None:
        for weekday in range(7):
            OpeningHours.objects.create(
                office=obj, weekday=weekday, opens=dt.time(0), closes=dt.time.max
            )


class StaffFactory(DjangoModelFactory):
    class Meta:
        model = Staff
        django_get_or_create = ("username",)

    username = factory.Sequence(lambda n: f"staff{n}")
    name = factory.Sequence(lambda n: f"Petugas {n}")
    password = "!"


class PostingFactory(DjangoModelFactory):
    class Meta:
        model = Posting

    staff = factory.SubFactory(StaffFactory)
    office = factory.SubFactory(BranchFactory)
    role = Role.CSO
    starts_on = dt.date(2020, 1, 1)


class DeviceFactory(DjangoModelFactory):
    """A device whose token is its name."""

    class Meta:
        model = Device

    office = factory.SubFactory(BranchFactory)
    kind = Device.Kind.KIOSK
    name = factory.Sequence(lambda n: f"device-{n}")
    token_hash = factory.LazyAttribute(lambda device: hash_token(device.name))


class GroupFactory(DjangoModelFactory):
    class Meta:
        model = ServiceGroup
        django_get_or_create = ("code",)

    code = "INFO"
    prefix = "A"
    name_id = "Informasi dan data"
    name_en = "Information and data"
    is_quick = True


class ServiceFactory(DjangoModelFactory):
    class Meta:
        model = Service
        django_get_or_create = ("code",)

    code = "SV-INFO"
    group = factory.SubFactory(GroupFactory)
    name_id = "Informasi program"
    name_en = "Programme information"


class OfferingFactory(DjangoModelFactory):
    class Meta:
        model = Offering

    office = factory.SubFactory(BranchFactory)
    service = factory.SubFactory(ServiceFactory)


class CounterFactory(DjangoModelFactory):
    class Meta:
        model = Counter

    office = factory.SubFactory(BranchFactory)
    number = factory.Sequence(lambda n: n % 99 + 1)


class Branch:
    """A branch with one service, a kiosk, and counters opened on demand."""

    def __init__(self, **office: Any) -> None:
        self.office = BranchFactory(**office)
        self.offering = OfferingFactory(office=self.office)
        self.service = self.offering.service
        self.kiosk = DeviceFactory(office=self.office)

    def offer(self, code: str, prefix: str, **fields: Any) -> Service:
        group = GroupFactory(code=f"G-{prefix}", prefix=prefix, name_id=prefix)
        service = ServiceFactory(code=code, group=group, name_id=code, name_en=code)
        OfferingFactory(office=self.office, service=service, **fields)
        return service

    def officer(self, role: str = Role.CSO) -> Staff:
        return PostingFactory(office=self.office, role=role).staff

    def duty(self, number: int = 1, at: dt.datetime = MONDAY, **counter: Any) -> Duty:
        place = CounterFactory(office=self.office, number=number, **counter)
        return operations.open_duty(counter=place, officer=self.officer(), at=at)

    def ticket(self, at: dt.datetime = MONDAY, **choice: Any) -> Ticket:
        choice.setdefault("service", self.service)
        return operations.issue(office=self.office, actor=self.kiosk, at=at, **choice)

    def called(self, duty: Duty, at: dt.datetime = MONDAY) -> Ticket:
        """A fresh ticket, called by this duty."""
        self.ticket(at=at)
        return operations.call_next(duty=duty, actor=duty.officer, at=at)

    def serving(self, duty: Duty, at: dt.datetime = MONDAY) -> Ticket:
        ticket = self.called(duty, at)
        return operations.start(ticket=ticket, actor=duty.officer, at=at)
