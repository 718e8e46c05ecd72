"""What a request may carry: strict JSON and an idempotency key."""

import functools
import hashlib
import json
import re
from typing import IO, Any, TypeVar, cast

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ParseError
from rest_framework.parsers import JSONParser
from rest_framework.request import Request

from bpjs_service.errors import Refusal

S = TypeVar("S", bound=serializers.BaseSerializer[Any])

KEY_HEADER = "Idempotency-Key"
KEY_FORM = re.compile(r"[!-~]{1,64}")


class BadKey(Refusal):
    code = "idempotency_key_invalid"
    status = 400
    sentence = _("Idempotency-Key must be 1 to 64 printable characters without spaces.")


class ShallowJSONParser(JSONParser):
    """JSON as ever, but nesting without end or half a character is not a crash."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Any = None,
    ) -> Any:
        """Read the body; raises ``ParseError``."""
        try:
            data = super().parse(stream, media_type, parser_context)
            json.dumps(data, ensure_ascii=False).encode()
        except ParseError as error:  # the parent speaks English alone
            raise ParseError(_("The body is not valid JSON.")) from error
        except RecursionError as error:
            raise ParseError(_("The JSON is nested too deeply.")) from error
        except UnicodeEncodeError as error:  # such as "\ud800", the first of a pair
            raise ParseError(_("The JSON has half a character in it.")) from error
        return data


class StrictSerializer(serializers.Serializer[Any]):
    """A body in which an unknown field is a mistake, not a surprise."""

    def to_internal_value(self, data: Any) -> Any:
        """Refuse unknown fields beside what the fields themselves refuse."""
        if isinstance(data, dict) and (unknown := set(data) - set(self.fields)):
            message = _("This field does not exist.")
            raise serializers.ValidationError(
                {name: [ErrorDetail(str(message), "unknown_field")] for name in unknown}
            )
        return super().to_internal_value(data)


class TextField(serializers.CharField):
    """Text, and nothing that merely can be written as text."""

    def to_internal_value(self, data: Any) -> str:
        """Refuse numbers, which the parent would turn into text."""
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class Nothing(StrictSerializer):
    """An empty body."""


def only(shape: type[S]) -> S:
    """The one instance of a shape without data: making one costs more than using it.

    For ``run_validation`` and ``to_representation``, which keep nothing in it but the
    texts of some errors; hence one for each language.
    """
    kind: Any = shape  # a class can be a key, which mypy doubts
    return cast("S", _only(kind, get_language()))


@functools.cache
def _only(shape: Any, _language: str | None) -> Any:
    return shape()


def read(shape: type[StrictSerializer], request: Request) -> dict[str, Any]:
    """The validated body; raises a validation error (400)."""
    return dict(only(shape).run_validation(request.data))


def read_query(shape: type[StrictSerializer], request: Request) -> dict[str, Any]:
    """The validated query of the address; raises a validation error (400)."""
    return dict(only(shape).run_validation(request.query_params.dict()))


def request_key(request: Request, subject: str) -> str:
    """The request's idempotency key, or nothing where none was sent.

    Hashed together with who sends it: actors can neither meet nor guess each
    other's keys.
    """
    sent = request.headers.get(KEY_HEADER, "")
    if not sent:
        return ""
    if not KEY_FORM.fullmatch(sent):
        raise BadKey
    return hashlib.sha256(f"{subject}:{sent}".encode()).hexdigest()
