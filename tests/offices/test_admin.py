import re
from pathlib import Path

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.staticfiles import finders
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from knox.models import AuthToken

from offices import operations
from offices.models import Device, Office, Posting, Role, Staff
from tests.factories import (
    MONDAY,
    BranchFactory,
    DeviceFactory,
    HeadOfficeFactory,
    PostingFactory,
    StaffFactory,
)

pytestmark = pytest.mark.django_db

POSTINGS = {"postings-TOTAL_FORMS": "0", "postings-INITIAL_FORMS": "0"}
NEW_PERSON = {
    "username": "siti", "name": "Siti Aminah", "email": "",
    "is_active": "on", **POSTINGS,
}  # fmt: skip


@pytest.fixture
def administrator(client) -> Staff:
    """Whoever is posted as an administrator at the head office, logged in."""
    person = PostingFactory(office=HeadOfficeFactory(), role=Role.ADMINISTRATOR).staff
    client.force_login(person, "django.contrib.auth.backends.ModelBackend")
    return person


def messages_of(response) -> list[str]:
    return [str(message) for message in response.context["messages"]]


def act(client, page: str, action: str, *rows):
    data = {"action": action, "_selected_action": [row.pk for row in rows]}
    return client.post(reverse(f"admin:{page}_changelist"), data, follow=True)


# -- The door -------------------------------------------------------------------------
def test_admin_sends_a_stranger_to_the_log_in_of_everybody(client):
    response = client.get(reverse("admin:index"), follow=True)

    assert response.redirect_chain[-1] == (
        f"{reverse('offices:login')}?next={reverse('admin:index')}", 302,
    )  # fmt: skip


@pytest.mark.parametrize("role", [role for role in Role if role != Role.ADMINISTRATOR])
def test_admin_is_closed_to_every_other_role(client, role):
    person = PostingFactory(office=HeadOfficeFactory(), role=role).staff
    client.force_login(person, "django.contrib.auth.backends.ModelBackend")

    response = client.get(reverse("admin:offices_staff_changelist"), follow=True)

    assert response.status_code == 403


def test_admin_is_closed_to_the_administrator_of_a_branch(client):
    person = PostingFactory(office=BranchFactory(), role=Role.ADMINISTRATOR).staff
    client.force_login(person, "django.contrib.auth.backends.ModelBackend")

    assert client.get(reverse("admin:index"), follow=True).status_code == 403


def test_admin_is_open_to_the_superuser_who_begins(client):
    person = StaffFactory(is_superuser=True)
    client.force_login(person, "django.contrib.auth.backends.ModelBackend")

    assert client.get(reverse("admin:index")).status_code == 200


@pytest.mark.parametrize("table", ["office", "holiday", "staff", "device"])
def test_list_and_new_row_open(client, administrator, table):
    DeviceFactory()

    pages = [reverse(f"admin:offices_{table}_{kind}") for kind in ("changelist", "add")]

    assert [client.get(url).status_code for url in pages] == [200, 200]


@pytest.mark.parametrize("table", ["office", "staff", "device"])
def test_lists_ask_the_same_for_one_row_and_for_three(
    client, administrator, table, django_assert_num_queries
):
    def make(number: int) -> None:
        DeviceFactory(name=f"device {number}")
        StaffFactory(username=f"person{number}")

    url = reverse(f"admin:offices_{table}_changelist")
    make(1)
    client.get(url)  # warm: content types
    with CaptureQueriesContext(connection) as one:
        client.get(url)
    make(2)
    make(3)

    with django_assert_num_queries(len(one.captured_queries)):
        client.get(url)


# -- Offices --------------------------------------------------------------------------
def test_offices_are_not_deleted(client, administrator):
    branch = BranchFactory()

    url = reverse("admin:offices_office_delete", args=[branch.pk])
    response = client.post(url, {"post": "yes"})

    assert response.status_code == 403
    assert Office.objects.contains(branch)


