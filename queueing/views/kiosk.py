"""The kiosk: language, service group, service, priority, number.

Each step is an address of its own, so the kiosk works without scripts. The address
of the last question carries the key of the request for a number: tapping twice, or
going back and answering again, gives the same number, whatever is answered then.
"""

import re
import uuid
from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from bpjs_service.errors import Invalid, NotFound, Refusal
from offices.access import Right, require
from offices.authentication import device_of
from offices.models import Device, Office
from queueing import operations
from queueing.models import State, Ticket, Visit
from queueing.queries.kiosk import Choice, GroupChoice, choices, ticket_given
from queueing.refusals import (
    BranchClosed,
    DailyCapReached,
    KeyReused,
    ServiceNotOffered,
    TicketUnknown,
)
from queueing.views.machines import (
    LANGUAGES,
    in_own_language,
    machine_page,
    spoken,
)

KEY = re.compile(r"[0-9a-f]{32}")
IDLE_SECONDS = 45
NUMBER_SECONDS = 20  # the number stays on the screen
NUMBER_ADDRESS_SECONDS = 600  # and its address is good for
PRIORITIES = [*Visit.Priority.choices[1:], Visit.Priority.choices[0]]  # none last
TILES = 6  # larger ones fit, up to this many


def _kiosk_page(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A page of an enrolled kiosk, in the visitor's language, also when it refuses."""

    @never_cache
    @in_own_language
    @wraps(view)
    def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return machine_page(Device.Kind.KIOSK)(view)(request, *args, **kwargs)
        except Refusal as refusal:
            return _render_refusal(request, refusal)

    return wrapper


def _render(
    request: HttpRequest, step: str, *, status: int = 200, **context: Any
) -> HttpResponse:
    context = {"step": step, "idle_seconds": IDLE_SECONDS, "tiles": TILES, **context}
    return render(request, f"queueing/kiosk_{step}.html", context, status=status)


def _render_refusal(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """The refusal as a screen of its own; a closed branch says when it opens."""
    device = device_of(request, Device.Kind.KIOSK)
    office = device.office if device else None
    closed = office if isinstance(refusal, BranchClosed) else None
    return _render(
        request,
        "refusal",
        status=refusal.status,
        refusal=refusal,
        office=office,
        next_opening=closed.next_opening(closed.now()) if closed else None,
    )


# -- The questions --------------------------------------------------------------------
@require_safe
@_kiosk_page
def kiosk(request: HttpRequest, device: Device) -> HttpResponse:
    """Ask the next question, told by ``lang``, ``group`` and ``service``."""
    office = device.office
    at = office.now()
    if request.GET.get("lang") not in LANGUAGES:
        return _start(request, office)
    if not office.is_open(at):
        raise BranchClosed
    groups = choices(office, office.day(at))
    if "service" in request.GET:
        return _priority(request, office, groups)
    if "group" in request.GET:
        group = _group(groups, request.GET["group"])
        return _render(request, "services", office=office, group=group)
    return _render(request, "groups", office=office, groups=groups)


def _start(request: HttpRequest, office: Office) -> HttpResponse:
    at = office.now()
    is_open = office.is_open(at)
    return _render(
        request,
        "start",
        office=office,
        languages=list(LANGUAGES),
        is_open=is_open,
        next_opening=None if is_open else office.next_opening(at),
    )


def _priority(
    request: HttpRequest, office: Office, groups: list[GroupChoice]
) -> HttpResponse:
    choice = _choice(groups, request.GET["service"])
    if choice.is_closed:
        raise ServiceNotOffered(service=choice.service)
    if choice.is_used_up:
        raise DailyCapReached(service=choice.service)
    key = request.GET.get("key", "")
    if not KEY.fullmatch(key):
        wanted = {"service": choice.service.code, "key": uuid.uuid4().hex}
        return redirect(_address("kiosk", request, **wanted))
    return _render(
        request,
        "priority",
        office=office,
        service=choice.service,
        group=_group(groups, choice.service.group.code),
        key=key,
        priorities=PRIORITIES,
    )


def _group(groups: list[GroupChoice], code: str) -> GroupChoice:
    for group in groups:
        if group.group.code == code:
            return group
    raise NotFound


def _choice(groups: list[GroupChoice], code: str) -> Choice:
    for group in groups:
        for choice in group.services:
            if choice.service.code == code:
                return choice
    raise NotFound


def _address(name: str, request: HttpRequest, *args: str, **wanted: str) -> str:
    query = urlencode({"lang": spoken(request), **wanted})
    return f"{reverse(name, args=args)}?{query}"


# -- The number -----------------------------------------------------------------------
@_kiosk_page
def kiosk_issue(request: HttpRequest, device: Device) -> HttpResponse:
    """Issue the number and show it at an address nobody can guess."""
    if request.method != "POST":  # the address alone, as after a restart
        return redirect("kiosk")
    office = device.office
    require(device, Right.ISSUE, office)
    at = office.now()
    priority, key = request.POST.get("priority", ""), request.POST.get("key", "")
    if priority not in Visit.Priority.values or not KEY.fullmatch(key):
        raise Invalid(reason=_("This screen was out of date. Please start again."))
    groups = choices(office, office.day(at))
    try:
        ticket = operations.issue(
            office=office,
            service=_choice(groups, request.POST.get("service", "")).service,
            actor=device,
            at=at,
            priority=priority,
            language=spoken(request),
            request_key=key,
        )
    except KeyReused:
        ticket = ticket_given(device, key, at)
    return redirect(_address("kiosk-number", request, _signer().sign(str(ticket.pk))))


@require_safe
@_kiosk_page
def kiosk_number(request: HttpRequest, device: Device, signed: str) -> HttpResponse:
    """Show the number just taken, for a while, and how many are before it by now."""
    office = device.office
    ticket = _signed_ticket(office, signed)
    is_waiting = ticket.state == State.WAITING
    return _render(
        request,
        "number",
        office=office,
        ticket=ticket,
        ahead=ticket.people_ahead(office.now()) if is_waiting else None,
        idle_seconds=NUMBER_SECONDS,
    )


def _signed_ticket(office: Office, signed: str) -> Ticket:
    try:
        pk = int(_signer().unsign(signed, max_age=NUMBER_ADDRESS_SECONDS))
    except signing.BadSignature as error:
        raise TicketUnknown from error
    ticket = Ticket.objects.with_names().filter(office=office, pk=pk).first()
    if ticket is None:
        raise TicketUnknown
    return ticket


def _signer() -> signing.TimestampSigner:
    return signing.TimestampSigner(salt="queueing.kiosk.number")
