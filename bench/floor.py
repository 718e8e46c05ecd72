"""The floor: the very SQL of one request, played by pgbench without any Python."""

import os
import re
import subprocess
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bench.country import (
    COUNTER,
    DUTY,
    KIOSK,
    OFFICE,
    STAFF,
    Country,
    code,
    kiosk_token,
    staff_digest,
)
from bench.load import CLIENTS, Result
from bench.scratch import connection_arguments
from bpjs_service.embedded import programs
from offices.models import hash_token
from queueing.models import Ticket, TicketEvent

# So far are the numbers moved apart that each is unmistakable in the captured SQL.
_APART = {"queueing_visit": 100_000, "queueing_ticket": 200_000}
_SERIES = 1_700_000
# Which number a statement hands on to those after it.
_HANDS_ON = {
    "queueing_visit": "visit_",
    "queueing_numberseries": "series_",
    "queueing_ticket": "ticket_",
}


class Floor:
    """Scripts for pgbench, captured from one request of each kind."""

    def __init__(self, country: Country) -> None:
        self.country = country
        self.issue_scripts = [
            _issue_script(country, number) for number in range(len(country.services))
        ]
        self.call_script = _call_script(country)

    def issue(self, url: str, *, seconds: float) -> Result:
        """Issue for so long, at every branch in turn."""
        return _pgbench(url, self.issue_scripts, ["-T", str(max(1, round(seconds)))])

    def call(self, url: str) -> Result:
        """Let every officer call once; ``Country.settle`` must have gone before."""
        each = self.country.officers // CLIENTS
        first = ["-D", f"first={self.country.first_ticket}"]
        return _pgbench(url, [self.call_script], ["-t", str(each), *first])


def _issue_script(country: Country, kind: int) -> str:
    """Capture a number given out at branch 0 for one of the services."""
    with connection.cursor() as cursor:
        for table, apart in _APART.items():
            sequence = f"pg_get_serial_sequence('{table}', 'id')"
            cursor.execute(f"SELECT setval({sequence}, nextval({sequence}) + {apart})")
        cursor.execute(
            "UPDATE queueing_numberseries SET last = last + %s WHERE office_id = %s",
            [_SERIES, OFFICE],
        )
    statements, ticket, event = _capture(country.issue(kind * country.branches))
    known = {
        str(ticket.visit_id): ":visit_id",
        str(ticket.pk): ":ticket_id",
        str(ticket.number): ":series_last",
        str(OFFICE): ":office",
        str(KIOSK): ":kiosk",
        event.request_key: "bench-:client_id-:i-:run",
        f"'{hash_token(kiosk_token(0))}'": (
            "encode(sha256('kiosk-:kiosk'::bytea), 'hex')"
        ),
    }
    lines = [
        r"\set i :i + 1",
        rf"\set branch (:client_id + :i * :clients) % {country.branches}",
        rf"\set office {OFFICE} + :branch",
        rf"\set kiosk {KIOSK} + :branch",
    ]
    return _script(lines, statements, known)


def _call_script(country: Country) -> str:
    """Capture the first call of officer 0."""
    statements, ticket, event = _capture(country.call(0))
    known = {
        str(ticket.pk): ":ticket",
        str(OFFICE): ":office",
        str(DUTY): ":duty",
        str(COUNTER): ":counter",
        str(STAFF): ":staff",
        f"'{staff_digest(0)}'": ("encode(sha512('officer-:staff'::bytea), 'hex')"),
        f"'{code(0)}'": "'B:branch'",
        event.request_key: "bench-:client_id-:i-:run",
    }
    lines = [
        r"\set officer :client_id + :i * :clients",
        r"\set i :i + 1",
        rf"\set branch :officer % {country.branches}",
        rf"\set place :officer / {country.branches}",
        rf"\set ticket :first + :branch * {country.waiting} + :place",
    ]
    firsts = {
        "office": (OFFICE, "branch"),
        "duty": (DUTY, "officer"),
        "counter": (COUNTER, "officer"),
        "staff": (STAFF, "officer"),
    }
    lines += [rf"\set {name} {n} + :{of}" for name, (n, of) in firsts.items()]
    return _script(lines, statements, known)


def _capture(request: bytes) -> tuple[list[str], Ticket, TicketEvent]:
    """Statements of one request, its ticket, and the event it wrote."""
    head, _gap, body = request.partition(b"\r\n\r\n")
    first, *rest = head.decode().split("\r\n")
    pairs = (each.split(": ", 1) for each in rest)
    headers = {name: value for name, value in pairs if name != "Content-Length"}
    with CaptureQueriesContext(connection) as captured:
        answer = Client().post(
            first.split()[1],
            body,
            content_type="application/json",
            headers=headers | {"Host": "localhost"},
        )
    if answer.status_code // 100 != 2:
        raise SystemExit(f"{first}: {answer.status_code} {answer.content!r}")
    ticket = Ticket.objects.get(pk=answer.json()["id"])
    statements = [query["sql"] for query in captured.captured_queries]
    return statements, ticket, ticket.events.latest("pk")


def _script(lines: list[str], statements: list[str], known: dict[str, str]) -> str:
    """The statements, each with what belongs to this one request as variables."""
    words = "|".join(map(re.escape, known))
    pattern = rf"(?<![0-9A-Za-z])(?:{words})(?![0-9A-Za-z])"
    played = []

    def variable(found: re.Match[str]) -> str:
        return known[found[0]]

    for statement in statements:
        text = re.sub(pattern, variable, statement).rstrip("; ")
        table = re.match(r'INSERT INTO "?(\w+)', text)
        name = _HANDS_ON.get(table[1]) if table else None
        played.append(f"{text} \\gset {name}" if name else f"{text};")
    return "\n".join([*lines, *played, ""])


def _pgbench(url: str, scripts: list[str], limits: list[str]) -> Result:
    names = {"host": "-h", "port": "-p", "user": "-U"}
    where = connection_arguments(url)
    password = where.pop("password", "")
    database = where.pop("dbname")
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        files = [Path(folder) / f"{n}.sql" for n in range(len(scripts))]
        for file, script in zip(files, scripts, strict=True):
            file.write_text(script)
        command = [
            str(_program()),
            *("-n", "-l", "-c", str(CLIENTS), "-j", "2", *limits),
            *("-D", "i=0", "-D", f"clients={CLIENTS}", "-D", f"run={time.time_ns()}"),
            *(part for key, value in where.items() for part in (names[key], value)),
            *(f"-f{file}" for file in files),
            database,
        ]
        done = subprocess.run(
            command,
            cwd=folder,
            env={**os.environ, "PGPASSWORD": password},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise SystemExit(f"pgbench failed: {done.stderr[-2000:]}")
        return _read(Path(folder).glob("pgbench_log.*"), done.stdout)


def _read(logs: Iterable[Path], output: str) -> Result:
    """Latencies from pgbench's logs (third column, microseconds), the rate it tells."""
    rows = (row.split() for log in logs for row in log.read_text().splitlines())
    latencies = [int(row[2]) / 1e6 for row in rows]
    rate = float(re.findall(r"tps = ([\d.]+)", output)[0])
    return Result(seconds=len(latencies) / rate, latencies=latencies)


def _program() -> Path:
    folder = programs.find_postgres(Path(), None, None)
    if not (folder / "pgbench").exists():
        raise SystemExit(f"There is no pgbench in {folder}.")
    return folder / "pgbench"
