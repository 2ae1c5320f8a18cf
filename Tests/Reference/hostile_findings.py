"""Tries again, against the real binary, what once ended the server, held it up, hid data or was read as something else.

Usage: python3 Tests/Reference/hostile_findings.py [--binary .build/debug/till] [--part statements|bodies|stores] [--only WORD] [--quick] [--memory MiB]

One line each: what was tried, what answered, in how many seconds, and the server's highest anonymous memory so far. The exit status is 1 when an answer is not
the one that is wanted, when the server ended, or when its memory rose past the bound. Requests of the kinds that only cost are in benchmarks/hostile.py.
"""
import argparse, gzip, json, os, re, shutil, socket, stat, subprocess, sys, tempfile, threading, time

ADMIN = "hostile-findings-admin-key"
MOST, LEAST = 2**63 - 1, -(2**63)


class Server:
    def __init__(self, binary, settings=None, data=None):
        self.binary, self.folder = binary, tempfile.mkdtemp(prefix="till-findings-")
        self.data, self.settings = data or os.path.join(self.folder, "d"), settings
        self.peak = 0
        self.start()
        threading.Thread(target=self.watch, daemon=True).start()

    def start(self, wanted=True):
        arguments = [self.binary, "serve", "--data", self.data, "--listen", "127.0.0.1:0"]
        if self.settings is not None:
            path = os.path.join(self.folder, "till.json")
            json.dump(self.settings, open(path, "w"))
            arguments += ["--config", path]
        self.log = os.path.join(self.folder, f"log-{time.time()}")
        environment = dict(os.environ, TILL_ADMIN_KEY=ADMIN, TILL_LIMITS_MIN_FREE="1MiB")
        self.process = subprocess.Popen(arguments, env=environment, stderr=open(self.log, "wb"))
        for _ in range(1_200):
            for line in open(self.log, errors="replace"):
                if '"listening"' in line:
                    self.port = int(json.loads(line)["url"].rsplit(":", 1)[1])
                    return True
            if self.process.poll() is not None:
                if wanted:
                    raise SystemExit("the server did not start: " + open(self.log).read())
                return False
            time.sleep(0.05)
        raise SystemExit("the server does not listen")

    def watch(self):
        while True:
            try:
                for line in open(f"/proc/{self.process.pid}/status"):
                    if line.startswith("RssAnon"):
                        self.peak = max(self.peak, int(line.split()[1]) >> 10)
            except OSError:
                pass
            time.sleep(0.02)

    def raw(self, request, timeout=100, half=False):
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=timeout)
        try:
            connection.sendall(request)
            if half:
                connection.shutdown(socket.SHUT_WR)
            answer, wanted = bytearray(), None
            # What an answer has beyond so much is not read: it is a stream that would go on.
            while len(answer) < 64 << 20:
                try:
                    piece = connection.recv(1 << 18)
                except (ConnectionResetError, socket.timeout):
                    break
                answer += piece
                end = answer.find(b"\r\n\r\n") if wanted is None else -1
                if end >= 0:
                    lengths = [int(line.split(b":")[1]) for line in bytes(answer[:end]).split(b"\r\n") if line.lower().startswith(b"content-length:")]
                    wanted = end + 4 + lengths[0] if lengths else 1 << 62
                if not piece or wanted is not None and len(answer) >= wanted or answer.endswith(b"0\r\n\r\n"):
                    break
            return bytes(answer)
        finally:
            connection.close()

    def call(self, method, path, body=b"", key=ADMIN, headers=None, timeout=100):
        body = body.encode() if isinstance(body, str) else body
        fields = {"Host": "h", "Content-Type": "application/json", "Content-Length": str(len(body))}
        if key:
            fields["Authorization"] = "Bearer " + key
        fields.update(headers or {})
        head = f"{method} {path} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in fields.items()) + "\r\n"
        answer = self.raw(head.encode() + body, timeout)
        status = int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/") else 0
        return status, answer.partition(b"\r\n\r\n")[2].decode(errors="replace")

    def sql(self, query, accept="application/json", **more):
        return self.call("POST", "/v1/sql", json.dumps({"query": query, **more}), headers={"Accept": accept})

    def key(self, client, **contract):
        self.call("PUT", f"/v1/contracts/{client}", json.dumps({"access": "read-write", "scope": "own", **contract}))
        return json.loads(self.call("POST", f"/v1/contracts/{client}/keys")[1])["key"]

    def lives(self):
        return self.process.poll() is None

    def stop(self, kill=False):
        if self.lives():
            self.process.kill() if kill else self.process.terminate()
        self.process.wait()

    def remove(self):
        self.stop(kill=True)
        shutil.rmtree(self.folder, ignore_errors=True)

    def till(self, *arguments, environment=None):
        run = subprocess.run([self.binary, *arguments], capture_output=True, text=True, env=dict(os.environ, **(environment or {})), timeout=120)
        return run.returncode, run.stdout + run.stderr


def receipt(number, lines=1, schema="pos/1", day="2026-11-18"):
    line = '{"code":"1","name":"n","category":"c","qty":1,"price":1,"vat":20,"amount":1.00}'
    return ('{"schema":"%s","id":"R-%d","store":{"id":"S","till":"1"},"issued_at":"%sT14:03:07Z","currency":"UAH","lines":[%s],"total":%d.00,"tax_total":0,"payment":{"type":"card"}}'
            % (schema, number, day, ",".join([line] * lines), lines))


# A debug build takes many seconds for each.
HEAVY = re.compile(r"repeat\('[^']*',\s*\d{5,}|generate_series\(1,\s*\d{4,}\)|beside its document|1 MB of|(NOT ){9}|(\+1){9}|(::int){9}|(- ){9}")


class Trial:
    def __init__(self, arguments):
        self.arguments, self.failures, self.count, self.servers = arguments, [], 0, []

    def server(self, **more):
        self.servers.append(Server(self.arguments.binary, **more))
        return self.servers[-1]

    def check(self, number, what, server, act, wanted):
        """`wanted`: statuses, or a function of the answer."""
        if self.arguments.quick and (number in ("3", "19") or HEAVY.search(what)):
            return None
        if self.arguments.only and self.arguments.only not in f"{number} {what}":
            return None
        began = time.time()
        try:
            answer = act()
        except Exception as error:
            answer = (0, f"{type(error).__name__}: {error}")
        seconds = time.time() - began
        is_wanted = wanted(answer) if callable(wanted) else answer[0] in wanted
        lives = server is None or server.lives()
        peak = server.peak if server else 0
        is_good = is_wanted and lives and peak <= self.arguments.memory
        self.count += 1
        text = " ".join(str(answer[1]).split())
        try:
            problem = json.loads(answer[1])
            text = problem.get("type", "") + " " + problem["detail"]
        except (ValueError, KeyError, TypeError, AttributeError):
            pass
        print(f"{'ok   ' if is_good else 'FAULT'} {number:>4} {what[:110]} → {answer[0]} {text[:120]} ({seconds:.1f} s, {peak} MiB{'' if lives else ', ENDED'})", flush=True)
        if not is_good:
            self.failures.append(what)
        if server and not lives:
            server.start()
            server.peak = 0
        return answer


