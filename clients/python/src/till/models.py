"""What the server answers, as frozen values. Members that a newer server adds are passed over; one that must be there and is not is a `ProtocolError`."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .errors import ProblemError, Violation

Instant = datetime.datetime


@dataclass(frozen=True)
class Taken:
    """A receipt that is durable. `state` is PROCESSING, COMPLETE or FAILED."""

    ticket_id: str
    client_id: str
    receipt_id: str
    type: str
    business_day: datetime.date
    state: str
    sequence: int
    repeat: bool | None = None
    """It was here before; None where the answer does not tell that from an outcome that was waited for."""
    version: int | None = None
    changed: tuple[str, ...] | None = None

    @property
    def is_final(self) -> bool:
        return self.state != "PROCESSING"


@dataclass(frozen=True)
class LineResult:
    """What became of one document of many: `taken`, or `problem`."""

    line: int
    """1-based, over everything that was given."""
    status: int
    taken: Taken | None
    problem: ProblemError | None


@dataclass(frozen=True)
class Step:
    """A registrar's part of a ticket."""

    name: str
    stage: int
    state: str
    attempts: int
    at: Instant | None = None
    reference: str | None = None
    detail: str | None = None


@dataclass(frozen=True)
class TicketEvent:
    at: Instant
    event: str


@dataclass(frozen=True)
class Ticket:
    """`state` is PROCESSING, COMPLETE or FAILED, or REFUSED for what lies in quarantine."""

    ticket_id: str
    state: str
    steps: tuple[Step, ...]
    errors: tuple[Violation, ...]
    history: tuple[TicketEvent, ...]
    client_id: str | None = None
    receipt_id: str | None = None
    type: str | None = None
    business_day: datetime.date | None = None
    sequence: int | None = None
    replaced_by: str | None = None

    @property
    def is_final(self) -> bool:
        return self.state != "PROCESSING"


@dataclass(frozen=True)
class Change:
    """A receipt that came, or whose state changed. `sequence` is this change's own."""

    sequence: int
    at: Instant
    event: str
    receipt: Taken


@dataclass(frozen=True)
class Column:
    name: str
    type: str
    """As in SQL: `DECIMAL(18,4)`, `STRUCT("name" VARCHAR, …)[]`."""


@dataclass(frozen=True)
class Statistics:
    rows_scanned: int
    bytes_read: int
    files_pruned: int
    elapsed_ms: float


@dataclass(frozen=True)
class Receipt:
    """The columns that were asked for, by name: decimals as Decimal, instants with their zone, lists as tuples of mappings. `document` is among them where it was asked for."""

    columns: Mapping[str, Any]

    def __getitem__(self, name: str) -> Any:
        return self.columns[name]

    @property
    def receipt_id(self) -> str:
        return str(self.columns["receipt_id"])

    @property
    def ticket_id(self) -> str:
        return str(self.columns["ticket_id"])

    @property
    def state(self) -> str:
        return str(self.columns["state"])

    @property
    def document(self) -> Any:
        """JSON as parsed, with Decimals; other text as str; None where it was not asked for."""
        return self.columns.get("document")


@dataclass(frozen=True)
class Upload:
    """`state` is NEW, PROCESSING, PROCESSED, ERROR, CANCELLED or REVERTED; processed = accepted + replaced + repeated + rejected."""

    upload_id: str
    state: str
    name: str | None = None
    client_id: str | None = None
    type: str | None = None
    bytes: int | None = None
    received_bytes: int | None = None
    records: int | None = None
    processed: int = 0
    accepted: int = 0
    repeated: int = 0
    replaced: int = 0
    rejected: int = 0
    created_at: Instant | None = None
    started_at: Instant | None = None
    ended_at: Instant | None = None
    problem: Mapping[str, Any] | None = None
    errors_url: str | None = None
    reverted: int | None = None
    left: int | None = None

    @property
    def is_final(self) -> bool:
        return self.state not in ("NEW", "PROCESSING")


@dataclass(frozen=True)
class UploadTicket:
    """Where a file may be put, by whoever has `url`, until `expires_at`."""

    upload_id: str
    url: str
    method: str
    expires_at: Instant
    state: str
    max_bytes: int | None = None


@dataclass(frozen=True)
class RecordFault:
    """One record of an upload that was refused, with its reasons and those of its columns that were valid."""

    record: int
    errors: tuple[Violation, ...]
    columns: Mapping[str, Any]
    receipt_id: str | None = None


@dataclass(frozen=True)
class Export:
    """`state` is RUNNING, DONE, ERROR, CANCELLED or EXPIRED."""

    export_id: str
    state: str
    name: str | None = None
    format: str | None = None
    rows: int | None = None
    bytes: int | None = None
    progress: Any = None
    sha256: str | None = None
    url: str | None = None
    expires_at: Instant | None = None
    problem: Mapping[str, Any] | None = None

    @property
    def is_final(self) -> bool:
        return self.state != "RUNNING"


@dataclass(frozen=True)
class Message:
    """A queue's message, which is this worker's until `locked_until`."""

    message_id: str
    lock_token: str
    body: Any
    deliveries: int
    enqueued_at: Instant
    locked_until: Instant


@dataclass(frozen=True)
class SendResult:
    """`status` is `queued` or `duplicate`."""

    message_id: str
    status: str
