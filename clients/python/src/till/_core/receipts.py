"""Receipts in and out, tickets, changes."""

from __future__ import annotations

import base64
import types
import urllib.parse
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import AnswerCut, ProblemError, TillError, WaitEnded
from ..models import Change, LineResult, Receipt, Taken, Ticket
from . import text
from .decode import decode, value_reader
from .effects import Operation, Pause, Request, Response
from .exchange import Retries, call, document, exchange, now, query

# The server's own limits (docs of POST /v1/receipts), and a lot that a slow line still carries in time.
LOT_LINES_MAX = 10_000
LOT_BYTES_MAX = 8 << 20
WAIT_MAX = 60.0

Document = Mapping[str, Any] | bytes | str


def content(value: Document, content_type: str | None) -> tuple[bytes, str]:
    """A mapping becomes JSON; texts and bytes stay as they are, for their bytes are the document."""
    if isinstance(value, Mapping):
        return text.dump(value), content_type or "application/json"
    body = value.encode() if isinstance(value, str) else bytes(value)
    if content_type is None:
        start = body.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
        content_type = "application/xml" if start == b"<" else "application/json"
    return body, content_type


def _post(retries: Retries, body: bytes, content_type: str, type: str | None, client: str | None, callback_url: str | None, wait: float | None) -> Operation[Response]:
    headers = {"content-type": content_type}
    if wait:
        headers["prefer"] = f"wait={max(1, round(min(wait, WAIT_MAX)))}"
    return (yield from exchange(Request(
        "POST", "/v1/receipts", query({"type": type, "client": client, "callback_url": callback_url}), headers, body,
        patience=min(wait or 0, WAIT_MAX)), retries))


def submit(
    retries: Retries, value: Document, *, type: str | None = None, client: str | None = None, callback_url: str | None = None,
    wait: float | None = None, content_type: str | None = None,
) -> Operation[Taken]:
    started = yield from now()
    body, kind = content(value, content_type)
    response = yield from _post(retries, body, kind, type, client, callback_url, wait)
    answer = document(response)
    if isinstance(answer, Mapping) and "results" in answer:
        if len(answer["results"]) != 1:
            raise TillError(f"the document was an envelope of {len(answer['results'])} receipts, all of which are taken: batch() gives their tickets")
        answer = answer["results"][0]
    taken = decode(Taken, answer)
    if taken.repeat is None:
        # A 200 is a repeat, or the final FAILED of what was waited for.
        repeat = None if response.status == 200 and wait and taken.state == "FAILED" else response.status == 200
        taken = Taken(**{**_members(taken), "repeat": repeat})
    if wait and not taken.is_final:
        left = wait - ((yield from now()) - started)
        if left > 0:
            try:
                ticket = yield from wait_for_ticket(retries, taken.ticket_id, left)
                taken = Taken(**{**_members(taken), "state": ticket.state})
            except WaitEnded:
                pass
    return taken


def _members(value: Any) -> dict[str, Any]:
    return {name: getattr(value, name) for name in value.__dataclass_fields__}


def batch(retries: Retries, documents: Sequence[Mapping[str, Any]] | bytes | str, *, type: str | None = None, client: str | None = None) -> Operation[tuple[Taken, ...]]:
    if isinstance(documents, (bytes, str)):
        body, kind = content(documents, None)
    else:
        body, kind = text.dump(list(documents)), "application/json"
    answer = document((yield from _post(retries, body, kind, type, client, None, None)))
    results = answer["results"] if "results" in answer else [answer]
    return tuple(decode(Taken, {"repeat": False, **result}) for result in results)


@dataclass(frozen=True)
class Lot:
    first: int
    """The first line's number over all lots, from 1."""
    lines: tuple[bytes, ...]


