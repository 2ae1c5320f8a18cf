"""What a second machine costs, and how soon it takes over: two servers and a witness on this machine, against one server.

pair.py [--parts rate,latency,takeover,transfer,join] [--rounds 5] [--seconds 5] [--connections 64] [--per-second 1000] [--takeovers 5] [--binaries .build/release] [--work DIR] [--save TEXT]

rate      receipts of 2 kB a second by wrk, one server and the pair in turn; which goes first changes with each round. Wanted: half of one server's.
latency   posts at a fixed rate, each due at its own instant whatever became of the one before; from that instant to the answer. Wanted: p99 below 100 ms.
transfer  `till cluster transfer`, there and back, while clients post at both nodes, half of the connections at each: the longest wait of a post around each transfer. Wanted: below 500 ms,
          and none refused, lost or doubled.
takeover  the leader is killed while a client posts: from the kill to the first answer of the other that took a receipt. Wanted: below 5 s. Each round the one that was killed joins again first.
join      a node loses its directory after `--seconds` of posts by wrk: from its start to being in sync, by all records there ever were, and by the leader's checkpoint and the records after it.

Prints a table; --save TEXT keeps the figures in benchmarks/results, with what else was at work. Needs till, for `rate` till-generate and wrk too. Figures count on a machine that does nothing else.
"""

import argparse
import http.client
import json
import os
import pathlib
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from typing import Self

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import ingest
from harness import machine, results
from harness import server as harness

KEY = "benchmark-key-of-the-run"
DOCUMENT = {
    "schema": "pos/1", "store": {"id": "S17", "till": "3"}, "currency": "UAH", "customer": "U0001234",
    "lines": [{"code": "4820000000017", "name": "Хліб", "category": "bakery", "qty": 2, "price": 32.50, "vat": 20, "amount": 65.00}],
    "total": 65.00, "tax_total": 10.83, "payment": {"type": "card"},
}


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--parts", type=lambda text: text.split(","), default=["rate", "latency", "takeover", "transfer"])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--per-second", type=int, default=1_000)
    parser.add_argument("--takeovers", type=int, default=5)
    parser.add_argument("--rate-max", type=int, default=45_000, help="receipts a second that bodies are made for")
    parser.add_argument("--binaries", type=pathlib.Path)
    parser.add_argument("--work", type=pathlib.Path)
    parser.add_argument("--save", metavar="TEXT", help="into benchmarks/results, with what else was at work")
    return parser.parse_args()


