"""One call, tried as often as it is safe and the policy allows."""

from __future__ import annotations

import datetime
import email.utils
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..errors import AnswerCut, ConnectionFailed, ProblemError, ProtocolError
from . import text
from .effects import Lost, Now, Operation, Pause, Request, Response, Send


@dataclass(frozen=True)
class Retries:
    """How often a call is tried again, and how long is waited between. Pauses are drawn evenly from zero to a bound that doubles (full jitter); where the server says
    Retry-After, that is waited and a little more. A document may be sent again by nature: its identity and bytes say that it is the same.
    """

    attempts: int = 6
    first: float = 0.2
    """The bound of the first pause, in seconds."""
    longest: float = 20.0
    total: float = 120.0
    """Seconds of pauses after which the last fault is raised; a Retry-After past it is not waited for."""
    draw: Callable[[], float] = field(default=random.random, repr=False)
    """Evenly from 0 to 1."""

    def pause(self, attempt: int, retry_after: float | None) -> float:
        bound = min(self.longest, self.first * 2 ** min(attempt, 30))
        return self.draw() * bound if retry_after is None else retry_after + self.draw() * self.first


NEVER = Retries(attempts=1)

# Refused before anything was done, so that any call may come again, unless the problem says that nobody knows (`outcome`). A 503 of a proxy's is taken for the same.
_REFUSED = (429, 503)
# A gateway's word that it does not know what became of the request.
_UNCLEAR = (408, 502)


def exchange(request: Request, retries: Retries) -> Operation[Response]:
    """An answer of 2xx or 3xx; everything else is raised."""
    waited = 0.0
    attempt = 0
    while True:
        fault: Exception
        retry_after: float | None = None
        try:
            response: Response = yield Send(request)
            if 200 <= response.status < 400:
                return response
            refusal = problem(response)
            fault, retry_after = refusal, refusal.retry_after
            may_repeat = (response.status in _REFUSED and not refusal.is_outcome_unknown) or (request.repeatable and (
                response.status in _REFUSED or response.status in _UNCLEAR or (response.status == 504 and refusal.code != "query-timeout")))
        except Lost as lost:
            if lost.was_answered:
                # The server ends a stream so at a fault of its own, as a question that ran too long: asking again would do that again.
                raise AnswerCut(f"{request.method} {request.target}: the answer broke off before its end: {lost}") from lost
            fault = ConnectionFailed(f"{request.method} {request.target}: {lost}")
            may_repeat = request.repeatable or not lost.was_sent
        attempt += 1
        pause = retries.pause(attempt - 1, retry_after)
        if not may_repeat or attempt >= retries.attempts or waited + pause > retries.total:
            raise fault
        waited += pause
        yield Pause(pause)


def problem(response: Response) -> ProblemError:
    request_id = response.headers.get("x-request-id")
    retry_after = parse_retry_after(response.headers.get("retry-after"))
    body: Any = None
    if response.content_type in ("application/problem+json", "application/json"):
        try:
            body = text.load(response.body)
        except ValueError:
            body = None
    if not isinstance(body, Mapping):
        body = {"title": f"HTTP status {response.status}", "detail": response.body[:500].decode("utf-8", "replace").strip()}
    return ProblemError.of(body, response.status, request_id, retry_after)


def parse_retry_after(value: str | None) -> float | None:
    """Seconds, or a date (RFC 9110, 10.2.3); what is neither counts as absent."""
    if value is None:
        return None
    if value.strip().isdigit():
        return float(value)
    try:
        at = email.utils.parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, at.timestamp() - time.time())


def document(response: Response) -> Any:
    try:
        return text.load(response.body)
    except ValueError as fault:
        raise ProtocolError(f"the answer of status {response.status} is not JSON: {response.body[:200]!r}") from fault


def call(
    retries: Retries, method: str, target: str, *, params: Mapping[str, Any] | None = None, body: Any = None, repeatable: bool | None = None,
    patience: float = 0, headers: Mapping[str, str] | None = None,
) -> Operation[Any]:
    """JSON in, JSON out; None for an answer without a body."""
    content = None if body is None else text.dump(body)
    all_headers = dict(headers or {})
    if content is not None:
        all_headers.setdefault("content-type", "application/json")
    request = Request(
        method, target, query(params or {}), all_headers, content,
        repeatable=method in ("GET", "HEAD", "PUT", "DELETE") if repeatable is None else repeatable, patience=patience)
    response = yield from exchange(request, retries)
    return document(response) if response.body else None


def query(params: Mapping[str, Any]) -> dict[str, str]:
    """Parameters as texts; what is None is left out."""
    made: dict[str, str] = {}
    for name, value in params.items():
        if value is None:
            continue
        if isinstance(value, bool):
            made[name] = "true" if value else "false"
        elif isinstance(value, datetime.datetime):
            made[name] = text.instant(value)
        elif isinstance(value, (list, tuple)):
            made[name] = ",".join(map(str, value))
        else:
            made[name] = str(value)
    return made


def now() -> Operation[float]:
    value: float = yield Now()
    return value
