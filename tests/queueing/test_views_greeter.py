import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.translation import override

from offices.models import Role
from queueing import operations
from queueing.models import Action, State, Ticket, TicketEvent
from queueing.wording import details
from tests.factories import MONDAY, Branch, CounterFactory, on_monday

MINUTE = dt.timedelta(minutes=1)
HTMX = {"HX-Request": "true"}


@pytest.fixture
def branch(db) -> Branch:
    return Branch(**on_monday())


class Greeter:
    """Somebody at the reception, whose browser presses its buttons."""

    def __init__(self, branch: Branch):
        self.branch = branch
        self.staff = branch.officer(Role.GREETER)
        self.client = Client()
        self.client.force_login(self.staff)

    def url(self, step: str = "", *args: Any) -> str:
        name = f"greeter-{step}" if step else "greeter"
        return reverse(name, args=[self.branch.office.code, *args])

    def find(self, label: str):
        return self.client.get(self.url(), {"q": label})

    def press(self, step: str, aim: Ticket | None = None, /, **typed: Any):
        headers = typed.pop("headers", {})
        url = self.url(step, aim.pk) + f"?q={aim.label}" if aim else self.url(step)
        return self.client.post(url, typed, headers=headers)

    def waiting(self, minutes: int = 10) -> Ticket:
        return self.branch.ticket(at=MONDAY - minutes * MINUTE)

    def called(self) -> Ticket:
        duty = self.branch.duty(at=MONDAY - 10 * MINUTE)
        return self.branch.called(duty, at=MONDAY - 5 * MINUTE)

    def absent(self) -> Ticket:
        ticket = self.called()
        officer = ticket.officer
        at = MONDAY - 4 * MINUTE
        operations.recall(ticket=ticket, actor=officer, at=at)
        return operations.no_show(ticket=ticket, actor=officer, at=at + MINUTE)

    def cancelled(self) -> Ticket:
        return operations.cancel(
            ticket=self.waiting(), actor=self.staff, at=MONDAY - MINUTE, reason="pulang"
        )


@pytest.fixture
def greeter(branch: Branch) -> Greeter:
    return Greeter(branch)


def state_of(ticket: Ticket) -> str:
    return Ticket.objects.get(pk=ticket.pk).state


# -- Who may enter -------------------------------------------------------------
def test_greeter_logged_out_goes_to_the_log_in(branch: Branch, client: Client):
    url = reverse("greeter", args=[branch.office.code])

    assert client.get(url)["Location"] == f"{reverse('offices:login')}?next={url}"


def test_greeter_of_another_branch_is_refused(greeter: Greeter):
    url = reverse("greeter", args=[Branch().office.code])

    assert greeter.client.get(url).status_code == 403


def test_greeter_page_is_not_for_officers_at_counters(branch: Branch, client: Client):
    client.force_login(branch.officer(Role.CSO))

    response = client.get(reverse("greeter", args=[branch.office.code]))

    assert response.status_code == 403


# -- Finding -------------------------------------------------------------------
@pytest.mark.parametrize("typed", ["A001", "a1", " a 001 ", "A-1", "1"])
def test_greeter_finds_a_ticket_however_it_is_typed(greeter: Greeter, typed: str):
    ticket = greeter.waiting()

    response = greeter.find(typed)

    assert response.status_code == 200
    assert response.context["reception"].found.ticket == ticket


@pytest.mark.parametrize("typed", ["A999", "Z", "1; DROP", "99999", "\0"])
def test_greeter_says_when_there_is_no_such_number(greeter: Greeter, typed: str):
    greeter.waiting()

    response = greeter.find(typed)

    assert response.status_code == 404
    assert response.context["refusal"].code == "ticket_unknown"


def test_greeter_number_without_letter_offers_every_letter(
    greeter: Greeter, branch: Branch
):
    other = branch.ticket(at=MONDAY - MINUTE, service=branch.offer("SV-JHT", "K"))
    ticket = greeter.waiting()

    reception = greeter.find("1").context["reception"]

    assert (reception.found, reception.matches) == (None, [ticket, other])


def test_greeter_sees_place_and_trail_of_a_ticket(greeter: Greeter):
    CounterFactory(office=greeter.branch.office)
    greeter.waiting(minutes=12)
    second = greeter.waiting()

    found = greeter.find(second.label).context["reception"].found

    assert (found.ahead, found.minutes) == (1, 10)
    assert [(step.event.action, step.who) for step in found.trail] == [
        (Action.ISSUE, str(greeter.branch.kiosk))
    ]


def test_greeter_ticket_of_yesterday_is_unknown(greeter: Greeter, branch: Branch):
    branch.ticket(at=MONDAY - dt.timedelta(days=1))

    assert greeter.find("A001").status_code == 404


# -- Steps ---------------------------------------------------------------------
def test_greeter_issues_a_number_with_priority(greeter: Greeter, branch: Branch):
    response = greeter.press("issue", service=branch.service.pk, priority="ELDERLY")

    ticket = Ticket.objects.get()
    assert response["Location"] == f"{greeter.url()}?q=A001"
    assert (ticket.is_priority, ticket.visit.priority) == (True, "ELDERLY")
    assert ticket.events.get().staff == greeter.staff


def test_greeter_issue_by_htmx_shows_the_new_number(greeter: Greeter, branch: Branch):
    response = greeter.press("issue", service=branch.service.pk, headers=HTMX)

    assert response.context["reception"].found.ticket.label == "A001"
    assert "<html" not in response.content.decode()


