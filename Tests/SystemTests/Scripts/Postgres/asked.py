"""What clients say in ways that the other scripts' clients do not: parameters in text as their types, fields of times as parameters, names of objects, COPY's options, codes of errors.
PostgreSQL 15 is asked the same.

Usage: asked.py PORT URL ADMIN_KEY
"""
import subprocess

import rig

# A type's number, and texts that a client may send as one; what is none of it has PostgreSQL's code.
TEXTS = {
    16: ["t", " yes", "of", "maybe", ""], 21: ["32768", "7.0"], 23: [" 12", "+5", "2147483648", "x", ""], 20: ["9223372036854775807", "9223372036854775808"],
    700: ["1e39", "1e400"], 701: ["1e308", "1e309", "1e-400", "-0", "0e-999"], 17: ["", "abc\\000", "\\x00ff"], 2950: ["{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}", "xyz"],
    1082: ["2026-11-01 00:00:00Z", "Jan 5 2020", "20200105", "epoch", "2021-02-29", "abc"], 1083: ["00:00", "12:30 PM", "04:05:06.7890123", "24:00:01"],
    1114: ["2020-02-29 12:00", "2020-01-01T00:00:00Z", "1999-12-31 23:59:59.9999999", "2020-13-01"], 1184: ["2020-01-01 00:00", "2020-01-01 00:00 Europe/Kyiv"],
    1186: ["P1Y2M3DT4H", "1.5 months", "0", "five"], 3802: ['{"b": 1.0,  "a":[1,2]}', "nul", " [1] "], 114: ['{"b": 1.0,  "a":[1,2]}', "nul"], 3807: ['{"[1,  2]"}'],
}
PARAMETERS = [
    ("SELECT date_trunc($1, timestamp '2020-05-05')", "month", 0), ("SELECT date_trunc($1::varchar, timestamp '2020-05-05')", "month", 0),
    ("SELECT date_part($1, timestamp '2020-05-05')", "month", 0), ("SELECT date_part($1::text, timestamp '2020-05-05')", "dow", 25),
    ("SELECT date_trunc($1, timestamp '2020-05-05')", "nothing", 0), ("SELECT $1 -> 'a'", '{"a":[1]}', 3802), ("SELECT count(*) FROM receipts WHERE business_day = $1", "Nov 12 2026", 0),
    ("SELECT count(*) FROM receipts WHERE issued_at > $1", "2026-11-12T00:00:00+02:00", 0), ("SELECT to_regclass($1) IS NOT NULL", "public.receipts", 0),
    ("SELECT date_bin($1, timestamp '2020-01-01 00:07', timestamp '2020-01-01')", "5 min", 0),
]
QUESTIONS = [
    "SELECT date_trunc(NULL, timestamp '2020-05-05')", "SELECT 'receipts'::regclass::text, 'pg_class'::regclass::text, 'int4'::regtype::text", "SELECT 'receipts'::regclass::oid = 'receipts'::regclass",
    "SELECT tableoid = 'receipts'::regclass FROM receipts LIMIT 1", "SELECT r.tableoid::regclass::text FROM receipts r LIMIT 1", "SELECT c.tableoid::regclass::text FROM pg_class c LIMIT 1",
    "SELECT count(*) FROM till.public.receipts", "SELECT to_regclass('public.receipts') = 'receipts'::regclass, to_regclass('\"receipts\"') IS NULL, to_regclass('nosuch') IS NULL",
    "SELECT U&'\\0041\\+01F600', U&'d!0061t' UESCAPE '!', U&'\\\\', U&'\\D83D\\DE00'", "SELECT 1 AS U&\"d\\0061t\"", "SELECT U&'\\00'", "SELECT U&'\\D83D'", "SELECT E'\\x41\\101\\xd0\\x90x\\xg'",
    "SELECT pg_typeof(1)::text, pg_typeof('a'::text)::text, pg_typeof(1.5)::text, pg_typeof(now())::text, pg_typeof(ARRAY[1])::text, pg_typeof('a')::text, pg_typeof(NULL)::text, pg_typeof(1::int2)::text",
    "SELECT pg_size_pretty(123456789::bigint), pg_size_pretty(10239::bigint), pg_size_pretty(10240::bigint), pg_size_pretty(0::bigint), pg_size_pretty(1e15::bigint)",
    "SELECT pg_get_function_result(870), pg_get_function_arguments(870)",
    "SELECT prokind, proretset, provolatile FROM pg_proc WHERE oid IN (870, 2108, 3100, 1066) ORDER BY oid", "SELECT pid IS NOT NULL FROM pg_stat_activity WHERE pid = pg_backend_pid()",
    "SELECT * FROM pg_stat_user_indexes WHERE false", "SELECT * FROM pg_stat_bgwriter WHERE false", "SELECT * FROM pg_options_to_table(NULL)", "SELECT pg_index_column_has_property('receipts_pkey'::regclass, 1, 'asc'), pg_index_column_has_property('receipts_pkey'::regclass, 1, 'desc')",
    "SELECT pg_client_encoding()::text, to_regproc('array_in') IS NOT NULL", "SELECT count(*) FROM pg_partition_ancestors(0)",
    "SELECT a.receipt_id, row_to_json(b) FROM receipts a LEFT JOIN (SELECT receipt_id, total FROM receipts WHERE total > 63) b USING (receipt_id) ORDER BY 1", "SELECT count(b) FROM receipts a LEFT JOIN receipts b ON b.total = a.total + 1",
    "SELECT typname[0] = '_', typname[0], typname[2] FROM pg_type WHERE oid IN (23, 1007) ORDER BY oid",
    "SELECT lines::text, length(CAST(lines AS varchar)), lines::varchar(9), coalesce(lines, '[]') FROM receipts ORDER BY receipt_id",
    "SELECT * FROM receipts LIMIT -1", "SELECT * FROM receipts OFFSET -1", "SELECT sqrt(-1)", "SELECT ln(0)", "SELECT power(0, -1)", "SELECT '2020-02-30'::date", "SELECT 'abc'::date", "SELECT interval 'abc'",
    "SELECT ('ab' || 'c')::date", "SELECT '{a'::int[]", "SELECT substring('abc' from 1 for -1)", "SELECT chr(0)", "SELECT 'a' ~ '['", "SELECT date_trunc('nothing', now())",
    "SELECT timestamp '2020-01-01' AT TIME ZONE 'Nowhere'", "SELECT * FROM generate_series(1, 10, 0)", "SELECT * FROM receipts ORDER BY 99", "SELECT sum(sum(total)) FROM receipts",
    "WITH a AS (SELECT 1), a AS (SELECT 2) SELECT * FROM a", "SELECT DISTINCT ON (total) total FROM receipts ORDER BY receipt_id", "SELECT row_number() FROM receipts", "SELECT count(*) OVER w FROM receipts",
    "SELECT * FROM receipts FOR UPDATE", "SELECT 1 INTO somewhere", "WITH x AS (DELETE FROM receipts RETURNING *) SELECT * FROM x", "SET ROLE none",
]
INTERVALS = "interval '1 year 2 mons -3 days 04:05:06.7', interval '0', ARRAY[interval '-1 sec', '1 day']"
# What a question makes texts of is in the session's forms, as what goes out is.
SHOWN = ("SELECT v::text AS a, v || '' AS b, concat(v) AS c, format('%s', v) AS d, to_json(v)::text AS e, ARRAY[v]::text AS f, row(v)::text AS g "
         "FROM (VALUES ({0})) t(v)").format
