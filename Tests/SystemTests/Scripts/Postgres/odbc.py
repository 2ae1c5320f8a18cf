"""psqlODBC, by pyodbc, asks a running server and PostgreSQL 15 the same.

Usage: odbc.py PORT URL ADMIN_KEY
"""
import datetime
import decimal
import glob

import rig


def lines(port, user, password):
    import pyodbc

    driver = glob.glob("/usr/lib/*/odbc/psqlodbcw.so")[0]
    connection = pyodbc.connect(f"DRIVER={driver};SERVER=127.0.0.1;PORT={port};DATABASE=till;UID={user};PWD={password};SSLmode=disable", autocommit=True)
    found = {}

    def say(topic, *parts):
        found.setdefault(topic, []).append("|".join(str(part) for part in parts))

    def rows(topic, cursor, *columns):
        names = [column[0] for column in cursor.description]
        for row in cursor.fetchall():
            say(topic, *(row[names.index(column)] for column in columns))

    cursor = connection.cursor()
    rows("tables", cursor.tables(schema="public", table="receipts"), "table_schem", "table_name", "table_type", "remarks")
    rows("kinds", cursor.tables(table="pg_class", schema="pg_catalog"), "table_schem", "table_name", "table_type")
    rows("columns", cursor.columns(table="receipts", schema="public"), "column_name", "data_type", "type_name", "column_size", "decimal_digits", "nullable", "ordinal_position", "is_nullable")
    rows("keys", cursor.primaryKeys(table="receipts", schema="public"), "table_name", "column_name", "key_seq", "pk_name")
    rows("foreign-keys", cursor.foreignKeys(table="receipts", schema="public"), "pktable_name")
    rows("statistics", cursor.statistics("receipts", schema="public"), "table_name", "non_unique", "index_name", "ordinal_position", "column_name", "asc_or_desc")
    rows("best-row", cursor.rowIdColumns("receipts", schema="public"), "column_name", "type_name")
    rows("procedures", cursor.procedures(schema="public"), "procedure_name")
    rows("types", cursor.getTypeInfo(), "type_name", "data_type")
    cursor.execute(f"SELECT {rig.COLUMNS} FROM receipts ORDER BY receipt_id")
    for column in cursor.description:
        # Whether it may be NULL the driver asks by a column's number in its table, which answers do not tell here.
        say("answer", column[0], column[1].__name__, *column[3:6])
    for row in cursor.fetchall():
        say("row", *(f"{type(cell).__name__}:{cell}" for cell in row))
    for value in (True, 42, -9007199254740993, 0.1, decimal.Decimal("12345.678900"), "Хліб 'x'", datetime.date(2026, 11, 19), datetime.datetime(2026, 11, 19, 14, 3, 7, 123456), datetime.time(1, 2, 3)):
        kind = {bool: "boolean", int: "bigint", float: "double precision", decimal.Decimal: "numeric", str: "text", datetime.date: "date", datetime.datetime: "timestamp", datetime.time: "time"}[type(value)]
        for _ in range(3):
            got = cursor.execute(f"SELECT CAST(? AS {kind})", value).fetchone()[0]
        say("parameter", kind, type(got).__name__, got)
    rows("filtered", cursor.execute("SELECT receipt_id, total FROM receipts WHERE total > ? AND business_day >= ? ORDER BY 1", decimal.Decimal("61.5"), datetime.date(2026, 11, 12)), "receipt_id", "total")
    rows("catalog", cursor.execute("SELECT relname, relkind FROM pg_class WHERE relname = 'pg_type'"), "relname", "relkind")
    cursor.execute("SELECT n FROM generate_series(1, 1000) AS s(n) ORDER BY n")
    say("many", sum(row[0] for row in cursor.fetchmany(300)), sum(row[0] for row in cursor.fetchall()))
    for topic, text in (("write", "INSERT INTO receipts (ticket_id) VALUES ('x')"), ("unknown", "SELECT * FROM nothing"), ("syntax", "SELEC 1"), ("division", "SELECT 1/0")):
        try:
            connection.cursor().execute(text).fetchall()
            say(topic, "no error")
        except pyodbc.Error as fault:
            say(topic, fault.args[0])
    manual = pyodbc.connect(f"DRIVER={driver};SERVER=127.0.0.1;PORT={port};DATABASE=till;UID={user};PWD={password};SSLmode=disable;UseDeclareFetch=1;Fetch=7", autocommit=False)
    say("declared", sum(row[0] for row in manual.cursor().execute("SELECT n FROM generate_series(1, 1000) AS s(n) ORDER BY n").fetchall()))
    manual.rollback()
    manual.close()
    connection.close()
    return found


# Where a store differs from a database of one's own.
DIFFERENT = set()


def client(till, peer):
    ours, theirs = lines(till.port, rig.USER, till.key), lines(peer.port, "till", "")
    for topic in sorted(set(ours) | set(theirs)):
        if topic not in DIFFERENT:
            rig.same(topic, ours.get(topic, []), theirs.get(topic, []))


if __name__ == "__main__":
    if not glob.glob("/usr/lib/*/odbc/psqlodbcw.so"):
        rig.skip("psqlODBC is")
    rig.run(client, ["pyodbc"])