def statements(trial):
    server = trial.server()
    for number in range(4):
        server.call("POST", "/v1/receipts?client=a", receipt(number))
    key = server.key("a")
    now = int(time.time())
    for stamp in [now + LEAST, LEAST, MOST, now - MOST, "1e30", "9" * 40, ""]:
        trial.check("1", f"callback stamped {stamp}", server, lambda: server.call(
            "POST", "/v1/callbacks/x", "{}", None, {"webhook-id": "1", "webhook-timestamp": str(stamp), "webhook-signature": "v1,AAAA"}), [400, 401])
    nines = "9" * 38
    ends = [200, 400, 422, 503, 504, 507]
    for number, queries in QUERIES:
        for query in queries:
            for accept in (["application/x-ndjson", "application/json"] if number == "2" else ["application/json"]):
                trial.check(number, query, server, lambda: server.sql(query.replace("{38}", nines), accept), ends)
    for value, cast in [("1e-9223372036854775808", "decimal(38,2)"), ("-9223372036854775808 days", "interval"), (f"{LEAST} microseconds", "interval"), ("9" * 400, "bigint"), ("1e308", "double")]:
        trial.check("16", f"${{1}}::{cast} of {value[:40]}", server, lambda: server.sql(f"SELECT $1::{cast}", params=[value]), [200, 422])
    for number, query, wanted in EXACT:
        def is_so(answer):
            if wanted in (400, 422):
                return answer[0] == wanted
            return answer[0] == 200 and json.loads(answer[1])["rows"] == [[wanted]]
        trial.check(number, query, server, lambda: server.sql(query), is_so)
    trial.check("16", "a document of 9,500 lines", server, lambda: server.call("POST", "/v1/receipts?client=a", receipt(77, 9_500)), [201])
    trial.check("16", "its lines beside its document", server, lambda: server.sql("SELECT r.document, l.amount FROM receipts r, UNNEST(r.lines) l", "application/x-ndjson"), ends)
    trial.check("16", "a page of its lines beside its document", server, lambda: server.sql("SELECT r.document, l.amount FROM receipts r, UNNEST(r.lines) l"), [200])
    trial.check("19", "1 MB of OR", server, lambda: server.sql("SELECT 1 WHERE " + " OR ".join(f"{n} = 0" for n in range(90_000))), [200, 400])
    trial.check("19", "1 MB of nested parentheses", server, lambda: server.sql("SELECT " + "(" * 500_000 + "1" + ")" * 500_000), [400])
    trial.check("20", "a type that the contract leaves out", server, lambda: server.call(
        "POST", "/v1/receipts", receipt(5)[:-2], server.key("narrow", types=["no-such"])), lambda answer: answer[0] in (400, 403, 422) and "pos-receipt" not in answer[1])
    trial.check("20", "two Authorization heads", server, lambda: (int(server.raw(
        f"GET /v1/receipts HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer {key}\r\nAuthorization: Bearer {ADMIN}\r\n\r\n".encode()).split(b" ")[1]), ""), [400])
    for path, body in [("/v1/session", {"key": MARKS}), ("/v1/session", {MARKS: "x"}), ("/v1/sql", {"query": "SELECT 1", MARKS: 1}), ("/v1/sql", {"query": "SELECT 1", "time_zone": MARKS})]:
        trial.check("marks", f"combining marks in {path}: {', '.join(name[:10] for name in body)}", server, lambda: server.call("POST", path, json.dumps(body, ensure_ascii=False), ADMIN if path == "/v1/sql" else None), [400])
    for target in ["v1/receipts", "*", "http:", "\\"]:
        trial.check("20", f"the target {target}", server, lambda: (int(server.raw(f"GET {target} HTTP/1.1\r\nHost: h\r\n\r\n".encode()).split(b" ")[1]), ""), [400, 404, 405])
    for name, request in RAW:
        trial.check("12", name, server, lambda: (int((server.raw(request.replace(b"KEY", key.encode()), 20).split(b" ") + [b"0"] * 2)[1]), ""), [400, 411, 413, 501, 505])
    server.call("GET", f"/v1/tickets/{key}")
    trial.check("20", "a key in a path is not in the log", server, lambda: (int(key in open(server.log).read()), ""), [0])
    server.remove()


