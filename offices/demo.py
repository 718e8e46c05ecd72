"""Short cuts of a demonstration: pair a browser or log in with one button.

The addresses exist only while ``settings.DEMO`` is on, and they reach only demo
branches and people of no other; ``check --deploy`` refuses a deployment with it.
"""

from django.contrib.auth import login
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.crypto import get_random_string
from django.views.decorators.http import require_POST

from bpjs_service.errors import NotFound
from offices.models import Device, Office, Posting, Staff
from offices.operations import enrol_device
from offices.views import START_PAGE, pair


@require_POST
def pair_browser(request: HttpRequest) -> HttpResponse:
    """Make this browser a kiosk or a board of the demo branch."""
    kind = request.POST.get("kind", "")
    if kind not in START_PAGE:
        raise NotFound
    office = get_object_or_404(
        Office.objects.branches(), is_demo=True, code=_sent(request, "office")
    )
    name = f"demo {get_random_string(6)}"
    _device, token = enrol_device(office=office, kind=kind, name=name)
    return pair(redirect(START_PAGE[Device.Kind(kind)]), kind, token)


@require_POST
def log_in(request: HttpRequest) -> HttpResponse:
    """Log in as one of the demo people, without a password."""
    staff = get_object_or_404(demo_people(), username=_sent(request, "username"))
    login(request, staff, backend="django.contrib.auth.backends.ModelBackend")
    return redirect("home")


def demo_people() -> QuerySet[Staff]:
    """People whose postings reach demo branches and no real one; no superusers."""
    reached: dict[bool, set[int]] = {True: set(), False: set()}
    for branch in Office.objects.with_lineage().filter(kind=Office.Kind.BRANCH):
        reached[branch.is_demo].update(branch.lineage_ids)
    at_real = Posting.objects.filter(office__in=reached[False])
    return Staff.objects.filter(
        ~Exists(at_real.filter(staff=OuterRef("pk"))),
        is_active=True,
        is_superuser=False,
        pk__in=Posting.objects.filter(office__in=reached[True]).values("staff"),
    )


def _sent(request: HttpRequest, name: str) -> str:
    """A value of the form; PostgreSQL knows no text with a zero character."""
    value = request.POST.get(name, "")
    if "\0" in value:
        raise NotFound
    return value
