"""Counters, and who is on duty at them."""

from typing import ClassVar, Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from offices.models import Office, Staff
from queueing.models.catalogue import Service


class Counter(models.Model):
    """A numbered place where staff serve."""

    office = models.ForeignKey(
        Office, models.CASCADE, related_name="counters", verbose_name=_("office")
    )
    number = models.PositiveSmallIntegerField(_("number"))
    serves_all = models.BooleanField(_("serves every service"), default=True)
    services = models.ManyToManyField(
        Service, blank=True, related_name="counters", verbose_name=_("services")
    )
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        ordering = ("number",)
        verbose_name = _("counter")
        verbose_name_plural = _("counters")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["office", "number"],
                name="counter_number_once",
                violation_error_message=_(
                    "This branch has a counter with this number already."
                ),
            ),
            models.CheckConstraint(
                name="counter_number_speakable", condition=Q(number__range=(1, 99))
            ),
        ]

    def __str__(self) -> str:
        return str(_("Counter %(number)s") % {"number": self.number})


class DutyQuerySet(models.QuerySet["Duty"]):
    def open(self) -> Self:
        return self.filter(closed_at=None)

    def locked(self) -> Self:
        """Lock the duty row alone: two presses at one counter take turns."""
        return self.select_for_update(of=("self",), no_key=True)


class Duty(models.Model):
    """One officer's stretch at one counter."""

    class BreakReason(models.TextChoices):
        PRAYER = "PRAYER", _("Prayer")
        MEAL = "MEAL", _("Meal")
        TOILET = "TOILET", _("Toilet")
        BACK_OFFICE = "BACK_OFFICE", _("Back-office work")
        SYSTEM = "SYSTEM", _("System trouble")
        MEETING = "MEETING", _("Meeting")

    office = models.ForeignKey(
        Office, models.PROTECT, related_name="duties", verbose_name=_("office")
    )
    counter = models.ForeignKey(
        Counter, models.PROTECT, related_name="duties", verbose_name=_("counter")
    )
    officer = models.ForeignKey(
        Staff, models.PROTECT, related_name="duties", verbose_name=_("officer")
    )
    is_ranger = models.BooleanField(_("as a ranger"), default=False)
    opened_at = models.DateTimeField(_("opened at"))
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    break_reason = models.CharField(
        _("reason of the break"),
        max_length=12,
        choices=BreakReason,
        blank=True,
        default="",
    )
    break_since = models.DateTimeField(_("on break since"), null=True, blank=True)

    objects = DutyQuerySet.as_manager()

    class Meta:
        ordering = ("counter__number",)
        verbose_name = _("counter duty")
        verbose_name_plural = _("counter duties")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["counter"],
                condition=Q(closed_at=None),
                name="one_open_duty_per_counter",
            ),
            models.UniqueConstraint(
                fields=["officer"],
                condition=Q(closed_at=None),
                name="one_open_duty_per_officer",
            ),
            models.CheckConstraint(
                name="duty_break_whole",
                condition=Q(break_reason="", break_since=None)
                | (~Q(break_reason="") & Q(break_since__isnull=False)),
            ),
            models.CheckConstraint(
                name="duty_closes_after_opening",
                condition=Q(closed_at=None) | Q(closed_at__gte=F("opened_at")),
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["office"], condition=Q(closed_at=None), name="duty_open"
            )
        ]

    def __str__(self) -> str:
        return f"{self.counter}: {self.officer}"

    @property
    def on_break(self) -> bool:
        return bool(self.break_reason)


class DutyEvent(models.Model):
    """What happened to a duty and when; append-only (database trigger)."""

    class Kind(models.TextChoices):
        OPENED = "opened", _("Opened")
        BREAK = "break", _("Break")
        BACK = "back", _("Back")
        CLOSED = "closed", _("Closed")

    duty = models.ForeignKey(
        Duty, models.PROTECT, related_name="events", verbose_name=_("counter duty")
    )
    kind = models.CharField(_("step"), max_length=8, choices=Kind)
    at = models.DateTimeField(_("at"))
    # A ``BreakReason``, or why somebody else closed the counter.
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    actor = models.ForeignKey(
        Staff, models.PROTECT, null=True, related_name="+", verbose_name=_("by")
    )

    class Meta:
        ordering = ("pk",)
        verbose_name = _("duty event")
        verbose_name_plural = _("duty events")

    def __str__(self) -> str:
        return f"{self.duty} {self.kind}"
