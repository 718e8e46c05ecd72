"""How an operation is described in the schema; all errors look alike."""

from collections.abc import Callable
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers, status

from bpjs_service.api.bodies import KEY_HEADER


class Problem(serializers.Serializer[Any]):
    code = serializers.CharField(help_text="For machines; stable.")
    detail = serializers.CharField(help_text="For people, in the request's language.")
    attr = serializers.CharField(
        allow_null=True, help_text="The field that is wrong, if one is."
    )


class Problems(serializers.Serializer[Any]):
    """Why a request was refused; nothing has been changed."""

    type = serializers.ChoiceField(
        ["validation_error", "client_error", "server_error"],
    )
    errors = Problem(many=True)


def _example(name: str, number: int, code: str, detail: str) -> OpenApiExample:
    kind = (
        "validation_error" if number == status.HTTP_400_BAD_REQUEST else "client_error"
    )
    error = {"code": code, "detail": detail, "attr": None}
    return OpenApiExample(
        name,
        value={"type": kind, "errors": [error]},
        status_codes=[str(number)],
        response_only=True,
    )


EXAMPLES = {
    400: _example("Unreadable", 400, "parse_error", "The body is not valid JSON."),
    401: _example(
        "No log-in",
        401,
        "not_authenticated",
        "Authentication credentials were not provided.",
    ),
    403: _example(
        "No right",
        403,
        "not_allowed",
        "You do not have the right to do this at this office.",
    ),
    404: _example(
        "Unknown",
        404,
        "ticket_unknown",
        "This number does not exist at this branch today.",
    ),
    409: _example(
        "Refused", 409, "already_called", "A012 has just been called by counter 3."
    ),
    413: _example("Too large", 413, "body_too_large", "The request is too large."),
    415: _example(
        "Not JSON",
        415,
        "unsupported_media_type",
        'Unsupported media type "text/plain" in request.',
    ),
    422: _example(
        "Key reused",
        422,
        "key_reused",
        "This request key was used before for a different request.",
    ),
    429: _example(
        "Too often",
        429,
        "throttled",
        "Request was throttled. Expected available in 3 seconds.",
    ),
}
KEY_PARAMETER = OpenApiParameter(
    KEY_HEADER,
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description=(
        "1 to 64 printable characters. A repeat with the same key has no second "
        "effect and gets the same answer; another body under it is refused (422)."
    ),
)
READ_ERRORS = (400, 401, 403, 404, 429)
WRITE_ERRORS = (400, 401, 403, 404, 409, 413, 415, 422, 429)


def described(  # noqa: PLR0913 - the parts of one operation's description
    *,
    tag: str,
    answer: Any,
    name: str,
    body: Any = None,
    number: int = 200,
    method: str = "POST",
    repeatable: bool = False,
    parameters: list[Any] | None = None,
    errors: tuple[int, ...] | None = None,
) -> Callable[[Any], Any]:
    """Describe one operation of a view in the schema; its errors look all alike."""
    if errors is None:
        errors = READ_ERRORS if method == "GET" else WRITE_ERRORS
    return extend_schema(
        operation_id=name,
        tags=[tag],
        methods=[method],
        request=body,
        responses={number: answer, **dict.fromkeys(errors, Problems)},
        examples=[EXAMPLES[error] for error in errors],
        parameters=[*(parameters or []), *([KEY_PARAMETER] if repeatable else [])],
    )
