"""What the tests of the API share: clients that speak as somebody."""

from typing import Any

from knox.models import AuthToken
from rest_framework.test import APIClient

from offices.models import Device, Staff
from queueing.models import Ticket, TicketEvent
from tests.factories import Branch


def client_of(actor: Staff | Device | None = None, language: str = "en") -> APIClient:
    """A client that sends the actor's token; devices' tokens are their names."""
    client = APIClient(HTTP_ACCEPT_LANGUAGE=language)
    if isinstance(actor, Device):
        client.credentials(HTTP_AUTHORIZATION=f"Device {actor.name}")
    elif actor is not None:
        _row, token = AuthToken.objects.create(actor)
        client.credentials(HTTP_AUTHORIZATION=f"Token {token}")
    return client


def url(branch: Branch, rest: str) -> str:
    return f"/api/v1/offices/{branch.office.code}/{rest}"


def problem(response: Any) -> tuple[int, str]:
    """The status and the machine-readable code of a refusal."""
    return response.status_code, response.json()["errors"][0]["code"]


def traces() -> tuple[int, int, list[str]]:
    """All that a request could have left behind."""
    states = list(Ticket.objects.order_by("pk").values_list("state", flat=True))
    return Ticket.objects.count(), TicketEvent.objects.count(), states
