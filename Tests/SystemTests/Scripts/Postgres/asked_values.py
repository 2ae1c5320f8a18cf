"""Infinite dates and times, what is of chance, settings that queries make, and the types of parameters. PostgreSQL 15 is asked the same.

Usage: asked_values.py PORT URL ADMIN_KEY
"""
import struct

import asked
import rig

# `VALUES` of this many rows, whose answers tell whether a value was computed for each of them.
ROWS = "generate_series(1, 300) n"
CHANCE = [
    f"SELECT count(DISTINCT random()), count(DISTINCT gen_random_uuid()) FROM {ROWS}", f"SELECT count(*) FROM (SELECT random() AS r FROM {ROWS}) t WHERE r < 0 OR r >= 1",
    f"SELECT count(*) FROM (SELECT random() AS r FROM {ROWS}) t WHERE r < 0.5 AND r >= 0.5", f"SELECT count(*) FROM (SELECT r, r AS s FROM (SELECT random() AS r FROM {ROWS}) t) u WHERE r <> s",
    f"SELECT count(*) FROM (SELECT count(*) FROM {ROWS} GROUP BY random()) t", f"SELECT max(r), count(DISTINCT r) FROM (SELECT rank() OVER (ORDER BY random()) AS r FROM {ROWS}) t",
    f"SELECT count(*) FROM (SELECT CASE floor(random() * 2)::int WHEN 0 THEN 'a' ELSE 'b' END AS c FROM {ROWS}) t WHERE c IN ('a', 'b')",
    f"SELECT count(*) FROM (SELECT CASE floor(random() * 3)::int WHEN 0 THEN 'a' WHEN 1 THEN 'b' WHEN 2 THEN 'c' END AS c FROM {ROWS}) t WHERE c IS NULL",
    f"SELECT avg(random()) = avg(random()) FROM {ROWS}", f"WITH c AS (SELECT n, random() AS r FROM {ROWS}) SELECT count(*) FROM c a JOIN c b USING (n) WHERE a.r <> b.r",
    f"SELECT count(*) FROM (SELECT n FROM {ROWS} ORDER BY random() LIMIT 10) t", "SELECT count(DISTINCT total * 0 + random()) FROM receipts, generate_series(1, 20)",
    "SELECT substr(gen_random_uuid()::text, 15, 1), pg_typeof(random())::text, pg_typeof(gen_random_uuid())::text", "SELECT random(1)", "SELECT setseed(2)", "SELECT setseed('NaN'::float8)",
]
SEEDS = ["0", "0.5", "-0.25", "1", "-1"]
INFINITE = [
    "SELECT 'infinity'::timestamp, '-infinity'::timestamp, 'Infinity'::timestamptz, ' -INFINITY '::timestamptz, 'infinity'::date, date '-infinity'", "SELECT '+infinity'::timestamp", "SELECT 'inf'::date",
    "SELECT 'infinity'::time", "SELECT 'infinity'::date > '2020-01-01', '-infinity'::timestamp < '4714-11-24 BC', 'infinity'::timestamp = 'infinity'::timestamptz, 'infinity'::date = 'infinity'::timestamp",
    "SELECT x FROM (VALUES (date '2020-01-01'), ('infinity'), ('-infinity'), (NULL)) v(x) ORDER BY x DESC", "SELECT max(x), min(x), count(DISTINCT x) FROM (VALUES (date '2020-01-01'), ('infinity'), ('-infinity'), ('infinity')) v(x)",
    "SELECT isfinite(timestamp 'infinity'), isfinite(date '-infinity'), isfinite(date '2020-01-01'), isfinite(NULL::timestamptz), isfinite(interval '1 day')", "SELECT timestamp 'infinity' - timestamp 'infinity'",
    "SELECT timestamp 'infinity' - timestamp '2020-01-01'", "SELECT date 'infinity' - date '2020-01-01'", "SELECT date 'infinity' + 1, date '-infinity' - 5, 3 + date 'infinity', date 'infinity' + time '10:00'",
    "SELECT timestamp 'infinity' + interval '1 day', timestamp '-infinity' - interval '1 month', timestamptz 'infinity' + interval '1 hour', date 'infinity' + interval '1 day'",
    "SELECT extract(day FROM timestamp 'infinity'), extract(hour FROM timestamptz '-infinity'), extract(dow FROM date '-infinity')",
    "SELECT date_part('epoch', timestamp 'infinity'), date_part('year', timestamp '-infinity'), date_part('julian', timestamptz 'infinity'), date_part('century', date 'infinity'), date_part('day', timestamp 'infinity')",
    "SELECT date_part('year', x), date_part('month', x), to_char(x, 'YYYY'), date_trunc('year', x), x::date, x::time FROM (VALUES (timestamp '2020-05-05'), ('infinity'), (NULL), ('-infinity')) v(x) ORDER BY x",
    "SELECT date_bin('1 hour', timestamp 'infinity', timestamp '2020-01-01')", "SELECT date_bin('1 hour', timestamp '2020-01-01', timestamp 'infinity')",
    "SELECT timestamp 'infinity' AT TIME ZONE 'Europe/Kyiv', timestamptz '-infinity' AT TIME ZONE 'America/New_York', timezone('UTC', timestamp 'infinity')",
    "SELECT date 'infinity'::timestamp, date '-infinity'::timestamptz, timestamptz 'infinity'::date, timestamptz 'infinity'::timestamp, timestamp(0) 'infinity', timestamptz(3) '-infinity'",
    "SELECT 'infinity'::timestamp::text, 'infinity'::timestamptz::text, '-infinity'::date::text, to_json('infinity'::timestamp), to_jsonb('-infinity'::date)", "SELECT ARRAY['infinity'::date, '2020-01-01'], '{-infinity}'::timestamptz[]",
    "SELECT x::timestamp, x::date, x::timestamptz FROM (VALUES ('infinity'), ('2020-01-01'), ('-infinity')) v(x)", "SELECT * FROM generate_series(timestamp 'infinity', '2020-01-01', '1 day')",
    "SELECT x, count(*) FROM (VALUES (date 'infinity'), ('infinity'), ('2020-01-01')) v(x) GROUP BY x ORDER BY x", "SELECT a.x FROM (VALUES (date 'infinity')) a(x) JOIN (VALUES (timestamp 'infinity')) b(y) ON a.x = b.y",
    "SELECT count(*) FROM receipts WHERE issued_at < 'infinity' AND business_day < 'infinity' AND issued_at >= '-infinity' AND business_day > '-infinity'",
    "SELECT count(*) FROM receipts WHERE issued_at = 'infinity' OR business_day = '-infinity' OR business_day::timestamp = 'infinity' OR date_trunc('month', issued_at) = 'infinity'",
    "SELECT sum(1) OVER (ORDER BY x RANGE BETWEEN '1 day' PRECEDING AND '1 day' FOLLOWING) FROM (VALUES (timestamp '2020-01-01'), ('infinity'), ('infinity'), ('-infinity')) v(x)",
    "SELECT to_timestamp('infinity'::float8), to_timestamp('-infinity'::float8)", "SELECT greatest(timestamp '2020-01-01', 'infinity'), least(date '2020-01-01', '-infinity'), date 'infinity' BETWEEN '2020-01-01' AND 'infinity'",
    "SET timezone = 'Europe/Kyiv'", "SELECT 'infinity'::timestamptz, '-infinity'::date::timestamptz, date_trunc('day', timestamptz 'infinity'), 'infinity'::timestamptz::date", "RESET timezone",
]
# In their order: each finds what those before have set.
SETTINGS = [
    "SELECT current_setting('default_table_access_method'), current_setting('backslash_quote'), current_setting('array_nulls')", "SELECT current_setting('nosuch')", "SELECT current_setting('nosuch', true)", "SELECT current_setting('nosuch', false)", "SELECT set_config('a.b', 'x', false)", "SELECT current_setting('a.b'), current_setting('A.B')", "SHOW a.b",
    "SELECT set_config('timezone', 'Europe/Kyiv', false)", "SELECT current_setting('timezone'), timestamptz '2020-01-01 00:00+00'::text", "SHOW timezone", "SELECT set_config('TimeZone', 'UTC', false)",
    "SELECT set_config('timezone', 'Nowhere/Land', false)", "SELECT set_config('nosuch', 'x', false)", "SELECT set_config(NULL, 'x', false)", "SELECT set_config('server_version', 'x', false)",
    "BEGIN", "SELECT set_config('a.b', 'local', true)", "SELECT current_setting('a.b')", "SET a.b = 'set'", "SELECT current_setting('a.b')", "ROLLBACK", "SELECT current_setting('a.b')",
    "BEGIN", "SELECT set_config('a.b', 'kept', false)", "COMMIT", "SELECT current_setting('a.b')", "BEGIN", "SELECT set_config('a.b', 'lost', true)", "COMMIT", "SELECT current_setting('a.b')",
    "SELECT set_config('a.b', 'gone', true)", "SELECT current_setting('a.b')", "SELECT set_config('a.b', 'n' || n, false) FROM generate_series(1, 3) n", "SELECT current_setting('a.b')",
    "BEGIN", "SELECT set_config('a.b', 'undone', false)", "SELECT 1/0", "ROLLBACK", "SELECT current_setting('a.b')", "SELECT set_config('application_name', 'me', false)",
    "SELECT current_setting(name) = setting FROM pg_settings WHERE name = 'application_name'",
]
CALLS = [
    "SELECT concat(VARIADIC ARRAY['a', 'b', NULL, 'c']), concat(VARIADIC ARRAY[1, 2]), concat_ws('-', VARIADIC ARRAY['a', NULL, 'b']), format('%s|%I|%L', VARIADIC ARRAY['a', 'b c', 'd''e'])",
    "SELECT concat(VARIADIC x), concat_ws(',', VARIADIC x) FROM (VALUES (ARRAY['a', NULL, 'b']), (NULL), (ARRAY[]::text[])) v(x)", "SELECT format('%2$s-%1$s', VARIADIC x) FROM (VALUES (ARRAY['a', 'b']), (ARRAY['c', NULL])) v(x)",
    "SELECT format('%s-%s', VARIADIC x) FROM (VALUES (ARRAY['a'])) v(x)", "SELECT concat(VARIADIC 'abc')", "SELECT json_build_array(VARIADIC ARRAY[1, 2]), jsonb_extract_path('{\"a\": {\"b\": 1}}', VARIADIC ARRAY['a', 'b'])",
    "SELECT string_agg(DISTINCT (SELECT max(r.total)::text FROM receipts r WHERE r.total = t.total), ',' ORDER BY (SELECT max(r.total)::text FROM receipts r WHERE r.total = t.total)) FROM receipts t",
    "SELECT string_agg(DISTINCT (SELECT max(r.total)::text FROM receipts r WHERE r.total = t.total), ',' ORDER BY (SELECT min(r.total)::text FROM receipts r WHERE r.total = t.total)) FROM receipts t",
    "SELECT lines[0] ->> 'name', lines[-1] ->> 'name', lines[5], lines['0'] ->> 'name', lines[0]['name'], lines['x'], (lines)[0]['amount'] FROM receipts ORDER BY receipt_id LIMIT 2",
]
SAID = [(21, "5"), (700, "1.5"), (26, "7"), (1005, "{1,2}"), (1021, "{1.5}"), (1082, "infinity"), (1114, "-infinity"), (1184, "infinity"), (1082, "-infinity")]
PACKED = [
    (1082, struct.pack("!i", 2147483647)), (1082, struct.pack("!i", -2147483648)), (1114, struct.pack("!q", 2**63 - 1)), (1184, struct.pack("!q", -(2**63))), (21, struct.pack("!h", 7)), (700, struct.pack("!f", 0.1)),
]
INFERRED = ["SELECT $1::int2, $2::float4", "SELECT $1::oid", "SELECT $1::name", "SELECT $1::int2 = 5", "SELECT total FROM receipts WHERE total > $1", "SELECT $1::timestamptz, $2::date",
    "SELECT coalesce($1, 1::int2)", "SELECT greatest($1, 1.5::float4)", "SELECT $1 + 1::int2", "SELECT $1 * 1.5::float4", "SELECT CASE WHEN true THEN $1 ELSE 1::int2 END", "SELECT ARRAY[$1, 1::int2]", "SELECT coalesce($1, 1), $1 + 1::int2",
    "SELECT relname FROM pg_class WHERE oid = $1", "SELECT oid FROM pg_type WHERE typname = $1 AND $2 = typlen", "SELECT $1 = 1::int2"]
