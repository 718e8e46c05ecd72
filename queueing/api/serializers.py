"""Shapes of bodies and answers. No answer names a visitor."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from bpjs_service.api.bodies import StrictSerializer, TextField
from queueing.models import Action, Duty, Place, State, Ticket, Visit
from queueing.queries.desk import Desk

MOST_TEXT = 200


# -- Bodies ---------------------------------------------------------------------------
class IssueBody(StrictSerializer):
    service = TextField(max_length=32, help_text="Code of a service.")
    priority = serializers.ChoiceField(
        Visit.Priority.choices, default="", allow_blank=True
    )
    language = serializers.ChoiceField(
        [("id", "Indonesia"), ("en", "English")], default="id"
    )
    appointment_at = serializers.DateTimeField(
        required=False, help_text="The booked time; for the reception only."
    )


class OpenDutyBody(StrictSerializer):
    counter = serializers.IntegerField(min_value=1, max_value=99)
    as_ranger = serializers.BooleanField(default=False)


class BreakBody(StrictSerializer):
    reason = serializers.ChoiceField(Duty.BreakReason.choices)


class CloseDutyBody(StrictSerializer):
    reason = TextField(
        max_length=MOST_TEXT,
        default="",
        allow_blank=True,
        help_text="Needed to close the counter of somebody else.",
    )


class PickBody(StrictSerializer):
    ticket = serializers.IntegerField(min_value=1, max_value=2**63 - 1)
    reason = TextField(max_length=MOST_TEXT)


class NextServiceBody(StrictSerializer):
    service = TextField(max_length=32, help_text="Code of a service.")


class HoldBody(StrictSerializer):
    reason = TextField(max_length=MOST_TEXT, default="", allow_blank=True)


class CancelBody(StrictSerializer):
    reason = TextField(max_length=MOST_TEXT)


class RequeueBody(StrictSerializer):
    place = serializers.ChoiceField(Place.choices, default=Place.LATE)
    reason = TextField(max_length=MOST_TEXT, default="", allow_blank=True)


class TransferBody(StrictSerializer):
    """Exactly one of service, counter and officer."""

    service = TextField(max_length=32, required=False)
    counter = serializers.IntegerField(min_value=1, max_value=99, required=False)
    officer = serializers.IntegerField(min_value=1, max_value=2**63 - 1, required=False)
    place = serializers.ChoiceField(Place.choices, default=Place.BY_AGE)
    note = TextField(
        max_length=300,
        required=False,
        allow_blank=True,
        help_text="Left out: the former note stays. Empty: it is taken away.",
    )
    performed = serializers.BooleanField(default=False)


class TicketFilter(StrictSerializer):
    state = serializers.ChoiceField(State.choices, required=False)
    label = TextField(max_length=8, required=False)
    after = serializers.IntegerField(
        min_value=0,
        max_value=2**63 - 1,
        default=0,
        help_text="The ``id`` of the last ticket had: go on behind it.",
    )


# -- Answers --------------------------------------------------------------------------
class TicketShape(serializers.Serializer[Any]):
    """A ticket as it is now."""

    id = serializers.IntegerField(source="pk")
    label = serializers.CharField()
    state = serializers.ChoiceField(State.choices)
    service = serializers.CharField(source="service.code")
    group = serializers.CharField(source="service.group.code")
    is_priority = serializers.BooleanField()
    counter = serializers.IntegerField(
        source="counter.number", default=None, allow_null=True
    )
    issued_at = serializers.DateTimeField()
    queued_at = serializers.DateTimeField()
    appointment_at = serializers.DateTimeField(allow_null=True)
    calls = serializers.IntegerField()
    left_open = serializers.BooleanField()


class EventShape(serializers.Serializer[Any]):
    """One step in a ticket's life."""

    action = serializers.ChoiceField(Action.choices)
    from_state = serializers.CharField()
    to_state = serializers.CharField()
    at = serializers.DateTimeField()
    service = serializers.CharField(source="service.code")
    counter = serializers.IntegerField(
        source="counter.number", default=None, allow_null=True
    )
    by = serializers.SerializerMethodField()
    reason = serializers.CharField()
    data = serializers.DictField()

    def get_by(self, event: Any) -> str:
        """Who did it: a person, a machine, or nobody (the night)."""
        return str(event.staff or event.device or "")


