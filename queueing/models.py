"""Services, counters, duties, visits, tickets and their append-only events."""

import datetime as dt
import math
import sys
from typing import TYPE_CHECKING, ClassVar, Self

from django.db import connection, models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from offices.models import Device, Office, Staff
from queueing import calling
from queueing.calling import Candidate

if TYPE_CHECKING:
    from collections.abc import Iterable


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


class NumberSeriesManager(models.Manager["NumberSeries"]):
    def take(self, *, office: Office, day: dt.date, prefix: str) -> int:
        """The next number of the branch's day and letter; locks only that row.

        The first number of a day creates the row, so a new day starts at 1 by
        the branch's own date, without a job.
        """
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO queueing_numberseries AS series"
                " (office_id, service_day, prefix, last) VALUES (%s, %s, %s, 1)"
                " ON CONFLICT (office_id, service_day, prefix)"
                " DO UPDATE SET last = series.last + 1 RETURNING last",
                [office.pk, day, prefix],
            )
            return int(cursor.fetchone()[0])


class NumberSeries(models.Model):
    """How far the numbers of one branch, day and letter have come."""

    office = models.ForeignKey(Office, models.CASCADE, related_name="+")
    service_day = models.DateField()
    prefix = models.CharField(max_length=1)
    last = models.PositiveIntegerField()

    objects = NumberSeriesManager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["office", "service_day", "prefix"], name="number_series_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.service_day} {self.prefix}{self.last:03d}"


MOST_NUMBERS = 2**31 - 1  # what the column can hold: no cap


class ServiceTallyManager(models.Manager["ServiceTally"]):
    def take(
        self, *, office: Office, day: dt.date, service: Service, cap: int | None
    ) -> bool:
        """Count one more number of the service; False when its cap is reached.

        Services without a cap are counted, too: one may be set in mid-day.
        """
        most = MOST_NUMBERS if cap is None else cap
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO queueing_servicetally AS tally"
                " (office_id, service_day, service_id, issued)"
                " SELECT %s, %s, %s, 1 WHERE %s > 0"
                " ON CONFLICT (office_id, service_day, service_id)"
                " DO UPDATE SET issued = tally.issued + 1 WHERE tally.issued < %s"
                " RETURNING issued",
                [office.pk, day, service.pk, most, most],
            )
            return cursor.fetchone() is not None


class ServiceTally(models.Model):
    """How many numbers of a service a branch has given out on a day."""

    office = models.ForeignKey(Office, models.CASCADE, related_name="+")
    service_day = models.DateField()
    service = models.ForeignKey(Service, models.CASCADE, related_name="+")
    issued = models.PositiveIntegerField()

    objects = ServiceTallyManager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["office", "service_day", "service"], name="service_tally_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.service_day} {self.service}: {self.issued}"


class Visit(models.Model):
    """One person's stay: the only place with personal data, and as little as can be."""

    class Priority(models.TextChoices):
        NONE = "", _("None of these")
        ELDERLY = "ELDERLY", _("60 years or older")
        DISABLED = "DISABLED", _("Disability")
        PREGNANT = "PREGNANT", _("Pregnant or with a small child")

    office = models.ForeignKey(Office, models.PROTECT, related_name="visits")
    service_day = models.DateField()
    priority = models.CharField(
        max_length=8, choices=Priority, blank=True, default=Priority.NONE
    )
    language = models.CharField(max_length=2, default="id")
    # The hand-over note in force; every one that was left is a VisitNote.
    note = models.CharField(_("hand-over note"), max_length=300, blank=True, default="")

    class Meta:
        verbose_name = _("visit")
        verbose_name_plural = _("visits")

    def __str__(self) -> str:
        return f"{self.service_day} #{self.pk}"


class State(models.TextChoices):
    """Where a ticket is in its life (design.md, 4.1)."""

    WAITING = "WAITING", _("Waiting")
    CALLED = "CALLED", _("Called")
    SERVING = "SERVING", _("Being served")
    ON_HOLD = "ON_HOLD", _("On hold")
    FINISHED = "FINISHED", _("Finished")
    NO_SHOW = "NO_SHOW", _("Absent")
    CANCELLED = "CANCELLED", _("Cancelled")


AT_COUNTER = (State.CALLED, State.SERVING)
OPEN_STATES = (State.WAITING, State.CALLED, State.SERVING, State.ON_HOLD)


