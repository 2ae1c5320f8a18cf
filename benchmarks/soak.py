"""Does anything grow? A steady load of everything at once, and what the server holds meanwhile.

soak.py [--seconds 600] [--rate 200] [--delay 0.2] [--every 20] [--compact 60] [--ask 1] [--plain]

Receipts that two registrars must accept, a webhook for each state, tickets asked for, questions over all rows every `--ask` seconds, a reader that follows
/v1/changes, and a compaction every `--compact` seconds. With `--plain` nobody must accept them and nobody is told: `--plain --rate 1000 --seconds 1800 --compact 600`. Every `--every` seconds a line of JSON: anonymous memory, descriptors, threads, bytes of the hot files' logs and of
the whole directory, what waits in queues and since when. At the end one object: each figure's median over the second and the last fifth of the run (the first
fills caches), whether each receipt came to its end, and that the changes told of each twice, without a gap.
"""

import argparse
import copy
import json
import multiprocessing
import os
import pathlib
import re
import statistics
import subprocess
import tempfile
import threading
import time

import registration
from harness.server import Server, binary

QUESTIONS = (
    "SELECT count(*), sum(total) FROM receipts_accepted",
    "SELECT customer_id, sum(total) AS s FROM receipts_accepted GROUP BY 1 ORDER BY 2 DESC LIMIT 100",
    "SELECT date_trunc('minute', received_at), count(*) FROM receipts GROUP BY 1 ORDER BY 1",
    "SELECT * FROM receipts WHERE receipt_id = 'R-17'",
)
#: What /v1/changes says of a receipt, as bits.
EVENTS = {"receipt.processing": 1, "receipt.complete": 2, "receipt.failed": 4}


def sample(server, data, started):
    folder = pathlib.Path(f"/proc/{server.pid}")
    status = (folder / "status").read_text()
    number = lambda name: int(re.search(rf"^{name}:\s+(\d+)", status, re.M)[1])
    sizes = {}
    for path in data.rglob("*"):
        try:
            sizes[path] = path.stat().st_size
        except FileNotFoundError:
            # It went to cold between the listing and now.
            continue
    queued, oldest = 0, 0.0
    for line in server.request("GET", "/metrics")[1].decode().splitlines():
        if line.startswith("till_queue_items{"):
            queued += float(line.rsplit(" ", 1)[1])
        elif line.startswith("till_endpoint_oldest_seconds{"):
            oldest = max(oldest, float(line.rsplit(" ", 1)[1]))
    return {
        "at": round(time.time() - started), "rss_anon_mib": round(number("RssAnon") / 1024, 1), "descriptors": len(os.listdir(folder / "fd")),
        "threads": number("Threads"), "log_mib": round(sum(size for path, size in sizes.items() if path.name.endswith("-wal")) / 2**20, 1),
        "hot_files": sum(path.suffix == ".sqlite" and path.parent.name == "hot" for path in sizes), "data_mib": round(sum(sizes.values()) / 2**20, 1),
        "queued": queued, "oldest_seconds": round(oldest, 3), "processor_seconds": registration.processor_seconds(server.pid)}


class Beside(threading.Thread):
    """Does something over and over, on a connection of its own, until told to end."""

    def __init__(self, server, pause, act):
        super().__init__(daemon=True)
        self.server = copy.copy(server)
        self.server.connection = None
        self.pause, self.act = pause, act
        self.ended = threading.Event()
        self.count, self.slowest = 0, 0.0
        self.fault = None

    def run(self):
        try:
            while not self.ended.wait(self.pause):
                began = time.perf_counter()
                self.act(self.server, self.count)
                self.slowest = max(self.slowest, time.perf_counter() - began)
                self.count += 1
        except Exception as error:  # Said at the end, where it makes the run fail.
            self.fault = repr(error)

    def end(self):
        self.ended.set()
        self.join()
        return {"count": self.count, "slowest_seconds": round(self.slowest, 3), "fault": self.fault}


def ask(server, count):
    status, body = server.request("POST", "/v1/sql", json.dumps({"query": QUESTIONS[count % len(QUESTIONS)]}).encode())
    assert status == 200, body


def compact(server, count):
    status, body = server.request("POST", "/v1/admin/compact", b"{}")
    assert status == 200, body


class Follower:
    """Reads /v1/changes to its end, again and again."""

    def __init__(self):
        self.after, self.seen, self.doubled = 0, {}, 0

    def __call__(self, server, count):
        status, body = server.request("GET", f"/v1/changes?after={self.after}&limit=10000")
        assert status == 200, body
        page = json.loads(body)
        for change in page["changes"]:
            assert change["sequence"] > self.after, (change["sequence"], self.after)
            self.after = change["sequence"]
            name = change["receipt"]["receipt_id"]
            self.seen[name] = self.seen.get(name, 0) | EVENTS[change["event"]]
        self.after = max(self.after, page["next_after"])


