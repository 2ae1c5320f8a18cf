"""Asks a running server over PostgreSQL's protocol with the clients that people have.

Usage: postgres_clients.py PORT URL ADMIN_KEY CERTIFICATE

psql, psycopg 3 and 2, asyncpg and pg8000, unpatched: each connects in its own way, asks, and must get what was posted over HTTP. Exits 77 without them.
"""
import asyncio
import datetime
import decimal
import importlib.util
import json
import os
import shutil
import ssl
import subprocess
import sys
import threading
import time
import urllib.request

PORT, URL, ADMIN, CERTIFICATE = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]
HOST = "127.0.0.1"
D = decimal.Decimal
# Behind the server's own.
BEGAN = datetime.datetime.now(datetime.timezone.utc)


def call(method, path, body=None, key=ADMIN):
    data = None if body is None else body.encode() if isinstance(body, str) else json.dumps(body).encode()
    request = urllib.request.Request(URL + path, data, {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}, method=method)
    with urllib.request.urlopen(request) as answer:
        text = answer.read()
        return json.loads(text) if text else None


def contract(name, scope):
    call("PUT", f"/v1/contracts/{name}", {"access": "read-write", "scope": scope})
    made = call("POST", f"/v1/contracts/{name}/keys", {})
    return made["key"], made["id"]


def receipt(number, key, total="65.00"):
    document = {
        "schema": "pos/1", "id": f"R-{number}", "store": {"id": "S17", "till": "3"}, "issued_at": "2026-11-19T14:03:07+02:00", "currency": "UAH", "customer": "U0001234",
        "lines": [{"code": "4820000000017", "name": "Хліб \"x\"", "category": "bakery", "qty": 2, "price": 32.50, "vat": 20, "amount": "TOTAL"}],
        "total": "TOTAL", "tax_total": 10.83, "payment": {"type": "card"},
    }
    call("POST", "/v1/receipts", json.dumps(document, ensure_ascii=False).replace('"TOTAL"', total), key)


def same(found, wanted):
    assert found == wanted, (found, wanted)


def fails(state, body, error=Exception):
    try:
        body()
    except error as fault:
        code = getattr(fault, "sqlstate", None) or getattr(fault, "pgcode", None) or (fault.args and isinstance(fault.args[0], dict) and fault.args[0].get("C"))
        assert code == state, (code, state, fault)
        return fault
    raise AssertionError(f"no error {state}")


# MARK: psql


def test_settings_of_times(_, __, ___):
    """SET says how dates in texts are read, and which clock shows times."""
    script = """
        SELECT date '1/8/1999';
        SET DateStyle TO dmy; SHOW DateStyle; SELECT date '1/8/1999', ('1/8/1999'::text || '')::date, timestamp '1-8-99 10:00';
        SET DateStyle = 'ISO, YMD'; SELECT date '99-01-08', date '1999-01-08';
        SET TIME ZONE 2; SHOW TIME ZONE; SELECT timestamptz '2020-01-01 00:00Z';
        SET TIME ZONE INTERVAL '-08:30' HOUR TO MINUTE; SHOW TIME ZONE; SELECT timestamptz '2020-01-01 12:00Z';
        SET timezone = '+02:00'; SHOW TIME ZONE; SELECT timestamptz '2020-01-01 12:00Z';
        SET timezone = 'europe/kyiv'; SHOW TIME ZONE; SELECT timestamptz '2020-01-01 12:00Z';
        SET DateStyle = german; SHOW DateStyle; SELECT date '1.8.1999', timestamptz '2020-01-01 12:00Z';
    """
    wanted = """1999-01-08|ISO, DMY|1999-08-01|1999-08-01|1999-08-01 10:00:00|1999-01-08|1999-01-08|<+02>-02|2020-01-01 02:00:00+02|<-08:30>+08:30|2020-01-01 03:30:00-08:30|+02:00|2020-01-01 10:00:00-02|Europe/Kyiv|2020-01-01 14:00:00+02|German, DMY|01.08.1999|01.01.2020 14:00:00 EET"""
    same(psql("admin", ADMIN, "-Atq", stdin=script).strip().replace("\n", "|"), wanted)
    for style in ["nope", "sql, iso", "iso, dmy, mdy"]:
        assert "DateStyle" in psql("admin", ADMIN, "-v", "ON_ERROR_STOP=1", "-Atc", f"SET DateStyle = '{style}'", code=1), style
    for zone in ["MSK", "168.5", "foo5bar", "Nowhere"]:
        assert "TimeZone" in psql("admin", ADMIN, "-v", "ON_ERROR_STOP=1", "-Atc", f"SET TimeZone = '{zone}'", code=1), zone


