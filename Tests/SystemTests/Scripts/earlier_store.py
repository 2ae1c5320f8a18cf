"""Makes a small store with a till of an earlier version, for the tests: `python earlier_store.py TILL TARGET.tar.xz [log]`.

What it answered lies in the archive beside it, so that a later version can be held to it. With `log` the archive has the store's log in its place, and what it answered at an instant and at the end.
"""
import datetime
import json
import lzma
import os
import pathlib
import re
import sqlite3
import subprocess
import sys
import tarfile
import tempfile
import time
import urllib.error
import urllib.request

ADMIN = "admin-key-of-the-system-tests"
QUERY = "SELECT client_id, receipt_id, business_day, issued_at, total, currency FROM receipts_accepted ORDER BY 1, 2"
SAMPLES = pathlib.Path(__file__).resolve().parents[3] / "types/samples"


class Server:
    """A till over a directory, until it is told to stop."""

    def __init__(self, till: str, data: str, *more: str, environment: dict | None = None) -> None:
        self.log = data.rstrip("/") + ".log"
        with open(self.log, "w") as log:
            clean = {name: value for name, value in os.environ.items() if not name.startswith("TILL_")}
            self.process = subprocess.Popen(
                [till, "serve", "--data", data, "--listen", "127.0.0.1:0", *more], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log, env=clean | {"TILL_ADMIN_KEY": ADMIN} | (environment or {}))
        end = time.monotonic() + 300
        while time.monotonic() < end:
            text = pathlib.Path(self.log).read_text()
            if '"listening"' in text and (found := re.search(r'http://[^":]*:\d+', text)):
                self.url = found.group()
                return
            if self.process.poll() is not None:
                raise SystemExit(f"{till} did not start: {text}")
            time.sleep(0.05)
        raise SystemExit(f"{till} is not listening: {text}")

    def call(self, method: str, path: str, body: bytes | str | None = None, key: str = ADMIN, kind: str = "application/json", accept: str = "*/*") -> tuple[int, bytes]:
        data = body.encode() if isinstance(body, str) else body
        request = urllib.request.Request(self.url + path, data=data, method=method, headers={"Authorization": f"Bearer {key}", "Content-Type": kind, "Accept": accept})
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def sql(self, query: str = QUERY) -> str:
        status, text = self.call("POST", "/v1/sql", json.dumps({"query": query}), accept="text/csv")
        assert status == 200, text
        return text.decode()

    def stop(self) -> None:
        self.process.terminate()
        assert self.process.wait(30) == 0, pathlib.Path(self.log).read_text()


def receipt(number: int, day: str) -> str:
    total = f"{number}.50"
    line = {"code": "1", "name": "Хліб", "qty": 1, "price": float(total), "amount": float(total)}
    return json.dumps({"schema": "pos/1", "id": f"E-{number}", "issued_at": f"{day}T10:00:00Z", "store": {"id": "s1"}, "currency": "UAH", "lines": [line], "total": float(total)})


def fill(server: Server) -> dict:
    """What the store holds: cold and hot receipts, a refused document, a contract with a key."""
    status, _ = server.call("PUT", "/v1/contracts/shop", '{"name":"Shop","access":"read-write","scope":"own"}')
    assert status == 201, status
    status, made = server.call("POST", "/v1/contracts/shop/keys")
    assert status == 201, made
    key = json.loads(made)["key"]
    tickets = {}

    def post(body: bytes | str, kind: str = "application/json") -> None:
        status, answer = server.call("POST", "/v1/receipts", body, key, kind)
        assert status == 201, answer
        stored = json.loads(answer)
        tickets[stored["receipt_id"]] = stored["ticket_id"]

    for name in ["pos-receipt-1.json", "pos-receipt-2.json"]:
        post((SAMPLES / name).read_bytes())
    post((SAMPLES / "es-ticketbai-1.xml").read_bytes(), "application/xml")
    for number in range(1, 5):
        post(receipt(number, f"2025-0{number}-10"))
    status, answer = server.call("POST", "/v1/receipts", '{"schema":"pos/1","id":"bad"}', key)
    assert status == 422, answer
    status, answer = server.call("POST", "/v1/admin/compact", "{}")
    assert status == 200, answer
    for number in range(5, 8):
        post(receipt(number, f"2025-0{number}-11"))
    return {"key": key, "tickets": tickets, "answer": server.sql()}


def note_instant(server: Server, known: dict) -> None:
    """With something behind it."""
    time.sleep(1)
    known["instant"] = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    time.sleep(1)
    assert server.call("POST", "/v1/receipts", receipt(9, "2025-09-11"), known["key"])[0] == 201
    known["end"] = server.sql()


def main() -> None:
    till, target = sys.argv[1:3]
    with_log = sys.argv[3:] == ["log"]
    with tempfile.TemporaryDirectory() as folder:
        data = f"{folder}/DATA"
        server = Server(till, data, environment={"TILL_LOG_URL": f"file://{folder}/log", "TILL_LOG_SEGMENT": "200ms"} if with_log else None)
        try:
            known = fill(server)
            if with_log:
                note_instant(server, known)
            server.stop()
        finally:
            server.process.kill()
        known["catalog"] = sqlite3.connect(f"file:{data}/catalog.sqlite?mode=ro", uri=True).execute("PRAGMA user_version").fetchone()[0]
        pathlib.Path(f"{data}.json").write_text(json.dumps(known, ensure_ascii=False))
        # A store that was closed has no log; what SQLite leaves beside its files may go.
        with lzma.open(target, "wb", preset=9) as packed, tarfile.open(fileobj=packed, mode="w") as tar:
            tar.add(*((f"{folder}/log", "log") if with_log else (data, "DATA")))
            tar.add(f"{data}.json", "known.json")
    print(target, os.path.getsize(target), "bytes, catalog", known["catalog"], known["answer"].count("\n") - 1, "receipts")


if __name__ == "__main__":
    main()
