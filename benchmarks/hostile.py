"""What the server's memory and its other clients bear under the worst request of each kind.

Usage: python3 benchmarks/hostile.py [--binary .build/release/till] [--only KIND,KIND] [--scale 1.0] [--json]; by script/bench: --only hostile

Each kind gets a server of its own in a temporary directory, at default settings. Told of each: the highest RssAnon, that ten seconds after, how
many requests of another client's were answered meanwhile and how long the slowest took, and whether the server lived.
"""
import argparse, gzip, http.client, json, os, shutil, socket, subprocess, sys, tempfile, threading, time

ADMIN = "hostile-benchmark-admin-key"


class Server:
    def __init__(self, binary):
        self.data = tempfile.mkdtemp(prefix="till-hostile-")
        self.log = open(os.path.join(self.data, "log"), "wb")
        environment = dict(os.environ, TILL_ADMIN_KEY=ADMIN, TILL_LIMITS_MIN_FREE="1MiB")
        self.process = subprocess.Popen(
            [binary, "serve", "--data", os.path.join(self.data, "d"), "--listen", "127.0.0.1:0"], env=environment, stderr=self.log)
        self.port = self._port()
        self.own, self.other = self.key("attacker"), self.key("neighbour")

    def _port(self):
        for _ in range(600):
            for line in open(self.log.name):
                if '"listening"' in line:
                    return int(json.loads(line)["url"].rsplit(":", 1)[1])
            time.sleep(0.1)
        raise SystemExit("the server did not start: " + open(self.log.name).read())

    def key(self, client):
        self.call("PUT", f"/v1/contracts/{client}", json.dumps({"access": "read-write", "scope": "own"}).encode(), ADMIN)
        return json.loads(self.call("POST", f"/v1/contracts/{client}/keys", None, ADMIN)[1])["key"]

    def call(self, method, path, body=None, key=None, headers=None, timeout=120):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        fields = {"Content-Type": "application/json"}
        if key:
            fields["Authorization"] = "Bearer " + key
        fields.update(headers or {})
        try:
            connection.request(method, path, body, fields)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def memory(self):
        try:
            for line in open(f"/proc/{self.process.pid}/status"):
                if line.startswith("RssAnon"):
                    return int(line.split()[1]) >> 10
        except OSError:
            pass
        return 0

    def connect(self, receive=None):
        connection = socket.socket()
        if receive:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive)
        connection.settimeout(120)
        connection.connect(("127.0.0.1", self.port))
        return connection

    def head(self, method, path, key, *fields):
        lines = [f"{method} {path} HTTP/1.1", "Host: x"] + ([f"Authorization: Bearer {key}"] if key else []) + list(fields)
        return ("\r\n".join(lines) + "\r\n\r\n").encode()

    def stop(self):
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.data, ignore_errors=True)


class Watch:
    """Looks at memory, and asks as another client, until told to stop."""

    def __init__(self, server):
        self.server, self.peak, self.slowest, self.answered, self.failed, self.isOver = server, 0, 0.0, 0, 0, False
        self.threads = [threading.Thread(target=self._memory), threading.Thread(target=self._ask)]
        for thread in self.threads:
            thread.start()

    def _memory(self):
        while not self.isOver:
            self.peak = max(self.peak, self.server.memory())
            time.sleep(0.02)

    def _ask(self):
        calls = [("GET", "/healthz", None), ("GET", "/v1/receipts?limit=1", None), ("POST", "/v1/sql", b'{"query":"SELECT 1"}')]
        while not self.isOver:
            for method, path, body in calls:
                begun = time.time()
                try:
                    isRight = self.server.call(method, path, body, self.server.other, timeout=60)[0] == 200
                except OSError:
                    isRight = False
                self.slowest = max(self.slowest, time.time() - begun)
                self.answered += isRight
                self.failed += not isRight
                time.sleep(0.05)

    def stop(self):
        self.isOver = True
        for thread in self.threads:
            thread.join()


