"""The page of one counter: one GET view, and one POST view for each button."""

import secrets
from collections.abc import Callable

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from bpjs_service.errors import NotAllowed, Refusal
from offices.access import Right, branches_for, require
from offices.models import Office, Staff
from queueing import operations
from queueing.forms import (
    BreakForm,
    NextServiceForm,
    OpenForm,
    PickForm,
    ReasonForm,
    TransferForm,
)
from queueing.live import live_url
from queueing.models import Action, Duty, Place
from queueing.queries.desk import desk_of
from queueing.views.buttons import (
    Press,
    StaffRequest,
    View,
    button,
    page,
    typed_again,
)


def _render_desk(
    request: StaffRequest, office: Office, _about: str, refusal: Refusal | None
) -> HttpResponse:
    desk = desk_of(office, request.user, office.now())
    shown = desk.current.ticket if desk.current else None
    context = {
        "office": office,
        "desk": desk,
        "refusal": refusal,
        "typed": typed_again(request, refusal, shown),
        "request_key": secrets.token_urlsafe(12),
        "live_url": live_url(request, office, request.user),
        "break_reasons": Duty.BreakReason.choices,
        "places": [Place.BY_AGE, Place.FRONT, Place.END],
    }
    template = "queueing/_desk.html" if request.htmx else "queueing/desk.html"
    status = refusal.status if refusal else 200
    return render(request, template, context, status=status)


desk = page(Right.SERVE, _render_desk)


@login_required
@require_safe
def choose_branch(request: HttpRequest) -> HttpResponse:
    """Go to the desk of one's branch, or choose among several."""
    if not isinstance(request.user, Staff):
        raise NotAllowed
    branches = branches_for(request.user, Right.SERVE)
    if not branches:
        raise NotAllowed
    if len(branches) == 1:
        return redirect("desk", branches[0].code)
    return render(request, "queueing/desk_choice.html", {"branches": branches})


def _button(carry_out: Callable[..., None]) -> View:
    return button(Right.SERVE, "desk", _render_desk)(carry_out)


# -- The counter ------------------------------------------------------------------
@_button
def open_counter(press: Press) -> None:
    chosen = press.form(OpenForm, office=press.office).cleaned_data
    as_ranger = chosen["as_ranger"]
    if as_ranger:
        require(press.staff, Right.SERVE_AS_RANGER, press.office)
    operations.open_duty(
        counter=chosen["counter"], officer=press.staff, at=press.at, is_ranger=as_ranger
    )


@_button
def take_break(press: Press) -> None:
    reason = press.form(BreakForm).cleaned_data["reason"]
    operations.take_break(duty=press.duty(), reason=reason, at=press.at)


@_button
def end_break(press: Press) -> None:
    operations.end_break(duty=press.duty(), at=press.at)


@_button
def close_counter(press: Press) -> None:
    operations.close_duty(duty=press.duty(), at=press.at)


# -- Calling ----------------------------------------------------------------------
@_button
def call_next(press: Press) -> None:
    operations.call_next(duty=press.duty(), **press.signed)


@_button
def pick(press: Press) -> None:
    chosen = press.form(PickForm).cleaned_data
    ticket = press.ticket(chosen["ticket"], Action.PICK)
    reason = chosen["reason"]
    operations.pick(duty=press.duty(), ticket=ticket, reason=reason, **press.signed)


@_button
def recall(press: Press, pk: int) -> None:
    operations.recall(ticket=press.ticket(pk, Action.RECALL), **press.signed)


@_button
def no_show(press: Press, pk: int) -> None:
    operations.no_show(ticket=press.ticket(pk, Action.NO_SHOW), **press.signed)


# -- Serving ----------------------------------------------------------------------
@_button
def start(press: Press, pk: int) -> None:
    operations.start(ticket=press.ticket(pk, Action.START), **press.signed)


@_button
def finish(press: Press, pk: int) -> None:
    operations.finish(ticket=press.ticket(pk, Action.FINISH), **press.signed)


@_button
def next_service(press: Press, pk: int) -> None:
    service = press.form(NextServiceForm).cleaned_data["service"]
    ticket = press.ticket(pk, Action.NEXT_SERVICE)
    operations.next_service(ticket=ticket, service=service, **press.signed)


@_button
def hold(press: Press, pk: int) -> None:
    reason = press.form(ReasonForm).cleaned_data["reason"]
    ticket = press.ticket(pk, Action.HOLD)
    operations.hold(ticket=ticket, reason=reason, **press.signed)


@_button
def resume(press: Press, pk: int) -> None:
    ticket = press.ticket(pk, Action.RESUME)
    operations.resume(ticket=ticket, duty=press.duty(), **press.signed)


# -- Elsewhere, and back ------------------------------------------------------------
@_button
def transfer(press: Press, pk: int) -> None:
    chosen = press.form(TransferForm, office=press.office)
    ticket = press.ticket(pk, Action.TRANSFER)
    operations.transfer(ticket=ticket, **chosen.arguments, **press.signed)


@_button
def back_to_queue(press: Press, pk: int) -> None:
    """The called visitor keeps the place the time of arrival gives."""
    ticket = press.ticket(pk, Action.REQUEUE, place=Place.BY_AGE)
    operations.requeue(ticket=ticket, place=Place.BY_AGE, **press.signed)


@_button
def let_return(press: Press, pk: int) -> None:
    """The absent visitor has come back: by the branch's rule for late returns."""
    ticket = press.ticket(pk, Action.REQUEUE, place=Place.LATE)
    operations.requeue(ticket=ticket, place=Place.LATE, **press.signed)


@_button
def undo(press: Press, pk: int) -> None:
    operations.undo(ticket=press.ticket(pk, Action.UNDO), **press.signed)