def free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def post(connection: http.client.HTTPConnection, name: str) -> int:
    body = json.dumps({**DOCUMENT, "id": name, "issued_at": "2026-11-19T14:03:07+02:00"})
    connection.request("POST", f"/v1/receipts?client={ingest.CLIENT}", body, {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"})
    answer = connection.getresponse()
    answer.read()
    return answer.status


class Node:
    def __init__(self, work: pathlib.Path, name: str, port: int, environment: dict[str, str]):
        self.data, self.name, self.port = work / name, name, port
        self.environment = {**os.environ, "TILL_LOG_LEVEL": "error", "TILL_ADMIN_KEY": KEY, **environment}
        self.process: subprocess.Popen | None = None

    def start(self) -> None:
        with open(self.data.parent / f"{self.name}.log", "ab") as log:
            self.process = subprocess.Popen(
                [str(harness.binary("till")), "serve", "--data", str(self.data), "--listen", f"127.0.0.1:{self.port}"], env=self.environment, stderr=log, stdout=log)

    def ready(self) -> tuple[int, dict]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/readyz")
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        except (OSError, http.client.HTTPException, ValueError):
            return 0, {}
        finally:
            connection.close()


class Pair:
    """Two servers that keep one store, and a witness."""

    def __init__(self, work: pathlib.Path, degrades: bool, environment: dict[str, str] | None = None):
        ports = free_ports(5)
        self.witness_port = ports[4]
        self.work = work
        common = {"TILL_CLUSTER_WITNESS": f"http://127.0.0.1:{ports[4]}", "TILL_CLUSTER_DEGRADE": "true" if degrades else "false", **(environment or {})}
        self.nodes = [
            Node(work, "a", ports[0], {**common, "TILL_CLUSTER_NODE": "a", "TILL_CLUSTER_PEER": f"b@127.0.0.1:{ports[3]}", "TILL_CLUSTER_LISTEN": f"127.0.0.1:{ports[2]}"}),
            Node(work, "b", ports[1], {**common, "TILL_CLUSTER_NODE": "b", "TILL_CLUSTER_PEER": f"a@127.0.0.1:{ports[2]}", "TILL_CLUSTER_LISTEN": f"127.0.0.1:{ports[3]}"}),
        ]

    def __enter__(self) -> Self:
        self.witness = subprocess.Popen(
            [str(harness.binary("till")), "witness", "--data", str(self.work / "witness"), "--listen", f"127.0.0.1:{self.witness_port}"], stderr=subprocess.DEVNULL)
        for node in self.nodes:
            node.start()
        leader = self.in_sync()
        connection = http.client.HTTPConnection("127.0.0.1", leader.port)
        connection.request(
            "PUT", f"/v1/contracts/{ingest.CLIENT}", json.dumps({"access": "read-write", "scope": "own"}), {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"})
        if connection.getresponse().status not in (200, 201):
            raise RuntimeError("the contract was not taken")
        return self

    def __exit__(self, *_: object) -> None:
        for process in [node.process for node in self.nodes] + [self.witness]:
            if process and process.poll() is None:
                process.kill()
                process.wait()

    def in_sync(self) -> Node:
        """The leader, once both have everything."""
        end = time.monotonic() + 120
        while time.monotonic() < end:
            for node in self.nodes:
                status, said = node.ready()
                if status == 200 and len(said.get("insync", [])) == 2:
                    return node
            time.sleep(0.02)
        raise RuntimeError(f"the pair does not come to be in sync: see {self.work}")


def rate(options: argparse.Namespace, work: pathlib.Path) -> dict:
    count = ingest.bodies(options, options.connections)
    documents = work / "documents.ndjson"
    yesterday = time.strftime("%Y-%m-%d", time.gmtime(time.time() - 86_400))
    with open(documents, "wb") as out:
        subprocess.run(
            [str(harness.binary("till-generate")), "--receipts", str(options.rounds * count + 1_000), "--from", yesterday, "--days", "1", "--schema", "pos/1", "--no-client",
             "--repeated", "0", "--invalid", "0", "--late", "0"], stdout=out, check=True)
    store = ingest.Requests(work, documents, KEY)
    one: list[dict] = []
    two: list[dict] = []
    with ingest.Till(work, store, work / "ONE") as alone, Pair(work, degrades=False) as pair:
        for turn in range(options.rounds):
            requests = store.posts(count, lines=store.lines_from(count))
            for side in (0, 1) if turn % 2 == 0 else (1, 0):
                port = pair.in_sync().port if side else alone.server.port
                (two if side else one).append(ingest.wrk(port, requests, store, options.connections, options.seconds))
    for name, figures in (("one server", one), ("the pair", two)):
        rates = [each["per_second"] for each in figures]
        print(f"| {name}, {options.connections} connections, a second | {statistics.median(rates):,.0f} ({min(rates):,.0f} to {max(rates):,.0f}) |")
    print(f"| **left with a pair** (wanted: 50 %) | {statistics.median(b['per_second'] / a['per_second'] for a, b in zip(one, two)):.1%} |", flush=True)
    return {"alone": [each["per_second"] for each in one], "pair": [each["per_second"] for each in two], "connections": options.connections}


def latency(options: argparse.Namespace, work: pathlib.Path) -> dict:
    workers, waits, refused = 32, [], []
    with Pair(work, degrades=False) as pair:
        port = pair.in_sync().port
        start, count = time.perf_counter() + 0.5, round(options.per_second * options.seconds)

        def run(worker: int) -> None:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
            for number in range(worker, count, workers):
                due = start + number / options.per_second
                time.sleep(max(0, due - time.perf_counter()))
                status = post(connection, f"L-{number}")
                (waits if status == 201 else refused).append(time.perf_counter() - due)

        threads = [threading.Thread(target=run, args=(worker,)) for worker in range(workers)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
    waits.sort()
    at = lambda share: waits[min(len(waits) - 1, int(len(waits) * share))] * 1e3
    print(f"| {options.per_second:,} a second for {options.seconds:g} s: p50 / p99 / most ms (wanted: p99 below 100) | {at(0.5):.1f} / {at(0.99):.1f} / {at(1):.1f} |")
    print(f"| refused of {count:,} | {len(refused)} |", flush=True)
    return {"per_second": options.per_second, "p50_ms": at(0.5), "p99_ms": at(0.99), "most_ms": at(1), "posts": count, "refused": len(refused)}


def takeover(options: argparse.Namespace, work: pathlib.Path) -> dict:
    seconds = []
    with Pair(work, degrades=True) as pair:
        for turn in range(options.takeovers):
            leader = pair.in_sync()
            other = next(node for node in pair.nodes if node is not leader)
            for number in range(200):
                if number % 50 == 0:
                    connection = http.client.HTTPConnection("127.0.0.1", leader.port, timeout=30)
                post(connection, f"T-{turn}-{number}")
            leader.process.kill()
            killed = time.perf_counter()
            while True:
                connection = http.client.HTTPConnection("127.0.0.1", other.port, timeout=30)
                try:
                    if post(connection, f"T-{turn}-after") in (200, 201):
                        break
                except (OSError, http.client.HTTPException):
                    pass
                finally:
                    connection.close()
                time.sleep(0.01)
            seconds.append(time.perf_counter() - killed)
            leader.process.wait()
            leader.start()
    print(f"| takeover after `kill -9`: least / median / most s (wanted: below 5) | {min(seconds):.2f} / {statistics.median(seconds):.2f} / {max(seconds):.2f} |", flush=True)
    return {"seconds": seconds}


def transfer(options: argparse.Namespace, work: pathlib.Path) -> dict:
    taken, waits, refused, lost = [], [], [], []
    over = threading.Event()
    with Pair(work, degrades=False) as pair:
        pair.in_sync()

        def run(worker: int) -> None:
            at, number, connection, begun = worker % 2, 0, None, time.perf_counter()
            while not over.is_set():
                connection = connection or http.client.HTTPConnection("127.0.0.1", pair.nodes[at].port, timeout=60)
                try:
                    status = post(connection, f"M-{worker}-{number}")
                except (OSError, http.client.HTTPException):
                    connection, at = None, 1 - at
                    lost.append(worker)
                    continue
                if status not in (200, 201):
                    refused.append(status)
                    continue
                taken.append(f"M-{worker}-{number}")
                waits.append((time.perf_counter(), time.perf_counter() - begun))
                number, begun = number + 1, time.perf_counter()

        threads = [threading.Thread(target=run, args=(worker,)) for worker in range(options.connections)]
        for each in threads:
            each.start()
        time.sleep(options.seconds / 2)
        longest = []
        for turn in range(options.takeovers):
            before = time.perf_counter()
            subprocess.run(
                [str(harness.binary("till")), "cluster", "transfer", "--url", f"http://127.0.0.1:{pair.nodes[turn % 2].port}"], env={**os.environ, "TILL_KEY": KEY},
                check=True, stdout=subprocess.DEVNULL)
            time.sleep(options.seconds / 2)
            longest.append(max(wait for at, wait in waits if at > before) * 1e3)
        over.set()
        for each in threads:
            each.join()
        connection = http.client.HTTPConnection("127.0.0.1", pair.in_sync().port)
        connection.request(
            "POST", "/v1/sql", json.dumps({"query": "SELECT count(*), count(DISTINCT receipt_id) FROM receipts"}), {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"})
        rows = json.loads(connection.getresponse().read())["rows"]
    print(f"| the longest wait at a transfer, {options.connections} connections: least / median / most ms (wanted: below 500) | {min(longest):.0f} / {statistics.median(longest):.0f} / {max(longest):.0f} |")
    print(f"| refused, connections lost, of {len(taken):,} posts; rows and receipts | {len(refused)}, {len(lost)}; {rows[0][0]:,} and {rows[0][1]:,} |", flush=True)
    return {"waits_ms": longest, "connections": options.connections, "posts": len(taken), "refused": len(refused), "lost": len(lost), "rows": rows[0]}


def join(options: argparse.Namespace, work: pathlib.Path) -> dict:
    count = ingest.bodies(options, options.connections)
    documents = work / "documents.ndjson"
    yesterday = time.strftime("%Y-%m-%d", time.gmtime(time.time() - 86_400))
    with open(documents, "wb") as out:
        subprocess.run(
            [str(harness.binary("till-generate")), "--receipts", str(count + 1_000), "--from", yesterday, "--days", "1", "--schema", "pos/1", "--no-client",
             "--repeated", "0", "--invalid", "0", "--late", "0"], stdout=out, check=True)
    found: dict = {}
    for name, records in (("all records", "1TiB"), ("a checkpoint", "4MiB")):
        place = work / name.replace(" ", "-")
        place.mkdir()
        store = ingest.Requests(place, documents, KEY)
        with Pair(place, degrades=True, environment={"TILL_CLUSTER_RECORDS": records}) as pair:
            leader = pair.in_sync()
            posted = ingest.wrk(leader.port, store.posts(count, lines=store.lines_from(count)), store, options.connections, options.seconds)
            leader = pair.in_sync()
            # The checkpoint comes behind by itself.
            while name == "a checkpoint" and leader.ready()[1]["checkpoint"]["records_bytes"] > 6 << 20:
                time.sleep(0.2)
            other = next(node for node in pair.nodes if node is not leader)
            other.process.kill()
            other.process.wait()
            shutil.rmtree(other.data)
            while len(leader.ready()[1].get("insync", [])) != 1:
                time.sleep(0.02)
            start = time.perf_counter()
            other.start()
            pair.in_sync()
            seconds = time.perf_counter() - start
            checkpoint = other.ready()[1].get("checkpoint", {})
        if (checkpoint.get("first_record", 1) > 1) != (name == "a checkpoint"):
            raise RuntimeError(f"it did not join by {name}: {checkpoint}")
        found[name] = {"seconds": seconds, "receipts": posted["per_second"] * options.seconds}
        print(f"| an empty node joins by {name}, after some {found[name]['receipts']:,.0f} receipts | {seconds:.1f} s |", flush=True)
    return found


def main() -> None:
    options = arguments()
    if options.binaries:
        harness.binary = lambda name: options.binaries.resolve() / name
    print("| what | figure |\n| --- | --- |")
    figures: dict = {}
    for part in options.parts:
        work = pathlib.Path(tempfile.mkdtemp(prefix="till-pair-", dir=options.work))
        try:
            figures[part] = {"rate": rate, "latency": latency, "takeover": takeover, "transfer": transfer, "join": join}[part](options, work)
        finally:
            shutil.rmtree(work, ignore_errors=True)
    if options.save:
        root = pathlib.Path(__file__).resolve().parent.parent
        results.Run("pair", 0, 0, {"pair": figures | results.stamp(root) | {"beside": options.save}}, machine.describe()).save(root / "benchmarks/results")


if __name__ == "__main__":
    main()
