"""Which column of which table the columns of answers are, comments on them, keywords, and what plans are said to cost: as PostgreSQL 15 tells.

Usage: tables.py PORT URL ADMIN_KEY
"""
import json
import re
import subprocess

import rig

ORIGINS = [
    "SELECT total, receipt_id AS r, total + 1 AS more, 'x' AS word FROM receipts",
    "SELECT * FROM receipts",
    "SELECT a.total, b.receipt_id FROM receipts a JOIN receipts b ON a.ticket_id = b.ticket_id",
    "SELECT ticket_id, a.total FROM receipts a LEFT JOIN receipts b USING (ticket_id)",
    "SELECT store_id, count(*) AS n, max(total) AS m FROM receipts GROUP BY store_id",
    "SELECT s.total, s.n FROM (SELECT total, 1 AS n FROM receipts) s",
    "WITH c AS (SELECT total AS t, receipt_id FROM receipts) SELECT t, receipt_id FROM c",
    "SELECT total FROM receipts UNION ALL SELECT total FROM receipts",
    "SELECT DISTINCT store_id FROM receipts ORDER BY store_id",
    "SELECT relname, oid FROM pg_class WHERE oid = 1259",
    "SELECT table_name FROM information_schema.tables LIMIT 1",
    "SELECT (SELECT max(total) FROM receipts) AS best, total::text AS said FROM receipts",
]
TYPE = {
    "name": "shelf", "version": 1, "table": "shelves", "format": "json", "description": "What stands where.", "receipt_id": "/id", "issued_at": "/at",
    "columns": {
        "label": {"path": "/label", "type": "VARCHAR", "description": "What it says, \u201cin full\u201d."},
        "places": {"path": "/places", "description": "Where.", "columns": {"code": {"path": "/code", "type": "VARCHAR", "description": "Of the place."}}},
    },
}


def names(connection, text):
    """(relation, column) by each column's numbers; None of what is computed."""
    with connection.cursor() as cursor:
        cursor.execute(text)
        result, found = cursor.pgresult, []
        for index in range(result.nfields):
            table, place = result.ftable(index), result.ftablecol(index)
            if not table:
                found.append(f"{result.fname(index).decode()} {(table, place)}")
                continue
            row = cursor.connection.execute(
                f"SELECT n.nspname, c.relname, a.attname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid "
                f"WHERE c.oid = {table} AND a.attnum = {place}").fetchone()
            found.append(f"{result.fname(index).decode()} {row}")
    return found


def comments(till):
    till.call("PUT", "/v1/types/shelf", TYPE)
    with till.connect() as connection:
        def described(table):
            return dict(connection.execute(
                "SELECT a.attname, col_description(a.attrelid, a.attnum) FROM pg_attribute a WHERE a.attrelid = %s::regclass AND a.attnum > 0", [table]).fetchall())

        found = described("shelves")
        assert found["label"] == "What it says, \u201cin full\u201d." and found["places"] == "Where." and all(found.values()), found
        assert described("shelves_places")["code"] == "Of the place.", described("shelves_places")
        assert connection.execute("SELECT obj_description('shelves'::regclass, 'pg_class')").fetchone() == ("What stands where.",)
        changed = dict(TYPE, version=2, columns=dict(TYPE["columns"], label={"path": "/label", "type": "VARCHAR", "description": "Another."}))
        till.call("PUT", "/v1/types/shelf", changed)
        assert described("shelves")["label"] == "Another."
    psql = subprocess.run(
        ["psql", f"host=127.0.0.1 port={till.port} user={rig.USER} password={till.key} dbname=till sslmode=disable", "-X", "-c", "\\d+ shelves", "-c", "\\dt+ shelves"],
        capture_output=True, text=True)
    assert psql.returncode == 0 and "Another." in psql.stdout and psql.stdout.count("What stands where.") == 1, psql.stdout + psql.stderr


def client(till, peer):
    comments(till)
    with till.connect() as ours, peer.connect() as theirs:
        for text in ORIGINS:
            rig.same(text, names(ours, text), names(theirs, text))
        text = "SELECT * FROM pg_catalog.pg_get_keywords() ORDER BY 1"
        rig.same("keywords", *([str(row) for row in connection.execute(text)] for connection in (ours, theirs)))
        text = "SELECT string_agg(word, ',') FROM pg_catalog.pg_get_keywords() WHERE word <> ALL ('{a,abs,absolute,select}'::text[])"
        rig.same("keywords of pgjdbc", *([str(row) for row in connection.execute(text)] for connection in (ours, theirs)))
        question = "SELECT store_id, count(*) FROM receipts WHERE total > 5 GROUP BY 1 ORDER BY 2"
        for line in (row[0] for row in ours.execute(f"EXPLAIN {question}").fetchall()):
            if not line.strip().startswith(("filter: ", "and: ", "some element: ", "Not used: ")):
                assert re.search(r"  \(cost=\d+\.\d\d\.\.\d+\.\d\d rows=\d+ width=\d+\)$", line), line
        assert not any("cost=" in row[0] for row in ours.execute(f"EXPLAIN (COSTS OFF) {question}"))
        for options in ("FORMAT JSON", "ANALYZE, FORMAT JSON"):
            told = ours.execute(f"EXPLAIN ({options}) {question}").fetchone()[0]
            plan = (json.loads(told) if isinstance(told, str) else told)[0]["Plan"]
            for name in ("Startup Cost", "Total Cost", "Plan Rows", "Plan Width"):
                assert plan[name] >= 0 and all(name in below for below in plan["Plans"]), plan


if __name__ == "__main__":
    rig.run(client)
