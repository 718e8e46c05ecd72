import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from offices.models import Role, Staff
from queueing import operations
from queueing.models import Action, Duty, DutyEvent, State, Ticket, TicketEvent
from tests.factories import MONDAY, Branch, CounterFactory, PostingFactory, on_monday

MINUTE = dt.timedelta(minutes=1)
HTMX = {"HX-Request": "true"}


@pytest.fixture
def branch(db) -> Branch:
    return Branch(**on_monday())


def ago(minutes: float = 0) -> dt.datetime:
    return MONDAY - minutes * MINUTE


class Officer:
    """Somebody on duty whose browser presses the desk's buttons."""

    def __init__(self, branch: Branch, number: int = 1, duty: Duty | None = None):
        self.branch = branch
        self.duty = duty or branch.duty(number, at=ago(30))
        self.staff = self.duty.officer
        self.client = Client()
        self.client.force_login(self.staff)

    def url(self, step: str = "", *args: Any) -> str:
        name = f"desk-{step}" if step else "desk"
        return reverse(name, args=[self.branch.office.code, *args])

    def page(self) -> str:
        return self.client.get(self.url()).content.decode()

    def press(self, step: str, aim: Ticket | None = None, /, **typed: Any):
        args = [aim.pk] if aim else []
        headers = typed.pop("headers", {})
        return self.client.post(self.url(step, *args), typed, headers=headers)

    def waiting(self, minutes: float = 12, **choice: Any) -> Ticket:
        return self.branch.ticket(at=ago(minutes), **choice)

    def called(self, minutes: float = 1) -> Ticket:
        return self.branch.called(self.duty, at=ago(minutes))

    def serving(self, minutes: float = 1) -> Ticket:
        return self.branch.serving(self.duty, at=ago(minutes))

    def held(self) -> Ticket:
        return operations.hold(ticket=self.serving(), actor=self.staff, at=ago())

    def absent(self) -> Ticket:
        ticket = self.called(minutes=5)
        operations.recall(ticket=ticket, actor=self.staff, at=ago(4))
        return operations.no_show(ticket=ticket, actor=self.staff, at=ago(3))


@pytest.fixture
def officer(branch: Branch) -> Officer:
    return Officer(branch)


def state_of(ticket: Ticket) -> str:
    return Ticket.objects.get(pk=ticket.pk).state


# -- Who may enter -------------------------------------------------------------
def test_desk_logged_out_goes_to_the_log_in(branch: Branch, client: Client):
    url = reverse("desk", args=[branch.office.code])

    response = client.get(url)

    assert response.status_code == 302
    assert response["Location"] == f"{reverse('offices:login')}?next={url}"


def test_desk_button_logged_out_sends_the_whole_window_to_the_log_in(officer: Officer):
    page = f"http://testserver{officer.url()}"
    headers = {**HTMX, "HX-Current-URL": page}

    response = Client().post(officer.url("call-next"), headers=headers)

    assert response["HX-Redirect"] == f"{reverse('offices:login')}?next={officer.url()}"


def test_desk_of_another_branch_is_refused(officer: Officer):
    other = Branch()

    page = officer.client.get(reverse("desk", args=[other.office.code]))
    press = officer.client.post(reverse("desk-call-next", args=[other.office.code]))

    assert (page.status_code, press.status_code) == (403, 403)


def test_desk_of_no_branch_is_not_found(officer: Officer):
    assert officer.client.get(reverse("desk", args=["nowhere"])).status_code == 404


def test_desk_without_the_right_to_serve_is_refused(branch: Branch, client: Client):
    client.force_login(branch.officer(Role.GREETER))

    response = client.get(reverse("desk", args=[branch.office.code]))

    assert response.status_code == 403


def test_desk_choice_goes_to_the_only_branch(officer: Officer):
    response = officer.client.get(reverse("desk-choice"))

    assert response["Location"] == officer.url()


def test_desk_choice_lists_several_branches(officer: Officer):
    other = Branch(**on_monday(), name="Kantor Cabang Depok")
    PostingFactory(staff=officer.staff, office=other.office)

    response = officer.client.get(reverse("desk-choice"))

    assert [str(branch) for branch in response.context["branches"]] == [
        "Kantor Cabang Bekasi Kota",
        "Kantor Cabang Depok",
    ]


def test_desk_choice_without_a_posting_is_refused(db, client: Client):
    client.force_login(Staff.objects.create(username="nobody"))

    assert client.get(reverse("desk-choice")).status_code == 403


def test_desk_button_by_get_changes_nothing_and_shows_the_page(officer: Officer):
    ticket = officer.waiting()

    response = officer.client.get(officer.url("call-next"))

    assert response["Location"] == officer.url()
    assert state_of(ticket) == State.WAITING


