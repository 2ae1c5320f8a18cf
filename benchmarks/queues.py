#!/usr/bin/env python3
"""Queues beside PostgreSQL 15's SKIP LOCKED, on the same machine, one after the other in turns: messages a second that go in, are received and completed, by tens and singly;
and what a million that wait take of memory.

    benchmarks/queues.py [--binary till] [--seconds 5] [--rounds 3] [--workers 16] [--waiting 1000000] [--skip-postgres] [--save TEXT]

Each worker has a connection of its own and goes round: send, receive, complete, all durable before the answer. Till: `POST …/messages`, `…/receive`, `…/complete`. PostgreSQL: INSERT,
UPDATE … WHERE id IN (SELECT … FOR UPDATE SKIP LOCKED LIMIT n) RETURNING, DELETE, each a transaction (fsync and synchronous_commit on), prepared, over a Unix socket. Neither checks who asks less:
Till a key, PostgreSQL a role. Bodies have 200 bytes. Load and servers share the machine; processor seconds of both sides are told. Prints one JSON object; --save TEXT keeps it in
benchmarks/results, with what else was at work.
"""
import argparse, json, multiprocessing, os, pathlib, re, shutil, socket, subprocess, sys, tempfile, time, urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from harness import machine, results

BODY = json.dumps({"check": 17, "text": "x" * 170})
POSTGRES = pathlib.Path("/usr/lib/postgresql/15/bin")
TABLE = """CREATE TABLE messages(id bigserial PRIMARY KEY, body text NOT NULL, due timestamptz NOT NULL DEFAULT now(), token bigint, deliveries int NOT NULL DEFAULT 0);
CREATE INDEX messages_due ON messages(due, id);"""
RECEIVE = """UPDATE messages SET due = now() + interval '5 minutes', token = (random() * 9e18)::bigint, deliveries = deliveries + 1
WHERE id IN (SELECT id FROM messages WHERE due <= now() ORDER BY due, id FOR UPDATE SKIP LOCKED LIMIT $1) RETURNING id, token, body"""


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default=".build/release/till")
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, default=16)
    parser.add_argument("--waiting", type=int, default=1_000_000)
    parser.add_argument("--skip-postgres", action="store_true")
    parser.add_argument("--save", metavar="TEXT", help="into benchmarks/results, with what else was at work")
    return parser.parse_args()


class Link:
    """A kept connection, with just enough of HTTP."""

    def __init__(self, port, key):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.head = f"Host: x\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\nContent-Length: "
        self.pending = b""

    def post(self, path, body):
        self.socket.sendall(f"POST {path} HTTP/1.1\r\n{self.head}{len(body)}\r\n\r\n{body}".encode())
        while (end := self.pending.find(b"\r\n\r\n")) < 0:
            self.pending += self.socket.recv(1 << 18)
        head = self.pending[:end].decode()
        length = int(re.search(r"(?i)content-length: *(\d+)", head)[1]) if " 204 " not in head.split("\r\n")[0] else 0
        while len(self.pending) < end + 4 + length:
            self.pending += self.socket.recv(1 << 18)
        answer, self.pending = self.pending[end + 4:end + 4 + length], self.pending[end + 4 + length:]
        if not head.startswith(("HTTP/1.1 200", "HTTP/1.1 204")):
            raise SystemExit(f"{path}: {head.splitlines()[0]} {answer[:300]!r}")
        return answer


MESSAGE = re.compile(rb'"message_id":"([^"]+)","lock_token":"([^"]+)"')


def till_worker(port, key, count, until, results):
    link = Link(port, key)
    sending = json.dumps({"messages": [{"body": json.loads(BODY)}] * count})
    receiving = json.dumps({"max": count})
    done = 0
    while time.time() < until:
        link.post("/v1/queues/q/messages", sending)
        found = [(one.decode(), token.decode()) for one, token in MESSAGE.findall(link.post("/v1/queues/q/receive", receiving))]
        if count == 1:
            for one, token in found:
                link.post(f"/v1/queues/q/messages/{one}/complete", f'{{"lock_token":"{token}"}}')
        else:
            items = ",".join(f'{{"message_id":"{one}","lock_token":"{token}"}}' for one, token in found)
            link.post("/v1/queues/q/complete", f'{{"items":[{items}]}}')
        done += len(found)
    results.put((done, sum(os.times()[:2])))


def postgres_worker(folder, port, count, until, results):
    import psycopg

    with psycopg.connect(host=folder, port=port, user="bench", dbname="postgres", autocommit=True, prepare_threshold=0) as link:
        done = 0
        with link.cursor() as cursor:
            while time.time() < until:
                if count == 1:
                    cursor.execute("INSERT INTO messages(body) VALUES(%s) RETURNING id", [BODY])
                else:
                    cursor.execute("INSERT INTO messages(body) SELECT unnest(%s::text[]) RETURNING id", [[BODY] * count])
                cursor.fetchall()
                cursor.execute(RECEIVE.replace("$1", "%s"), [count])
                found = cursor.fetchall()
                cursor.execute("DELETE FROM messages m USING unnest(%s::bigint[], %s::bigint[]) AS d(id, token) WHERE m.id = d.id AND m.token = d.token", [[row[0] for row in found], [row[1] for row in found]])
                done += len(found)
    results.put((done, sum(os.times()[:2])))


def measured(target, fixed, count, given):
    """Messages a second in and out, and processor seconds of the load."""
    results = multiprocessing.Queue()
    until = time.time() + 1 + given.seconds
    workers = [multiprocessing.Process(target=target, args=(*fixed, count, until, results)) for _ in range(given.workers)]
    begun = time.time()
    for worker in workers:
        worker.start()
    found = [results.get() for _ in workers]
    for worker in workers:
        worker.join()
    return round(sum(done for done, _ in found) / (time.time() - begun)), round(sum(spent for _, spent in found), 1)