QUERIES = [
    ("2", [
        "SELECT g FROM generate_series(1,5) g(g) ORDER BY g LIMIT 9223372036854775807 OFFSET 1", "select {38} + {38}", "select {38}::decimal(38,0) + 0.5", "select -{38} - {38}",
        "SELECT sum(x) OVER (ORDER BY x RANGE BETWEEN {38} PRECEDING AND {38} FOLLOWING) FROM (VALUES ({38}), (-{38})) t(x)", "select interval '-9223372036854775808 microseconds'",
        "select interval '9223372036854775807 microseconds' + interval '1 microsecond'", "SELECT g FROM generate_series(1,3) g(g) OFFSET 9223372036854775807",
        "SELECT * FROM generate_series(9223372036854775806, 9223372036854775807)", "SELECT * FROM generate_series(-9223372036854775808, 9223372036854775807, 9223372036854775807)",
        "select (-9223372036854775808)::bigint / -1", "select (-9223372036854775808)::bigint % -1", "select abs((-9223372036854775808)::bigint)", "select (-2147483648)::integer * -1",
        "select ntile(9223372036854775807) over () from generate_series(1,3)", "select lag(g, -9223372036854775808) over (order by g) from generate_series(1,3) g",
        "select sum(g) over (order by g rows between 9223372036854775807 preceding and 9223372036854775807 following) from generate_series(1,3) g",
        "select nth_value(g, 9223372036854775807) over () from generate_series(1,3) g", "select substring('abc' from -9223372036854775808 for 9223372036854775807)",
        "select left('abc', (-2147483648)), right('abc', (-2147483648))", "select split_part('a,b', ',', -2147483648)", "select round(1.5, -2147483648), round(1.5, 2147483647)",
        "select make_date(2147483647, 1, 1)", "select make_date(-2147483648, 12, 31)", "select date '5874897-12-31' + 2147483647", "select date '2000-01-01' - (-2147483648)",
        "select timestamp '294246-12-31' + interval '178000000 years'", "select date_trunc('century', timestamp '290000-01-01') - interval '290000 years'",
        "select extract(epoch from interval '178956970 years')", "select to_char(9223372036854775807, repeat('9', 100))", "select to_char(-1e308, '9.9EEEE'), to_char(1e308, repeat('9', 400))",
        "select power(1e308::double precision, 2)", "select 1e308::double precision * 10", "select sqrt(-1)", "select mod({38}, 0.00000001)", "select {38} * {38}", "select {38} / 0.00000000000000000001",
        "select '1'::decimal(38,38)", "select sum(x) from (values ({38}), ({38})) t(x)", "select avg(x) from (values ({38}), ({38})) t(x)",
        "select percentile_cont(1e308) within group (order by g) from generate_series(1,3) g", "select to_timestamp(1e300)", "select repeat('a', 9223372036854775807)", "select lpad('a', 2147483647, 'b')",
    ]),
    ("3", [
        "SELECT max(length(x || g::text)) FROM generate_series(1,8000) g(g), (SELECT repeat('x',300000) AS x FROM generate_series(1,1)) t",
        "SELECT length(replace(repeat('a',60000000),'a',repeat('b',60000)))", "SELECT length(regexp_replace(repeat('a',60000000),'a',repeat('b',60000),'g'))", "SELECT length(rpad('a',2000000000,'b'))",
        "SELECT repeat('x',300000)||g FROM generate_series(1,8000) g INTERSECT ALL SELECT repeat('x',300000)||g FROM generate_series(1,8000) g",
        "SELECT count(DISTINCT repeat('x',300000)||g) FROM generate_series(1,8000) g", "SELECT array_agg(repeat('x',300000)||g) FROM generate_series(1,8000) g",
        "SELECT lead(repeat('x',300000)||g) OVER (ORDER BY g) FROM generate_series(1,8000) g ORDER BY 1 LIMIT 1", "SELECT COALESCE(NULLIF(repeat('x',300000)||g,''),'y') FROM generate_series(1,8000) g ORDER BY 1 DESC LIMIT 1",
    ]),
    ("16", [
        "select 1 ORDER BY 1 LIMIT 3 OFFSET 9223372036854775807", "select interval '-9223372036854775808 days'", "select interval '768614336404564650 years 1000000-0'",
        "select '-768614336404564650 years -8 months ago'::interval", "select '1e-9223372036854775808'::decimal(38,2)", "select '1e9223372036854775807'::decimal(38,2)", "select to_char(INTERVAL '-1 year','Y,YYY')",
        "SELECT repeat('x',60000000) FROM generate_series(1,36) n",
    ]),
    ("19", [
        "SELECT trim(repeat('a',20000000), repeat('b',1000000)||'a'||n) FROM generate_series(1,9) n", "SELECT repeat('a',2000000) LIKE '%'||repeat('a%',2000)||'b'", "SELECT repeat('a',20000000) ~ '(a|aa|aaa)*b'",
        "SELECT mode() WITHIN GROUP (ORDER BY repeat('x',100000)||g) FROM generate_series(1,20000) g", "SELECT string_agg(repeat('x',100000)||g, ',') FROM generate_series(1,20000) g",
        "SELECT g % 5000, max(repeat('x',100000)||g) FROM generate_series(1,20000) g GROUP BY 1", "SELECT concat(x,x,x,x,x,x,x,x) FROM (SELECT repeat('x',60000000) AS x) t",
        "SELECT to_char(1, repeat('\"x\"',20000000))", "SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY repeat('x',100000)||g) FROM generate_series(1,20000) g",
        "SELECT array_agg(repeat('x',1000)||g) OVER (ORDER BY g) FROM generate_series(1,4000) g",
        "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n+g FROM r, generate_series(1,300000000) g WHERE n<2) SELECT count(*) FROM r",
        "SELECT (WITH RECURSIVE r(n) AS (SELECT x UNION ALL SELECT n+1 FROM r, generate_series(1,100000000) g WHERE n<2) SELECT count(*) FROM r) FROM (VALUES (1)) v(x)",
        "SELECT jsonb_array_length(('['||repeat('1,',8000000)||'1]')::jsonb)", "SELECT jsonb_path_query_array(('['||repeat('1,',5000000)||'1]')::jsonb, '$[*] ? (@ == $[*])')",
        "SELECT to_timestamp(repeat(' ',60000000), repeat(' ',60000000))", "SELECT to_number(repeat('9',60000000), repeat('9',60000000))", "SELECT to_char(now(), repeat(' ',20000000))",
        "SELECT array_replace(array_fill('x'::text,ARRAY[2000000]),'x',repeat('y',1000)) IS NULL",
    ]),
]

