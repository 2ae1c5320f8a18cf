"""ADBC asks a running server and PostgreSQL 15 the same: it reads by binary COPY, and looks its types up in the catalog by their functions.

Usage: adbc.py PORT URL ADMIN_KEY
"""
import rig


def lines(port, user, password):
    import adbc_driver_postgresql.dbapi as dbapi

    found = {}

    def say(topic, *parts):
        found.setdefault(topic, []).append("|".join(str(part) for part in parts))

    def table(topic, answer):
        for field in answer.schema:
            say(topic + "-schema", field.name, field.type)
        for row in answer.to_pylist():
            say(topic, *row.values())

    with dbapi.connect(f"postgresql://{user}:{password}@127.0.0.1:{port}/till?sslmode=disable") as connection, connection.cursor() as cursor:
        cursor.execute(f"SELECT {rig.COLUMNS} FROM receipts ORDER BY receipt_id")
        table("receipts", cursor.fetch_arrow_table())
        cursor.execute("SELECT receipt_id, total, business_day FROM receipts WHERE total > $1 AND receipt_id <> $2 ORDER BY 1", (62.5, "R-4"))
        table("filtered", cursor.fetch_arrow_table())
        cursor.execute(
            "SELECT true AS a, 7::smallint AS b, 42 AS c, 9007199254740993::bigint AS d, 1.5::real AS e, 0.1::double precision AS f, 1.50::numeric(9, 2) AS g, 'x'::text AS h, 'y'::varchar AS i, "
            "DATE '2026-11-19' AS j, TIMESTAMP '2026-11-19 14:03:07.5' AS k, TIMESTAMPTZ '2026-11-19 14:03:07.5+02' AS l, TIME '01:02:03' AS m, '\\x00ff'::bytea AS n, "
            "ARRAY[1, NULL]::integer[] AS o, ARRAY['a'] AS p, INTERVAL '1 month 2 days 3 seconds' AS q, NULL::text AS r, '{\"a\": 1}'::jsonb AS s")
        table("values", cursor.fetch_arrow_table())
        cursor.execute("SELECT oid, relname, relkind, relnatts, relam FROM pg_class WHERE relname = 'pg_type'")
        table("catalog", cursor.fetch_arrow_table())
        cursor.execute("SELECT * FROM generate_series(1, 100000) AS s(n)")
        say("many", sum(sum(batch.column(0).to_pylist()) for batch in cursor.fetch_record_batch()))
        objects = connection.adbc_get_objects(depth="all", db_schema_filter="public", table_name_filter="receipts").read_all().to_pylist()
        for catalog in objects:
            for schema in catalog["catalog_db_schemas"] or []:
                for each in schema["db_schema_tables"] or []:
                    say("objects", catalog["catalog_name"], schema["db_schema_name"], each["table_name"], each["table_type"])
                    for column in each["table_columns"] or []:
                        say("object-columns", column["column_name"], column["ordinal_position"], column["remarks"])
                    for constraint in each["table_constraints"] or []:
                        say("object-keys", constraint["constraint_name"], constraint["constraint_type"], constraint["constraint_column_names"])
        for field in connection.adbc_get_table_schema("receipts", db_schema_filter="public"):
            say("table-schema", field.name, field.type)
        say("table-types", sorted(connection.adbc_get_table_types()))
        for topic, text in (("write", "INSERT INTO receipts (ticket_id) VALUES ('x')"), ("unknown", "SELECT * FROM nothing"), ("division", "SELECT 1/0")):
            try:
                cursor.execute(text)
                cursor.fetchall()
                say(topic, "no error")
            except dbapi.Error as fault:
                say(topic, fault.sqlstate)
            connection.rollback()
    return found


def client(till, peer):
    ours, theirs = lines(till.port, rig.USER, till.key), lines(peer.port, "till", "")
    # It asks for them in no order.
    for found in (ours, theirs):
        found["object-columns"].sort()
    for topic in sorted(set(ours) | set(theirs)):
        rig.same(topic, ours.get(topic, []), theirs.get(topic, []))


if __name__ == "__main__":
    rig.run(client, ["adbc_driver_postgresql", "pyarrow"])
