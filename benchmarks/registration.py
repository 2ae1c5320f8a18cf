"""Receipts that two registrars must accept: how long until COMPLETE, and what a POST takes meanwhile.

registration.py [--rate 1000] [--seconds 20] [--delay 0.2] [--concurrency 512]

The registrars are one process of this program that answers each call after `--delay` seconds; its processor time is part of the measurement,
and so is the load generator's. Prints one JSON object.
"""

import argparse
import asyncio
import json
import multiprocessing
import pathlib
import re
import resource
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from harness import machine
from harness.server import Server, binary

TYPE = {
    "name": "sale", "version": 1, "format": "json", "match": {"/schema": "sale/1"}, "receipt_id": "/id", "issued_at": "/issued_at",
    "columns": {"total": {"path": "/total", "type": "DECIMAL(18,4)"}, "customer_id": {"path": "/customer", "type": "VARCHAR"}},
    "register": [["tax", "warehouse"]],
}
ANSWER = b'{"outcome":"accepted","reference":"R"}'
RESPONSE = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(ANSWER), ANSWER)


class Registrar(asyncio.Protocol):
    """Just enough HTTP: one request at a time on a kept connection, a length in each head."""

    delay = 0.2

    def connection_made(self, transport):
        self.transport = transport
        self.pending = b""

    def data_received(self, data):
        self.pending += data
        while (end := self.pending.find(b"\r\n\r\n")) >= 0:
            length = re.search(rb"(?i)content-length: *(\d+)", self.pending[:end])
            size = end + 4 + (int(length[1]) if length else 0)
            if len(self.pending) < size:
                return
            self.pending = self.pending[size:]
            self.answer()

    def answer(self):
        asyncio.get_running_loop().call_later(self.delay, self.respond)

    def respond(self):
        self.transport.write(RESPONSE)


def serve(delay, pipe):
    async def run():
        Registrar.delay = delay
        server = await asyncio.get_running_loop().create_server(Registrar, "127.0.0.1", 0, backlog=4_096)
        pipe.send(server.sockets[0].getsockname()[1])
        await asyncio.get_running_loop().run_in_executor(None, pipe.recv)
        usage = resource.getrusage(resource.RUSAGE_SELF)
        pipe.send(usage.ru_utime + usage.ru_stime)

    asyncio.run(run())


def documents(path, count):
    with open(path, "w") as file:
        line = {"code": "4820000000017", "name": "Хліб житній", "category": "bakery", "qty": 2, "price": 32.5, "vat": 20, "amount": 65.0}
        for number in range(count):
            document = {"schema": "sale/1", "id": f"R-{number}", "issued_at": "2026-11-19T14:03:07Z", "customer": f"U{number % 9973}",
                        "total": 65.0 * 12, "lines": [line] * 12}
            file.write(json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n")


def processor_seconds(process):
    fields = open(f"/proc/{process}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100


def percentile(values, share):
    return values[min(len(values) - 1, int(len(values) * share))] if values else None


def latencies(server):
    """Seconds from received to completed, of every receipt."""
    found, cursor = [], None
    while True:
        query = {"query": "SELECT received_at, completed_at, state FROM receipts", "limit": 10_000}
        if cursor:
            query["cursor"] = cursor
        page = json.loads(server.request("POST", "/v1/sql", json.dumps(query).encode())[1])
        for received, completed, state in page["rows"]:
            assert state == "COMPLETE", state
            found.append(instant(completed) - instant(received))
        cursor = page["next_cursor"]
        if cursor is None:
            return sorted(found)


def instant(text):
    return time.mktime(time.strptime(text[:19], "%Y-%m-%dT%H:%M:%S")) + float(text[19:-1])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rate", type=int, default=1_000)
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--delay", type=float, default=0.2)
    parser.add_argument("--concurrency", type=int, default=512)
    options = parser.parse_args()
    pipe, far = multiprocessing.Pipe()
    process = multiprocessing.Process(target=serve, args=(options.delay, far))
    process.start()
    port = pipe.recv()
    registrar = {"url": f"http://127.0.0.1:{port}/", "secret": "s", "concurrency": options.concurrency}
    environment = {"TILL_REGISTRARS": json.dumps({"tax": registrar, "warehouse": registrar}), "TILL_OUTGOING_ALLOW": '["127.0.0.1"]'}
    with tempfile.TemporaryDirectory() as folder, Server(pathlib.Path(folder) / "DATA", environment) as server:
        documents(f"{folder}/receipts.ndjson", options.rate * options.seconds)
        assert server.request("PUT", "/v1/types/sale", json.dumps(TYPE).encode())[0] == 201
        assert server.request("PUT", "/v1/contracts/c1", b'{"access":"read-write","scope":"own"}')[0] == 201
        key = json.loads(server.request("POST", "/v1/contracts/c1/keys")[1])["key"]
        machine.settle()
        load = subprocess.run(
            [binary("till-load"), "--port", str(server.port), "--key", key, "--file", f"{folder}/receipts.ndjson", "--rate", str(options.rate),
             "--seconds", str(options.seconds), "--connections", "64"], capture_output=True, text=True, check=True)
        query = json.dumps({"query": "SELECT count(*) FROM receipts WHERE state = 'PROCESSING'"}).encode()
        while json.loads(server.request("POST", "/v1/sql", query)[1])["rows"][0][0]:
            time.sleep(0.2)
        till = processor_seconds(server.process.pid)
        found = latencies(server)
        pipe.send(None)
        result = {
            "receipts": len(found), "rate": options.rate, "delay_seconds": options.delay,
            "post": json.loads(load.stdout)["post"], "statuses": json.loads(load.stdout)["statuses"],
            "complete_seconds": {name: round(percentile(found, share), 3) for name, share in
                                 (("p50", 0.5), ("p99", 0.99), ("max", 1.0))},
            "processor_seconds": {"till": till, "registrars": round(pipe.recv(), 2)},
        }
    process.join()
    print(json.dumps(result, indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()
