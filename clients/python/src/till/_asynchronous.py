"""`AsyncTill`: performs what the operations ask for, on asyncio. The calls are those of `_sync`, whose docstrings hold for both; a test compares them."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import logging
import time
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

import httpx

from . import _shared
from ._core import files, queues, receipts, sql
from ._core.effects import Digest, Effect, FilePart, Lost, Now, Operation, Pause, Progress, Request, Response
from ._core.exchange import Retries, call
from ._core.queues import DeadLetter
from ._core.sql import Row
from .errors import LockLost
from .models import Change, Column, Export, LineResult, Message, Receipt, RecordFault, SendResult, Statistics, Taken, Ticket, Upload

T = TypeVar("T")
_log = logging.getLogger("till")


class _Driver:
    def __init__(self, url: str, key: str, timeout: float, client: httpx.AsyncClient, sleep: Callable[[float], Awaitable[object]]) -> None:
        self._url, self._key, self._timeout, self._client, self._sleep = url, key, timeout, client, sleep

    async def run(self, operation: Operation[T]) -> T:
        try:
            effect = next(operation)
            while True:
                try:
                    came = await self._perform(effect)
                except Lost as lost:
                    effect = operation.throw(lost)
                else:
                    effect = operation.send(came)
        except StopIteration as end:
            value: T = end.value
            return value
        finally:
            operation.close()

    async def _perform(self, effect: Effect) -> Any:
        if isinstance(effect, Pause):
            return await self._sleep(effect.seconds)
        if isinstance(effect, Now):
            return time.monotonic()
        if isinstance(effect, Digest):
            return await asyncio.to_thread(_shared.digest, effect.path)
        return await self._send(effect.request)

    async def _send(self, request: Request) -> Response:
        arguments = _shared.arguments(request, self._url, self._key, self._timeout)
        if isinstance(request.body, FilePart):
            arguments["content"] = _pieces(request.body)
        was_answered = False
        try:
            answer = await self._client.send(self._client.build_request(**arguments), stream=True)
            was_answered = True
            try:
                if request.sink is None or not answer.is_success:
                    return Response(answer.status_code, answer.headers, await answer.aread())
                sink = _shared.Sink(request, answer.status_code, answer.headers)
                async for piece in answer.aiter_bytes(_shared.CHUNK):
                    await asyncio.to_thread(sink.write, piece)
                return Response(answer.status_code, answer.headers, b"")
            finally:
                await answer.aclose()
        except (httpx.HTTPError, httpx.InvalidURL) as fault:
            raise _shared.lost(fault, was_answered and request.sink is not None) from fault


async def _pieces(part: FilePart) -> AsyncIterator[bytes]:
    pieces = _shared.pieces(part)
    while (piece := await asyncio.to_thread(next, pieces, None)) is not None:
        yield piece


class AsyncTill:
    """As `Till`, its calls awaited, its iterators asynchronous."""

    def __init__(
        self, url: str | None = None, key: str | None = None, *, timeout: float = _shared.TIMEOUT, retries: Retries = Retries(),
        http: httpx.AsyncClient | None = None, sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        base, credential = _shared.settings(url, key)
        client = http or httpx.AsyncClient()
        self._owned = None if http else client
        self._driver = _Driver(base, credential, timeout, client, sleep)
        self._retries = retries
        self.receipts = Receipts(self._driver, retries)
        self.tickets = Tickets(self._driver, retries)
        self.uploads = Uploads(self._driver, retries)
        self.exports = Exports(self._driver, retries)
        self.tasks = Tasks(self._driver, retries)

    async def close(self) -> None:
        if self._owned:
            await self._owned.aclose()

    async def __aenter__(self) -> AsyncTill:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def sql(self, query: str, params: Sequence[Any] = (), *, time_zone: str | None = None, query_id: str | None = None, timeout: float = 60) -> Answer:
        return Answer(self._driver, sql.Question(self._retries, query, params, time_zone, query_id, timeout), self)

    async def cancel(self, query_id: str) -> bool:
        return await self._driver.run(sql.cancel(self._retries, query_id))

    def changes(self, after: int = 0, *, limit: int | None = None, wait: float = 30) -> Changes:
        return Changes(self._driver, receipts.ChangeWalk(self._retries, after, limit, wait))

    def queue(self, name: str) -> Queue:
        return Queue(self._driver, self._retries, name)

    async def call(self, method: str, path: str, *, params: Mapping[str, Any] | None = None, body: Any = None, repeatable: bool | None = None, wait: float = 0) -> Any:
        return await self._driver.run(call(self._retries, method, path, params=params, body=body, repeatable=repeatable, patience=wait))


class _Part:
    def __init__(self, driver: _Driver, retries: Retries) -> None:
        self._run, self._retries = driver.run, retries
        self._driver = driver


class Receipts(_Part):
    async def submit(
        self, document: receipts.Document, *, type: str | None = None, client: str | None = None, callback_url: str | None = None,
        wait: float | None = None, content_type: str | None = None,
    ) -> Taken:
        return await self._run(receipts.submit(
            self._retries, document, type=type, client=client, callback_url=callback_url, wait=wait, content_type=content_type))

    async def batch(self, documents: Sequence[Mapping[str, Any]] | bytes | str, *, type: str | None = None, client: str | None = None) -> tuple[Taken, ...]:
        return await self._run(receipts.batch(self._retries, documents, type=type, client=client))

    async def many(
        self, documents: Iterable[receipts.Document] | AsyncIterable[receipts.Document], *, type: str | None = None, client: str | None = None, lot: int = receipts.LOT_LINES_MAX,
    ) -> AsyncIterator[LineResult]:
        async for part in _lots(documents, receipts.LotBuilder(lot)):
            for result in await self._run(receipts.submit_lot(self._retries, part, type=type, client=client)):
                yield result

    def list(
        self, *, client: str | None = None, start: Any = None, end: Any = None, type: str | None = None, table: str | None = None, state: str | None = None,
        fields: Sequence[str] | str | None = None, limit: int | None = None, cursor: str | None = None, more: Mapping[str, Any] | None = None,
    ) -> ReceiptPages:
        params = {"client": client, "from": start, "to": end, "type": type, "table": table, "state": state, "fields": fields, "limit": limit, **(more or {})}
        return ReceiptPages(self._driver, receipts.ReceiptWalk(self._retries, params, cursor))

    async def get(self, receipt_id: str, *, client: str | None = None, table: str | None = None, day: Any = None) -> Receipt:
        return await self._run(receipts.get(self._retries, receipt_id, client=client, table=table, day=day))

    async def raw(self, receipt_id: str, *, client: str | None = None, table: str | None = None, day: Any = None) -> bytes:
        return await self._run(receipts.raw(self._retries, receipt_id, client=client, table=table, day=day))


async def _lots(documents: Iterable[receipts.Document] | AsyncIterable[receipts.Document], builder: receipts.LotBuilder) -> AsyncIterator[receipts.Lot]:
    if isinstance(documents, AsyncIterable):
        async for document in documents:
            full = builder.add(document)
            if full:
                yield full
        rest = builder.rest()
        if rest:
            yield rest
    else:
        for lot in receipts.lots(iter(documents), builder):
            yield lot


class ReceiptPages:
    def __init__(self, driver: _Driver, walk: receipts.ReceiptWalk) -> None:
        self._driver, self._walk = driver, walk

    @property
    def cursor(self) -> str | None:
        return self._walk.cursor

    async def pages(self) -> AsyncIterator[tuple[Receipt, ...]]:
        while not self._walk.is_done:
            page, next_cursor = await self._driver.run(self._walk.page())
            yield page
            self._walk.passed(next_cursor)

    async def __aiter__(self) -> AsyncIterator[Receipt]:
        async for page in self.pages():
            for receipt in page:
                yield receipt


class Tickets(_Part):
    async def get(self, ticket_id: str) -> Ticket:
        return await self._run(receipts.ticket(self._retries, ticket_id))

    async def wait(self, ticket_id: str, timeout: float | None = None) -> Ticket:
        return await self._run(receipts.wait_for_ticket(self._retries, ticket_id, timeout))


class Changes:
    def __init__(self, driver: _Driver, walk: receipts.ChangeWalk) -> None:
        self._driver, self._walk = driver, walk

    @property
    def after(self) -> int:
        return self._walk.after

    async def __aiter__(self) -> AsyncIterator[Change]:
        while True:
            page, next_after = await self._driver.run(self._walk.page())
            for change in page:
                yield change
                self._walk.after = change.sequence
            self._walk.after = max(self._walk.after, next_after)


class Answer:
    def __init__(self, driver: _Driver, question: sql.Question, till: AsyncTill) -> None:
        self._driver, self._question, self._till = driver, question, till
        self.columns: tuple[Column, ...] = ()
        self.statistics: Statistics | None = None

    async def rows(self, page_size: int | None = None) -> AsyncIterator[Row]:
        walk = sql.RowWalk(self._question, page_size)
        while not walk.is_done:
            page = await self._driver.run(walk.page())
            self.columns, self.statistics = walk.columns, walk.statistics
            for row in page:
                yield row

    async def all(self) -> list[Row]:
        return [row async for row in self.rows()]

    async def one(self) -> Row:
        rows = await self.all()
        if len(rows) != 1:
            raise ValueError(f"one row was expected, {len(rows)} came")
        return rows[0]

    async def scalar(self) -> Any:
        return (await self.one())[0]

    async def arrow(self) -> Any:
        with _shared.spool() as file:
            kind = await self._driver.run(self._question.file(file, _shared.COLUMNAR))
            return await asyncio.to_thread(_shared.arrow_table, kind, file)

    async def batches(self) -> AsyncIterator[Any]:
        with _shared.spool() as file:
            batches = _shared.arrow_batches(await self._driver.run(self._question.file(file, _shared.COLUMNAR)), file)
            while (batch := await asyncio.to_thread(next, batches, None)) is not None:
                yield batch

    async def pandas(self) -> Any:
        return (await self.arrow()).to_pandas()

    async def polars(self) -> Any:
        with _shared.spool() as file:
            kind = await self._driver.run(self._question.file(file, _shared.COLUMNAR))
            return await asyncio.to_thread(_shared.polars_frame, kind, file)

    async def cancel(self) -> bool:
        if not self._question.query_id:
            raise ValueError("only a question with a query_id can be cancelled")
        return await self._till.cancel(self._question.query_id)


class Uploads(_Part):
    async def send(
        self, path: str, *, type: str | None = None, name: str | None = None, content_type: str | None = None, client: str | None = None,
        progress: Progress | None = None, watch: Callable[[Upload], None] | None = None, timeout: float | None = None,
    ) -> Upload:
        return await self._run(files.send(
            self._retries, path, name=name, type=type, content_type=content_type, client=client, progress=progress, watch=watch, timeout=timeout))

    async def get(self, upload_id: str) -> Upload:
        return await self._run(files.upload(self._retries, upload_id))

    async def wait(self, upload_id: str, *, watch: Callable[[Upload], None] | None = None, timeout: float | None = None) -> Upload:
        return await self._run(files.wait(self._retries, upload_id, watch, timeout))

    async def errors(self, upload_id: str, cursor: str | None = None) -> AsyncIterator[RecordFault]:
        walk = files.FaultWalk(self._retries, upload_id, cursor)
        while not walk.is_done:
            for fault in await self._run(walk.page()):
                yield fault

    async def revert(self, upload_id: str) -> Upload:
        await self._run(call(self._retries, "POST", f"/v1/uploads/{receipts.segment(upload_id)}/revert", repeatable=True))
        return await self.get(upload_id)

    async def cancel(self, upload_id: str) -> None:
        await self._run(call(self._retries, "DELETE", f"/v1/uploads/{receipts.segment(upload_id)}"))


class Exports(_Part):
    async def run(
        self, path: str, query: str | None = None, params: Sequence[Any] = (), *, format: str = "parquet", receipts: Mapping[str, Any] | None = None,
        sheets: Sequence[Mapping[str, Any]] | None = None, name: str | None = None, time_zone: str | None = None, expires_in: str | None = None,
        progress: Progress | None = None, watch: Callable[[Export], None] | None = None, timeout: float | None = None,
    ) -> Export:
        export_id = await self.start(query, params, format=format, receipts=receipts, sheets=sheets, name=name, time_zone=time_zone, expires_in=expires_in)
        made = await self.wait(export_id, watch=watch, timeout=timeout)
        with files.whole(path) as (sink, partial):
            await self._run(files.download(self._retries, made, sink, partial, progress))
        return made

    async def start(
        self, query: str | None = None, params: Sequence[Any] = (), *, format: str = "parquet", receipts: Mapping[str, Any] | None = None,
        sheets: Sequence[Mapping[str, Any]] | None = None, name: str | None = None, time_zone: str | None = None, expires_in: str | None = None,
    ) -> str:
        return await self._run(files.start_export(
            self._retries, query=query, params=params, time_zone=time_zone, receipts=receipts, sheets=sheets, format=format, name=name, expires_in=expires_in))

    async def wait(self, export_id: str, *, watch: Callable[[Export], None] | None = None, timeout: float | None = None) -> Export:
        return await self._run(files.finished_export(self._retries, export_id, watch, timeout))

    async def get(self, export_id: str) -> Export:
        return await self._run(files.export(self._retries, export_id))

    async def cancel(self, export_id: str) -> None:
        await self._run(call(self._retries, "DELETE", f"/v1/exports/{_segment(export_id)}"))


# `receipts` is a parameter's name above.
_segment = receipts.segment


class Tasks(_Part):
    async def success(self, token: str, output: Any) -> bool:
        return await self._run(queues.finish_task(self._retries, token, "success", {"output": output}))

    async def failure(self, token: str, error: str, cause: str = "") -> bool:
        return await self._run(queues.finish_task(self._retries, token, "failure", {"error": error, "cause": cause}))

    async def heartbeat(self, token: str) -> bool:
        return await self._run(queues.finish_task(self._retries, token, "heartbeat", {}))


class Queue(_Part):
    def __init__(self, driver: _Driver, retries: Retries, name: str) -> None:
        super().__init__(driver, retries)
        self.name = name

    async def send(self, *bodies: Any, delay: str | None = None) -> tuple[SendResult, ...]:
        return await self.send_messages([{"body": body, "delay": delay} for body in bodies])

    async def send_messages(self, messages: Sequence[Mapping[str, Any]]) -> tuple[SendResult, ...]:
        return await self._run(queues.send(self._retries, self.name, messages))

    async def receive(self, max: int = 10, wait: float = 20) -> tuple[Message, ...]:
        return tuple(message for message, _ in await self._run(queues.receive(self._retries, self.name, max, wait)))

    async def complete(self, message: Message) -> None:
        await self._run(queues.settle(self._retries, self.name, message, "complete", {}))

    async def abandon(self, message: Message, delay: str | None = None) -> None:
        await self._run(queues.settle(self._retries, self.name, message, "abandon", {"delay": delay}))

    async def renew(self, message: Message, lock: str | None = None) -> None:
        await self._run(queues.settle(self._retries, self.name, message, "renew", {"lock": lock}))

    async def dead_letter(self, message: Message, reason: str) -> None:
        await self._run(queues.settle(self._retries, self.name, message, "dead-letter", {"reason": reason}))

    async def work(self, handler: Callable[[Message], object], *, max: int = 1, wait: float = 20, stop: asyncio.Event | None = None) -> None:
        """As `Till`'s; `handler` may be a coroutine function, and `stop` is an asyncio.Event."""
        stop = stop or asyncio.Event()
        leases = queues.Leases()
        renewer = asyncio.create_task(self._renew(leases))
        try:
            while not stop.is_set():
                messages = await self._run(queues.receive(self._retries, self.name, max, wait))
                for message, span in messages:
                    leases.hold(message, span, time.monotonic())
                for message, _ in messages:
                    if stop.is_set():
                        leases.release(message)
                        await self._settle(message, "abandon", {"delay": "0s"})
                    else:
                        await self._handle(handler, message, leases)
        finally:
            renewer.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await renewer

    async def _handle(self, handler: Callable[[Message], object], message: Message, leases: queues.Leases) -> None:
        verb, more = "complete", {}
        try:
            result = handler(message)
            if inspect.isawaitable(result):
                await result
        except DeadLetter as reason:
            verb, more = "dead-letter", {"reason": str(reason) or "the handler gave no reason"}
        except Exception:
            _log.exception("queue %s: the handler failed at message %s, delivery %d", self.name, message.message_id, message.deliveries)
            verb, more = "abandon", {"delay": queues.backoff(message)}
        finally:
            leases.release(message)
        await self._settle(message, verb, more)

    async def _settle(self, message: Message, verb: str, more: Mapping[str, Any]) -> None:
        try:
            await self._run(queues.settle(self._retries, self.name, message, verb, more))
        except LockLost:
            _log.warning("queue %s: the lock of message %s had ended before its %s: it comes again", self.name, message.message_id, verb)

    async def _renew(self, leases: queues.Leases) -> None:
        pause = 0.05
        while True:
            await asyncio.sleep(pause)
            due, pause = leases.due(time.monotonic())
            for message in due:
                try:
                    await self.renew(message)
                except Exception as fault:
                    _log.warning("queue %s: the lock of message %s could not be renewed: %s", self.name, message.message_id, fault)
