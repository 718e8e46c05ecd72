"""The HTTP side of a replay: one connection an actor, every request counted."""

import threading
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

import httpx

REQUEST_TIMEOUT = 15.0


class ReplayError(Exception):
    """The branch cannot be played: no answer, no right, or an unexpected one."""


@dataclass
class Tally:
    """What all actors together sent and what went wrong; safe across threads."""

    latencies_ms: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def request(self, milliseconds: float) -> None:
        with self.lock:
            self.latencies_ms.append(milliseconds)

    def error(self, sentence: str) -> None:
        with self.lock:
            self.errors.append(sentence)


class Client:
    """Speaks ``/api/v1/`` as one actor.

    A refusal that the actor expects comes back as its code; everything else that
    is not a success counts as an error and raises ``ReplayError``.
    """

    def __init__(self, base_url: str, tally: Tally, authorization: str = "") -> None:
        headers = {"Accept-Language": "en"}
        if authorization:
            headers["Authorization"] = authorization
        self.tally = tally
        self.http = httpx.Client(
            base_url=base_url.rstrip("/") + "/api/v1/",
            headers=headers,
            timeout=REQUEST_TIMEOUT,
        )

    def close(self) -> None:
        self.http.close()

    def get(self, path: str, **params: Any) -> Any:
        return self._send("GET", path, params=params)[1]

    def post(self, path: str, body: dict[str, Any] | None = None) -> Any:
        return self._send("POST", path, json=body or {})[1]

    def delete(self, path: str) -> None:
        self._send("DELETE", path)

    def ask(
        self, path: str, body: dict[str, Any] | None = None, *, expect: str
    ) -> Any | None:
        """POST; None when the answer is the refusal with the expected code."""
        code, answer = self._send("POST", path, json=body or {}, expect=expect)
        return None if code == expect else answer

    def _send(
        self, method: str, path: str, *, expect: str = "", **content: Any
    ) -> tuple[str, Any]:
        started = time.perf_counter()
        key = {"Idempotency-Key": uuid.uuid4().hex} if method == "POST" else {}
        try:
            answer = self.http.request(method, path, headers=key, **content)
        except httpx.HTTPError as error:
            sentence = self._no_answer(f"{method} {path}", error)
            self.tally.error(sentence)
            raise ReplayError(sentence) from error
        self.tally.request((time.perf_counter() - started) * 1000)
        if answer.is_success:
            return "", answer.json() if answer.content else None
        return self._refused(method, path, answer, expect)

    def _no_answer(self, asked: str, error: httpx.HTTPError) -> str:
        host = self.http.base_url.copy_with(path="/")
        if isinstance(error, httpx.ConnectError):
            return f"Nothing answers at {host} ({error}). Is the demo running there?"
        return f"{asked}: no answer from {host} ({type(error).__name__})"

    def _refused(
        self, method: str, path: str, answer: httpx.Response, expect: str
    ) -> tuple[str, None]:
        code = _error_of(answer).get("code", "")
        if code and code == expect:
            return code, None
        sentence = f"{method} {path}: {answer.status_code} {_sentence_of(answer)}"
        self.tally.error(sentence)
        raise ReplayError(sentence)


def _error_of(answer: httpx.Response) -> dict[str, str]:
    """The first error of an answer in the API's format; empty for any other."""
    try:
        error: dict[str, str] = answer.json()["errors"][0]
    except (ValueError, LookupError, TypeError):
        return {}
    return error


def _sentence_of(answer: httpx.Response) -> str:
    """What went wrong, in the branch's own words where it has any."""
    error = _error_of(answer)
    if not error:
        return f"{answer.reason_phrase}: {answer.text[:100]!r}"
    return f"{error.get('detail', '')} ({error.get('code', '')})"