def psql(user, key, *arguments, mode="disable", extra="", stdin=None, code=0):
    environment = {**os.environ, "PGPASSWORD": key, "PGSSLROOTCERT": CERTIFICATE, "PGCONNECT_TIMEOUT": "10"}
    target = f"host=localhost port={PORT} user={user} dbname=till sslmode={mode} {extra}"
    run = subprocess.run(["psql", "-X", target, *arguments], env=environment, input=stdin, capture_output=True, text=True, timeout=120)
    assert run.returncode == code, (run.returncode, run.stdout, run.stderr)
    return run.stdout + run.stderr


def test_psql(shop, shop_key, _):
    same(psql(shop, shop_key, "-Atc", "SELECT receipt_id, total FROM receipts ORDER BY 1"), "R-1|65.0000\nR-2|66.5000\n")
    for mode in ("require", "verify-full"):
        same(psql(shop, shop_key, "-Atc", "SELECT count(*) FROM receipts", mode=mode), "2\n")
    same(psql(shop, shop_key, "-Atc", "SELECT 1", mode="require", extra="channel_binding=require"), "1\n")
    same(psql("admin", ADMIN, "-Atc", "SELECT count(*) FROM receipts"), "3\n")
    # Several statements, a transaction, an error and what comes behind it.
    out = psql(shop, shop_key, "-At", stdin="BEGIN;\nSELECT 1/0;\nSELECT 2;\nROLLBACK;\nSELECT 3;\n")
    assert "division by zero" in out and "current transaction is aborted" in out and out.splitlines()[-1] == "3" or "3\n" in out, out
    assert "25006" in psql(shop, shop_key, "-v", "VERBOSITY=verbose", "-c", "DELETE FROM receipts", code=1)
    out = psql(shop, shop_key, "-v", "VERBOSITY=verbose", "-c", "SELECT nothing FROM receipts", code=1)
    assert "42703" in out and "LINE 1: SELECT nothing FROM receipts\n               ^" in out, out
    assert "42P01" in psql(shop, shop_key, "-v", "VERBOSITY=verbose", "-c", "SELECT 1 FROM nowhere", code=1)
    same(psql(shop, shop_key, "-c", r"\copy (SELECT receipt_id, total FROM receipts ORDER BY 1) TO STDOUT CSV HEADER"), "receipt_id,total\nR-1,65.0000\nR-2,66.5000\n")
    same(psql(shop, shop_key, "-At", stdin="SELECT generate_series FROM generate_series(1, 5)\\g\n\\set FETCH_COUNT 2\nSELECT * FROM generate_series(1,5);\n"), "1\n2\n3\n4\n5\n" * 2)
    assert "Scan receipts" in psql(shop, shop_key, "-Atc", "EXPLAIN SELECT * FROM receipts")
    assert psql(shop, shop_key, "-Atc", "EXPLAIN SELECT 1").strip()
    psql(shop, "till_wrong", "-c", "SELECT 1", code=2)
    psql("nobody", shop_key, "-c", "SELECT 1", code=2)
    assert 'database "other" does not exist' in subprocess.run(
        ["psql", "-X", f"host=localhost port={PORT} user={shop} dbname=other"], env={**os.environ, "PGPASSWORD": shop_key}, capture_output=True, text=True).stderr


# MARK: psycopg 3


