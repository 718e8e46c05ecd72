"""Closing the counter of a colleague who has gone: one page, one button."""

import secrets

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from bpjs_service.errors import Refusal
from bpjs_service.rows import one
from offices.access import Right
from offices.models import Office
from queueing import operations
from queueing.forms import ReasonForm
from queueing.models import Duty, Ticket
from queueing.refusals import DutyOver, DutyUnknown
from queueing.views.buttons import Press, StaffRequest, at_branch


@require_http_methods(["GET", "HEAD", "POST"])
@at_branch(Right.MANAGE_COUNTERS)
def release(request: StaffRequest, office: Office, pk: int) -> HttpResponse:
    """Ask for the reason; then close the counter and go back to the reception."""
    duties = Duty.objects.select_related("counter", "officer")
    duty = one(duties.filter(office=office, pk=pk))
    if duty is None:
        raise DutyUnknown
    if request.method != "POST":
        over = None if duty.closed_at is None else DutyOver()
        return _render_release(request, office, duty, over)
    press = Press(request, office, office.now(), "release")
    try:
        reason = press.form(ReasonForm).cleaned_data["reason"]
        operations.release_counter(
            duty=duty, actor=press.staff, at=press.at, reason=reason
        )
    except Refusal as refusal:
        return _render_release(request, office, duty, refusal)
    return redirect("greeter", office.code)


def _render_release(
    request: StaffRequest, office: Office, duty: Duty, refusal: Refusal | None
) -> HttpResponse:
    there = Ticket.objects.at_counter().filter(duty=duty)
    context = {
        "office": office,
        "duty": duty,
        "ticket": one(there),
        "refusal": refusal,
        "is_over": isinstance(refusal, DutyOver),
        "typed": request.POST,
        "request_key": secrets.token_urlsafe(12),
    }
    status = refusal.status if refusal else 200
    return render(request, "queueing/release.html", context, status=status)