SPAN, BYTES, FLOAT = SHOWN("interval '1 year 2 mons -3 days 04:05:06.7'"), SHOWN("'\\x00416c5cff'::bytea").replace("v || '' AS b, ", "").replace("ARRAY[v]::text AS f, ", ""), SHOWN("0.1::float8 + 0.2::float8")
DATES = ("SELECT date '2024-01-02' AS a, (date '2024-01-02')::text AS b, timestamp '2024-01-02 03:04:05.678' AS c, timestamptz '2024-01-02 03:04:05.678+00' AS d, ARRAY[timestamp '2024-01-02 03:04'] AS e, "
         "to_json(timestamptz '2024-01-02 03:04+00') AS f, row(date '2024-01-02', timestamp '2024-01-02 03:04:05')::text AS g, concat(date '0044-03-15 BC') AS h, '1/2/2024'::text::date AS i, date '3.2.2024' AS j")
# In their order.
STATEMENTS = [
    "PREPARE p1(date) AS SELECT $1 - 1", "EXECUTE p1('2020-01-02')", "PREPARE p2(bigint) AS SELECT $1 * 3000000000, $1", "EXECUTE p2(3)", "PREPARE p3(int) AS SELECT $1", "EXECUTE p3(1.7)", "EXECUTE p3('x')", "EXECUTE p3(1, 2)",
    "PREPARE b1(bit[]) AS SELECT $1", "EXECUTE b1('{101,11}')", "PREPARE b2(bit) AS SELECT $1", "EXECUTE b2('101')", "PREPARE p4(int[]) AS SELECT $1", "EXECUTE p4('{1,2}')", "EXECUTE p4(ARRAY[1,2])", "PREPARE p5(numeric(10,2)) AS SELECT $1", "EXECUTE p5(1.5)", "PREPARE p6(nope) AS SELECT $1", "PREPARE p7(varchar(2)) AS SELECT 1", "EXECUTE p7('abc')",
    "PREPARE p8(timestamp) AS SELECT $1 + interval '1 day'", "EXECUTE p8('2020-01-01')", "PREPARE p9(unknown) AS SELECT $1 + 1", "EXECUTE p9(2)", "PREPARE p10() AS SELECT 1", "PREPARE p11 AS SELECT 1", "EXECUTE p11(5, 'x')", "EXPLAIN (COSTS OFF) EXECUTE nope(1)", "EXECUTE p3()", "DEALLOCATE ALL",
    "SET enable_seqscan = 'bogus'", "SET statement_timeout = '1.5s'", "SHOW statement_timeout", "SET statement_timeout = 60000", "SHOW statement_timeout", "SET statement_timeout = 99999999999", "RESET statement_timeout",
    "SET work_mem = '1XB'", "SET work_mem = 4096", "SHOW work_mem", "RESET work_mem", "RESET server_version", "SET search_path = '$user', public", "SHOW search_path", "RESET search_path", "SET SESSION AUTHORIZATION DEFAULT", "SET role = 'none'",
    "SET client_min_messages = foo", "SET default_transaction_isolation = 'bogus'", "BEGIN ISOLATION LEVEL READ COMMITTED", "SHOW transaction_isolation", "COMMIT", "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL SERIALIZABLE",
    "SHOW TRANSACTION ISOLATION LEVEL", "BEGIN", "SET TRANSACTION ISOLATION LEVEL READ UNCOMMITTED", "SHOW transaction_isolation", "ROLLBACK", "SHOW transaction_isolation",
    # As Rails says it with each connection.
    "PREPARE span AS SELECT interval '1 day'::text AS t", "SET intervalstyle = iso_8601", f"SELECT {INTERVALS}", SPAN, "EXECUTE span", "SET IntervalStyle TO Postgres_Verbose", f"SELECT {INTERVALS}", SPAN, "EXECUTE span",
    "SET intervalstyle = 'sql_standard'", f"SELECT {INTERVALS}", SPAN, "SELECT '-1 2:03:04'::interval, interval '-1-2 3 4:05', '-1 +2:03'::interval, ('-1 2:03:04' || '')::interval, '{-1 2:03:04}'::interval[], interval '-1 2:03' day to minute", "DEALLOCATE span", "SET bytea_output = escape", BYTES, "RESET bytea_output", BYTES, "SET extra_float_digits = 0", FLOAT, "SET extra_float_digits = -3", FLOAT,
    "RESET extra_float_digits", FLOAT,
    "SET timezone = 'Europe/Kyiv'", *[line for style in ("SQL", "SQL, DMY", "Postgres, MDY", "postgresql, european", "German", "German, MDY", "ISO, DMY", "ymd, iso", "default") for line in (
        f"SET datestyle = '{style}'", "SHOW datestyle", *([] if "ymd" in style else [DATES]))], "SET datestyle = 'sql, iso'", "SET datestyle = dmy, mdy", "RESET datestyle", "RESET timezone", "SHOW IntervalStyle", "SET intervalstyle = iso",
    "RESET intervalstyle", f"SELECT {INTERVALS}",
    # What a session holds.
    "PREPARE q AS SELECT current_query() AS t", "PREPARE r(int, text) AS SELECT $1, $2", "EXECUTE q", "SELECT name, statement, parameter_types, from_sql, prepare_time IS NOT NULL AS p FROM pg_prepared_statements ORDER BY name",
    "DEALLOCATE q", "DEALLOCATE r", "SELECT count(*) FROM pg_prepared_statements", "SELECT 1 AS x; SELECT current_query() AS t",
    "BEGIN", "DECLARE c SCROLL CURSOR FOR SELECT 1", "DECLARE d BINARY CURSOR WITH HOLD FOR SELECT 2 AS n", "SELECT name, statement, is_holdable, is_binary, creation_time IS NOT NULL AS p FROM pg_cursors ORDER BY name",
    "COMMIT", "SELECT name FROM pg_cursors", "CLOSE ALL", "SELECT name FROM pg_cursors",
    "SELECT query, state, query_start IS NOT NULL AS s FROM pg_stat_activity WHERE pid = pg_backend_pid()", "SET XML OPTION DOCUMENT", "SHOW xmloption", "RESET xmloption", "DISCARD TEMPORARY",
    "SELECT abbrev, utc_offset, is_dst FROM pg_timezone_abbrevs WHERE abbrev IN ('ADT', 'EEST', 'EET', 'IST', 'MSK', 'NPT', 'PST', 'UTC', 'Z') ORDER BY abbrev", "SELECT count(*) FROM pg_timezone_abbrevs",
    # As pg_dump says it.
    "SET synchronize_seqscans TO off", "LOCK TABLE receipts IN ACCESS SHARE MODE", "BEGIN", "LOCK TABLE public.receipts IN ACCESS SHARE MODE", "LOCK receipts IN ACCESS SHARE MODE NOWAIT", "COMMIT",
    "BEGIN", "DECLARE c NO SCROLL CURSOR FOR SELECT n FROM generate_series(1, 10) g(n)", "FETCH ABSOLUTE 5 FROM c", "FETCH RELATIVE 2 FROM c", "FETCH NEXT FROM c", "FETCH ABSOLUTE 3 FROM c", "ROLLBACK",
    "BEGIN", "DECLARE c CURSOR FOR SELECT n FROM generate_series(1, 10) g(n)", "FETCH 3 FROM c", "FETCH BACKWARD 2 FROM c", "FETCH ABSOLUTE 4 FROM c", "FETCH ABSOLUTE 2 FROM c", "FETCH LAST FROM c", "FETCH PRIOR FROM c", "MOVE BACKWARD ALL FROM c", "FETCH -1 FROM c",
    "FETCH NEXT FROM c", "ROLLBACK",
    "DECLARE c SCROLL NO SCROLL CURSOR FOR SELECT 1", "DECLARE \"\" CURSOR FOR SELECT 1", "DECLARE c CURSOR FOR EXPLAIN SELECT 1", f"SELECT count(*) FROM receipts WHERE total IN ({','.join(map(str, range(6000)))})",
]
# Of statements in one message and what was prepared before: where their errors are said to be.
PLACES = [
    ["PREPARE a(int) AS SELECT $1 + 1", "EXECUTE a('x')", "EXECUTE a(1, 2)", "SELECT 1; EXECUTE a( 'x')"], ["BEGIN", "DECLARE c CURSOR FOR SELECT 1 / (n - 1) FROM generate_series(1, 3) g(n)", "FETCH c", "ROLLBACK"],
    ["SELECT $1"], ["SELECT 1; SELECT '$1', $2"], ["COPY receipts TO STDOUT (FORMAT xml)"], ["COPY receipts TO STDOUT (NOTHING 1)"], ["PREPARE b(int, nope) AS SELECT $1"],
]
ROWS = "(SELECT * FROM (VALUES (1, 'a,b', NULL), (2, E'q\"x\\ny\\tz\\\\', ' '), (3, '', 'NULL')) v(n, s, t) ORDER BY 1)"
COPIES = [
    f"COPY {ROWS} TO STDIN", f"COPY {ROWS} TO STDOUT (FORMAT csv, FORCE_QUOTE *)", f"COPY {ROWS} TO STDOUT (FORMAT csv, FORCE_QUOTE (s, t))", f"COPY {ROWS} TO STDOUT WITH CSV FORCE QUOTE *",
    f"COPY {ROWS} TO STDOUT WITH CSV HEADER QUOTE '''' FORCE QUOTE s, t", f"COPY {ROWS} TO STDOUT (FORCE_QUOTE *)",
    "COPY \"receipts\" (receipt_id) TO STDIN DELIMITERS E'|' WITH NULL AS E'\\\\N'", "COPY receipts (receipt_id, total) TO STDOUT USING DELIMITERS '|'", f"COPY {ROWS} TO STDOUT (DELIMITER E'\\t', FORMAT csv)", "COPY BINARY receipts(receipt_id) TO STDOUT", f"COPY {ROWS} TO STDOUT (FORMAT 'csv')",
    f"COPY {ROWS} TO STDOUT (FORMAT csv, FORMAT text)", f"COPY {ROWS} TO STDOUT (FORMAT binary, DELIMITER ',')", f"COPY {ROWS} TO STDOUT (DELIMITER 'ab')", f"COPY {ROWS} TO STDOUT (DELIMITER 'a')",
    f"COPY {ROWS} TO STDOUT (QUOTE 'a')", f"COPY {ROWS} TO STDOUT (FORMAT csv, NULL E'a\\nb')", f"COPY {ROWS} TO STDOUT (FREEZE)", f"COPY {ROWS} TO STDOUT (FORMAT csv, DELIMITER '\"')", f"COPY {ROWS} TO STDOUT (NULL 'a,')",
    *[f"COPY {ROWS} TO STDOUT ({options})" for options in (
        "ENCODING 'nope'", "ENCODING 'UTF-8'", "FORMAT csv, HEADER 1", "FORMAT csv, HEADER 0", "FORMAT csv, HEADER 'true'", "FORMAT csv, HEADER 2", "FORMAT binary, HEADER false", "FORMAT binary, HEADER", "", "FORMAT csv,", "DELIMITER ',', NULL 'a,'")],
    f"COPY (SELECT count(*) FROM receipts WHERE total IN ({','.join(map(str, range(6000)))})) TO STDOUT",
]
COMMANDS = [
    "\\dAf", "\\dAo", "\\dAp", "\\db+", "\\dd", "\\dF", "\\dFd", "\\dFp", "\\dFt", "\\dL", "\\dL+", "\\dX", "\\dC+", "\\dD+", "\\des+", "\\deu+", "\\dew+", "\\det+", "\\dP+", "\\dx", "\\dfS lower", "\\dfaS sum",
]


