"""What the scripts of this folder share: a contract with receipts in a running till, and a PostgreSQL 15 beside it with tables of the same columns and rows.

Each script is called with PORT URL ADMIN_KEY of a running server, and exits 77 without its client.
"""
import json
import os
import socket
import sys
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "Reference"))

USER = "corner-shop"
RECEIPTS = 5
# Of `receipts`, each type once and more; members of `lines` come in another order than PostgreSQL keeps them in.
COLUMNS = ("client_id, receipt_id, business_day, issued_at, type, type_version, received_at, state, ticket_id, sequence, document, document_sha256, upload_id, customer_id, total, tax_total, "
           "is_refund, tax_share, jsonb_array_length(lines) AS line_count, lines -> 0 ->> 'name' AS name")


def skip(what):
    print(f"{what} not installed: script/bootstrap does that")
    sys.exit(77)


class Till:
    """The server under test, with a contract and its receipts."""

    def __init__(self, port, url, admin):
        self.port, self.url, self.admin = int(port), url, admin
        self.call("PUT", f"/v1/contracts/{USER}", {"access": "read-write", "scope": "own"})
        self.key = self.call("POST", f"/v1/contracts/{USER}/keys", {})["key"]
        for number in range(1, RECEIPTS + 1):
            self.post(number)

    def call(self, method, path, body, key=None):
        data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {key or self.admin}", "Content-Type": "application/json"}
        with urllib.request.urlopen(urllib.request.Request(self.url + path, data, headers, method=method)) as answer:
            return json.loads(answer.read() or b"null")

    def post(self, number):
        document = {
            "schema": "pos/1", "id": f"R-{number}", "store": {"id": "S17", "till": "3"}, "issued_at": f"2026-11-1{number}T14:03:07+02:00", "currency": "UAH", "customer": f"U{number:07}",
            "lines": [{"code": "4820000000017", "name": "Хліб \"x\"", "category": "bakery", "qty": 2, "price": 32.50, "vat": 20, "amount": 60 + number}], "total": 60 + number, "tax_total": 10.83,
            "payment": {"type": "card"},
        }
        self.call("POST", "/v1/receipts", json.dumps(document, ensure_ascii=False), self.key)

    def connect(self):
        import psycopg

        return psycopg.connect(host="127.0.0.1", port=self.port, user=USER, password=self.key, dbname="till", sslmode="disable", autocommit=True)


class Peer:
    """PostgreSQL 15 with a table of the columns and rows of till's `receipts`, under its name, which nobody may write to."""

    def __init__(self, till):
        from random_queries.engines import PostgreSQL

        self.server = PostgreSQL()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.options = f"-k {self.server.folder} -p {self.port} -c listen_addresses=127.0.0.1 -c fsync=off -c timezone=UTC -c jit=off"
        self.server._run("pg_ctl", "restart", "-w", "-m", "fast", "-D", f"{self.server.folder}/data", "-l", f"{self.server.folder}/log", "-o", self.options)
        self.copy(till)

    def connect(self, database="till"):
        import psycopg

        return psycopg.connect(host="127.0.0.1", port=self.port, user="till", dbname=database, autocommit=True)

    def copy(self, till):
        with till.connect() as source, self.connect("postgres") as admin:
            admin.execute("CREATE DATABASE till")
            with self.connect() as target:
                columns = source.execute(
                    "SELECT attname, format_type(atttypid, atttypmod), attnotnull FROM pg_attribute WHERE attrelid = 'receipts'::regclass AND attnum > 0 ORDER BY attnum").fetchall()
                target.execute("CREATE TABLE receipts (" + ", ".join(f'"{name}" {form}' for name, form, _ in columns) + ", PRIMARY KEY (ticket_id))")
                with source.cursor().copy("COPY (SELECT * FROM receipts) TO STDOUT") as rows, target.cursor().copy("COPY receipts FROM STDIN") as into:
                    for data in rows:
                        into.write(data)
                self.comment(source, target)
            admin.execute("ALTER DATABASE till SET default_transaction_read_only = on")
            admin.execute("ALTER DATABASE till SET default_transaction_isolation = 'repeatable read'")

    @staticmethod
    def comment(source, target):
        """The same comments on the table and its columns."""
        said = source.execute(
            "SELECT a.attname, d.description FROM pg_description d LEFT JOIN pg_attribute a ON a.attrelid = d.objoid AND a.attnum = d.objsubid WHERE d.objoid = 'receipts'::regclass").fetchall()
        for column, text in said:
            what = f'COLUMN receipts."{column}"' if column else "TABLE receipts"
            target.execute(f"COMMENT ON {what} IS '" + text.replace("'", "''") + "'")

    def close(self):
        self.server.close()


def run(client, needs=()):
    """Calls `client(till, peer)`, and says at the end that it was served."""
    import importlib.util

    lacking = [name for name in ("psycopg", *needs) if not importlib.util.find_spec(name)]
    if lacking:
        skip(", ".join(lacking))
    till = Till(*sys.argv[1:4])
    peer = Peer(till)
    try:
        client(till, peer)
    finally:
        peer.close()
    print("the client is served")


def same(what, ours, theirs):
    """Two lists of lines: says the first differences."""
    if ours == theirs:
        return
    lines = [f"{what}: {len(ours)} and {len(theirs)} lines"]
    lines += [f"  till       {line}" for line in ours if line not in theirs][:20] + [f"  PostgreSQL {line}" for line in theirs if line not in ours][:20]
    raise AssertionError("\n".join(lines))