class LotBuilder:
    """Cuts documents into NDJSON bodies."""

    def __init__(self, lines_max: int = LOT_LINES_MAX, bytes_max: int = LOT_BYTES_MAX) -> None:
        if not 1 <= lines_max <= LOT_LINES_MAX:
            raise ValueError(f"a lot has 1 to {LOT_LINES_MAX} lines, not {lines_max}")
        self._lines_max, self._bytes_max = lines_max, bytes_max
        self._lines: list[bytes] = []
        self._byte_count = 0
        self._first = 1

    def add(self, value: Document) -> Lot | None:
        """The lot that was full without this document, if it was."""
        line = text.dump(value) if isinstance(value, Mapping) else value.encode() if isinstance(value, str) else bytes(value)
        if b"\n" in line.rstrip(b"\r\n"):
            raise ValueError("a document of several lines cannot be a line of NDJSON: joined they would be another document; use submit() or batch()")
        line = line.rstrip(b"\r\n")
        full = self.rest() if self._lines and (len(self._lines) >= self._lines_max or self._byte_count + len(line) + 1 > self._bytes_max) else None
        self._lines.append(line)
        self._byte_count += len(line) + 1
        return full

    def rest(self) -> Lot | None:
        if not self._lines:
            return None
        lot = Lot(self._first, tuple(self._lines))
        self._first += len(self._lines)
        self._lines, self._byte_count = [], 0
        return lot


def submit_lot(retries: Retries, lot: Lot, *, type: str | None = None, client: str | None = None) -> Operation[tuple[LineResult, ...]]:
    """Lines that were refused for want of room alone are sent again, as a whole call would be."""
    results: dict[int, LineResult] = {}
    pending = list(range(len(lot.lines)))
    for attempt in range(max(1, retries.attempts)):
        body = b"".join(lot.lines[index] + b"\n" for index in pending)
        response = yield from _post(retries, body, "application/x-ndjson", type, client, None, None)
        answers = [text.load(line) for line in response.body.splitlines() if line.strip()]
        if answers and "error" in answers[-1]:
            raise ProblemError.of(answers[-1]["error"], int(answers[-1]["error"].get("status", 500)))
        if len(answers) != len(pending):
            raise AnswerCut(f"{len(pending)} lines were sent, {len(answers)} results came")
        for index, answer in zip(pending, answers):
            results[index] = _line(lot.first + index, answer)
        pending = [index for index in pending if results[index].status in (429, 503)]
        if not pending or attempt + 1 == retries.attempts:
            break
        yield Pause(retries.pause(attempt, None))
    return tuple(results[index] for index in range(len(lot.lines)))


def _line(line: int, answer: Mapping[str, Any]) -> LineResult:
    status = int(answer["status"])
    if "problem" in answer:
        return LineResult(line, status, None, ProblemError.of(answer["problem"], status))
    taken = decode(Taken, answer)
    if taken.repeat is None:
        taken = Taken(**{**_members(taken), "repeat": status == 200})
    return LineResult(line, status, taken, None)


# Tickets

def ticket(retries: Retries, ticket_id: str) -> Operation[Ticket]:
    return decode(Ticket, (yield from call(retries, "GET", f"/v1/tickets/{segment(ticket_id)}")))


def wait_for_ticket(retries: Retries, ticket_id: str, timeout: float | None) -> Operation[Ticket]:
    seen: Ticket = yield from poll(lambda: ticket(retries, ticket_id), timeout, f"the ticket {ticket_id} is still in progress")
    return seen


def poll(look: Callable[[], Operation[Any]], timeout: float | None, message: str, saw: Callable[[Any], None] | None = None) -> Operation[Any]:
    """Looks until `is_final`, at first often, later every 2 s."""
    started = yield from now()
    pause = 0.05
    while True:
        seen = yield from look()
        if saw:
            saw(seen)
        if seen.is_final:
            return seen
        left = float("inf") if timeout is None else timeout - ((yield from now()) - started)
        if left <= 0:
            raise WaitEnded(message, seen)
        yield Pause(min(pause, left))
        pause = min(2.0, pause * 1.5)


def segment(name: str) -> str:
    """A name as one segment of a path."""
    return urllib.parse.quote(name, safe="")


def place(receipt_id: str) -> tuple[str, dict[str, str]]:
    """Where a receipt is asked for, and what the query says of it: no path can hold `.` and `..`, which are taken out of it on the way."""
    if receipt_id in (".", ".."):
        return "/v1/receipts/-", {"receipt_id": receipt_id}
    return f"/v1/receipts/{segment(receipt_id)}", {}


# Reading receipts

# Of every table, whatever its types say.
COMMON = {
    "business_day": "DATE", "issued_at": "TIMESTAMPTZ", "received_at": "TIMESTAMPTZ", "completed_at": "TIMESTAMPTZ", "valid_to": "TIMESTAMPTZ",
}


