"""A real server that holds the tables as receipts of types made for them: some rows in cold files, some hot."""
import datetime
import http.client
import json
import os
import re
import shutil
import subprocess
import tempfile
import time
from decimal import Decimal

from tables import KEYS, LINE, SCHEMA

_ADMIN_KEY = "admin-key-of-the-random-queries"
_TYPES = {"integer": "INTEGER", "bigint": "BIGINT", "text": "VARCHAR", "double precision": "DOUBLE", "boolean": "BOOLEAN", "date": "DATE", "timestamptz": "TIMESTAMPTZ"}
# Lists are of structs only.
NOT_STORABLE = {"tags"}


def storable(tables):
    """The same tables without what no receipt has: NaN, and lists that are NULL."""
    for table, rows in tables.rows.items():
        for row in rows:
            for place, (_, _, kind) in enumerate(SCHEMA[table]):
                if row[place] != row[place]:
                    row[place] = 0.5
                elif row[place] is None and kind == "receipt_line[]":
                    row[place] = []
    return tables


def _type(kind):
    return _TYPES.get(kind) or kind.replace("numeric", "DECIMAL").upper()


def _type_file(table):
    columns = {name: {"path": f"/{name}", "type": _type(kind)} for name, _, kind in SCHEMA[table] if not kind.endswith("[]")}
    if any(kind == "receipt_line[]" for _, _, kind in SCHEMA[table]):
        columns["lines"] = {"path": "/lines", "columns": {name: {"path": f"/{name}", "type": _type(kind)} for name, _, kind in LINE}}
    return {"name": f"row-{table}", "version": 1, "table": table, "format": "json", "match": {"/schema": table}, "receipt_id": "/key", "issued_at": "/at",
            "columns": columns}


def _plain(value):
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime.datetime):
        return value.isoformat().replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, datetime.date) else value


def document(table, row, key=None):
    """A row as the document of a receipt; `key` where a row of the same table has its own already."""
    content = {"schema": table, "key": str(row[0] if key is None else key), "at": f"2020-01-{1 + row[0] % 28:02}T10:00:00Z"}
    for (name, meaning, kind), value in zip(SCHEMA[table], row):
        if meaning in NOT_STORABLE or value is None:
            continue
        if kind == "receipt_line[]":
            value = [{part: _plain(cell) for (part, _, _), cell in zip(LINE, line) if cell is not None} for line in value]
        content[name] = _plain(value)
    return content


