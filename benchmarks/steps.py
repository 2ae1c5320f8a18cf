"""What two steps cost as a registration, and as two states of a process: syncs, bytes written, processor time.

steps.py [--count 2000] [--connections 16]

Three loads of `--count` each, every one on a directory of its own, with the same document and the same endpoint (which accepts at once):
`receipts` that nobody registers; `registered`, accepted by two registrars one after the other; `executions` of a machine that calls the same two endpoints one after
the other, with the document as their input. What a process that did registration's work would cost is the first and the last together: a receipt and an execution stand in
two files, each with commits of its own. Prints one JSON object, figures for one of each; syncs are counted by strace, so the seconds are no measure of speed.
"""

import argparse
import http.client
import json
import multiprocessing
import os
import pathlib
import re
import secrets
import socket
import subprocess
import tempfile
import threading
import time

import registration
from harness.server import binary

MACHINE = {"StartAt": "A", "States": {
    "A": {"Type": "Task", "Resource": "till:call:tax", "ResultPath": None, "Next": "B"},
    "B": {"Type": "Task", "Resource": "till:call:warehouse", "ResultPath": None, "End": True}}}


def call(port, key, method, path, body=None):
    link = http.client.HTTPConnection("127.0.0.1", port)
    link.request(method, path, body, {"Authorization": f"Bearer {key}", "Content-Type": "application/json"})
    answer = link.getresponse()
    text = answer.read()
    assert answer.status < 300, (path, answer.status, text)
    return json.loads(text) if text else None


def load(port, key, path, bodies, connections):
    """Each connection posts its share, one after the other."""
    def share(own):
        link = http.client.HTTPConnection("127.0.0.1", port)
        for body in own:
            link.request("POST", path, body.encode(), {"Authorization": f"Bearer {key}", "Content-Type": "application/json"})
            answer = link.getresponse()
            text = answer.read()
            assert answer.status in (201, 202), (answer.status, text)

    threads = [threading.Thread(target=share, args=(bodies[number::connections],)) for number in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def figures(pid):
    io = dict(line.split(": ") for line in open(f"/proc/{pid}/io").read().splitlines())
    fields = open(f"/proc/{pid}/stat").read().rsplit(") ", 1)[1].split()
    return {"bytes": int(io["write_bytes"]), "processor": (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")}


def measure(kind, options, endpoint):
    with tempfile.TemporaryDirectory() as folder:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        key = "bench-" + secrets.token_hex(16)
        one = {"url": f"http://127.0.0.1:{endpoint}/", "secret": "s", "concurrency": 256}
        environment = {**os.environ, "TILL_ADMIN_KEY": key, "TILL_LOG_LEVEL": "error", "TILL_REGISTRARS": json.dumps({"tax": one, "warehouse": one}),
                       "TILL_OUTGOING_ALLOW": '["127.0.0.1"]', "TILL_LIMITS_MIN_FREE": "1MiB"}
        traced = subprocess.Popen(
            ["strace", "-f", "--seccomp-bpf", "-o", f"{folder}/syncs", "-e", "trace=fsync,fdatasync", str(binary("till")), "serve", "--data", f"{folder}/DATA",
             "--listen", f"127.0.0.1:{port}"], env=environment, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        while True:
            try:
                call(port, key, "GET", "/readyz")
                break
            except (OSError, AssertionError):
                time.sleep(0.05)
        server = int(open(f"/proc/{traced.pid}/task/{traced.pid}/children").read().split()[0])
        sale = {**registration.TYPE, "register": [["tax"], ["warehouse"]] if kind == "registered" else []}
        call(port, key, "PUT", "/v1/types/sale", json.dumps(sale))
        call(port, key, "PUT", "/v1/contracts/c1", '{"access":"read-write","scope":"own"}')
        call(port, key, "PUT", "/v1/processes/m", json.dumps(MACHINE))
        registration.documents(f"{folder}/receipts.ndjson", options.count)
        bodies = open(f"{folder}/receipts.ndjson").read().splitlines()
        before, syncs = figures(server), len(re.findall("sync\\(", open(f"{folder}/syncs").read()))
        if kind == "executions":
            load(port, key, "/v1/processes/m/executions", ['{"input":%s}' % body for body in bodies], options.connections)
            while call(port, key, "GET", "/v1/executions?state=RUNNING&limit=1")["executions"]:
                time.sleep(0.1)
        else:
            load(port, key, "/v1/receipts?client=c1", bodies, options.connections)
            query = json.dumps({"query": "SELECT count(*) FROM receipts WHERE state = 'COMPLETE'"})
            while call(port, key, "POST", "/v1/sql", query)["rows"][0][0] != options.count:
                time.sleep(0.1)
        after = figures(server)
        os.kill(server, 9)
        traced.wait()
        syncs = len(re.findall("sync\\(", open(f"{folder}/syncs").read())) - syncs
    return {"syncs": round(syncs / options.count, 3), "kilobytes_written": round((after["bytes"] - before["bytes"]) / options.count / 1_000, 2),
            "processor_milliseconds": round(1_000 * (after["processor"] - before["processor"]) / options.count, 3)}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=2_000)
    parser.add_argument("--connections", type=int, default=16)
    options = parser.parse_args()
    pipe, far = multiprocessing.Pipe()
    process = multiprocessing.Process(target=registration.serve, args=(0, far))
    process.start()
    endpoint = pipe.recv()
    try:
        print(json.dumps({"count": options.count, **{kind: measure(kind, options, endpoint) for kind in ("receipts", "registered", "executions")}}, indent=1))
    finally:
        pipe.send("end")
        process.join()


if __name__ == "__main__":
    main()
