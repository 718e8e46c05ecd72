import datetime as dt
import re

import pytest
from django.urls import reverse
from django.utils import timezone

from offices.authentication import cookie_name
from offices.models import Holiday
from queueing import operations
from queueing.models import State, Ticket, TicketEvent, Visit
from queueing.views import kiosk as views
from tests.factories import Branch, OfferingFactory, ServiceFactory

KEY = "0123456789abcdef" * 2
START = "/kiosk/"


@pytest.fixture
def kiosk(branch, client):
    """The client as the browser of the branch's kiosk."""
    client.cookies[cookie_name("KIOSK")] = branch.kiosk.name
    return client


def ask(kiosk, **wanted):
    return kiosk.get(START, {"lang": "en", **wanted})


def issue(kiosk, **changes):
    asked = {"lang": "en", "service": "SV-INFO", "priority": "", "key": KEY}
    return kiosk.post(reverse("kiosk-issue"), asked | changes)


def nothing_issued():
    return not (Ticket.objects.exists() or TicketEvent.objects.exists())


def today(branch):
    return branch.office.day(timezone.now())


# -- Whose machine --------------------------------------------------------------------
@pytest.mark.parametrize("url", [START, "/kiosk/number/1/"])
def test_browser_without_a_device_goes_to_the_pairing_page(db, client, url):
    assert client.get(url).headers["Location"] == "/device/kiosk/"


def test_board_is_no_kiosk(branch, client):
    client.cookies[cookie_name("BOARD")] = branch.kiosk.name

    assert client.get(START).status_code == 302


def test_device_revoked_in_mid_journey_is_told_so_and_gets_no_number(branch, kiosk):
    assert ask(kiosk, service="SV-INFO", key=KEY).status_code == 200
    branch.kiosk.revoked_at = timezone.now()
    branch.kiosk.save()

    response = issue(kiosk)

    assert response.status_code == 403
    assert "This machine is out of use" in response.text
    assert nothing_issued()


# -- The journey ----------------------------------------------------------------------
def test_start_offers_both_languages(kiosk):
    response = kiosk.get(START)

    assert '<html lang="id">' in response.text
    assert '?lang=id" lang="id"' in response.text
    assert '?lang=en" lang="en"' in response.text


@pytest.mark.parametrize("language", ["id", "en"])
def test_page_is_in_the_language_asked_for_whatever_the_browser_prefers(
    kiosk, language
):
    response = kiosk.get(START, {"lang": language}, HTTP_ACCEPT_LANGUAGE="fr")

    assert f'<html lang="{language}">' in response.text
    assert response.headers["Content-Language"] == language


def test_unknown_language_begins_at_the_start(kiosk):
    assert "kiosk--start" in kiosk.get(START, {"lang": "fr"}).text


def test_group_with_one_service_leads_straight_to_the_last_question(kiosk):
    assert "?lang=en&amp;service=SV-INFO" in ask(kiosk).text


def test_group_asks_for_the_service_and_shows_the_closed_one(branch, kiosk):
    group = branch.service.group
    closed = ServiceFactory(code="SV-2", group=group, name_en="Card printing")
    OfferingFactory(office=branch.office, service=closed, closed_on=today(branch))

    assert "group=INFO" in ask(kiosk).text
    page = ask(kiosk, group="INFO").text
    assert "service=SV-INFO" in page
    assert "Card printing" in page
    assert "service=SV-2" not in page


def test_service_hints_at_its_online_channel(branch, kiosk):
    branch.service.online_en = "JMO app"
    branch.service.save()

    page = ask(kiosk, group="INFO").text

    assert "Possible without a visit: JMO app" in page
    assert "service=SV-INFO" in page


def test_last_question_has_an_address_with_its_own_key(kiosk):
    address = ask(kiosk, service="SV-INFO").headers["Location"]

    key = re.fullmatch(r"/kiosk/\?lang=en&service=SV-INFO&key=([0-9a-f]{32})", address)
    assert key is not None
    assert f'value="{key[1]}"' in kiosk.get(address).text


def test_last_question_leads_back_to_the_groups_where_the_group_asked_nothing(kiosk):
    page = ask(kiosk, service="SV-INFO", key=KEY).text

    assert 'href="/kiosk/?lang=en">Back' in page


