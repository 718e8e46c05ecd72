import datetime as dt

import pytest
from django.test import Client
from django.urls import reverse

from offices.models import Role
from queueing.models import Duty, Ticket
from tests.factories import MONDAY, Branch, on_monday

EARLIER = MONDAY - dt.timedelta(minutes=10)


@pytest.fixture
def branch(db) -> Branch:
    return Branch(**on_monday())


def page_of(branch: Branch, duty: Duty) -> str:
    return reverse("greeter-release", args=[branch.office.code, duty.pk])


def client_as(branch: Branch, role: str) -> Client:
    client = Client()
    client.force_login(branch.officer(role))
    return client


@pytest.mark.parametrize("role", [Role.HEAD_OF_SERVICE, Role.BRANCH_HEAD])
def test_the_reception_leads_those_with_the_right_to_the_page(branch: Branch, role):
    duty = branch.duty(at=EARLIER)
    reception = reverse("greeter", args=[branch.office.code])

    assert page_of(branch, duty) in client_as(branch, role).get(reception).text
    greeter = client_as(branch, Role.GREETER).get(reception)
    assert page_of(branch, duty) not in greeter.text


@pytest.mark.parametrize("role", [Role.CSO, Role.GREETER])
def test_nobody_else_closes_the_counter_of_another(branch: Branch, role):
    duty = branch.duty(at=EARLIER)
    client = client_as(branch, role)

    answers = [
        client.get(page_of(branch, duty)),
        client.post(page_of(branch, duty), {"reason": "pulang"}),
    ]

    assert [answer.status_code for answer in answers] == [403, 403]
    assert Duty.objects.get().closed_at is None


def test_the_page_says_what_becomes_of_the_visitor(branch: Branch):
    duty = branch.duty(at=EARLIER)
    ticket = branch.serving(duty, at=EARLIER)

    answer = client_as(branch, Role.BRANCH_HEAD).get(page_of(branch, duty))

    assert (answer.status_code, answer.context["ticket"]) == (200, ticket)


def test_the_counter_is_closed_with_the_reason(branch: Branch):
    duty = branch.duty(at=EARLIER)
    ticket = branch.called(duty, at=EARLIER)
    client = client_as(branch, Role.BRANCH_HEAD)

    answer = client.post(page_of(branch, duty), {"reason": "pulang sakit"})

    assert answer.url == reverse("greeter", args=[branch.office.code])
    assert duty.events.last().reason == "pulang sakit"
    assert Ticket.objects.get(pk=ticket.pk).state == "WAITING"


def test_without_a_reason_the_page_asks_for_it(branch: Branch):
    duty = branch.duty(at=EARLIER)

    answer = client_as(branch, Role.BRANCH_HEAD).post(page_of(branch, duty))

    assert answer.status_code == 422
    assert answer.context["refusal"].code == "reason_needed"


def test_a_counter_closed_meanwhile_leaves_only_the_way_back(branch: Branch):
    duty = branch.duty(at=EARLIER)
    client = client_as(branch, Role.BRANCH_HEAD)
    client.post(page_of(branch, duty), {"reason": "pulang"})

    again = client.post(page_of(branch, duty), {"reason": "pulang"})
    seen = client.get(page_of(branch, duty))

    assert [again.status_code, seen.status_code] == [409, 409]
    assert 'name="reason"' not in again.text + seen.text
    assert duty.events.count() == 2


def test_a_counter_of_another_branch_is_unknown(branch: Branch):
    elsewhere = Branch().duty(at=EARLIER)

    answer = client_as(branch, Role.BRANCH_HEAD).post(
        page_of(branch, elsewhere), {"reason": "pulang"}
    )

    assert answer.status_code == 404
    assert Duty.objects.get().closed_at is None
