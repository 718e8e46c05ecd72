"""Administrators' pages for what branches offer; histories are to look at only."""

from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from offices.admin_site import (
    LastingAdmin,
    RecordAdmin,
    Recorded,
    ReferenceAdmin,
    site,
)
from queueing.models import (
    Counter,
    Duty,
    Offering,
    QueueRules,
    Service,
    ServiceGroup,
    Ticket,
    TicketEvent,
)
from queueing.operations.catalogue import close_today, open_again

OFFICE = ("office", admin.RelatedOnlyFieldListFilter)


@admin.register(ServiceGroup, site=site)
class ServiceGroupAdmin(LastingAdmin):
    list_display = ("prefix", "name_id", "name_en", "is_quick", "position")
    list_display_links = ("name_id",)


@admin.register(Service, site=site)
class ServiceAdmin(LastingAdmin):
    list_display = ("code", "name_id", "group", "typical_seconds", "position")
    list_filter = ("group",)
    list_select_related = ("group",)
    search_fields = ("code", "name_id", "name_en")


@admin.register(Offering, site=site)
class OfferingAdmin(ReferenceAdmin):
    list_display = ("service", "office", "is_offered", "closed_on", "daily_cap")
    list_filter = (OFFICE, "is_offered")
    list_select_related = ("office", "service")
    autocomplete_fields = ("office", "service")
    search_fields = (
        "service__code", "service__name_id", "service__name_en", "office__name",
    )  # fmt: skip
    actions = ("close_today", "open_again")

    @admin.action(description=_("Close today"))
    def close_today(
        self, request: HttpRequest, offerings: models.QuerySet[Offering]
    ) -> None:
        """By each branch's own date: a demonstration has a clock of its own."""
        for offering in offerings:
            close_today(offering=offering, at=offering.office.now())
            self.log_change(request, offering, "Closed today")

    @admin.action(description=_("Open again"))
    def open_again(
        self, request: HttpRequest, offerings: models.QuerySet[Offering]
    ) -> None:
        for offering in offerings:
            open_again(offering=offering)
            self.log_change(request, offering, "Opened again")


@admin.register(Counter, site=site)
class CounterAdmin(LastingAdmin):
    list_display = ("number", "office", "serves_all", "is_active")
    list_filter = (OFFICE, "is_active")
    list_select_related = ("office",)
    autocomplete_fields = ("office",)
    filter_horizontal = ("services",)


@admin.register(QueueRules, site=site)
class QueueRulesAdmin(ReferenceAdmin):
    list_display = ("office", "recall_gap_seconds", "most_calls", "late_return_minutes")
    list_select_related = ("office",)
    autocomplete_fields = ("office",)


class TicketEventInline(Recorded, admin.TabularInline):  # type: ignore[type-arg]  # not at runtime
    """A ticket's trail."""

    model = TicketEvent
    fields = (
        "at", "action", "from_state", "to_state",
        "service", "counter", "staff", "device", "reason",
    )  # fmt: skip
    extra = 0

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[TicketEvent]:
        events = super().get_queryset(request)
        return events.select_related("service", "counter", "staff", "device")


@admin.register(Ticket, site=site)
class TicketAdmin(RecordAdmin):
    list_display = ("label", "service_day", "office", "service", "state", "issued_at")
    list_filter = ("state", OFFICE)
    list_select_related = ("office", "service")
    inlines = (TicketEventInline,)


@admin.register(TicketEvent, site=site)
class TicketEventAdmin(RecordAdmin):
    list_display = ("at", "ticket", "action", "from_state", "to_state", "staff")
    list_filter = ("action", OFFICE)
    list_select_related = ("ticket", "staff")


@admin.register(Duty, site=site)
class DutyAdmin(RecordAdmin):
    list_display = ("counter", "office", "officer", "opened_at", "closed_at")
    list_filter = (OFFICE,)
    list_select_related = ("counter", "office", "officer")
