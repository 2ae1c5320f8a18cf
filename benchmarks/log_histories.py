"""Random histories with kills: does the store of every instant come back out of the log?

log_histories.py [--seeds 1-12] [--steps 120] [--points 12] [--work DIR] [--ack async]

Each seed is a server with `log.url` on a directory, and so many steps, each something that a store keeps: receipts, versions of documents and their deletion, refused documents, compaction,
messages, executions, uploads, rollups, types with more columns and rebuilds of them, topics, exports, contracts, or a `kill -9`. Between steps, at instants at which nothing changes, the rows of
every table of every database are summed up. Then some of these instants, and the end, are restored each from a copy of the log: each table must have the very rows it had, and `till verify` must
find nothing; the files of the store itself must be what the log makes (`till verify` with `log.url`). Prints a line for each difference, one for each seed, and ends with 1 where there was one.
"""

import argparse
import datetime
import hashlib
import json
import os
import pathlib
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from harness import server as harness

LICENCE = {
    "name": "licence", "version": 1, "table": "licences", "format": "json", "on_repeat": "replace", "match": {"/schema": "licence/1"}, "receipt_id": "/id",
    "columns": {"name": {"path": "/name", "type": "VARCHAR"}},
}
MACHINE = {"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Wait", "Seconds": 3600, "End": True}}}
ROLLUP = {"table": "receipts", "group_by": {"day": "business_day", "client_id": "client_id"}, "measures": {"receipts": "count(*)", "revenue": "sum(total)"}}

#: A restore notes where the tables are now, makes a version of each for that place, and leaves sums to be made again.
OF_THE_PLACE = {"catalog.sqlite": {"cold_objects", "tables", "meta", "audit", "former_objects", "rollup_tables", "rollup_files"}}


def receipt(name: str, day: str) -> str:
    return json.dumps({
        "schema": "pos/1", "id": name, "store": {"id": "S17", "till": "3"}, "issued_at": f"{day}T14:03:07+02:00", "currency": "UAH", "customer": "U0001234",
        "lines": [{"code": "4820000000017", "name": "x", "category": "bakery", "qty": 2, "price": 32.50, "vat": 20, "amount": 65.00}],
        "total": 65.00, "tax_total": 10.83, "payment": {"type": "card"},
    })


