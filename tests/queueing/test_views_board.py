import pytest
from django.utils import timezone

from offices.authentication import cookie_name
from offices.models import Device, Holiday, Role
from tests.factories import Branch, DeviceFactory

BOARD = "/board/"


@pytest.fixture
def machine(branch):
    return DeviceFactory(office=branch.office, kind=Device.Kind.BOARD)


@pytest.fixture
def screen(machine, client):
    """The client as the browser of the branch's board."""
    client.cookies[cookie_name("BOARD")] = machine.name
    return client


def test_browser_without_a_device_goes_to_the_pairing_page(db, client):
    assert client.get(BOARD).headers["Location"] == "/device/board/"


def test_board_shows_calls_and_those_waiting(branch, screen):
    now = timezone.now()
    branch.called(branch.duty(7, at=now), at=now)
    branch.ticket(at=now)

    page = screen.get(BOARD, {"lang": "en"}).text

    assert "Kantor Cabang Bekasi Kota" in page
    assert 'data-call="A001-7-1"' in page
    assert "longest: A002" in page


def test_board_answers_htmx_with_its_part(screen):
    page = screen.get(BOARD, headers={"HX-Request": "true"}).text

    assert page.lstrip().startswith('<main id="board"')
    assert "data-live-url=" in page


def test_board_speaks_indonesian_unless_asked_otherwise(screen):
    assert '<html lang="id">' in screen.get(BOARD, HTTP_ACCEPT_LANGUAGE="en").text

    english = screen.get(BOARD, {"lang": "en"}).text
    assert '<html lang="en">' in english
    assert 'hx-get="/board/?lang=en"' in english


def test_closed_branch_says_when_it_opens(branch, screen):
    day = branch.office.day(timezone.now())
    Holiday.objects.create(office=branch.office, date=day, name="Libur")

    page = screen.get(BOARD, {"lang": "en"}).text

    assert "The branch is closed" in page
    assert "Opens again" in page


def test_revoked_board_shows_nothing_and_loads_the_notice(branch, machine, screen):
    machine.revoked_at = timezone.now()
    machine.save()

    whole = screen.get(BOARD)
    part = screen.get(BOARD, headers={"HX-Request": "true"})

    assert (whole.status_code, part.status_code) == (403, 403)
    assert branch.office.name not in whole.text
    assert "HX-Refresh" not in whole.headers
    assert part.headers["HX-Refresh"] == "true"


def test_staff_see_the_board_of_their_branch(branch, client):
    client.force_login(branch.officer(Role.CSO))

    response = client.get(f"/board/{branch.office.code}/", {"lang": "en"})

    assert response.status_code == 200
    assert f'hx-get="/board/{branch.office.code}/?lang=en"' in response.text


def test_staff_of_another_branch_do_not_see_the_board(branch, client):
    client.force_login(Branch(code="OTHER").officer(Role.CSO))

    assert client.get(f"/board/{branch.office.code}/").status_code == 403


def test_board_of_a_branch_needs_a_person(branch, client):
    response = client.get(f"/board/{branch.office.code}/")

    assert response.headers["Location"].startswith("/login/")


@pytest.mark.parametrize("code", ["NO-SUCH", "KP"])
def test_board_of_no_branch_is_not_found(branch, client, code):
    client.force_login(branch.officer(Role.CSO))

    assert client.get(f"/board/{code}/").status_code == 404


@pytest.mark.parametrize("tickets", [1, 30])
def test_board_page_needs_the_same_queries_on_a_full_day(
    branch, screen, tickets, django_assert_num_queries
):
    for _ticket in range(tickets):
        branch.ticket(at=timezone.now())

    with django_assert_num_queries(6):  # the machine, and five for the board
        screen.get(BOARD)
