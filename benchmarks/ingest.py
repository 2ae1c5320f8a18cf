"""Durable receipts a second: Till against PostgreSQL, in turn, on the same cores as their load generators.

ingest.py [--rounds 5] [--seconds 5] [--connections 1,8,32,64] [--binaries .build/release] [--only single,batch,mixed]

single  Each receipt by itself: Till by wrk (whole documents, validated, columns extracted), PostgreSQL by pgbench (rows ready-made, prepared
        single-row INSERT, autocommit, synchronous_commit=on). The same documents of 2 kB on both sides. Beside them the same server's rate
        at answering 204 to the same bodies (OPTIONS), which says what HTTP alone costs.
batch   Many at once: NDJSON of 100 and of 10,000 lines against INSERT of 100 rows and COPY of 10,000.
mixed   1,000 connections, 90 % POST and 10 % GET of a receipt, at full load; 1,000 requests a second by till-load, open loop.

PostgreSQL runs as a private cluster of the user `postgres` with the same unique key; with `--indexes` also the index on (client_id, issued_at)
that Till does without. Processor seconds are those of the server alone. Prints a table, and one JSON object a measurement to `--json FILE`.
"""

import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from harness import machine, server as harness
from harness.server import Server

HERE = pathlib.Path(__file__).parent
POSTGRES = pathlib.Path("/usr/lib/postgresql/15/bin")
CLIENT = "shop"


class Requests:
    """The generated receipts as HTTP requests in a file; each is sent once, so a run takes the next ones."""

    def __init__(self, work: pathlib.Path, documents: pathlib.Path, key: str):
        self.documents, self.key, self.work, self.next = documents, key, work, 0
        self.lines = None

    def lines_from(self, count: int) -> list[bytes]:
        """The next documents. They are read on, never again."""
        if self.lines is None:
            self.lines = open(self.documents, "rb")
        taken = []
        for line in self.lines:
            taken.append(line.rstrip(b"\n"))
            if len(taken) == count:
                return taken
        raise RuntimeError("out of receipts: generate more")

    def head(self, method: str, path: str, body: bytes, kind: str) -> bytes:
        return (f"{method} {path} HTTP/1.1\r\nHost: t\r\nAuthorization: Bearer {self.key}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n").encode()

    def write(self, requests: list[bytes]) -> tuple[pathlib.Path, pathlib.Path]:
        file, lengths = self.work / "requests", self.work / "lengths"
        with open(file, "wb") as out:
            out.writelines(requests)
        lengths.write_text("\n".join(str(len(request)) for request in requests) + "\n")
        return file, lengths

    def posts(self, count: int, method: str = "POST", lines: list[bytes] | None = None) -> list[bytes]:
        path = f"/v1/receipts?client={CLIENT}" if method == "POST" else "/v1/receipts"
        return [self.head(method, path, body, "application/json") + body for body in lines or self.lines_from(count)]

    def mixed(self, count: int) -> list[bytes]:
        """Every tenth asks for a receipt that was posted 5,000 requests earlier."""
        requests, ids = [], []
        for line in self.lines_from(count):
            requests.append(self.head("POST", f"/v1/receipts?client={CLIENT}", line, "application/json") + line)
            document = json.loads(line)
            ids.append((document["id"], document["issued_at"][:10]))
            if len(requests) % 10 == 9:
                name, day = ids[max(0, len(ids) - 4_500)]
                requests.append(f"GET /v1/receipts/{name}?client={CLIENT}&day={day} HTTP/1.1\r\nHost: t\r\nAuthorization: Bearer {self.key}\r\n\r\n".encode())
        return requests

    def batches(self, count: int, size: int) -> list[bytes]:
        requests = []
        for _ in range(count):
            body = b"\n".join(self.lines_from(size))
            requests.append(self.head("POST", f"/v1/receipts?client={CLIENT}", body, "application/x-ndjson") + body)
        return requests