@pytest.mark.parametrize("below", [False, True], ids=["itself", "below"])
def test_an_office_is_not_put_below_itself(client, administrator, below):
    branch = BranchFactory()
    region = branch.parent
    data = {
        "code": region.code,
        "name": region.name,
        "kind": region.kind,
        "parent": branch.pk if below else region.pk,
        "zone": region.zone,
        "seats": region.seats,
        "opening_hours-TOTAL_FORMS": "0",
        "opening_hours-INITIAL_FORMS": "0",
    }
    url = reverse("admin:offices_office_change", args=[region.pk])

    response = client.post(url, data)

    [error] = response.context["adminform"].form.errors.as_data()["parent"]
    assert error.code == "circle"
    region.refresh_from_db()
    assert region.parent == HeadOfficeFactory()

    moved = client.post(url, {**data, "parent": HeadOfficeFactory().pk})
    assert moved.status_code == 302


# -- People ---------------------------------------------------------------------------
def test_a_new_person_has_no_password_and_gets_a_link(client, administrator):
    url = reverse("admin:offices_staff_add")

    response = client.post(url, NEW_PERSON, follow=True)

    person = Staff.objects.get(username="siti")
    assert person.has_usable_password() is False
    assert (person.is_staff, person.is_superuser) == (False, False)
    assert "/password/" in messages_of(response)[0]


def test_the_form_offers_neither_password_nor_powers(client, administrator):
    page = client.get(reverse("admin:offices_staff_add")).content.decode()

    names = set(re.findall(r'name="([a-z_]+)"', page))
    assert names.isdisjoint({"password", "is_superuser", "is_staff", "groups"})


def link_for(client, person: Staff) -> str:
    response = act(client, "offices_staff", "show_password_link", person)
    return re.search(r"http://testserver\S+", messages_of(response)[0]).group()


def choose(client, link: str, password: str):
    form = client.get(link, follow=True)
    data = {"new_password1": password, "new_password2": password}
    return client.post(form.request["PATH_INFO"], data)


def test_the_link_works_once(client, administrator):
    person = StaffFactory()
    operations.new_token(staff=person, at_real=timezone.now())
    link = link_for(client, person)

    first = choose(client, link, "kuda laut biru")
    again = client.get(link, follow=True)

    person.refresh_from_db()
    assert first.url == reverse("offices:login")
    assert person.check_password("kuda laut biru")
    assert not AuthToken.objects.filter(user=person).exists()
    assert again.context["validlink"] is False


def test_the_link_refuses_a_short_password(client, administrator):
    person = StaffFactory()

    response = choose(client, link_for(client, person), "pendek")

    person.refresh_from_db()
    assert response.status_code == 200
    assert not person.check_password("pendek")


def test_showing_a_link_is_recorded(client, administrator):
    person = StaffFactory()

    link_for(client, person)

    entry = LogEntry.objects.get()
    assert (entry.user, entry.object_id) == (administrator, str(person.pk))
    assert entry.change_message == "Password link shown"


def test_only_a_superuser_reaches_a_superuser(client, administrator):
    other = StaffFactory(is_superuser=True)
    url = reverse("admin:offices_staff_change", args=[other.pk])

    assert client.get(url).status_code == 302
    assert act(client, "offices_staff", "show_password_link", other).status_code == 200
    assert LogEntry.objects.count() == 0

    client.force_login(other, "django.contrib.auth.backends.ModelBackend")
    assert client.get(url).status_code == 200


def test_people_are_not_deleted(client, administrator):
    person = StaffFactory()

    response = client.post(reverse("admin:offices_staff_delete", args=[person.pk]))

    assert response.status_code == 403
    assert Staff.objects.filter(pk=person.pk).exists()


def test_a_person_is_posted_on_the_same_page(client, administrator):
    branch = BranchFactory()
    data = {
        **NEW_PERSON,
        "postings-TOTAL_FORMS": "1",
        "postings-0-office": branch.pk,
        "postings-0-role": Role.CSO,
        "postings-0-starts_on": "2026-01-05",
    }

    client.post(reverse("admin:offices_staff_add"), data)

    assert Posting.objects.get(staff__username="siti").office == branch


def test_a_new_posting_begins_today(client, administrator):
    page = client.get(reverse("admin:offices_staff_add"))

    [postings] = page.context["inline_admin_formsets"]
    form = postings.formset.empty_form
    assert form["starts_on"].value() == Office().day(timezone.now())


