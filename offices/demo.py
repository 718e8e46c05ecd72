"""Short cuts of a demonstration: pair a browser or log in with one button.

The addresses exist only while ``settings.DEMO`` is on, and they reach only demo
branches; ``check --deploy`` refuses a deployment with it.
"""

from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.crypto import get_random_string
from django.views.decorators.http import require_POST

from bpjs_service.errors import NotFound
from offices.models import Device, Office, Staff
from offices.operations import enrol_device
from offices.views import START_PAGE, pair


@require_POST
def pair_browser(request: HttpRequest) -> HttpResponse:
    """Make this browser a kiosk or a board of the demo branch."""
    kind = request.POST.get("kind", "")
    if kind not in START_PAGE:
        raise NotFound
    office = get_object_or_404(
        Office.objects.branches(), is_demo=True, code=request.POST.get("office", "")
    )
    name = f"demo {get_random_string(6)}"
    _device, token = enrol_device(office=office, kind=kind, name=name)
    return pair(redirect(START_PAGE[Device.Kind(kind)]), kind, token)


@require_POST
def log_in(request: HttpRequest) -> HttpResponse:
    """Log in as one of the demo people, without a password."""
    staff = get_object_or_404(
        Staff.objects.filter(is_active=True, postings__isnull=False).distinct(),
        username=request.POST.get("username", ""),
    )
    login(request, staff, backend="django.contrib.auth.backends.ModelBackend")
    return redirect("home")
