"""What an operation asks of its driver, and what it gets back."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import IO, Any, TypeVar

T = TypeVar("T")
Progress = Callable[[int, int], None]
"""Called with the bytes that are through, and those there are."""


@dataclass(frozen=True)
class FilePart:
    """A file from an offset to its end, read while it is sent."""

    path: str
    offset: int
    byte_count: int
    progress: Progress | None = None


@dataclass(frozen=True)
class Request:
    """One HTTP request. `target` is a path below the server's URL, or an absolute URL (a signed link)."""

    method: str
    target: str
    params: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | FilePart | None = None
    repeatable: bool = True
    """Whether sending it twice does what sending it once does, so that a lost connection is no reason to give up."""
    patience: float = 0
    """Seconds that the server may wait by contract before its first byte, beyond the client's own timeout."""
    is_signed: bool = False
    """A link that is its own right: no credential goes with it."""
    sink: IO[bytes] | None = None
    """Where the body of a 2xx goes instead of into memory; what is in it from `sink_offset` on is thrown away first."""
    sink_offset: int = 0
    progress: Progress | None = None


@dataclass(frozen=True)
class Response:
    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "").split(";")[0].strip().lower()


class Lost(Exception):
    """The driver's word for a connection that gave no answer, thrown into the operation."""

    def __init__(self, reason: str, was_sent: bool, was_answered: bool = False) -> None:
        super().__init__(reason)
        self.was_sent = was_sent
        """False where surely no byte of the request arrived."""
        self.was_answered = was_answered
        """The head had come, and then the body broke off."""


@dataclass(frozen=True)
class Send:
    request: Request


@dataclass(frozen=True)
class Pause:
    seconds: float


@dataclass(frozen=True)
class Now:
    """Asks for a clock's seconds that only ever rise."""


@dataclass(frozen=True)
class Digest:
    """Asks for a file's size in bytes and its SHA-256 in hexadecimal."""

    path: str


Effect = Send | Pause | Now | Digest
Operation = Generator[Effect, Any, T]
