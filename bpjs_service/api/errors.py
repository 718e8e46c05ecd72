"""One error format for everything the API refuses."""

from django.core.exceptions import RequestDataTooBig
from django.db import OperationalError
from drf_standardized_errors.handler import ExceptionHandler
from rest_framework.exceptions import APIException, ErrorDetail

from bpjs_service.errors import Busy, Refusal, TooLarge


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
            return RefusedByRule(TooLarge())
        if isinstance(exc, OperationalError):
            return RefusedByRule(Busy())
        return super().convert_known_exceptions(exc)
