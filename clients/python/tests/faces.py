"""Both faces of the client behind one, so that each test is of both."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Iterator
from typing import Any

from till import AsyncTill, Retries, Till

FAST = Retries(first=0.01, longest=0.05)


class Awaited:
    """An object of the asynchronous face whose calls are waited for on a loop of ours."""

    def __init__(self, target: Any, loop: asyncio.AbstractEventLoop) -> None:
        self._target, self._loop = target, loop

    def __getattr__(self, name: str) -> Any:
        return self._plain(getattr(self._target, name))

    def __iter__(self) -> Iterator[Any]:
        return self._drain(self._target.__aiter__())

    def _plain(self, value: Any) -> Any:
        if callable(value) and not isinstance(value, type):
            return lambda *arguments, **named: self._plain(value(*arguments, **named))
        if inspect.isawaitable(value):
            return self._plain(self._loop.run_until_complete(self._wait(value)))
        if inspect.isasyncgen(value):
            return self._drain(value)
        return Awaited(value, self._loop) if type(value).__module__ == "till._asynchronous" else value

    @staticmethod
    async def _wait(value: Any) -> Any:
        return await value

    def _drain(self, iterator: Any) -> Iterator[Any]:
        while True:
            try:
                yield self._loop.run_until_complete(iterator.__anext__())
            except StopAsyncIteration:
                return


def faces() -> list[Callable[..., Any]]:
    def plain(url: str, key: str = "key", **named: Any) -> Any:
        return Till(url, key, **{"retries": FAST, **named})

    def awaited(url: str, key: str = "key", **named: Any) -> Any:
        return Awaited(AsyncTill(url, key, **{"retries": FAST, **named}), asyncio.new_event_loop())

    return [plain, awaited]
