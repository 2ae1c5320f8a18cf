"""Past one machine, tried on one: clients divided over several servers by a hash of their id, each with a store of its own, and existing
engines over the Iceberg tables of all."""

import argparse
import contextlib
import hashlib
import json
import re
import subprocess
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

from . import machine, results
from .context import contracts, put_type
from .measure import difference
from .progress import Progress
from .receipts import Plan
from .results import stamp
from .server import ROOT, Server

BATCH = 2_000
ENGINES = (("duckdb", ".venv"), ("chdb", ".venv-bench"), ("polars", ".venv"), ("pyiceberg", ".venv"))
CLIENT = re.compile(rb'"client":"([^"]*)"')


def server_of(client: str, count: int) -> int:
    """The one rule that every router follows: SHA-256 of the client's id, its first eight bytes as a number, modulo the servers."""
    return int.from_bytes(hashlib.sha256(client.encode()).digest()[:8], "big") % count


def measure(options: argparse.Namespace, work: Path, check_disk: Callable[[Path, int], None]) -> None:
    import datetime

    count, size = options.servers, options.size or 300_000
    check_disk(work, size * 6_000 + (1 << 30))
    plan = Plan(datetime.date.today(), 2, size, 0, 0, options.seed)
    progress = Progress([("load", size / 15_000 + 5), ("compact", size / 40_000 + 2), ("ask", 20)])
    progress.say(f"{size:,} receipts of 500 clients over {count} servers: about {progress.total / 60:.0f} minutes")
    file = work / "all.ndjson"
    plan.cold_stream.write(0, size, file)
    found: dict[str, object] = {"servers": count, "receipts": size}
    with contextlib.ExitStack() as stack:
        servers = [stack.enter_context(Server(work / f"SERVER{number}")) for number in range(count)]
        for server in servers:
            put_type(server)
            contracts(server)
        progress.begin("load")
        start = time.perf_counter()
        found["taken"] = route(file, servers, progress)
        found["load_seconds"] = time.perf_counter() - start
        progress.end()
        progress.begin("compact")
        for server in servers:
            server.call("POST", "/v1/admin/compact", {})
        progress.end()
        progress.begin("ask")
        found["rows"] = [server.sql("SELECT count(*) FROM receipts")[0][0] for server in servers]
        expected = merged(servers)
    file.unlink()
    tables = [str(work / f"SERVER{number}/warehouse/receipts") for number in range(count)]
    found["answer"] = expected
    found["engines"] = {}
    for engine, environment in ENGINES:
        program = [str(ROOT / environment / "bin/python"), str(Path(__file__).with_name("iceberg_engines.py")), engine, *tables]
        # chDB reads files below the folder that it is started in.
        done = subprocess.run(program, capture_output=True, text=True, cwd="/")
        if done.returncode != 0:
            found["engines"][engine] = {"error": done.stderr.strip().splitlines()[-1] if done.stderr.strip() else f"exit {done.returncode}"}
        else:
            answer = json.loads(done.stdout.strip().splitlines()[-1])
            problem = difference(expected[0], answer["rows"][0]) or difference(expected[1], answer["rows"][1])
            found["engines"][engine] = {"seconds": answer["seconds"], "version": answer["version"], "difference": problem}
        progress.say(f"{engine}: {found['engines'][engine]}")
    progress.end()
    progress.finish()
    run = results.read(options.results, options.name or "servers") or results.Run(options.name or "servers", size, 2)
    run.receipts, run.machine = size, machine.describe()
    run.parts["servers"] = {**stamp(ROOT), **found}
    run.save(options.results)


def route(file: Path, servers: list[Server], progress: Progress) -> list[int]:
    """Sends each receipt to its client's server, in batches; how many each took."""
    waiting: list[list[bytes]] = [[] for _ in servers]
    taken = [0] * len(servers)

    def send(number: int) -> None:
        status, answer = servers[number].request("POST", "/v1/receipts", b"".join(waiting[number]), "application/x-ndjson")
        if status != 200:
            raise RuntimeError(f"server {number}: {status} {answer[:500].decode()}")
        taken[number] += sum(b'"status":201' in line for line in answer.splitlines())
        waiting[number] = []

    done, whole = 0, file.stat().st_size
    with open(file, "rb") as lines:
        for line in lines:
            number = server_of(CLIENT.search(line)[1].decode(), len(servers))
            waiting[number].append(line)
            done += len(line)
            if len(waiting[number]) == BATCH:
                send(number)
                progress.advance(done / whole)
    for number in range(len(servers)):
        if waiting[number]:
            send(number)
    return taken


def merged(servers: list[Server]) -> list[list[list[object]]]:
    """The same two questions asked of each server, put together: a client lives on one server only, so sums add and lists merge."""
    totals = [server.sql("SELECT count(*), sum(total), count(DISTINCT client_id) FROM receipts_accepted")[0] for server in servers]
    first = [sum(int(row[0]) for row in totals), str(sum(Decimal(row[1]) for row in totals if row[1] is not None)), sum(int(row[2]) for row in totals)]
    clients = [row for server in servers for row in server.sql("SELECT client_id, sum(total) FROM receipts_accepted GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 5")]
    return [[first], sorted(clients, key=lambda row: (-Decimal(row[1]), row[0]))[:5]]
