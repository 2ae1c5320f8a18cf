"""Goal: a worker completes what it does, gives back what fails, and keeps its locks. Method: the stand-in's queue, with locks of a second."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Any

import pytest
from faces import Awaited
from standin import StandIn

from till import DeadLetter, errors


def stop_of(till: Any) -> Any:
    return asyncio.Event() if isinstance(till, Awaited) else threading.Event()


def test_work_settlesEachByWhatBecameOfIt(face: Any, standin: StandIn) -> None:
    till = face(standin.url)
    queue = till.queue("marks")
    assert [result.status for result in queue.send("good", "fails once", {"never": True})] == ["queued"] * 3
    seen: list[Any] = []
    stop = stop_of(till)

    def handler(message: Any) -> None:
        seen.append(message.body)
        if message.body == "fails once" and message.deliveries == 1:
            raise ValueError("no")
        if message.body == {"never": True}:
            raise DeadLetter("no such pupil")
        if len(seen) >= 4:
            stop.set()

    queue.work(handler, max=3, wait=1, stop=stop)
    assert seen == ["good", "fails once", {"never": True}, "fails once"]
    states = {message["message_id"]: message for message in standin.queue["marks"]}
    assert [states[name]["_state"] for name in ("m-1", "m-2", "m-3")] == ["complete", "complete", "dead-letter"]
    assert states["m-2"]["_delay"] == "1s" and states["m-3"]["_reason"] == "no such pupil"


def test_work_longHandler_keepsItsLock(face: Any, standin: StandIn) -> None:
    standin.lock_seconds = 9
    till = face(standin.url)
    queue = till.queue("slow")
    queue.send("long", "waits its turn")
    stop = stop_of(till)
    done: list[str] = []

    def finish(message: Any) -> None:
        done.append(message.body)
        if len(done) == 2:
            stop.set()

    def renewed(message: Any) -> bool:
        # However slow the machine: what is waited for is the renewal, not a time.
        return any(kept["_renewed"] >= 1 and kept["body"] == message.body for kept in standin.queue["slow"])

    def blocking(message: Any) -> None:
        while not renewed(message):
            time.sleep(0.05)
        finish(message)

    async def waiting(message: Any) -> None:
        while not renewed(message):
            await asyncio.sleep(0.05)
        finish(message)

    queue.work(waiting if isinstance(till, Awaited) else blocking, max=2, wait=1, stop=stop)
    assert done == ["long", "waits its turn"]
    assert all(message["_state"] == "complete" and message["_renewed"] >= 1 and message["deliveries"] == 1 for message in standin.queue["slow"])


def test_work_stopped_givesBackWhatItHasNotBegun(face: Any, standin: StandIn) -> None:
    till = face(standin.url)
    queue = till.queue("q")
    queue.send(1, 2, 3)
    stop = stop_of(till)
    queue.work(lambda message: stop.set(), max=3, wait=1, stop=stop)
    assert [(message["_state"], message.get("_delay")) for message in standin.queue["q"]] == [("complete", None), ("active", "0s"), ("active", "0s")]


def test_settle_lostLock_saysSo(face: Any, standin: StandIn) -> None:
    queue = face(standin.url).queue("q")
    queue.send("x")
    (message,) = queue.receive(wait=0)
    queue.renew(message, lock="1m")
    queue.complete(message)
    with pytest.raises(errors.LockLost) as caught:
        queue.abandon(message)
    assert caught.value.request_id == "req-1" and "request req-1" in str(caught.value)


def test_send_withIds_mayComeTwice(face: Any, standin: StandIn) -> None:
    queue = face(standin.url).queue("q")
    messages = [{"id": "a", "body": 1}]
    assert [queue.send_messages(messages)[0].status for _ in range(2)] == ["queued", "duplicate"]


def test_tasks_endOnce(face: Any, standin: StandIn) -> None:
    tasks = face(standin.url).tasks
    assert tasks.success("t/1", {"mark": 5}) and tasks.heartbeat("t") and tasks.failure("t", "Till.Bad")
    assert not tasks.success("ended", None)
