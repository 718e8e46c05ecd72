"""The cost of years: issue and call with millions of old tickets, against none."""

import argparse
import time
from collections import defaultdict
from contextlib import ExitStack
from typing import Any

from django.db import connection

from bench import load, scratch
from bench.country import COUNTER, DUTY, OFFICE, STAFF, Country
from bench.figures import System, issue_and_call
from bench.floor import Floor

PER_DAY = 150  # tickets of one branch on one day
_BATCH = 1_000_000
_WARM_UP_SECONDS = 0.3

# Old tickets have the numbers from 1, one day after the other, as they would have come.
# Two events each, the fewest that a ticket of the past can have.
PAST = """
SELECT id, %(office)s + id %% %(branches)s AS office_id,
       (%(services)s)[1 + id / %(branches)s %% %(kinds)s] AS service_id,
       (%(prefixes)s)[1 + id / %(branches)s %% %(kinds)s] AS prefix,
       day, (id / %(branches)s %% %(per_day)s)::int + 1 AS number,
       day + time '09:00' + id / %(branches)s %% %(per_day)s * interval '2 min' AS at,
       CASE WHEN id %% 33 = 0 THEN 'CANCELLED' WHEN id %% 20 = 0 THEN 'NO_SHOW'
            ELSE 'FINISHED' END AS state, %(officer)s + id %% %(officers)s AS officer
  FROM generate_series(%(first)s::bigint, %(last)s) AS id,
       LATERAL (SELECT (%(tickets)s - id) / %(branches)s / %(per_day)s) AS past (days),
       LATERAL (SELECT %(day)s - 1 - days::int) AS calendar (day)
"""
FILL = (
    f"""
INSERT INTO queueing_visit (id, office_id, service_day, priority, language, note)
SELECT id, office_id, day, '', 'id', '' FROM ({PAST}) AS past;
""",
    f"""
INSERT INTO queueing_ticket
       (id, office_id, visit_id, service_id, service_day, prefix, number, state,
        is_priority, issued_at, people_ahead_at_issue, queued_at, put_first, moved_at,
        calls, last_called_at, absent_since, left_open)
SELECT id, office_id, id, service_id, day, prefix, number, state,
       id %% 10 = 0, at, id %% 30, at, false, at + interval '40 min',
       1, at + interval '30 min',
       CASE WHEN state = 'NO_SHOW' THEN at + interval '40 min' END, false
  FROM ({PAST}) AS past;
""",
    f"""
INSERT INTO queueing_ticketevent
       (ticket_id, office_id, service_day, action, from_state, to_state, at,
        service_id, staff_id, counter_id, duty_id, reason, data, before,
        request_key, request_digest)
SELECT id, office_id, day, step.action, step.from_state,
       coalesce(step.to_state, state), at + step.after,
       service_id, staff_id, staff_id - %(officer)s + %(counter)s,
       staff_id - %(officer)s + %(duty)s, '', '{{"people_ahead": 12}}', '{{}}',
       md5(step.action || id), repeat(md5(id::text), 2)
  FROM ({PAST}) AS past,
       LATERAL (VALUES ('issue', '', 'WAITING', NULL, interval '0'),
                       ('finish', 'SERVING', NULL, officer, interval '40 min'))
               AS step (action, from_state, to_state, staff_id, after);
""",
)


def main(place: Country, options: argparse.Namespace) -> None:
    """Fill a database for each size, then ask all of them in turn."""
    place.settle(connection)
    floor = Floor(place)
    sizes = [0, *options.sizes]
    with ExitStack() as stack:
        systems = {}
        for size in sizes:
            url = stack.enter_context(scratch.copy_of_database(f"{size}"))
            database = scratch.connect(url)
            stack.callback(database.close)
            fill(database, place, size)
            web = stack.enter_context(scratch.serving("web", DATABASE_URL=url))
            systems[size] = System(url, database, web)
        report(measure(place, floor, systems, options), sizes)


def fill(database: Any, place: Country, tickets: int) -> None:
    """Put so many tickets of earlier days into the database, and tidy it up."""
    began = time.monotonic()
    values = {
        "tickets": tickets,
        "office": OFFICE,
        "branches": place.branches,
        "officer": STAFF,
        "officers": place.officers,
        "counter": COUNTER,
        "duty": DUTY,
        "day": place.day,
        "per_day": PER_DAY,
        "kinds": len(place.services),
        "services": [service.pk for service in place.services],
        "prefixes": [service.group.prefix for service in place.services],
    }
    with database.cursor() as cursor:
        # What is made here is consistent: no need to look each key up.
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("SET synchronous_commit = off")
        for first in range(1, tickets + 1, _BATCH):
            last = min(tickets, first + _BATCH - 1)
            for statement in FILL:
                cursor.execute(statement, values | {"first": first, "last": last})
        cursor.execute("RESET session_replication_role")
        cursor.execute("RESET synchronous_commit")
        cursor.execute("VACUUM (ANALYZE)")
        cursor.execute("CHECKPOINT")
        cursor.execute("SELECT pg_size_pretty(pg_database_size(current_database()))")
        size = cursor.fetchone()[0]
    seconds = time.monotonic() - began
    print(f"{tickets:>10} old tickets: {size}, made in {seconds:.0f} s", flush=True)


def measure(
    place: Country,
    floor: Floor,
    systems: dict[int, System],
    options: argparse.Namespace,
) -> dict[tuple[str, int], list[load.Result]]:
    """Rounds of all figures, at every size in turn."""
    results = defaultdict(list)
    for _ in range(options.rounds):
        for size, system in systems.items():
            load.run(system.web, place.issues(), seconds=_WARM_UP_SECONDS)
            figures = issue_and_call(place, floor, system, options.seconds)
            for name, result in figures:
                results[name, size].append(result)
    return results


def report(results: dict[tuple[str, int], list[load.Result]], sizes: list[int]) -> None:
    for name in dict.fromkeys(name for name, _size in results):
        empty = {"no history": results[name, 0]}
        for size in sizes:
            print(load.line(f"{name}, {size} old", results[name, size], floors=empty))
