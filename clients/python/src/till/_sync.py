"""`Till`: performs what the operations ask for, in the caller's thread."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
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
    def __init__(self, url: str, key: str, timeout: float, client: httpx.Client, sleep: Callable[[float], object]) -> None:
        self._url, self._key, self._timeout, self._client, self._sleep = url, key, timeout, client, sleep

    def run(self, operation: Operation[T]) -> T:
        try:
            effect = next(operation)
            while True:
                try:
                    came = self._perform(effect)
                except Lost as lost:
                    effect = operation.throw(lost)
                else:
                    effect = operation.send(came)
        except StopIteration as end:
            value: T = end.value
            return value
        finally:
            operation.close()

    def _perform(self, effect: Effect) -> Any:
        if isinstance(effect, Pause):
            return self._sleep(effect.seconds)
        if isinstance(effect, Now):
            return time.monotonic()
        if isinstance(effect, Digest):
            return _shared.digest(effect.path)
        return self._send(effect.request)

    def _send(self, request: Request) -> Response:
        arguments = _shared.arguments(request, self._url, self._key, self._timeout)
        if isinstance(request.body, FilePart):
            arguments["content"] = _shared.pieces(request.body)
        was_answered = False
        try:
            answer = self._client.send(self._client.build_request(**arguments), stream=True)
            was_answered = True
            try:
                if request.sink is None or not answer.is_success:
                    return Response(answer.status_code, answer.headers, answer.read())
                sink = _shared.Sink(request, answer.status_code, answer.headers)
                for piece in answer.iter_bytes(_shared.CHUNK):
                    sink.write(piece)
                return Response(answer.status_code, answer.headers, b"")
            finally:
                answer.close()
        except (httpx.HTTPError, httpx.InvalidURL) as fault:
            raise _shared.lost(fault, was_answered and request.sink is not None) from fault


class Till:
    """A server, seen with one credential. Threads may share one; `close`, or use it in a `with`.

    `url` and `key` are TILL_URL and TILL_KEY unless given. `timeout` in seconds is that of connecting and of each read and write, to which is added what a call waits
    by contract. `http` is an httpx.Client of the caller's own, as for a proxy or certificates; it is not closed.
    """

    def __init__(
        self, url: str | None = None, key: str | None = None, *, timeout: float = _shared.TIMEOUT, retries: Retries = Retries(),
        http: httpx.Client | None = None, sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        base, credential = _shared.settings(url, key)
        client = http or httpx.Client()
        self._owned = None if http else client
        self._driver = _Driver(base, credential, timeout, client, sleep)
        self._retries = retries
        self.receipts = Receipts(self._driver, retries)
        self.tickets = Tickets(self._driver, retries)
        self.uploads = Uploads(self._driver, retries)
        self.exports = Exports(self._driver, retries)
        self.tasks = Tasks(self._driver, retries)

    def close(self) -> None:
        if self._owned:
            self._owned.close()

    def __enter__(self) -> Till:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def sql(self, query: str, params: Sequence[Any] = (), *, time_zone: str | None = None, query_id: str | None = None, timeout: float = 60) -> Answer:
        """A question, asked when the answer is read. `params` are $1, $2, …; `query_id` is a name of the caller's making by which it can be cancelled; `timeout` in
        seconds is how long the server may compute before its first byte."""
        return Answer(self._driver, sql.Question(self._retries, query, params, time_zone, query_id, timeout), self)

    def cancel(self, query_id: str) -> bool:
        """Ends a running question, whose caller gets `QueryCancelled`; False where there is none."""
        return self._driver.run(sql.cancel(self._retries, query_id))

    def changes(self, after: int = 0, *, limit: int | None = None, wait: float = 30) -> Changes:
        """Receipts and changes of their states in the order of commits, without end; waits for new ones, up to `wait` seconds a call."""
        return Changes(self._driver, receipts.ChangeWalk(self._retries, after, limit, wait))

    def queue(self, name: str) -> Queue:
        return Queue(self._driver, self._retries, name)

    def call(self, method: str, path: str, *, params: Mapping[str, Any] | None = None, body: Any = None, repeatable: bool | None = None, wait: float = 0) -> Any:
        """Any call of the API, JSON in and JSON out. `repeatable` says whether a lost connection is no reason to give up: GET, PUT and DELETE are."""
        return self._driver.run(call(self._retries, method, path, params=params, body=body, repeatable=repeatable, patience=wait))


class _Part:
    def __init__(self, driver: _Driver, retries: Retries) -> None:
        self._run, self._retries = driver.run, retries
        self._driver = driver


class Receipts(_Part):
    def submit(
        self, document: receipts.Document, *, type: str | None = None, client: str | None = None, callback_url: str | None = None,
        wait: float | None = None, content_type: str | None = None,
    ) -> Taken:
        """One document, durable when this returns. Sending the same one again is the same receipt. `wait` seconds for its outcome."""
        return self._run(receipts.submit(
            self._retries, document, type=type, client=client, callback_url=callback_url, wait=wait, content_type=content_type))

    def batch(self, documents: Sequence[Mapping[str, Any]] | bytes | str, *, type: str | None = None, client: str | None = None) -> tuple[Taken, ...]:
        """Up to a hundred, or an envelope: all or nothing."""
        return self._run(receipts.batch(self._retries, documents, type=type, client=client))

    def many(self, documents: Iterable[receipts.Document], *, type: str | None = None, client: str | None = None, lot: int = receipts.LOT_LINES_MAX) -> Iterator[LineResult]:
        """As many as there are, each on its own, in lots of NDJSON; a result for each, in order."""
        for part in receipts.lots(iter(documents), receipts.LotBuilder(lot)):
            yield from self._run(receipts.submit_lot(self._retries, part, type=type, client=client))

    def list(
        self, *, client: str | None = None, start: Any = None, end: Any = None, type: str | None = None, table: str | None = None, state: str | None = None,
        fields: Sequence[str] | str | None = None, limit: int | None = None, cursor: str | None = None, more: Mapping[str, Any] | None = None,
    ) -> ReceiptPages:
        """Receipts in order, as they were at the first page. `start` (inclusive) and `end` (exclusive) are dates or instants; `cursor` goes on where a walk with the
        same filters stood; `more` are further parameters, as `as_of`."""
        params = {"client": client, "from": start, "to": end, "type": type, "table": table, "state": state, "fields": fields, "limit": limit, **(more or {})}
        return ReceiptPages(self._driver, receipts.ReceiptWalk(self._retries, params, cursor))

    def get(self, receipt_id: str, *, client: str | None = None, table: str | None = None, day: Any = None) -> Receipt:
        return self._run(receipts.get(self._retries, receipt_id, client=client, table=table, day=day))

    def raw(self, receipt_id: str, *, client: str | None = None, table: str | None = None, day: Any = None) -> bytes:
        """The document's exact bytes."""
        return self._run(receipts.raw(self._retries, receipt_id, client=client, table=table, day=day))


