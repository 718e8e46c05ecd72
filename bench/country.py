"""Many branches with kiosks, officers at their counters, and people waiting.

Keys are chosen here, far apart, so that a captured SQL statement can be played again
for another branch, and tokens follow from them.
"""

import datetime as dt
import hashlib
import io
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from django.core.management import call_command
from knox.models import AuthToken
from knox.settings import CONSTANTS

from bench.load import post
from offices.models import (
    Device,
    Office,
    OpeningHours,
    Posting,
    Role,
    Staff,
    hash_token,
)
from queueing.models import Counter, Duty, Offering, Service, ServiceGroup

OFFICE, KIOSK, COUNTER, STAFF, DUTY = (n * 111_000_000 for n in range(1, 6))
TICKET = 1_000_000_000  # tickets of today; those of the past are numbered from 1
WAITING = 100  # people in a branch when a round of calls begins
COUNTERS = 60  # as many calls can be measured in a branch without finishing any

# What is still open is done with, then everybody comes anew, in turn to each group.
SETTLE = """
UPDATE queueing_ticket SET state = 'FINISHED', duty_id = NULL, counter_id = NULL,
       officer_id = NULL
 WHERE service_day = %(day)s AND state IN ('WAITING', 'CALLED', 'SERVING', 'ON_HOLD');

CREATE TEMP TABLE newcomer ON COMMIT DROP AS
SELECT %(first)s + branch * %(waiting)s + place AS id, %(office)s + branch AS office_id,
       kind.service_id, kind.prefix, kind.position,
       place / kind.kinds + 1 + coalesce(series.last, 0) AS number,
       place %% 10 = 9 AS is_priority,
       %(at)s - (%(waiting)s - place) * interval '20 seconds' AS at
  FROM generate_series(0, %(branches)s - 1) AS branch
 CROSS JOIN generate_series(0, %(waiting)s - 1) AS place
  JOIN (SELECT id AS service_id, prefix, count(*) OVER () AS kinds,
               row_number() OVER (ORDER BY prefix) - 1 AS position
          FROM unnest(%(services)s, %(prefixes)s) AS chosen (id, prefix)) AS kind
    ON kind.position = place %% kind.kinds
  LEFT JOIN queueing_numberseries AS series
    ON series.office_id = %(office)s + branch AND series.service_day = %(day)s
   AND series.prefix = kind.prefix;

INSERT INTO queueing_visit (id, office_id, service_day, priority, language, note)
SELECT id, office_id, %(day)s, CASE WHEN is_priority THEN 'ELDERLY' ELSE '' END,
       'id', ''
  FROM newcomer;

INSERT INTO queueing_ticket
       (id, office_id, visit_id, service_id, service_day, prefix, number, state,
        is_priority, issued_at, people_ahead_at_issue, queued_at, put_first, moved_at,
        calls, left_open)
SELECT id, office_id, id, service_id, %(day)s, prefix, number, 'WAITING',
       is_priority, at, 0, at, false, at, 0, false
  FROM newcomer ORDER BY id;

INSERT INTO queueing_ticketevent
       (ticket_id, office_id, service_day, action, from_state, to_state, at,
        service_id, reason, data, before, request_key, request_digest)
SELECT id, office_id, %(day)s, 'issue', '', 'WAITING', at,
       service_id, '', '{}', '{}', '', ''
  FROM newcomer ORDER BY id;

INSERT INTO queueing_numberseries (office_id, service_day, prefix, last)
SELECT office_id, %(day)s, prefix, max(number) FROM newcomer GROUP BY office_id, prefix
    ON CONFLICT (office_id, service_day, prefix) DO UPDATE SET last = excluded.last;

SELECT setval(pg_get_serial_sequence('queueing_ticket', 'id'), max(id)),
       setval(pg_get_serial_sequence('queueing_visit', 'id'), max(id))
  FROM newcomer;
"""


