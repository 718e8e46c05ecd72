"""Machines by their token or cookie, people by theirs."""

import datetime as dt

import pytest
from django.utils import timezone
from knox.models import AuthToken
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.test import APIRequestFactory

from offices.authentication import (
    DeviceAuthentication,
    StaffTokenAuthentication,
    cookie_name,
    device_of,
)
from offices.models import Staff
from tests.factories import DeviceFactory, StaffFactory


def request_with(authorization: str = "", **cookies: str):
    headers = {"HTTP_AUTHORIZATION": authorization} if authorization else {}
    request = APIRequestFactory().get("/", **headers)
    request.COOKIES.update(cookies)
    return request


def device_by(authorization: str):
    return DeviceAuthentication().authenticate(request_with(authorization))


def person_by(authorization: str):
    return StaffTokenAuthentication().authenticate(request_with(authorization))


@pytest.mark.parametrize("scheme", ["Device", "device", "DEVICE"])
def test_device_is_known_by_its_token(db, scheme):
    device = DeviceFactory(name="secret")  # the factory's token is the name

    assert device_by(f"{scheme} secret") == (device, "device")


@pytest.mark.parametrize("header", ["", "Token secret", "Basic c2VjcmV0", "Devices x"])
def test_device_authentication_leaves_other_schemes_alone(db, header):
    assert device_by(header) is None


@pytest.mark.parametrize(
    "header", ["Device", "Device ", "Device wrong", "Device \xff\xfe", "Device a b"]
)
def test_device_with_a_wrong_token_is_refused(db, header):
    DeviceFactory(name="secret")

    with pytest.raises(AuthenticationFailed) as info:
        device_by(header)
    assert info.value.get_codes() == "device_unknown"


def test_device_withdrawn_is_refused(db):
    DeviceFactory(name="secret", revoked_at=timezone.now())

    with pytest.raises(AuthenticationFailed):
        device_by("Device secret")


def test_device_authentication_asks_for_its_scheme():
    assert DeviceAuthentication().authenticate_header(request_with()) == "Device"


def test_person_is_known_by_the_token_in_one_query(db, django_assert_num_queries):
    staff = StaffFactory()
    row, token = AuthToken.objects.create(staff)

    with django_assert_num_queries(1):
        assert person_by(f"Token {token}") == (staff, row)


def test_person_with_a_wrong_expired_or_withdrawn_token_is_refused(db):
    _row, expired = AuthToken.objects.create(
        StaffFactory(), expiry=dt.timedelta(seconds=-1)
    )
    gone = StaffFactory()
    _row, withdrawn = AuthToken.objects.create(gone)
    Staff.objects.filter(pk=gone.pk).update(is_active=False)

    for token in ("wrong", expired, withdrawn):
        with pytest.raises(AuthenticationFailed) as info:
            person_by(f"Token {token}")
        assert info.value.get_codes() == "token_unknown"


def test_person_without_a_token_is_nobody(db):
    assert person_by("") is None


def test_browser_of_a_device_is_known_by_the_cookie_of_its_kind(db):
    kiosk = DeviceFactory(name="secret")

    assert cookie_name("KIOSK") == "device_kiosk"
    assert device_of(request_with(device_kiosk="secret"), "KIOSK") == kiosk
    assert device_of(request_with(device_kiosk="wrong"), "KIOSK") is None
    assert device_of(request_with(), "KIOSK") is None
    # A kiosk's token in the cookie of a board opens no board.
    assert device_of(request_with(device_board="secret"), "BOARD") is None