class ReceiptPages:
    """Iterates over receipts; `pages()` over whole pages. `cursor` is of the page after the last one that was given whole: going on there misses none, and by receipts
    repeats at most the page that was begun."""

    def __init__(self, driver: _Driver, walk: receipts.ReceiptWalk) -> None:
        self._driver, self._walk = driver, walk

    @property
    def cursor(self) -> str | None:
        return self._walk.cursor

    def pages(self) -> Iterator[tuple[Receipt, ...]]:
        while not self._walk.is_done:
            page, next_cursor = self._driver.run(self._walk.page())
            yield page
            self._walk.passed(next_cursor)

    def __iter__(self) -> Iterator[Receipt]:
        for page in self.pages():
            yield from page


class Tickets(_Part):
    def get(self, ticket_id: str) -> Ticket:
        return self._run(receipts.ticket(self._retries, ticket_id))

    def wait(self, ticket_id: str, timeout: float | None = None) -> Ticket:
        """When the outcome is final. Raises WaitEnded, with the ticket as it stands, after `timeout` seconds."""
        return self._run(receipts.wait_for_ticket(self._retries, ticket_id, timeout))


class Changes:
    """`after` is the sequence of the last change that was given: kept somewhere, it says where to go on."""

    def __init__(self, driver: _Driver, walk: receipts.ChangeWalk) -> None:
        self._driver, self._walk = driver, walk

    @property
    def after(self) -> int:
        return self._walk.after

    def __iter__(self) -> Iterator[Change]:
        while True:
            page, next_after = self._driver.run(self._walk.page())
            for change in page:
                yield change
                self._walk.after = change.sequence
            self._walk.after = max(self._walk.after, next_after)


