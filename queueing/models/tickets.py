"""Visits and tickets, and the querysets that say who may be called."""

import datetime as dt
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar, Self

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from offices.models import Office, Staff
from queueing import calling
from queueing.calling import Candidate
from queueing.models.catalogue import Service
from queueing.models.counters import Counter, Duty

if TYPE_CHECKING:
    from queueing.models.events import TicketEvent


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
