"""Services, the groups they are called in, and what a branch makes of them."""

import datetime as dt
import math
from typing import TYPE_CHECKING, ClassVar, Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from offices.models import Office

if TYPE_CHECKING:
    from queueing.models.tickets import Ticket


class Named(models.Model):
    """Reference data with a name in both languages of the product."""

    name_id = models.CharField(_("name (Indonesian)"), max_length=80)
    name_en = models.CharField(_("name (English)"), max_length=80)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return self.name_en if get_language() == "en" else self.name_id


class ServiceGroup(Named):
    """The group a service is called in; its letter starts every number."""

    code = models.SlugField(_("code"), max_length=24, unique=True)
    prefix = models.CharField(_("letter"), max_length=1, unique=True)
    is_quick = models.BooleanField(_("quick process"), default=False)
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        ordering = ("position", "prefix")
        verbose_name = _("service group")
        verbose_name_plural = _("service groups")
        constraints: ClassVar = [
            models.CheckConstraint(
                name="group_prefix_is_a_capital", condition=Q(prefix__regex="^[A-Z]$")
            )
        ]


class Service(Named):
    """What a visitor comes for."""

    code = models.SlugField(_("code"), max_length=32, unique=True)
    group = models.ForeignKey(
        ServiceGroup, models.PROTECT, related_name="services", verbose_name=_("group")
    )
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    # Where the same can be had without a visit; empty when nowhere.
    online_id = models.CharField(
        _("online channel (Indonesian)"), max_length=160, blank=True
    )
    online_en = models.CharField(
        _("online channel (English)"), max_length=160, blank=True
    )
    # First guess of the service time, until the branch has measured its own.
    typical_seconds = models.PositiveIntegerField(_("typical seconds"), default=600)

    class Meta:
        ordering = ("group", "position", "code")
        verbose_name = _("service")
        verbose_name_plural = _("services")

    @property
    def online(self) -> str:
        return self.online_en if get_language() == "en" else self.online_id


class OfferingQuerySet(models.QuerySet["Offering"]):
    def available(self, day: dt.date) -> Self:
        return self.filter(is_offered=True).exclude(closed_on=day)


class Offering(models.Model):
    """That a branch offers a service, with its daily cap."""

    office = models.ForeignKey(
        Office, models.CASCADE, related_name="offerings", verbose_name=_("office")
    )
    service = models.ForeignKey(
        Service, models.PROTECT, related_name="offerings", verbose_name=_("service")
    )
    is_offered = models.BooleanField(_("offered"), default=True)
    closed_on = models.DateField(_("closed on this day"), null=True, blank=True)
    daily_cap = models.PositiveIntegerField(
        _("most numbers a day"), null=True, blank=True
    )

    objects = OfferingQuerySet.as_manager()

    class Meta:
        ordering = ("service__group__position", "service__position")
        verbose_name = _("offered service")
        verbose_name_plural = _("offered services")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["office", "service"],
                name="offering_once",
                violation_error_message=_("This branch offers this service already."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.office}: {self.service}"

    def is_available(self, day: dt.date) -> bool:
        return self.is_offered and self.closed_on != day


class QueueRules(models.Model):
    """What a branch has decided about calling, no-shows and late returns."""

    office = models.OneToOneField(
        Office, models.CASCADE, related_name="queue_rules", verbose_name=_("office")
    )
    recall_gap_seconds = models.PositiveSmallIntegerField(
        _("seconds between two calls of one number"), default=20
    )
    calls_before_no_show = models.PositiveSmallIntegerField(
        _("calls before a number may be marked absent"), default=2
    )
    most_calls = models.PositiveSmallIntegerField(
        _("most calls of one number"), default=3
    )
    late_return_minutes = models.PositiveSmallIntegerField(
        _("minutes in which an absent visitor may return"), default=60
    )
    late_return_behind = models.PositiveSmallIntegerField(
        _("people a late visitor waits behind"), default=3
    )

    class Meta:
        verbose_name = _("queue rules")
        verbose_name_plural = _("queue rules")
        constraints: ClassVar = [
            models.CheckConstraint(
                name="rules_calls_make_sense",
                condition=Q(calls_before_no_show__gte=1)
                & Q(most_calls__gte=F("calls_before_no_show")),
            ),
            models.CheckConstraint(
                name="rules_late_visitor_not_first",
                condition=Q(late_return_behind__gte=1),
            ),
        ]

    def __str__(self) -> str:
        return str(self.office)

    @classmethod
    def of(cls, office: Office) -> "QueueRules":
        """The branch's rules, or the defaults where it has not set any."""
        return cls.objects.filter(office=office).first() or cls(office=office)

    def seconds_to_wait(self, ticket: "Ticket", at: dt.datetime) -> int:
        """Seconds until the number may be called again or marked absent."""
        since = (at - (ticket.last_called_at or ticket.issued_at)).total_seconds()
        return max(0, math.ceil(self.recall_gap_seconds - since))
