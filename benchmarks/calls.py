"""How many calls a second one core makes: Till on one, the registrars on the other.

calls.py [--receipts 20000] [--delay 0.2] [--concurrency 512] [--rounds 3]

A directory is filled with receipts whose steps all wait, two for each; then `till serve` starts on the first core alone and works the queue off, while the
registrars, on the second, answer each call after `--delay` seconds and count calls and connections. What the server does beside the calls is part
of the figure: reading the documents, signing, writing down every call and its outcome, durably. Prints one JSON object; `per_second` is by the
clock from the first call to the last answer, `per_processor_second` by the processor time that the server used for it: on a machine that does other
things too, the second is what one core would do.
"""

import argparse
import asyncio
import json
import multiprocessing
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import registration
from harness.server import Server, binary


class Counting(registration.Registrar):
    """As a registrar of the other benchmark, with books."""

    connections = calls = 0
    first = last = 0.0

    def connection_made(self, transport):
        super().connection_made(transport)
        Counting.connections += 1

    def answer(self):
        Counting.first = Counting.first or time.perf_counter()
        Counting.calls += 1
        super().answer()

    def respond(self):
        Counting.last = time.perf_counter()
        super().respond()


def serve(delay, core, pipe):
    async def run():
        os.sched_setaffinity(0, {core})
        Counting.delay = delay
        server = await asyncio.get_running_loop().create_server(Counting, "127.0.0.1", 0, backlog=4_096)
        pipe.send(server.sockets[0].getsockname()[1])
        while await asyncio.get_running_loop().run_in_executor(None, pipe.recv) != "end":
            pipe.send({"calls": Counting.calls, "connections": Counting.connections, "seconds": Counting.last - Counting.first})

    asyncio.run(run())


def fill(data, receipts, folder, environment):
    """Receipts whose steps nobody has begun: a command on a directory leaves them to the next server. Returns the server's key."""
    with Server(data, environment) as server:
        assert server.request("PUT", "/v1/types/sale", json.dumps(registration.TYPE).encode())[0] == 201
        assert server.request("PUT", "/v1/contracts/c1", b'{"access":"read-write","scope":"own"}')[0] == 201
    registration.documents(f"{folder}/receipts.ndjson", receipts)
    subprocess.run([binary("till"), "import", "--data", str(data), "--client", "c1", f"{folder}/receipts.ndjson"], check=True, capture_output=True,
                   env={**os.environ, **environment})


def measure(options, cores):
    pipe, far = multiprocessing.Pipe()
    process = multiprocessing.Process(target=serve, args=(options.delay, cores[1], far))
    process.start()
    port = pipe.recv()
    registrar = {"url": f"http://127.0.0.1:{port}/", "secret": "s", "concurrency": options.concurrency}
    environment = {"TILL_REGISTRARS": json.dumps({"tax": registrar, "warehouse": registrar}), "TILL_OUTGOING_ALLOW": '["127.0.0.1"]'}
    with tempfile.TemporaryDirectory() as folder:
        data = pathlib.Path(folder) / "DATA"
        fill(data, options.receipts, folder, environment)
        os.sched_setaffinity(0, {cores[0]})
        with Server(data, environment) as server:
            os.sched_setaffinity(0, set(cores))
            query = json.dumps({"query": "SELECT count(*) FROM receipts WHERE state = 'PROCESSING'"}).encode()
            while json.loads(server.request("POST", "/v1/sql", query)[1])["rows"][0][0]:
                time.sleep(0.2)
            processor = registration.processor_seconds(server.process.pid)
            complete = {"query": "SELECT count(*) FROM receipts WHERE state = 'COMPLETE'"}
            assert json.loads(server.request("POST", "/v1/sql", json.dumps(complete).encode())[1])["rows"] == [[options.receipts]]
    pipe.send("figures")
    found = pipe.recv()
    pipe.send("end")
    process.join()
    return {**found, "seconds": round(found["seconds"], 3), "per_second": round(found["calls"] / found["seconds"]), "processor_seconds": processor,
            "per_processor_second": round(found["calls"] / processor)}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--receipts", type=int, default=20_000)
    parser.add_argument("--delay", type=float, default=0.2)
    parser.add_argument("--concurrency", type=int, default=512)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        sys.exit("calls.py: two cores are wanted, one for each side")
    rounds = [measure(options, cores) for _ in range(options.rounds)]
    medians = {name: statistics.median(each[name] for each in rounds) for name in ("per_second", "per_processor_second")}
    print(json.dumps({"receipts": options.receipts, "delay_seconds": options.delay, "concurrency": options.concurrency, **medians, "rounds": rounds}, indent=1))


if __name__ == "__main__":
    main()
