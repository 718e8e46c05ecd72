"""Every address of the API × everybody who might ask, with the one right answer.

The list of addresses comes from the URL configuration: a new one without a row fails.
Rows say who is let in; everybody else gets 403, and whoever is nobody 401.
"""

import datetime as dt
import json
from typing import Any

from django.db import transaction
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone
from knox.models import AuthToken
from rest_framework.test import APIClient

from offices.models import Device, Role
from queueing import operations
from queueing.models import Counter, Duty
from tests.factories import (
    Branch,
    CounterFactory,
    DeviceFactory,
    HeadOfficeFactory,
    PostingFactory,
)
from tests.queueing.api import client_of, problem, url

UNKNOWN = {"anonymous", "revoked_kiosk", "expired_token", "garbage_token"}
MACHINES = {"kiosk", "board", "printer", "kiosk_elsewhere"}
PEOPLE = {
    "cso",
    "cso_elsewhere",
    "former_cso",
    "ranger",
    "greeter",
    "head_of_service",
    "branch_head",
    "regional_validator",
    "administrator",
}
EVERYBODY = UNKNOWN | MACHINES | PEOPLE

SERVE = {"cso", "ranger", "head_of_service"}
GREET = {"greeter", "head_of_service", "branch_head", "administrator"}
ISSUE = GREET | {"kiosk"}
SEE_BRANCH = {"head_of_service", "branch_head", "regional_validator", "administrator"}
MANAGE_COUNTERS = {"head_of_service", "branch_head", "administrator"}
STAFF_HERE = SERVE | GREET | SEE_BRANCH

OFFICE = "offices/<slug:code>/"
TICKET = OFFICE + "tickets/<int:pk>/"
DUTY = OFFICE + "duties/<int:pk>/"
# Who is let in. The status then depends on the state of things; it is neither
# 401 nor 403. The duty of the test is the CSO's own.
LET_IN: dict[tuple[str, str], set[str]] = {
    ("POST", "auth/login"): EVERYBODY,
    ("POST", "auth/logout"): PEOPLE,
    ("GET", "me"): MACHINES | PEOPLE,
    ("GET", "schema"): EVERYBODY - UNKNOWN | {"anonymous"},
    ("GET", OFFICE + "menu"): ISSUE,
    ("GET", OFFICE + "board"): STAFF_HERE | {"kiosk", "board"},
    ("GET", OFFICE + "live"): STAFF_HERE | {"kiosk", "board"},
    ("GET", OFFICE + "tickets"): STAFF_HERE,
    ("POST", OFFICE + "tickets"): ISSUE,
    ("GET", OFFICE + "tickets/<int:pk>"): STAFF_HERE,
    **{
        ("POST", TICKET + step): SERVE
        for step in [
            *("recall", "start", "finish", "next-service", "no-show"),
            *("hold", "resume"),
        ]
    },
    **{
        ("POST", TICKET + step): SERVE | GREET
        for step in ("transfer", "requeue", "cancel", "undo")
    },
    ("GET", OFFICE + "duties"): STAFF_HERE,
    ("POST", OFFICE + "duties"): SERVE,
    ("GET", OFFICE + "duties/mine"): SERVE,
    **{("POST", DUTY + step): {"cso"} for step in ("break", "back", "call-next")},
    # Whoever has left a counter open may be far away by now.
    ("POST", DUTY + "close"): {"cso"} | MANAGE_COUNTERS,
    ("POST", DUTY + "pick"): set(),
    ("GET", OFFICE + "waits"): SEE_BRANCH,
    ("GET", OFFICE + "invariants"): SEE_BRANCH,
    ("POST", "demo/branches"): {"administrator"},
    ("POST", "demo/branches/<slug:code>/clock"): {"administrator"},
    ("DELETE", "demo/branches/<slug:code>/clock"): {"administrator"},
}
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def addresses() -> list[str]:
    """Every pattern below ``/api/v1/``, without that prefix."""
    found: list[str] = []

    def walk(patterns: list[Any], prefix: str) -> None:
        for pattern in patterns:
            path = prefix + str(pattern.pattern)
            if isinstance(pattern, URLResolver):
                walk(pattern.url_patterns, path)
            elif isinstance(pattern, URLPattern) and path.startswith("api/v1/"):
                found.append(path.removeprefix("api/v1/"))

    walk(get_resolver().url_patterns, "")
    return found


def test_every_address_and_method_has_its_row(branch: Branch):
    known = {address for _method, address in LET_IN}
    client = APIClient()
    client.force_login(branch.officer())  # a session outlives the log-out of tokens
    for address in addresses():
        assert address in known
        for method in METHODS:
            path = "/api/v1/" + address.replace("<slug:code>", "X").replace(
                "<int:pk>", "1"
            )
            status = client.generic(method, path).status_code
            assert (status != 405) == ((method, address) in LET_IN), (method, address)


def posted(branch: Branch, role: str) -> APIClient:
    return client_of(branch.officer(role))


def machine(kind: str, **fields: Any) -> APIClient:
    return client_of(DeviceFactory(kind=kind, **fields))