def test_greeter_issue_pressed_twice_gives_one_number(greeter: Greeter, branch: Branch):
    for _ in range(2):
        greeter.press("issue", service=branch.service.pk, request_key="k")

    assert Ticket.objects.count() == 1


def test_greeter_issue_when_the_cap_is_reached_is_refused(
    greeter: Greeter, branch: Branch
):
    service = branch.offer("SV-JHT", "K", daily_cap=0)

    response = greeter.press("issue", service=service.pk)

    assert response.status_code == 409
    assert response.context["refusal"].code == "daily_cap_reached"
    assert not TicketEvent.objects.exists()


STEPS = [
    ("cancel", "waiting", {"reason": "pulang"}, State.CANCELLED),
    ("cancel", "absent", {"reason": "pulang"}, State.CANCELLED),
    ("requeue", "absent", {"place": "LATE"}, State.WAITING),
    ("requeue", "cancelled", {"place": "FRONT", "reason": "salah"}, State.WAITING),
    ("requeue", "called", {"place": "BY_AGE"}, State.WAITING),
    ("undo", "cancelled", {}, State.WAITING),
]


@pytest.mark.parametrize(("step", "before", "typed", "after"), STEPS)
@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "htmx"])
def test_greeter_button_takes_its_step(
    greeter: Greeter,
    step: str,
    before: str,
    typed: dict[str, str],
    after: str,
    headers: dict[str, str],
):
    ticket = getattr(greeter, before)()
    if step == "undo":
        operations.requeue(
            ticket=ticket, actor=greeter.staff, at=MONDAY, place="END", reason="salah"
        )
        after = State.CANCELLED

    response = greeter.press(step, ticket, **typed, headers=headers)

    assert response.status_code == (200 if headers else 302)
    assert state_of(ticket) == after


def test_greeter_transfers_a_waiting_visitor(greeter: Greeter, branch: Branch):
    ticket, service = greeter.waiting(), branch.offer("SV-JHT", "K")

    greeter.press("transfer", ticket, target=f"service:{service.pk}", place="BY_AGE")

    ticket.refresh_from_db()
    assert (ticket.service, ticket.state) == (service, State.WAITING)


def test_greeter_sees_every_note_and_can_take_the_last_away(
    greeter: Greeter, branch: Branch
):
    ticket = greeter.waiting()
    to = {"target": f"service:{branch.service.pk}", "place": "BY_AGE"}
    for note in ("formulir kurang", "formulir lengkap", ""):
        response = greeter.press("transfer", ticket, note=note, **to, headers=HTMX)

    found = response.context["reception"].found
    assert found.ticket.visit.note == ""
    with override("en"):
        assert [details(step.event) for step in found.trail[1:]] == [
            "By time of arrival; Hand-over note: formulir kurang",
            "By time of arrival; Hand-over note: formulir lengkap",
            "By time of arrival; Hand-over note removed",
        ]


def test_greeter_refusal_keeps_the_note_as_it_was_typed(
    greeter: Greeter, branch: Branch
):
    ticket = greeter.waiting()
    closed = branch.offer("SV-JHT", "K", is_offered=False)
    to = {"ticket": ticket, "actor": greeter.staff, "service": branch.service}
    operations.transfer(note="formulir kurang", at=MONDAY, **to)

    response = greeter.press(
        "transfer", ticket, target=f"service:{closed.pk}", place="END", note=""
    )

    assert response.status_code == 409
    assert 'maxlength="300" rows="2"></textarea>' in response.text


REFUSED = [
    ("cancel", "waiting", {"reason": " "}, 422, "reason_needed"),
    ("cancel", "cancelled", {"reason": "lagi"}, 409, "move_not_allowed"),
    ("requeue", "waiting", {"place": "LATE"}, 409, "move_not_allowed"),
    ("requeue", "absent", {"place": "FRONT"}, 422, "reason_needed"),
    ("requeue", "absent", {"place": "TOP"}, 422, "invalid"),
    ("transfer", "waiting", {"target": "officer:1", "place": "END"}, 422, "invalid"),
    ("undo", "waiting", {}, 409, "nothing_to_undo"),
]


@pytest.mark.parametrize(("step", "before", "typed", "status", "code"), REFUSED)
@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "htmx"])
def test_greeter_refusal_is_explained_and_changes_nothing(
    greeter: Greeter,
    step: str,
    before: str,
    typed: dict[str, str],
    status: int,
    code: str,
    headers: dict[str, str],
):
    ticket = getattr(greeter, before)()
    was, events = state_of(ticket), TicketEvent.objects.count()

    response = greeter.press(step, ticket, **typed, headers=headers)

    assert response.status_code == status
    assert response.context["refusal"].code == code
    assert response.context["reception"].found.ticket == ticket
    assert 'role="alert"' in response.content.decode()
    assert (state_of(ticket), TicketEvent.objects.count()) == (was, events)


def test_greeter_page_lists_who_waits_and_who_is_away(greeter: Greeter, branch: Branch):
    absent = greeter.absent()
    waiting = greeter.waiting()

    reception = greeter.client.get(greeter.url()).context["reception"]

    assert [line.ticket for line in reception.waiting] == [waiting]
    assert reception.absent == [absent]
    assert [place.counter.number for place in reception.open_places] == [1]


def test_greeter_queries_do_not_grow_with_the_queue(
    greeter: Greeter, django_assert_num_queries
):
    greeter.waiting()
    with CaptureQueriesContext(connection) as one:
        greeter.find("A001")

    for _ in range(29):
        greeter.waiting()

    with django_assert_num_queries(len(one)):
        greeter.find("A001")
    assert len(one) == 17
