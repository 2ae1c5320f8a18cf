"""DuckDB attaches a running server and PostgreSQL 15 by its extension for PostgreSQL, and asks both the same.

Usage: duckdb_scanner.py PORT URL ADMIN_KEY
"""
import rig


def lines(port, user, password):
    import duckdb
    import duckdb_extension_postgres_scanner  # noqa: F401  its folder has the extension

    found = {}

    def say(topic, *parts):
        found.setdefault(topic, []).append("|".join(str(part) for part in parts))

    connection = duckdb.connect(config={"allow_unsigned_extensions": "true"})
    connection.execute(f"LOAD '{extension()}'")
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute(f"ATTACH 'host=127.0.0.1 port={port} user={user} password={password or 'none'} dbname=till sslmode=disable' AS store (TYPE postgres, READ_ONLY)")

    def ask(topic, text):
        answer = connection.execute(text)
        say(topic, *(f"{column[0]} {column[1]}" for column in answer.description))
        for row in answer.fetchall():
            say(topic, *row)

    ask("tables", "SELECT database, schema, name, column_names, column_types FROM (SHOW ALL TABLES) WHERE name = 'receipts'")
    ask("receipts", "SELECT * EXCLUDE (lines) FROM store.public.receipts ORDER BY receipt_id")
    ask("lines", "SELECT receipt_id, CAST(lines ->> '$[0].amount' AS DECIMAL(18, 4)) FROM (SELECT receipt_id, lines::JSON AS lines FROM store.receipts) ORDER BY 1")
    ask("filtered", "SELECT receipt_id, total FROM store.receipts WHERE total > 62.5 AND business_day >= DATE '2026-11-12' AND receipt_id LIKE 'R-%' ORDER BY 1")
    ask("in", "SELECT receipt_id FROM store.receipts WHERE receipt_id IN ('R-1', 'R-5', 'x') AND tax_total IS NOT NULL ORDER BY 1")
    ask("sums", "SELECT store_id, count(*), sum(total), min(issued_at), max(business_day) FROM store.receipts GROUP BY 1 ORDER BY 1")
    ask("limit", "SELECT receipt_id FROM store.receipts ORDER BY total DESC LIMIT 2")
    ask("join", "SELECT a.receipt_id, b.total FROM store.receipts a JOIN store.receipts b ON a.ticket_id = b.ticket_id ORDER BY 1")
    ask("passed-on", "SELECT * FROM postgres_query('store', 'SELECT count(*) AS n, sum(total) AS total FROM receipts')")
    ask("columns", "SELECT column_name, data_type, is_nullable FROM duckdb_columns() WHERE table_name = 'receipts' AND database_name = 'store' ORDER BY column_index")
    ask("keys", "SELECT constraint_type, constraint_column_names FROM duckdb_constraints() WHERE table_name = 'receipts' AND database_name = 'store'")
    connection.execute("BEGIN")
    ask("in-transaction", "SELECT count(*) FROM store.receipts")
    connection.execute("COMMIT")
    connection.close()
    return found


def extension():
    import glob
    import os

    import duckdb_extension_postgres_scanner as package

    return glob.glob(os.path.join(list(package.__path__)[0], "**", "*.duckdb_extension"), recursive=True)[0]


def client(till, peer):
    ours, theirs = lines(till.port, rig.USER, till.key), lines(peer.port, "till", "")
    # Sums have a scale here, by which DuckDB reads them exactly; PostgreSQL's have none.
    assert ours.pop("passed-on") == ["n BIGINT|total DECIMAL(38,4)", "5|315.0000"], ours
    theirs.pop("passed-on")
    for topic in sorted(set(ours) | set(theirs)):
        rig.same(topic, ours.get(topic, []), theirs.get(topic, []))


if __name__ == "__main__":
    rig.run(client, ["duckdb", "duckdb_extension_postgres_scanner"])
