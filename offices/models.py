"""Office tree with calendar and clock, staff and postings, enrolled devices."""

import datetime as dt
import hashlib
import secrets
from typing import Any, ClassVar, Self
from zoneinfo import ZoneInfo

from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Exists, F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from bpjs_service.rows import one


class OfficeQuerySet(models.QuerySet["Office"]):
    def with_lineage(self) -> Self:
        """Join parent and grandparent, so that rights need no further query."""
        return self.select_related("parent__parent")

    def branches(self) -> Self:
        return self.filter(kind=Office.Kind.BRANCH, is_active=True)


class Office(models.Model):
    """A branch, a regional office or the head office."""

    class Kind(models.TextChoices):
        HEAD = "HEAD", _("Head office")
        REGION = "REGION", _("Regional office")
        BRANCH = "BRANCH", _("Branch")

    class Zone(models.TextChoices):
        WIB = "Asia/Jakarta", "WIB"
        WITA = "Asia/Makassar", "WITA"
        WIT = "Asia/Jayapura", "WIT"

    code = models.SlugField(_("code"), max_length=20, unique=True)
    name = models.CharField(_("name"), max_length=120)
    kind = models.CharField(_("kind"), max_length=6, choices=Kind)
    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name=_("parent office"),
    )
    zone = models.CharField(
        _("time zone"), max_length=20, choices=Zone, default=Zone.WIB
    )
    seats = models.PositiveSmallIntegerField(_("seats in the waiting room"), default=40)
    is_active = models.BooleanField(_("active"), default=True)
    # A demonstration branch may live on a clock of its own (see ``now``).
    is_demo = models.BooleanField(_("demonstration"), default=False)
    clock_set_at = models.DateTimeField(null=True, blank=True, editable=False)
    clock_reads = models.DateTimeField(null=True, blank=True, editable=False)
    clock_speed = models.FloatField(default=1, editable=False)

    objects = OfficeQuerySet.as_manager()

    class Meta:
        ordering = ("name",)
        verbose_name = _("office")
        verbose_name_plural = _("offices")
        constraints: ClassVar = [
            models.CheckConstraint(
                name="office_head_has_no_parent",
                condition=Q(kind="HEAD", parent=None)
                | (~Q(kind="HEAD") & Q(parent__isnull=False)),
            ),
            models.CheckConstraint(
                name="office_own_clock_only_in_demo",
                condition=Q(clock_set_at=None, clock_reads=None, clock_speed=1)
                | Q(
                    is_demo=True,
                    clock_set_at__isnull=False,
                    clock_reads__isnull=False,
                    clock_speed__gt=0,
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Refuse a parent that is this office or below it: the tree has no circles."""
        if self.pk and self.parent and self.pk in self.parent.lineage_ids:
            raise ValidationError(
                {
                    "parent": ValidationError(
                        _("%(parent)s belongs to this office and cannot be above it."),
                        code="circle",
                        params={"parent": self.parent},
                    )
                }
            )

    @property
    def tzinfo(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    def now(self) -> dt.datetime:
        """The branch's present moment, UTC-aware; only a demo branch's can differ."""
        real = timezone.now()
        if self.clock_set_at is None or self.clock_reads is None:
            return real
        return self.clock_reads + (real - self.clock_set_at) * self.clock_speed

    def local(self, at: dt.datetime) -> dt.datetime:
        return at.astimezone(self.tzinfo)

    def day(self, at: dt.datetime) -> dt.date:
        """The branch's own calendar date at that moment: its service day."""
        return self.local(at).date()

    @property
    def lineage_ids(self) -> list[int]:
        """This office and those above it; cheap after ``with_lineage()``."""
        above = self.parent.lineage_ids if self.parent else []
        return [self.pk, *above]

    def is_open(self, at: dt.datetime) -> bool:
        """Whether visitors are taken at that moment, by hours and holidays."""
        local = self.local(at)
        holiday = Holiday.objects.filter(office__in=self.lineage_ids, date=local.date())
        return (
            self.is_active
            and self.opening_hours.filter(
                ~Exists(holiday),
                weekday=local.weekday(),
                opens__lte=local.time(),
                closes__gt=local.time(),
            ).exists()
        )

    def next_opening(self, at: dt.datetime) -> dt.datetime | None:
        """When the branch next opens after that moment, within two weeks."""
        today = self.day(at)
        days = [today + dt.timedelta(days=n) for n in range(15)]
        holidays = set(
            Holiday.objects.filter(
                office__in=self.lineage_ids, date__in=days
            ).values_list("date", flat=True)
        )
        hours = list(self.opening_hours.all())
        openings = (
            dt.datetime.combine(day, row.opens, self.tzinfo)
            for day in days
            if day not in holidays
            for row in hours
            if row.weekday == day.weekday()
        )
        return min((opening for opening in openings if opening > at), default=None)


class OpeningHours(models.Model):
    """One stretch of a weekday in which a branch takes visitors."""

    class Weekday(models.IntegerChoices):
        MONDAY = 0, _("Monday")
        TUESDAY = 1, _("Tuesday")
        WEDNESDAY = 2, _("Wednesday")
        THURSDAY = 3, _("Thursday")
        FRIDAY = 4, _("Friday")
        SATURDAY = 5, _("Saturday")
        SUNDAY = 6, _("Sunday")

    office = models.ForeignKey(
        Office, models.CASCADE, related_name="opening_hours", verbose_name=_("office")
    )
    weekday = models.PositiveSmallIntegerField(_("weekday"), choices=Weekday)
    opens = models.TimeField(_("opens"))
    closes = models.TimeField(_("closes"))

    class Meta:
        ordering = ("weekday", "opens")
        verbose_name = _("opening hours")
        verbose_name_plural = _("opening hours")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["office", "weekday", "opens"],
                name="hours_once",
                violation_error_message=_(
                    "There are opening hours of this weekday and time already."
                ),
            ),
            models.CheckConstraint(
                name="hours_close_after_open", condition=Q(closes__gt=F("opens"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} {self.opens:%H.%M}-{self.closes:%H.%M}"


class Holiday(models.Model):
    """A closed day of an office and of every office below it."""

    office = models.ForeignKey(
        Office, models.CASCADE, related_name="holidays", verbose_name=_("office")
    )
    date = models.DateField(_("date"))
    name = models.CharField(_("name"), max_length=120)

    class Meta:
        ordering = ("date",)
        verbose_name = _("holiday")
        verbose_name_plural = _("holidays")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["office", "date"],
                name="holiday_once",
                violation_error_message=_(
                    "This office has a holiday on this date already."
                ),
            )
        ]

    def __str__(self) -> str:
        return f"{self.date:%d-%m-%Y} {self.name}"


class Staff(AbstractUser):
    """An employee who logs in; what one may do comes from postings alone."""

    first_name = None  # type: ignore[assignment]  # one name field is enough here
    last_name = None  # type: ignore[assignment]
    name = models.CharField(_("name"), max_length=120)

    class Meta:
        ordering = ("name",)
        verbose_name = _("staff member")
        verbose_name_plural = _("staff")

    def __str__(self) -> str:
        return self.name or self.username

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name.split(" ")[0]


class Role(models.TextChoices):
    """What somebody is posted as; ``access.py`` says what each role may do."""

    CSO = "CSO", _("Customer service officer")
    RANGER = "RANGER", _("Ranger")
    GREETER = "GREETER", _("Greeter")
    HEAD_OF_SERVICE = "HEAD_OF_SERVICE", _("Head of service")
    BRANCH_HEAD = "BRANCH_HEAD", _("Branch head")
    REGIONAL_VALIDATOR = "REGIONAL_VALIDATOR", _("Regional validator")
    HEAD_OFFICE_VALIDATOR = "HEAD_OFFICE_VALIDATOR", _("Head-office validator")
    ADMINISTRATOR = "ADMINISTRATOR", _("Administrator")


class PostingQuerySet(models.QuerySet["Posting"]):
    def in_force(self, day: dt.date) -> Self:
        return self.filter(
            Q(ends_on=None) | Q(ends_on__gte=day),
            starts_on__lte=day,
            staff__is_active=True,
        )


class Posting(models.Model):
    """Somebody's role at an office, and at all offices below it, for a time."""

    staff = models.ForeignKey(
        Staff, models.CASCADE, related_name="postings", verbose_name=_("staff member")
    )
    office = models.ForeignKey(
        Office, models.PROTECT, related_name="postings", verbose_name=_("office")
    )
    role = models.CharField(_("role"), max_length=24, choices=Role)
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("to"), null=True, blank=True)

    objects = PostingQuerySet.as_manager()

    class Meta:
        ordering = ("office", "role")
        verbose_name = _("posting")
        verbose_name_plural = _("postings")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["staff", "office", "role", "starts_on"],
                name="posting_once",
                violation_error_message=_(
                    "This person has this role here from this day on already."
                ),
            ),
            models.CheckConstraint(
                name="posting_ends_after_start",
                condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.staff}: {self.get_role_display()}, {self.office}"


