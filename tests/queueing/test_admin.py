import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.functional import Promise

from offices import admin_site
from offices.models import Role
from queueing.models import Action, Duty, DutyEvent, Offering, Ticket, TicketEvent
from queueing.operations import catalogue
from tests.factories import (
    MONDAY,
    Branch,
    HeadOfficeFactory,
    PostingFactory,
    on_monday,
)

pytestmark = pytest.mark.django_db

REFERENCE = ["servicegroup", "service", "offering", "counter", "queuerules"]
LASTING = ["servicegroup", "service", "counter"]
RECORDS = ["ticket", "ticketevent", "duty"]


@pytest.fixture(autouse=True)
def administrator(client):
    person = PostingFactory(office=HeadOfficeFactory(), role=Role.ADMINISTRATOR).staff
    client.force_login(person, "django.contrib.auth.backends.ModelBackend")


def url(table: str, kind: str, *args) -> str:
    return reverse(f"admin:queueing_{table}_{kind}", args=args)


@pytest.mark.parametrize("table", REFERENCE)
def test_reference_data_can_be_listed_and_added(client, branch, table):
    branch.duty()

    pages = [url(table, "changelist"), url(table, "add")]

    assert [client.get(page).status_code for page in pages] == [200, 200]


@pytest.mark.parametrize("table", LASTING)
def test_what_histories_name_is_not_deleted(client, branch, table):
    counter = branch.duty().counter
    rows = {"service": branch.service, "servicegroup": branch.service.group}
    row = rows.get(table, counter)
    listed = {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"}

    one = client.post(url(table, "delete", row.pk), {"post": "yes"})
    several = client.post(url(table, "changelist"), listed)

    assert (one.status_code, several.status_code) == (403, 200)
    assert type(row).objects.filter(pk=row.pk).exists()


@pytest.mark.parametrize("table", RECORDS)
def test_records_can_be_seen_and_nothing_else(client, branch, table):
    duty = branch.duty()
    ticket = branch.called(duty)
    row = {"ticket": ticket, "duty": duty, "ticketevent": ticket.events.first()}[table]

    seen = [
        client.get(url(table, "changelist")).status_code,
        client.get(url(table, "change", row.pk)).status_code,
    ]
    refused = [
        client.get(url(table, "add")).status_code,
        client.post(url(table, "change", row.pk), {"state": "FINISHED"}).status_code,
        client.post(url(table, "delete", row.pk), {"post": "yes"}).status_code,
    ]

    assert (seen, refused) == ([200, 200], [403, 403, 403])
    assert Ticket.objects.get().state == "CALLED"
    assert TicketEvent.objects.count() == 2
    assert LogEntry.objects.count() == 0


def test_the_ticket_page_shows_its_trail(client, branch):
    ticket = branch.called(branch.duty())

    page = client.get(url("ticket", "change", ticket.pk))

    [trail] = page.context["inline_admin_formsets"]
    actions = [event.action for event in trail.formset.queryset]
    assert actions == [Action.ISSUE, Action.CALL_NEXT]


@pytest.mark.parametrize("table", RECORDS)
def test_lists_ask_the_same_for_one_row_and_for_three(
    client, branch, table, django_assert_num_queries
):
    branch.called(branch.duty())
    client.get(url(table, "changelist"))  # warm: content types
    with CaptureQueriesContext(connection) as one:
        client.get(url(table, "changelist"))
    branch.called(branch.duty(2))
    branch.called(branch.duty(3))

    with django_assert_num_queries(len(one.captured_queries)):
        client.get(url(table, "changelist"))


def test_a_long_list_is_not_counted_to_its_end(client, branch, monkeypatch):
    monkeypatch.setattr(admin_site, "LONGEST_LIST", 2)
    for _visitor in range(3):
        branch.ticket()

    response = client.get(url("ticket", "changelist"))

    assert response.context["cl"].paginator.count == 2


@pytest.mark.parametrize("model", [Duty, DutyEvent, Ticket, TicketEvent])
def test_what_is_shown_of_records_has_a_name_in_both_languages(model):
    shown = [
        field
        for field in model._meta.fields
        if field.is_relation and field.name != "undoes"
    ]

    assert [f.name for f in shown if not isinstance(f.verbose_name, Promise)] == []


@pytest.mark.parametrize(
    ("table", "field", "sentence"),
    [
        ("offering", "service", "This branch offers this service already."),
        ("counter", "number", "This branch has a counter with this number already."),
    ],
)
def test_a_double_is_refused_in_our_own_words(client, branch, table, field, sentence):
    counter = branch.duty().counter
    value = {"service": branch.service.pk, "number": counter.number}[field]
    form = {"office": branch.office.pk, field: value}

    client.cookies["django_language"] = "en"

    answer = client.post(url(table, "add"), form)

    assert answer.context["adminform"].form.non_field_errors() == [sentence]


def act(client, action: str, *offerings):
    rows = [offering.pk for offering in offerings]
    form = {"action": action, "_selected_action": rows}
    return client.post(url("offering", "changelist"), form)


def test_services_are_closed_by_the_date_of_their_own_branch(client, branch):
    demo = Branch(**on_monday())
    today = branch.office.day(branch.office.now())

    act(client, "close_today", branch.offering, demo.offering)

    closed_on = dict(Offering.objects.values_list("office", "closed_on"))
    assert closed_on == {branch.office.pk: today, demo.office.pk: MONDAY.date()}
    assert {entry.change_message for entry in LogEntry.objects.all()} == {
        "Closed today"
    }


def test_a_closed_service_is_opened_again(client, branch):
    act(client, "close_today", branch.offering)

    act(client, "open_again", branch.offering)

    assert Offering.objects.get().closed_on is None


def test_a_change_of_what_is_offered_is_announced(client, branch, monkeypatch):
    told = []
    monkeypatch.setattr(catalogue, "announce_on_commit", told.append)

    act(client, "close_today", branch.offering)
    act(client, "open_again", branch.offering)

    assert told == [f"office-{branch.office.pk}"] * 2


def test_offered_services_are_found_by_name(client, branch):
    branch.offer("SV-OTHER", "B")

    page = client.get(url("offering", "changelist"), {"q": "informasi"})

    assert list(page.context["cl"].result_list) == [branch.offering]