def processor(pid):
    """Seconds of a process and its children."""
    seconds = 0.0
    for path in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rsplit(")", 1)[1].split()
            if int(path.parent.name) == pid or int(fields[1]) == pid:
                # Of the process itself with its children that have ended.
                ticks = fields[11:15] if int(path.parent.name) == pid else fields[11:13]
                seconds += sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")
        except OSError:
            pass
    return seconds


class Till:
    def __init__(self, given, root):
        self.given, self.data, self.key = given, root / "DATA", "benchmark-key-of-the-queues"
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.process = None

    def start(self):
        begun = time.time()
        with open(f"{self.data}.log", "a") as log:
            self.process = subprocess.Popen(
                [self.given.binary, "serve", "--data", str(self.data), "--listen", f"127.0.0.1:{self.port}"], stderr=log,
                env={**os.environ, "TILL_ADMIN_KEY": self.key, "TILL_LIMITS_MIN_FREE": "1MiB", "TILL_LOG_LEVEL": "error"})
        while True:
            try:
                if urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz").status == 200:
                    return time.time() - begun
            except OSError:
                time.sleep(0.01)

    def put(self, name, body=b"{}"):
        urllib.request.urlopen(urllib.request.Request(f"http://127.0.0.1:{self.port}/v1/queues/{name}", body, {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}, method="PUT"))

    def memory(self):
        return next(int(line.split()[1]) / 1024 for line in open(f"/proc/{self.process.pid}/status") if line.startswith("RssAnon"))

    def run(self, count):
        before = processor(self.process.pid)
        rate, load = measured(till_worker, (self.port, self.key), count, self.given)
        return rate, load, round(processor(self.process.pid) - before, 1)

    def stop(self):
        self.process.terminate()
        self.process.wait()


class PostgreSQL:
    def __init__(self, given, root):
        self.given, self.folder, self.port = given, root / "postgres", 54329
        self.folder.mkdir()
        for part in [self.folder, *self.folder.parents][:2]:
            part.chmod(0o755)
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres", "postgres")
        self.command("initdb", "-D", self.folder / "data", "-U", "bench", "--locale=C.UTF-8", "--encoding=UTF8", "-A", "trust")
        options = f"-p {self.port} -c listen_addresses='' -c unix_socket_directories={self.folder} -c shared_buffers=1GB -c max_wal_size=4GB -c synchronous_commit=on -c fsync=on"
        self.command("pg_ctl", "-D", self.folder / "data", "-w", "-l", self.folder / "log", "-o", options, "start")
        self.pid = int((self.folder / "data/postmaster.pid").read_text().split()[0])
        self.command("psql", "-h", self.folder, "-p", str(self.port), "-U", "bench", "-q", "-d", "postgres", "-c", TABLE)

    def command(self, program, *words):
        run = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.geteuid() == 0 else []
        done = subprocess.run([*run, str(POSTGRES / program), *map(str, words)], cwd="/", capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"{program}: {done.stderr[-1000:]}")

    def run(self, count):
        before = processor(self.pid)
        rate, load = measured(postgres_worker, (str(self.folder), self.port), count, self.given)
        return rate, load, round(processor(self.pid) - before, 1)

    def stop(self):
        self.command("pg_ctl", "-D", self.folder / "data", "-w", "-m", "fast", "stop")


def waiting(till, given):
    """A million in a queue of their own: how fast they came, and what the server takes then, and after a kill."""
    till.put("waiting")
    link = Link(till.port, till.key)
    body = json.dumps({"messages": [{"body": json.loads(BODY)}] * 100})
    begun = time.time()
    for _ in range(given.waiting // 100):
        link.post("/v1/queues/waiting/messages", body)
    took = time.time() - begun
    full = till.memory()
    till.process.kill()
    till.process.wait()
    ready = till.start()
    return {"messages": given.waiting, "sent_per_second": round(given.waiting / took), "mib": round(full, 1), "ready_seconds_after_kill": round(ready, 2), "mib_after_kill": round(till.memory(), 1),
            "file_mib": sum(path.stat().st_size for path in till.data.glob("queues.sqlite*")) >> 20}


def main():
    given = arguments()
    root = pathlib.Path(tempfile.mkdtemp(prefix="till-queues-"))
    till = Till(given, root)
    till.start()
    till.put("q")
    peers = {"till": till} if given.skip_postgres else {"till": till, "postgresql": PostgreSQL(given, root)}
    result = {"machine": {"processors": os.cpu_count(), "workers": given.workers, "seconds": given.seconds}}
    try:
        for name, count in [("by_tens", 10), ("singly", 1)]:
            rounds = [{peer: it.run(count) for peer, it in peers.items()} for _ in range(given.rounds)]
            result[name] = {peer: {"messages_per_second": [one[peer][0] for one in rounds], "load_cpu_seconds": [one[peer][1] for one in rounds], "server_cpu_seconds": [one[peer][2] for one in rounds]} for peer in peers}
        if given.waiting:
            result["waiting"] = waiting(till, given)
    finally:
        for peer in peers.values():
            peer.stop()
    print(json.dumps(result, indent=1))
    if given.save:
        sources = pathlib.Path(__file__).resolve().parent.parent
        results.Run("queues", 0, 0, {"queues": result | results.stamp(sources) | {"beside": given.save}}, machine.describe()).save(sources / "benchmarks/results")
    shutil.rmtree(root)


if __name__ == "__main__":
    main()