def test_links_in_the_way_back_are_underlined(client, administrator):
    page = client.get(reverse("admin:offices_staff_changelist")).text
    sheet = Path(finders.find("bpjs_service/admin.css")).read_text()

    assert "bpjs_service/admin" in page
    assert "div.breadcrumbs a { text-decoration: underline; }" in sheet


# -- The end of what they may do ------------------------------------------------------
@pytest.fixture
def access_left(monkeypatch, django_capture_on_commit_callbacks, administrator, client):
    """Post a person's page; tell how many tokens are left and whose streams ended."""

    def save(person: Staff, data: dict) -> tuple[int, list[str]]:
        ended: list[str] = []
        monkeypatch.setattr(operations, "end_streams", ended.append)
        operations.new_token(staff=person, at_real=timezone.now())
        url = reverse("admin:offices_staff_change", args=[person.pk])
        with django_capture_on_commit_callbacks(execute=True):
            assert client.post(url, data).status_code == 302
        return AuthToken.objects.filter(user=person).count(), ended

    return save


def form_of(person: Staff, **changes: object) -> dict:
    """The fields of a person's page as the browser sends them back."""
    data = {"username": person.username, "name": person.name, "is_active": "on"}
    return {**data, **POSTINGS, **changes}


def form_of_posting(posting: Posting, **changes: object) -> dict:
    data = {
        "TOTAL_FORMS": "1",
        "INITIAL_FORMS": "1",
        "0-id": posting.pk,
        "0-staff": posting.staff_id,
        "0-office": posting.office_id,
        "0-role": posting.role,
        "0-starts_on": posting.starts_on.isoformat(),
        **changes,
    }
    rows = {f"postings-{name}": value for name, value in data.items()}
    return form_of(posting.staff, **rows)


def test_a_renamed_person_keeps_access(access_left):
    person = StaffFactory()

    assert access_left(person, form_of(person, name="Baru")) == (1, [])


def test_a_deactivated_person_loses_access_at_once(access_left):
    person = StaffFactory()

    left = access_left(person, form_of(person, is_active=""))

    assert left == (0, [f"staff-{person.pk}"])


def test_a_posting_left_as_it_is_ends_nothing(access_left):
    posting = PostingFactory()

    assert access_left(posting.staff, form_of_posting(posting)) == (1, [])


@pytest.mark.parametrize("change", [{"0-ends_on": "2026-01-05"}, {"0-DELETE": "on"}])
def test_the_end_of_a_posting_ends_access_at_once(access_left, change):
    posting = PostingFactory()

    left = access_left(posting.staff, form_of_posting(posting, **change))

    assert left == (0, [f"staff-{posting.staff_id}"])


# -- Machines -------------------------------------------------------------------------
def token_in(text: str) -> str:
    return re.search(r"[\w-]{43}", text).group()


def test_a_new_device_shows_its_token_once(client, administrator):
    branch = BranchFactory()
    data = {"office": branch.pk, "kind": "KIOSK", "name": "Pintu masuk"}

    response = client.post(reverse("admin:offices_device_add"), data, follow=True)

    device = Device.objects.get()
    token = token_in(messages_of(response)[0])
    assert Device.objects.by_token(token) == device
    page = client.get(reverse("admin:offices_device_change", args=[device.pk]))
    assert token not in page.content.decode()
    assert device.token_hash not in page.content.decode()


def test_a_renamed_device_keeps_its_token(client, administrator):
    device = DeviceFactory(name="kiosk")
    url = reverse("admin:offices_device_change", args=[device.pk])

    client.post(url, {"name": "Pintu masuk"})

    device.refresh_from_db()
    assert device.name == "Pintu masuk"
    assert Device.objects.by_token("kiosk") == device


def test_access_of_devices_is_withdrawn_and_given_again(client, administrator):
    device = DeviceFactory(name="kiosk")

    act(client, "offices_device", "withdraw", device)
    assert Device.objects.by_token("kiosk") is None

    response = act(client, "offices_device", "give_new_token", device)
    assert Device.objects.by_token(token_in(messages_of(response)[0])) == device


def test_devices_are_not_deleted(client, administrator):
    device = DeviceFactory(revoked_at=MONDAY)

    response = client.post(reverse("admin:offices_device_delete", args=[device.pk]))

    assert response.status_code == 403
    assert Device.objects.get() == device
