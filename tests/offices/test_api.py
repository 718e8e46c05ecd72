"""Log-in of the API: tokens, lock-out, allowances."""

import datetime as dt
from typing import Any

import pytest
from axes.utils import reset
from django.core.cache import cache
from django.utils import timezone
from knox.models import AuthToken
from redis.exceptions import ConnectionError as RedisAway
from rest_framework.test import APIClient

from bpjs_service import throttles
from offices.models import Role, Staff
from tests.factories import (
    BranchFactory,
    DeviceFactory,
    PostingFactory,
    StaffFactory,
)
from tests.queueing.api import client_of

LOGIN = "/api/v1/auth/login"
LOGOUT = "/api/v1/auth/logout"
PASSWORD = "rahasia-sekali-2026"


@pytest.fixture(autouse=True)
def _fresh_counts(db):
    cache.clear()
    reset()
    yield
    cache.clear()
    throttles.ActorThrottle.paused_until = 0.0


@pytest.fixture
def sari() -> Staff:
    sari = StaffFactory(username="sari")
    sari.set_password(PASSWORD)
    sari.save()
    return sari


def log_in(username: str = "sari", password: str = PASSWORD, **extra: Any) -> Any:
    client = APIClient(HTTP_ACCEPT_LANGUAGE="en", **extra)
    body = {"username": username, "password": password}
    return client.post(LOGIN, body, format="json")


def speak(token: str) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {token}")
    return client


def test_log_in_gives_a_token_for_twelve_hours(sari: Staff):
    answer = log_in()

    assert answer.status_code == 200
    expires = dt.datetime.fromisoformat(answer.json()["expires"])
    hours = (expires - timezone.now()).total_seconds() / 3600
    assert 11.9 < hours <= 12
    assert speak(answer.json()["token"]).get("/api/v1/schema").status_code == 200


def test_log_in_removes_expired_tokens(sari: Staff):
    old, _token = AuthToken.objects.create(sari, expiry=dt.timedelta(seconds=-1))

    log_in()

    assert not AuthToken.objects.filter(pk=old.pk).exists()
    assert AuthToken.objects.count() == 1


def test_log_out_ends_this_token_alone(sari: Staff):
    here, elsewhere = log_in().json()["token"], log_in().json()["token"]

    assert speak(here).post(LOGOUT).status_code == 204

    assert speak(here).post(LOGOUT).status_code == 401
    assert speak(elsewhere).post(LOGOUT).status_code == 204


def test_nobody_learns_whether_a_name_exists(sari: Staff):
    StaffFactory(username="gone", is_active=False).set_password(PASSWORD)

    answers = [log_in(password="wrong"), log_in("nobody"), log_in("gone")]

    assert {answer.status_code for answer in answers} == {401}
    assert {answer.content for answer in answers} == {answers[0].content}
    assert answers[0].json()["errors"][0]["code"] == "wrong_credentials"


def test_five_wrong_passwords_lock_the_name_out_even_for_the_right_one(sari: Staff):
    for _ in range(5):
        answer = log_in(password="wrong")

    locked = log_in()

    assert answer.status_code == locked.status_code == 429
    assert locked.json()["errors"][0]["code"] == "locked_out"
    assert locked.headers["Retry-After"] == "900"
    assert AuthToken.objects.count() == 0
    assert log_in(REMOTE_ADDR="10.0.0.9").status_code == 429


def test_success_forgets_earlier_mistakes(sari: Staff):
    for _ in range(2):
        for _ in range(4):
            log_in(password="wrong")
        assert log_in().status_code == 200


def test_too_many_attempts_from_one_address_must_wait(sari: Staff, monkeypatch):
    monkeypatch.setattr(throttles.LoginThrottle, "rate", "2/min", raising=False)

    answers = [log_in("nobody") for _ in range(2)] + [
        log_in(HTTP_X_FORWARDED_FOR="10.9.9.9")
    ]

    assert [answer.status_code for answer in answers] == [401, 401, 429]
    assert 0 < int(answers[2].headers["Retry-After"]) <= 60
    assert answers[2].json()["errors"][0]["code"] == "throttled"