def column_readers(retries: Retries, table: str) -> Operation[Mapping[str, Callable[[Any], Any]]]:
    """How the JSON of each of a table's columns is read, asked of the server by its types."""
    name = '"' + table.replace('"', '""') + '"'
    answer = yield from call(retries, "POST", "/v1/sql", body={"query": f"SELECT * FROM {name} LIMIT 0", "limit": 1}, repeatable=True)
    return {column["name"]: value_reader(column["type"]) for column in answer["columns"]}


_COMMON_READERS = {name: value_reader(kind) for name, kind in COMMON.items()}


def receipt(members: Mapping[str, Any], readers: Mapping[str, Callable[[Any], Any]]) -> Receipt:
    columns: dict[str, Any] = {}
    for name, value in members.items():
        if name == "document_base64":
            columns["document"] = base64.b64decode(value)
        elif name == "document":
            # Verbatim in receipts, whatever SQL calls the column.
            columns[name] = value
        else:
            columns[name] = (readers.get(name) or _COMMON_READERS.get(name) or (lambda value: value))(value)
    return Receipt(types.MappingProxyType(columns))


class ReceiptWalk:
    """Where a walk over pages stands. `cursor` goes on there, in another process as well: at the page after the last one that was given whole."""

    def __init__(self, retries: Retries, params: Mapping[str, Any], cursor: str | None) -> None:
        self._retries, self._params = retries, params
        self.cursor = cursor
        self.is_done = False
        self._readers: Mapping[str, Callable[[Any], Any]] | None = None

    def page(self) -> Operation[tuple[tuple[Receipt, ...], str | None]]:
        """The next page and the cursor behind it, which counts once the page has been given: `passed`."""
        if self._readers is None:
            # The default fields are common columns, whose types are known.
            self._readers = (yield from column_readers(self._retries, str(self._params.get("table") or "receipts"))) if self._params.get("fields") else {}
        answer = yield from call(self._retries, "GET", "/v1/receipts", params={**self._params, "cursor": self.cursor})
        return tuple(receipt(members, self._readers) for members in answer["receipts"]), answer["next_cursor"]

    def passed(self, next_cursor: str | None) -> None:
        self.is_done = next_cursor is None
        if next_cursor is not None:
            self.cursor = next_cursor


def get(retries: Retries, receipt_id: str, *, client: str | None, table: str | None, day: Any) -> Operation[Receipt]:
    readers = yield from column_readers(retries, table or "receipts")
    # No Accept: one that is the document's own media type asks for its bytes.
    path, named = place(receipt_id)
    response = yield from exchange(Request("GET", path, query({**named, "client": client, "table": table, "day": day})), retries)
    answer = document(response)
    if response.status == 300:
        days = ", ".join(str(choice["business_day"]) for choice in answer["choices"])
        raise TillError(f"several receipts are called {receipt_id}, of the days {days}: say which day, and where it is not yours alone which client")
    return receipt(answer, readers)


def raw(retries: Retries, receipt_id: str, *, client: str | None, table: str | None, day: Any) -> Operation[bytes]:
    path, named = place(receipt_id)
    response = yield from exchange(Request("GET", path, query({**named, "client": client, "table": table, "day": day, "raw": 1})), retries)
    if response.status == 300:
        raise TillError(f"several receipts are called {receipt_id}: say which day, and where it is not yours alone which client")
    return response.body


class ChangeWalk:
    """`after` is the sequence of the last change that was given."""

    def __init__(self, retries: Retries, after: int, limit: int | None, wait: float) -> None:
        self._retries, self._limit, self._wait = retries, limit, min(wait, WAIT_MAX)
        self.after = after

    def page(self) -> Operation[tuple[tuple[Change, ...], int]]:
        wait = round(self._wait) or None
        answer = yield from call(
            self._retries, "GET", "/v1/changes", params={"after": self.after, "limit": self._limit, "wait": wait}, patience=self._wait)
        changes = tuple(decode(Change, change) for change in answer["changes"])
        if not changes and not wait:
            yield Pause(0.5)
        return changes, int(answer["next_after"])


def lots(documents: Iterator[Document], builder: LotBuilder) -> Iterator[Lot]:
    for value in documents:
        full = builder.add(value)
        if full:
            yield full
    rest = builder.rest()
    if rest:
        yield rest
