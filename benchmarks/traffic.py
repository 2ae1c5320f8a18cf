"""What two machines say to each other, and to their bucket: two servers on this machine, a bucket's stand-in, and a relay between the two that counts.

traffic.py [--receipts 5000] [--per-second 240] [--connections 16] [--quiet 20] [--binaries .build/release] [--work DIR] [--save TEXT]

quiet     nobody posts: bytes and requests a second
posts     receipts of their own posts at a fixed rate: bytes a receipt, both ways, TLS and signs of life within; requests a second beside them
alone     the same rate once the standby is gone: puts a second into the log, and their bytes a receipt

Bytes are those of the TCP connections, without the heads of packets. `benchmarks/cost.py` reads what --save keeps in benchmarks/results. Bytes and requests hardly mind what else the machine does.
"""

import argparse
import collections
import http.client
import json
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import pair
from harness import machine, results
from harness import server as harness

HERE = pathlib.Path(__file__).resolve().parent


class Relay:
    """Passes connections on to another port, and counts what goes through them."""

    def __init__(self, target: int):
        self.target, self.count = target, 0
        self.lock = threading.Lock()
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.run, daemon=True).start()

    def run(self) -> None:
        while True:
            near, _ = self.socket.accept()
            try:
                far = socket.create_connection(("127.0.0.1", self.target))
            except OSError:
                near.close()
                continue
            for source, sink in ((near, far), (far, near)):
                source.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                threading.Thread(target=self.pass_on, args=(source, sink), daemon=True).start()

    def pass_on(self, source: socket.socket, sink: socket.socket) -> None:
        try:
            while piece := source.recv(1 << 16):
                with self.lock:
                    self.count += len(piece)
                sink.sendall(piece)
        except OSError:
            pass
        # Either end's end is both ends'.
        for each in (source, sink):
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