class Place(models.TextChoices):
    """Where a transferred or requeued ticket joins the queue."""

    BY_AGE = "BY_AGE", _("By time of arrival")
    FRONT = "FRONT", _("At the front")
    END = "END", _("At the end")
    LATE = "LATE", _("Behind the next few, as a late return")


class TicketQuerySet(models.QuerySet["Ticket"]):
    def of_day(self, office: Office, day: dt.date) -> Self:
        return self.filter(office=office, service_day=day)

    def waiting(self) -> Self:
        return self.filter(state=State.WAITING)

    def at_counter(self) -> Self:
        return self.filter(state__in=AT_COUNTER)

    def still_open(self) -> Self:
        return self.filter(state__in=OPEN_STATES)

    def servable_by(self, duty: Duty) -> Self:
        """Waiting tickets this duty may call: sent here, or within its skills.

        What was sent to a counter or an officer no longer on duty is for anyone.
        """
        sent_here = Q(for_counter=duty.counter_id) | Q(for_officer=duty.officer_id)
        awaited = Duty.objects.open().filter(
            Q(counter=OuterRef("for_counter")) | Q(officer=OuterRef("for_officer")),
            office=OuterRef("office"),
        )
        anyone = Q(for_counter=None, for_officer=None) | Q(~Exists(awaited))
        if not duty.counter.serves_all:
            anyone &= Q(service__in=duty.counter.services.values("pk"))
        return self.waiting().filter(sent_here | anyone)

    def competing_with(self, ticket: "Ticket") -> Self:
        """Others waiting for a counter that could serve this ticket as well."""
        serves = Counter.services.through.objects
        theirs = OuterRef(OuterRef("service"))  # of the waiting ticket
        able = Counter.objects.filter(
            Q(serves_all=True)
            | Q(pk__in=serves.filter(service=ticket.service_id).values("counter")),
            office=ticket.office_id,
            is_active=True,
        )
        shared = able.filter(
            Q(serves_all=True)
            | Q(pk__in=serves.filter(service=theirs).values("counter"))
        )
        waiting = self.of_day(ticket.office, ticket.service_day).waiting()
        same = Q(service=ticket.service_id)  # also where no counter serves it yet
        return waiting.filter(same | Exists(shared)).exclude(pk=ticket.pk)

    def locked(self) -> Self:
        """Lock the ticket rows alone, waiting for whoever holds them."""
        return self.select_for_update(of=("self",), no_key=True)

    def with_names(self) -> Self:
        return self.select_related("service__group", "counter", "officer", "visit")

    def candidates(self, duty: Duty | None = None) -> "Iterable[Candidate]":
        """What the calling rule needs of these tickets, for this duty or for any."""
        here = (duty.counter_id, duty.officer_id) if duty else (None, None)
        rows = self.values_list(
            "pk",
            "queued_at",
            "is_priority",
            "appointment_at",
            "put_first",
            "service_id",
            "for_counter_id",
            "for_officer_id",
        )
        for pk, queued_at, priority, appointment, first, *target in rows:
            sent_to = zip(target[1:], here, strict=True)
            yield Candidate(
                key=pk,
                queued_at=queued_at,
                is_priority=priority,
                appointment_at=appointment,
                put_first=first,
                sent_here=any(one and one == this for one, this in sent_to),
                target=tuple(target),
            )


