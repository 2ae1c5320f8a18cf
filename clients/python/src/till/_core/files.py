"""Uploads and exports: files that go and come whole, over connections that break."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import IO, Any

from ..errors import AnswerCut, ConnectionFailed, ProblemError, TillError, UploadClosed
from ..models import Export, RecordFault, Upload, UploadTicket
from .decode import decode
from .effects import Digest, FilePart, Operation, Pause, Progress, Request
from .exchange import NEVER, Retries, call, exchange
from .receipts import poll, segment
from .sql import parameter

TUS = {"tus-resumable": "1.0.0"}


def create(retries: Retries, *, name: str, type: str | None, content_type: str | None, byte_count: int | None, sha256: str | None, client: str | None) -> Operation[UploadTicket]:
    body = {"name": name, "type": type, "content_type": content_type, "bytes": byte_count, "sha256": sha256}
    # One that nobody puts a file to is nothing: making it twice does no harm.
    return decode(UploadTicket, (yield from call(retries, "POST", "/v1/uploads", params={"client": client}, body=body, repeatable=True)))


def upload(retries: Retries, upload_id: str) -> Operation[Upload]:
    return decode(Upload, (yield from call(retries, "GET", f"/v1/uploads/{segment(upload_id)}")))


def send(
    retries: Retries, path: str, *, name: str | None, type: str | None, content_type: str | None, client: str | None, progress: Progress | None,
    watch: Callable[[Upload], None] | None, timeout: float | None,
) -> Operation[Upload]:
    byte_count, sha256 = yield Digest(path)
    made = yield from create(
        retries, name=name or os.path.basename(path), type=type, content_type=content_type, byte_count=byte_count, sha256=sha256, client=client)
    yield from put(retries, made.url, path, byte_count, progress)
    return (yield from wait(retries, made.upload_id, watch, timeout))


def wait(retries: Retries, upload_id: str, watch: Callable[[Upload], None] | None, timeout: float | None) -> Operation[Upload]:
    message = f"the upload {upload_id} is still being processed"
    seen: Upload = yield from poll(lambda: upload(retries, upload_id), timeout, message, watch)
    return seen


def put(retries: Retries, url: str, path: str, byte_count: int, progress: Progress | None) -> Operation[None]:
    """The file in one PUT; where that breaks, from where the server has it (tus 1.0)."""
    offset = 0
    breaks = 0
    is_first = True
    while True:
        body = FilePart(path, offset, byte_count - offset, progress)
        method = "PUT" if is_first else "PATCH"
        headers = {"content-type": "application/octet-stream"} if is_first else {
            **TUS, "upload-offset": str(offset), "content-type": "application/offset+octet-stream"}
        fault: Exception
        try:
            yield from exchange(Request(method, url, {}, headers, body, is_signed=True), NEVER)
            return
        except UploadClosed:
            # The file had come whole, and only the answer to that was lost.
            if is_first and breaks == 0:
                raise
            return
        except ConnectionFailed as lost:
            fault = lost
        except AnswerCut as cut:
            fault = cut
        except ProblemError as refusal:
            # 409 without that slug is tus: another offset is due. 460, a bad checksum, is not asked for.
            if refusal.status not in (429, 503, 408, 502, 504) and not (refusal.status == 409 and not is_first):
                raise
            fault = refusal
        breaks += 1
        if breaks >= retries.attempts:
            raise fault
        yield Pause(retries.pause(breaks - 1, getattr(fault, "retry_after", None)))
        found = yield from _offset(retries, url)
        if found is None or found >= byte_count:
            return
        if found > offset:
            # It gets on: a long file may break as often as it likes.
            breaks = 0
        offset, is_first = found, False


def _offset(retries: Retries, url: str) -> Operation[int | None]:
    """How much the server has; None where it is closed, for it has all."""
    try:
        response = yield from exchange(Request("HEAD", url, {}, TUS, is_signed=True), retries)
    except ProblemError as refusal:
        if refusal.status == 409:
            return None
        raise
    value = response.headers.get("upload-offset", "")
    if not value.isdigit():
        raise TillError(f"the server does not say how much of the file it has (Upload-Offset: {value!r})")
    return int(value)


class FaultWalk:
    """The refused records of an upload."""

    def __init__(self, retries: Retries, upload_id: str, cursor: str | None) -> None:
        self._retries, self._upload_id = retries, upload_id
        self.cursor = cursor
        self.is_done = False

    def page(self) -> Operation[tuple[RecordFault, ...]]:
        answer = yield from call(
            self._retries, "GET", f"/v1/uploads/{segment(self._upload_id)}/errors", params={"cursor": self.cursor}, headers={"accept": "application/json"})
        self.cursor = answer["next_cursor"]
        self.is_done = self.cursor is None
        return tuple(decode(RecordFault, fault) for fault in answer["errors"])


# Exports

def start_export(
    retries: Retries, *, query: str | None, params: Sequence[Any], time_zone: str | None, receipts: Mapping[str, Any] | None,
    sheets: Sequence[Mapping[str, Any]] | None, format: str, name: str | None, expires_in: str | None,
) -> Operation[str]:
    if sum(part is not None for part in (query, receipts, sheets)) != 1:
        raise ValueError("an export is of one query, of receipts, or of sheets")
    body: dict[str, Any] = {"format": format}
    if query is not None:
        body |= {"query": query, "params": [parameter(value) for value in params]}
    if receipts is not None:
        body["receipts"] = receipts
    if sheets is not None:
        body["sheets"] = [{**sheet, "params": [parameter(value) for value in sheet.get("params", ())]} for sheet in sheets]
    body |= {member: value for member, value in (("time_zone", time_zone), ("name", name), ("expires_in", expires_in)) if value is not None}
    answer = yield from call(retries, "POST", "/v1/exports", body=body, repeatable=False)
    return str(answer["export_id"])


def export(retries: Retries, export_id: str) -> Operation[Export]:
    return decode(Export, (yield from call(retries, "GET", f"/v1/exports/{segment(export_id)}")))


def finished_export(retries: Retries, export_id: str, watch: Callable[[Export], None] | None, timeout: float | None) -> Operation[Export]:
    """Raises the export's own problem where it ended in one."""
    seen: Export = yield from poll(lambda: export(retries, export_id), timeout, f"the export {export_id} is still running", watch)
    if seen.state == "ERROR":
        raise ProblemError.of(seen.problem or {}, int((seen.problem or {}).get("status", 500)))
    if seen.state != "DONE":
        raise TillError(f"the export {export_id} is {seen.state}")
    return seen


