"""Everybody at once, over four processes: no number twice, nobody called twice."""

import argparse
import multiprocessing
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

from django.db import connection

from bench.country import DUTY, KIOSK, OFFICE, Country
from bpjs_service.errors import Refusal
from offices.models import Device
from queueing import operations
from queueing.models import Action, Duty, Ticket, TicketEvent

PROCESSES = 4
_PATIENCE_SECONDS = 120


def main(place: Country, options: argparse.Namespace) -> None:
    """Issue at one branch, then call at one branch; count in the database."""
    place.settle(connection)
    before = Ticket.objects.filter(office=OFFICE).count()
    said = _together(options.issues, _issue)
    issued = Ticket.objects.filter(office=OFFICE).order_by("pk")[before:]
    numbers = Counter(ticket.label for ticket in issued)
    print(
        f"{options.issues} issues at once: {sum(numbers.values())} tickets,"
        f" {sum(n - 1 for n in numbers.values())} duplicates,"
        f" {_gaps(list(issued))} gaps, refused {said or 0}"
    )
    place.settle(connection)
    officers = range(0, place.branches * options.callers, place.branches)
    said = _together(options.callers, _call, [DUTY + officer for officer in officers])
    calls = TicketEvent.objects.filter(
        action=Action.CALL_NEXT, ticket_id__gte=place.first_ticket
    )
    callers = Counter(calls.values_list("ticket_id", flat=True))
    print(
        f"{options.callers} calls at once: {len(callers)} tickets called,"
        f" {sum(n > 1 for n in callers.values())} with two callers,"
        f" refused {said or 0}"
    )


def _gaps(tickets: list[Ticket]) -> int:
    """Numbers left out between the first and the last of this race."""
    numbers = [ticket.number for ticket in tickets]
    return max(numbers) - min(numbers) + 1 - len(set(numbers))


def _issue(_key: int) -> None:
    kiosk = Device.objects.select_related("office__parent__parent").get(pk=KIOSK)
    service = kiosk.office.offerings.select_related("service__group").earliest("pk")
    operations.issue(
        office=kiosk.office,
        service=service.service,
        actor=kiosk,
        at=kiosk.office.now(),
    )


def _call(key: int) -> None:
    duty = Duty.objects.select_related("office", "officer").get(pk=key)
    operations.call_next(duty=duty, actor=duty.officer, at=duty.office.now())


def _together(
    number: int, act: Callable[[int], None], keys: list[int] | None = None
) -> dict[str, int]:
    """Act so often at the same moment; returns the refusals by code."""
    connection.close()  # the processes must not share it
    context = multiprocessing.get_context("fork")
    barrier, said = context.Barrier(number), context.Queue()
    keys = keys or list(range(number))
    processes = [
        context.Process(target=_process, args=(act, keys[n::PROCESSES], barrier, said))
        for n in range(PROCESSES)
    ]
    for process in processes:
        process.start()
    words = [said.get(timeout=_PATIENCE_SECONDS) for _ in range(number)]
    for process in processes:
        process.join()
    return dict(Counter(word for word in words if word))


def _process(
    act: Callable[[int], None], keys: list[int], barrier: Any, said: Any
) -> None:
    threads = [
        threading.Thread(target=_one, args=(act, key, barrier, said)) for key in keys
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _one(act: Callable[[int], None], key: int, barrier: Any, said: Any) -> None:
    connection.ensure_connection()
    barrier.wait(_PATIENCE_SECONDS)
    try:
        act(key)
    except Refusal as refusal:
        said.put(refusal.code)
    except Exception as error:  # noqa: BLE001 - counted and told like a refusal
        said.put(repr(error))
    else:
        said.put("")
    finally:
        connection.close()
