"""The front page: somebody's screens, and the short cuts of a demonstration."""

from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from offices.access import Right, branches_for
from offices.admin_site import site as reference_site
from offices.demo import demo_people
from offices.models import Office, Posting, Role, Staff

SCREENS: tuple[tuple[Right, str, Promise], ...] = (
    (Right.SERVE, "desk", _("Counter")),
    (Right.GREET, "greeter", _("Reception")),
    (Right.SEE_BOARD, "board-of", _("Board")),
)


@dataclass(frozen=True)
class Screen:
    """One screen somebody may open at one branch."""

    office: Office
    title: str | Promise
    url: str


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """Show the screens of whoever is logged in; a demonstration offers everything."""
    if not request.user.is_authenticated and not settings.DEMO:
        return redirect("offices:login")
    context = {
        "screens": screens_of(request.user) if isinstance(request.user, Staff) else [],
        "may_administer": reference_site.has_permission(request),
        "demo_branches": _demo_branches() if settings.DEMO else [],
    }
    return render(request, "queueing/home.html", context)


def screens_of(staff: Staff) -> list[Screen]:
    """The screens a person may open, branch by branch."""
    return [
        Screen(office, title, reverse(name, args=[office.code]))
        for right, name, title in SCREENS
        for office in branches_for(staff, right)
    ]


def _demo_branches() -> list[tuple[Office, list[Posting]]]:
    branches = Office.objects.branches().with_lineage().filter(is_demo=True)
    return [(branch, _people_of(branch)) for branch in branches]


def _people_of(branch: Office) -> list[Posting]:
    """Who may log in to the demonstration, the counters' officers first."""
    postings = (
        Posting.objects.in_force(branch.day(branch.now()))
        .filter(office__in=branch.lineage_ids, staff__in=demo_people())
        .select_related("staff", "office")
        .order_by("staff__name")
    )
    return sorted(postings, key=lambda posting: Role.values.index(posting.role))