# Nobody found these; they are of the same classes.
QUERIES.append(("more", [
    "SELECT 1 FROM generate_series(1,3) g GROUP BY CUBE(" + ",".join(f"g+{n}" for n in range(40)) + ")", "SELECT 1 GROUP BY " + ",".join(["ROLLUP(1)"] * 40),
    "SELECT count(*) FROM generate_series(timestamp '2000-01-01', timestamp '2001-01-01', interval '0')", "SELECT count(*) FROM generate_series(timestamp '2000-01-01', timestamp '2001-01-01', interval '1 month -30 days')",
    "SELECT count(*) FROM generate_series(timestamp '290000-01-01', timestamp '294276-12-31', interval '178000000 years')", "SELECT count(*) FROM generate_series(1, 10, 0)", "SELECT * FROM generate_series(5, -9223372036854775808, -9223372036854775808)",
    "SELECT now() AT TIME ZONE '../../../etc/passwd'", "SELECT now() AT TIME ZONE '/dev/zero'", "SELECT now() AT TIME ZONE 'posix/../../../../dev/stdin'", "SELECT now() AT TIME ZONE '" + "A" * 100_000 + "'", "SELECT now() AT TIME ZONE '+99:99'",
    "SELECT now() AT TIME ZONE interval '9223372036854775807 microseconds'", "SELECT " + "NOT " * 100_000 + "true", "SELECT " + "- " * 100_000 + "1", "SELECT 1" + "::int" * 100_000, "SELECT 'a'" + "||'a'" * 100_000, "SELECT 1" + "+1" * 200_000,
    "SELECT " + "CASE WHEN true THEN " * 20_000 + "1" + " END" * 20_000, "SELECT " + "abs(" * 100_000 + "1" + ")" * 100_000, "SELECT * FROM " + "(SELECT * FROM " * 20_000 + "(SELECT 1) a" + ") a" * 20_000, "/*" * 400_000, "SELECT 1 WHERE 1 IN (" + ",".join(map(str, range(150_000))) + ")",
    "WITH " + ",".join(f"a{n} AS (SELECT * FROM a{n - 1} x, a{n - 1} y)" if n else "a0 AS (SELECT 1 AS v)" for n in range(25)) + " SELECT count(*) FROM a24", "SELECT " + ",".join(["g"] * 50_000) + " FROM generate_series(1,3) g",
    "SELECT count(*) FROM " + ",".join(f"generate_series(1,9) g{n}" for n in range(300)), "SELECT " + " UNION ALL SELECT ".join(["1"] * 50_000), "SELECT '" + "{" * 100_000 + "'::int[]", "SELECT x FROM (VALUES ('NaN'::double precision), (1)) t(x) ORDER BY sum(x) OVER (ORDER BY x RANGE BETWEEN 1 PRECEDING AND 'Infinity'::double precision FOLLOWING)",
    "SELECT 'a' ~ '" + "(" * 100_000 + "'", "SELECT 'a' ~ '(((a{1,100}){1,100}){1,100})'", "SELECT regexp_replace(repeat('a',1000000), '(a*)*', repeat('\\1\\1', 1000), 'g')", "SELECT 'a' LIKE repeat('%_', 30000000)", "SELECT to_char(timestamp '2000-01-01', repeat('TMMonth', 5000000))",
    "SELECT split_part(repeat('a,', 20000000), ',', 19999999)", "SELECT replace(repeat('ab', 20000000), 'b', '')", "SELECT position(repeat('a', 500000)||'b' in repeat('a', 1000000))", "SELECT date '0001-01-01' - 2147483647", "SELECT extract(century from timestamp '294276-12-31 23:59:59.999999')",
    "SELECT row_number() OVER (PARTITION BY " + ",".join(f"g+{n}" for n in range(3_000)) + " ORDER BY g) FROM generate_series(1,3) g", "SELECT " + ",".join(f"sum(g) OVER (ORDER BY g+{n})" for n in range(2_000)) + " FROM generate_series(1,100) g", "SELECT mode() WITHIN GROUP (ORDER BY 'NaN'::double precision)",
    "SELECT count(*) OVER (ORDER BY " + ",".join(f"repeat('{chr(97 + n)}',10000)||g" for n in range(26)) + ") FROM generate_series(1,9000) g ORDER BY 1 LIMIT 1",
    "SELECT lead(1) OVER (PARTITION BY " + ",".join(f"repeat('{chr(97 + n)}',10000)||(g%2)" for n in range(26)) + " ORDER BY g) FROM generate_series(1,9000) g ORDER BY 1 LIMIT 1", "SELECT " + ",".join(f"lead(repeat('{chr(97 + n)}',10000)||g) OVER (ORDER BY g)" for n in range(26)) + " FROM generate_series(1,9000) g ORDER BY 1 LIMIT 1",
    "SELECT approx_count_distinct(g) FROM generate_series(1,3) g GROUP BY GROUPING SETS (" + ",".join(["()"] * 5_000) + ")", "EXPLAIN " * 50_000 + "SELECT 1", "SELECT \"" + "a" * 900_000 + "\"", "SELECT $999999999", "SELECT $9223372036854775808", "SELECT 0x7fffffffffffffffff", "SELECT 1e", "SELECT U&'\\FFFFFF'",
]))

# Days that a template of a path reads: a twentieth of them have microseconds in 64 bits.
QUERIES.append(("2", [
    f"SELECT jsonb_path_match('[\"{one}\",\"{other}\"]', '$[0].datetime(\"YYYY-MM-DD\") < $[1].datetime(\"YYYY-MM-DD\")')"
    for one in ["5874897-12-31", "300000-01-01", "0001-01-01"] for other in ["5874897-12-31", "2000-01-01"]]))

# Registers that are all full: no values make such a sketch.
QUERIES.append(("2", [f"SELECT approx_count_distinct_merge(('\\x01' || repeat('{rank}', 8192))::bytea)" for rank in ["33", "34"]]))

# Each expression kept a number for every row of the join's right side.
_RIGHT = "FROM generate_series(1,600000) a(x) JOIN (SELECT g, 'x' || g AS t FROM generate_series(1,600000) g) b ON a.x = b.g LIMIT 3"
QUERIES.append(("19", ["SELECT " + ",".join(f"upper(b.t || '{n}')" for n in range(1_000)) + " " + _RIGHT, "SELECT " + ",".join(f"b.t LIKE '%{n}_%{n}'" for n in range(1_000)) + " " + _RIGHT]))

# Out of order: a comparison of Swift's Strings takes the square of them.
MARKS = "a" + "\u0301\u0316" * 30_000
QUERIES.append(("marks", [
    f"SELECT '{MARKS}'::boolean", f"SELECT '{MARKS}'::double precision", f"SELECT now() AT TIME ZONE '{MARKS}'", f"SELECT date_part('{MARKS}', now())", f"SELECT encode('a', '{MARKS}')",
    f"SELECT regexp_replace('a', 'a', 'b', '{MARKS}')", f"SELECT '{{{MARKS},null}}'::text[]", f"SELECT 1 AS \"{MARKS}\"", f"SELECT normalize('{MARKS}')", f"SELECT '{MARKS}' < 'b' COLLATE \"uk-x-icu\"",
    f"SELECT jsonb_build_object('{MARKS}', 1) ? '{MARKS}x'", f"SELECT '{MARKS}' = '{MARKS}x'",
]))

# libxml2 counts none of these: each took from seconds to minutes.
QUERIES.append(("xpath", [f"SELECT xpath('{path}', '{text}')" for path, text in [
    ("//r[a = b]", "<d><r>' || repeat('<a>x</a><b>y</b>', 40000) || '</r></d>"), ("count(/r/a[count(b | c) > 3])", "<r><a>' || repeat('<b/><c/>', 40000) || '</a></r>"),
    ("count(/r/a/following-sibling::a)", "<r>' || repeat('<a/>', 8000) || '</r>"), ("count(/r/a/b/ancestor::a)", "<r>' || repeat('<a><b/></a>', 40000) || '</r>"),
    ("contains(/r/a, /r/b)", "<r><a>' || repeat('a', 400000) || '</a><b>' || repeat('a', 200000) || 'b</b></r>")]]))

