"""What answers say of their columns' types, lengths included, and what stands for what: names of objects as numbers, arrays of several dimensions as parameters, search_path, EXPLAIN EXECUTE.
PostgreSQL 15 is asked the same.

Usage: asked_types.py PORT URL ADMIN_KEY
"""
import struct

import rig

ONE = "FROM pg_class WHERE relname = 'receipts'"
# Names, numbers of types and typmods must be the same. No numeric of an expression is among them: here it has a scale.
DESCRIBED = [
    "SELECT '10'::bit(3), '1011'::varbit(3), B'101', 5::bit, '1'::varbit, array_agg(B'1')",
    f"SELECT relname::regclass {ONE}", f"SELECT oid::regclass {ONE}", f"SELECT oid::regclass::text {ONE}", f"SELECT relname::text::regclass {ONE}", f"SELECT relname::regclass, count(*) {ONE} GROUP BY 1",
    f"SELECT x FROM (SELECT oid::regclass x {ONE}) t", f"SELECT coalesce(oid::regclass, 'receipts'::regclass) {ONE}", f"SELECT CASE WHEN true THEN oid::regclass END {ONE}",
    f"SELECT ARRAY[oid::regclass] {ONE}", f"SELECT format('%s', oid::regclass), oid::regclass || 'x', concat(oid::regclass, 'y') {ONE}",
    f"SELECT json_build_object('a', oid::regclass), to_json(oid::regclass), ROW(oid::regclass) {ONE}", f"SELECT string_agg(oid::regclass::text, ',') {ONE}", f"SELECT relnamespace::regnamespace {ONE}",
    "SELECT array_agg(oid::regclass), max(oid::regclass), min(oid), mode() WITHIN GROUP (ORDER BY oid::regclass) FROM pg_class WHERE relname = 'pg_class'", f"SELECT array_agg(DISTINCT oid::regclass), array_to_string(array_agg(oid::regclass), '+') {ONE}",
    f"SELECT first_value(oid::regclass) OVER (), lag(oid::regclass) OVER (ORDER BY oid), array_agg(oid::regclass) OVER () {ONE}", f"SELECT unnest(array_agg(oid::regclass)) {ONE}",
    f"SELECT to_json(array_agg(oid::regclass)), array_to_string(NULL::regclass[], '+'), ARRAY['receipts', NULL]::regclass[] {ONE}", "SELECT count(*) FROM pg_class WHERE oid = ANY ('{receipts,pg_class}'::regclass[])",
    "SELECT '{nosuch}'::regclass[]", f"SELECT json_agg(oid::regclass), jsonb_agg(oid::regclass), json_object_agg('a', oid::regclass) {ONE}", f"SELECT row_to_json(t), t FROM (SELECT oid::regclass AS r, relname {ONE}) t",
    f"SELECT oid::regclass::varchar, oid::regclass::name, oid::regclass::varchar(3), oid::regclass::text {ONE}", "SELECT 'pg_class'::regclass UNION SELECT NULL", "SELECT NULL UNION ALL SELECT 'pg_class'::regclass", "SELECT 'pg_class'::regclass UNION ALL SELECT 1247::oid", "SELECT 1247::oid UNION ALL SELECT 'pg_class'::regclass",
    "SELECT 'x'::varchar(5) UNION ALL SELECT 'yyyyyyy'", "SELECT 'x'::varchar(5) UNION ALL SELECT NULL", "SELECT 'a' UNION ALL SELECT 'b' UNION ALL SELECT 'c'::varchar(3)", "SELECT coalesce('x'::varchar(5), 'yyyyyyy'), CASE WHEN true THEN 'x'::varchar(5) ELSE 'yyyyyyy' END, coalesce('x'::varchar(5), NULL)",
    "SELECT * FROM (VALUES ('x'::varchar(5)), ('yyyyyyy')) v(a)",
    "SELECT '1259'::regclass, '23'::regtype, '1259'::regclass::text, '{pg_class,receipts}'::regclass[]", f"SELECT to_regclass(relname::text), to_regclass(relname::text)::text, to_regclass('no' || relname) {ONE}",
    "SELECT to_regtype(typname::text), to_regtype('char'), to_regtype('\"char\"'), to_regtype('nothing') FROM pg_type WHERE typname = 'int4'", "SELECT to_regnamespace('public'), to_regnamespace('nothing'), to_regrole('nothing')",
    "SELECT '\"char\"'::regtype, 'char'::regtype, pg_typeof('x'::\"char\"), 'x'::\"char\", pg_typeof('x'::char), CAST('ab' AS \"char\")",
    "SELECT attname, atttypid::regtype, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = 'pg_class'::regclass AND attnum > 0 ORDER BY attnum",
    "SELECT pg_table_is_visible(1), pg_table_is_visible(1259), pg_table_is_visible(NULL), pg_type_is_visible(1), pg_type_is_visible(23), pg_function_is_visible(1), pg_function_is_visible(1242)",
    "SELECT pg_table_is_visible('information_schema.tables'::regclass), pg_table_is_visible('receipts'::regclass)", "SELECT array_agg((n, 'x'::text || n)), array_agg((n, NULL::int)) FROM generate_series(1, 3) g(n)",
    "SELECT array_agg((1, 'a,b'::text)) FILTER (WHERE false)", "SELECT n % 2, array_agg((n, n * 2) ORDER BY n DESC) FROM generate_series(1, 5) g(n) GROUP BY 1 ORDER BY 1",
    "SELECT pg_get_indexdef(NULL, 0, true), pg_get_indexdef(NULL, 1, true), pg_get_indexdef(NULL), pg_get_indexdef(1::oid, NULL, true)",
    *(f"SELECT format_type({number}, {length})" for number, length in [
        (1043, 14), (1043, -1), (1015, 14), (1015, -1), (1042, 7), (1042, -1), (1014, 7), (1014, -1), (1014, "NULL"), (1042, "NULL"), (1700, 655366), (1231, 655366), (1114, 3), (1115, 0), (1184, 6), (1185, 3), (1083, 2), (1183, 2), (23, -1), (1009, -1), (0, -1), (99999, -1), ("NULL", 1)]),
    "SELECT 'receipts'::regclass UNION ALL SELECT 'pg_class'::regclass", "SELECT * FROM (VALUES ('receipts'::regclass), ('pg_class'::regclass)) v(x)", "SELECT unnest(ARRAY['receipts'::regclass])",
    "WITH c AS (SELECT 'receipts'::regclass AS r) SELECT r FROM c", "SELECT regclass 'receipts', CAST('receipts' AS regclass)", "SELECT 1::regclass, 0::regclass, 23::regtype, 1::regtype",
    "SELECT count(*) FROM pg_class WHERE oid::regclass = 'receipts'::regclass", f"SELECT count(*) {ONE} AND oid::regclass::text LIKE 'rec%'", "SELECT 'nosuch'::regclass",
    "SELECT 'int'::regtype, 'varchar(10)'::regtype, 'int[]'::regtype, 'timestamp(3) with time zone'::regtype, 'CHAR'::regtype, 'double precision'::regtype",
    "SELECT atttypid::regtype FROM pg_attribute WHERE attrelid = 'receipts'::regclass AND attnum > 0 ORDER BY attnum", "SELECT typinput FROM pg_type WHERE typname = 'int4'", "SELECT pg_typeof(1), pg_typeof('x'::varchar(5))",
    "SELECT 'lower(text)'::regprocedure, 'lower(text)'::regprocedure::text", "SELECT indexrelid::regclass, indrelid::regclass FROM pg_index WHERE indrelid = 'receipts'::regclass",
    "SELECT DISTINCT atttypid::regtype FROM pg_attribute WHERE attrelid = 'receipts'::regclass AND attnum > 0 ORDER BY 1", "SELECT 10::regrole",
    "SELECT 'x'::varchar(5), varchar(5) 'x', 'x'::varchar, NULL::varchar(5), 'abc'::varchar(2), 'x'::character varying(7), 'x'::national character varying(7)", "SELECT receipt_id::varchar(5) FROM receipts LIMIT 1",
    "SELECT 'abc'::char(3), 'abc'::character, 'abc'::bpchar, 'x'::nchar(4)", "SELECT a FROM (SELECT 'x'::varchar(5) a UNION ALL SELECT 'y'::varchar(5)) t",
    "SELECT a FROM (SELECT 'x'::varchar(5) a UNION ALL SELECT 'y'::varchar(6)) t", "SELECT ARRAY['x'::varchar(5)], '{a}'::varchar(5)[]", "SELECT (SELECT 'x'::varchar(5))",
    "SELECT * FROM (VALUES ('x'::varchar(5)), ('y'::varchar(5))) v(a)", "SELECT a FROM (SELECT 'x'::varchar(5) a) t GROUP BY a", "SELECT 'x'::varchar(5) || 'y', max('x'::varchar(5)), upper('x'::varchar(5))",
    "SELECT 1::numeric(10,2), 1.5::numeric(10), 1::dec(5,1)", "SELECT total::numeric(10,2), total FROM receipts LIMIT 1", "SELECT pg_advisory_lock(1), pg_advisory_unlock_all(), pg_notify('a', 'b')", "SELECT 'abc'::varchar(0)",
    "SELECT ARRAY[1,2] || ARRAY[[3,4]], ARRAY[[1,2]] || ARRAY[3,4], ARRAY[[1,2]] || ARRAY[[3,4],[5,6]]",
    "SELECT * FROM json_to_record('{\"a\":[1,2],\"b\":\"x\"}') AS x(a int[], b text)", "SELECT * FROM jsonb_to_recordset('[{\"a\":[1,2],\"b\":\"x\"},{\"a\":null,\"b\":\"y\"}]') AS x(a int[], b text)",
    "SELECT * FROM jsonb_to_record('{\"a\":[\"x, \\\"y\\\"\",null],\"b\":{\"c\":1}}') AS x(a text[], b jsonb)", "SELECT * FROM jsonb_to_record('{\"a\":\"{1,2}\"}') AS x(a int[])",
    "SELECT * FROM jsonb_to_record('{\"a\":5}') AS x(a int[])", "SELECT * FROM jsonb_to_record('{\"a\":{\"x\":1}}') AS x(a int[])", "SELECT * FROM jsonb_to_record('{\"a\":[1,\"x\"]}') AS x(a int[])",
    "SELECT extract(bogus FROM NULL::date) IS NULL, date_trunc('bogus', NULL::timestamp), date_trunc('bogus', NULL::interval)", "SELECT date_part('bogus', NULL::timestamp)", "SELECT extract(bogus FROM date '2020-01-01')",
    "SELECT date_trunc('timezone', timestamp '2020-01-01')", "SELECT interval '99999999999 years'", "SELECT interval '2147483648 months'", "SELECT interval '178956971 years'", "SELECT '99999999999999999999 days'::interval", "SELECT interval 'P99999999999Y'",
    "SELECT nullif('pg_class'::regclass, 'pg_type'::regclass), nullif('pg_class'::regclass, 0::oid), nullif(1::oid, 1), nullif('x'::varchar(5), 'y'), nullif('x'::name, 'y')", "SELECT nullif(oid::regclass, 0::oid) FROM pg_class WHERE relname = 'pg_class'",
    "SELECT coalesce('pg_class'::regclass, 1::oid), coalesce(1::oid, 'pg_class'::regclass), greatest(1::oid, 'pg_class'::regclass), CASE WHEN true THEN 'pg_class'::regclass ELSE 1::oid END",
    "SELECT 'pg_class'::regclass + 0", "SELECT 1 - 'pg_class'::regclass", "SELECT 1::oid * 2", "SELECT -(1::oid)", "SELECT oid % 2 FROM pg_class", "SELECT 1::oid & 1", "SELECT 1::oid ^ 2", f"SELECT oid::int8 + 1 - oid::int8, oid::bigint = oid, pg_typeof(oid::int8) {ONE}",
    "SELECT pg_typeof(n::int), n::int FROM (SELECT 1::smallint) t(n)",
    "SELECT json_agg('pg_class'::regclass) OVER (), jsonb_agg('pg_class'::regclass) OVER (), json_object_agg('pg_class'::regclass, 'pg_type'::regclass) OVER (), array_agg('pg_class'::regclass) OVER ()",
    "SELECT json_agg(oid::regclass) OVER (ORDER BY oid) FROM pg_class WHERE relname IN ('pg_class', 'pg_type') ORDER BY oid",
    "SELECT array_agg(DISTINCT (n % 2, 'x'::text)), count(DISTINCT (n % 2, 1)) FROM generate_series(1, 5) g(n)",
    "SELECT n % 2, array_agg(DISTINCT (n % 3, n % 2)), array_agg(DISTINCT ARRAY[n % 3, 7]) FROM generate_series(1, 9) g(n) GROUP BY 1 ORDER BY 1", "SELECT array_agg(DISTINCT x) FROM (VALUES (ARRAY[1, 2]), (ARRAY[1])) t(x)",
    "SELECT '2020-01-01 00:00:00+99'::timestamptz", "SELECT timestamptz '2020-01-01 00:00:00+16:00'", "SELECT interval '1 fortnight'",
    "SELECT x, x::timestamp, x::timestamp(6), CASE WHEN true THEN x END, coalesce(x, NULL), x + interval '1 day', max(x) OVER (), ARRAY[x] FROM (SELECT '2020-01-01 10:00:00.567891'::timestamp(3) AS x) AS t",
    "SELECT '1'::interval(2), '1'::interval day, '1'::interval day to second(1), '1'::interval second(2), interval '1-2' year to month, interval '1', interval '10:20.5' minute to second(1), '10:00:00.56'::time(1)",
    "SELECT format_type(1186, 327679), format_type(1186, 2147418114), format_type(1187, 470286337), format_type(1186, 2147483647), format_type(1560, 3), format_type(1562, 7), format_type(1266, 2), format_type(1560, -1)",
    "SELECT aclexplode(relacl), (aclexplode(relacl)).grantee FROM pg_class WHERE relname = 'nosuch'", "SELECT (aclexplode(relacl)).* FROM pg_class WHERE relname = 'nosuch'", "SELECT information_schema._pg_expandarray(ARRAY[5, 6])", "SELECT json_each('{\"a\": 1}')",
    "SELECT (json_each('{\"a\": 1}')).*, (information_schema._pg_expandarray(ARRAY[5, 6])).*", "SELECT set_config('bytea_output', 'hex', false) FROM pg_show_all_settings() WHERE name = 'bytea_output'",
    "SELECT 255::bit(4)::int4, (-1)::bit(8)::int4, 5::bit(8)::bigint, 7::bigint::bit(2)::int",
    "SELECT typname FROM pg_type WHERE typinput IN ('int4in', 'boolin') ORDER BY 1", "SELECT array_position('{a,b}', 'b'), array_position('{1,2}', 2)", "SELECT time '10:00' + '1 hour'", "SELECT pg_get_userbyid(10), pg_encoding_to_char(6), getdatabaseencoding(), pg_client_encoding(), pg_my_temp_schema()",
]
# In their order.
STATEMENTS = [
    "PREPARE q(int) AS SELECT $1 + 1", "EXPLAIN EXECUTE nosuch(1)", "EXPLAIN EXECUTE q(1, 2)", "BEGIN", "DECLARE c NO SCROLL CURSOR FOR SELECT n FROM generate_series(1, 3) g(n)", "FETCH 0 FROM c", "MOVE 0 FROM c", "FETCH 1 FROM c", "MOVE 0 FROM c", "FETCH 0 FROM c",
    "ROLLBACK", "BEGIN", "DECLARE c SCROLL CURSOR FOR SELECT n FROM generate_series(1, 3) g(n)", "FETCH 1 FROM c", "FETCH 0 FROM c", "MOVE 0 FROM c", "ROLLBACK",
    "BEGIN", "DECLARE c CURSOR FOR SELECT n FROM generate_series(1, 3) g(n)", "FETCH 0 FROM c", "FETCH 2 FROM c", "FETCH 0 FROM c", "FETCH RELATIVE 0 FROM c", "FETCH FORWARD 0 FROM c", "FETCH BACKWARD 0 FROM c", "FETCH ALL FROM c", "FETCH 0 FROM c", "MOVE 0 FROM c", "ROLLBACK",
    "SET search_path TO ''", "SHOW search_path", "SELECT count(*) FROM receipts", "SELECT count(*) FROM public.receipts", "SELECT count(*) > 0 FROM pg_class", "SELECT current_schema, current_schemas(true), current_schemas(false)", "SELECT 'receipts'::regclass",
    "SELECT 'public.receipts'::regclass", "SELECT to_regclass('receipts')", f"SELECT oid::regclass, oid::regclass::text, pg_table_is_visible(oid) {ONE}", "SELECT 'pg_class'::regclass", "SET search_path TO public, pg_catalog", "SELECT current_schemas(true)",
    "SET search_path TO pg_catalog", "SELECT count(*) FROM receipts", "RESET search_path", "SELECT set_config('search_path', '', false)", "SELECT count(*) FROM receipts", "RESET search_path", "SELECT count(*) FROM receipts", "SET search_path TO information_schema, public",
    "SELECT count(*) FROM tables WHERE table_name = 'receipts'", "SELECT count(*) FROM receipts", "RESET search_path",
]