def expired(branch: Branch) -> APIClient:
    row, token = AuthToken.objects.create(branch.officer())
    AuthToken.objects.filter(pk=row.pk).update(
        expiry=timezone.now() - dt.timedelta(seconds=1)
    )
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {token}")
    return client


def garbage() -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION="Token caf\xe9\x00 ' OR 1=1")
    return client


def former(branch: Branch) -> APIClient:
    posting = PostingFactory(office=branch.office, ends_on=dt.date(2020, 2, 1))
    return client_of(posting.staff)


def everybody(branch: Branch, cso: APIClient) -> dict[str, APIClient]:
    here = branch.office
    region = PostingFactory(office=here.parent, role=Role.REGIONAL_VALIDATOR)
    above = PostingFactory(office=HeadOfficeFactory(), role=Role.ADMINISTRATOR)
    return {
        "anonymous": client_of(),
        "revoked_kiosk": machine(
            Device.Kind.KIOSK, office=here, revoked_at=timezone.now()
        ),
        "expired_token": expired(branch),
        "garbage_token": garbage(),
        "kiosk": client_of(branch.kiosk),
        "board": machine(Device.Kind.BOARD, office=here),
        "printer": machine(Device.Kind.PRINTER, office=here),
        "kiosk_elsewhere": machine(Device.Kind.KIOSK),
        "cso": cso,
        "cso_elsewhere": client_of(PostingFactory().staff),
        "former_cso": former(branch),
        "ranger": posted(branch, Role.RANGER),
        "greeter": posted(branch, Role.GREETER),
        "head_of_service": posted(branch, Role.HEAD_OF_SERVICE),
        "branch_head": posted(branch, Role.BRANCH_HEAD),
        "regional_validator": client_of(region.staff),
        "administrator": client_of(above.staff),
    }


BODIES = {
    "next-service": {"service": "SV-INFO"},
    "transfer": {"service": "SV-INFO"},
    "cancel": {"reason": "left"},
    "break": {"reason": "MEAL"},
    "close": {"reason": "left"},
    "auth/login": {"username": "nobody", "password": "wrong"},
    "pick": {"ticket": 1, "reason": "asked for"},
}


def test_only_those_with_the_right_are_let_in(branch: Branch, settings):
    settings.DEMO = True
    settings.AXES_ENABLED = False
    branch.office.is_demo = True
    branch.office.save()
    now = timezone.now()
    duty = branch.duty(at=now)
    ticket = branch.ticket(at=now)
    CounterFactory(office=branch.office, number=50)
    clients = everybody(branch, client_of(duty.officer))
    wrong = []

    for method, address in LET_IN:
        pk = ticket.pk if "tickets/" in address else duty.pk
        path = address.replace("<slug:code>", branch.office.code)
        path = "/api/v1/" + path.replace("<int:pk>", str(pk))
        body = BODIES.get(address, BODIES.get(address.rsplit("/", 1)[-1], {}))
        for name, client in clients.items():
            with transaction.atomic():
                answer = client.generic(
                    method, path, json.dumps(body), content_type="application/json"
                )
                transaction.set_rollback(True)
            if not is_right(name, method, address, answer):
                wrong.append((name, method, address, answer.status_code))

    assert wrong == []
    assert set(clients) == EVERYBODY


def is_right(name: str, method: str, address: str, answer: Any) -> bool:
    """Whether this person got what the table says."""
    if name in LET_IN[method, address]:
        wrong_password = address == "auth/login" and answer.status_code == 401
        return wrong_password or answer.status_code not in {401, 403, 404, 500}
    in_one_format = bool(codes(answer)) or address == "schema"
    return in_one_format and answer.status_code == (401 if name in UNKNOWN else 403)


def codes(answer: Any) -> set[str]:
    if not answer.headers.get("Content-Type", "").startswith("application/json"):
        return set()
    body = answer.json()
    errors = body.get("errors", []) if isinstance(body, dict) else []
    return {error["code"] for error in errors}


def test_tickets_of_another_branch_are_not_found(branch: Branch):
    other = Branch()
    ticket = other.ticket(at=timezone.now())
    client = client_of(branch.officer(Role.HEAD_OF_SERVICE))
    here = f"/api/v1/offices/{branch.office.code}/tickets/{ticket.pk}"
    there = f"/api/v1/offices/{other.office.code}/tickets/{ticket.pk}"

    assert client.get(here).status_code == 404
    assert client.post(f"{here}/cancel", {"reason": "x"}).status_code == 404
    assert client.get(there).status_code == 403
    assert client.get(f"{there}9").status_code == 403
    assert ticket.events.count() == 1


def test_a_body_tells_nothing_about_tickets_of_another_branch(branch: Branch):
    other = Branch()
    ticket = other.ticket(at=timezone.now())
    client = client_of(branch.officer(Role.HEAD_OF_SERVICE))

    for pk in (ticket.pk, ticket.pk + 1):
        for step in ("transfer", "requeue", "cancel"):
            path = url(other, f"tickets/{pk}/{step}")
            answer = client.post(path, {"force": True}, format="json")
            assert problem(answer) == (403, "not_allowed")


