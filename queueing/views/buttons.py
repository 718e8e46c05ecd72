"""What the pages for staff share: entry to a branch, and buttons that do one thing."""

import datetime as dt
import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlencode

from django import forms
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from bpjs_service.errors import Invalid, NotFound, Refusal
from offices.access import Right, require
from offices.models import Office, Staff
from queueing.forms import PressForm
from queueing.models import Action, Duty, Ticket
from queueing.permissions import require_step
from queueing.queries.tickets import ticket_here
from queueing.refusals import NotOnDuty
from queueing.repeats import is_repeat

F = TypeVar("F", bound=PressForm)


class StaffRequest(HttpRequest):
    """A request that ``at_branch`` has let through."""

    user: Staff
    htmx: HtmxDetails


View = Callable[..., HttpResponse]
# Renders the page about a ticket number ("" for none), with a refusal if there is one.
Render = Callable[[StaffRequest, Office, str, Refusal | None], HttpResponse]


@dataclass(frozen=True)
class Press:
    """One press of a button: where, by whom, when, and which step on what."""

    request: StaffRequest
    office: Office
    at: dt.datetime
    step: str

    @property
    def staff(self) -> Staff:
        return self.request.user

    @property
    def request_key(self) -> str:
        """The page's key and the step, so that each button is good for one effect."""
        form = self.form(PressForm)
        key = form.cleaned_data["request_key"]
        return f"{key}:{self.step}" if key else ""

    @property
    def signed(self) -> dict[str, Any]:
        """What every operation is told besides its own arguments."""
        return {"actor": self.staff, "at": self.at, "request_key": self.request_key}

    def form(self, kind: type[F], **given: Any) -> F:
        """The submitted form, checked; raises ``Invalid`` with its first complaint."""
        form = kind(self.request.POST, **given)
        if not form.is_valid():
            raise Invalid(reason=_first_error(form))
        return form

    def ticket(self, pk: int, action: Action, *, place: str = "") -> Ticket:
        """The branch's ticket, if this person may take the step with it.

        A repeat was allowed the first time and changes nothing, so it is not asked
        again: by then the ticket has left the counter.
        """
        ticket = ticket_here(self.office, pk, self.at)
        if not is_repeat(self.request_key, ticket):
            require_step(self.staff, action, ticket, place=place)
        return ticket

    def duty(self) -> Duty:
        """The counter this person has open here; raises ``NotOnDuty``."""
        duty = Duty.objects.open().filter(office=self.office, officer=self.staff)
        found = duty.select_related("counter", "officer", "office").first()
        if found is None:
            raise NotOnDuty
        return found


def _first_error(form: forms.Form) -> str:
    name, errors = next(iter(form.errors.items()))
    label = form.fields[name].label if name in form.fields else None
    return f"{label}: {errors[0]}" if label else str(errors[0])


def at_branch(right: Right) -> Callable[[View], View]:
    """Give the view the branch of the address, if the person has the right there."""

    def decorate(view: View) -> View:
        @never_cache
        @functools.wraps(view)
        def wrapper(request: HttpRequest, code: str, **kwargs: Any) -> HttpResponse:
            if not isinstance(request.user, Staff):
                return _to_login(request)
            branches = Office.objects.branches().with_lineage()
            office = branches.filter(code=code).first()
            if office is None:
                raise NotFound
            require(request.user, right, office)
            return view(request, office, **kwargs)

        return wrapper

    return decorate


def _to_login(request: HttpRequest) -> HttpResponse:
    """Log in first; an htmx request takes the whole window there."""
    htmx = HtmxDetails(request)
    if not htmx:
        return redirect_to_login(request.get_full_path())
    page = htmx.current_url_abs_path or "/"
    return HttpResponseClientRedirect(redirect_to_login(page).url)


def page(right: Right, render: Render) -> View:
    """The one GET view of a page; ``?q=`` is the ticket number it is about."""

    @require_safe
    @at_branch(right)
    def view(request: StaffRequest, office: Office) -> HttpResponse:
        return render(request, office, request.GET.get("q", ""), None)

    return view


def typed_again(
    request: HttpRequest, refusal: Refusal | None, ticket: Ticket | None
) -> dict[str, Any]:
    """What a refused form said, to fill it again.

    When the page shows another ``ticket`` by now, only the note comes back, to be
    read: it must not end up in the form of somebody else.
    """
    if refusal is None:
        return {}
    match = request.resolver_match
    about = match.kwargs.get("pk") if match else None
    if about is None or (ticket and ticket.pk == about):
        return request.POST.dict()
    return {"note": request.POST.get("note", "")}


def button(right: Right, page_name: str, render: Render) -> Callable[..., View]:
    """Make a POST view of a function that calls one operation with a ``Press``.

    The function may return the number the page is about afterwards. Then htmx gets
    the page's part again, a browser without it is sent to the page. A refusal shows
    the page with its sentence and status. Whoever arrives by GET (a reload, a log-in
    on the way) is sent to the page and changes nothing.
    """

    def decorate(carry_out: Callable[..., str | None]) -> View:
        @at_branch(right)
        @functools.wraps(carry_out)
        def view(request: StaffRequest, office: Office, **kwargs: Any) -> HttpResponse:
            about, refusal = request.GET.get("q", ""), None
            if request.method == "POST":
                step = ":".join([carry_out.__name__, *map(str, kwargs.values())])
                press = Press(request, office, office.now(), step)
                try:
                    about = carry_out(press, **kwargs) or about
                except Refusal as error:
                    refusal = error
            if refusal or request.htmx:
                return render(request, office, about, refusal)
            return redirect(_page_url(page_name, office, about))

        return view

    return decorate


def _page_url(page_name: str, office: Office, about: str) -> str:
    url = reverse(page_name, args=[office.code])
    return f"{url}?{urlencode({'q': about})}" if about else url