class TicketWithEvents(TicketShape):
    """A ticket with its whole history and the hand-over note of the visit."""

    note = serializers.CharField(source="visit.note")
    events = EventShape(many=True)


class IssuedShape(serializers.Serializer[Any]):
    """A number that was given out; a repeated request gets the very same answer."""

    id = serializers.IntegerField(source="pk")
    label = serializers.CharField()
    service = serializers.CharField(source="service.code")
    group = serializers.CharField(source="service.group.code")
    is_priority = serializers.BooleanField()
    issued_at = serializers.DateTimeField()
    people_ahead = serializers.IntegerField(source="people_ahead_at_issue")


class StepShape(serializers.Serializer[Any]):
    """What one step did to a ticket, as its event recorded it."""

    id = serializers.IntegerField(source="pk")
    label = serializers.CharField()
    action = serializers.ChoiceField(Action.choices, source="recorded.action")
    state = serializers.ChoiceField(State.choices, source="recorded.to_state")
    at = serializers.DateTimeField(source="recorded.at")
    called_at = serializers.DateTimeField(source="last_called_at", allow_null=True)
    counter = serializers.SerializerMethodField(allow_null=True)
    service = serializers.CharField(source="service.code")
    group = serializers.CharField(source="service.group.code")
    is_priority = serializers.BooleanField()
    note = serializers.CharField(source="visit.note")
    data = serializers.SerializerMethodField()

    def get_data(self, ticket: Ticket) -> dict[str, Any]:
        """Why it was called, where it was placed; in one order, however stored."""
        return dict(sorted(ticket.recorded.data.items())) if ticket.recorded else {}

    def get_counter(self, ticket: Ticket) -> int | None:
        """The counter it is at or has left; a call costs no query for it."""
        event = ticket.recorded
        if event is None or event.counter_id is None:
            return None
        at = ticket if event.counter_id == ticket.counter_id else event
        return at.counter.number if at.counter else None


class PersonShape(serializers.Serializer[Any]):
    id = serializers.IntegerField(source="pk")
    name = serializers.CharField()


class DutyShape(serializers.Serializer[Any]):
    """An officer at a counter."""

    id = serializers.IntegerField(source="pk")
    counter = serializers.IntegerField(source="counter.number")
    officer = PersonShape()
    is_ranger = serializers.BooleanField()
    opened_at = serializers.DateTimeField()
    closed_at = serializers.DateTimeField(allow_null=True)
    break_reason = serializers.CharField(allow_blank=True)
    break_since = serializers.DateTimeField(allow_null=True)


class CounterShape(serializers.Serializer[Any]):
    """A counter, and who is at it."""

    number = serializers.IntegerField()
    serves_all = serializers.BooleanField()
    services = serializers.SerializerMethodField()
    duty = DutyShape(allow_null=True)

    def get_services(self, counter: Any) -> list[str]:
        """Codes of the services it is limited to; empty when it serves all."""
        return [service.code for service in counter.services.all()]


class WaitingShape(serializers.Serializer[Any]):
    """A ticket of the queue: how long it has waited, and why it has its place."""

    ticket = TicketShape()
    minutes = serializers.IntegerField()
    cause = serializers.CharField(source="reason.cause", help_text="For machines.")
    why = serializers.CharField(source="why_here")