def growth(samples):
    """Of each figure the median of the second fifth and of the last."""
    fifth = max(len(samples) // 5, 1)
    early, late = samples[fifth:2 * fifth], samples[-fifth:]
    names = [name for name in samples[0] if name not in ("at", "data_mib", "processor_seconds")]
    return {name: [statistics.median(each[name] for each in part) for part in (early, late)] for name in names}


def endpoint(delay):
    """A process that takes every call after a delay: its end of a pipe and its port."""
    pipe, far = multiprocessing.Pipe()
    process = multiprocessing.Process(target=registration.serve, args=(delay, far), daemon=True)
    process.start()
    return process, pipe, pipe.recv()


def settled(server, patience=60):
    """The states of all receipts, once none is in process; after a minute with one the run has failed, and says what its ticket says."""
    end = time.time() + patience
    while "PROCESSING" in (states := dict(server.sql("SELECT state, count(*) FROM receipts GROUP BY 1 ORDER BY 1"))):
        if time.time() > end:
            ticket = server.sql("SELECT ticket_id FROM receipts WHERE state = 'PROCESSING' LIMIT 1")[0][0]
            raise SystemExit(f"soak.py: {states}: {json.dumps(server.call('GET', f'/v1/tickets/{ticket}'), indent=1)}")
        time.sleep(0.5)
    return states


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--rate", type=int, default=200)
    parser.add_argument("--delay", type=float, default=0.2)
    parser.add_argument("--every", type=int, default=20)
    parser.add_argument("--compact", type=int, default=60)
    parser.add_argument("--ask", type=float, default=1)
    parser.add_argument("--plain", action="store_true")
    options = parser.parse_args()
    ends = [endpoint(options.delay), endpoint(0.02)]
    url, hook = (f"http://127.0.0.1:{port}/" for _, _, port in ends)
    registrar = {"url": url, "secret": "s", "concurrency": 512}
    environment = {"TILL_REGISTRARS": json.dumps({"tax": registrar, "warehouse": registrar}), "TILL_OUTGOING_ALLOW": '["127.0.0.1"]',
                   "TILL_COMPACT_INTERVAL": "30s", "TILL_LOG_LEVEL": "info"}
    with tempfile.TemporaryDirectory() as folder, Server(pathlib.Path(folder) / "DATA", environment) as server:
        count = options.rate * options.seconds
        registration.documents(f"{folder}/receipts.ndjson", count)
        assert server.request("PUT", "/v1/types/sale", json.dumps({**registration.TYPE, "register": []} if options.plain else registration.TYPE).encode())[0] == 201
        contract = {"access": "read-write", "scope": "own", "webhook": None if options.plain else {"url": hook, "secret": "w"}}
        assert server.request("PUT", "/v1/contracts/c1", json.dumps(contract).encode())[0] == 201
        key = json.loads(server.request("POST", "/v1/contracts/c1/keys")[1])["key"]
        follower = Follower()
        beside = {"questions": Beside(server, options.ask, ask), "compactions": Beside(server, options.compact, compact), "changes": Beside(server, 0.5, follower)}
        for each in beside.values():
            each.start()
        load = subprocess.Popen(
            [binary("till-load"), "--port", str(server.port), "--key", key, "--file", f"{folder}/receipts.ndjson", "--rate", str(options.rate),
             "--seconds", str(options.seconds), "--connections", "16", "--get-share", "0.1"], stdout=subprocess.PIPE, text=True)
        started, samples = time.time(), []
        while load.poll() is None:
            time.sleep(options.every)
            samples.append(sample(server, server.data, started))
            print(json.dumps(samples[-1]), flush=True)
        answered = json.loads(load.stdout.read())
        states = settled(server)
        time.sleep(2)
        others = {name: each.end() for name, each in beside.items()}
        log = pathlib.Path(folder, "DATA.log").read_text().splitlines()
        complaints = [line for line in log if '"level":"error"' in line or '"level":"warning"' in line]
        told_whole = sum(events == (EVENTS["receipt.complete"] if options.plain else EVENTS["receipt.processing"] | EVENTS["receipt.complete"]) for events in follower.seen.values())
    for process, pipe, _ in ends:
        pipe.send(None)
        pipe.recv()
        process.join()
    posts = answered["post"]
    print(json.dumps({
        "states": states, "post": posts, "statuses": answered["statuses"], "broken": answered["broken"], "beside": others, "changes_tell_all": told_whole == posts["count"],
        "complaints": complaints[:10], "early_and_late": growth(samples)}, indent=1))
    if any(each["fault"] for each in others.values()) or states.get("COMPLETE") != posts["count"]:
        raise SystemExit("soak.py: not as it should be: see above")


if __name__ == "__main__":
    main()
