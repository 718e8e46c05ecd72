import pytest
from django.test import Client
from django.urls import reverse

from queueing.models import Duty
from tests.factories import Branch, on_monday

LEAVE = "/leave/"


@pytest.fixture
def branch(db) -> Branch:
    return Branch(**on_monday())


@pytest.fixture
def duty(branch: Branch, client: Client) -> Duty:
    """The counter of whoever the client is."""
    duty = branch.duty()
    client.force_login(duty.officer)
    return duty


def is_logged_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def test_log_out_without_a_counter_is_done_at_once(branch: Branch, client: Client):
    client.force_login(branch.officer())

    answer = client.post(LEAVE)

    assert answer.url == reverse("offices:login")
    assert not is_logged_in(client)


def test_every_page_logs_out_through_the_question(client: Client, duty: Duty):
    page = client.get(reverse("desk", args=[duty.office.code])).text

    assert f'action="{LEAVE}"' in page
    assert reverse("offices:logout") not in page


def test_log_out_with_an_open_counter_asks_first(client: Client, duty: Duty):
    answer = client.post(LEAVE, follow=True)

    assert answer.redirect_chain == [(LEAVE, 302)]
    assert answer.context["duty"] == duty
    assert is_logged_in(client)
    assert Duty.objects.get().closed_at is None


def test_the_counter_is_closed_and_the_officer_logged_out(client: Client, duty: Duty):
    client.post(LEAVE, {"close": "1"})

    assert not is_logged_in(client)
    assert Duty.objects.get().closed_at is not None


def test_a_counter_with_a_visitor_is_not_closed(branch: Branch, client, duty):
    ticket = branch.called(duty)

    answer = client.post(LEAVE, {"close": "1"})

    assert (answer.status_code, answer.context["ticket"]) == (409, ticket)
    assert is_logged_in(client)
    assert Duty.objects.get().closed_at is None


def test_the_page_is_only_about_an_open_counter(branch: Branch, client: Client):
    client.force_login(branch.officer())

    answer = client.get(LEAVE)

    assert answer.url == reverse("home")
    assert is_logged_in(client)
