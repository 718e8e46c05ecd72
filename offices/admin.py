"""Administrators' pages for offices, people and machines."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.tokens import default_token_generator
from django.db import models
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.html import format_html
from django.utils.http import urlsafe_base64_encode
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from offices.admin_site import Kept, LastingAdmin, ReferenceAdmin, site
from offices.models import Device, Holiday, Office, OpeningHours, Posting, Staff
from offices.operations import (
    end_access,
    enrol_device,
    renew_token,
    revoke_device,
)


class OpeningHoursInline(Kept, admin.TabularInline):  # type: ignore[type-arg]  # not at runtime
    model = OpeningHours
    extra = 0


class PostingInline(Kept, admin.TabularInline):  # type: ignore[type-arg]  # not at runtime
    model = Posting
    extra = 0
    fk_name = "staff"
    autocomplete_fields = ("office",)

    def formfield_for_dbfield(
        self, db_field: "models.Field[Any, Any]", request: HttpRequest, **kwargs: Any
    ) -> forms.Field | None:
        """A new posting begins today, unless another day is chosen."""
        if db_field.name == "starts_on":
            kwargs["initial"] = Office().day(timezone.now())
        return super().formfield_for_dbfield(db_field, request, **kwargs)


@admin.register(Office, site=site)
class OfficeAdmin(LastingAdmin):
    list_display = ("name", "code", "kind", "parent", "zone", "seats", "is_active")
    list_filter = ("kind", "zone", "is_active")
    list_select_related = ("parent",)
    search_fields = ("name", "code")
    inlines = (OpeningHoursInline,)
    # Whether a branch is a demonstration is not for an administrator to change.
    exclude = ("is_demo",)


@admin.register(Holiday, site=site)
class HolidayAdmin(ReferenceAdmin):
    list_display = ("date", "name", "office")
    list_filter = (("office", admin.RelatedOnlyFieldListFilter),)
    list_select_related = ("office",)
    autocomplete_fields = ("office",)
    ordering = ("-date",)


class StaffForm(forms.ModelForm):  # type: ignore[type-arg]  # not at runtime
    """A person without a password: they choose it through a link of their own."""

    class Meta:
        model = Staff
        fields = ("username", "name", "email", "is_active")


@admin.register(Staff, site=site)
class StaffAdmin(LastingAdmin):
    form = StaffForm
    list_display = ("name", "username", "is_active", "last_login")
    list_filter = ("is_active",)
    search_fields = ("name", "username")
    ordering = ("name",)
    inlines = (PostingInline,)
    actions = ("show_password_link",)

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Staff]:
        """Without superusers, whom only a superuser may lead to a new password."""
        people = super().get_queryset(request)
        if isinstance(request.user, Staff) and request.user.is_superuser:
            return people
        return people.filter(is_superuser=False)

    def save_model(
        self, request: HttpRequest, obj: Staff, form: Any, change: bool
    ) -> None:
        if not change:
            obj.set_unusable_password()
        super().save_model(request, obj, form, change)
        if not change:
            self._tell_link(request, obj)
        elif not obj.is_active:
            end_access(staff=obj)

    def save_related(
        self, request: HttpRequest, form: Any, formsets: Any, change: bool
    ) -> None:
        """Save the postings; one that was changed or taken away ends at once."""
        super().save_related(request, form, formsets, change)
        if any(rows.changed_objects or rows.deleted_objects for rows in formsets):
            end_access(staff=form.instance)

    @admin.action(description=_("Show a link for choosing a new password"))
    def show_password_link(
        self, request: HttpRequest, people: models.QuerySet[Staff]
    ) -> None:
        for person in people.filter(is_active=True):
            self._tell_link(request, person)
            self.log_change(request, person, "Password link shown")

    def _tell_link(self, request: HttpRequest, person: Staff) -> None:
        text = gettext(
            "Give {name} this link. It works once, for three days, and is not shown "
            "again: {link}"
        )
        link = request.build_absolute_uri(password_path(person))
        messages.success(request, format_html(text, name=person.name, link=link))


def password_path(person: Staff) -> str:
    """Where the person chooses a password, once; see ``PasswordResetConfirmView``."""
    uid = urlsafe_base64_encode(force_bytes(person.pk))
    token = default_token_generator.make_token(person)
    return reverse("offices:set-password", args=[uid, token])


@admin.register(Device, site=site)
class DeviceAdmin(LastingAdmin):
    """Machines; a token is shown once, when it is made, and never kept."""

    list_display = ("name", "kind", "office", "enrolled_at", "revoked_at")
    list_filter = ("kind", ("office", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("office",)
    autocomplete_fields = ("office",)
    readonly_fields = ("enrolled_at", "revoked_at")
    actions = ("withdraw", "give_new_token")

    def get_readonly_fields(
        self, request: HttpRequest, obj: Device | None = None
    ) -> list[str]:
        own = super().get_readonly_fields(request, obj)
        return [*own, "office", "kind"] if obj else [*own]

    def save_model(
        self, request: HttpRequest, obj: Device, form: Any, change: bool
    ) -> None:
        if change:
            super().save_model(request, obj, form, change)
            return
        device, token = enrol_device(office=obj.office, kind=obj.kind, name=obj.name)
        obj.pk = device.pk
        self._tell_token(request, device, token)

    @admin.action(description=_("Withdraw access"))
    def withdraw(self, request: HttpRequest, devices: models.QuerySet[Device]) -> None:
        for device in devices:
            revoke_device(device=device, at=timezone.now())
            self.log_change(request, device, "Access withdrawn")

    @admin.action(description=_("Give a new token"))
    def give_new_token(
        self, request: HttpRequest, devices: models.QuerySet[Device]
    ) -> None:
        for device in devices:
            self._tell_token(request, device, renew_token(device=device))
            self.log_change(request, device, "New token")

    def _tell_token(self, request: HttpRequest, device: Device, token: str) -> None:
        text = gettext("Token of {device}, not shown again: {token}")
        messages.success(request, format_html(text, device=device, token=token))