# -- Opening, break, closing ---------------------------------------------------
@pytest.fixture
def newcomer(branch: Branch) -> Officer:
    """An officer of the branch who has not opened a counter yet."""
    duty = Duty(office=branch.office, officer=branch.officer())
    return Officer(branch, duty=duty)


def test_desk_off_duty_shows_who_is_at_each_counter(newcomer: Officer, branch: Branch):
    taken = branch.duty(1, at=ago(30))
    free = CounterFactory(office=branch.office, number=2)

    places = newcomer.client.get(newcomer.url()).context["desk"].places

    assert [(place.counter, place.duty) for place in places] == [
        (taken.counter, taken),
        (free, None),
    ]


def test_desk_open_puts_the_officer_on_duty(newcomer: Officer, branch: Branch):
    counter = CounterFactory(office=branch.office, number=2)

    response = newcomer.press("open", counter=counter.pk)

    assert response["Location"] == newcomer.url()
    duty = Duty.objects.open().get(officer=newcomer.staff)
    assert (duty.counter, duty.is_ranger) == (counter, False)


def test_desk_open_as_ranger_is_for_rangers(branch: Branch):
    counter = CounterFactory(office=branch.office, number=2)
    ranger = Officer(
        branch, duty=Duty(office=branch.office, officer=branch.officer(Role.RANGER))
    )
    cso = Officer(branch, duty=Duty(office=branch.office, officer=branch.officer()))

    assert ["as_ranger" in person.page() for person in (cso, ranger)] == [False, True]
    refused = cso.press("open", counter=counter.pk, as_ranger="on")
    opened = ranger.press("open", counter=counter.pk, as_ranger="on")

    assert (refused.status_code, opened.status_code) == (403, 302)
    assert Duty.objects.open().get(counter=counter).is_ranger


def test_desk_open_of_a_taken_counter_names_the_colleague(
    newcomer: Officer, branch: Branch
):
    taken = branch.duty(1, at=ago(30))

    response = newcomer.press("open", counter=taken.counter.pk)

    assert response.status_code == 409
    assert str(response.context["refusal"].params["officer"]) == str(taken.officer)
    assert DutyEvent.objects.count() == 1


def test_desk_open_of_another_branchs_counter_is_invalid(newcomer: Officer):
    foreign = CounterFactory(number=5)

    response = newcomer.press("open", counter=foreign.pk)

    assert response.status_code == 422
    assert not Duty.objects.exists()


def test_desk_break_and_back(officer: Officer):
    officer.press("break", reason="PRAYER")
    assert Duty.objects.get().break_reason == "PRAYER"
    assert "desk/KC" in officer.page()

    officer.press("back")
    assert Duty.objects.get().break_reason == ""


def test_desk_break_needs_a_known_reason(officer: Officer):
    assert officer.press("break", reason="FISHING").status_code == 422
    assert Duty.objects.get().break_reason == ""


def test_desk_close_ends_the_duty(officer: Officer):
    officer.press("close")

    assert Duty.objects.open().count() == 0


def test_desk_close_with_a_visitor_there_is_refused(officer: Officer):
    officer.serving()

    response = officer.press("close")

    assert response.status_code == 409
    assert response.context["refusal"].code == "counter_busy"
    assert Duty.objects.open().count() == 1


# -- The steps -----------------------------------------------------------------
STEPS = [
    # button, the ticket before, what is typed, the state after
    ("call-next", "waiting", {}, State.CALLED),
    ("recall", "called", {}, State.CALLED),
    ("start", "called", {}, State.SERVING),
    ("requeue", "called", {}, State.WAITING),
    ("finish", "serving", {}, State.FINISHED),
    ("hold", "serving", {"reason": "fotokopi KTP"}, State.ON_HOLD),
    ("resume", "held", {}, State.SERVING),
    ("return", "absent", {}, State.WAITING),
    ("undo", "held", {}, State.SERVING),
]


@pytest.mark.parametrize(("step", "before", "typed", "after"), STEPS)
def test_desk_button_takes_its_step_without_scripts(
    officer: Officer, step: str, before: str, typed: dict[str, str], after: str
):
    ticket = getattr(officer, before)()
    aim = None if step == "call-next" else ticket

    response = officer.press(step, aim, **typed)

    assert (response.status_code, response["Location"]) == (302, officer.url())
    assert state_of(ticket) == after


@pytest.mark.parametrize(("step", "before", "typed", "after"), STEPS)
def test_desk_button_answers_htmx_with_the_part_alone(
    officer: Officer, step: str, before: str, typed: dict[str, str], after: str
):
    ticket = getattr(officer, before)()
    aim = None if step == "call-next" else ticket

    response = officer.press(step, aim, **typed, headers=HTMX)

    assert response.status_code == 200
    assert "<html" not in response.content.decode()
    assert 'id="desk"' in response.content.decode()
    assert state_of(ticket) == after