def test_last_question_leads_back_to_the_services_of_its_group(branch, kiosk):
    second = ServiceFactory(code="SV-2", group=branch.service.group)
    OfferingFactory(office=branch.office, service=second)

    page = ask(kiosk, service="SV-INFO", key=KEY).text

    assert 'href="/kiosk/?lang=en&amp;group=INFO">Back' in page


def test_number_is_issued_and_shown(branch, kiosk):
    branch.ticket(at=timezone.now() - dt.timedelta(minutes=1))

    response = issue(kiosk, priority="ELDERLY")

    ticket = Ticket.objects.latest("pk")
    assert ticket.visit.priority == Visit.Priority.ELDERLY
    assert ticket.visit.language == "en"
    assert ticket.events.get().device == branch.kiosk
    page = kiosk.get(response.headers["Location"]).text
    assert ticket.label in page
    assert "You are next" in page  # priority comes before the one who waits


def test_number_says_how_many_are_before(branch, kiosk):
    branch.duty(1)
    branch.ticket(at=timezone.now() - dt.timedelta(minutes=1))

    page = kiosk.get(issue(kiosk).headers["Location"]).text

    assert "<strong>1</strong> person before you" in page


def test_number_shown_again_counts_those_who_came_before_it_since(branch, kiosk):
    branch.duty(1)
    address = issue(kiosk).headers["Location"]
    assert "You are next" in kiosk.get(address).text

    branch.ticket(at=timezone.now(), priority=Visit.Priority.ELDERLY)

    page = kiosk.get(address).text
    assert "<strong>1</strong> person before you" in page
    assert "You are next" not in page


def test_somebody_in_another_group_before_the_same_counters_is_before(branch, kiosk):
    branch.duty(1)
    other = branch.offer("OTHER", "B")
    branch.ticket(service=other, at=timezone.now() - dt.timedelta(minutes=1))

    page = kiosk.get(issue(kiosk).headers["Location"]).text

    assert "<strong>1</strong> person before you" in page


def test_number_called_already_is_not_next(branch, kiosk):
    address = issue(kiosk).headers["Location"]
    duty = branch.duty(1)
    operations.call_next(duty=duty, actor=duty.officer, at=timezone.now())

    page = kiosk.get(address).text

    assert "A001" in page
    assert "You are next" not in page


def test_pages_are_never_kept_by_the_browser(kiosk):
    assert "no-store" in ask(kiosk).headers["Cache-Control"]


# -- Once, however often --------------------------------------------------------------
def test_thirty_taps_give_one_number(kiosk):
    addresses = {
        kiosk.get(issue(kiosk).headers["Location"]).context["ticket"].label
        for _tap in range(30)
    }

    assert addresses == {"A001"}
    assert Ticket.objects.count() == 1


@pytest.mark.parametrize(
    "again", [{"priority": "ELDERLY"}, {"lang": "id"}], ids=["priority", "language"]
)
def test_another_answer_with_the_same_key_gives_the_same_number(kiosk, again):
    issue(kiosk)

    response = issue(kiosk, **again)

    assert kiosk.get(response.headers["Location"]).context["ticket"].label == "A001"
    assert Ticket.objects.get().is_priority is False


def test_key_of_another_machine_shows_no_number(branch, kiosk):
    at = branch.office.now()
    operations.issue(
        office=branch.office,
        service=branch.service,
        actor=branch.officer("GREETER"),
        at=at,
        request_key=KEY,
    )

    response = issue(kiosk, priority="ELDERLY")

    assert response.status_code == 404
    assert Ticket.objects.count() == 1


def test_repeat_after_the_cap_is_reached_gives_the_same_number(branch, kiosk):
    branch.offering.daily_cap = 1
    branch.offering.save()
    issue(kiosk)

    assert issue(kiosk).status_code == 302
    assert Ticket.objects.count() == 1


# -- Refusals -------------------------------------------------------------------------
@pytest.mark.parametrize(
    "wanted", [{"service": "NO-SUCH"}, {"group": "NO-SUCH"}, {"service": "\x00"}]
)
def test_unknown_choice_is_a_clear_screen(kiosk, wanted):
    response = ask(kiosk, **wanted)

    assert response.status_code == 404
    assert "Sorry, this is not possible" in response.text


