"""The statements of the two hottest requests, so that none is added unnoticed."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.factories import Branch
from tests.queueing.api import client_of, url


def statements(request: Callable[[], Any]) -> list[str]:
    """The first word of what reached the database; savepoints do not count."""
    with CaptureQueriesContext(connection) as captured:
        assert request().status_code < 300
    return [
        query["sql"].split(" ")[0]
        for query in captured
        if "SAVEPOINT" not in query["sql"]
    ]


def test_issue_takes_ten_statements_however_many_wait(branch: Branch):
    client = client_of(branch.kiosk)

    def issue(key: str) -> Any:
        return client.post(
            url(branch, "tickets"),
            {"service": "SV-INFO"},
            format="json",
            headers={"Idempotency-Key": key},
        )

    empty = statements(lambda: issue("a"))
    for _ in range(3):
        branch.ticket(at=timezone.now())
    busy = statements(lambda: issue("b"))

    # Machine, service, hours, offer; cap, visit, number, people ahead; ticket, event.
    assert empty == busy
    assert busy == [
        *["SELECT"] * 4,
        *["INSERT", "INSERT", "INSERT", "SELECT", "INSERT", "INSERT"],
    ]


def test_call_next_takes_nine_statements_however_many_wait(branch: Branch):
    duty = branch.duty(at=timezone.now())
    client = client_of(duty.officer)
    for _ in range(5):
        branch.ticket(at=timezone.now())

    taken = statements(
        lambda: client.post(
            url(branch, f"duties/{duty.pk}/call-next"),
            headers={"Idempotency-Key": "a"},
        )
    )

    # Token, duty, posting; duty locked, counter free, candidates, ticket locked.
    assert taken == [*["SELECT"] * 7, "UPDATE", "INSERT"]


def test_board_and_menu_take_no_more_for_a_full_room(branch: Branch):
    kiosk = client_of(branch.kiosk)
    branch.called(branch.duty(at=timezone.now()), at=timezone.now())
    pages = [partial(kiosk.get, url(branch, page)) for page in ("board", "menu")]
    few = [statements(page) for page in pages]
    for _ in range(3):
        branch.ticket(at=timezone.now())
    many = [statements(page) for page in pages]

    assert [len(page) for page in few] == [len(page) for page in many]


def test_own_counter_takes_no_more_for_a_long_queue(branch: Branch):
    duty = branch.duty(at=timezone.now())
    client = client_of(duty.officer)
    branch.ticket(at=timezone.now())
    few = statements(lambda: client.get(url(branch, "duties/mine")))
    for _ in range(3):
        branch.ticket(at=timezone.now())
    many = statements(lambda: client.get(url(branch, "duties/mine")))

    assert few == many