def wrk(port: int, requests: list[bytes], store: Requests, connections: int, seconds: float, again: bool = False) -> dict:
    threads = min(2, connections)
    file, lengths = store.write(requests)
    machine.settle()
    done = subprocess.run(
        ["wrk", "-t", str(threads), "-c", str(connections), "-d", f"{max(1, round(seconds))}s", "--timeout", "30s", "-s", str(HERE / "ingest.lua"), f"http://127.0.0.1:{port}", "--",
         str(file), str(lengths), "0", str(len(requests)), str(-(-len(requests) // threads)), str(int(again))], check=True, capture_output=True, text=True)
    result = next(line for line in done.stdout.splitlines() if line.startswith("RESULT "))
    figures = json.loads(result[7:])
    if figures["count"] > len(requests) and not again:
        raise RuntimeError(f"{figures['count']} requests went out, {len(requests)} were written: the run is too long")
    if figures["failed"] or figures["broken"]:
        print(f"ingest: {figures['failed']} refused, {figures['broken']} broken", file=sys.stderr)
    figures["per_second"] = figures["count"] / figures["seconds"]
    return figures


class Till:
    def __init__(self, work: pathlib.Path, store: Requests, data: pathlib.Path):
        self.work, self.store, self.data = work, store, data
        self.server = Server(data, {"TILL_LOG_LEVEL": "error"})

    def __enter__(self) -> "Till":
        self.server.key = self.store.key
        self.server.environment["TILL_ADMIN_KEY"] = self.store.key
        self.server.__enter__()
        self.server.call("PUT", f"/v1/contracts/{CLIENT}", {"access": "read-write", "scope": "own"})
        return self

    def __exit__(self, *_: object) -> None:
        self.server.__exit__()

    def measure(self, requests: list[bytes], connections: int, seconds: float, receipts: int = 1, again: bool = False) -> dict:
        before = machine.processor_seconds(self.server.process.pid)
        figures = wrk(self.server.port, requests, self.store, connections, seconds, again)
        figures["processor_us"] = (machine.processor_seconds(self.server.process.pid) - before) * 1e6 / max(1, figures["count"] * receipts)
        figures["per_second"] *= receipts
        return figures


TABLE = """
CREATE TABLE receipts(
  client_id text NOT NULL, receipt_id text NOT NULL, business_day date NOT NULL, issued_at timestamptz NOT NULL, type text NOT NULL,
  type_version int NOT NULL, received_at timestamptz NOT NULL DEFAULT now(), state text NOT NULL, completed_at timestamptz, ticket_id text NOT NULL,
  sequence bigserial, content_type text NOT NULL, currency text, total numeric(18,4), tax_total numeric(18,4), store_id text, till_id text,
  customer_id text, payment_type text, document_sha256 bytea NOT NULL, document {document} NOT NULL);
CREATE UNIQUE INDEX receipts_identity ON receipts(client_id, business_day, receipt_id);
{index}
"""
COLUMNS = ("client_id, receipt_id, business_day, issued_at, type, type_version, state, ticket_id, content_type, currency, total, tax_total, "
           "store_id, till_id, customer_id, payment_type, document_sha256, document")


class Postgres:
    """A private cluster, and pgbench against it."""

    SCRIPTS = 32

    def __init__(self, work: pathlib.Path, documents: list[bytes], indexes: bool, jsonb: bool):
        self.work, self.data = work, work / "pg"
        self.documents = [json.loads(document) | {"raw": document.decode()} for document in documents]
        self.indexes, self.jsonb = indexes, jsonb
        self.port = harness_port()
        self.first = 0

    def as_postgres(self, *command: object, **options: object) -> subprocess.CompletedProcess:
        done = subprocess.run(["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", *map(str, command)], capture_output=True, text=True, cwd="/", **options)
        if done.returncode != 0:
            raise RuntimeError(f"{pathlib.Path(command[0]).name}: {done.stderr[-2000:]}")
        return done

    def __enter__(self) -> "Postgres":
        self.data.mkdir()
        shutil.chown(self.data, "postgres", "postgres")
        self.as_postgres(POSTGRES / "initdb", "-D", self.data, "-A", "trust", "-U", "postgres", "--locale=C.UTF-8")
        settings = ["shared_buffers=1GB", "max_wal_size=4GB", "max_connections=300", "synchronous_commit=on", "fsync=on", "listen_addresses=''", f"unix_socket_directories={self.data}"]
        options = " ".join(f"-c {setting}" for setting in settings) + f" -p {self.port}"
        self.as_postgres(POSTGRES / "pg_ctl", "-D", self.data, "-o", options, "-l", self.data / "log", "-w", "start")
        self.postmaster = int((self.data / "postmaster.pid").read_text().split()[0])
        index = "CREATE INDEX receipts_time ON receipts(client_id, issued_at);" if self.indexes else ""
        self.sql(TABLE.format(document="jsonb" if self.jsonb else "text", index=index))
        self.scripts = [self.script(number) for number in range(self.SCRIPTS)]
        return self

    def __exit__(self, *_: object) -> None:
        self.as_postgres(POSTGRES / "pg_ctl", "-D", self.data, "-m", "immediate", "stop")

    def sql(self, text: str) -> str:
        return self.as_postgres(POSTGRES / "psql", "-h", self.data, "-p", self.port, "-qAt", "-v", "ON_ERROR_STOP=1", input=text).stdout

    def row(self, number: int, identity: str) -> list[str]:
        """The values of a row, as SQL literals; `identity` is the receipt's id as an expression."""
        document = self.documents[number % len(self.documents)]
        quote = lambda text: "'" + str(text).replace("'", "''") + "'"
        return [quote(CLIENT), identity, quote(document["issued_at"][:10]), quote(document["issued_at"]), "'pos-receipt'", "1", "'COMPLETE'",
                "'01JD6S3K9Q6R8Z3W5Y7X2V4T1B'", "'application/json'", quote(document["currency"]), str(document["total"]), str(document["tax_total"]),
                quote(document["store"]["id"]), quote(document["store"]["till"]), quote(document.get("customer") or ""), quote(document["payment"]["type"]),
                "'\\x" + "5a" * 32 + "'", quote(document["raw"])]

    def script(self, number: int) -> tuple[pathlib.Path, str]:
        """One document for a script; all its values go over the protocol as parameters."""
        document = self.documents[number]
        path = self.work / f"insert{number}.sql"
        names = ["day", "issued", "currency", "total", "tax", "store", "till", "customer", "payment"]
        values = [document["issued_at"][:10], document["issued_at"], document["currency"], document["total"], document["tax_total"],
                  document["store"]["id"], document["store"]["till"], document.get("customer") or "none", document["payment"]["type"]]
        lines = ["\\set id random(1, 9000000000000000000)"]
        types = ["date", "timestamptz", "text", "numeric", "numeric", "text", "text", "text", "text"]
        cast = ", ".join(f":{name}{number}::{kind}" for name, kind in zip(names, types))
        parts = cast.split(", ")
        lines.append(
            f"INSERT INTO receipts({COLUMNS}) VALUES('{CLIENT}', 'R-' || :id::bigint, {parts[0]}, {parts[1]}, 'pos-receipt', 1, 'COMPLETE', "
            f"'01JD6S3K9Q6R8Z3W5Y7X2V4T1B', 'application/json', {', '.join(parts[2:])}, :hash::bytea, :document{number}::{'jsonb' if self.jsonb else 'text'});")
        path.write_text("\n".join(lines) + "\n")
        path.chmod(0o644)
        return path, [f"{name}{number}={value}" for name, value in zip(names, values)] + [f"document{number}={document['raw']}"]

    def processor_seconds(self) -> float:
        """Of the server and all its processes, those that ended included."""
        ticks = os.sysconf("SC_CLK_TCK")
        fields = pathlib.Path(f"/proc/{self.postmaster}/stat").read_text().rsplit(")", 1)[1].split()
        total = sum(int(fields[place]) for place in (11, 12, 13, 14)) / ticks
        children = pathlib.Path(f"/proc/{self.postmaster}/task/{self.postmaster}/children").read_text().split()
        return total + sum(machine.processor_seconds(int(child)) for child in children)

    def measure(self, connections: int, seconds: float) -> dict:
        before = self.processor_seconds()
        log = self.data / "pgbench"
        for old in self.data.glob("pgbench.*"):
            old.unlink()
        command = [POSTGRES / "pgbench", "-h", self.data, "-p", self.port, "-n", "-M", "prepared", "-c", connections, "-j", min(2, connections), "-T", max(1, round(seconds)),
                   "-l", "--log-prefix", log, "-D", "hash=\\x" + "5a" * 32]
        for path, variables in self.scripts:
            command += ["-f", path]
            for variable in variables:
                command += ["-D", variable]
        machine.settle()
        self.as_postgres(*command)
        time.sleep(0.1)
        latencies = sorted(int(line.split()[2]) for file in self.data.glob("pgbench.*") for line in file.read_text().splitlines())
        processor = self.processor_seconds() - before
        return {"count": len(latencies), "per_second": len(latencies) / max(1, round(seconds)), "p50_ms": latencies[len(latencies) // 2] / 1e3,
                "p99_ms": latencies[len(latencies) * 99 // 100] / 1e3, "max_ms": latencies[-1] / 1e3, "processor_us": processor * 1e6 / len(latencies)}

    def insert_many(self, size: int, connections: int, seconds: float, copy: bool) -> dict:
        """`size` rows a commit, as SQL text that is ready beforehand; psql sends it, so the client costs next to nothing."""
        import psycopg2

        before = self.processor_seconds()
        end = time.monotonic() + seconds
        counts, times = [0] * connections, [[] for _ in range(connections)]
        total = [0]
        bodies = []
        for number in range(24):
            rows = []
            for row in range(size):
                marker = f"'@@{row}'"
                rows.append("(" + ", ".join(self.row(number * size + row, marker)) + ")")
            bodies.append(rows)
        columns = f"INSERT INTO receipts({COLUMNS}) VALUES "

        def copy_text(rows: list[int]) -> str:
            import io

            lines = []
            for number, identity in rows:
                values = [value[1:-1].replace("''", "'") if value.startswith("'") else value for value in self.row(number, f"'{identity}'")]
                lines.append("\t".join(value.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n") for value in values))
            return io.StringIO("\n".join(lines) + "\n")

        ready = [[] for _ in range(connections)]
        for worker in range(connections):
            for turn in range(max(1, int(self.bulk_turns(seconds, size, copy) / connections))):
                base = self.first
                self.first += size
                if copy:
                    ready[worker].append(copy_text([(row, f"B-{base + row}") for row in range(size)]))
                else:
                    rows = [row.replace(f"'@@{place}'", f"'B-{base + place}'", 1) for place, row in enumerate(bodies[turn % len(bodies)])]
                    ready[worker].append(columns + ",".join(rows))
        machine.settle()
        before = self.processor_seconds()
        start = time.monotonic()
        end = start + seconds

        def run(worker: int) -> None:
            connection = psycopg2.connect(host=str(self.data), port=self.port, user="postgres", dbname="postgres")
            connection.autocommit = True
            cursor = connection.cursor()
            for body in ready[worker]:
                if time.monotonic() >= end:
                    break
                began = time.monotonic()
                if copy:
                    cursor.copy_expert(f"COPY receipts({COLUMNS}) FROM STDIN", body)
                else:
                    cursor.execute(body)
                times[worker].append(time.monotonic() - began)
                counts[worker] += size
            connection.close()

        threads = [threading.Thread(target=run, args=(worker,)) for worker in range(connections)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        elapsed = time.monotonic() - start
        time.sleep(0.1)
        latencies = sorted(value * 1e3 for each in times for value in each)
        total = sum(counts)
        return {"count": total, "per_second": total / elapsed, "p50_ms": latencies[len(latencies) // 2], "p99_ms": latencies[len(latencies) * 99 // 100],
                "max_ms": latencies[-1], "processor_us": (self.processor_seconds() - before) * 1e6 / total}

    @staticmethod
    def bulk_turns(seconds: float, size: int, copy: bool) -> int:
        return int(seconds * (60_000 if copy else 80_000) / size) + 1


def harness_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def show(name: str, rounds: list[dict]) -> None:
    middle = lambda key: statistics.median(each[key] for each in rounds)
    rates = sorted(each["per_second"] for each in rounds)
    print(f"| {name} | {rates[0]:,.0f} / {middle('per_second'):,.0f} / {rates[-1]:,.0f} | {middle('p50_ms'):.2f} | {middle('p99_ms'):.2f} | "
          f"{max(each['max_ms'] for each in rounds):.1f} | {middle('processor_us'):.1f} |", flush=True)


def bodies(options: argparse.Namespace, connections: int) -> int:
    """How many receipts a run may take: with few connections each waits for the disk."""
    return int(options.seconds * options.rate_max * min(1, max(2, connections) / 8)) + 1_000


def single(options: argparse.Namespace, work: pathlib.Path, store: Requests, till: Till, postgres: Postgres) -> None:
    for connections in options.connections:
        sides: dict[str, list[dict]] = {"Till": [], "PostgreSQL": [], "Till, 204": []}
        count = bodies(options, connections)
        for _ in range(options.rounds):
            lines = store.lines_from(count)
            sides["PostgreSQL"].append(postgres.measure(connections, options.seconds))
            sides["Till"].append(till.measure(store.posts(count, lines=lines), connections, options.seconds))
            sides["Till, 204"].append(till.measure(store.posts(count, "OPTIONS", lines), connections, options.seconds / 2, again=True))
        for name, rounds in sides.items():
            show(f"{name}, {connections} connections", rounds)
            options.results.append({"what": "single", "side": name, "connections": connections, "rounds": rounds})
        ratio = statistics.median(a["per_second"] / b["per_second"] for a, b in zip(sides["Till"], sides["PostgreSQL"]))
        share = statistics.median(a["per_second"] / b["per_second"] for a, b in zip(sides["Till"], sides["Till, 204"]))
        print(f"| Till / PostgreSQL, {connections} connections | {ratio:.2f} × | | | | share of 204: {share:.0%} |", flush=True)


def batch(options: argparse.Namespace, work: pathlib.Path, store: Requests, till: Till, postgres: Postgres) -> None:
    for size, connections, name in [(100, 8, "INSERT"), (10_000, 2, "COPY")]:
        sides: dict[str, list[dict]] = {"Till": [], "PostgreSQL": []}
        for _ in range(options.rounds):
            sides["PostgreSQL"].append(postgres.insert_many(size, connections, options.seconds, copy=size > 100))
            count = int(options.seconds * 2 * options.rate_max / size) + connections
            sides["Till"].append(till.measure(store.batches(count, size), connections, options.seconds, receipts=size))
        show(f"Till, NDJSON of {size:,}, {connections} connections", sides["Till"])
        show(f"PostgreSQL, {name} of {size:,}, {connections} connections", sides["PostgreSQL"])
        for side, rounds in sides.items():
            options.results.append({"what": "batch", "side": side, "size": size, "rounds": rounds})


def mixed(options: argparse.Namespace, work: pathlib.Path, store: Requests, till: Till) -> None:
    rounds = []
    for _ in range(options.rounds):
        count = int(options.seconds * options.rate_max) + 1_000
        rounds.append(till.measure(store.mixed(count), 1_000, options.seconds))
    show("Till, 1,000 connections, 90 % POST, full load", rounds)
    options.results.append({"what": "mixed", "rounds": rounds})
    rounds = []
    for _ in range(options.rounds):
        seconds = max(10, round(options.seconds))
        lines = work / "lines.ndjson"
        lines.write_bytes(b"\n".join(store.lines_from(seconds * 1_000)) + b"\n")
        machine.settle()
        before = machine.processor_seconds(till.server.process.pid)
        done = subprocess.run(
            [str(harness.binary("till-load")), "--port", str(till.server.port), "--key", store.key, "--path", f"/v1/receipts?client={CLIENT}", "--file", str(lines),
             "--connections", "1000", "--rate", "1000", "--seconds", str(seconds), "--get-share", "0.1"], check=True, capture_output=True, text=True)
        figures = json.loads(done.stdout)
        processor = machine.processor_seconds(till.server.process.pid) - before
        rounds.append({**figures["post"], "per_second": figures["per_second"], "processor_us": processor * 1e6 / figures["post"]["count"], "get": figures["get"],
                       "statuses": figures["statuses"]})
    show("Till, 1,000 connections, 1,000 requests a second", rounds)
    options.results.append({"what": "rate", "rounds": rounds})
    print(f"| RssAnon {machine.anonymous_memory(till.server.process.pid) >> 20} MiB | | | | | |", flush=True)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--connections", type=lambda text: [int(part) for part in text.split(",")], default=[1, 8, 32, 64])
    parser.add_argument("--only", type=lambda text: text.split(","), default=["single", "batch", "mixed"])
    parser.add_argument("--rate-max", type=int, default=45_000, help="receipts a second that bodies are made for")
    parser.add_argument("--binaries", type=pathlib.Path, help="where till, till-generate and till-load are (.build/release)")
    parser.add_argument("--indexes", action="store_true", help="give PostgreSQL the index on (client_id, issued_at) too")
    parser.add_argument("--jsonb", action="store_true", help="PostgreSQL keeps the document as jsonb instead of text")
    parser.add_argument("--json", type=pathlib.Path)
    parser.add_argument("--work", type=pathlib.Path, help="a folder for the data (a new one under the system's)")
    options = parser.parse_args()
    options.results = []
    return options


def main() -> None:
    options = arguments()
    if options.binaries:
        harness.binary = lambda name: options.binaries.resolve() / name
    work = pathlib.Path(tempfile.mkdtemp(prefix="till-ingest-", dir=options.work))
    work.chmod(0o755)
    try:
        single_count = sum(bodies(options, each) for each in options.connections) if "single" in options.only else 0
        batch_count = int(2 * (options.seconds * 2 * options.rate_max + 100_000)) if "batch" in options.only else 0
        mixed_count = int(options.seconds * options.rate_max + 1_000 + max(10, options.seconds) * 1_000) if "mixed" in options.only else 0
        total = options.rounds * (single_count + batch_count + mixed_count) + 1_000
        documents = work / "documents.ndjson"
        yesterday = time.strftime("%Y-%m-%d", time.gmtime(time.time() - 86_400))
        with open(documents, "wb") as out:
            subprocess.run(
                [str(harness.binary("till-generate")), "--receipts", str(total), "--from", yesterday, "--days", "1", "--schema", "pos/1", "--no-client", "--repeated", "0",
                 "--invalid", "0", "--late", "0"], stdout=out, check=True)
        store = Requests(work, documents, "benchmark-key-of-the-run")
        sample = store.lines_from(200)
        print("| what | least / median / most a second | p50 ms | p99 ms | max ms | processor µs each |\n| --- | --- | --- | --- | --- | --- |")
        with Till(work, store, work / "DATA") as till:
            if "single" in options.only or "batch" in options.only:
                with Postgres(work, sample, options.indexes, options.jsonb) as postgres:
                    if "single" in options.only:
                        single(options, work, store, till, postgres)
                    if "batch" in options.only:
                        batch(options, work, store, till, postgres)
            if "mixed" in options.only:
                mixed(options, work, store, till)
        if options.json:
            options.json.write_text(json.dumps(options.results))
    finally:
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    main()
