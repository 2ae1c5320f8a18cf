"""Queues and tasks, and which locks of a worker are to be renewed when."""

from __future__ import annotations

import email.utils
import threading
from collections.abc import Mapping, Sequence
from typing import Any

from ..errors import ProblemError
from ..models import Message, SendResult
from . import text
from .decode import decode
from .effects import Operation, Request
from .exchange import Retries, call, document, exchange
from .receipts import segment

RECEIVE_WAIT_MAX = 20.0


class DeadLetter(Exception):
    """Raised by a handler: this message will never succeed, and goes to the dead letters with this reason."""


def _path(queue: str, rest: str = "") -> str:
    return f"/v1/queues/{segment(queue)}{rest}"


def send(retries: Retries, queue: str, messages: Sequence[Mapping[str, Any]]) -> Operation[tuple[SendResult, ...]]:
    """Sent again after a lost connection only where each has an id, by which the queue knows it."""
    if not 1 <= len(messages) <= 100:
        raise ValueError(f"1 to 100 messages are sent at once, not {len(messages)}")
    is_known = all(message.get("id") is not None for message in messages)
    answer = yield from call(retries, "POST", _path(queue, "/messages"), body={"messages": list(messages)}, repeatable=is_known)
    return tuple(decode(SendResult, result) for result in answer["results"])


def receive(retries: Retries, queue: str, maximum: int, wait: float) -> Operation[tuple[tuple[Message, float], ...]]:
    """Messages, each with the seconds that its lock lasts by the server's own clock, with which ours need not agree."""
    # Repeatable: what a lost answer held comes again when its locks end.
    wait = min(wait, RECEIVE_WAIT_MAX)
    body = text.dump({"max": maximum, "wait": round(wait)})
    response = yield from exchange(Request("POST", _path(queue, "/receive"), {}, {"content-type": "application/json"}, body, patience=wait), retries)
    messages = [decode(Message, message) for message in document(response)["messages"]]
    date = response.headers.get("date")
    at = email.utils.parsedate_to_datetime(date) if date else None
    return tuple((message, max(1.0, (message.locked_until - at).total_seconds()) if at else 30.0) for message in messages)


def settle(retries: Retries, queue: str, message: Message, verb: str, more: Mapping[str, Any]) -> Operation[None]:
    """`complete`, `abandon`, `renew` or `dead-letter`."""
    body = {"lock_token": message.lock_token, **{name: value for name, value in more.items() if value is not None}}
    yield from call(retries, "POST", _path(queue, f"/messages/{segment(message.message_id)}/{verb}"), body=body, repeatable=True)


def complete_all(retries: Retries, queue: str, messages: Sequence[Message]) -> Operation[dict[str, str]]:
    """By message id, `completed` or `lock-lost`."""
    items = [{"message_id": message.message_id, "lock_token": message.lock_token} for message in messages]
    answer = yield from call(retries, "POST", _path(queue, "/complete"), body={"items": items}, repeatable=True)
    return {str(result["message_id"]): str(result["status"]) for result in answer["results"]}


def finish_task(retries: Retries, token: str, verb: str, body: Mapping[str, Any]) -> Operation[bool]:
    """False where the task had ended: as when the answer to the first call was lost."""
    try:
        yield from call(retries, "POST", f"/v1/tasks/{segment(token)}/{verb}", body=body, repeatable=True)
        return True
    except ProblemError as refusal:
        if refusal.code == "task-ended":
            return False
        raise


def backoff(message: Message, longest: float = 300.0) -> str:
    """How long a message that failed stays away: a second, doubled with each delivery."""
    return f"{round(min(longest, 2.0 ** min(max(0, message.deliveries - 1), 20)))}s"


class Leases:
    """The messages that a worker holds. A lock is renewed when a third of its time has gone: the second that `Date` cuts off does no harm then."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: dict[str, tuple[Message, float, float]] = {}

    def hold(self, message: Message, span: float, now: float) -> None:
        """`span` in seconds; `now` is of a clock that only rises."""
        with self._lock:
            self._held[message.message_id] = (message, span, now + span / 3)

    def release(self, message: Message) -> bool:
        with self._lock:
            return self._held.pop(message.message_id, None) is not None

    def due(self, now: float) -> tuple[list[Message], float]:
        """What is to be renewed now, and in how many seconds to ask again."""
        with self._lock:
            due = [message for message, _, at in self._held.values() if at <= now]
            for message in due:
                _, span, _ = self._held[message.message_id]
                self._held[message.message_id] = (message, span, now + span / 3)
            next_at = min((at for _, _, at in self._held.values()), default=now + 1.0)
            return due, min(1.0, max(0.05, next_at - now))