def test_a_key_used_elsewhere_opens_no_ticket_of_a_colleague(branch: Branch):
    now = timezone.now()
    duty = branch.duty(number=1, at=now)
    yesterday = now - dt.timedelta(days=1)
    theirs = branch.called(branch.duty(number=2, at=yesterday), at=yesterday)
    branch.ticket(at=now)
    client, key = client_of(duty.officer), {"Idempotency-Key": "k"}
    client.post(url(branch, f"duties/{duty.pk}/call-next"), headers=key)

    for step, body in (
        ("cancel", {"reason": "x"}),
        ("requeue", {}),
        ("transfer", {"service": "SV-INFO"}),
    ):
        path = url(branch, f"tickets/{theirs.pk}/{step}")
        answer = client.post(path, body, format="json", headers=key)
        assert problem(answer) == (409, "not_at_your_counter")
    theirs.refresh_from_db()
    assert theirs.state == "CALLED"


def test_a_closed_branch_is_not_found(branch: Branch):
    kiosk, officer = client_of(branch.kiosk), client_of(branch.officer())
    branch.office.is_active = False
    branch.office.save()

    for client in (kiosk, officer):
        answer = client.get(f"/api/v1/offices/{branch.office.code}/board")
        assert answer.status_code == 404


def test_only_a_ranger_opens_a_counter_as_a_ranger(branch: Branch):
    counter = CounterFactory(office=branch.office, number=50)
    body = {"counter": 50, "as_ranger": True}

    refused = posted(branch, Role.CSO).post(url(branch, "duties"), body, format="json")
    assert problem(refused) == (403, "not_allowed")
    assert not Duty.objects.filter(counter=counter).exists()

    opened = posted(branch, Role.RANGER).post(
        url(branch, "duties"), body, format="json"
    )
    assert opened.status_code == 201
    assert opened.json()["is_ranger"] is True


def test_an_officer_cannot_use_the_duty_of_another(branch: Branch):
    duty = branch.duty(at=timezone.now())
    branch.ticket(at=timezone.now())
    other = client_of(branch.officer())
    path = f"/api/v1/offices/{branch.office.code}/duties/{duty.pk}"

    for step in ("call-next", "close", "back"):
        assert other.post(f"{path}/{step}").status_code == 403

    duty.refresh_from_db()
    assert duty.closed_at is None
    assert duty.counter.tickets.count() == 0


def test_the_counter_of_another_is_closed_by_the_head_with_a_reason(branch: Branch):
    duty = branch.duty(at=timezone.now())
    ticket = branch.serving(duty, at=timezone.now())
    head = branch.officer(Role.HEAD_OF_SERVICE)
    path = url(branch, f"duties/{duty.pk}/close")
    client = client_of(head)

    assert problem(client.post(path)) == (422, "reason_needed")
    answer = client.post(path, {"reason": "went home ill"}, format="json")
    again = client.post(path, {"reason": "went home ill"}, format="json")

    assert (answer.status_code, answer.json()["closed_at"] is None) == (200, False)
    assert problem(again) == (409, "duty_over")
    ticket.refresh_from_db()
    assert (ticket.state, ticket.held_by) == ("ON_HOLD", duty.officer)
    closed = duty.events.last()
    assert (closed.actor, closed.reason) == (head, "went home ill")


def test_pick_needs_the_right_to(branch: Branch):
    now = timezone.now()
    cso, head = branch.officer(), branch.officer(Role.HEAD_OF_SERVICE)
    branch.ticket(at=now)
    second = branch.ticket(at=now)
    answers = []
    for number, person in enumerate((cso, head), start=1):
        counter = CounterFactory(office=branch.office, number=number)
        duty = operations.open_duty(counter=counter, officer=person, at=now)
        answers.append(
            client_of(person).post(
                f"/api/v1/offices/{branch.office.code}/duties/{duty.pk}/pick",
                {"ticket": second.pk, "reason": "In great pain"},
                format="json",
            )
        )

    assert [answer.status_code for answer in answers] == [403, 200]
    assert answers[1].json()["label"] == second.label
    assert Counter.objects.get(number=1).tickets.count() == 0


def test_a_session_needs_the_csrf_token(branch: Branch):
    officer = branch.officer(Role.GREETER)
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(officer)
    path = f"/api/v1/offices/{branch.office.code}/tickets"

    assert client.get(path).status_code == 200
    assert client.post(path, {"service": "SV-INFO"}, format="json").status_code == 403


def test_the_board_shows_nothing_but_numbers_counters_and_counts(branch: Branch):
    now = timezone.now()
    branch.called(branch.duty(number=7, at=now), at=now)
    branch.ticket(at=now)

    board = client_of(branch.kiosk).get(f"/api/v1/offices/{branch.office.code}/board")

    assert board.json() | {"now": ""} == {
        "office": "Kantor Cabang Bekasi Kota",
        "now": "",
        "is_open": True,
        "next_opening": None,
        "calls": [{"label": "A001", "counter": 7, "times": 1}],
        "last_calls": [],
        "groups": [
            {
                "code": "INFO",
                "name": "Information and data",
                "waiting": 1,
                "oldest": "A002",
                "minutes": 0,
            }
        ],
    }