def test_psycopg(shop, key, _):
    import psycopg

    target = dict(host=HOST, port=PORT, user=shop, password=key, dbname="till")
    with psycopg.connect(**target, sslmode="require", channel_binding="require") as connection:
        assert connection.info.server_version == 150000 and connection.info.parameter_status("default_transaction_read_only") == "on"
        assert connection.execute("SELECT pg_postmaster_start_time() < %s, current_setting('ssl')", [BEGAN]).fetchone() == (True, "on")
        row = connection.execute("SELECT receipt_id, total, business_day, issued_at, lines FROM receipts WHERE total = %s", [D("66.50")]).fetchone()
        assert row[:3] == ("R-2", D("66.50"), datetime.date(2026, 11, 19)), row
        assert row[3] == datetime.datetime(2026, 11, 19, 12, 3, 7, tzinfo=datetime.timezone.utc), row
        assert row[4][0]["name"] == 'Хліб "x"' and row[4][0]["amount"] == 66.5, row
        for binary in (False, True):
            with connection.cursor(binary=binary) as cursor:
                for value, sql in (
                    (7, "int"), (1 << 40, "bigint"), (1.5, "float8"), ("é'\"\\", "text"), (True, "bool"), (D("-12345678901234567890.123456"), "numeric(38,6)"), (None, "int"),
                    (datetime.date(2000, 2, 29), "date"), (datetime.datetime(1969, 12, 31, 23, 59, 59, 999999), "timestamp"), (b"\0\xff", "bytea"),
                    (datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc), "timestamptz"), (datetime.timedelta(days=3, microseconds=5), "interval"),
                ):
                    for parameter in ("%s", "%b" if value is not None and not isinstance(value, str) else "%s"):
                        found = cursor.execute(f"SELECT {parameter}::{sql}", [value]).fetchone()[0]
                        assert found == value, (found, value, sql, parameter, binary)
                found = cursor.execute("SELECT ARRAY[1, NULL, 3], ARRAY['a', 'b,\"c'], now() - now()").fetchone()
                assert found == ([1, None, 3], ["a", 'b,"c'], datetime.timedelta(0)), found
        # Inferred: a text that no type was said of.
        assert connection.execute("SELECT count(*) FROM receipts WHERE business_day = %s AND total > %s", ["2026-11-19", "1"]).fetchone() == (2,)
        with connection.cursor("srv") as cursor:
            cursor.execute("SELECT n FROM generate_series(1, 10) AS g(n)")
            assert cursor.fetchmany(3) == [(1,), (2,), (3,)] and len(cursor.fetchall()) == 7
        # Its DECLARE has parameters.
        with connection.cursor("bound") as cursor:
            cursor.execute("SELECT n, %s FROM generate_series(1, 10) AS g(n) WHERE n > %s ORDER BY n", ["x", 7])
            assert cursor.fetchall() == [(8, "x"), (9, "x"), (10, "x")]
        assert fails("42P02", lambda: connection.execute("DECLARE unbound CURSOR FOR SELECT $1::integer"))
        connection.rollback()
        # FETCH's own Bind says in which form the rows come.
        with connection.cursor("form", binary=True) as cursor:
            cursor.execute("SELECT n, 1.5::numeric, 'x'::text FROM generate_series(1, 10) AS g(n)")
            assert cursor.fetchmany(2) == [(1, D("1.5"), "x"), (2, D("1.5"), "x")] and cursor.pgresult.fformat(0) == 1
        with connection.cursor("both", scrollable=True) as cursor:
            cursor.execute("SELECT n FROM generate_series(1, 10) AS g(n) ORDER BY n")
            cursor.scroll(4)
            assert cursor.fetchone() == (5,)
            cursor.scroll(-3)
            assert cursor.fetchone() == (3,)
        with connection.cursor().copy("COPY (SELECT n, NULL, 'a\tb' FROM generate_series(1, 3) AS g(n)) TO STDOUT") as copy:
            assert b"".join(copy) == b"1\t\\N\ta\\tb\n2\t\\N\ta\\tb\n3\t\\N\ta\\tb\n"
        with connection.cursor().copy("COPY (SELECT n FROM generate_series(1, 3) AS g(n)) TO STDOUT (FORMAT binary)") as copy:
            copy.set_types(["int4"])
            assert list(copy.rows()) == [(1,), (2,), (3,)]
        fails("42P01", lambda: connection.execute("SELECT 1 FROM nowhere"))
        fails("25P02", lambda: connection.execute("SELECT 1"))
        connection.rollback()
        with connection.pipeline():
            found = [connection.execute("SELECT %s::int", [n]) for n in range(50)]
        assert [cursor.fetchone()[0] for cursor in found] == list(range(50))
        connection.rollback()
        one_state(connection, key)
    with psycopg.connect(**target, prepare_threshold=0, autocommit=True) as connection:
        for n in range(20):
            assert connection.execute("SELECT %s + 1", [n]).fetchone() == (n + 1,)
        cancelled(connection)
        connection.execute("SET statement_timeout = 100")
        fails("57014", lambda: connection.execute("SELECT count(*) FROM generate_series(1, 1000000000) AS a(x) WHERE x % 7 = 8"))
    # A token or key that is said needs TLS.
    try:
        psycopg.connect(**target, sslmode="disable", options="-c till.auth=token")
        raise AssertionError("a key was said in clear")
    except psycopg.OperationalError as fault:
        assert "TLS" in str(fault), fault
    with psycopg.connect(**target, sslmode="require", options="-c till.auth=token -c statement_timeout=5s") as connection:
        assert connection.execute("SHOW statement_timeout").fetchone() == ("5s",)


