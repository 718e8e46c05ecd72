"""The reception: numbers for those who need help, and tickets to find and mend."""

import secrets
from collections.abc import Callable

from django.http import HttpResponse
from django.shortcuts import render

from bpjs_service.errors import Refusal
from offices.access import Right, may, require
from offices.models import Office
from queueing import operations
from queueing.forms import IssueForm, ReasonForm, RequeueForm, TransferForm
from queueing.live import live_url
from queueing.models import Action, Place, Visit
from queueing.queries.greeter import reception_of
from queueing.refusals import TicketUnknown
from queueing.views.buttons import (
    Press,
    StaffRequest,
    View,
    button,
    page,
    typed_again,
)


def _render_greeter(
    request: StaffRequest, office: Office, about: str, refusal: Refusal | None
) -> HttpResponse:
    reception = reception_of(office, request.user, about, office.now())
    if about and not reception.matches:
        refusal = refusal or TicketUnknown()
    shown = reception.found.ticket if reception.found else None
    context = {
        "office": office,
        "about": about,
        "reception": reception,
        "may_release": may(request.user, Right.MANAGE_COUNTERS, office),
        "refusal": refusal,
        "typed": typed_again(request, refusal, shown),
        "request_key": secrets.token_urlsafe(12),
        "live_url": live_url(request, office, request.user),
        "priorities": Visit.Priority.choices,
        "return_places": Place.choices,
        "places": [Place.BY_AGE, Place.FRONT, Place.END],
    }
    template = "queueing/_greeter.html" if request.htmx else "queueing/greeter.html"
    status = refusal.status if refusal else 200
    return render(request, template, context, status=status)


greeter = page(Right.GREET, _render_greeter)


def _button(carry_out: Callable[..., str | None]) -> View:
    return button(Right.GREET, "greeter", _render_greeter)(carry_out)


@_button
def issue(press: Press) -> str:
    require(press.staff, Right.ISSUE, press.office)
    chosen = press.form(IssueForm).cleaned_data
    ticket = operations.issue(
        office=press.office,
        service=chosen["service"],
        priority=chosen["priority"],
        **press.signed,
    )
    return ticket.label


@_button
def cancel(press: Press, pk: int) -> None:
    reason = press.form(ReasonForm).cleaned_data["reason"]
    ticket = press.ticket(pk, Action.CANCEL)
    operations.cancel(ticket=ticket, reason=reason, **press.signed)


@_button
def requeue(press: Press, pk: int) -> None:
    chosen = press.form(RequeueForm).cleaned_data
    ticket = press.ticket(pk, Action.REQUEUE, place=chosen["place"])
    operations.requeue(
        ticket=ticket, place=chosen["place"], reason=chosen["reason"], **press.signed
    )


@_button
def transfer(press: Press, pk: int) -> None:
    chosen = press.form(TransferForm, office=press.office)
    ticket = press.ticket(pk, Action.TRANSFER)
    operations.transfer(ticket=ticket, **chosen.arguments, **press.signed)


@_button
def undo(press: Press, pk: int) -> None:
    operations.undo(ticket=press.ticket(pk, Action.UNDO), **press.signed)
