"""Logging out: somebody who has a counter open is asked about it first."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from bpjs_service.errors import Refusal
from bpjs_service.rows import one
from offices.models import Staff
from offices.views import log_out
from queueing import operations
from queueing.models import Duty, Ticket


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def leave(request: HttpRequest) -> HttpResponseBase:
    """Log out at once, or ask what becomes of the counter; ``close`` closes it."""
    duty = _open_duty(request)
    if duty is None:
        return log_out(request) if request.method == "POST" else redirect("home")
    if request.method != "POST":
        return _render_leave(request, duty, None)
    if "close" not in request.POST:
        return redirect("leave")
    try:
        operations.close_duty(duty=duty, at=duty.office.now())
    except Refusal as refusal:
        return _render_leave(request, duty, refusal)
    return log_out(request)


def _open_duty(request: HttpRequest) -> Duty | None:
    if not isinstance(request.user, Staff):
        return None
    duties = Duty.objects.open().select_related("office", "counter", "officer")
    return one(duties.filter(officer=request.user))


def _render_leave(
    request: HttpRequest, duty: Duty, refusal: Refusal | None
) -> HttpResponse:
    context = {
        "office": duty.office,
        "duty": duty,
        "ticket": one(Ticket.objects.at_counter().filter(duty=duty)),
        "refusal": refusal,
    }
    status = refusal.status if refusal else 200
    return render(request, "queueing/leave.html", context, status=status)