@pytest.mark.parametrize(("step", "before", "typed", "after"), STEPS)
def test_desk_button_pressed_twice_has_one_effect(
    officer: Officer, step: str, before: str, typed: dict[str, str], after: str
):
    ticket = getattr(officer, before)()
    aim = None if step == "call-next" else ticket
    events = TicketEvent.objects.count()

    answers = [officer.press(step, aim, **typed, request_key="k") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [302, 302]
    assert TicketEvent.objects.count() == events + 1
    assert state_of(ticket) == after


def test_desk_no_show_after_the_calls(officer: Officer):
    ticket = officer.called(minutes=5)
    operations.recall(ticket=ticket, actor=officer.staff, at=ago(4))

    officer.press("no-show", ticket)

    assert state_of(ticket) == State.NO_SHOW


def test_desk_next_service_goes_on_with_another(officer: Officer, branch: Branch):
    ticket, other = officer.serving(), branch.offer("SV-JHT", "K")

    officer.press("next-service", ticket, service=other.pk)

    ticket.refresh_from_db()
    assert (ticket.state, ticket.service) == (State.SERVING, other)


@pytest.mark.parametrize("kind", ["service", "counter", "officer"])
def test_desk_transfer_to_each_kind_of_target(
    officer: Officer, branch: Branch, kind: str
):
    ticket, colleague = officer.serving(), branch.duty(2, at=ago(10))
    target = {
        "service": branch.offer("SV-JHT", "K"),
        "counter": colleague.counter,
        "officer": colleague.officer,
    }[kind]

    officer.press(
        "transfer",
        ticket,
        target=f"{kind}:{target.pk}",
        place="FRONT",
        note="sudah isi formulir",
        performed="on",
    )

    ticket.refresh_from_db()
    assert (ticket.state, ticket.put_first) == (State.WAITING, True)
    field = "service" if kind == "service" else f"for_{kind}"
    assert getattr(ticket, field) == target
    assert ticket.visit.note == "sudah isi formulir"
    assert ticket.events.last().data["performed"] is True


def test_desk_pick_needs_its_right(officer: Officer):
    ticket = officer.waiting()

    response = officer.press("pick", ticket=ticket.pk, reason="anak kecil")

    assert response.status_code == 403
    assert state_of(ticket) == State.WAITING


def test_desk_pick_calls_out_of_turn_with_a_reason(officer: Officer):
    PostingFactory(
        staff=officer.staff, office=officer.branch.office, role=Role.HEAD_OF_SERVICE
    )
    _first, second = officer.waiting(20), officer.waiting(5)

    silent = officer.press("pick", ticket=second.pk)
    officer.press("pick", ticket=second.pk, reason="sakit")

    assert silent.status_code == 422
    assert state_of(second) == State.CALLED
    assert second.events.last().reason == "sakit"


# -- Refusals ------------------------------------------------------------------
REFUSED = [
    ("call-next", "serving", {}, 409, "counter_busy"),
    ("start", "serving", {}, 409, "move_not_allowed"),
    ("finish", "called", {}, 409, "move_not_allowed"),
    ("finish", "waiting", {}, 409, "not_at_your_counter"),
    ("no-show", "called", {}, 409, "no_show_too_soon"),
    ("hold", "called", {}, 409, "move_not_allowed"),
    ("hold", "serving", {"reason": "x" * 201}, 422, "invalid"),
    ("hold", "serving", {"reason": "a\0b"}, 422, "invalid"),
    ("hold", "serving", {"request_key": "k" * 25}, 422, "invalid"),
    ("resume", "waiting", {}, 409, "move_not_allowed"),
    ("next-service", "serving", {"service": "9" * 30}, 422, "invalid"),
    ("transfer", "serving", {}, 422, "invalid"),
    ("transfer", "serving", {"target": "service:0", "place": "END"}, 422, "invalid"),
    ("transfer", "serving", {"target": "moon:1", "place": "END"}, 422, "invalid"),
    ("undo", "waiting", {}, 409, "nothing_to_undo"),
]


@pytest.mark.parametrize(("step", "before", "typed", "status", "code"), REFUSED)
@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "htmx"])
def test_desk_refusal_is_explained_and_changes_nothing(
    officer: Officer,
    step: str,
    before: str,
    typed: dict[str, str],
    status: int,
    code: str,
    headers: dict[str, str],
):
    ticket = getattr(officer, before)()
    was, events = state_of(ticket), TicketEvent.objects.count()
    aim = None if step == "call-next" else ticket

    response = officer.press(step, aim, **typed, headers=headers)

    assert response.status_code == status
    assert response.context["refusal"].code == code
    assert 'role="alert"' in response.content.decode()
    assert (state_of(ticket), TicketEvent.objects.count()) == (was, events)