class Answer:
    """A question's answer, in whichever form it is read; each reading asks again."""

    def __init__(self, driver: _Driver, question: sql.Question, till: Till) -> None:
        self._driver, self._question, self._till = driver, question, till
        self.columns: tuple[Column, ...] = ()
        """Known with the first page of rows, as are the statistics."""
        self.statistics: Statistics | None = None

    def rows(self, page_size: int | None = None) -> Iterator[Row]:
        """Page by page, all in one consistent state."""
        walk = sql.RowWalk(self._question, page_size)
        while not walk.is_done:
            page = self._driver.run(walk.page())
            self.columns, self.statistics = walk.columns, walk.statistics
            yield from page

    def all(self) -> list[Row]:
        return list(self.rows())

    def one(self) -> Row:
        rows = self.all()
        if len(rows) != 1:
            raise ValueError(f"one row was expected, {len(rows)} came")
        return rows[0]

    def scalar(self) -> Any:
        return self.one()[0]

    def arrow(self) -> Any:
        """A pyarrow.Table."""
        with _shared.spool() as file:
            return _shared.arrow_table(self._driver.run(self._question.file(file, _shared.COLUMNAR)), file)

    def batches(self) -> Iterator[Any]:
        """pyarrow.RecordBatch by RecordBatch, out of a temporary file: the first one comes when the answer is known to be whole."""
        with _shared.spool() as file:
            yield from _shared.arrow_batches(self._driver.run(self._question.file(file, _shared.COLUMNAR)), file)

    def pandas(self) -> Any:
        """A pandas.DataFrame; decimals stay Decimal."""
        return self.arrow().to_pandas()

    def polars(self) -> Any:
        """A polars.DataFrame."""
        with _shared.spool() as file:
            return _shared.polars_frame(self._driver.run(self._question.file(file, _shared.COLUMNAR)), file)

    def cancel(self) -> bool:
        """From another thread. Needs a `query_id`."""
        if not self._question.query_id:
            raise ValueError("only a question with a query_id can be cancelled")
        return self._till.cancel(self._question.query_id)


class Uploads(_Part):
    def send(
        self, path: str, *, type: str | None = None, name: str | None = None, content_type: str | None = None, client: str | None = None,
        progress: Progress | None = None, watch: Callable[[Upload], None] | None = None, timeout: float | None = None,
    ) -> Upload:
        """A file, sent, gone on with where the connection broke, and processed when this returns. `progress` is told the bytes, `watch` the upload while it is
        processed. ERROR is returned, not raised: what was taken before stays."""
        return self._run(files.send(
            self._retries, path, name=name, type=type, content_type=content_type, client=client, progress=progress, watch=watch, timeout=timeout))

    def get(self, upload_id: str) -> Upload:
        return self._run(files.upload(self._retries, upload_id))

    def wait(self, upload_id: str, *, watch: Callable[[Upload], None] | None = None, timeout: float | None = None) -> Upload:
        return self._run(files.wait(self._retries, upload_id, watch, timeout))

    def errors(self, upload_id: str, cursor: str | None = None) -> Iterator[RecordFault]:
        """The records that were refused, with their reasons."""
        walk = files.FaultWalk(self._retries, upload_id, cursor)
        while not walk.is_done:
            yield from self._run(walk.page())

    def revert(self, upload_id: str) -> Upload:
        self._run(call(self._retries, "POST", f"/v1/uploads/{receipts.segment(upload_id)}/revert", repeatable=True))
        return self.get(upload_id)

    def cancel(self, upload_id: str) -> None:
        self._run(call(self._retries, "DELETE", f"/v1/uploads/{receipts.segment(upload_id)}"))


class Exports(_Part):
    def run(
        self, path: str, query: str | None = None, params: Sequence[Any] = (), *, format: str = "parquet", receipts: Mapping[str, Any] | None = None,
        sheets: Sequence[Mapping[str, Any]] | None = None, name: str | None = None, time_zone: str | None = None, expires_in: str | None = None,
        progress: Progress | None = None, watch: Callable[[Export], None] | None = None, timeout: float | None = None,
    ) -> Export:
        """Makes the file on the server, fetches it to `path`, and compares its hash; its link stays good until `expires_at`."""
        export_id = self.start(query, params, format=format, receipts=receipts, sheets=sheets, name=name, time_zone=time_zone, expires_in=expires_in)
        made = self.wait(export_id, watch=watch, timeout=timeout)
        with files.whole(path) as (sink, partial):
            self._run(files.download(self._retries, made, sink, partial, progress))
        return made

    def start(
        self, query: str | None = None, params: Sequence[Any] = (), *, format: str = "parquet", receipts: Mapping[str, Any] | None = None,
        sheets: Sequence[Mapping[str, Any]] | None = None, name: str | None = None, time_zone: str | None = None, expires_in: str | None = None,
    ) -> str:
        """Its id, at once."""
        return self._run(files.start_export(
            self._retries, query=query, params=params, time_zone=time_zone, receipts=receipts, sheets=sheets, format=format, name=name, expires_in=expires_in))

    def wait(self, export_id: str, *, watch: Callable[[Export], None] | None = None, timeout: float | None = None) -> Export:
        return self._run(files.finished_export(self._retries, export_id, watch, timeout))

    def get(self, export_id: str) -> Export:
        return self._run(files.export(self._retries, export_id))

    def cancel(self, export_id: str) -> None:
        self._run(call(self._retries, "DELETE", f"/v1/exports/{_segment(export_id)}"))