def test_service_of_another_branch_is_unknown(branch, kiosk):
    Branch().offer("ELSEWHERE", "B")

    assert ask(kiosk, service="ELSEWHERE").status_code == 404
    assert issue(kiosk, service="ELSEWHERE").status_code == 404
    assert nothing_issued()


@pytest.mark.parametrize(
    "changes",
    [
        {"service": "NO-SUCH"},
        {"service": ""},
        {"service": "\x00"},
        {"priority": "KING"},
        {"key": ""},
        {"key": "x" * 32},
        {"key": KEY + "0"},
    ],
)
def test_tampered_request_gives_no_number(kiosk, changes):
    response = issue(kiosk, **changes)

    assert response.status_code in (404, 422)
    assert "Sorry, this is not possible" in response.text
    assert nothing_issued()


def test_service_closed_today_is_refused(branch, kiosk):
    branch.offering.closed_on = today(branch)
    branch.offering.save()

    assert ask(kiosk, service="SV-INFO").status_code == 409
    response = issue(kiosk)
    assert response.status_code == 409
    assert "Programme information is not offered" in response.text
    assert nothing_issued()


def test_cap_reached_is_shown_and_refused(branch, kiosk):
    branch.offering.daily_cap = 0
    branch.offering.save()

    assert "All numbers for today" in ask(kiosk, group="INFO").text
    assert ask(kiosk, service="SV-INFO").status_code == 409
    response = issue(kiosk)
    assert response.status_code == 409
    assert "All numbers for Programme information" in response.text
    assert nothing_issued()


def test_closed_branch_says_when_it_opens_in_the_visitors_language(branch, kiosk):
    tomorrow = today(branch) + dt.timedelta(days=1)
    Holiday.objects.create(office=branch.office, date=today(branch), name="Libur")

    response = issue(kiosk)

    assert response.status_code == 409
    assert "The branch is closed" in response.text
    assert f"{tomorrow:%A}, {tomorrow.day} {tomorrow:%B %Y}, 00:00 WIB" in response.text
    assert ask(kiosk).status_code == 409
    start = kiosk.get(START)
    assert start.status_code == 200
    assert "?lang=" not in start.text
    assert nothing_issued()


def test_branch_closed_for_good_shows_no_opening(branch, kiosk):
    branch.office.opening_hours.all().delete()

    assert "Opens again" not in ask(kiosk).text


def test_address_of_the_button_leads_to_the_start_and_gives_no_number(kiosk):
    response = kiosk.get(reverse("kiosk-issue"))

    assert response.headers["Location"] == START
    assert nothing_issued()


def test_request_without_the_forms_token_is_refused(branch):
    from django.test import Client

    strict = Client(enforce_csrf_checks=True)
    strict.cookies[cookie_name("KIOSK")] = branch.kiosk.name

    assert issue(strict).status_code == 403
    assert nothing_issued()


# -- The address of a number ----------------------------------------------------------
def test_number_cannot_be_found_by_guessing(branch, kiosk):
    ticket = branch.ticket()

    for guess in (str(ticket.pk), f"{ticket.pk}:x:y", "\x00"):
        response = kiosk.get(reverse("kiosk-number", args=[guess]), {"lang": "en"})
        assert response.status_code == 404
        assert ticket.label not in response.text


def test_number_of_another_branch_is_not_shown(kiosk):
    ticket = Branch(code="OTHER").ticket()
    signed = views._signer().sign(str(ticket.pk))

    assert kiosk.get(reverse("kiosk-number", args=[signed])).status_code == 404


def test_address_of_a_number_ends(branch, kiosk, monkeypatch):
    address = issue(kiosk).headers["Location"]
    monkeypatch.setattr(views, "NUMBER_ADDRESS_SECONDS", -1)

    assert kiosk.get(address).status_code == 404


def test_number_taken_in_the_journey_waits(kiosk):
    issue(kiosk)

    assert Ticket.objects.get().state == State.WAITING


def test_last_question_lets_nothing_apply_in_indonesian(kiosk):
    page = ask(kiosk, lang="id", service="SV-INFO", key=KEY).text

    assert "Tidak ada yang sesuai" in page
