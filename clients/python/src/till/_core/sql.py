"""Questions: rows page by page, or the whole answer as one columnar file."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import IO, Any, overload

from ..errors import AnswerCut, ProblemError, ProtocolError
from ..models import Column, Statistics
from . import text
from .decode import decode, value_reader
from .effects import Operation, Request, Response
from .exchange import Retries, call, exchange
from .receipts import segment

ARROW = "application/vnd.apache.arrow.stream"
PARQUET = "application/vnd.apache.parquet"


class Row(Sequence[Any]):
    """One row: by position, by name as `row["total"]`, or as `row.total`."""

    __slots__ = ("_values", "_index")

    def __init__(self, values: tuple[Any, ...], index: Mapping[str, int]) -> None:
        self._values, self._index = values, index

    @overload
    def __getitem__(self, key: int | str) -> Any: ...
    @overload
    def __getitem__(self, key: slice) -> Sequence[Any]: ...
    def __getitem__(self, key: int | str | slice) -> Any:
        return self._values[self._index[key]] if isinstance(key, str) else self._values[key]

    def __getattr__(self, name: str) -> Any:
        try:
            return self._values[self._index[name]]
        except KeyError:
            raise AttributeError(f"the answer has no column {name}; it has {', '.join(self._index)}") from None

    def __len__(self) -> int:
        return len(self._values)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._values)

    def __eq__(self, other: object) -> bool:
        return self._values == (other._values if isinstance(other, Row) else other)

    def __hash__(self) -> int:
        return hash(self._values)

    def __repr__(self) -> str:
        return "Row(" + ", ".join(f"{name}={self._values[index]!r}" for name, index in self._index.items()) + ")"

    def asdict(self) -> dict[str, Any]:
        return {name: self._values[index] for name, index in self._index.items()}


def parameter(value: Any) -> Any:
    """A value as `params` take it: numbers of their digits, all else untyped texts, as SQL's literals are. Bytes go
    in hexadecimal (`$1::bytea`); a list is an array's text, to be cast (`$1::text[]`)."""
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if value - value == 0 else str(value)
    if isinstance(value, Decimal):
        if not value.is_finite():
            return str(value)
        # A number with an exponent is a DOUBLE to SQL, and loses digits. Past what any DECIMAL holds it is one anyway.
        return text.Plain(value) if abs(value.adjusted()) <= 400 else value
    if isinstance(value, datetime.datetime):
        return text.instant(value) if value.tzinfo else value.isoformat(sep=" ")
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, datetime.timedelta):
        return f"{value.days} days {value.seconds} seconds {value.microseconds} microseconds"
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return "\\x" + bytes(value).hex()
    if isinstance(value, (list, tuple)):
        return array(value)
    raise TypeError(f"a parameter cannot be of {type(value).__name__}: {value!r}")


def array(values: Sequence[Any]) -> str:
    """The text of a list, as `$1::bigint[]` reads it; a list within is a dimension of it."""
    items = []
    for value in values:
        made = parameter(value)
        if made is None:
            items.append("NULL")
        elif isinstance(value, (list, tuple)):
            items.append(made)
        elif isinstance(made, str):
            items.append('"' + made.replace("\\", "\\\\").replace('"', '\\"') + '"')
        else:
            items.append(text.scalar(made))
    return "{" + ",".join(items) + "}"


class Question:
    """One question with its parameters, which may be asked in either form."""

    def __init__(self, retries: Retries, query: str, params: Sequence[Any], time_zone: str | None, query_id: str | None, timeout: float) -> None:
        self._retries = retries
        self.query_id = query_id
        self._timeout = timeout
        self._body: dict[str, Any] = {"query": query}
        if params:
            self._body["params"] = [parameter(value) for value in params]
        if time_zone:
            self._body["time_zone"] = time_zone
        if query_id:
            self._body["query_id"] = query_id

    def page(self, cursor: str | None, limit: int | None) -> Operation[Mapping[str, Any]]:
        body = dict(self._body)
        if limit:
            body["limit"] = limit
        if cursor:
            body["cursor"] = cursor
        answer: Mapping[str, Any] = yield from call(
            self._retries, "POST", "/v1/sql", body=body, repeatable=True, headers={"accept": "application/json"}, patience=self._timeout)
        return answer

    def file(self, sink: IO[bytes], accept: str) -> Operation[str]:
        """The whole answer into a file; gives its media type."""
        response: Response = yield from exchange(Request(
            "POST", "/v1/sql", {}, {"content-type": "application/json", "accept": accept}, text.dump(self._body), patience=self._timeout, sink=sink), self._retries)
        check_end(response.content_type, sink)
        return response.content_type


def check_end(content_type: str, sink: IO[bytes]) -> None:
    """A stream that broke off at a fault has no end marker, which readers of Arrow take for an end as well. The sink is left at its start."""
    end = sink.seek(0, 2)
    marker = {ARROW: b"\xff\xff\xff\xff\0\0\0\0", PARQUET: b"PAR1"}.get(content_type)
    if marker is None:
        raise ProtocolError(f"the answer is {content_type or 'of no media type'}, not one of Arrow or Parquet")
    sink.seek(max(0, end - len(marker)))
    if sink.read() != marker:
        raise AnswerCut(f"the answer of {end} bytes has no end: the question ended in a fault, or the connection did")
    sink.seek(0)


class RowWalk:
    """Rows of an answer, page by page, in one consistent state of the store."""

    def __init__(self, question: Question, page_size: int | None, cursor: str | None = None) -> None:
        self._question, self._page_size = question, page_size
        self.cursor = cursor
        self.is_done = False
        self.columns: tuple[Column, ...] = ()
        self.statistics: Statistics | None = None
        self._readers: list[Callable[[Any], Any]] = []
        self._index: dict[str, int] = {}

    def page(self) -> Operation[list[Row]]:
        answer = yield from self._question.page(self.cursor, self._page_size)
        if not self._readers:
            self.columns = tuple(decode(Column, column) for column in answer["columns"])
            self._readers = [value_reader(column.type) for column in self.columns]
            # Of two columns of one name the first is meant.
            for index, column in enumerate(self.columns):
                self._index.setdefault(column.name, index)
        self.statistics = decode(Statistics, answer["statistics"])
        self.cursor = answer["next_cursor"]
        self.is_done = self.cursor is None
        readers = self._readers
        return [Row(tuple(read(value) for read, value in zip(readers, row)), self._index) for row in answer["rows"]]


def cancel(retries: Retries, query_id: str) -> Operation[bool]:
    """False where no such question runs any more."""
    try:
        yield from call(retries, "DELETE", f"/v1/queries/{segment(query_id)}")
        return True
    except ProblemError as refusal:
        if refusal.code == "not-found":
            return False
        raise
