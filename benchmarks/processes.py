#!/usr/bin/env python3
"""Executions of state machines: how many transitions a second, what a hundred thousand that wait take, how soon the server is ready after kill -9.

    benchmarks/processes.py [--binary till] [--count 100000] [--port 18590] [--data DIR] [--save TEXT]

1. `count` executions are started over HTTP by sixteen connections; each waits for one and the same instant.
2. With all of them waiting the server is killed; how long it takes from its start to the first 200 of /readyz, and its memory (RssAnon) then.
3. At the instant all go on: Wait, Pass, Choice, Succeed. Transitions a second, of the history's own times; and how late a hundred single timers were before.

Prints one JSON object; --save TEXT keeps it in benchmarks/results, with what else was at work.
"""
import argparse, json, os, pathlib, shutil, socket, subprocess, sys, tempfile, threading, time, urllib.request
from datetime import datetime, timezone

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from harness import machine, results

MACHINE = {"StartAt": "W", "States": {
    "W": {"Type": "Wait", "TimestampPath": "$.at", "Next": "P"}, "P": {"Type": "Pass", "Result": 1, "ResultPath": "$.n", "Next": "C"},
    "C": {"Type": "Choice", "Choices": [{"Variable": "$.n", "NumericEquals": 1, "Next": "S"}], "Default": "S"}, "S": {"Type": "Succeed"}}}


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--binary", default=".build/release/till")
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--port", type=int, default=18590)
    parser.add_argument("--data")
    parser.add_argument("--save", metavar="TEXT", help="into benchmarks/results, with what else was at work")
    return parser.parse_args()


class Server:
    def __init__(self, given, data):
        self.given, self.data, self.process = given, data, None

    def start(self):
        begun = time.time()
        self.process = subprocess.Popen(
            [self.given.binary, "serve", "--data", self.data, "--listen", f"127.0.0.1:{self.given.port}"],
            stdout=subprocess.DEVNULL, stderr=open(self.data + ".log", "a"), env={**os.environ, "TILL_LIMITS_MIN_FREE": "1MiB"})
        while True:
            try:
                if urllib.request.urlopen(f"http://127.0.0.1:{self.given.port}/readyz").status == 200:
                    break
            except OSError:
                if self.process.poll() is not None:
                    raise SystemExit("the server ended: " + self.data + ".log")
            time.sleep(0.01)
        self.key = open(self.data + "/admin.key").read().strip()
        return time.time() - begun

    def kill(self):
        self.process.kill()
        self.process.wait()

    def memory(self):
        for line in open(f"/proc/{self.process.pid}/status"):
            if line.startswith("RssAnon"):
                return int(line.split()[1]) / 1024

    def call(self, method, path, body=None):
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.given.port}{path}", method=method, data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": "Bearer " + self.key, "Content-Type": "application/json"})
        return json.loads(urllib.request.urlopen(request).read() or b"null")


def text(instant):
    return datetime.fromtimestamp(instant, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def load(server, count, at, connections=16):
    """Starts executions, each connection its share, twenty requests in one write."""
    body = json.dumps({"input": {"at": text(at)}})
    request = (f"POST /v1/processes/w/executions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {server.key}\r\n"
               f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}").encode()

    def share(number):
        link = socket.create_connection(("127.0.0.1", server.given.port))
        left, seen = number, b""
        while left:
            lot = min(20, left)
            link.sendall(request * lot)
            got = 0
            while got < lot:
                seen += link.recv(65536)
                got = seen.count(b"HTTP/1.1 201")
            left -= lot
            seen = b""
    threads = [threading.Thread(target=share, args=(count // connections + (1 if i < count % connections else 0),)) for i in range(connections)]
    begun = time.time()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.time() - begun


def seconds(instant):
    return datetime.fromisoformat(instant.replace("Z", "+00:00")).timestamp()


def main():
    given = arguments()
    root = given.data or tempfile.mkdtemp(prefix="till-processes-")
    os.makedirs(root, exist_ok=True)
    server = Server(given, root + "/data")
    shutil.rmtree(server.data, ignore_errors=True)
    server.start()
    server.call("PUT", "/v1/processes/w", MACHINE)
    lateness = []
    for number in range(100):
        at = time.time() + 1 + number / 100
        identity = server.call("POST", "/v1/processes/w/executions", {"input": {"at": text(at)}})["execution_id"]
        lateness.append((identity, at))
    time.sleep(3.5)
    late = [seconds(server.call("GET", f"/v1/executions/{identity}")["ended_at"]) - at for identity, at in lateness]
    at = time.time() + given.count / 1000 + 60
    took = load(server, given.count, at)
    waiting = server.memory()
    server.kill()
    ready = server.start()
    memory = server.memory()
    running = [line for line in urllib.request.urlopen(urllib.request.Request(
        f"http://127.0.0.1:{given.port}/metrics", headers={"Authorization": "Bearer " + server.key})).read().decode().splitlines()
        if line.startswith("till_executions_running")][0].split()[1]
    time.sleep(max(0, at - time.time()))
    while server.call("GET", "/v1/executions?state=RUNNING&limit=1")["executions"]:
        time.sleep(0.2)
    last = seconds(server.call("GET", "/v1/executions?limit=1")["executions"][0]["ended_at"])
    newest = max(seconds(e["ended_at"]) for e in server.call("GET", "/v1/executions?limit=2000")["executions"])
    after = server.memory()
    size = sum(os.path.getsize(server.data + "/" + name) for name in os.listdir(server.data) if name.startswith("executions"))
    server.process.terminate()
    server.process.wait()
    spent = max(last, newest) - at
    found = {
        "executions": given.count, "starts_per_second": round(given.count / took), "waiting_mib": round(waiting), "ready_seconds": round(ready, 2), "ready_mib": round(memory),
        "running_after_kill": int(float(running)), "transitions_per_second": round(3 * given.count / spent), "drain_seconds": round(spent, 1), "after_mib": round(after),
        "timer_late_ms_max": round(max(late) * 1000, 1), "file_mib": size >> 20}
    print(json.dumps(found))
    if given.save:
        sources = pathlib.Path(__file__).resolve().parent.parent
        results.Run("processes", 0, 0, {"executions": found | results.stamp(sources) | {"beside": given.save}}, machine.describe()).save(sources / "benchmarks/results")
    if given.data is None:
        shutil.rmtree(root)


main()