# `receipts` is a parameter's name above.
_segment = receipts.segment


class Tasks(_Part):
    """How a worker ends a task of a process, by the token in its message. False: it had ended already."""

    def success(self, token: str, output: Any) -> bool:
        return self._run(queues.finish_task(self._retries, token, "success", {"output": output}))

    def failure(self, token: str, error: str, cause: str = "") -> bool:
        return self._run(queues.finish_task(self._retries, token, "failure", {"error": error, "cause": cause}))

    def heartbeat(self, token: str) -> bool:
        return self._run(queues.finish_task(self._retries, token, "heartbeat", {}))


class Queue(_Part):
    def __init__(self, driver: _Driver, retries: Retries, name: str) -> None:
        super().__init__(driver, retries)
        self.name = name

    def send(self, *bodies: Any, delay: str | None = None) -> tuple[SendResult, ...]:
        return self.send_messages([{"body": body, "delay": delay} for body in bodies])

    def send_messages(self, messages: Sequence[Mapping[str, Any]]) -> tuple[SendResult, ...]:
        """Up to a hundred of `{"id","body","delay"}`. With ids they may be sent again: the queue counts each once."""
        return self._run(queues.send(self._retries, self.name, messages))

    def receive(self, max: int = 10, wait: float = 20) -> tuple[Message, ...]:
        return tuple(message for message, _ in self._run(queues.receive(self._retries, self.name, max, wait)))

    def complete(self, message: Message) -> None:
        self._run(queues.settle(self._retries, self.name, message, "complete", {}))

    def abandon(self, message: Message, delay: str | None = None) -> None:
        self._run(queues.settle(self._retries, self.name, message, "abandon", {"delay": delay}))

    def renew(self, message: Message, lock: str | None = None) -> None:
        self._run(queues.settle(self._retries, self.name, message, "renew", {"lock": lock}))

    def dead_letter(self, message: Message, reason: str) -> None:
        self._run(queues.settle(self._retries, self.name, message, "dead-letter", {"reason": reason}))

    def work(self, handler: Callable[[Message], object], *, max: int = 1, wait: float = 20, stop: threading.Event | None = None) -> None:
        """Gives each message to `handler`: what returns is complete, what raises comes again later, what raises DeadLetter never. Locks are renewed meanwhile, in a
        thread beside. A message may come twice, so a handler does twice what it does once. Goes on until `stop` is set, which ends it after the message at hand."""
        stop = stop or threading.Event()
        leases, ended = queues.Leases(), threading.Event()
        renewer = threading.Thread(target=self._renew, args=(leases, ended), name=f"till-queue-{self.name}", daemon=True)
        renewer.start()
        try:
            while not stop.is_set():
                messages = self._run(queues.receive(self._retries, self.name, max, wait))
                for message, span in messages:
                    leases.hold(message, span, time.monotonic())
                for message, _ in messages:
                    if stop.is_set():
                        leases.release(message)
                        self._settle(message, "abandon", {"delay": "0s"})
                    else:
                        self._handle(handler, message, leases)
        finally:
            ended.set()
            renewer.join()

    def _handle(self, handler: Callable[[Message], object], message: Message, leases: queues.Leases) -> None:
        verb, more = "complete", {}
        try:
            handler(message)
        except DeadLetter as reason:
            verb, more = "dead-letter", {"reason": str(reason) or "the handler gave no reason"}
        except Exception:
            _log.exception("queue %s: the handler failed at message %s, delivery %d", self.name, message.message_id, message.deliveries)
            verb, more = "abandon", {"delay": queues.backoff(message)}
        finally:
            leases.release(message)
        self._settle(message, verb, more)

    def _settle(self, message: Message, verb: str, more: Mapping[str, Any]) -> None:
        try:
            self._run(queues.settle(self._retries, self.name, message, verb, more))
        except LockLost:
            _log.warning("queue %s: the lock of message %s had ended before its %s: it comes again", self.name, message.message_id, verb)

    def _renew(self, leases: queues.Leases, ended: threading.Event) -> None:
        pause = 0.05
        while not ended.wait(pause):
            due, pause = leases.due(time.monotonic())
            for message in due:
                try:
                    self.renew(message)
                except Exception as fault:
                    _log.warning("queue %s: the lock of message %s could not be renewed: %s", self.name, message.message_id, fault)
