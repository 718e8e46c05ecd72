import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from offices import admin_site
from offices.models import Role
from queueing.models import Action, Ticket, TicketEvent
from tests.factories import HeadOfficeFactory, PostingFactory

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
