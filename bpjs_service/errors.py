"""How a rule says no: one exception family for pages, the API and commands."""

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Refusal(Exception):
    """A rule refused what was asked; nothing has been changed.

    ``code`` is for machines and stable, ``status`` is the HTTP status, and
    ``str(refusal)`` is the sentence in the reader's language.
    """

    code = "refused"
    status = 409
    sentence: str | Promise = _("This is not possible now.")

    def __init__(self, **params: Any) -> None:
        super().__init__()
        self.params = params

    def __str__(self) -> str:
        return str(self.sentence) % self.params


class NotAllowed(Refusal):
    """The person or machine lacks the right at this office."""

    code = "not_allowed"
    status = 403
    sentence = _("You do not have the right to do this at this office.")


class NotFound(Refusal):
    """The thing named does not exist, or is none of the caller's business."""

    code = "not_found"
    status = 404
    sentence = _("This was not found.")


class Invalid(Refusal):
    """What was sent cannot be understood."""

    code = "invalid"
    status = 422
    sentence = _("%(reason)s")


class TooLarge(Refusal):
    """More was sent than any form or request of this product needs."""

    code = "body_too_large"
    status = 413
    sentence = _("The request is too large.")


class Busy(Refusal):
    """A lock or the database did not answer in time; nothing was changed."""

    code = "busy"
    status = 503
    sentence = _("The system is busy. Try again in a moment.")
    wait = 1  # seconds
