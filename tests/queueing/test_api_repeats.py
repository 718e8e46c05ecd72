"""The same request many times at once: one effect, and one answer for everybody."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone

from offices.models import Role
from queueing.models import Duty, QueueRules, State, Ticket, TicketEvent
from tests.factories import Branch, CounterFactory
from tests.queueing.api import client_of, url

TIMES = 10
KEY = {"Idempotency-Key": "same"}

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def branch(transactional_db) -> Branch:
    return Branch()


def at_once(request: Callable[[], Any], times: int = TIMES) -> list[Any]:
    """Send the request that many times in parallel; return the answers."""

    def send(_number: int) -> Any:
        try:
            return request()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(send, range(times)))


def one_answer(answers: list[Any]) -> tuple[int, Any]:
    """The status and body that all answers share."""
    assert {answer.status_code for answer in answers} == {answers[0].status_code}
    assert {answer.content for answer in answers} == {answers[0].content}
    return answers[0].status_code, answers[0].json()


def actions() -> list[str]:
    return list(TicketEvent.objects.values_list("action", flat=True))


def duty_of(branch: Branch) -> Duty:
    return branch.duty(at=timezone.now())


def test_issue_ten_times_at_once_gives_one_number(branch: Branch):
    kiosk = client_of(branch.kiosk)

    answers = at_once(
        lambda: kiosk.post(
            url(branch, "tickets"), {"service": "SV-INFO"}, format="json", headers=KEY
        )
    )

    status, body = one_answer(answers)
    assert (status, body["label"], body["people_ahead"]) == (201, "A001", 0)
    assert actions() == ["issue"]


def test_issue_ten_times_without_a_key_gives_ten_numbers(branch: Branch):
    kiosk = client_of(branch.kiosk)

    answers = at_once(
        lambda: kiosk.post(
            url(branch, "tickets"), {"service": "SV-INFO"}, format="json"
        )
    )

    labels = sorted(answer.json()["label"] for answer in answers)
    assert labels == [f"A{number:03d}" for number in range(1, TIMES + 1)]


def test_call_next_ten_times_at_once_calls_one(branch: Branch):
    duty = duty_of(branch)
    for _ in range(3):
        branch.ticket(at=timezone.now())
    client = client_of(duty.officer)

    answers = at_once(
        lambda: client.post(url(branch, f"duties/{duty.pk}/call-next"), headers=KEY)
    )

    status, body = one_answer(answers)
    assert (status, body["label"], body["state"]) == (200, "A001", "CALLED")
    assert Ticket.objects.filter(state=State.CALLED).count() == 1


LIFE = [
    ("call", {}, "CALLED"),
    ("recall", {}, "CALLED"),
    ("start", {}, "SERVING"),
    ("next-service", {"service": "SV-INFO"}, "SERVING"),
    ("hold", {"reason": "copy"}, "ON_HOLD"),
    ("resume", {}, "SERVING"),
    ("transfer", {"service": "SV-INFO", "place": "END"}, "WAITING"),
    ("call", {}, "CALLED"),
    ("no-show", {}, "NO_SHOW"),
    ("requeue", {}, "WAITING"),
    ("call", {}, "CALLED"),
    ("undo", {}, "WAITING"),
    ("call", {}, "CALLED"),
    ("cancel", {"reason": "left"}, "CANCELLED"),
]


def test_every_step_of_a_life_five_times_at_once_is_one_step(branch: Branch):
    # Under these rules a number may be called again or be absent at once.
    QueueRules.objects.create(
        office=branch.office, recall_gap_seconds=0, calls_before_no_show=1
    )
    duty = duty_of(branch)
    ticket = branch.ticket(at=timezone.now())
    client = client_of(duty.officer)

    for number, (step, body, state) in enumerate(LIFE, start=2):
        path = f"duties/{duty.pk}/call-next"
        if step != "call":
            path = f"tickets/{ticket.pk}/{step}"
        key = {"Idempotency-Key": f"step-{number}"}
        answers = at_once(
            partial(client.post, url(branch, path), body, format="json", headers=key),
            times=5,
        )
        assert (one_answer(answers)[0], answers[0].json()["state"]) == (200, state)
        assert TicketEvent.objects.count() == number


def test_finish_ten_times_at_once(branch: Branch):
    duty = duty_of(branch)
    ticket = branch.serving(duty, at=timezone.now())
    client = client_of(duty.officer)

    answers = at_once(
        lambda: client.post(url(branch, f"tickets/{ticket.pk}/finish"), headers=KEY)
    )

    assert one_answer(answers)[1]["state"] == "FINISHED"
    assert actions() == ["issue", "call_next", "start", "finish"]


def test_a_late_repeat_tells_what_the_request_did(branch: Branch):
    duty = duty_of(branch)
    branch.ticket(at=timezone.now())
    client = client_of(duty.officer)
    call = url(branch, f"duties/{duty.pk}/call-next")
    first = client.post(call, headers=KEY)
    one = url(branch, f"tickets/{first.json()['id']}")
    client.post(f"{one}/start")
    client.post(f"{one}/finish")

    again = client.post(call, headers=KEY)

    assert again.content == first.content
    assert actions() == ["issue", "call_next", "start", "finish"]


def test_two_officers_opening_one_counter(branch: Branch):
    clients = [client_of(branch.officer()) for _ in range(2)]
    CounterFactory(office=branch.office, number=1)
    queue = list(clients)

    answers = at_once(
        lambda: queue.pop().post(url(branch, "duties"), {"counter": 1}, format="json"),
        times=2,
    )

    assert sorted(answer.status_code for answer in answers) == [201, 409]
    assert Duty.objects.count() == 1


def test_greeter_cancels_ten_times_at_once(branch: Branch):
    ticket = branch.ticket(at=timezone.now())
    client = client_of(branch.officer(Role.GREETER))

    answers = at_once(
        lambda: client.post(
            url(branch, f"tickets/{ticket.pk}/cancel"),
            {"reason": "gone home"},
            format="json",
            headers=KEY,
        )
    )

    assert one_answer(answers)[0] == 200
    assert actions() == ["issue", "cancel"]
