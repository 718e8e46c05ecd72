"""The demo branch itself: rooms, hours, counters, people and machines."""

import datetime as dt
from dataclasses import dataclass

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.db.models import Q

from bpjs_service.errors import Refusal
from offices import operations
from offices.models import Device, Office, Role, Staff
from queueing.models import Service
from queueing.operations.catalogue import offer, put_counter, put_rules
from queueing.reference import catalogue

CODE = "BKS"
PASSWORD = "bekasi-demo-2026"  # noqa: S105 - printed at every start of the demo
POSTED_SINCE = dt.date(2026, 1, 1)

_MORNING = (dt.time(8), dt.time(15, 30))
HOURS = [
    *((weekday, *_MORNING) for weekday in range(4)),
    (4, dt.time(8), dt.time(11, 30)),  # Friday prayer until 13.00
    (4, dt.time(13), dt.time(15, 30)),
]

QUICK = frozenset({"INFO", "DATA", "AKUN", "JHTL"})
USUAL = QUICK | {"JHTX", "KEP", "JP"}
# What each counter can do, by class of work; None is everything.
SKILLS: dict[int, frozenset[str] | None] = {
    1: None,
    2: USUAL,
    3: QUICK,
    4: None,
    5: USUAL,
    6: QUICK,
}


@dataclass(frozen=True)
class Person:
    """One member of the demo's cast; ``office`` is a code."""

    username: str
    name: str
    role: Role
    office: str = CODE


CAST = (
    Person("cso1", "Sari Wulandari", Role.CSO),
    Person("cso2", "Budi Santoso", Role.CSO),
    Person("cso3", "Rina Marlina", Role.CSO),
    Person("cso4", "Agus Setiawan", Role.CSO),
    Person("cso5", "Dewi Lestari", Role.CSO),
    Person("cso6", "Fajar Nugraha", Role.CSO),
    Person("ranger1", "Hendra Gunawan", Role.RANGER),
    Person("ranger2", "Yuni Astuti", Role.RANGER),
    Person("penerima", "Nur Aini", Role.GREETER),
    Person("kepala-layanan", "Ratna Dewi Anggraini", Role.HEAD_OF_SERVICE),
    Person("kepala-cabang", "Bambang Hermawan", Role.BRANCH_HEAD),
    Person("validator-wilayah", "Asep Suryana", Role.REGIONAL_VALIDATOR, "KW-JABAR"),
    Person("validator-pusat", "Maria Hutapea", Role.HEAD_OFFICE_VALIDATOR, "KP"),
    Person("admin", "Dimas Prasetyo", Role.ADMINISTRATOR, "KP"),
)
MACHINES = (
    (Device.Kind.KIOSK, "Pintu masuk"),
    (Device.Kind.BOARD, "Ruang tunggu"),
)


class NotADemo(Refusal):
    """The database serves a real branch: no log-ins are made up in it."""

    code = "not_a_demo"
    sentence = "%(office)s is a real branch: nothing was seeded."


class NameTaken(Refusal):
    """A real person has the user name of one of the cast."""

    code = "name_taken"
    sentence = "%(username)s is not one of the demo people: nothing was seeded."


@transaction.atomic
def build() -> Office:
    """Return the demo branch; make whatever of it is missing.

    Needs the reference data. Raises ``NotADemo`` or ``NameTaken``.
    """
    _refuse_real_data()
    office, _made = operations.put_branch(
        code=CODE,
        name="Kantor Cabang Bekasi Kota",
        parent=Office.objects.get(code="KW-JABAR"),
        seats=40,
        is_demo=True,
    )
    operations.put_hours(office=office, hours=HOURS)
    _furnish(office)
    _staff()
    return office


def _refuse_real_data() -> None:
    real = Office.objects.filter(kind=Office.Kind.BRANCH, is_demo=False)
    for office in real[:1]:
        raise NotADemo(office=office)
    cast = [person.username for person in CAST]
    taken = Staff.objects.filter(username__in=cast)
    for staff in taken.filter(Q(is_superuser=True) | Q(postings=None))[:1]:
        raise NameTaken(username=staff.username)


def _furnish(office: Office) -> None:
    offer(office=office, services=Service.objects.all())
    put_rules(office=office)
    for number, classes in SKILLS.items():
        services = None if classes is None else _services_of(classes)
        put_counter(office=office, number=number, services=services)
    for kind, name in MACHINES:
        if not Device.objects.filter(office=office, kind=kind, name=name).exists():
            operations.enrol_device(office=office, kind=kind, name=name)


def _services_of(classes: frozenset[str]) -> list[Service]:
    codes = {
        row.code
        for group in catalogue().groups
        for row in group.services
        if row.workload in classes
    }
    return list(Service.objects.filter(code__in=codes))


def _staff() -> None:
    offices = {office.code: office for office in Office.objects.all()}
    password = make_password(PASSWORD)  # one slow hash for everybody
    for person in CAST:
        staff, _made = operations.put_staff(
            username=person.username, name=person.name, password_hash=password
        )
        operations.post(
            staff=staff,
            office=offices[person.office],
            role=person.role,
            starts_on=POSTED_SINCE,
        )
