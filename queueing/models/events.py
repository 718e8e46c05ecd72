"""What happened to tickets, and the notes left on the way; append-only."""

from typing import ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from offices.models import Device, Office, Staff
from queueing.models.catalogue import Service
from queueing.models.counters import Counter, Duty
from queueing.models.tickets import State, Ticket, Visit


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