# Values, of which the first is one that no type was said of, and the numbers of the types of the others.
BESIDE = [
    (text, values, [0, number]) for number, value in ((21, b"1"), (700, b"1.5")) for values in ([None, value], [value, None], [None, None], [value, value])
    for text in ("SELECT coalesce($1, $2)", "SELECT coalesce($2, $1)", "SELECT greatest($1, $2)", "SELECT CASE WHEN true THEN $1 ELSE $2 END", "SELECT ARRAY[$1, $2]", "SELECT $1 + $2")
]


def inferred(connection, text):
    connection.pgconn.prepare(b"inferred", text.encode(), None)
    said = connection.pgconn.describe_prepared(b"inferred")
    connection.pgconn.exec_(b"DEALLOCATE inferred")
    return [str([said.param_type(n) for n in range(said.nparams)]), str([said.ftype(n) for n in range(said.nfields)])]


def client(till, peer):
    with till.connect() as ours, peer.connect() as theirs:
        def each(what, ask):
            rig.same(what, ask(ours), ask(theirs))

        for text in CHANCE + INFINITE + SETTINGS + CALLS:
            each(text, lambda connection: asked.answer(connection.pgconn.exec_(text.encode())))
        for seed in SEEDS:
            each(f"setseed({seed})", lambda connection: connection.execute(f"SELECT setseed({seed})").fetchall() and asked.answer(connection.pgconn.exec_(b"SELECT random() FROM generate_series(1, 5)")))
        for form in (0, 1):
            for number, text in SAID:
                each(f"{text!r} as {number}", lambda connection: asked.answer(connection.pgconn.exec_params(b"SELECT $1 AS v", [text.encode()], [number], None, form)))
            for number, packed in PACKED:
                each(f"{packed!r} as {number}", lambda connection: asked.answer(connection.pgconn.exec_params(b"SELECT $1 AS v", [packed], [number], [1], form)))
        for text, values, numbers in BESIDE:
            each(f"{text} of {values} as {numbers}", lambda connection: asked.answer(connection.pgconn.exec_params(text.encode(), values, numbers)))
        for text in INFERRED:
            each(text, lambda connection: inferred(connection, text))


if __name__ == "__main__":
    rig.run(client)
