"""What the server's memory and its other clients bear under the worst request of each kind.

Usage: python3 benchmarks/hostile.py [--binary .build/release/till] [--only KIND,KIND] [--scale 1.0] [--json] [--memory MIB] [--health SECONDS] [--post SECONDS]; by script/bench: --only hostile

Each kind gets a server of its own in a temporary directory, at default settings. Told of each: the highest RssAnon, that ten seconds after, how
many requests of another client's were answered meanwhile and how long the slowest of each sort took, what the requests themselves were
answered, and whether the server lived. A kind that passes a bound is told of, and the run ends with 1; so is one whose requests were not answered as
they must be to do any harm at all. The process has `memory_budget` and `limits.request_memory` and half a gigabyte beside them;
`/healthz` and another client's POST are answered all the time.
"""
import argparse, collections, gzip, http.client, json, os, shutil, socket, subprocess, tempfile, threading, time

ADMIN = "hostile-benchmark-admin-key"


def memory_of(process):
    """MiB of RssAnon."""
    try:
        for line in open(f"/proc/{process}/status"):
            if line.startswith("RssAnon"):
                return int(line.split()[1]) >> 10
    except OSError:
        pass
    return 0


class Server:
    def __init__(self, binary):
        self.data, self.binary, self.peak = tempfile.mkdtemp(prefix="till-hostile-"), binary, 0
        # What the requests of the kind were answered: statuses, and how others ended.
        self.answers, self.lock = collections.Counter(), threading.Lock()
        self.log = open(os.path.join(self.data, "log"), "wb")
        environment = dict(os.environ, TILL_ADMIN_KEY=ADMIN, TILL_LIMITS_MIN_FREE="1MiB")
        self.process = subprocess.Popen(
            [binary, "serve", "--data", os.path.join(self.data, "d"), "--listen", "127.0.0.1:0"], env=environment, stderr=self.log)
        self.own = self.other = None
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
        end = "cut off"
        try:
            connection.request(method, path, body, fields)
            answer = connection.getresponse()
            found = answer.status, answer.read()
            end = str(answer.status)
            return found
        except TimeoutError:
            end = "given up"
            raise
        finally:
            connection.close()
            if key not in (self.other, ADMIN):
                self.note(end)

    def note(self, end):
        with self.lock:
            self.answers[end] += 1

    def raw(self, bytes, receive=None):
        """A connection on which `bytes` were sent, and that nobody reads."""
        connection = self.connect(receive)
        connection.sendall(bytes)
        self.note("sent")
        return connection

    def memory(self):
        return memory_of(self.process.pid)

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

    CALLS = {
        "health": ("GET", "/healthz", lambda number: None), "page": ("GET", "/v1/receipts?limit=1", lambda number: None),
        "sql": ("POST", "/v1/sql", lambda number: b'{"query":"SELECT 1"}'), "post": ("POST", "/v1/receipts", lambda number: one_receipt(f"W-{number}"))}

    def __init__(self, server):
        self.server, self.peak, self.answered, self.isOver = server, 0, 0, False
        self.slowest, self.failed = {name: 0.0 for name in self.CALLS}, {name: 0 for name in self.CALLS}
        self.threads = [threading.Thread(target=self._memory)] + [threading.Thread(target=self._ask, args=[name]) for name in self.CALLS]
        for thread in self.threads:
            thread.start()

    def _memory(self):
        while not self.isOver:
            self.peak = max(self.peak, self.server.memory())
            time.sleep(0.02)

    def _ask(self, name):
        method, path, body = self.CALLS[name]
        number = 0
        while not self.isOver:
            number += 1
            begun = time.time()
            try:
                status = self.server.call(method, path, body(number), self.server.other, timeout=60)[0]
            except (OSError, http.client.HTTPException):
                status = 0
            self.slowest[name] = max(self.slowest[name], time.time() - begun)
            self.answered += status in (200, 201)
            # Being asked to come again is an answer, but not of health.
            self.failed[name] += status not in (200, 201) and (name == "health" or status not in (429, 503))
            time.sleep(0.1)

    def stop(self):
        self.isOver = True
        for thread in self.threads:
            thread.join()