def array(kind, counts, *values):
    """In binary."""
    bytes_ = struct.pack("!iii", len(counts), int(None in values), kind) + b"".join(struct.pack("!ii", count, 1) for count in counts)
    return bytes_ + b"".join(struct.pack("!i", -1) if value is None else struct.pack("!ii", 4, value) for value in values)


PARAMETERS = [
    ("SELECT $1::int[]", b"{{1,2},{3,4}}", 1007, 0), ("SELECT $1::int[]", b"{{1,NULL},{3,4}}", 0, 0), ("SELECT $1", array(23, [2, 2], 1, 2, 3, None), 1007, 1), ("SELECT array_length($1, 2), cardinality($1)", array(23, [1, 3], 1, 2, 3), 1007, 1),
    ("SELECT $1::text[]", b'{{"a b",NULL},{c,"d,e"}}', 1009, 0), ("SELECT $1::numeric(10,2)[]", b"{{1,2.5}}", 1231, 0), ("SELECT $1::int[]", b"{{1,2},{3}}", 1007, 0), ("SELECT $1::int[]", b"{}", 1007, 0), ("SELECT $1 || ARRAY[9,9]", array(23, [1, 2], 1, 2), 1007, 1),
    ("SELECT $1::regclass", b"receipts", 0, 0), ("SELECT $1::regclass", b"public.receipts", 2205, 0), ("SELECT $1::regclass", b"nosuch", 0, 0), ("SELECT count(*) FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0", b"receipts", 0, 0),
    ("SELECT count(*) FROM pg_class WHERE oid = $1", b"receipts", 2205, 0), ("SELECT $1::regtype", b"int", 0, 0), ("SELECT $1::regclass", b"-", 0, 0), ("SELECT $1::text::regclass", b"receipts", 0, 0), ("SELECT $1::regnamespace", b"public", 0, 0),
    ("SELECT $1", b"0101", 1560, 0), ("SELECT $1", b"012", 1560, 0), ("SELECT $1", b"\x00\x00\x00\x05\xa8", 1562, 1), ("SELECT $1::bit(3)", b"1", 0, 0), ("SELECT $1 & B'110'", b"101", 0, 0),
]
# The type, by number, and what its name is in the refusal.
REFUSED = {1266: "time with time zone", 869: "inet", 650: "cidr", 3904: "int4range", 790: "money"}
NAMES = ["timetz", "time with time zone", "int4range", "tstzrange", "inet", "cidr", "macaddr", "money", "point", "tsvector"]