def together(count, work):
    threads = [threading.Thread(target=lambda number=number: quietly(work, number)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def quietly(work, number):
    try:
        work(number)
    except OSError:
        pass


def receipts(server, count, size):
    for first in range(0, count, 500):
        lines = [
            json.dumps({"schema": "pos/1", "id": f"R-{n}", "store": {"id": "S", "till": "1"}, "issued_at": "2026-11-20T14:00:00+02:00",
                        "currency": "UAH", "lines": [], "total": 0, "note": "x" * size}) for n in range(first, min(first + 500, count))]
        status, answer = server.call("POST", "/v1/receipts", "\n".join(lines).encode(), server.own, {"Content-Type": "application/x-ndjson"})
        assert status == 200 and b'"status":201' in answer, answer[:500]


def stamp(server, scale):
    fields = {"webhook-id": "a", "webhook-timestamp": str(int(time.time()) - 2**63), "webhook-signature": "v1,AAAA"}
    server.call("POST", "/v1/callbacks/x", b"{}", None, fields)


def nested(server, scale):
    body = b"{}"
    for _ in range(200):
        body = gzip.compress(body, 1)
    together(16, lambda _: server.call("POST", "/v1/callbacks/x", body, None, {"Content-Encoding": ", ".join(["gzip"] * 200)}))
    bomb = gzip.compress(b"\0" * (1 << 20))
    together(16, lambda _: server.call("POST", "/v1/callbacks/x", bomb, None, {"Content-Encoding": "gzip" + ", identity" * 3000}))


def small(server, scale):
    head = server.head("POST", "/v1/receipts", server.own, "Content-Type: application/json", "Content-Length: 262100")
    connections = []
    for _ in range(int(4000 * scale)):
        try:
            connection = server.connect()
            connection.settimeout(2)
            connection.sendall(head + b" " * 262000)
        except OSError:
            pass
        connections.append(connection)
    time.sleep(3)


def bombs(server, scale):
    body = gzip.compress(b"[" * 60_000_000)
    for _ in range(4):
        together(int(16 * scale), lambda _: server.call("POST", "/v1/receipts", body, server.own, {"Content-Encoding": "gzip"}))


def arrays(server, scale):
    body = b"[" + b",".join([b'{"a":1}'] * 8_000_000) + b"]"
    together(int(16 * scale), lambda _: server.call("POST", "/v1/receipts", body, server.own))


def lines(server, scale):
    body = gzip.compress(b"{}\n" * int(20_000_000 * scale))

    def one(_):
        connection = server.connect()
        connection.sendall(server.head("POST", "/v1/receipts", server.own, "Content-Type: application/x-ndjson", "Content-Encoding: gzip",
                                       f"Content-Length: {len(body)}") + body)
        count = 0
        while count < 200 << 20:
            piece = connection.recv(1 << 20)
            if not piece:
                break
            count += len(piece)
    together(2, one)


def pages(server, scale):
    receipts(server, 10_000, 4_500)
    connections = []
    for _ in range(int(100 * scale)):
        connection = server.connect(4096)
        connection.sendall(server.head("GET", "/v1/receipts?limit=10000&fields=*", server.own, "Accept: application/x-ndjson"))
        connections.append(connection)
    time.sleep(40)


def streams(server, scale):
    connections = []
    body = json.dumps({"query": "SELECT g, repeat('x', 200) FROM generate_series(1, 50000000) g(g)"}).encode()
    for _ in range(20):
        connection = server.connect(4096)
        connection.sendall(server.head("POST", "/v1/sql", server.own, "Accept: application/x-ndjson", "Content-Type: application/json",
                                       f"Content-Length: {len(body)}") + body)
        connections.append(connection)
    time.sleep(20)


def idle(server, scale):
    connections = []
    for _ in range(8300):
        try:
            connection = socket.socket()
            connection.settimeout(1)
            connection.connect(("127.0.0.1", server.port))
            connections.append(connection)
        except OSError:
            break
    time.sleep(15)


def heads(server, scale):
    connections = []
    for _ in range(int(4000 * scale)):
        connection = server.connect()
        try:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n" + b"".join(b"X-%05d: y\r\n" % n for n in range(1500)))
        except OSError:
            pass
        connections.append(connection)
    time.sleep(5)


def gone(server, scale):
    body = json.dumps({"query": "SELECT sum(a.g * b.g) FROM generate_series(1, 1000000) a(g), generate_series(1, 100000) b(g)"}).encode()
    for _ in range(200):
        connection = server.connect()
        connection.sendall(server.head("POST", "/v1/sql", server.own, "Content-Type: application/json", f"Content-Length: {len(body)}") + body)
        connection.close()
    time.sleep(8)


#: What each kind of request is, for the report.
TITLES = {
    "stamp": "a callback's time stamp at the end of its range, no key", "nested": "200 content codings, one in the other, and 3,000 names of them",
    "small": "4,000 bodies of 255 KiB that never end", "bombs": "gzip of 60 MB of `[`, four times sixteen", "arrays": "arrays of 64 MB",
    "lines": "bodies of millions of lines", "pages": "pages that nobody reads", "streams": "streams that nobody reads", "idle": "thousands of connections without a key",
    "heads": "heads that never end", "gone": "long questions whose askers are gone",
}
KINDS = {work.__name__: work for work in [stamp, nested, small, bombs, arrays, lines, pages, streams, idle, heads, gone]}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", default=".build/release/till")
    parser.add_argument("--only", default=",".join(KINDS))
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--json", action="store_true", help="a JSON object of all figures at the end, in place of lines")
    arguments = parser.parse_args()
    if unknown := set(arguments.only.split(",")) - set(KINDS):
        raise SystemExit(f"there is no kind {', '.join(sorted(unknown))}; there are {', '.join(KINDS)}")
    found = {}
    say = (lambda _: None) if arguments.json else lambda line: print(line, flush=True)
    say(f"{'kind':8} {'start':>6} {'peak':>6} {'after':>6} MiB   {'answered':>8} {'refused':>7} {'slowest':>8}   alive")
    for name in arguments.only.split(","):
        server = Server(arguments.binary)
        try:
            start, watch, begun = server.memory(), Watch(server), time.time()
            quietly(lambda scale: KINDS[name](server, scale), arguments.scale)
            watch.stop()
            isAlive = server.process.poll() is None
            time.sleep(10 if isAlive else 0)
            found[name] = {
                "title": TITLES[name], "start_mib": start, "peak_mib": watch.peak, "after_mib": server.memory(), "answered": watch.answered, "refused": watch.failed,
                "slowest_seconds": round(watch.slowest, 3), "is_alive": isAlive, "seconds": round(time.time() - begun, 1)}
            say(f"{name:8} {start:6} {watch.peak:6} {found[name]['after_mib']:6} MiB   {watch.answered:8} {watch.failed:7} {watch.slowest:7.2f}s"
                f"   {'yes' if isAlive else 'DEAD'}   {found[name]['seconds']:.0f} s in all")
        finally:
            server.stop()
    if arguments.json:
        print(json.dumps({"scale": arguments.scale, "kinds": found}))


if __name__ == "__main__":
    main()
