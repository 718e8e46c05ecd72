"""What is refused: the right status, a code, the reader's language, and no trace."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from offices.models import OpeningHours, Role
from offices.operations import revoke_device
from queueing import operations
from queueing.models import Counter, Offering, Ticket
from tests.factories import Branch, CounterFactory, ServiceFactory, on_monday
from tests.queueing.api import client_of, problem, traces, url


def issue(client: Any, branch: Branch, body: Any = None, **extra: Any) -> Any:
    body = {"service": "SV-INFO"} if body is None else body
    return client.post(url(branch, "tickets"), body, format="json", **extra)


def keyed(key: str) -> dict[str, Any]:
    return {"headers": {"Idempotency-Key": key}}


# -- Rules ----------------------------------------------------------------------------
def test_unknown_service(branch: Branch):
    answer = issue(client_of(branch.kiosk), branch, {"service": "NOPE"})

    assert problem(answer) == (422, "service_unknown")
    assert traces() == (0, 0, [])


def test_service_that_this_branch_does_not_offer(branch: Branch):
    ServiceFactory(code="SV-ELSE", name_en="Elsewhere")

    answer = issue(client_of(branch.kiosk), branch, {"service": "SV-ELSE"})

    assert problem(answer) == (409, "service_not_offered")
    assert traces() == (0, 0, [])


def test_closed_branch(branch: Branch):
    OpeningHours.objects.all().delete()

    answer = issue(client_of(branch.kiosk), branch)

    assert problem(answer) == (409, "branch_closed")
    assert traces() == (0, 0, [])


def test_daily_cap_reached(branch: Branch):
    Offering.objects.update(daily_cap=1)
    kiosk = client_of(branch.kiosk)
    issue(kiosk, branch)

    answer = issue(kiosk, branch)

    assert problem(answer) == (409, "daily_cap_reached")
    assert traces() == (1, 1, ["WAITING"])


def test_revoked_device(branch: Branch):
    kiosk = client_of(branch.kiosk)
    revoke_device(device=branch.kiosk, at=timezone.now())

    answer = issue(kiosk, branch)

    assert problem(answer) == (401, "device_unknown")
    assert traces() == (0, 0, [])


def test_stale_token(branch: Branch):
    officer = branch.officer(Role.GREETER)
    client = client_of(officer)
    officer.auth_token_set.update(expiry=timezone.now() - dt.timedelta(seconds=1))

    answer = issue(client, branch)

    assert problem(answer) == (401, "token_unknown")
    assert traces() == (0, 0, [])


def test_counter_already_taken(branch: Branch):
    duty = branch.duty(number=4, at=timezone.now())

    answer = client_of(branch.officer()).post(
        url(branch, "duties"), {"counter": 4}, format="json"
    )

    assert problem(answer) == (409, "counter_taken")
    assert str(duty.officer) in answer.json()["errors"][0]["detail"]
    assert duty.counter.duties.count() == 1


def test_counter_that_does_not_exist(branch: Branch):
    answer = client_of(branch.officer()).post(
        url(branch, "duties"), {"counter": 99}, format="json"
    )

    assert problem(answer) == (422, "counter_unknown")


def test_ticket_already_called_by_a_colleague(branch: Branch):
    now = timezone.now()
    branch.called(branch.duty(number=1, at=now), at=now)
    head = branch.officer(Role.HEAD_OF_SERVICE)
    second = CounterFactory(office=branch.office, number=2)
    duty = operations.open_duty(counter=second, officer=head, at=now)
    before = traces()

    answer = client_of(head).post(
        url(branch, f"duties/{duty.pk}/pick"),
        {"ticket": Ticket.objects.get().pk, "reason": "In pain"},
        format="json",
    )

    assert problem(answer) == (409, "already_called")
    assert answer.json()["errors"][0]["detail"] == (
        "A001 has just been called by counter 1."
    )
    assert traces() == before


def test_ticket_at_the_counter_of_a_colleague(branch: Branch):
    now = timezone.now()
    ticket = branch.called(branch.duty(at=now), at=now)
    before = traces()

    for step in ("start", "recall", "no-show"):
        answer = client_of(branch.officer()).post(
            url(branch, f"tickets/{ticket.pk}/{step}")
        )
        assert problem(answer) == (409, "not_at_your_counter")
    assert traces() == before


def test_transfer_to_a_closed_service(branch: Branch):
    now = timezone.now()
    branch.offer("SV-SHUT", "B", closed_on=branch.office.day(now))
    duty = branch.duty(at=now)
    ticket = branch.serving(duty, at=now)
    before = traces()

    answer = client_of(duty.officer).post(
        url(branch, f"tickets/{ticket.pk}/transfer"),
        {"service": "SV-SHUT"},
        format="json",
    )

    assert problem(answer) == (409, "service_not_offered")
    assert traces() == before


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ({}, (422, "transfer_target")),
        ({"service": "SV-INFO", "counter": 1}, (422, "transfer_target")),
        ({"service": "NOPE"}, (422, "service_unknown")),
        ({"counter": 98}, (422, "counter_unknown")),
        ({"officer": 999_999}, (422, "officer_unknown")),
        ({"officer": 2**70}, (400, "max_value")),
        ({"service": "SV-INFO", "place": "TOP"}, (400, "invalid_choice")),
    ],
)
def test_transfer_to_nowhere(branch: Branch, target, expected):
    now = timezone.now()
    duty = branch.duty(at=now)
    ticket = branch.serving(duty, at=now)
    before = traces()

    answer = client_of(duty.officer).post(
        url(branch, f"tickets/{ticket.pk}/transfer"), target, format="json"
    )

    assert problem(answer) == expected
    assert traces() == before


def test_step_with_a_ticket_of_yesterday(branch: Branch):
    yesterday = timezone.now() - dt.timedelta(days=1)
    ticket = branch.ticket(at=yesterday)

    answer = client_of(branch.officer(Role.GREETER)).post(
        url(branch, f"tickets/{ticket.pk}/cancel"), {"reason": "x"}, format="json"
    )

    assert problem(answer) == (404, "ticket_unknown")
    assert traces() == (1, 1, ["WAITING"])


def test_kiosk_cannot_claim_an_appointment(branch: Branch):
    body = {"service": "SV-INFO", "appointment_at": timezone.now().isoformat()}

    refused = issue(client_of(branch.kiosk), branch, body)
    given = issue(client_of(branch.officer(Role.GREETER)), branch, body)

    assert problem(refused) == (403, "not_allowed")
    assert given.status_code == 201
    assert traces() == (1, 1, ["WAITING"])


@pytest.mark.parametrize(
    "booked",
    [
        "2001-01-01T09:00:00+07:00",
        "2031-01-01T09:00:00+07:00",
        "2026-01-04T23:59:59+07:00",
        "2026-01-06T00:00:00+07:00",
        "9999-12-31T20:00:00+07:00",
        "0001-01-01T20:00:00+07:00",
    ],
)
def test_appointment_of_another_day(db, booked: str):
    branch = Branch(**on_monday())
    greeter = client_of(branch.officer(Role.GREETER))

    answer = issue(greeter, branch, {"service": "SV-INFO", "appointment_at": booked})

    assert problem(answer) == (422, "appointment_not_today")
    assert traces() == (0, 0, [])


# -- Bodies ---------------------------------------------------------------------------
BODIES = [
    (b"{", (400, "parse_error")),
    (b"\xff\xfe", (400, "parse_error")),
    (b"[" * 60_000, (400, "parse_error")),
    (b'{"service": NaN}', (400, "parse_error")),
    (b"[]", (400, "invalid")),
    (b'"SV-INFO"', (400, "invalid")),
    (b"null", (400, "null")),
    (b"{}", (400, "required")),
    (b'{"service": null}', (400, "null")),
    (b'{"service": ""}', (400, "blank")),
    (b'{"service": 7}', (400, "invalid")),
    (b'{"service": true}', (400, "invalid")),
    (b'{"service": {"code": "SV-INFO"}}', (400, "invalid")),
    (b'{"service": "SV-\\u0000INFO"}', (400, "null_characters_not_allowed")),
    (b'{"service": "\\ud800"}', (400, "parse_error")),
    (b'{"service": "' + b"x" * 33 + b'"}', (400, "max_length")),
    (b'{"service": "SV-INFO", "vip": true}', (400, "unknown_field")),
    (b'{"service": "SV-INFO", "priority": "VIP"}', (400, "invalid_choice")),
    (b'{"service": "SV-INFO", "priority": []}', (400, "invalid_choice")),
    (b'{"service": "SV-INFO", "language": "fr"}', (400, "invalid_choice")),
    (b'{"service": "SV-INFO", "appointment_at": 9}', (400, "invalid")),
    (b'{"service": "SV-INFO", "appointment_at": "soon"}', (400, "invalid")),
    (
        b'{"service": "SV-INFO", "appointment_at": "0001-01-01T00:00:00+14:00"}',
        (400, "overflow"),
    ),
    (b'{"service": "SV-INFO"}' + b" " * 70_000, (413, "body_too_large")),
]


@pytest.mark.parametrize(("body", "expected"), BODIES, ids=lambda part: str(part)[:40])
def test_body_that_is_no_order(branch: Branch, body: bytes, expected):
    answer = client_of(branch.kiosk).generic(
        "POST", url(branch, "tickets"), body, content_type="application/json"
    )

    assert problem(answer) == expected
    assert traces() == (0, 0, [])


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/x-www-form-urlencoded", "application/xml", "x"],
)
def test_wrong_content_type(branch: Branch, content_type: str):
    answer = client_of(branch.kiosk).generic(
        "POST", url(branch, "tickets"), b"service=SV-INFO", content_type=content_type
    )

    assert problem(answer) == (415, "unsupported_media_type")
    assert traces() == (0, 0, [])


@pytest.mark.parametrize("step", ["recall", "start", "finish", "no-show", "undo"])
def test_step_without_a_body_takes_none(branch: Branch, step: str):
    now = timezone.now()
    duty = branch.duty(at=now)
    ticket = branch.called(duty, at=now)
    before = traces()

    answer = client_of(duty.officer).post(
        url(branch, f"tickets/{ticket.pk}/{step}"), {"force": True}, format="json"
    )

    assert problem(answer) == (400, "unknown_field")
    assert traces() == before


@pytest.mark.parametrize("pk", ["0", "999999999", "9" * 30])
def test_ticket_that_does_not_exist(branch: Branch, pk: str):
    client = client_of(branch.officer())

    assert problem(client.get(url(branch, f"tickets/{pk}"))) == (404, "ticket_unknown")
    assert problem(client.post(url(branch, f"tickets/{pk}/start"))) == (
        404,
        "ticket_unknown",
    )
    assert problem(client.post(url(branch, f"duties/{pk}/call-next"))) == (
        404,
        "duty_unknown",
    )


def test_office_that_does_not_exist(branch: Branch):
    for client in (client_of(branch.kiosk), client_of(branch.officer())):
        answer = client.get("/api/v1/offices/NOPE/board")
        assert problem(answer) == (404, "office_unknown")


@pytest.mark.parametrize("query", ["?state=GONE", "?colour=red", "?label="])
def test_filter_that_does_not_exist(branch: Branch, query: str):
    answer = client_of(branch.officer()).get(url(branch, "tickets" + query))

    assert answer.status_code == 400


# -- Keys -----------------------------------------------------------------------------
@pytest.mark.parametrize("key", ["x" * 65, "a b", "caf\xe9", "a\x00b", "\t"])
def test_key_that_is_none(branch: Branch, key: str):
    answer = issue(client_of(branch.kiosk), branch, **keyed(key))

    assert problem(answer) == (400, "idempotency_key_invalid")
    assert traces() == (0, 0, [])


def test_key_reused_with_another_body(branch: Branch):
    branch.offer("SV-TWO", "B")
    kiosk = client_of(branch.kiosk)
    issue(kiosk, branch, **keyed("k"))

    other = issue(kiosk, branch, {"service": "SV-TWO"}, **keyed("k"))
    again = issue(kiosk, branch, **keyed("k"))

    assert problem(other) == (422, "key_reused")
    assert again.status_code == 201
    assert traces() == (1, 1, ["WAITING"])


def test_key_reused_for_another_step(branch: Branch):
    now = timezone.now()
    duty = branch.duty(at=now)
    ticket = branch.called(duty, at=now)
    client = client_of(duty.officer)
    one = url(branch, f"tickets/{ticket.pk}")
    client.post(f"{one}/start", **keyed("k"))
    before = traces()

    assert problem(client.post(f"{one}/finish", **keyed("k"))) == (422, "key_reused")
    assert traces() == before


def test_keys_of_two_machines_do_not_meet(branch: Branch):
    kiosk, greeter = branch.kiosk, branch.officer(Role.GREETER)

    first = issue(client_of(kiosk), branch, **keyed("k"))
    second = issue(client_of(greeter), branch, **keyed("k"))

    assert (first.json()["label"], second.json()["label"]) == ("A001", "A002")


# -- Language -------------------------------------------------------------------------
def test_refusals_speak_the_language_of_the_reader(branch: Branch):
    OpeningHours.objects.all().delete()

    english = issue(client_of(branch.kiosk, "en"), branch).json()["errors"][0]
    indonesian = issue(client_of(branch.kiosk, "id"), branch).json()["errors"][0]

    assert english == {
        "code": "branch_closed",
        "detail": ("The branch is closed now. Numbers are given during opening hours."),
        "attr": None,
    }
    assert indonesian["code"] == "branch_closed"
    assert indonesian["detail"] != english["detail"]


def test_validation_speaks_the_language_of_the_reader(branch: Branch):
    english = issue(client_of(branch.kiosk, "en"), branch, {}).json()
    indonesian = issue(client_of(branch.kiosk, "id"), branch, {}).json()

    assert english["errors"][0]["detail"] == "This field is required."
    assert indonesian["errors"][0]["detail"] == "Bidang ini harus diisi."
    assert indonesian["errors"][0]["attr"] == "service"


def details(answer: Any) -> list[str]:
    return [error["detail"] for error in answer.json()["errors"]]


def in_both(ask: Callable[[Any], Any], actor: Any) -> list[tuple[str, str]]:
    """What is wrong with a request, in English and in Indonesian."""
    english, indonesian = (details(ask(client_of(actor, to))) for to in ("en", "id"))
    return list(zip(english, indonesian, strict=True))


@pytest.mark.parametrize(
    "body", [body for body, _expected in BODIES], ids=lambda part: str(part)[:40]
)
def test_no_english_about_a_body_for_an_indonesian_reader(branch: Branch, body: bytes):
    def ask(client: Any) -> Any:
        return client.generic(
            "POST", url(branch, "tickets"), body, content_type="application/json"
        )

    for english, indonesian in in_both(ask, branch.kiosk):
        assert english != indonesian


@pytest.mark.parametrize(
    ("method", "rest", "body"),
    [
        ("PUT", "tickets", ""),
        ("GET", "tickets?state=GONE", ""),
        ("GET", "tickets?after=-1", ""),
        ("GET", "tickets?after=x", ""),
        ("GET", "tickets?after=" + "9" * 30, ""),
        ("GET", "tickets?label=123456789", ""),
        ("POST", "duties", '{"counter": 0, "as_ranger": "x"}'),
        ("POST", "duties", '{"counter": 100}'),
        ("POST", "duties", '{"counter": "one"}'),
        ("POST", "tickets/1/start", ""),
        ("POST", "duties/1/close", ""),
    ],
)
def test_no_english_for_an_indonesian_reader(branch: Branch, method, rest, body):
    def ask(client: Any) -> Any:
        return client.generic(
            method, url(branch, rest), body, content_type="application/json"
        )

    for english, indonesian in in_both(ask, branch.officer()):
        assert english != indonesian


def test_counter_of_another_branch_cannot_be_opened(branch: Branch):
    CounterFactory(office=Branch().office, number=77)

    answer = client_of(branch.officer()).post(
        url(branch, "duties"), {"counter": 77}, format="json"
    )

    assert problem(answer) == (422, "counter_unknown")
    assert Counter.objects.get().duties.count() == 0