def one_receipt(name, lines=0, note=0):
    return json.dumps({
        "schema": "pos/1", "id": name, "store": {"id": "S", "till": "1"}, "issued_at": "2026-11-20T14:00:00+02:00", "currency": "UAH",
        "lines": [{"name": f"line {n}", "quantity": 1, "price": n, "amount": n} for n in range(lines)], "total": sum(range(lines)), "note": "x" * note}).encode()


def together(count, work):
    threads = [threading.Thread(target=lambda number=number: quietly(work, number)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def quietly(work, number):
    """What an attacker's connection ends by is the server's affair, and counted where it is made."""
    try:
        work(number)
    except (OSError, http.client.HTTPException):
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
            server.note("sent")
            connections.append(connection)
        except OSError:
            server.note("refused")
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
        connection = server.raw(server.head("POST", "/v1/receipts", server.own, "Content-Type: application/x-ndjson", "Content-Encoding: gzip",
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
        connections.append(server.raw(server.head("GET", "/v1/receipts?limit=10000&fields=*", server.own, "Accept: application/x-ndjson"), 4096))
    time.sleep(40)


def streams(server, scale):
    connections = []
    body = json.dumps({"query": "SELECT g, repeat('x', 200) FROM generate_series(1, 50000000) g(g)"}).encode()
    for _ in range(20):
        connections.append(server.raw(server.head(
            "POST", "/v1/sql", server.own, "Accept: application/x-ndjson", "Content-Type: application/json", f"Content-Length: {len(body)}") + body, 4096))
    time.sleep(20)


def idle(server, scale):
    connections = []
    for _ in range(8300):
        try:
            connection = socket.socket()
            connection.settimeout(1)
            connection.connect(("127.0.0.1", server.port))
            connections.append(connection)
            server.note("connected")
        except OSError:
            server.note("refused")
            break
    time.sleep(15)


def heads(server, scale):
    connections = []
    for _ in range(int(4000 * scale)):
        connection = server.connect()
        try:
            # As much as the memory of a connection takes without its being refused.
            connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n" + b"".join(b"X-%03d: %s\r\n" % (n, b"y" * 200) for n in range(120)))
            server.note("sent")
        except OSError:
            server.note("refused")
        connections.append(connection)
    time.sleep(5)


def gone(server, scale):
    body = json.dumps({"query": "SELECT sum(a.g * b.g) FROM generate_series(1, 1000000) a(g), generate_series(1, 100000) b(g)"}).encode()
    for _ in range(200):
        server.raw(server.head("POST", "/v1/sql", server.own, "Content-Type: application/json", f"Content-Length: {len(body)}") + body).close()
    time.sleep(8)


def changes(server, scale):
    """Windows of the feed that were collected whole before they were cut."""
    receipts(server, 10_000, 4_500)
    together(int(16 * scale), lambda _: server.call("GET", "/v1/changes?limit=10000", None, server.own))


def quarantine(server, scale):
    """Many large refused documents, listed by many at once."""
    for first in range(0, int(200 * scale), 20):
        lines = b"\n".join(b'{"schema":"pos/1","id":"Q-%d","note":"%s"}' % (n, b"x" * 900_000) for n in range(first, first + 20))
        server.call("POST", "/v1/receipts", lines, server.own, {"Content-Type": "application/x-ndjson"})
    together(int(16 * scale), lambda _: server.call("GET", "/v1/quarantine?limit=1000", None, server.own))


def charsets(server, scale):
    """Kinds of documents without end."""
    together(8, lambda worker: [
        server.call("POST", "/v1/receipts", b"{}", server.own, {"Content-Type": f"application/json; charset=x-{worker}-{n}"}) for n in range(int(2_000 * scale))])


def work(server, scale):
    """Documents that ask for much work: XPath and attributes of a built-in type, nesting, numbers."""
    attributes = b"<CHECK " + b" ".join(b'a%d="1"' % n for n in range(80_000)) + b"/>"
    rows = b"<CHECK><CHECKHEAD/><CHECKTAX>" + b"<ROW><LETTER>A</LETTER></ROW>" * 8_000 + b"</CHECKTAX><CHECKBODY>" + b"<ROW/>" * 2_000 + b"</CHECKBODY></CHECK>"
    numbers = b'{"schema":"pos/1","total":' + b"9" * 900_000 + b"}"
    for body, kind in ((attributes, "application/xml"), (rows, "application/xml"), (numbers, "application/json"), (b'{"a":' * 200_000, "application/json")):
        together(int(16 * scale), lambda _, body=body, kind=kind: server.call("POST", "/v1/receipts", body, server.own, {"Content-Type": kind}))


def ask(server, query, timeout=120, accept="application/json"):
    return server.call("POST", "/v1/sql", json.dumps({"query": query}).encode(), server.own, {"Accept": accept}, timeout)


def eight(server, queries, times=1):
    """Each of the statements, eight at once."""
    for query in queries:
        together(8, lambda _, query=query: [ask(server, query) for _ in range(times)])


def rows(count, scale):
    return max(1, int(count * scale))


def ends(server, scale):
    """Statements that have ended the process."""
    eight(server, [
        "SELECT g FROM generate_series(1,5) g(g) ORDER BY g LIMIT 9223372036854775807 OFFSET 1", "SELECT interval '-9223372036854775808 microseconds'",
        "SELECT 1 ORDER BY 1 LIMIT 3 OFFSET 9223372036854775807", "SELECT interval '-9223372036854775808 days'", "SELECT '1e-9223372036854775808'::decimal(38,2)",
        "SELECT interval '768614336404564650 years 1000000-0'", "SELECT to_char(INTERVAL '-1 year','Y,YYY')", "SELECT repeat('x',60000000) FROM generate_series(1,36) n",
        "SELECT 99999999999999999999999999999999999999 + 99999999999999999999999999999999999999"])


def texts(server, scale):
    """Rows whose evaluation makes much of little."""
    some = f"FROM (SELECT n, repeat('9', {rows(4_000_000, scale)}) || n AS x FROM generate_series(1, 3) n(n)) t"
    eight(server, [
        f"SELECT max(length(x || g::text)) FROM generate_series(1,{rows(8_000, scale)}) g(g), (SELECT repeat('x',300000) AS x FROM generate_series(1,1)) t",
        f"SELECT length(replace(repeat('a',{rows(60_000_000, scale)}),'a',repeat('b',60000)))", f"SELECT length(lpad('a', 60000000 + n)) {some}",
        f"SELECT length(concat(x, x, x, x, x, x, x, x)) {some}", f"SELECT length(to_char(n, x)) {some}", f"SELECT length(upper(x || x || x)) {some}",
        f"SELECT length(regexp_replace(x, '9', repeat('b', 60000), 'g')) {some}", f"SELECT x || x AS x {some}"])


def lists(server, scale):
    some = f"(SELECT g, repeat('x', 4000) || g AS x FROM generate_series(1, {rows(100_000, scale)}) s(g)) q"
    eight(server, [
        f"SELECT length(array_agg(x)::text) FROM {some}", f"SELECT length(string_agg(x, ',')) FROM {some}", f"SELECT mode() WITHIN GROUP (ORDER BY x) FROM {some}",
        f"SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY g) FROM generate_series(1, {rows(10_000_000, scale)}) s(g)",
        f"SELECT count(DISTINCT x), count(DISTINCT g) FROM {some}", f"SELECT g % 1000, max(x), any_value(x) FROM {some} GROUP BY 1"])


def sketches(server, scale):
    eight(server, [f"SELECT count(*) FROM (SELECT g % 200000 AS k, approx_count_distinct(g), approx_count_distinct(-g) FROM generate_series(1, {rows(2_000_000, scale)}) s(g) GROUP BY 1) z"])


def sorts(server, scale):
    eight(server, [
        f"SELECT x FROM (SELECT repeat('x', 4000) || g AS x FROM generate_series(1, {rows(200_000, scale)}) s(g)) q ORDER BY x DESC LIMIT 1 OFFSET {rows(190_000, scale)}",
        f"SELECT g FROM generate_series(1, {rows(5_000_000, scale)}) s(g) ORDER BY g * 7919 % 1000003, g LIMIT 1 OFFSET {rows(4_000_000, scale)}"])


def cubes(server, scale):
    names = ", ".join(f"c{n}" for n in range(9))
    columns = ", ".join(f"g % {97 * n + 900} AS c{n}" for n in range(9))
    eight(server, [f"SELECT count(*) FROM (SELECT count(*) AS n FROM (SELECT {columns} FROM generate_series(1, {rows(100_000, scale)}) s(g)) q GROUP BY CUBE ({names})) z"])


def windows(server, scale):
    some = f"(SELECT g, repeat('x', 1000) || g AS x FROM generate_series(1, {rows(400_000, scale)}) s(g)) q"
    eight(server, [
        f"SELECT max(length(y)) FROM (SELECT lead(x) OVER (ORDER BY g) AS y FROM {some}) z", f"SELECT max(y) FROM (SELECT sum(length(x)) OVER (ORDER BY g) AS y FROM {some}) z",
        f"SELECT max(length(y)) FROM (SELECT string_agg(x, ',') OVER (ORDER BY g) AS y FROM {some}) z",
        f"SELECT max(y) FROM (SELECT sum(g) OVER (ORDER BY g ROWS BETWEEN 1000000 PRECEDING AND 1000000 FOLLOWING EXCLUDE TIES) AS y FROM generate_series(1, {rows(200_000, scale)}) s(g)) z"])


def joins(server, scale):
    eight(server, [
        f"SELECT count(*) FROM generate_series(1, {rows(3_000_000, scale)}) a(g) FULL JOIN generate_series(1, {rows(3_000_000, scale)}) b(g) ON a.g = b.g + 7",
        f"SELECT count(*) FROM (SELECT g FROM generate_series(1, {rows(3_000_000, scale)}) a(g) INTERSECT ALL SELECT g FROM generate_series(1, {rows(3_000_000, scale)}) b(g)) z",
        f"SELECT max(length(a.x || b.x)) FROM (SELECT g, repeat('x', 20000) AS x FROM generate_series(1, {rows(3_000, scale)}) s(g)) a JOIN (SELECT g % 10 AS g, repeat('y', 20000) AS x FROM generate_series(1, 1000) s(g)) b ON a.g % 10 = b.g"])


def plans(server, scale):
    count = rows(60_000, scale)
    for join in (" AND ", " OR "):
        eight(server, ["SELECT count(*) FROM receipts WHERE " + join.join(f"total <> {n}" for n in range(count)), "SELECT count(*) FROM receipts WHERE " + join.join(f"(total = {n} AND sequence < {n})" for n in range(count // 3))])


def endless(server, scale):
    """Work within one row that nothing ends but its being cancelled: the clients go after five seconds."""
    for query in (
            "SELECT length(trim(repeat('a',20000000), repeat('b',1000000)||'a'||n)) FROM generate_series(1,100) n(n)",
            "SELECT x LIKE '%_' || repeat('a', 500000) || 'b%' FROM (SELECT repeat('a', 20000000) || n AS x FROM generate_series(1, 100) n(n)) t",
            "SELECT length(regexp_replace(x, '(a|b|ab)*c', 'z', 'g')) FROM (SELECT repeat('ab', 10000000) || n AS x FROM generate_series(1, 100) n(n)) t",
            "SELECT sum(a.g * b.g) FROM generate_series(1, 1000000) a(g), generate_series(1, 100000) b(g)"):
        together(8, lambda _, query=query: ask(server, query, timeout=5))
    time.sleep(2)


def gathers(server, scale):
    """A document of nearly a megabyte beside each of its lines; then from cold files."""
    for number in range(rows(20, scale)):
        server.call("POST", "/v1/receipts", one_receipt(f"G-{number}", lines=9_500, note=200_000), server.own)
    queries = [
        "SELECT r.document, l.amount FROM receipts r, UNNEST(r.lines) l", "SELECT count(*), max(r.document) FROM receipts r, UNNEST(r.lines) l",
        "SELECT a.document FROM receipts a, receipts b, receipts c", "SELECT document FROM receipts ORDER BY total, document"]
    eight(server, queries)
    server.call("POST", "/v1/admin/compact", b'{"before": "2030-01-01"}', ADMIN)
    time.sleep(5)
    eight(server, queries)


def answers(server, scale):
    """One text, or a row of many, that its form makes six times as long."""
    for accept in ("application/json", "application/x-ndjson", "text/csv", "application/vnd.apache.parquet"):
        for query in (f"SELECT repeat('\x01', {rows(60_000_000, scale)}) FROM generate_series(1, 4)", "SELECT repeat('\"', 3000000), repeat('x', 3000000) FROM generate_series(1, 50)"):
            together(8, lambda _, query=query, accept=accept: ask(server, query, accept=accept))


def records(server, scale):
    """`till import` of a record that does not end: told is the import's own memory."""
    # The command makes a store in an empty directory, and no directory.
    os.makedirs(os.path.join(server.data, "import"))
    with open("/dev/zero", "rb") as zeros:
        importer = subprocess.Popen([server.binary, "import", "--data", os.path.join(server.data, "import"), "--client", "x", "-"], stdin=zeros, stdout=server.log, stderr=server.log)
        peak, begun = 0, time.time()
        while importer.poll() is None and time.time() - begun < 60:
            peak = max(peak, memory_of(importer.pid))
            time.sleep(0.02)
        importer.kill()
        server.note(f"exit {importer.wait()}")
        server.peak = peak


#: What each kind of request is, for the report.
TITLES = {
    "stamp": "a callback's time stamp at the end of its range, no key", "nested": "200 content codings, one in the other, and 3,000 names of them",
    "small": "4,000 bodies of 255 KiB that never end", "bombs": "gzip of 60 MB of `[`, four times sixteen", "arrays": "arrays of 64 MB",
    "lines": "bodies of millions of lines", "pages": "pages that nobody reads", "streams": "streams that nobody reads", "idle": "thousands of connections without a key",
    "heads": "heads that never end", "gone": "long questions whose askers are gone", "changes": "the feed in windows of 10,000", "quarantine": "lists of large refused documents",
    "charsets": "character sets without end", "work": "documents that ask for much work", "ends": "values at the ends of their types", "texts": "texts made of little, eight at once",
    "lists": "lists, modes and percentiles of one group, eight at once", "sketches": "200,000 sketches, eight at once", "sorts": "sorts past the memory, eight at once", "cubes": "512 grouping sets, eight at once",
    "windows": "one partition of all rows, eight at once", "joins": "joins past the memory, eight at once", "plans": "statements of a megabyte, eight at once", "endless": "work within one row that does not end",
    "gathers": "documents beside each of their lines, hot and cold", "answers": "texts that their form makes six times as long", "records": "an import of a record that does not end",
}
KINDS = {kind.__name__: kind for kind in [
    stamp, nested, small, bombs, arrays, lines, pages, streams, idle, heads, gone, changes, quarantine, charsets, work, ends, texts, lists, sketches, sorts, cubes,
    windows, joins, plans, endless, gathers, answers, records]}


#: Answers of which each kind must have had one to have done what it says; a bound that is kept by a request that never arrived is none.
NEEDS = {
    "small": "sent", "lines": "sent", "pages": "sent", "streams": "sent", "idle": "connected", "heads": "sent", "gone": "sent", "changes": "200", "quarantine": "200",
    "work": "422", "ends": "200", "texts": "200", "lists": "200", "sketches": "200", "sorts": "200", "cubes": "200", "windows": "200", "joins": "200",
    "endless": "given up", "gathers": "201", "answers": "200", "records": "exit 1"}


def measure(binary, name, scale):
    server = Server(binary)
    try:
        start, watch, begun = server.memory(), Watch(server), time.time()
        quietly(lambda scale: KINDS[name](server, scale), scale)
        is_alive = server.process.poll() is None
        watch.stop()
        time.sleep(10 if is_alive else 0)
        return {
            "title": TITLES[name], "start_mib": start, "peak_mib": max(watch.peak, server.peak), "after_mib": server.memory(), "answered": watch.answered,
            "refused": sum(watch.failed.values()), "refused_by_call": watch.failed, "slowest_seconds": round(max(watch.slowest.values()), 3),
            "slowest_by_call": {each: round(seconds, 3) for each, seconds in watch.slowest.items()}, "is_alive": is_alive, "seconds": round(time.time() - begun, 1),
            "answers": dict(sorted(server.answers.items()))}
    finally:
        server.stop()


def complaints(name, found, bounds):
    """What of a kind passes the bounds."""
    slowest, refused = found["slowest_by_call"], found["refused_by_call"]
    checks = [
        (not found["is_alive"], "the server is dead"), (found["peak_mib"] > bounds.memory, f"{found['peak_mib']} MiB of {bounds.memory}"),
        (slowest["health"] > bounds.health, f"/healthz took {slowest['health']} s of {bounds.health}"), (slowest["post"] > bounds.post, f"a POST took {slowest['post']} s of {bounds.post}"),
        (refused["health"] > 0, f"/healthz failed {refused['health']} times"), (refused["post"] > 0, f"POSTs failed {refused['post']} times"),
        (NEEDS.get(name, "") not in ("", *found["answers"]), f"no request was answered {NEEDS.get(name)}: the kind has tried nothing")]
    return [text for is_passed, text in checks if is_passed]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", default=".build/release/till")
    parser.add_argument("--only", default=",".join(KINDS))
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--json", action="store_true", help="a JSON object of all figures at the end, in place of lines")
    parser.add_argument("--memory", type=int, default=768 + 384 + 512, help="MiB of RssAnon at most")
    parser.add_argument("--health", type=float, default=2.0, help="seconds that /healthz may take")
    parser.add_argument("--post", type=float, default=10.0, help="seconds that another client's POST may take")
    arguments = parser.parse_args()
    if unknown := set(arguments.only.split(",")) - set(KINDS):
        raise SystemExit(f"there is no kind {', '.join(sorted(unknown))}; there are {', '.join(KINDS)}")
    found = {}
    say = (lambda _: None) if arguments.json else lambda line: print(line, flush=True)
    say(f"{'kind':10} {'start':>6} {'peak':>6} {'after':>6} MiB   {'answered':>8} {'refused':>7}   slowest {'health':>8} {'page':>7} {'sql':>7} {'post':>7}   alive")
    for name in arguments.only.split(","):
        kind = found[name] = measure(arguments.binary, name, arguments.scale)
        kind["complaints"] = complaints(name, kind, arguments)
        slowest = " ".join(f"{kind['slowest_by_call'][each]:6.2f}s" for each in Watch.CALLS)
        say(f"{name:10} {kind['start_mib']:6} {kind['peak_mib']:6} {kind['after_mib']:6} MiB   {kind['answered']:8} {kind['refused']:7}            {slowest}"
            f"   {'yes' if kind['is_alive'] else 'DEAD'}   {kind['seconds']:.0f} s in all   "
            + ", ".join(f"{answer}: {count}" for answer, count in kind["answers"].items()) + "".join(f"   PAST ITS BOUND: {text}" for text in kind["complaints"]))
    if arguments.json:
        print(json.dumps({"scale": arguments.scale, "kinds": found}))
    elif any(kind["complaints"] for kind in found.values()):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