def test_nobody_logs_in_while_attempts_cannot_be_counted(sari: Staff, monkeypatch):
    monkeypatch.setattr(throttles, "count", NoRedis())

    answer = log_in()

    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "5"
    assert AuthToken.objects.count() == 0


def test_everything_else_goes_on_while_redis_is_away(sari: Staff, monkeypatch):
    token = log_in().json()["token"]
    away = NoRedis()
    monkeypatch.setattr(throttles, "count", away)

    for _ in range(2):  # the second does not even ask
        assert speak(token).get("/api/v1/offices/X/board").status_code == 404
    assert away.asked == 1


def test_too_many_requests_of_one_actor_must_wait(sari: Staff, monkeypatch):
    monkeypatch.setattr(throttles.ActorThrottle, "rate", "2/min", raising=False)
    client = speak(log_in().json()["token"])
    other = speak(AuthToken.objects.create(StaffFactory())[1])

    codes = [client.get("/api/v1/offices/X/board").status_code for _ in range(3)]

    assert codes == [404, 404, 429]
    assert other.get("/api/v1/offices/X/board").status_code == 404


def test_window_of_an_allowance_begins_with_its_first_request(db):
    assert [throttles.count("throttle:x", 60) for _ in range(2)] == [(1, 60), (2, 60)]
    assert throttles.count("throttle:y", 60) == (1, 60)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"username": "sari"},
        {"username": "sa\x00ri", "password": "x"},
        {"username": 7, "password": "x"},
        {"username": "sari", "password": PASSWORD, "remember": True},
        {"username": "x" * 151, "password": "x"},
    ],
)
def test_log_in_refuses_what_is_no_log_in(sari: Staff, body):
    answer = APIClient().post(LOGIN, body, format="json")

    assert answer.status_code == 400
    assert AuthToken.objects.count() == 0


class NoRedis:
    """Counts nothing: Redis does not answer."""

    asked = 0

    def __call__(self, *_args: Any) -> Any:
        self.asked += 1
        raise RedisAway


# -- Who am I -------------------------------------------------------------------------
def test_me_tells_a_machine_where_it_stands(db):
    board = DeviceFactory(kind="BOARD", office__code="BKS", office__name="Bekasi")

    answer = client_of(board).get("/api/v1/me")

    assert answer.json() == {
        "device": {
            "kind": "BOARD",
            "name": board.name,
            "office": {"code": "BKS", "name": "Bekasi"},
        },
        "staff": None,
    }


def test_me_tells_a_person_what_is_allowed_at_which_branch(db):
    here = BranchFactory(code="BKS", name="Bekasi")
    BranchFactory(code="BDG", name="Bandung")
    sari = PostingFactory(office=here, role=Role.GREETER, staff__name="Sari").staff
    PostingFactory(office=here, staff=sari, ends_on=dt.date(2020, 2, 1))

    answer = client_of(sari).get("/api/v1/me")

    assert answer.json() == {
        "device": None,
        "staff": {
            "id": sari.pk,
            "name": "Sari",
            "branches": [
                {
                    "code": "BKS",
                    "name": "Bekasi",
                    "rights": ["greet", "issue", "see_board"],
                }
            ],
        },
    }


def test_me_counts_rights_given_above_a_branch(db):
    bekasi = BranchFactory(code="BKS", name="Bekasi")
    BranchFactory(code="DPK", name="Depok")
    validator = PostingFactory(office=bekasi.parent, role=Role.REGIONAL_VALIDATOR).staff

    answer = client_of(validator).get("/api/v1/me").json()["staff"]["branches"]

    assert [(branch["code"], branch["rights"]) for branch in answer] == [
        ("BKS", ["see_board", "see_branch"]),
        ("DPK", ["see_board", "see_branch"]),
    ]