def download(retries: Retries, made: Export, sink: IO[bytes], path: str, progress: Progress | None) -> Operation[None]:
    """The file by its link, gone on with where it broke, and its hash compared."""
    if made.url is None:
        raise TillError(f"the export {made.export_id} has no link")
    breaks = 0
    while True:
        have = sink.seek(0, 2)
        headers = {"range": f"bytes={have}-", "accept-encoding": "identity"} if have else {"accept-encoding": "identity"}
        if made.bytes is not None and 0 < made.bytes == have:
            break
        try:
            yield from exchange(Request("GET", made.url, {}, headers, is_signed=True, sink=sink, sink_offset=have, progress=progress), retries)
            break
        except AnswerCut:
            breaks = 0 if sink.seek(0, 2) > have else breaks + 1
            if breaks >= retries.attempts:
                raise
            yield Pause(retries.pause(breaks, None))
    sink.flush()
    if made.sha256:
        byte_count, sha256 = yield Digest(path)
        if sha256 != made.sha256.lower():
            raise AnswerCut(f"{path}: {byte_count} bytes whose SHA-256 is {sha256}, and not the export's {made.sha256}")


@contextlib.contextmanager
def whole(path: str) -> Iterator[tuple[IO[bytes], str]]:
    """A file beside `path` that takes its place when all has gone well, and is removed when not."""
    partial = path + ".part"
    try:
        with open(partial, "w+b") as file:
            yield file, partial
        os.replace(partial, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(partial)
        raise