def hash_token(token: str) -> str:
    """SHA-256, hex: enough for a random token of 256 bits (ASVS 5.0, 6.5.2)."""
    return hashlib.sha256(token.encode()).hexdigest()


class DeviceQuerySet(models.QuerySet["Device"]):
    def by_token(self, token: str) -> "Device | None":
        """The unrevoked device with this token, its office's lineage joined."""
        found = self.filter(token_hash=hash_token(token), revoked_at=None)
        return one(found.select_related("office__parent__parent"))


class Device(models.Model):
    """An enrolled machine; its token is known to the machine alone."""

    class Kind(models.TextChoices):
        KIOSK = "KIOSK", _("Kiosk")
        BOARD = "BOARD", _("Board")
        PRINTER = "PRINTER", _("Printer")

    office = models.ForeignKey(
        Office, models.PROTECT, related_name="devices", verbose_name=_("office")
    )
    kind = models.CharField(_("kind"), max_length=8, choices=Kind)
    name = models.CharField(_("name"), max_length=60)
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    enrolled_at = models.DateTimeField(_("enrolled at"), default=timezone.now)
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)

    objects = DeviceQuerySet.as_manager()
    is_authenticated = True  # what Django REST framework asks of an actor
    is_active = True

    class Meta:
        ordering = ("office", "kind", "name")
        verbose_name = _("device")
        verbose_name_plural = _("devices")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["office", "kind", "name"],
                name="device_name_once",
                violation_error_message=_(
                    "This office has a machine of this kind and name already."
                ),
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.name}"

    @staticmethod
    def new_token() -> str:
        return secrets.token_urlsafe(32)

    def has_perm(self, *_args: Any) -> bool:
        return False