def certificates(work: pathlib.Path) -> None:
    """As `docs/delivery.md` has them made: each node's certificate and key in one file."""
    curve = ["ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]

    def openssl(*words: str) -> None:
        subprocess.run(["openssl", *words], cwd=work, check=True, capture_output=True)

    openssl("req", "-x509", "-newkey", *curve, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=pair", "-days", "30")
    for name in "ab":
        openssl("req", "-newkey", *curve, "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}")
        openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-copy_extensions", "copy", "-days", "30", "-out", f"{name}.pem")
        (work / f"{name}.both").write_text((work / f"{name}.pem").read_text() + (work / f"{name}.key").read_text())


class Measured:
    """The pair, with all that it says in one place."""

    def __init__(self, work: pathlib.Path):
        ports = pair.free_ports(4)
        # The way to each, which its peer takes.
        self.relays = [Relay(ports[2]), Relay(ports[3])]
        self.bucket = subprocess.Popen([sys.executable, str(HERE / "bucket_server.py"), "--delay", "20"], stdout=subprocess.PIPE, text=True)
        url = self.bucket.stdout.readline().strip()
        self.bucket_port = int(url.rsplit(":", 1)[1])
        self.nodes = []
        for number, (name, other) in enumerate((("a", "b"), ("b", "a"))):
            settings = {
                "storage": {"url": "s3://till-bucket/warehouse", "endpoint": url, "path_style": True, "credentials": {"access_key_id": "a", "secret_access_key": "b"}},
                "log": {"url": "s3://till-bucket/log"},
                "cluster": {
                    "node": name, "peer": f"{other}@127.0.0.1:{self.relays[1 - number].port}", "listen": f"127.0.0.1:{ports[2 + number]}", "config": "s3://till-bucket/ctl/pair",
                    "tls": {"cert": str(work / f"{name}.both"), "key": str(work / f"{name}.both"), "ca": str(work / "ca.pem")},
                },
            }
            self.nodes.append(pair.Node(work, name, ports[number], {f"TILL_{key.upper()}": json.dumps(value) for key, value in settings.items()}))
            self.nodes[-1].start()

    def leader(self, count: int) -> pair.Node:
        """Once so many have everything."""
        end = time.monotonic() + 120
        while time.monotonic() < end:
            for node in self.nodes:
                status, said = node.ready()
                if status == 200 and len(said["insync"]) == count:
                    return node
            time.sleep(0.05)
        raise RuntimeError("the pair does not come to be in sync")

    def said(self) -> int:
        return sum(relay.count for relay in self.relays)

    def requests(self) -> list[dict]:
        """Those of the bucket since the last call."""
        connection = http.client.HTTPConnection("127.0.0.1", self.bucket_port)
        connection.request("GET", "/_/requests")
        return json.loads(connection.getresponse().read())

    def stop(self) -> None:
        for process in [node.process for node in self.nodes] + [self.bucket]:
            if process and process.poll() is None:
                process.kill()
                process.wait()


def post_all(port: int, documents: list[str], per_second: float, connections: int) -> float:
    """Each due at its own instant. Returns how many seconds it took; every one must be taken."""
    refused: list[int] = []
    start = time.perf_counter() + 0.2

    def run(worker: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        for number in range(worker, len(documents), connections):
            time.sleep(max(0, start + number / per_second - time.perf_counter()))
            connection.request(
                "POST", f"/v1/receipts?client={pair.ingest.CLIENT}", documents[number].encode(), {"Authorization": f"Bearer {pair.KEY}", "Content-Type": "application/json"})
            answer = connection.getresponse()
            answer.read()
            if answer.status != 201:
                refused.append(answer.status)

    threads = [threading.Thread(target=run, args=(worker,)) for worker in range(connections)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    if refused:
        raise RuntimeError(f"{len(refused)} receipts were not taken: {sorted(set(refused))}")
    return time.perf_counter() - start


def figures(options: argparse.Namespace, work: pathlib.Path) -> dict:
    certificates(work)
    yesterday = time.strftime("%Y-%m-%d", time.gmtime(time.time() - 86_400))
    made = subprocess.run(
        [str(harness.binary("till-generate")), "--receipts", str(options.receipts * 2), "--from", yesterday, "--days", "1", "--schema", "pos/1", "--no-client", "--repeated", "0", "--invalid", "0", "--late", "0"],
        capture_output=True, text=True, check=True)
    documents = made.stdout.splitlines()
    measured = Measured(work)
    try:
        port = measured.leader(2).port
        connection = http.client.HTTPConnection("127.0.0.1", port)
        connection.request("PUT", f"/v1/contracts/{pair.ingest.CLIENT}", json.dumps({"access": "read-write", "scope": "own"}), {"Authorization": f"Bearer {pair.KEY}", "Content-Type": "application/json"})
        connection.getresponse().read()
        time.sleep(3)

        def part(run) -> dict:
            """What is said while it runs."""
            measured.requests()
            before, start = measured.said(), time.perf_counter()
            run()
            seconds, asked = time.perf_counter() - start, measured.requests()
            return {"seconds": seconds, "link_bytes": measured.said() - before, "requests": dict(collections.Counter(f"{one['method']} {one['key'].split('/')[0] or 'list'}" for one in asked))}

        found = {"per_second": options.per_second, "quiet": part(lambda: time.sleep(options.quiet))}
        half = documents[:options.receipts]
        found["posts"] = part(lambda: post_all(port, half, options.per_second, options.connections)) | {"receipts": len(half), "raw_bytes": sum(len(each.encode()) for each in half)}
        standby = next(node for node in measured.nodes if node.port != port)
        standby.process.kill()
        standby.process.wait()
        measured.leader(1)
        rest = documents[options.receipts:]
        found["alone"] = part(lambda: post_all(port, rest, options.per_second, options.connections)) | {"receipts": len(rest)}
        return found
    finally:
        measured.stop()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--receipts", type=int, default=5_000)
    parser.add_argument("--per-second", type=float, default=240)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--quiet", type=float, default=20)
    parser.add_argument("--binaries", type=pathlib.Path)
    parser.add_argument("--work", type=pathlib.Path)
    parser.add_argument("--save", metavar="TEXT", help="into benchmarks/results, with what else was at work")
    options = parser.parse_args()
    if options.binaries:
        harness.binary = lambda name: options.binaries.resolve() / name
    work = pathlib.Path(tempfile.mkdtemp(prefix="till-traffic-", dir=options.work))
    try:
        found = figures(options, work)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    posts, quiet, alone = found["posts"], found["quiet"], found["alone"]
    print(f"quiet: {quiet['link_bytes'] / quiet['seconds']:,.0f} bytes a second, {quiet['requests']} in {quiet['seconds']:.0f} s")
    print(f"{posts['receipts'] / posts['seconds']:,.0f} receipts of {posts['raw_bytes'] / posts['receipts']:,.0f} bytes a second: {posts['link_bytes'] / posts['receipts']:,.0f} bytes each, {posts['requests']} in {posts['seconds']:.0f} s")
    print(f"alone: {alone['requests']} in {alone['seconds']:.0f} s for {alone['receipts']:,} receipts")
    if options.save:
        root = HERE.parent
        results.Run("traffic", 0, 0, {"traffic": found | results.stamp(root) | {"beside": options.save}}, machine.describe()).save(root / "benchmarks/results")


if __name__ == "__main__":
    main()