class Ticket(models.Model):
    """A place in one service's queue, with a number; holds no personal data.

    Foreign keys carry no index of their own where nothing searches by them: this
    table and its events grow for years, and each index is paid at every move.
    """

    office = models.ForeignKey(
        Office,
        models.PROTECT,
        related_name="tickets",
        db_index=False,
        verbose_name=_("office"),
    )
    visit = models.ForeignKey(
        Visit, models.PROTECT, related_name="tickets", verbose_name=_("visit")
    )
    service = models.ForeignKey(
        Service,
        models.PROTECT,
        related_name="tickets",
        db_index=False,
        verbose_name=_("service"),
    )
    service_day = models.DateField(_("day"))
    prefix = models.CharField(_("letter"), max_length=1)
    number = models.PositiveIntegerField(_("number"))
    state = models.CharField(
        _("state"), max_length=9, choices=State, default=State.WAITING
    )
    is_priority = models.BooleanField(_("priority"), default=False)
    appointment_at = models.DateTimeField(null=True, blank=True)
    issued_at = models.DateTimeField(_("issued at"))
    people_ahead_at_issue = models.PositiveIntegerField(default=0)
    # The place in the queue.
    queued_at = models.DateTimeField()
    put_first = models.BooleanField(default=False)
    for_counter = models.ForeignKey(
        Counter,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("for counter"),
    )
    for_officer = models.ForeignKey(
        Staff,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("for officer"),
    )
    # Who has it now; set while called or being served.
    duty = models.ForeignKey(
        Duty,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="tickets",
        db_index=False,
        verbose_name=_("counter duty"),
    )
    counter = models.ForeignKey(
        Counter,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="tickets",
        db_index=False,
        verbose_name=_("counter"),
    )
    officer = models.ForeignKey(
        Staff,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="tickets",
        db_index=False,
        verbose_name=_("officer"),
    )
    held_by = models.ForeignKey(
        Staff,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="held_tickets",
        db_index=False,
        verbose_name=_("held by"),
    )
    moved_at = models.DateTimeField()  # of the newest event; never goes back
    calls = models.PositiveSmallIntegerField(default=0)
    last_called_at = models.DateTimeField(null=True, blank=True)
    absent_since = models.DateTimeField(null=True, blank=True)
    left_open = models.BooleanField(default=False)  # closed by the night, not by staff

    # The event written by the operation that handed out this very object.
    recorded: "TicketEvent | None" = None

    objects = TicketQuerySet.as_manager()

    class Meta:
        verbose_name = _("ticket")
        verbose_name_plural = _("tickets")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["office", "service_day", "prefix", "number"],
                name="ticket_number_once",
            ),
            models.UniqueConstraint(
                fields=["counter"],
                condition=Q(state__in=AT_COUNTER),
                name="one_ticket_per_counter",
            ),
            models.UniqueConstraint(
                fields=["officer"],
                condition=Q(state__in=AT_COUNTER),
                name="one_ticket_per_officer",
            ),
            models.CheckConstraint(
                name="ticket_state_known", condition=Q(state__in=State.values)
            ),
            models.CheckConstraint(
                name="ticket_number_positive", condition=Q(number__gte=1)
            ),
            models.CheckConstraint(
                name="ticket_has_counter_exactly_while_there",
                condition=Q(
                    state__in=AT_COUNTER,
                    duty__isnull=False,
                    counter__isnull=False,
                    officer__isnull=False,
                )
                | (~Q(state__in=AT_COUNTER) & Q(duty=None, counter=None, officer=None)),
            ),
            models.CheckConstraint(
                name="ticket_sent_to_one",
                condition=Q(for_counter=None) | Q(for_officer=None),
            ),
            models.CheckConstraint(
                name="ticket_held_by_somebody",
                condition=Q(state=State.ON_HOLD, held_by__isnull=False)
                | (~Q(state=State.ON_HOLD) & Q(held_by=None)),
            ),
            models.CheckConstraint(
                name="ticket_absent_since_known",
                condition=Q(state=State.NO_SHOW, absent_since__isnull=False)
                | (~Q(state=State.NO_SHOW) & Q(absent_since=None)),
            ),
        ]
        indexes: ClassVar = [
            # Small whatever the history: only open tickets are in it.
            models.Index(
                fields=["office", "service_day", "state"],
                condition=Q(state__in=OPEN_STATES),
                name="ticket_open",
            ),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """The number as printed and called: letter and three digits, A012."""
        return f"{self.prefix}{self.number:03d}"

    @property
    def target(self) -> tuple[int | None, ...]:
        """Where it waits to be served: service, counter and officer, by their ids."""
        return (self.service_id, self.for_counter_id, self.for_officer_id)

    def candidate(self) -> Candidate:
        """The ticket as the calling rule sees it; one not saved yet comes last."""
        return Candidate(
            key=self.pk or sys.maxsize,
            queued_at=self.queued_at,
            is_priority=self.is_priority,
            appointment_at=self.appointment_at,
            put_first=self.put_first,
        )

    def people_ahead(self, at: dt.datetime) -> int:
        """How many people are called before this one, if nobody new comes.

        Everybody counts who waits for a counter that could serve this one, too:
        whoever stands in another group but before the same counters is ahead.
        """
        others = Ticket.objects.competing_with(self).candidates()
        return calling.people_ahead(others, self.candidate(), at)

    def waited_minutes(self, at: dt.datetime) -> int:
        """Whole minutes since it joined its queue."""
        return max(0, int((at - self.queued_at).total_seconds() // 60))


class Action(models.TextChoices):
    """The verbs of a ticket's life: the same word in operations, button and record."""

    ISSUE = "issue", _("Issue")
    CALL_NEXT = "call_next", _("Call next")
    PICK = "pick", _("Call out of turn")
    RECALL = "recall", _("Call again")
    START = "start", _("Start")
    FINISH = "finish", _("Finish")
    NEXT_SERVICE = "next_service", _("Next service")
    NO_SHOW = "no_show", _("Absent")
    REQUEUE = "requeue", _("Back to the queue")
    HOLD = "hold", _("Hold")
    RESUME = "resume", _("Resume")
    TRANSFER = "transfer", _("Transfer")
    CANCEL = "cancel", _("Cancel")
    CLOSE = "close", _("Closed at night")
    CLOSE_SERVED = "close_served", _("Served, closed at night")
    UNDO = "undo", _("Undo")


CALLS = (Action.CALL_NEXT, Action.PICK, Action.RECALL)


class TicketEvent(models.Model):
    """One change of a ticket: history, statistics and outbox; append-only (trigger)."""

    ticket = models.ForeignKey(
        Ticket, models.PROTECT, related_name="events", verbose_name=_("ticket")
    )
    office = models.ForeignKey(
        Office,
        models.PROTECT,
        related_name="+",
        db_index=False,
        verbose_name=_("office"),
    )
    service_day = models.DateField(_("day"))
    action = models.CharField(_("step"), max_length=12, choices=Action)
    from_state = models.CharField(
        _("from state"), max_length=9, choices=State, blank=True
    )
    to_state = models.CharField(_("to state"), max_length=9, choices=State)
    at = models.DateTimeField(_("at"))
    service = models.ForeignKey(
        Service,
        models.PROTECT,
        related_name="+",
        db_index=False,
        verbose_name=_("service"),
    )
    counter = models.ForeignKey(
        Counter,
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("counter"),
    )
    duty = models.ForeignKey(
        Duty,
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("counter duty"),
    )
    staff = models.ForeignKey(
        Staff,
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("staff member"),
    )
    device = models.ForeignKey(
        Device,
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("device"),
    )
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    data = models.JSONField(default=dict)
    before = models.JSONField(default=dict)  # the changed fields, for undo
    undoes = models.OneToOneField(
        "self", models.PROTECT, null=True, related_name="undone_by"
    )
    # A request's idempotency key, and a digest of what it asked for.
    request_key = models.CharField(max_length=64, blank=True)
    request_digest = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering = ("pk",)
        verbose_name = _("ticket event")
        verbose_name_plural = _("ticket events")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["office", "service_day", "request_key"],
                condition=~Q(request_key=""),
                name="request_key_once",
            ),
            models.CheckConstraint(
                name="event_by_one_actor", condition=Q(staff=None) | Q(device=None)
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["office", "service_day", "id"], name="event_of_day"),
        ]

    def __str__(self) -> str:
        return f"{self.ticket} {self.action}"


class VisitNoteQuerySet(models.QuerySet["VisitNote"]):
    def in_force(self) -> Self:
        """Without the notes whose transfer was taken back."""
        return self.filter(event__undone_by=None)


class VisitNote(models.Model):
    """A hand-over note as it was left; never changed (trigger), only erased.

    What officers write about a person belongs to the visit and must not get into the
    events, which are kept for ever. Who left it and when is in its event; an empty
    text took the former note away.
    """

    visit = models.ForeignKey(Visit, models.CASCADE, related_name="notes")
    event = models.OneToOneField(TicketEvent, models.PROTECT, related_name="note")
    text = models.CharField(_("hand-over note"), max_length=300, blank=True)

    objects = VisitNoteQuerySet.as_manager()

    class Meta:
        ordering = ("pk",)
        verbose_name = _("hand-over note")
        verbose_name_plural = _("hand-over notes")

    def __str__(self) -> str:
        return self.text