def test_desk_call_with_nobody_waiting_says_so(officer: Officer):
    response = officer.press("call-next")

    assert response.status_code == 409
    assert response.context["refusal"].code == "nobody_waiting"


def test_desk_recall_too_soon_is_refused(officer: Officer):
    ticket = officer.called(minutes=0)

    response = officer.press("recall", ticket)

    assert (response.status_code, response.context["refusal"].code) == (
        409,
        "recall_too_soon",
    )


def test_desk_transfer_of_a_colleagues_ticket_is_refused(
    officer: Officer, branch: Branch
):
    ticket = Officer(branch, 2).serving()
    target = f"service:{branch.service.pk}"

    response = officer.press("transfer", ticket, target=target, place="END")

    assert response.context["refusal"].code == "not_at_your_counter"
    assert state_of(ticket) == State.SERVING


def test_desk_transfer_to_a_closed_service_keeps_what_was_typed(
    officer: Officer, branch: Branch
):
    ticket = officer.serving()
    closed = branch.offer("SV-JHT", "K", closed_on=branch.office.day(ago()))

    response = officer.press(
        "transfer", ticket, target=f"service:{closed.pk}", place="END", note="berkas"
    )

    assert response.context["refusal"].code == "service_not_offered"
    assert "berkas</textarea>" in response.content.decode()
    assert state_of(ticket) == State.SERVING


def test_desk_resume_of_a_visitor_a_colleague_took_names_the_counter(
    officer: Officer, branch: Branch
):
    colleague = Officer(branch, 2)
    ticket = officer.held()
    colleague.press("resume", ticket)

    response = officer.press("resume", ticket)

    assert response.status_code == 409
    assert response.context["refusal"].code == "already_called"
    assert response.context["refusal"].params == {"label": "A001", "counter": 2}


def test_desk_ticket_of_another_branch_or_day_does_not_exist(
    officer: Officer, branch: Branch
):
    foreign = Branch(**on_monday()).ticket(at=ago())
    old = branch.ticket(at=ago(24 * 60))

    answers = [officer.press("resume", ticket) for ticket in (foreign, old)]

    assert [answer.status_code for answer in answers] == [404, 404]


def test_desk_off_duty_cannot_call(newcomer: Officer):
    response = newcomer.press("call-next")

    assert response.context["refusal"].code == "not_on_duty"


# -- What the page says --------------------------------------------------------
def test_desk_lists_the_queue_in_calling_order_with_reasons(officer: Officer):
    officer.waiting(20)
    officer.waiting(5, priority="ELDERLY")
    officer.client.cookies["django_language"] = "en"

    queue = officer.client.get(officer.url()).context["desk"].queue

    assert [(line.ticket.label, line.minutes) for line in queue] == [
        ("A002", 5),
        ("A001", 20),
    ]


def test_desk_shows_why_the_visitor_was_called(officer: Officer):
    officer.waiting(12)
    officer.press("call-next")

    current = (
        officer.client.get(officer.url(), headers={"Accept-Language": "en"})
        .context["desk"]
        .current
    )

    assert (current.ticket.label, current.minutes) == ("A001", 0)
    assert current.calls_missing == 1
    assert not current.may_recall


def test_desk_offers_to_undo_ones_own_last_step_for_ten_seconds(officer: Officer):
    ticket = officer.called()
    assert officer.client.get(officer.url()).context["desk"].last_step is None

    officer.press("start", ticket)
    desk = officer.client.get(officer.url()).context["desk"]
    assert desk.last_step.action == Action.START
    assert 0 < desk.refresh_in <= 10

    officer.press("undo", ticket)
    assert officer.client.get(officer.url()).context["desk"].last_step is None


def test_desk_lists_colleagues_and_tickets_set_aside(officer: Officer, branch: Branch):
    colleague = Officer(branch, 2)
    held, absent, theirs = officer.held(), officer.absent(), colleague.serving()

    desk = officer.client.get(officer.url()).context["desk"]

    assert (desk.on_hold, desk.absent) == ([held], [absent])
    assert [(p.duty, p.ticket) for p in desk.colleagues] == [(colleague.duty, theirs)]


def test_desk_queries_do_not_grow_with_the_queue(
    officer: Officer, django_assert_num_queries
):
    officer.waiting()
    with CaptureQueriesContext(connection) as one:
        officer.page()

    for _ in range(29):
        officer.waiting(priority="ELDERLY")

    with django_assert_num_queries(len(one)):
        officer.page()
    assert len(one) == 14