def sums(data: pathlib.Path) -> dict[tuple[str, str], str]:
    """The rows of each table that there is, as a hash and their count."""
    found = {}
    hot = sorted(f"hot/{path.name}" for path in (data / "hot").glob("*.sqlite"))
    for name in ["catalog.sqlite", "queues.sqlite", "executions.sqlite", *hot]:
        if not (data / name).exists():
            continue
        with sqlite3.connect(f"file:{data / name}?mode=ro", uri=True) as connection:
            connection.text_factory = bytes
            connection.execute("BEGIN")
            tables = [row[0].decode() for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")]
            for table in tables:
                if table in OF_THE_PLACE.get(name, ()) or name.startswith("hot/") and table == "meta":
                    continue
                rows = sorted(map(repr, connection.execute(f'SELECT * FROM "{table}"')))
                if rows or not name.startswith("hot/"):
                    found[name, table] = f"{hashlib.md5(chr(10).join(rows).encode()).hexdigest()} {len(rows)}"
        connection.close()
    return found


class History:
    def __init__(self, seed: int, work: pathlib.Path, acknowledgement: str):
        self.random = random.Random(seed)
        self.work, self.data, self.log = work, work / "DATA", work / "LOG"
        self.plain = {**os.environ, "TILL_COMPACT_INTERVAL": "1h", "TILL_LOG_SEGMENT": "500ms", "TILL_SNAPSHOT_KEEP": self.random.choice(["1ms", "1d"]), "TILL_HOT_DAYS": "0"}
        self.logged = {**self.plain, "TILL_LOG_URL": f"file://{self.log}", "TILL_LOG_ACK": acknowledgement}
        self.server = harness.Server(self.data, self.logged)
        self.server.environment["TILL_LOG_LEVEL"] = "warning"
        self.process: subprocess.Popen | None = None
        self.number = self.kills = self.version = 0
        self.points: list[tuple[str, dict]] = []

    # The server

    def start(self) -> None:
        with open(self.work / "server.log", "a") as log:
            self.process = subprocess.Popen(
                [str(harness.binary("till")), "serve", "--data", str(self.data), "--listen", f"127.0.0.1:{self.server.port}"], env=self.server.environment, stderr=log)
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.server.port}/readyz")
                return
            except OSError:
                if self.process.poll() is not None:
                    raise SystemExit(f"the server ended with {self.process.returncode}: {(self.work / 'server.log').read_text()[-2_000:]}")
                time.sleep(0.1)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        self.kills += 1

    def stop(self) -> None:
        self.process.terminate()
        assert self.process.wait() == 0

    def call(self, method: str, path: str, body: object = None, expect: tuple[int, ...] = (200, 201, 202, 204)) -> dict:
        data = None if body is None else body.encode() if isinstance(body, str) else json.dumps(body).encode()
        url = path if path.startswith("http") else f"http://127.0.0.1:{self.server.port}{path}"
        headers = {"Content-Type": "application/json"} if path.startswith("http") else {"Authorization": f"Bearer {self.server.key}", "Content-Type": "application/json"}
        try:
            with urllib.request.urlopen(urllib.request.Request(url, method=method, data=data, headers=headers)) as answer:
                status, text = answer.status, answer.read()
        except urllib.error.HTTPError as error:
            status, text = error.code, error.read()
        assert status in expect, (method, path, status, text[:400])
        try:
            return json.loads(text) if text else {}
        except ValueError:
            return {}

    # Steps

    def prepare(self) -> None:
        self.call("PUT", "/v1/contracts/c1", {"access": "read-write", "scope": "own"})
        self.call("PUT", "/v1/types/licence", LICENCE)
        self.call("PUT", "/v1/queues/q", {})
        self.call("PUT", "/v1/processes/p", MACHINE)
        self.version = 1
        # Before the first checkpoint nothing can be restored, and the proof says so.
        while "till_log_checkpoints_total 0" in self.text("/metrics"):
            time.sleep(0.1)

    def text(self, path: str) -> str:
        request = urllib.request.Request(f"http://127.0.0.1:{self.server.port}{path}", headers={"Authorization": f"Bearer {self.server.key}"})
        with urllib.request.urlopen(request) as answer:
            return answer.read().decode()

    def day(self) -> str:
        return f"2026-0{self.random.randint(1, 9)}-1{self.random.randint(0, 3)}"

    def receipts(self) -> None:
        for _ in range(self.random.choice([1, 1, 5])):
            self.number += 1
            self.call("POST", "/v1/receipts?client=c1", receipt(f"R-{self.number}", self.day()))

    def licence(self) -> None:
        self.number += 1
        self.call("POST", "/v1/receipts?client=c1", {"schema": "licence/1", "id": f"L-{self.random.randint(0, 9)}", "name": f"n{self.number}", "more": self.number})

    def deletion(self) -> None:
        self.call("DELETE", f"/v1/tables/licences/L-{self.random.randint(0, 9)}?client=c1", expect=(200, 204, 404))

    def refused(self) -> None:
        self.number += 1
        self.call("POST", "/v1/receipts?client=c1", {"schema": "pos/1", "id": f"bad{self.number}"}, expect=(422,))

    def compaction(self) -> None:
        self.call("POST", "/v1/admin/compact", {})

    def messages(self) -> None:
        self.call("POST", "/v1/queues/q/messages", {"messages": [{"body": "m"}, {"body": {"a": self.number}}]})
        if self.random.random() < 0.4:
            self.call("POST", "/v1/queues/q/receive", {"max": 2})

    def execution(self) -> None:
        self.call("POST", "/v1/processes/p/executions", {"input": {"i": self.number}})

    def upload(self) -> None:
        self.number += 1
        body = "\n".join(receipt(f"U-{self.number}-{index}", f"2026-05-0{1 + index % 9}") for index in range(30))
        made = self.call("POST", "/v1/uploads?client=c1", {"name": "f.ndjson", "type": "pos-receipt", "bytes": len(body)})
        self.call("PUT", made["url"], body)

    def rollup(self) -> None:
        name = f"/v1/rollups/mine{self.random.randint(0, 1)}"
        if self.random.random() < 0.3:
            self.call("DELETE", name, expect=(200, 204, 404))
        else:
            self.call("PUT", name, {**ROLLUP, "where": self.random.choice(["state = 'COMPLETE'", "total > 1"])})

    def column(self) -> None:
        """A column more, and then for what came before it."""
        self.version += 1
        columns = {**LICENCE["columns"], **{f"c{number}": {"path": "/more", "type": "BIGINT"} for number in range(2, self.version + 1)}}
        self.call("PUT", "/v1/types/licence", {**LICENCE, "version": self.version, "columns": columns})
        self.call("POST", "/v1/admin/rebuild", {"table": "licences", "column": f"c{self.version}"})

    def topic(self) -> None:
        self.call("PUT", f"/v1/topics/t{self.random.randint(0, 1)}", {})
        self.call("PUT", "/v1/topics/t0", {})
        self.call("PUT", "/v1/topics/t0/subscriptions/s", {"target": {"queue": "q"}})

    def export(self) -> None:
        self.call("POST", "/v1/exports", {"query": "SELECT receipt_id FROM receipts", "format": "csv"})

    def contract(self) -> None:
        self.number += 1
        self.call("PUT", f"/v1/contracts/k{self.number}", {"access": "read", "scope": "own"})

    def death(self) -> None:
        self.kill()
        proof = subprocess.run([str(harness.binary("till")), "verify", "--data", str(self.data)], env=self.logged, capture_output=True, text=True)
        assert proof.returncode == 0, proof.stdout + proof.stderr
        self.start()

    STEPS = (
        [receipts] * 30 + [licence] * 14 + [deletion] * 3 + [refused] * 4 + [compaction] * 8 + [messages] * 9 + [execution] * 5 + [upload] * 4 + [rollup] * 4 + [column] * 2
        + [topic] * 3 + [export] * 3 + [contract] * 3 + [death] * 5
    )

    def point(self) -> None:
        """Notes an instant between two looks that find the same, if there is one soon."""
        for _ in range(60):
            before = sums(self.data)
            time.sleep(0.06)
            instant = datetime.datetime.now(datetime.timezone.utc).isoformat().replace("+00:00", "Z")
            time.sleep(0.06)
            if sums(self.data) == before:
                self.points.append((instant, before))
                return
            time.sleep(0.1)

    def run(self, steps: int) -> None:
        self.start()
        self.prepare()
        for _ in range(steps):
            self.random.choice(self.STEPS)(self)
            if self.random.random() < 0.35:
                self.point()
        if self.random.random() < 0.5:
            self.kill()
            self.start()
        self.stop()

    # The proof

    def differences(self, count: int) -> list[str]:
        wrong = []
        end = (None, sums(self.data))
        for instant, wanted in self.random.sample(self.points, min(count, len(self.points))) + [end]:
            data, log = self.work / "RESTORED", self.work / "COPY"
            for folder in (data, log):
                shutil.rmtree(folder, ignore_errors=True)
            shutil.copytree(self.log, log)
            run = subprocess.run(
                [str(harness.binary("till")), "restore", "--from-log", f"file://{log}", *(["--to", instant] if instant else []), "--data", str(data)],
                env=self.plain, capture_output=True, text=True)
            if run.returncode:
                wrong.append(f"{instant}: {run.stderr.strip()[-500:]}")
                continue
            found = sums(data)
            # Day files whose rows had moved to cold are none of a restored store.
            names = {key for key in wanted if key in found or not key[0].startswith("hot/")} | set(found)
            wrong += [f"{instant}: {key} is {found.get(key)}, and was {wanted.get(key)}" for key in sorted(names) if found.get(key) != wanted.get(key)]
            proof = subprocess.run([str(harness.binary("till")), "verify", "--data", str(data)], env=self.plain, capture_output=True, text=True)
            if proof.returncode:
                wrong.append(f"{instant}: {(proof.stdout + proof.stderr).strip()[-500:]}")
        return wrong


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", default="1-12")
    parser.add_argument("--steps", type=int, default=120)
    parser.add_argument("--points", type=int, default=12)
    parser.add_argument("--work", type=pathlib.Path)
    parser.add_argument("--ack", choices=("async", "sync"), default="async")
    options = parser.parse_args()
    first, _, last = options.seeds.partition("-")
    failed = 0
    for seed in range(int(first), int(last or first) + 1):
        work = pathlib.Path(tempfile.mkdtemp(prefix="till-log-", dir=options.work))
        history = History(seed, work, options.ack)
        try:
            history.run(options.steps)
            wrong = history.differences(options.points)
        except AssertionError as error:
            wrong = [str(error)[:2_000]]
        finally:
            if history.process and history.process.poll() is None:
                history.process.kill()
                history.process.wait()
        for line in wrong:
            print(f"seed {seed}: {line}", flush=True)
        print(f"seed {seed}: {history.number} documents, {history.kills} kills, {len(history.points)} instants, {len(wrong)} differences", flush=True)
        failed += bool(wrong)
        if wrong:
            print(f"seed {seed}: its files stay in {work}", flush=True)
        else:
            shutil.rmtree(work, ignore_errors=True)
    raise SystemExit(1 if failed else 0)


if __name__ == "__main__":
    main()
