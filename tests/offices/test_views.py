import datetime as dt
import re

import pytest
from axes.models import AccessFailureLog
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from offices import lockout
from offices.admin import password_path
from offices.models import Device, Office, Staff
from tests.factories import (
    MONDAY,
    Branch,
    BranchFactory,
    DeviceFactory,
    PostingFactory,
    StaffFactory,
)

PASSWORD = "correct-horse-battery"


@pytest.fixture
def officer(db) -> Staff:
    staff = StaffFactory(username="rina", name="Rina Marlina")
    staff.set_password(PASSWORD)
    staff.save()
    return staff


def log_in(client: Client, password: str):
    form = {"username": "rina", "password": password}
    return client.post(reverse("offices:login"), form)


def test_login_with_the_right_password_leads_home(client, officer):
    answer = log_in(client, PASSWORD)

    assert answer.status_code == 302
    assert answer.url == "/"


def test_login_with_a_wrong_password_says_so_and_stays(client, officer):
    answer = log_in(client, "wrong")

    assert answer.status_code == 200
    assert 'role="alert"' in answer.content.decode()
    assert "_auth_user_id" not in client.session


def test_login_is_closed_after_five_wrong_passwords(client, officer):
    for _ in range(5):
        answer = log_in(client, "wrong")
    assert answer.status_code == 429

    answer = log_in(client, PASSWORD)

    assert answer.status_code == 429
    assert "_auth_user_id" not in client.session


def test_language_changes_by_choice_and_not_by_the_browser(client, db):
    login = reverse("offices:login")
    english = {"accept-language": "en"}
    assert '<html lang="id">' in client.get(login, headers=english).content.decode()

    client.post(reverse("offices:language"), {"language": "en", "next": login})

    assert '<html lang="en">' in client.get(login).content.decode()


def test_pairing_leaves_the_token_out_of_reach_of_scripts(client, db):
    device = DeviceFactory(kind=Device.Kind.BOARD)

    answer = client.post("/device/board/", {"token": device.name})

    assert answer.status_code == 302
    cookie = answer.cookies["device_board"]
    assert cookie.value == device.name
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Strict")


@pytest.mark.parametrize("token", ["unknown", "", "a-board"])
def test_pairing_refuses_a_token_that_is_not_of_a_kiosk(client, db, token):
    DeviceFactory(kind=Device.Kind.BOARD, name="a-board")

    answer = client.post("/device/kiosk/", {"token": token})

    assert answer.status_code == 422
    assert "device_kiosk" not in answer.cookies


def test_pairing_refuses_a_revoked_token(client, db):
    DeviceFactory(name="old", revoked_at=MONDAY)

    answer = client.post("/device/kiosk/", {"token": "old"})

    assert answer.status_code == 422


def test_pairing_knows_no_other_kind_of_machine(client, db):
    assert client.get("/device/toaster/").status_code == 404


def test_short_cuts_do_not_exist_outside_a_demonstration(client, db):
    for name in ("/demo/pair/", "/demo/login/"):
        assert client.post(name).status_code == 404


def test_demo_pairs_a_browser_as_a_new_machine(client, demo, db):
    branch = Branch(is_demo=True)

    answer = client.post("/demo/pair/", {"kind": "KIOSK", "office": branch.office.code})

    assert answer.url == "/kiosk/"
    device = Device.objects.by_token(answer.cookies["device_kiosk"].value)
    assert (device.office, device.kind) == (branch.office, "KIOSK")


def test_demo_pairs_nothing_at_a_real_branch(client, demo, db):
    branch = Branch()

    answer = client.post("/demo/pair/", {"kind": "KIOSK", "office": branch.office.code})

    assert answer.status_code == 404
    assert Device.objects.count() == 1


def test_demo_logs_in_somebody_with_a_posting_only(client, demo, db):
    officer = Branch(is_demo=True).officer()
    outsider = StaffFactory()

    refused = client.post("/demo/login/", {"username": outsider.username})
    assert refused.status_code == 404
    client.post("/demo/login/", {"username": officer.username})

    assert client.session["_auth_user_id"] == str(officer.pk)


def test_demo_logs_in_the_region_above_but_nobody_of_a_real_branch(client, demo, db):
    demonstration = Branch(is_demo=True).office
    region = PostingFactory(office=demonstration.parent).staff
    assert demo_login(client, region) == 302

    officer = PostingFactory(office=BranchFactory(code="REAL")).staff
    both = PostingFactory(office=demonstration).staff
    PostingFactory(staff=both, office=Office.objects.get(code="REAL"))

    for person in (officer, both, region):  # of the region of the real one, too
        assert demo_login(Client(), person) == 404


def test_demo_logs_in_no_superuser(client, demo, db):
    person = PostingFactory(office=Branch(is_demo=True).office).staff
    Staff.objects.filter(pk=person.pk).update(is_superuser=True)

    assert demo_login(client, person) == 404


