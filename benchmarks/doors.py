"""PostgreSQL's protocol beside PostgreSQL 15 itself, and Arrow beside NDJSON, in one run, both sides in turn.

    doors.py [--rows 1000000] [--seconds 5] [--runs 5] [--save TEXT] [--json FILE]

`SELECT 1` a second by pgbench with prepared statements, over one connection and over eight; a million rows of ten columns of receipts, as text through psycopg
and as binary COPY, over one connection; the same rows as an Arrow stream and as NDJSON over HTTP, read to their end. Receipts are the generator's, in cold
files, and in PostgreSQL a table of just these columns. Medians.
"""

import argparse
import datetime
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from harness import machine, results
from harness.context import contracts, put_type
from harness.peers.postgres import BINARIES, PostgreSQL
from harness.server import ROOT, Server, binary

COLUMNS = "client_id, receipt_id, business_day, issued_at, state, store_id, customer_id, currency, total, tax_total"
TABLE = (
    "CREATE TABLE receipts (client_id text, receipt_id text, business_day date, issued_at timestamptz, state text, store_id text, customer_id text, currency text, total numeric(18,4), "
    "tax_total numeric(18,4))")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Door:
    """One of the two sides, as its clients name it."""

    def __init__(self, name: str, port: int, user: str, database: str, password: str | None):
        self.name, self.port, self.user, self.database, self.password = name, port, user, database, password

    def connect(self):
        import psycopg

        return psycopg.connect(host="127.0.0.1", port=self.port, user=self.user, dbname=self.database, password=self.password, sslmode="disable", autocommit=True)

    def pgbench(self, connections: int, seconds: int, script: Path) -> float:
        environment = {**os.environ, **({"PGPASSWORD": self.password} if self.password else {}), "PGSSLMODE": "disable"}
        run = subprocess.run(
            [str(BINARIES / "pgbench"), "-n", "-M", "prepared", "-f", str(script), "-c", str(connections), "-j", "1", "-T", str(seconds), "-h", "127.0.0.1", "-p", str(self.port), "-U", self.user,
             self.database], env=environment, capture_output=True, text=True)
        lines = [line for line in run.stdout.splitlines() if line.startswith("tps = ")]
        if run.returncode or not lines:
            raise RuntimeError(f"pgbench at {self.name}: {run.stderr[-500:]}")
        return float(lines[-1].split()[2])

    def text(self, rows: int) -> float:
        """Seconds until psycopg has all rows as Python's values."""
        with self.connect() as connection:
            began = time.perf_counter()
            found = connection.execute(f"SELECT {COLUMNS} FROM receipts LIMIT {rows}").fetchall()
            seconds = time.perf_counter() - began
        assert len(found) == rows, f"{self.name}: {len(found)} rows"
        return seconds

    def copy(self, rows: int) -> float:
        """Seconds of COPY in binary, to the last byte."""
        with self.connect() as connection, connection.cursor() as cursor:
            began = time.perf_counter()
            with cursor.copy(f"COPY (SELECT {COLUMNS} FROM receipts LIMIT {rows}) TO STDOUT (FORMAT binary)") as copy:
                size = sum(len(piece) for piece in copy)
            seconds = time.perf_counter() - began
        assert size > 20 * rows
        return seconds


def streamed(server: Server, media_type: str, rows: int) -> float:
    """Seconds of an answer over HTTP, to the last byte."""
    import http.client

    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=600)
    body = json.dumps({"query": f"SELECT {COLUMNS} FROM receipts LIMIT {rows}"})
    began = time.perf_counter()
    connection.request("POST", "/v1/sql", body, {"Authorization": f"Bearer {server.key}", "Content-Type": "application/json", "Accept": media_type})
    answer = connection.getresponse()
    assert answer.status == 200, answer.read()
    size = 0
    while piece := answer.read(1 << 20):
        size += len(piece)
    assert size > 20 * rows
    return time.perf_counter() - began


def measured(rows: int, seconds: int, runs: int) -> dict:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        port = free_port()
        with Server(folder / "data", {"TILL_POSTGRES_LISTEN": f"127.0.0.1:{port}"}) as server:
            put_type(server)
            contracts(server)
            receipts = folder / "receipts.ndjson"
            with open(receipts, "wb") as out:
                first = datetime.date.today() - datetime.timedelta(days=1_500)
                subprocess.run(
                    [binary("till-generate"), "--total", str(rows), "--receipts", str(rows), "--from", first.isoformat(), "--days", "365", "--seed", "7", "--clients", "500"], stdout=out, check=True)
            server.import_file(receipts)
            receipts.unlink()
            server.call("POST", "/v1/admin/compact", {})
            # The generator repeats some.
            rows = int(server.sql("SELECT count(*) FROM receipts")[0][0])
            peer = PostgreSQL(folder / "postgres")
            try:
                ours, theirs = Door("Till", port, "admin", "till", server.key), Door("PostgreSQL", peer.port, "bench", "postgres", None)
                with theirs.connect() as target, ours.connect() as source:
                    target.execute(TABLE)
                    with source.cursor().copy(f"COPY (SELECT {COLUMNS} FROM receipts) TO STDOUT") as read, target.cursor().copy("COPY receipts FROM STDIN") as write:
                        for piece in read:
                            write.write(piece)
                    target.execute("VACUUM ANALYZE receipts")
                script = folder / "select.sql"
                script.write_text("SELECT 1;\n")
                found: dict[str, dict[str, list[float]]] = {}

                def note(what: str, side: str, value: float) -> None:
                    found.setdefault(what, {}).setdefault(side, []).append(round(value, 3))
                    print(what, side, round(value, 3), flush=True)

                for run in range(runs):
                    for door in (ours, theirs) if run % 2 == 0 else (theirs, ours):
                        for connections in (1, 8):
                            note(f"pgbench, {connections} connections", door.name, door.pgbench(connections, seconds, script))
                        note("rows as text, s", door.name, door.text(rows))
                        note("binary COPY, s", door.name, door.copy(rows))
                    for title, media_type in (("Arrow", "application/vnd.apache.arrow.stream"), ("NDJSON", "application/x-ndjson")):
                        note("rows over HTTP, s", title, streamed(server, media_type, rows))
                return {"rows": rows, "found": found, "version": peer.version()}
            finally:
                peer._stop()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--save", metavar="TEXT", help="into benchmarks/results, with what else was at work")
    options = parser.parse_args()
    figures = measured(options.rows, options.seconds, options.runs)
    for what, sides in figures["found"].items():
        medians = {side: statistics.median(values) for side, values in sides.items()}
        one, other = medians.values()
        print(f"{what:28} " + ", ".join(f"{side} {value:,.3f}" for side, value in medians.items()) + f", {one / other:.2f} of it")
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1) + "\n")
    if options.save:
        results.Run("doors", 0, 0, {"doors": figures | results.stamp(ROOT) | {"beside": options.save}}, machine.describe()).save(ROOT / "benchmarks/results")


if __name__ == "__main__":
    main()
