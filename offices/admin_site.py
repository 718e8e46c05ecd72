"""The administrators' pages: one door, asked of ``access.py`` like every other."""

from typing import Any, cast

from django.contrib import admin
from django.contrib.auth.views import redirect_to_login
from django.core.paginator import Paginator
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from bpjs_service.errors import NotAllowed
from offices.access import Right, may
from offices.models import Office, Staff

LONGEST_LIST = 5000


class ReferenceSite(admin.AdminSite):
    """Open to administrators of the head office, and to the superuser who begins."""

    site_title = site_header = index_title = _("Reference data")

    def has_permission(self, request: HttpRequest) -> bool:
        person = request.user
        if not isinstance(person, Staff) or not person.is_active:
            return False
        head = Office.objects.filter(kind=Office.Kind.HEAD)
        return person.is_superuser or any(
            may(person, Right.ADMINISTER, office) for office in head
        )

    def login(
        self, request: HttpRequest, _extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Log in where everybody does; whoever is logged in already may not enter."""
        if request.user.is_authenticated and not self.has_permission(request):
            raise NotAllowed
        wanted = request.GET.get("next") or reverse("admin:index")
        return redirect_to_login(wanted)


site = ReferenceSite(name="admin")


def _yes(*_args: Any, **_kwargs: Any) -> bool:
    return True


def _no(*_args: Any, **_kwargs: Any) -> bool:
    return False


class Kept:
    """Rows an administrator keeps; the site has asked who it is."""

    has_module_permission = has_view_permission = _yes
    has_add_permission = has_change_permission = has_delete_permission = _yes


class Recorded:
    """What has happened: to look at, never to change."""

    has_module_permission = has_view_permission = _yes
    has_add_permission = has_change_permission = has_delete_permission = _no


class ReferenceAdmin(Kept, admin.ModelAdmin):  # type: ignore[type-arg]  # not at runtime
    """A page of reference data."""


class LastingAdmin(ReferenceAdmin):
    """A page of rows that histories name: switched off, never deleted."""

    has_delete_permission = _no


class CappedPaginator(Paginator):  # type: ignore[type-arg]  # not at runtime
    """Never counts a table that grows for years."""

    @cached_property
    def count(self) -> int:
        rows = cast("models.QuerySet[Any]", self.object_list)
        return rows[:LONGEST_LIST].count()


class RecordAdmin(Recorded, admin.ModelAdmin):  # type: ignore[type-arg]  # not at runtime
    """A page of history, newest first."""

    ordering = ("-pk",)
    paginator = CappedPaginator
    show_full_result_count = False
    list_per_page = 50