def one_state(connection, key):
    """A transaction sees what there was at its first question."""
    before = connection.execute("SELECT count(*) FROM receipts").fetchone()[0]
    receipt(3, key)
    assert connection.execute("SELECT count(*) FROM receipts").fetchone()[0] == before
    connection.commit()
    assert connection.execute("SELECT count(*) FROM receipts").fetchone()[0] == before + 1
    # Its first question may be a constant, which by itself needs no look at the store.
    connection.execute("SELECT 1", prepare=True)
    connection.commit()
    connection.execute("SELECT 1", prepare=True)
    receipt(4, key)
    assert connection.execute("SELECT count(*) FROM receipts").fetchone()[0] == before + 1
    connection.commit()


def cancelled(connection):
    began = time.monotonic()
    timer = threading.Timer(0.3, connection.cancel)
    timer.start()
    fails("57014", lambda: connection.execute("SELECT count(*) FROM generate_series(1, 100000000000) AS a(x) WHERE x % 7 = 8"))
    timer.join()
    assert time.monotonic() - began < 30
    assert connection.execute("SELECT 1").fetchone() == (1,)


# MARK: The others


def test_psycopg2(shop, key, _):
    import psycopg2

    connection = psycopg2.connect(host=HOST, port=PORT, user=shop, password=key, dbname="till", sslmode="require")
    with connection.cursor() as cursor:
        cursor.execute("SELECT receipt_id, total FROM receipts WHERE total = %s", (D("66.50"),))
        assert cursor.fetchall() == [("R-2", D("66.50"))]
    connection.commit()
    with connection.cursor("named") as cursor:
        cursor.itersize = 2
        cursor.execute("SELECT n FROM generate_series(1, 7) AS g(n)")
        assert [row[0] for row in cursor] == list(range(1, 8))
    connection.rollback()
    with connection.cursor() as cursor:
        fails("25006", lambda: cursor.execute("CREATE TABLE t (a int)"))
    connection.close()


async def ask_asyncpg(shop, key):
    import asyncpg

    context = ssl.create_default_context(cafile=CERTIFICATE)
    connection = await asyncpg.connect(host="localhost", port=PORT, user=shop, password=key, database="till", ssl=context)
    row = await connection.fetchrow("SELECT receipt_id, total, business_day, issued_at FROM receipts WHERE total > $1 AND receipt_id = $2", D("66"), "R-2")
    assert tuple(row)[:3] == ("R-2", D("66.50"), datetime.date(2026, 11, 19)), row
    assert row["issued_at"].utcoffset() == datetime.timedelta(0)
    async with connection.transaction(readonly=True):
        cursor = await connection.cursor("SELECT n FROM generate_series(1, 10) AS g(n)")
        assert [row[0] for row in await cursor.fetch(4)] == [1, 2, 3, 4]
        assert len(await cursor.fetch(100)) == 6
    await ask_arrays(connection)
    rows = await asyncio.gather(*[one_of_many(shop, key, n) for n in range(20)])
    assert rows == list(range(20))
    try:
        await asyncio.wait_for(connection.fetch("SELECT count(*) FROM generate_series(1, 100000000000) AS a(x) WHERE x % 7 = 8"), 0.3)
        raise AssertionError("it was not cancelled")
    except asyncio.TimeoutError:
        pass
    assert await connection.fetchval("SELECT 1") == 1
    await connection.close()


