"""Every way the queue says no, each with its code and its sentence."""

from django.utils.translation import gettext_lazy as _

from bpjs_service.errors import NotFound, Refusal


class BranchClosed(Refusal):
    code = "branch_closed"
    sentence = _("The branch is closed now. Numbers are given during opening hours.")


class ServiceNotOffered(Refusal):
    code = "service_not_offered"
    sentence = _("%(service)s is not offered at this branch today.")


class DailyCapReached(Refusal):
    code = "daily_cap_reached"
    sentence = _("All numbers for %(service)s today have been given out.")


class AppointmentNotToday(Refusal):
    code = "appointment_not_today"
    status = 422
    sentence = _("The booked time is not of today at this branch.")


class CounterTaken(Refusal):
    code = "counter_taken"
    sentence = _("Counter %(counter)s is already opened by %(officer)s.")


class AlreadyOnDuty(Refusal):
    code = "already_on_duty"
    sentence = _("You are already on duty at counter %(counter)s.")


class CounterClosed(Refusal):
    code = "counter_closed"
    sentence = _("Counter %(counter)s is not in use at this branch.")


class NotOnDuty(Refusal):
    code = "not_on_duty"
    sentence = _("Open a counter first.")


class DutyOver(Refusal):
    code = "duty_over"
    sentence = _("This counter has been closed already.")


class OnBreak(Refusal):
    code = "on_break"
    sentence = _("You are on break. End the break first.")


class CounterBusy(Refusal):
    code = "counter_busy"
    sentence = _("Number %(label)s is still at your counter. Finish it first.")


class NobodyWaiting(Refusal):
    code = "nobody_waiting"
    sentence = _("Nobody is waiting for this counter.")


class AlreadyCalled(Refusal):
    code = "already_called"
    sentence = _("%(label)s has just been called by counter %(counter)s.")


class NotAtYourCounter(Refusal):
    code = "not_at_your_counter"
    sentence = _("%(label)s is not at your counter.")


class MoveNotAllowed(Refusal):
    code = "move_not_allowed"
    sentence = _("%(label)s cannot do “%(action)s” now: its state is %(state)s.")


class RecallTooSoon(Refusal):
    code = "recall_too_soon"
    sentence = _("%(label)s was called just now. Wait %(seconds)s more seconds.")


class RecallLimit(Refusal):
    code = "recall_limit"
    sentence = _("%(label)s has been called %(calls)s times, the most allowed.")


class NoShowTooSoon(Refusal):
    code = "no_show_too_soon"
    sentence = _(
        "Call %(label)s %(calls)s times, and give time to come, before marking absent."
    )


class TooLate(Refusal):
    code = "too_late"
    sentence = _(
        "%(label)s was absent for more than %(minutes)s minutes. Take a new number."
    )


class TransferTarget(Refusal):
    code = "transfer_target"
    status = 422
    sentence = _("Choose one target: a service, a counter or an officer.")


class OfficerNotHere(Refusal):
    code = "officer_not_here"
    sentence = _("%(officer)s is not on duty at this branch now.")


class ReasonNeeded(Refusal):
    code = "reason_needed"
    status = 422
    sentence = _("Give a reason.")


class NothingToUndo(Refusal):
    code = "nothing_to_undo"
    sentence = _("There is nothing to undo: only your last step, within 10 seconds.")


class UndoBlocked(Refusal):
    code = "undo_blocked"
    sentence = _("%(label)s cannot go back: its counter is taken or closed now.")


class KeyReused(Refusal):
    code = "key_reused"
    status = 422
    sentence = _("This request key was used before for a different request.")


class TicketUnknown(NotFound):
    code = "ticket_unknown"
    sentence = _("This number does not exist at this branch today.")


class OfficeUnknown(NotFound):
    code = "office_unknown"
    sentence = _("There is no such branch.")


class DutyUnknown(NotFound):
    code = "duty_unknown"
    sentence = _("This counter duty does not exist at this branch.")


class ServiceUnknown(Refusal):
    code = "service_unknown"
    status = 422
    sentence = _("There is no service “%(code)s”.")


class CounterUnknown(Refusal):
    code = "counter_unknown"
    status = 422
    sentence = _("This branch has no counter %(number)s.")


class OfficerUnknown(Refusal):
    code = "officer_unknown"
    status = 422
    sentence = _("This branch has no such officer on duty.")