class AtCounterShape(serializers.Serializer[Any]):
    """The visitor at the counter, and what the branch's rules still ask for."""

    ticket = TicketShape()
    minutes = serializers.IntegerField(help_text="Whole minutes since the last step.")
    why = serializers.CharField(help_text="Why this number was called.")
    calls_left = serializers.IntegerField()
    calls_missing = serializers.IntegerField(
        help_text="Calls until the number may be marked absent."
    )
    seconds_to_wait = serializers.IntegerField(
        help_text="Until it may be called again or marked absent."
    )


class UndoableShape(serializers.Serializer[Any]):
    """One's own last step, while it can be taken back."""

    ticket = serializers.IntegerField(source="last_step.ticket.pk")
    label = serializers.CharField(source="last_step.ticket.label")
    action = serializers.ChoiceField(Action.choices, source="last_step.action")
    seconds = serializers.IntegerField(source="undo_seconds")


class MyDutyShape(serializers.Serializer[Any]):
    """One's own counter: who is there, whom one may call, who is set aside."""

    duty = DutyShape()
    current = AtCounterShape(allow_null=True)
    queue = WaitingShape(many=True, help_text="The next one first.")
    on_hold = TicketShape(many=True)
    absent = TicketShape(many=True)
    undoable = serializers.SerializerMethodField()

    @extend_schema_field(UndoableShape(allow_null=True))
    def get_undoable(self, desk: Desk) -> dict[str, Any] | None:
        """Nothing to take back is null."""
        return UndoableShape(desk).data if desk.last_step else None


class ServiceShape(serializers.Serializer[Any]):
    code = serializers.CharField(source="service.code")
    name = serializers.CharField(source="service.name")
    is_open = serializers.BooleanField(help_text="Whether a number can be taken today.")
    is_closed = serializers.BooleanField()
    is_used_up = serializers.BooleanField()
    online = serializers.CharField(
        source="service.online", help_text="Where it can be had without a visit."
    )


class MenuGroupShape(serializers.Serializer[Any]):
    code = serializers.CharField(source="group.code")
    prefix = serializers.CharField(source="group.prefix")
    name = serializers.CharField(source="group.name")
    is_quick = serializers.BooleanField(source="group.is_quick")
    waiting = serializers.IntegerField()
    services = ServiceShape(many=True)


class MenuShape(serializers.Serializer[Any]):
    """What a visitor can choose."""

    now = serializers.DateTimeField(help_text="The branch's own clock.")
    is_open = serializers.BooleanField()
    next_opening = serializers.DateTimeField(allow_null=True)
    groups = MenuGroupShape(many=True)


class EarlierCallShape(serializers.Serializer[Any]):
    label = serializers.CharField()
    counter = serializers.IntegerField()


class CallShape(EarlierCallShape):
    times = serializers.IntegerField(help_text="Above 1 it has been called again.")


class BoardGroupShape(serializers.Serializer[Any]):
    code = serializers.CharField(source="group.code")
    name = serializers.CharField(source="group.name")
    waiting = serializers.IntegerField()
    oldest = serializers.CharField(
        help_text="The number that has waited longest; empty when nobody waits."
    )
    minutes = serializers.IntegerField(help_text="Whole minutes it has waited.")


class LiveShape(serializers.Serializer[Any]):
    """A stream of server-sent events; each says that the branch has changed."""

    url = serializers.CharField(
        help_text="Good for 12 hours, and again with a new one: ask anew to go on."
    )


class BoardShape(serializers.Serializer[Any]):
    """What everybody in the waiting room may see, and nothing more."""

    office = serializers.CharField(help_text="The branch's name.")
    now = serializers.DateTimeField(help_text="The branch's own clock.")
    is_open = serializers.BooleanField()
    next_opening = serializers.DateTimeField(
        allow_null=True, help_text="Null while open, or when none is known."
    )
    calls = CallShape(many=True, help_text="Numbers expected at their counter.")
    last_calls = EarlierCallShape(many=True, help_text="Newest first.")
    groups = BoardGroupShape(many=True)
