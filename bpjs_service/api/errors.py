"""One error format for everything the API refuses."""

from django.core.exceptions import RequestDataTooBig
from django.db import OperationalError
from django.utils.translation import gettext_lazy as _
from drf_standardized_errors.handler import ExceptionHandler
from rest_framework import status
from rest_framework.exceptions import APIException, ErrorDetail

from bpjs_service.errors import Refusal


class BodyTooLarge(APIException):
    """More was sent than any request of this API needs."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "body_too_large"
    default_detail = _("The request is too large.")


class Busy(APIException):
    """A lock or the database did not answer in time; nothing was changed."""

    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_code = "busy"
    default_detail = _("The system is busy. Try again in a moment.")
    wait = 1


class RefusedByRule(APIException):
    """A ``Refusal`` in the clothes that Django REST framework knows."""

    def __init__(self, refusal: Refusal) -> None:
        self.status_code = refusal.status
        self.detail = ErrorDetail(str(refusal), refusal.code)
        self.wait = getattr(refusal, "wait", None)


class ApiExceptionHandler(ExceptionHandler):
    """The one error format, also for refusals and for a database that is busy."""

    def convert_known_exceptions(self, exc: Exception) -> Exception:
        """Turn what the rules and the database raise into API errors."""
        if isinstance(exc, Refusal):
            return RefusedByRule(exc)
        if isinstance(exc, RequestDataTooBig):
            return BodyTooLarge()
        if isinstance(exc, OperationalError):
            return Busy()
        return super().convert_known_exceptions(exc)