class Server:
    """`ask` gives answers as the other engines do, asked as streams; `pages` walks them."""

    #: Of each type, besides its columns.
    type_options = {}

    def __init__(self, binary):
        self.binary, self.process, self.folder = binary, None, None

    def load(self, tables, files=None):
        """A new server with the rows of `tables`."""
        self.start()
        for table in tables.rows:
            self.required("PUT", f"/v1/types/row-{table}", {**_type_file(table), **self.type_options})
        self.fill(tables)

    def fill(self, tables):
        """The first half in cold files."""
        for half in (0, 1):
            for table, rows in tables.rows.items():
                middle = len(rows) // 2
                self.post([document(table, row) for row in (rows[middle:] if half else rows[:middle])])
            if half == 0:
                self.compact()

    def start(self):
        """A new server without tables."""
        self.close()
        self.folder = tempfile.mkdtemp(prefix="till-random-server-")
        environment = {key: value for key, value in os.environ.items() if not key.startswith("TILL_")}
        with open(f"{self.folder}/log", "wb") as log:
            self.process = subprocess.Popen([self.binary, "serve", "--data", f"{self.folder}/DATA", "--listen", "127.0.0.1:0"], stderr=log,
                                            stdout=subprocess.DEVNULL, env={**environment, "TILL_ADMIN_KEY": _ADMIN_KEY})
        self.port = self._port()
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        self.required("PUT", "/v1/contracts/shop", {"access": "read-write", "scope": "own"})

    def _port(self):
        for _ in range(600):
            with open(f"{self.folder}/log", encoding="utf-8", errors="replace") as log:
                text = log.read()
            found = re.search(r'https?://[^"]*:(\d+)"', text)
            if found and '"listening"' in text:
                return int(found[1])
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        raise SystemExit(f"the server does not listen: {text}")

    def close(self):
        if self.process:
            self.process.kill()
            self.process.wait()
            shutil.rmtree(self.folder, ignore_errors=True)
            self.process = None

    # Requests

    def call(self, method, path, body=None, accept="application/json", connection=None, kind="application/json"):
        connection = connection or self.connection
        content = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else None
        headers = {"Authorization": f"Bearer {_ADMIN_KEY}", "Accept": accept, **({"Content-Type": kind} if content is not None else {})}
        connection.request(method, path, content, headers)
        answer = connection.getresponse()
        try:
            return answer.status, answer.read()
        except http.client.IncompleteRead as cut:  # A fault after the first byte: the last line tells it.
            connection.close()
            return answer.status, cut.partial

    def required(self, method, path, body=None, **more):
        status, content = self.call(method, path, body, **more)
        if status >= 300:
            raise SystemExit(f"{method} {path}: {status} {content.decode()[:1000]}")
        return content

    def post(self, documents, connection=None):
        """Each must be taken: a refusal is a fault of the tests."""
        if not documents:
            return
        lines = "\n".join(json.dumps(one) for one in documents).encode()
        results = self.required("POST", "/v1/receipts?client=shop", lines, connection=connection, kind="application/x-ndjson", accept="application/x-ndjson")
        results = [json.loads(line) for line in results.splitlines()]
        faults = [one for one in results if one["status"] not in (200, 201)]
        if faults or len(results) != len(documents):
            raise SystemExit(f"{len(results)} of {len(documents)} documents: {faults[:2]}")

    def compact(self, connection=None):
        self.required("POST", "/v1/admin/compact", {}, connection=connection)

    # Questions

    def ask(self, queries, zone="UTC"):
        return [self._answer(query, zone) for query in queries]

    def _answer(self, query, zone):
        try:
            status, content = self.call("POST", "/v1/sql", {"query": query, "time_zone": zone}, accept="application/x-ndjson")
        except (OSError, http.client.HTTPException) as fault:
            return self._fallen(fault)
        if status != 200:
            return "error", self._words(content)
        rows = [json.loads(line, parse_float=str, parse_int=str) for line in content.decode().splitlines()]
        if rows and "error" in rows[-1]:
            return "error", json.dumps(rows[-1]["error"])
        return "rows", [list(row.values()) for row in rows]

    def _fallen(self, fault):
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        return "crash", f"{fault!r}, server {'runs' if self.process.poll() is None else self.process.returncode}"

    @staticmethod
    def _words(content):
        problem = json.loads(content)
        return f"{problem['type'].split('/')[-1]}: {problem.get('detail')}"

    def walk(self, query, limits, zone="UTC", after_first=lambda: None):
        """The answer in pages of at most `limits()` rows each; `after_first` is called when the first page is there."""
        rows, body = [], {"query": query, "time_zone": zone}
        while True:
            limit = limits()
            try:
                status, content = self.call("POST", "/v1/sql", {**body, "limit": limit})
            except (OSError, http.client.HTTPException) as fault:
                return self._fallen(fault)
            if status != 200:
                return "error", self._words(content)
            page = json.loads(content, parse_float=str, parse_int=str)
            if len(page["rows"]) > limit or (page["next_cursor"] and not page["rows"]):
                return "error", f"a page of {len(page['rows'])} rows where {limit} were asked for, cursor {page['next_cursor']}"
            rows += page["rows"]
            if not page["next_cursor"]:
                return "rows", rows
            if "cursor" not in body:
                after_first()
            body["cursor"] = page["next_cursor"]
