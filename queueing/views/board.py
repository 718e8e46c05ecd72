"""The board of a waiting room: now calling, last calls, and how many wait."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from bpjs_service.errors import NotFound
from offices.access import Actor, Right, require
from offices.models import Device, Office
from queueing.live import live_url
from queueing.queries.board import board as board_of_office
from queueing.views.machines import DeviceUnknown, in_own_language, machine_page


@require_safe
@never_cache
@in_own_language
def board(request: HttpRequest) -> HttpResponse:
    """The board of the machine's own branch."""
    try:
        return _machine_board(request)
    except DeviceUnknown as refusal:
        return _render_withdrawn(request, refusal)


@require_safe
@never_cache
@login_required
@in_own_language
def board_of(request: HttpRequest, code: str) -> HttpResponse:
    """A branch's board for its staff, on any screen."""
    office = Office.objects.branches().with_lineage().filter(code=code).first()
    if office is None:
        raise NotFound
    require(request.user, Right.SEE_BOARD, office)
    return _render_board(request, office, request.user)  # type: ignore[arg-type]


@machine_page(Device.Kind.BOARD)
def _machine_board(request: HttpRequest, device: Device) -> HttpResponse:
    return _render_board(request, device.office, device)


def _render_board(request: HttpRequest, office: Office, actor: Actor) -> HttpResponse:
    """The whole page, or to htmx the part that follows the branch's changes."""
    at = office.now()
    context = {
        "office": office,
        "at": at,
        "board": board_of_office(office, at),
        "live_url": live_url(request, office, actor),
    }
    name = "_board" if request.htmx else "board"  # type: ignore[attr-defined]
    return render(request, f"queueing/{name}.html", context)


def _render_withdrawn(request: HttpRequest, refusal: DeviceUnknown) -> HttpResponse:
    """A page instead of the board; a board that is open loads it as a whole."""
    context = {"refusal": refusal}
    response = render(request, "queueing/board_withdrawn.html", context, status=403)
    if request.htmx:  # type: ignore[attr-defined]
        response.headers["HX-Refresh"] = "true"
    return response