def answer(result):
    from psycopg import pq

    if result.status == pq.ExecStatus.FATAL_ERROR:
        return ["error " + (result.error_field(pq.DiagnosticField.SQLSTATE) or b"").decode()]
    return [f"{result.fname(n).decode()} {result.ftype(n)}" for n in range(result.nfields)] + [str([result.get_value(row, n) for n in range(result.nfields)]) for row in range(result.ntuples)]


def place(result):
    from psycopg import pq

    return str([result.error_field(field) for field in (pq.DiagnosticField.SQLSTATE, pq.DiagnosticField.STATEMENT_POSITION)])


def copied(connection, text):
    from psycopg import pq

    connection.pgconn.send_query(text.encode())
    said = []
    while (result := connection.pgconn.get_result()) is not None:
        said += answer(result) if result.status == pq.ExecStatus.FATAL_ERROR else [str(result.command_status)]
        if result.status == pq.ExecStatus.COPY_OUT:
            while (piece := connection.pgconn.get_copy_data(0))[0] > 0:
                said.append(str(bytes(piece[1])))
    return said


def client(till, peer):
    with till.connect() as ours, peer.connect() as theirs:
        def each(what, ask):
            rig.same(what, ask(ours), ask(theirs))

        for number, texts in TEXTS.items():
            for text in texts:
                each(f"{text!r} as {number}", lambda connection: answer(connection.pgconn.exec_params(b"SELECT $1 AS v", [text.encode()], [number])))
        for question, value, number in PARAMETERS:
            each(f"{question} of {value}", lambda connection: answer(connection.pgconn.exec_params(question.encode(), [value.encode()], [number])))
        for question in QUESTIONS:
            each(question, lambda connection: answer(connection.pgconn.exec_(question.encode())))
        for text in STATEMENTS:
            each(text, lambda connection: answer(connection.pgconn.exec_(text.encode())))
        for texts in PLACES:
            each(str(texts), lambda connection: [place(connection.pgconn.exec_(text.encode())) for text in texts])
            each("ROLLBACK", lambda connection: answer(connection.pgconn.exec_(b"ROLLBACK; DEALLOCATE ALL")))
        for text in COPIES:
            each(text, lambda connection: copied(connection, text))
        each("EXECUTE", lambda connection: answer(connection.pgconn.exec_(b"PREPARE said AS SELECT $1")) + answer(connection.pgconn.exec_(b"EXECUTE said(1)")))
        assert ours.execute("SELECT 'receipts'::regclass").fetchone() == ("receipts",)
        shown(ours, theirs)
    for command in COMMANDS:
        run = subprocess.run(
            ["psql", "-X", "-P", "pager=off", f"host=127.0.0.1 port={till.port} user={rig.USER} password={till.key} dbname=till sslmode=disable", "-c", command], capture_output=True, text=True)
        assert run.returncode == 0, (command, run.stderr)
        assert not command.startswith(("\\dfS", "\\dfaS")) or "(0 rows)" not in run.stdout, run.stdout
    newer(till)