# The product of both sides, or a sort of one for each element of the other.
NAMES = [f'"n{number}"' for number in range(30_000)]
LIST = ",".join(NAMES)
QUERIES.append(("jsonb", [
    f"SELECT '[{LIST}]'::jsonb @> '[{','.join(reversed(NAMES))}]'", "SELECT ('[' || repeat('{},', 9000) || '{}]')::jsonb @> '[{" + ",".join(name + ":1" for name in NAMES) + "}]'",
    f"SELECT '[{LIST}]'::jsonb ?& '{{{LIST}}}'", f"SELECT '[{LIST}]'::jsonb - '{{{LIST}}}'::text[]",
]))

EXACT = [
    ("marks", "SELECT regexp_replace('a', 'a', 'b', repeat('g', 300) || 'z')", 422),
    ("13", "SELECT timestamp '2020-01-01 10:00 PM'", "2020-01-01T22:00:00.000000"), ("13", "SELECT date '2020-01-01 garbage'", 422), ("13", "SELECT timestamptz '2020-01-01 00:00 Nowhere/City'", 422),
    ("13", "SELECT round(53, -1)", "50"), ("13", "SELECT interval '1 2' day to hour", "P1DT2H"), ("13", "SELECT to_char(0, 'FM9.99')", "0."), ("13", "SELECT to_char(100, 'FM999.')", "100"),
    ("13", "SELECT '-0.0'::double precision::text", "-0"), ("13", "SELECT timestamp '2000-01-01 00:00:00.0000005'", "2000-01-01T00:00:00.000000"),
    ("13", "SELECT stddev_pop(x) FROM (VALUES (9223372036854775807), (9223372036854775806)) t(x)", 0.5), ("13", "SELECT count(*) FROM (SELECT 1 AS a GROUP BY ROLLUP(1)) t WHERE a IS NULL", 1),
    ("13", "SELECT date '0044-03-15 BC'", "0044-03-15 BC"),
]
RAW = [
    ("a bare LF in a head", b"GET /v1/receipts HTTP/1.1\nHost: h\nAuthorization: Bearer KEY\n\n"),
    ("a bare LF behind a chunk's length", b"POST /v1/sql HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer KEY\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n2\n{}\r\n0\r\n\r\n"),
    ("both lengths", b"POST /v1/sql HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer KEY\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    ("a length past Int64", b"POST /v1/sql HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer KEY\r\nContent-Length: 18446744073709551617\r\n\r\n{"),
    ("a chunk past Int64", b"POST /v1/sql HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer KEY\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\n{"),
    ("a version that ends in a control byte", b"GET /healthz HTTP/1.1\x11\r\nHost: h\r\n\r\n"),
    ("no version of HTTP", b"GET /healthz HTTQ/1.1\r\nHost: h\r\n\r\n"),
    ("a blank before the colon", b"GET /healthz HTTP/1.1\r\nHost : h\r\n\r\n"),
    ("a NUL in a field", b"GET /healthz HTTP/1.1\r\nHost: h\r\nX: a\x00b\r\n\r\n"),
    ("a folded line", b"GET /healthz HTTP/1.1\r\nHost: h\r\nX: a\r\n b\r\n\r\n"),
]


def bodies(trial):
    server = trial.server()
    key = server.key("a")
    def post(body, kind="application/json", **headers):
        return server.call("POST", "/v1/receipts", body, key, {"Content-Type": kind, **headers})
    short = lambda answer: (answer[0], f"{len(answer[1])} bytes")
    lines = gzip.compress(b"1\n" * 4_000_000)
    trial.check("5", "4,000,000 lines of NDJSON in gzip", server, lambda: short(post(lines, "application/x-ndjson", **{"Content-Encoding": "gzip"})), [200, 413])
    trial.check("5", "4,000,000 records of CSV in gzip", server, lambda: short(post(lines, "text/csv", **{"Content-Encoding": "gzip"})), [200, 413, 422])
    nested = b"{}"
    for _ in range(60):
        nested = gzip.compress(nested)
    trial.check("5", "60 codings, one in the other", server, lambda: post(nested, **{"Content-Encoding": ", ".join(["gzip"] * 60)}), [400, 415])
    bomb = gzip.compress(b"\0" * (1 << 29))
    trial.check("5", "512 MiB of zeros in gzip, at a callback", server, lambda: server.call("POST", "/v1/callbacks/x", bomb, None, {"Content-Encoding": "gzip"}), [400, 401, 413])
    for number in range(300):
        post(receipt(number % 3), f"application/json; charset={number:x}")
    trial.check("5", "300 names of charsets", server, lambda: post(receipt(1), "application/json; charset=utf-8"), [200, 201])
    arrays = gzip.compress(b"[" * 60_000_000)
    def at_once(count, work):
        threads = [threading.Thread(target=work) for _ in range(count)]
        for thread in threads: thread.start()
        for thread in threads: thread.join()
    def bombs():
        at_once(16, lambda: post(arrays, **{"Content-Encoding": "gzip"}))
        return post(receipt(2))
    trial.check("18", "16 bodies of 60 MB of [ in gzip", server, bombs, [200, 201])
    for name, body in [("100,000 deep", b'{"a":' * 100_000), ("a name of 900 kB", b'{"' + b"a" * 900_000 + b'":1}'), ("100,000 members", b"{" + b",".join(b'"%d":0' % n for n in range(100_000)) + b"}"),
                       ("a number of 900,000 digits", b'{"schema":"pos/1","total":' + b"9" * 900_000 + b"}"), ("lone surrogates", b'{"a":"\\ud800"}'), ("members that share a hash", b"{" + b",".join(b'"a%d":0' % n for n in range(60_000)) + b',"a0":1}')]:
        trial.check("17", "JSON: " + name, server, lambda: post(body), [400, 413, 422])
    for name, body in [("80,000 attributes", b"<a " + b" ".join(b'a%d="1"' % n for n in range(80_000)) + b"/>"), ("100,000 deep", b"<a>" * 100_000), ("a doctype of entities", b'<!DOCTYPE a [<!ENTITY x "xxxx"><!ENTITY y "&x;&x;&x;">]><a>&y;</a>'),
                       ("an entity of a file", b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'), ("80,000 namespaces", b"<a " + b" ".join(b'xmlns:a%d="u%d"' % (n, n) for n in range(40_000)) + b"/>"),
                       ("utf-7", b'<?xml version="1.0" encoding="utf-7"?><a/>'), ("a long comment", b"<a><!--" + b"-x" * 400_000 + b"--></a>")]:
        trial.check("17", "XML: " + name, server, lambda: post(body, "application/xml"), [400, 413, 422])
    row = "<ROW ROWNUM='1'><LETTERS>ABCDEFGH</LETTERS><COST>1</COST><AMOUNT>1</AMOUNT><PRICE>1</PRICE></ROW>"
    tax = "<ROW ROWNUM='1'><TYPE>0</TYPE><LETTER>A</LETTER><PRC>20</PRC></ROW>"
    check01 = f'<?xml version="1.0" encoding="windows-1251"?><CHECK xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:noNamespaceSchemaLocation="check01.xsd"><CHECKHEAD><DOCTYPE>0</DOCTYPE><UID>a2a7b8a0-5dbb-4a06-9f6d-b0b6a9a1a9a1</UID><TIN>1234567890</TIN><ORDERDATE>20112025</ORDERDATE><ORDERTIME>101010</ORDERTIME><ORDERNUM>1</ORDERNUM><CASHDESKNUM>1</CASHDESKNUM><CASHREGISTERNUM>1</CASHREGISTERNUM></CHECKHEAD><CHECKTOTAL><SUM>1.00</SUM></CHECKTOTAL><CHECKTAX>{tax * 1_500}</CHECKTAX><CHECKBODY>{row * 1_500}</CHECKBODY></CHECK>'
    def check01s():
        began, slowest = time.time(), 0.0
        threads = [threading.Thread(target=lambda: post(check01.encode("cp1251"), "application/xml")) for _ in range(8)]
        for thread in threads: thread.start()
        other = server.key("b")
        while any(thread.is_alive() for thread in threads):
            start = time.time()
            server.call("POST", "/v1/receipts", receipt(int(start * 1e3)), other)
            slowest = max(slowest, time.time() - start)
            time.sleep(0.1)
        return 200, f"eight in {time.time() - began:.1f} s; another client's slowest {slowest:.1f} s"
    trial.check("17", "ua-prro-check01 of 250 kB, eight at once", server, check01s, [200])
    short_gzip = gzip.compress(b"") * 40_000 + gzip.compress(receipt(3).encode())
    for name, coding, body in [("40,000 members of gzip", "gzip", short_gzip), ("gzip with bytes behind it", "gzip", gzip.compress(b"{}") + b"x" * 500_000), ("zstd of a window of 2 GiB", "zstd", b"\x28\xb5\x2f\xfd\x00\xa8" + b"\x00" * 100),
                               ("100,000 frames of zstd to skip", "zstd", b"\x50\x2a\x4d\x18\x00\x00\x00\x00" * 100_000), ("zstd that claims 2^64 bytes", "zstd", b"\x28\xb5\x2f\xfd\xe0" + b"\xff" * 8 + b"\x01\x00\x00")]:
        trial.check("more", name, server, lambda: post(body, **{"Content-Encoding": coding}), [200, 201, 400, 413])
    pieces = b"".join(b"1\r\n \r\n" for _ in range(200_000)) + b"0\r\n\r\n"
    trial.check("more", "200,000 chunks of a byte", server, lambda: (int(server.raw(
        f"POST /v1/receipts HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n".encode() + pieces).split(b" ")[1]), ""), [400])
    trial.check("more", "100,000 trailers", server, lambda: (int((server.raw(
        f"POST /v1/receipts HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n1\r\n0\r\n".encode() + b"A: b\r\n" * 100_000 + b"\r\n").split(b" ") + [b"0"] * 2)[1]), ""), [400, 413, 431, 0])
    for parameter in ["after=-1", "after=9223372036854775807&limit=10000&wait=0", "after=9223372036854775808", "wait=1e9", "limit=0x10"]:
        trial.check("more", "changes?" + parameter, server, lambda: server.call("GET", "/v1/changes?" + parameter, key=key), [200, 400])
    for parameter in ["from=-290308-12-21&to=294247-01-10", "from=294247-01-11", "from=2000-01-01T00:00:00%2B99:99", "limit=9223372036854775807", "fields=" + ",".join(["total"] * 2_000), "cursor=" + "A" * 20_000]:
        trial.check("more", "receipts?" + parameter, server, lambda: server.call("GET", "/v1/receipts?" + parameter, key=key), [200, 400, 414])
    for member in ['"valid_to":"294247-01-10"', '"rate_per_second":1e-320', '"rate_per_second":1e308', '"rate_per_second":-1', '"types":[' + ",".join(['"x"'] * 50_000) + "]", '"callback_hosts":[' + ",".join(f'"h{n}"' for n in range(50_000)) + "]", '"webhook":{"url":"http://[::ffff:127.0.0.1]:99999/","secret":"whsec_!"}']:
        trial.check("more", "contract of " + member[:50], server, lambda: server.call("PUT", "/v1/contracts/odd", '{"access":"read","scope":"own",' + member + "}"), [200, 201, 400, 422])
        odd = server.call("POST", "/v1/contracts/odd/keys")
        if odd[0] == 201:
            trial.check("more", "a call by its key", server, lambda: server.call("GET", "/v1/receipts", key=json.loads(odd[1])["key"]), [200, 403, 429])
    for text in [f"eyJhbGciOiJSUzI1NiJ9.{'A' * 6_000}.AAAA", "a." * 2_000, "." * 8_000, "till_" + "x" * 12_000]:
        trial.check("more", "a credential of " + text[:20], server, lambda: server.call("GET", "/v1/receipts", key=text), [401, 431])
    hostile_types(trial, server, key)
    server.stop()


def hostile_types(trial, server, key):
    base = {"version": 1, "table": "t", "format": "xml", "receipt_id": "@id", "issued_at": "@at", "accept_from": None}
    def put(name, **more):
        return server.call("PUT", f"/v1/types/{name}", json.dumps({**base, "name": name, "match": {f"/{name}": {"exists": True}}, **more}))
    def schema(body):
        return {"x.xsd": '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">' + body + "</xs:schema>"}
    attributes = '<xs:attribute name="id"/><xs:attribute name="at"/>'
    chain = '<xs:complexType name="T0"><xs:sequence/></xs:complexType>' + "".join(
        f'<xs:complexType name="T{n}"><xs:complexContent><xs:extension base="T{n - 1}"><xs:sequence><xs:element name="e{n}" minOccurs="0"/></xs:sequence></xs:extension></xs:complexContent></xs:complexType>' for n in range(1, 1_000)) + '<xs:element name="chain" type="T999"/>'
    trial.check("17", "XSD: a chain of 999 extensions", server, lambda: put("chain", xsd="x.xsd", files=schema(chain)), [201, 422])
    pattern = f'<xs:element name="pat"><xs:complexType><xs:simpleContent><xs:extension base="P">{attributes}</xs:extension></xs:simpleContent></xs:complexType></xs:element><xs:simpleType name="P"><xs:restriction base="xs:string"><xs:pattern value="(a|aa|aaa)*b"/></xs:restriction></xs:simpleType>'
    trial.check("17", "XSD: (a|aa|aaa)*b", server, lambda: put("pat", xsd="x.xsd", files=schema(pattern)), [201, 422])
    trial.check("17", "a document for it", server, lambda: server.call("POST", "/v1/receipts", '<pat id="1" at="2026-11-18T00:00:00Z">' + "a" * 500_000 + "</pat>", key, {"Content-Type": "application/xml"}), [201, 400, 403, 413, 422])
    repeats = f'<xs:element name="rep"><xs:complexType><xs:sequence minOccurs="0" maxOccurs="2147483647"><xs:element name="a" minOccurs="0" maxOccurs="4294967296"/><xs:element name="a" minOccurs="0" maxOccurs="999999"/></xs:sequence>{attributes}</xs:complexType></xs:element>'
    trial.check("17", "XSD: occurrences past Int32", server, lambda: put("rep", xsd="x.xsd", files=schema(repeats)), [201, 422])
    trial.check("17", "a column of count(preceding::*)", server, lambda: put("pre", columns={"l": {"path": "//c", "columns": {"n": {"path": "count(preceding::*)", "type": "BIGINT"}}}}), [201, 422])
    trial.check("17", "a document for it", server, lambda: server.call("POST", "/v1/receipts", '<pre id="1" at="2026-11-18T00:00:00Z">' + "<c/>" * 100_000 + "</pre>", key, {"Content-Type": "application/xml"}), [201, 403, 422])
    enum = {"name": "enum", "version": 1, "table": "t", "format": "json", "match": {"/enum": 1}, "receipt_id": "/id", "issued_at": "/at", "accept_from": None,
            "schema": {"properties": {"l": {"items": {"enum": [f"v{n}" for n in range(20_000)]}}}}}
    trial.check("17", "JSON Schema: enum of 20,000", server, lambda: server.call("PUT", "/v1/types/enum", json.dumps(enum)), [201])
    trial.check("17", "a document of 100,000 items for it", server, lambda: server.call(
        "POST", "/v1/receipts", json.dumps({"enum": 1, "id": "1", "at": "2026-11-18T00:00:00Z", "l": ["x"] * 90_000}), key), [201, 403, 422])
    for name, part in [("deep", {"allOf": [{"$ref": "#"}]}), ("unique", {"properties": {"l": {"uniqueItems": True}}}), ("ref", {"$defs": {"a": {"anyOf": [{"$ref": "#/$defs/a"}, {"$ref": "#/$defs/a"}]}}, "$ref": "#/$defs/a"}),
                       ("pattern", {"patternProperties": {"(.{1,500}){500}": {}}}), ("extremes", {"properties": {"l": {"minItems": MOST, "maxItems": 1e308, "multipleOf": 1e-300}}})]:
        other = {**enum, "name": "j" + name, "match": {"/enum": "j" + name}, "schema": part}
        trial.check("17", f"JSON Schema: {name}", server, lambda: server.call("PUT", f"/v1/types/j{name}", json.dumps(other)), [201, 422])
        trial.check("17", "a document for it", server, lambda: server.call(
            "POST", "/v1/receipts", json.dumps({"enum": "j" + name, "id": "1", "at": "2026-11-18T00:00:00Z", "l": [[n] for n in range(60_000)]}), key), [201, 403, 404, 422])
    rule = {**enum, "name": "rule", "match": {"/enum": "rule"}, "schema": {}, "columns": {"d": {"path": "/d", "type": "DECIMAL(38,0)"}, "t": {"path": "/t", "type": "VARCHAR"}, "e": {"expression": "d + d", "type": "DECIMAL(38,0)"}},
            "rules": [{"name": "r", "check": "t::interval < interval '1 day' and d + d > 0", "message": "m"}]}
    trial.check("16", "a rule over the ends of types", server, lambda: server.call("PUT", "/v1/types/rule", json.dumps(rule)), [201])
    for text in ["-9223372036854775808 days", "768614336404564650 years 1000000-0"]:
        trial.check("16", f"a document for it: {text}", server, lambda: server.call(
            "POST", "/v1/receipts", json.dumps({"enum": "rule", "id": "1", "at": "2026-11-18T00:00:00Z", "d": "9" * 38, "t": text}), key), [422])


def stores(trial):
    settings = {"registrars": {"tax": {"url": "http://127.0.0.1:9/", "secret": "whsec_c2VjcmV0"}}, "outgoing": {"allow": ["127.0.0.1"]}, "hot_days": 1}
    server = trial.server(settings=settings)
    typed = {"name": "taxed", "version": 1, "table": "taxed", "format": "json", "match": {"/schema": "taxed"}, "receipt_id": "/id", "issued_at": "/issued_at", "columns": {}, "register": [["tax"]]}
    server.call("PUT", "/v1/types/taxed", json.dumps(typed))
    server.key("a")
    for number in range(5):
        server.call("POST", "/v1/receipts?client=a", receipt(number))
    server.call("POST", "/v1/admin/compact", "{}")
    for number in range(5, 8):
        server.call("POST", "/v1/receipts?client=a", receipt(number))
    server.call("POST", "/v1/receipts?client=a", receipt(9, schema="taxed"))
    trial.check("12", "an act of the admin key is in the audit trail", server, lambda: (lambda a: (a[0], str("taxed" in a[1])))(server.call("GET", "/v1/audit")), lambda a: a == (200, "True"))
    loose = [path for path, folders, files in os.walk(server.data) for path in [path] + [os.path.join(path, name) for name in files] if stat.S_IMODE(os.stat(path).st_mode) & 0o077]
    trial.check("12", "modes of the directory and its files", None, lambda: (len(loose), loose[:2]), [0])
    # 8
    server.stop()
    server.settings = {}
    server.start()
    trial.check("8", "a registrar that is gone: readyz", server, lambda: server.call("GET", "/readyz"), lambda a: "tax" in a[1] or "tax" in open(server.log).read())
    server.settings = settings
    server.stop()
    # 9
    moved = server.data + "-moved"
    os.rename(server.data, moved)
    server.data = moved
    server.start()
    trial.check("9", "a moved store", server, lambda: server.sql("SELECT count(*) FROM receipts"), lambda a: a[0] == 200 and "[[8]]" in a[1].replace(" ", ""))
    server.stop()
    whole = moved + "-whole"
    shutil.copytree(moved, whole)
    def files(path):
        return sorted(os.path.relpath(os.path.join(at, name), path) for at, _, names in os.walk(path) for name in names if name.endswith((".parquet", ".sqlite", ".json", ".avro")) and "catalog" not in name)
    # 7
    for name in ["catalog.sqlite", "catalog.sqlite-wal", "catalog.sqlite-shm"]:
        if os.path.exists(f"{moved}/{name}"): os.remove(f"{moved}/{name}")
    before = files(moved)
    trial.check("7", "no catalog: the start is refused", None, lambda: (int(server.start(wanted=False)), open(server.log).read()[-300:]), lambda a: a[0] == 0 and "recover" in a[1])
    trial.check("7", "its exit status", None, lambda: (server.process.returncode, ""), [1])
    trial.check("7", "verify says so", None, lambda: server.till("verify", "--data", moved), [1])
    trial.check("7", "nothing was removed", None, lambda: (int(files(moved) != before), ""), [0])
    trial.check("7", "recover without the file of a type asks for it", None, lambda: server.till("recover", "--data", moved), lambda a: a[0] == 1 and "--type" in a[1])
    json.dump(typed, open(server.folder + "/taxed.json", "w"))
    trial.check("7", "recover", None, lambda: server.till("recover", "--data", moved, "--type", server.folder + "/taxed.json"), [0])
    server.start()
    trial.check("7", "a recovered store", server, lambda: server.sql("SELECT count(*) FROM receipts"), lambda a: a[0] == 200 and "[[8]]" in a[1].replace(" ", ""))
    server.stop()
    trial.check("7", "verify of it", None, lambda: server.till("verify", "--data", moved), [0])
    # 7, an older catalog
    server.data = whole
    shutil.copytree(whole, whole + "-old")
    server.start()
    server.call("POST", "/v1/receipts?client=a", receipt(20))
    server.call("POST", "/v1/admin/compact", "{}")
    server.stop()
    for name in ["catalog.sqlite", "catalog.sqlite-wal", "catalog.sqlite-shm"]:
        if os.path.exists(f"{whole}/{name}"): os.remove(f"{whole}/{name}")
        if os.path.exists(f"{whole}-old/{name}"): shutil.copy(f"{whole}-old/{name}", f"{whole}/{name}")
    trial.check("7", "an older catalog: the start is refused", None, lambda: (int(server.start(wanted=False)), open(server.log).read()[-300:]), lambda a: a[0] == 0)
    if server.lives(): server.stop()
    # 10
    killed = trial.server()
    for number in range(6):
        killed.call("POST", "/v1/receipts?client=a", receipt(number)) if number else killed.key("a")
        killed.call("POST", "/v1/receipts?client=a", receipt(100 + number))
    killed.stop(kill=True)
    logs = [os.path.join(at, name) for at, _, names in os.walk(killed.data + "/hot") for name in names if name.endswith("-wal")]
    trial.check("10", "a killed server's log as it is", None, lambda: killed.till("verify", "--data", copied(killed.data)), [0])
    def flipped():
        data = copied(killed.data)
        path = data + logs[0][len(killed.data):]
        content = bytearray(open(path, "rb").read())
        content[32 + 24 + 4_000] ^= 1
        open(path, "wb").write(content)
        return killed.till("verify", "--data", data)
    trial.check("10", "a flip in its first commit", None, flipped, [1])
    # 12
    for command in [["compact"], ["verify"], ["sql", "SELECT 1"], ["contract", "list"], ["import", "--client", "a", "/dev/null"]]:
        path = killed.folder + "/mistyped"
        arguments = [command[0]] + (command[1:2] if command[0] == "contract" else []) + ["--data", path] + (command[1:] if command[0] != "contract" else [])
        trial.check("12", f"till {command[0]} in a directory that is not there", None, lambda: (lambda r: (r[0] + 10 * os.path.exists(path), r[1]))(killed.till(*arguments)), [1])
    # 20
    link = killed.folder + "/rows.json"
    open(link, "w").write('{"no":"type"}\n')
    open(killed.folder + "/target", "w").write("kept")
    os.symlink(killed.folder + "/target", link + ".rejected.ndjson")
    killed.till("import", "--data", killed.data, "--client", "a", link)
    trial.check("20", "import follows no link", None, lambda: (int(open(killed.folder + "/target").read() != "kept"), ""), [0])
    zeros = killed.folder + "/zeros.json.gz"
    open(zeros, "wb").write(gzip.compress(b"\0" * (1 << 29)))
    def bounded(path):
        run = subprocess.run(["bash", "-c", 'ulimit -d 1500000; timeout 60 "$0" import --data "$1" --client a "$2"', killed.binary, killed.data, path], capture_output=True, text=True)
        return run.returncode, run.stdout + run.stderr
    trial.check("20", "import of 512 MiB of zeros in gzip", None, lambda: bounded(zeros), [0, 1])
    trial.check("20", "import of /dev/zero", None, lambda: bounded("/dev/zero"), [1])


def copied(path):
    target = tempfile.mkdtemp(prefix="till-findings-", dir=os.path.dirname(path)) + "/d"
    shutil.copytree(path, target)
    return target


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default=".build/debug/till")
    parser.add_argument("--only")
    parser.add_argument("--part", choices=["statements", "bodies", "stores"])
    parser.add_argument("--quick", action="store_true", help="without what a debug build is long about")
    parser.add_argument("--memory", type=int, default=900)
    arguments = parser.parse_args()
    arguments.binary = os.path.abspath(arguments.binary)
    trial = Trial(arguments)
    for part in [statements, bodies, stores]:
        if arguments.part in (None, part.__name__):
            part(trial)
    for server in trial.servers:
        server.remove()
    print(f"{trial.count} tried, {len(trial.failures)} not as wanted" + "".join(f"\n  {what}" for what in trial.failures))
    sys.exit(1 if trial.failures else 0)


if __name__ == "__main__":
    main()
