"""The kiosk's menu, the board, and the stream that tells when to read again."""

from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from bpjs_service.api.schema import described
from offices.access import Right
from queueing.api.common import actor_of, office_for
from queueing.api.serializers import BoardShape, LiveShape, MenuShape
from queueing.live import live_url
from queueing.queries.board import board as board_of
from queueing.queries.kiosk import choices


@described(tag="kiosk", name="menu", method="GET", answer=MenuShape)
@api_view(["GET"])
def menu(request: Request, code: str) -> Response:
    """Service groups and services of a branch, in the reader's language.

    Says what can be taken today, how many wait in each group, and where something
    can be had online.
    """
    office = office_for(request, code, Right.ISSUE)
    at = office.now()
    shown = board_of(office, at)
    waiting = {line.group.pk: line.waiting for line in shown.groups}
    groups = [
        {
            "group": choice.group,
            "waiting": waiting.get(choice.group.pk, 0),
            "services": choice.services,
        }
        for choice in choices(office, office.day(at))
    ]
    answer = {
        "now": at,
        "is_open": shown.is_open,
        "next_opening": shown.next_opening,
        "groups": groups,
    }
    return Response(MenuShape(answer).data)


@described(tag="board", name="board", method="GET", answer=BoardShape)
@api_view(["GET"])
def board(request: Request, code: str) -> Response:
    """Numbers called and how many wait in each group: nothing about persons."""
    office = office_for(request, code, Right.SEE_BOARD)
    at = office.now()
    shown = board_of(office, at)
    answer = {
        "office": office.name,
        "now": at,
        "is_open": shown.is_open,
        "next_opening": shown.next_opening,
        "calls": shown.calls,
        "last_calls": shown.last_calls,
        "groups": shown.groups,
    }
    return Response(BoardShape(answer).data)


@described(tag="board", name="live", method="GET", answer=LiveShape)
@api_view(["GET"])
def live(request: Request, code: str) -> Response:
    """Where to listen for changes of the branch; each is a reason to read again."""
    office = office_for(request, code, Right.SEE_BOARD)
    url = live_url(request, office, actor_of(request))
    return Response({"url": request.build_absolute_uri(url)})