def demo_login(client: Client, person: Staff) -> int:
    form = {"username": person.username}
    return client.post(reverse("offices:demo-login"), form).status_code


def test_demo_finds_nothing_by_a_zero_character(client, demo, db):
    pairing = {"kind": "KIOSK", "office": "\0"}

    assert client.post("/demo/login/", {"username": "\0"}).status_code == 404
    assert client.post("/demo/pair/", pairing).status_code == 404


def wrong_password(client: Client, username: str, address: str):
    form = {"username": username, "password": "wrong"}
    return client.post(reverse("offices:login"), form, REMOTE_ADDR=address)


def test_account_is_closed_after_five_wrong_passwords_from_anywhere(client, officer):
    for number in range(5):
        wrong_password(client, "rina", f"10.0.0.{number}")

    answer = log_in(client, PASSWORD)

    assert answer.status_code == 429
    assert "_auth_user_id" not in client.session


def test_address_is_closed_after_trying_many_accounts(client, officer, monkeypatch):
    monkeypatch.setattr(lockout, "ADDRESS_LIMIT", 3)
    for number in range(3):
        assert wrong_password(client, f"guess{number}", "10.0.0.1").status_code == 200

    assert wrong_password(client, "another", "10.0.0.1").status_code == 429
    assert wrong_password(client, "another", "10.0.0.2").status_code == 200


def test_address_is_open_again_after_an_hour(client, officer, monkeypatch):
    monkeypatch.setattr(lockout, "ADDRESS_LIMIT", 1)
    wrong_password(client, "guess", "10.0.0.1")
    hour_ago = timezone.now() - dt.timedelta(hours=1)
    AccessFailureLog.objects.update(attempt_time=hour_ago)

    assert wrong_password(client, "another", "10.0.0.1").status_code == 200


def test_wrong_passwords_of_earlier_days_are_forgotten(client, officer):
    wrong_password(client, "guess", "10.0.0.1")
    AccessFailureLog.objects.update(attempt_time=timezone.now() - dt.timedelta(days=1))

    wrong_password(client, "another", "10.0.0.1")

    assert [row.username for row in AccessFailureLog.objects.all()] == ["another"]


@pytest.mark.parametrize(
    ("forwarded", "address"),
    [
        ("8.8.8.8, 10.1.2.3", "10.1.2.3"),
        ("10.1.2.3", "10.1.2.3"),
        ("2001:DB8::1", "2001:db8::1"),
        ("8.8.8.8, unknown", "127.0.0.1"),
        (None, "127.0.0.1"),
    ],
)
def test_address_behind_a_proxy_is_the_one_the_proxy_added(rf, forwarded, address):
    headers = {"x-forwarded-for": forwarded} if forwarded else {}

    assert lockout.address_behind_proxy(rf.get("/", headers=headers)) == address


def test_made_up_addresses_do_not_escape_the_limit(
    client, officer, settings, monkeypatch
):
    settings.AXES_CLIENT_IP_CALLABLE = "offices.lockout.address_behind_proxy"
    monkeypatch.setattr(lockout, "ADDRESS_LIMIT", 3)
    for number in range(4):
        form = {"username": f"guess{number}", "password": "wrong"}
        made_up = {"x-forwarded-for": f"9.9.9.{number}, 10.1.2.3"}
        answer = client.post(reverse("offices:login"), form, headers=made_up)

    assert answer.status_code == 429


def words_of(answer) -> str:
    return re.sub(r"<[^>]+>|\s+", " ", answer.content.decode()).lower()


def test_wrong_password_is_said_in_one_plain_sentence(client, officer):
    answer = log_in(client, "wrong")

    assert "nama pengguna atau kata sandi salah." in words_of(answer)


def test_pages_have_one_word_for_a_password(client, officer):
    link = password_path(officer)
    wrong = {"new_password1": "kuda laut biru", "new_password2": "kuda laut"}
    form = client.get(link, follow=True).request["PATH_INFO"]
    answers = [
        client.get(reverse("offices:login")),
        log_in(client, "wrong"),
        client.get(form),
        client.post(form, wrong),
    ]

    assert [re.findall(r"(?<!kata )sandi", words_of(page)) for page in answers] == [
        [], [], [], [],
    ]  # fmt: skip


def test_a_password_that_was_chosen_is_said_to_be_saved(client, officer):
    client.cookies["django_language"] = "en"
    form = client.get(password_path(officer), follow=True).request["PATH_INFO"]
    new = {"new_password1": "kuda laut biru", "new_password2": "kuda laut biru"}

    answer = client.post(form, new, follow=True)

    assert answer.redirect_chain == [(reverse("offices:login"), 302)]
    assert "your password is saved. log in with it." in words_of(answer)


def test_logout_ends_the_session_and_what_the_browser_keeps(client, officer):
    client.force_login(officer)

    answer = client.post(reverse("offices:logout"))

    assert "_auth_user_id" not in client.session
    assert answer.headers["Clear-Site-Data"] == '"storage"'