def said(result):
    from psycopg import pq

    if result.status == pq.ExecStatus.FATAL_ERROR:
        return ["error " + (result.error_field(pq.DiagnosticField.SQLSTATE) or b"").decode()]
    return [f"{result.fname(n).decode()} {result.ftype(n)} {result.fmod(n)}" for n in range(result.nfields)] + [str([result.get_value(row, n) for n in range(result.nfields)]) for row in range(result.ntuples)]


def client(till, peer):
    with till.connect() as ours, peer.connect() as theirs:
        wrong = []

        def each(what, ask):
            try:
                rig.same(what, ask(ours), ask(theirs))
            except AssertionError as error:
                wrong.append(str(error))

        for text in DESCRIBED + STATEMENTS:
            each(text, lambda connection: said(connection.pgconn.exec_(text.encode())))
        for text, value, number, form in PARAMETERS:
            each(f"{text} of {value}", lambda connection: said(connection.pgconn.exec_params(text.encode(), [value], [number], [form])))
        assert not wrong, "\n".join(wrong)
        own(ours)
        refusals(ours)


def own(ours):
    """Numbers in binary, and plans that are not PostgreSQL's."""
    from psycopg import pq

    number = ours.execute("SELECT 'receipts'::regclass::oid").fetchone()[0]
    for text in ("SELECT 'receipts'::regclass", f"SELECT oid::regclass {ONE}", f"SELECT relname::regclass {ONE}"):
        result = ours.pgconn.exec_params(text.encode(), [], result_format=1)
        assert result.ftype(0) == 2205 and result.get_value(0, 0) == struct.pack("!I", number), text
    for options in ("", "(COSTS OFF)", "ANALYZE", "(FORMAT JSON, COSTS OFF)"):
        result = ours.pgconn.exec_(f"EXPLAIN {options} EXECUTE q(1)".encode())
        assert result.status == pq.ExecStatus.TUPLES_OK and result.command_status == b"EXPLAIN" and result.ftype(0) == (114 if "JSON" in options else 25), (options, result.error_message)
    assert ours.execute("EXECUTE q(4)").fetchone() == (5,)
    # Queries that were generated.
    for count in (2_000,):
        assert ours.execute(" UNION ALL ".join(f"SELECT {n}" for n in range(count))).rowcount == count
        assert ours.execute(" UNION ".join(f"SELECT {n % 7}" for n in range(count))).rowcount == 7
    for count in (900,):
        assert ours.execute("SELECT sum(" + " + ".join(["type_version"] * count) + ") FROM receipts").fetchone() == (5 * count,)
        assert ours.execute("SELECT length(" + " || ".join(["receipt_id"] * count) + ") FROM receipts LIMIT 1").fetchone() == (3 * count,)
        assert ours.execute("SELECT count(*) FROM receipts WHERE " + " OR ".join(f"receipt_id = 'R-{n}'" for n in range(count))).fetchone() == (5,)
        assert ours.execute("SELECT " + " + ".join(["1"] * count)).fetchone() == (count,)


def refusals(ours):
    from psycopg import pq

    def refusal(result):
        assert result.status == pq.ExecStatus.FATAL_ERROR
        return [(result.error_field(field) or b"").decode() for field in (pq.DiagnosticField.SQLSTATE, pq.DiagnosticField.MESSAGE_PRIMARY)]

    for number, name in REFUSED.items():
        state, message = refusal(ours.pgconn.exec_params(b"SELECT $1", [b"x"], [number]))
        assert state == "0A000" and name in message, (number, state, message)
    for name in NAMES:
        for text in (f"SELECT NULL::{name}", f"SELECT CAST('x' AS {name})", f"PREPARE refused({name}) AS SELECT $1", f"SELECT * FROM jsonb_to_record('{{}}') AS x(a {name})", f"SELECT '{{}}'::{name}[]"):
            state, message = refusal(ours.pgconn.exec_(text.encode()))
            assert state == "0A000" and name.split("(")[0].upper() in message, (text, state, message)


if __name__ == "__main__":
    rig.run(client)
