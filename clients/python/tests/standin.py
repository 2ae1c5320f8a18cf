"""A strict stand-in for uploads, exports and queues: what the contract of these calls does not allow is a 400 that fails the test. It can be told to break off."""

from __future__ import annotations

import datetime
import hashlib
import hmac
import json
import re
import socket
import struct
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SECRET = b"of the links"
KEY = "key"


class Refusal(Exception):
    def __init__(self, status: int, slug: str, detail: str = "", headers: dict[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status, self.slug, self.detail, self.headers = status, slug, detail, headers or {}


def instant(seconds: float = 0) -> str:
    at = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
    return at.isoformat(timespec="microseconds").replace("+00:00", "Z")


class StandIn:
    def __init__(self) -> None:
        self.uploads: dict[str, dict[str, Any]] = {}
        self.exports: dict[str, dict[str, Any]] = {}
        self.queue: dict[str, list[dict[str, Any]]] = {}
        self.log: list[tuple[str, str]] = []
        self.faults: list[str] = []
        """What clients did that the contract does not allow."""
        self.break_after: list[int] = []
        """Of each next file that comes or goes: after how many bytes of it the connection is cut."""
        self.refuse: list[tuple[int, str, dict[str, str]]] = []
        """Each next call's refusal: status, slug, headers."""
        self.answers: list[bytes] = []
        """Each next answer as it stands, of `POST /v1/sql` and NDJSON of receipts."""
        self.answer_type = "application/json"
        self.bodies: list[bytes] = []
        self.lock_seconds = 60.0
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            server_version = "StandIn"

            def handle_any(self) -> None:
                outer.handle(self)

            do_GET = do_POST = do_PUT = do_PATCH = do_HEAD = do_DELETE = handle_any

            def log_message(self, *_: Any) -> None: ...

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_: Any) -> None: ...

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        assert not self.faults, self.faults

    # The frame

    def handle(self, request: BaseHTTPRequestHandler) -> None:
        parts = urllib.parse.urlsplit(request.path)
        query = dict(urllib.parse.parse_qsl(parts.query))
        self.log.append((request.command, parts.path))
        try:
            if self.refuse:
                self._body(request)
                status, slug, headers = self.refuse.pop(0)
                raise Refusal(status, slug, "as told", headers)
            if parts.path.startswith("/links/"):
                self._link(request, parts.path, query)
                return
            if request.headers.get("authorization") != f"Bearer {KEY}":
                raise Refusal(401, "unauthenticated")
            self._answer(request, *self._call(request, parts.path, query))
        except Refusal as refusal:
            self._problem(request, refusal)
        except (ConnectionError, TimeoutError):
            request.close_connection = True

    def _problem(self, request: BaseHTTPRequestHandler, refusal: Refusal) -> None:
        if refusal.status == 400:
            self.faults.append(f"{request.command} {request.path}: {refusal.detail}")
        problem = {"type": f"/problems/{refusal.slug}", "title": refusal.slug, "status": refusal.status, "detail": refusal.detail, "errors": [], "request_id": "req-1"}
        self._answer(request, refusal.status, problem, {"content-type": "application/problem+json", "x-request-id": "req-1", **refusal.headers})

    def _answer(self, request: BaseHTTPRequestHandler, status: int, body: Any, headers: dict[str, str] | None = None) -> None:
        content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        request.send_response(status)
        headers = {"content-type": "application/json", **(headers or {})}
        for name, value in headers.items():
            request.send_header(name, value)
        if status != 204:
            request.send_header("content-length", str(len(content)))
        request.end_headers()
        if request.command != "HEAD" and status != 204:
            request.wfile.write(content)

    @staticmethod
    def _body(request: BaseHTTPRequestHandler) -> bytes:
        return request.rfile.read(int(request.headers.get("content-length") or 0))

    def _json(self, request: BaseHTTPRequestHandler, members: set[str]) -> dict[str, Any]:
        if request.headers.get("content-type") != "application/json":
            raise Refusal(400, "bad-request", "the body must be JSON")
        value = json.loads(self._body(request))
        if not isinstance(value, dict) or set(value) - members:
            raise Refusal(400, "bad-json", f"unknown members in {value}")
        return value

    def cut(self, request: BaseHTTPRequestHandler) -> None:
        """Ends the connection as a crash does: with a reset."""
        request.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        request.connection.close()
        raise ConnectionResetError

    def _link_to(self, path: str) -> str:
        return f"{path}?signature={hmac.new(SECRET, path.encode(), hashlib.sha256).hexdigest()}"

    # Calls

    def _call(self, request: BaseHTTPRequestHandler, path: str, query: dict[str, str]) -> tuple[Any, ...]:
        for pattern, handler in (
            (r"/v1/uploads", self._uploads), (r"/v1/uploads/([^/]+)", self._upload), (r"/v1/uploads/([^/]+)/errors", self._upload_errors),
            (r"/v1/uploads/([^/]+)/revert", self._revert), (r"/v1/exports", self._start_export), (r"/v1/exports/([^/]+)", self._export),
            (r"/v1/queues/([^/]+)/messages", self._send), (r"/v1/queues/([^/]+)/receive", self._receive),
            (r"/v1/queues/([^/]+)/messages/([^/]+)/(complete|abandon|renew|dead-letter)", self._settle),
            (r"/v1/tasks/([^/]+)/(success|failure|heartbeat)", self._task), (r"/v1/(?:sql|receipts)", self._given), (r"/v1/queries/([^/]+)", self._cancel),
        ):
            if found := re.fullmatch(pattern, path):
                return handler(request, query, *map(urllib.parse.unquote, found.groups()))
        raise Refusal(404, "not-found")

    def _given(self, request: BaseHTTPRequestHandler, _: dict[str, str]) -> tuple[Any, ...]:
        self.bodies.append(self._body(request))
        return 200, self.answers.pop(0), {"content-type": self.answer_type}

    def _cancel(self, request: BaseHTTPRequestHandler, _: dict[str, str], query_id: str) -> tuple[Any, ...]:
        if query_id == "gone":
            raise Refusal(404, "not-found")
        return 204, None

    def _uploads(self, request: BaseHTTPRequestHandler, _: dict[str, str]) -> tuple[Any, ...]:
        body = self._json(request, {"name", "type", "content_type", "bytes", "sha256"})
        upload_id = f"up-{len(self.uploads) + 1}"
        self.uploads[upload_id] = {
            "upload_id": upload_id, "client_id": "shop", "name": body["name"], "type": body.get("type"), "state": "NEW", "bytes": body.get("bytes"), "received_bytes": 0,
            "records": None, "processed": 0, "accepted": 0, "repeated": 0, "replaced": 0, "rejected": 0, "created_at": instant(), "started_at": None, "ended_at": None,
            "problem": None, "errors_url": None, "_sha256": body.get("sha256"), "_got": b"", "_polls": 0}
        return 201, {"upload_id": upload_id, "url": self._link_to(f"/links/{upload_id}"), "method": "PUT", "max_bytes": 5 << 30, "expires_at": instant(3600), "state": "NEW"}

    @staticmethod
    def _shown(thing: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in thing.items() if not name.startswith("_")}

    def _upload(self, request: BaseHTTPRequestHandler, _: dict[str, str], upload_id: str) -> tuple[Any, ...]:
        upload = self.uploads[upload_id]
        if request.command == "DELETE":
            upload["state"] = "CANCELLED"
            return 204, None
        if upload["state"] == "PROCESSING":
            upload["_polls"] += 1
            if upload["_polls"] >= 3:
                lines = upload["_got"].splitlines()[1:]
                bad = sum(b"bad" in line for line in lines)
                upload.update(state="PROCESSED", records=len(lines), processed=len(lines), accepted=len(lines) - bad, rejected=bad, ended_at=instant(),
                              errors_url=f"/v1/uploads/{upload_id}/errors")
        return 200, self._shown(upload)

    def _upload_errors(self, request: BaseHTTPRequestHandler, query: dict[str, str], upload_id: str) -> tuple[Any, ...]:
        lines = self.uploads[upload_id]["_got"].splitlines()[1:]
        bad = [number for number, line in enumerate(lines, 1) if b"bad" in line]
        at = int(query.get("cursor") or 0)
        errors = [{"record": number, "receipt_id": None, "errors": [{"pointer": f"/{number}/npi", "code": "pattern", "message": "no npi"}], "columns": {"name": "x"}}
                  for number in bad[at:at + 2]]
        return 200, {"errors": errors, "next_cursor": str(at + 2) if at + 2 < len(bad) else None}

    def _revert(self, request: BaseHTTPRequestHandler, _: dict[str, str], upload_id: str) -> tuple[Any, ...]:
        self.uploads[upload_id].update(state="REVERTED", reverted=3, left=1)
        return 202, {}

    def _start_export(self, request: BaseHTTPRequestHandler, _: dict[str, str]) -> tuple[Any, ...]:
        body = self._json(request, {"query", "params", "time_zone", "receipts", "sheets", "format", "name", "expires_in"})
        if ("query" in body) + ("receipts" in body) + ("sheets" in body) != 1:
            raise Refusal(400, "bad-json", "one of query, receipts and sheets")
        export_id = f"ex-{len(self.exports) + 1}"
        content = b"the file\n" * 100_000
        self.exports[export_id] = {
            "export_id": export_id, "name": body.get("name"), "format": body["format"], "state": "RUNNING", "rows": None, "bytes": None, "progress": 0, "sha256": None,
            "url": None, "expires_at": None, "problem": None, "_content": content, "_polls": 0, "_fails": body.get("query") == "fail"}
        return 202, {"export_id": export_id, "state": "RUNNING"}, {"location": f"/v1/exports/{export_id}"}

    def _export(self, request: BaseHTTPRequestHandler, _: dict[str, str], export_id: str) -> tuple[Any, ...]:
        if request.command == "DELETE":
            del self.exports[export_id]
            return 204, None
        export = self.exports[export_id]
        export["_polls"] += 1
        if export["_polls"] >= 3 and export["_fails"]:
            export.update(state="ERROR", problem={"type": "/problems/query-timeout", "title": "too long", "status": 504, "detail": "an hour", "errors": []})
        elif export["_polls"] >= 3:
            export.update(state="DONE", rows=9, bytes=len(export["_content"]), sha256=hashlib.sha256(export["_content"]).hexdigest(),
                          url=self.url + self._link_to(f"/links/{export_id}"), expires_at=instant(86_400))
        return 200, self._shown(export)

    # Links: what has the signature needs no credential, and should not send one

    def _link(self, request: BaseHTTPRequestHandler, path: str, query: dict[str, str]) -> None:
        if self._link_to(path).partition("=")[2] != query.get("signature"):
            raise Refusal(403, "bad-signature")
        if request.headers.get("authorization"):
            self.faults.append(f"{request.command} {path}: a credential was sent to a signed link")
        name = path.rpartition("/")[2]
        if name in self.exports:
            self._download(request, self.exports[name])
        else:
            {"PUT": self._put, "PATCH": self._patch, "HEAD": self._head}[request.command](request, self.uploads[name])

    def _take(self, request: BaseHTTPRequestHandler, upload: dict[str, Any]) -> None:
        length = request.headers.get("content-length")
        if length is None:
            raise Refusal(400, "bad-request", "a file of known length came without Content-Length")
        left = int(length)
        cut = self.break_after.pop(0) if self.break_after else None
        if cut == 0:
            self.cut(request)
        while left > 0:
            piece = request.rfile.read(min(left, 1_000, cut or 1_000))
            if not piece:
                raise ConnectionResetError
            upload["_got"] += piece
            left -= len(piece)
            if cut is not None:
                cut -= len(piece)
                if cut <= 0:
                    upload["received_bytes"] = len(upload["_got"])
                    self.cut(request)
        upload["received_bytes"] = len(upload["_got"])

    def _done(self, upload: dict[str, Any]) -> None:
        got = upload["_got"]
        if upload["bytes"] not in (None, len(got)) or upload["_sha256"] not in (None, hashlib.sha256(got).hexdigest()):
            upload.update(state="NEW", _got=b"")
            raise Refusal(422, "upload-mismatch", "another size or hash than announced")
        upload.update(state="PROCESSING", started_at=instant())

    def _put(self, request: BaseHTTPRequestHandler, upload: dict[str, Any]) -> None:
        if upload["state"] != "NEW":
            self._body(request)
            raise Refusal(409, "upload-closed")
        upload["_got"] = b""
        self._take(request, upload)
        self._done(upload)
        if self.break_after:
            self.break_after.pop(0)
            self.cut(request)
        self._answer(request, 201, {"upload_id": upload["upload_id"], "state": "PROCESSING"})

    def _head(self, request: BaseHTTPRequestHandler, upload: dict[str, Any]) -> None:
        self._tus(request)
        self._answer(request, 200, None, {
            "tus-resumable": "1.0.0", "upload-offset": str(len(upload["_got"])), "upload-length": str(upload["bytes"]), "cache-control": "no-store"})

    def _tus(self, request: BaseHTTPRequestHandler) -> None:
        if request.headers.get("tus-resumable") != "1.0.0":
            raise Refusal(400, "bad-request", "Tus-Resumable: 1.0.0 must be there")

    def _patch(self, request: BaseHTTPRequestHandler, upload: dict[str, Any]) -> None:
        self._tus(request)
        if request.headers.get("content-type") != "application/offset+octet-stream":
            raise Refusal(400, "bad-request", "PATCH is of application/offset+octet-stream")
        if upload["state"] != "NEW":
            self._body(request)
            raise Refusal(409, "upload-closed")
        if request.headers.get("upload-offset") != str(len(upload["_got"])):
            self._body(request)
            raise Refusal(400, "bad-request", f"Upload-Offset is {request.headers.get('upload-offset')} and not {len(upload['_got'])}")
        self._take(request, upload)
        if len(upload["_got"]) == upload["bytes"]:
            self._done(upload)
        self._answer(request, 204, None, {"tus-resumable": "1.0.0", "upload-offset": str(len(upload["_got"]))})

    def _download(self, request: BaseHTTPRequestHandler, export: dict[str, Any]) -> None:
        content = export["_content"]
        start = 0
        if found := re.fullmatch(r"bytes=(\d+)-", request.headers.get("range") or ""):
            start = int(found[1])
        request.send_response(206 if start else 200)
        request.send_header("content-length", str(len(content) - start))
        if start:
            request.send_header("content-range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        request.end_headers()
        cut = self.break_after.pop(0) if self.break_after else None
        request.wfile.write(content[start:] if cut is None else content[start:start + cut])
        if cut is not None:
            request.wfile.flush()
            time.sleep(0.05)
            request.connection.shutdown(socket.SHUT_RDWR)
            request.close_connection = True

    # Queues

    def _send(self, request: BaseHTTPRequestHandler, _: dict[str, str], name: str) -> tuple[Any, ...]:
        body = self._json(request, {"messages"})
        messages = self.queue.setdefault(name, [])
        results = []
        for message in body["messages"]:
            if set(message) - {"id", "body", "delay"} or "body" not in message:
                raise Refusal(400, "bad-json", f"a message is id, body, delay: {message}")
            message_id = message.get("id") or f"m-{len(messages) + 1}"
            if any(known["message_id"] == message_id for known in messages):
                results.append({"message_id": message_id, "status": "duplicate"})
                continue
            messages.append({"message_id": message_id, "body": message["body"], "deliveries": 0, "enqueued_at": instant(), "_state": "active", "_until": 0.0, "_renewed": 0})
            results.append({"message_id": message_id, "status": "queued"})
        return 200, {"results": results}

    def _receive(self, request: BaseHTTPRequestHandler, _: dict[str, str], name: str) -> tuple[Any, ...]:
        body = self._json(request, {"max", "wait"})
        if not 0 <= body["wait"] <= 20 or not 1 <= body["max"] <= 100:
            raise Refusal(400, "bad-json", f"{body}")
        given: list[dict[str, Any]] = []
        for message in self.queue.get(name, []):
            if message["_state"] == "active" and message["_until"] < time.monotonic() and len(given) < body["max"]:
                message["deliveries"] += 1
                message["_until"] = time.monotonic() + self.lock_seconds
                message["lock_token"] = f"lock-{message['deliveries']}"
                message["locked_until"] = instant(self.lock_seconds)
                given.append(self._shown(message))
        if not given:
            time.sleep(0.02)
        return 200, {"messages": given}

    def _settle(self, request: BaseHTTPRequestHandler, _: dict[str, str], name: str, message_id: str, verb: str) -> tuple[Any, ...]:
        more = {"complete": set(), "abandon": {"delay"}, "renew": {"lock"}, "dead-letter": {"reason"}}[verb]
        body = self._json(request, {"lock_token"} | more)
        message = next(message for message in self.queue[name] if message["message_id"] == message_id)
        if body.get("lock_token") != message.get("lock_token") or message["_state"] != "active" or message["_until"] < time.monotonic():
            raise Refusal(409, "lock-lost")
        if verb == "renew":
            message["_until"] = time.monotonic() + self.lock_seconds
            message["_renewed"] += 1
        elif verb == "abandon":
            message["_until"] = 0.0
            message["_delay"] = body.get("delay")
        else:
            message["_state"] = verb
            message["_reason"] = body.get("reason")
        return 204, None

    def _task(self, request: BaseHTTPRequestHandler, _: dict[str, str], token: str, verb: str) -> tuple[Any, ...]:
        self._json(request, {"success": {"output"}, "failure": {"error", "cause"}, "heartbeat": set()}[verb])
        if token == "ended":
            raise Refusal(409, "task-ended")
        return 204, None


def ndjson(*values: Any) -> bytes:
    return b"".join(json.dumps(value).encode() + b"\n" for value in values)


__all__ = ["StandIn", "ndjson"]
