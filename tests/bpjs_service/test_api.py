"""The schema is complete, and errors look alike."""

import json

import pytest
from django.core.management import call_command
from django.db import OperationalError
from django.utils import timezone

from queueing import operations
from tests.factories import Branch
from tests.queueing.api import client_of, problem, url


@pytest.fixture(scope="module")
def schema(tmp_path_factory) -> dict:
    path = tmp_path_factory.mktemp("schema") / "schema.json"
    call_command(
        "spectacular",
        "--validate",
        "--fail-on-warn",
        "--format",
        "openapi-json",
        "--file",
        str(path),
    )
    return json.loads(path.read_text())


def described(schema: dict) -> dict[str, dict]:
    return {
        operation["operationId"]: operation
        for methods in schema["paths"].values()
        for operation in methods.values()
        if operation["operationId"] != "schema_retrieve"
    }


def test_schema_describes_every_operation(schema: dict):
    for name, operation in described(schema).items():
        assert operation["description"], name
        assert operation["tags"], name
        codes = set(operation["responses"])
        assert "401" in codes, name
        if operation["tags"] in (["steps"], ["tickets"]):
            assert {"403", "404"} <= codes, name


def test_schema_gives_an_example_of_every_error(schema: dict):
    for name, operation in described(schema).items():
        for status, answer in operation["responses"].items():
            if status >= "400":
                content = answer["content"]["application/json"]
                assert content["examples"], (name, status)


def test_schema_lets_every_step_be_repeated(schema: dict):
    for name, operation in described(schema).items():
        if operation["tags"] == ["steps"]:
            headers = [
                parameter["name"]
                for parameter in operation["parameters"]
                if parameter["in"] == "header"
            ]
            assert headers == ["Idempotency-Key"], name


def test_a_busy_database_asks_to_try_again(branch: Branch, monkeypatch):
    duty = branch.duty(at=timezone.now())

    def too_slow(**_arguments):
        raise OperationalError("canceling statement due to lock timeout")

    monkeypatch.setattr(operations, "call_next", too_slow)
    client = client_of(duty.officer)
    client.raise_request_exception = False
    answer = client.post(url(branch, f"duties/{duty.pk}/call-next"))

    assert problem(answer) == (503, "busy")
    assert answer.headers["Retry-After"] == "1"