@dataclass
class Country:
    """Branches 0 to n-1 and officers 0 to m-1; officer k serves at branch k % n."""

    branches: int
    officers: int
    services: list[Service]
    day: dt.date
    waiting: int = WAITING
    first_ticket: int = TICKET
    serial: Iterator[int] = field(default_factory=count)

    def settle(self, database: Any) -> None:
        """Begin a round: nobody at a counter, ``waiting`` people in every branch."""
        with database.cursor() as cursor:
            cursor.execute(
                "SELECT greatest(%s, (SELECT max(id) FROM queueing_ticket),"
                " (SELECT max(id) FROM queueing_visit)) + 1",
                [TICKET],
            )
            self.first_ticket = cursor.fetchone()[0]
        values = {
            "day": self.day,
            "first": self.first_ticket,
            "waiting": self.waiting,
            "office": OFFICE,
            "branches": self.branches,
            "at": dt.datetime.now(dt.UTC),
            "services": [service.pk for service in self.services],
            "prefixes": [service.group.prefix for service in self.services],
        }
        with database.cursor() as cursor:
            cursor.execute(f"BEGIN; {SETTLE} COMMIT", values)
            for table in ("visit", "ticket", "ticketevent", "numberseries"):
                cursor.execute(f"VACUUM (ANALYZE) queueing_{table}")

    def issue(self, number: int) -> bytes:
        """The request of a kiosk, every branch and service in turn."""
        branch = number % self.branches
        service = self.services[number // self.branches % len(self.services)]
        path = f"/api/v1/offices/{code(branch)}/tickets"
        authorization = f"Device {kiosk_token(branch)}"
        return post(path, authorization, {"service": service.code}, _key())

    def call(self, officer: int) -> bytes:
        """The request of an officer for the next visitor."""
        path = f"/api/v1/offices/{code(officer % self.branches)}"
        path = f"{path}/duties/{DUTY + officer}/call-next"
        return post(path, f"Token {staff_token(officer)}", {}, _key())

    def issues(self) -> Iterator[bytes]:
        """Requests of kiosks without end."""
        return (self.issue(number) for number in self.serial)

    def calls(self) -> Iterator[bytes]:
        """One request of each officer."""
        return (self.call(officer) for officer in range(self.officers))


def code(branch: int) -> str:
    return f"B{branch}"


def kiosk_token(branch: int) -> str:
    return f"kiosk-{KIOSK + branch}"


def staff_token(officer: int) -> str:
    return f"officer-{STAFF + officer}"


def staff_digest(officer: int) -> str:
    return hashlib.sha512(staff_token(officer).encode()).hexdigest()


def _key() -> str:
    return uuid.uuid4().hex


def build(branches: int, counters: int = COUNTERS) -> Country:
    """Fill the empty database; every service group is offered by one service."""
    call_command("load_reference", verbosity=0, stdout=io.StringIO())
    groups = ServiceGroup.objects.filter(services__isnull=False).distinct()
    services = [
        group.services.select_related("group").order_by("position")[0]
        for group in groups.order_by("prefix")
    ]
    offices = _offices(branches)
    Offering.objects.bulk_create(
        Offering(office=office, service=service)
        for office in offices
        for service in services
    )
    officers = branches * counters
    _officers(offices, officers)
    today = offices[0].day(offices[0].now())
    return Country(branches, officers, services, today)


def _offices(branches: int) -> list[Office]:
    head = Office.objects.create(code="BENCH", name="Bench", kind=Office.Kind.HEAD)
    region = Office.objects.create(
        code="BENCH-1", name="Bench 1", kind=Office.Kind.REGION, parent=head
    )
    offices = Office.objects.bulk_create(
        Office(
            pk=OFFICE + branch,
            code=code(branch),
            name=f"Kantor Cabang {branch}",
            kind=Office.Kind.BRANCH,
            parent=region,
        )
        for branch in range(branches)
    )
    OpeningHours.objects.bulk_create(
        OpeningHours(
            office=office, weekday=weekday, opens=dt.time(0), closes=dt.time.max
        )
        for office in offices
        for weekday in range(7)
    )
    Device.objects.bulk_create(
        Device(
            pk=KIOSK + branch,
            office=office,
            kind=Device.Kind.KIOSK,
            name="Pintu masuk",
            token_hash=hash_token(kiosk_token(branch)),
        )
        for branch, office in enumerate(offices)
    )
    return offices


def _officers(offices: list[Office], officers: int) -> None:
    """One counter, one person, one posting, one token and one open duty for each."""
    now = dt.datetime.now(dt.UTC)
    everyone = [(k, offices[k % len(offices)]) for k in range(officers)]
    Counter.objects.bulk_create(
        Counter(pk=COUNTER + k, office=office, number=k // len(offices) + 1)
        for k, office in everyone
    )
    Staff.objects.bulk_create(
        Staff(pk=STAFF + k, username=f"officer-{k}", name=f"Petugas {k}", password="!")
        for k, _office in everyone
    )
    Posting.objects.bulk_create(
        Posting(staff_id=STAFF + k, office=office, role=Role.CSO, starts_on=now.date())
        for k, office in everyone
    )
    AuthToken.objects.bulk_create(
        AuthToken(
            user_id=STAFF + k,
            token_key=staff_token(k)[: CONSTANTS.TOKEN_KEY_LENGTH],
            digest=staff_digest(k),
            expiry=now + dt.timedelta(days=1),
        )
        for k, _office in everyone
    )
    Duty.objects.bulk_create(
        Duty(
            pk=DUTY + k,
            office=office,
            counter_id=COUNTER + k,
            officer_id=STAFF + k,
            opened_at=now,
        )
        for k, office in everyone
    )
