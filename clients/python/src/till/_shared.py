"""What both transports have alike: settings, how a request is put to httpx, and what its faults mean."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator, Mapping
from typing import IO, Any

import httpx

from ._core.effects import FilePart, Lost, Request
from ._core.sql import ARROW, PARQUET
from .errors import InvalidKey

VERSION = "0.1.0"
TIMEOUT = 30.0
CHUNK = 256 << 10
SPOOL = 64 << 20
"""Answers of more bytes than this lie in a temporary file until they are read."""


def settings(url: str | None, key: str | None) -> tuple[str, str]:
    """From the arguments, else TILL_URL and TILL_KEY, as the command line has them."""
    url = url or os.environ.get("TILL_URL")
    key = key or os.environ.get("TILL_KEY")
    if not url:
        raise ValueError("no server: give its URL, or set TILL_URL")
    if not key:
        raise ValueError("no credential: give a key, or set TILL_KEY (till key create CLIENT makes one)")
    if not url.startswith(("http://", "https://")):
        raise ValueError(f"{url!r} is no URL of a server: it begins with http:// or https://")
    if not key.isascii() or not key.isprintable() or " " in key:
        # The key is not said: what is raised may be logged.
        raise InvalidKey("the key has a line's end, a blank or a letter beyond ASCII in it: strip what was read from a file")
    return url.rstrip("/"), key


def arguments(request: Request, base: str, key: str, timeout: float) -> dict[str, Any]:
    """Of httpx's build_request; the body of a file is the transport's."""
    url = request.target if request.target.startswith(("http://", "https://")) else base + request.target
    headers = {"user-agent": f"till-client/{VERSION}", **request.headers}
    if not request.is_signed:
        headers["authorization"] = f"Bearer {key}"
    made: dict[str, Any] = {
        "method": request.method, "url": url, "headers": headers, "timeout": httpx.Timeout(timeout, read=timeout + request.patience)}
    if request.params:
        made["params"] = dict(request.params)
    if isinstance(request.body, FilePart):
        headers["content-length"] = str(request.body.byte_count)
    elif request.body is not None:
        made["content"] = request.body
    return made


def pieces(part: FilePart) -> Iterator[bytes]:
    """No more than was announced, even if the file grows; its hash tells whether it changed."""
    left = part.byte_count
    total = part.offset + part.byte_count
    with open(part.path, "rb") as file:
        file.seek(part.offset)
        if part.progress:
            part.progress(part.offset, total)
        while left > 0 and (piece := file.read(min(CHUNK, left))):
            left -= len(piece)
            yield piece
            if part.progress:
                part.progress(total - left, total)
    if left > 0:
        raise OSError(f"{part.path} became shorter while it was sent")


class Sink:
    """Takes the body of one answer."""

    def __init__(self, request: Request, status: int, headers: Mapping[str, str]) -> None:
        assert request.sink is not None
        self._file: IO[bytes] = request.sink
        self._progress = request.progress
        # A server that sends all of it again has thrown the range away.
        start = request.sink_offset if status == 206 else 0
        self._file.seek(start)
        self._file.truncate()
        length = headers.get("content-length", "")
        self._have = start
        self._total = start + int(length) if length.isdigit() else 0

    def write(self, piece: bytes) -> None:
        self._file.write(piece)
        self._have += len(piece)
        if self._progress:
            self._progress(self._have, max(self._total, self._have))


def lost(fault: httpx.HTTPError | httpx.InvalidURL, was_answered: bool) -> Lost:
    """Connecting is all that surely sends nothing."""
    never_sent = isinstance(fault, (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol))
    return Lost(f"{fault}" or type(fault).__name__, was_sent=not never_sent, was_answered=was_answered)


def digest(path: str) -> tuple[int, str]:
    with open(path, "rb") as file:
        sha256 = hashlib.file_digest(file, "sha256") if hasattr(hashlib, "file_digest") else _digest(file)
        return file.tell(), sha256.hexdigest()


def _digest(file: IO[bytes]) -> Any:
    sha256 = hashlib.sha256()
    while piece := file.read(1 << 20):
        sha256.update(piece)
    return sha256


def spool() -> IO[bytes]:
    return tempfile.SpooledTemporaryFile(SPOOL)


# One question in its columnar form: Arrow where the server has it, else Parquet, which every version has.
COLUMNAR = f"{ARROW}, {PARQUET};q=0.5"


def arrow_table(kind: str, file: IO[bytes]) -> Any:
    if kind == ARROW:
        import pyarrow.ipc

        return pyarrow.ipc.open_stream(file).read_all()
    import pyarrow.parquet

    return pyarrow.parquet.read_table(file)


def arrow_batches(kind: str, file: IO[bytes]) -> Iterator[Any]:
    if kind == ARROW:
        import pyarrow.ipc

        yield from pyarrow.ipc.open_stream(file)
    else:
        import pyarrow.parquet

        yield from pyarrow.parquet.ParquetFile(file).iter_batches()


def polars_frame(kind: str, file: IO[bytes]) -> Any:
    import polars

    return polars.read_ipc_stream(file) if kind == ARROW else polars.read_parquet(file)