async def ask_arrays(connection):
    """Of each type it asks the catalog first, by a recursive query within a recursive query."""
    day = datetime.date(2026, 11, 19)
    values = {
        "int[]": [1, None, 3], "numeric[]": [D("1.50"), None], "date[]": [day], "jsonb[]": ['{"a": 1}'], "bigint[]": [1 << 40], "float8[]": [0.5],
        "bool[]": [True, False], "timestamptz[]": [datetime.datetime(2026, 11, 19, tzinfo=datetime.timezone.utc)], "text[]": ["a", None],
    }
    for name, value in values.items():
        found = await connection.fetchval(f"SELECT $1::{name}", value)
        assert found == value, (name, found)
        assert await connection.fetchval(f"SELECT $1::{name}", []) == [], name
    assert await connection.fetchval("SELECT ARRAY[[1, 2], [3, 4]]::int[][]") == [[1, 2], [3, 4]]
    assert await connection.fetchval("SELECT array_agg(n ORDER BY n) FROM generate_series(1, 3) AS g(n)") == [1, 2, 3]
    assert await connection.fetch("SELECT n FROM generate_series(1, 5) AS g(n) WHERE n = ANY($1::int[]) ORDER BY n", [2, 4]) == [(2,), (4,)]
    assert await connection.fetchval("SELECT array_agg(total ORDER BY total) FROM receipts WHERE receipt_id = $1", "R-2") == [D("66.50")]


async def one_of_many(shop, key, number):
    import asyncpg

    connection = await asyncpg.connect(host=HOST, port=PORT, user=shop, password=key, database="till", ssl=False)
    try:
        return await connection.fetchval("SELECT $1::int", number)
    finally:
        await connection.close()


def test_asyncpg(shop, key, _):
    asyncio.run(ask_asyncpg(shop, key))


def test_pg8000(shop, key, _):
    import pg8000.native

    context = ssl.create_default_context(cafile=CERTIFICATE)
    connection = pg8000.native.Connection(shop, host="localhost", port=PORT, password=key, database="till", ssl_context=context)
    assert connection.run("SELECT receipt_id, total FROM receipts WHERE total = :total", total=D("66.50")) == [["R-2", D("66.50")]]
    fails("22012", lambda: connection.run("SELECT 1 / 0"))
    assert connection.run("SELECT 1") == [[1]]
    connection.close()


def test_revoked(shop, key, key_id):
    """A key that is taken away ends what was begun with it."""
    import psycopg

    made = call("POST", f"/v1/contracts/{shop}/keys", {})
    with psycopg.connect(host=HOST, port=PORT, user=shop, password=made["key"], dbname="till", autocommit=True) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
        call("DELETE", f"/v1/contracts/{shop}/keys/{made['id']}")
        fails("28000", lambda: connection.execute("SELECT count(*) FROM receipts"))
        assert connection.closed
    with psycopg.connect(host=HOST, port=PORT, user=shop, password=key, dbname="till") as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_narrowed(_, __, ___):
    """Who may see less than when a transaction or a cursor began sees no more of it; who may see more, or write less, goes on."""
    import psycopg

    def may(access, scope):
        call("PUT", "/v1/contracts/narrowed", {"access": access, "scope": scope})

    key, _ = contract("narrowed", "all")
    with psycopg.connect(host=HOST, port=PORT, user="narrowed", password=key, dbname="till") as connection:

        def count():
            return connection.execute("SELECT count(*) FROM receipts").fetchone()[0]

        connection.execute("DECLARE c CURSOR FOR SELECT receipt_id FROM receipts ORDER BY client_id, receipt_id")
        same(connection.execute("FETCH 1 FROM c").fetchone(), ("R-1",))
        may("read", "all")
        same(connection.execute("FETCH 1 FROM c").fetchone(), ("R-2",))
        may("read", "own")
        fails("42501", lambda: connection.execute("FETCH 1 FROM c"))
        connection.rollback()
        same(count(), 0)
        may("read", "all")
        same(count(), 0)
        connection.rollback()
        assert count() > 0
        may("read", "own")
        fails("42501", count)
        connection.rollback()
        same(count(), 0)


def main():
    missing = [name for name in ("psycopg", "psycopg2", "asyncpg", "pg8000") if not importlib.util.find_spec(name)] + ([] if shutil.which("psql") else ["psql"])
    if missing:
        print(f"{', '.join(missing)} not installed: script/bootstrap does that")
        sys.exit(77)
    key, key_id = contract("corner-shop", "own")
    other, _ = contract("other-shop", "own")
    receipt(1, key)
    receipt(2, key, "66.50")
    receipt(1, other)
    chosen = sys.argv[5:]
    for name, test in list(globals().items()):
        if name.startswith("test_") and (not chosen or name[5:] in chosen):
            test("corner-shop", key, key_id)
            print(name, flush=True)
    print("the clients are served")


if __name__ == "__main__":
    main()
