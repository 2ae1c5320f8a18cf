"""A PostgreSQL 15 reads a running server's tables as its own, by postgres_fdw: the foreign schema, conditions that it leaves to the server, joins, cursors.

Usage: foreign.py PORT URL ADMIN_KEY
"""
import rig

IMPORTED = ("receipts", "receipts_accepted", "receipts_lines")


def client(till, peer):
    # The server of PostgreSQL that asks, and the one that has the like tables.
    with peer.connect() as connection:
        connection.execute("SET default_transaction_read_only = off")
        connection.execute("CREATE EXTENSION postgres_fdw")
        connection.execute(f"CREATE SERVER store FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', port '{till.port}', dbname 'till', sslmode 'disable', fetch_size '2')")
        connection.execute(f"CREATE USER MAPPING FOR till SERVER store OPTIONS (user '{rig.USER}', password '{till.key}')")
        connection.execute("CREATE SCHEMA seen")
        connection.execute("IMPORT FOREIGN SCHEMA public FROM SERVER store INTO seen OPTIONS (import_default 'true', import_collate 'false')")
        found = {row[0] for row in connection.execute("SELECT foreign_table_name FROM information_schema.foreign_tables WHERE foreign_table_schema = 'seen'")}
        assert set(IMPORTED) <= found, found

        def columns(schema):
            return [str(row) for row in connection.execute(
                f"SELECT attname, format_type(atttypid, atttypmod), attnotnull FROM pg_attribute WHERE attrelid = '{schema}.receipts'::regclass AND attnum > 0 ORDER BY attnum")]

        rig.same("columns", columns("seen"), columns("public"))

        def both(topic, text):
            ours, theirs = ([str(row) for row in connection.execute(text.format(receipts=table)).fetchall()] for table in ("seen.receipts", "public.receipts"))
            rig.same(topic, ours, theirs)
            return "\n".join(row[0] for row in connection.execute("EXPLAIN (VERBOSE, COSTS OFF) " + text.format(receipts="seen.receipts")))

        both("all", "SELECT * FROM {receipts} ORDER BY receipt_id")
        plan = both("filtered", "SELECT receipt_id, total FROM {receipts} WHERE total > 62.5 AND business_day >= DATE '2026-11-12' AND receipt_id LIKE 'R-%' ORDER BY 1")
        assert all(part in plan.split("Remote SQL")[1] for part in ("62.5", "business_day >=", "~~ 'R-%'")), plan
        plan = both("grouped", "SELECT store_id, count(*), sum(total), avg(total)::numeric(18, 6), max(issued_at) FROM {receipts} GROUP BY 1 ORDER BY 1")
        assert "sum(" in plan.split("Remote SQL")[1], plan
        # With five rows it would as soon join them itself.
        for kind in ("hashjoin", "mergejoin", "nestloop"):
            connection.execute(f"SET enable_{kind} = off")
        plan = both("joined", "SELECT a.receipt_id, b.total FROM {receipts} a JOIN {receipts} b ON a.ticket_id = b.ticket_id WHERE b.total < 64 ORDER BY 1")
        assert "INNER JOIN" in plan.split("Remote SQL")[1], plan
        connection.execute("RESET ALL")
        connection.execute("SET default_transaction_read_only = off")
        both("outer", "SELECT a.receipt_id, b.total FROM {receipts} a LEFT JOIN {receipts} b ON a.ticket_id = b.ticket_id AND b.total < 64 ORDER BY 1")
        both("limited", "SELECT receipt_id FROM {receipts} ORDER BY total DESC LIMIT 2 OFFSET 1")
        both("in", "SELECT receipt_id FROM {receipts} WHERE receipt_id IN ('R-1', 'R-5') OR total = 63 ORDER BY 1")
        both("like", "SELECT receipt_id FROM {receipts} WHERE upper(currency) = 'UAH' AND customer_id IS NOT NULL AND NOT (total BETWEEN 62 AND 63) ORDER BY 1")
        both("moments", "SELECT receipt_id FROM {receipts} WHERE issued_at >= '2026-11-13 00:00+02' AND issued_at < '2026-11-15 00:00+02' ORDER BY 1")
        both("documents", "SELECT receipt_id, lines -> 0 ->> 'code' FROM {receipts} ORDER BY 1")
        both("exists", "SELECT receipt_id FROM {receipts} a WHERE EXISTS (SELECT FROM {receipts} b WHERE b.total = a.total + 1) ORDER BY 1")
        both("subquery", "SELECT (SELECT max(total) FROM {receipts}) - total FROM {receipts} ORDER BY 1")
        # A join with a table of its own: a parameter goes to the server for each of its rows, or all are fetched.
        rows = connection.execute("SELECT p.receipt_id, s.total FROM public.receipts p JOIN seen.receipts s USING (receipt_id) WHERE p.total > 62 ORDER BY 1").fetchall()
        assert len(rows) == 3, rows
        assert connection.execute("SELECT count(*) FROM seen.receipts_lines").fetchone()[0] == rig.RECEIPTS
        try:
            connection.execute("DELETE FROM seen.receipts")
            raise AssertionError("a foreign table was written to")
        except Exception as fault:
            assert getattr(fault, "sqlstate", None) in ("25006", "0A000", "42501"), fault
        connection.execute("ANALYZE seen.receipts")
        # It asks this server what each way of asking would cost.
        connection.execute("ALTER SERVER store OPTIONS (ADD use_remote_estimate 'true')")
        plan = both("estimated", "SELECT a.store_id, count(*) FROM {receipts} a JOIN {receipts} b USING (ticket_id) WHERE b.total < 64 GROUP BY 1 ORDER BY 1")
        assert "Remote SQL" in plan, plan
        both("estimated order", "SELECT receipt_id FROM {receipts} WHERE total > 61 ORDER BY total DESC LIMIT 2")
        with connection.transaction(), connection.cursor("pages") as cursor:
            assert len(cursor.execute("SELECT receipt_id FROM seen.receipts").fetchall()) == rig.RECEIPTS


if __name__ == "__main__":
    rig.run(client)