def shown(ours, theirs):
    """All relations of pg_catalog are there, with their columns."""
    text = ("SELECT c.relname || '.' || a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid "
            "WHERE c.relnamespace = 'pg_catalog'::regnamespace AND c.relkind IN ('r', 'v') AND a.attnum > 0 ORDER BY c.relname, a.attnum")
    rig.same("columns of pg_catalog", *([row[0] for row in connection.execute(text)] for connection in (ours, theirs)))


# What psql 17 and 18 ask beyond psql 15.
NEWER = [
    "SELECT conname, conrelid::pg_catalog.regclass AS ontable, pg_catalog.pg_get_constraintdef(oid, true) AS condef FROM pg_catalog.pg_constraint c "
    "WHERE confrelid IN (SELECT pg_catalog.pg_partition_ancestors('{0}') UNION ALL VALUES ('{0}'::pg_catalog.regclass)) AND contype = 'f' AND conparentid = 0 ORDER BY conname",
    "SELECT e.extname, ae.default_version FROM pg_catalog.pg_extension e LEFT JOIN pg_catalog.pg_description d ON d.objoid = e.oid AND d.classoid = 'pg_catalog.pg_extension'::pg_catalog.regclass "
    "LEFT JOIN pg_catalog.pg_available_extensions() ae(name, default_version, comment) ON ae.name = e.extname ORDER BY 1",
]


def newer(till):
    with till.connect() as connection:
        number = connection.execute("SELECT 'receipts'::regclass::oid").fetchone()[0]
        for text in NEWER:
            assert connection.execute(text.format(number)).fetchall() == [], text


if __name__ == "__main__":
    rig.run(client)
