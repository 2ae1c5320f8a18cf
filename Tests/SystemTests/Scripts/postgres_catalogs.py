"""Looks through a running server's catalogs over PostgreSQL's protocol, as people's tools do.

Usage: postgres_catalogs.py PORT URL ADMIN_KEY

psql's commands, and SQLAlchemy's reflection with three drivers, unpatched. Exits 77 without them.
"""
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import urllib.request

PORT, URL, ADMIN = int(sys.argv[1]), sys.argv[2], sys.argv[3]


def call(method, path, body):
    request = urllib.request.Request(URL + path, json.dumps(body).encode(), {"Authorization": f"Bearer {ADMIN}", "Content-Type": "application/json"}, method=method)
    return json.load(urllib.request.urlopen(request))


def psql(command, form="-At"):
    run = subprocess.run(
        ["psql", "-X", form, "-v", "ON_ERROR_STOP=1", f"host=localhost port={PORT} user=corner-shop dbname=till", "-c", command], env={**os.environ, "PGPASSWORD": KEY}, capture_output=True, text=True)
    assert run.returncode == 0, (command, run.stderr)
    return run.stdout


def commands():
    assert "public|receipts|table|till\n" in psql(r"\d") and "public|receipts|table|till\n" in psql(r"\dt"), psql(r"\d")
    table = psql(r"\d receipts")
    assert "ticket_id|text||not null|\n" in table and "total|numeric(" in table and "lines|jsonb|" in table, table
    assert '"receipts_pkey" PRIMARY KEY, btree (ticket_id)' in subprocess.run(
        ["psql", "-X", f"host=localhost port={PORT} user=corner-shop dbname=till", "-c", r"\d receipts"], env={**os.environ, "PGPASSWORD": KEY}, capture_output=True, text=True).stdout
    assert "till|till|UTF8|" in psql(r"\l")
    assert psql(r"\dn") == "public|till\ntill|till\n"
    assert "till|tickets|view|till" in psql(r"\dv till.*")
    assert "till" not in {line.split("|")[0] for line in psql(r"\dv").splitlines()}
    assert psql("SELECT c.oid::regclass FROM pg_class c WHERE c.oid = 'till.tickets'::regclass") == "till.tickets\n"
    assert "corner-shop|" in psql(r"\du")
    assert psql(r"\df") == "" and psql(r"\dT") == "" and psql(r"\dx").strip() == ""
    for command in (r"\dt+", r"\d+ receipts", r"\dv", r"\dv+", r"\di", r"\dp", r"\db", r"\dn+", r"\l+", r"\dS pg_class", r"\d pg_class", r"\dg", r"\ds", r"\dm", r"\dE", r"\des", r"\dew", r"\dy", r"\dL", r"\dO", r"\dc", r"\dC" , r"\dD"):
        try:
            psql(command)
        except AssertionError as fault:
            if command in EXPECTED:
                continue
            raise fault
    # Definitions of views: those that were put, and those of the store.
    call("PUT", "/v1/views/daily", {"query": "SELECT business_day,\n  count(*) AS n FROM receipts GROUP BY 1; "})
    # With -t psql leaves out what stands below a table.
    shown = psql(r"\d+ daily", "-A")
    assert "business_day|date|" in shown and "View definition:\nSELECT business_day,\n  count(*) AS n FROM receipts GROUP BY 1;\n" in shown, shown
    assert psql(r"\sv daily") == "CREATE OR REPLACE VIEW public.daily AS\nSELECT business_day,\n  count(*) AS n FROM receipts GROUP BY 1\n", psql(r"\sv daily")
    assert psql("SELECT pg_get_viewdef('till.tickets') LIKE 'SELECT %FROM till.quarantine;', pg_get_viewdef('receipts_lines') LIKE 'SELECT %;', pg_get_viewdef('receipts') IS NULL") == "t|t|t\n"
    for number in range(2):
        call("POST", "/v1/receipts?client=corner-shop", {
            "schema": "pos/1", "id": f"R-{number}", "issued_at": "2026-11-11T14:03:07+02:00", "currency": "UAH", "total": 60, "lines": [{"code": "1", "name": "a", "qty": 1, "price": 60, "amount": 60}]})
    # What the store makes without a SELECT has one that gives the same rows.
    for view in ("receipts_accepted", "receipts_lines", "rollup_receipts_by_day", "till.tickets"):
        text = psql(f"SELECT pg_get_viewdef('{view}')").rstrip("\n;")
        assert psql(f"SELECT count(*) FROM ({text}) AS d") == psql(f"SELECT count(*) FROM {view}"), text
        assert psql(f"SELECT definition = pg_get_viewdef('{view}') FROM pg_views WHERE schemaname || '.' || viewname IN ('{view}', 'public.{view}')") == "t\n", view
    # What the Tab key asks, in whichever order.
    assert "receipts|\n" in psql(
        "SELECT c.relname, NULL::pg_catalog.text FROM pg_catalog.pg_class c WHERE c.relkind IN ('r','S','v','m','f','p') AND (c.relname) LIKE 'rece%' AND pg_catalog.pg_table_is_visible(c.oid) "
        "AND c.relnamespace <> (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = 'pg_catalog') UNION ALL SELECT NULL::pg_catalog.text, n.nspname FROM pg_catalog.pg_namespace n "
        r"WHERE n.nspname LIKE 'rece%' AND n.nspname NOT LIKE E'pg\\_%' LIMIT 1000")


# It asks for tableoid, which no relation here has.
EXPECTED = {r"\dL"}


def reflection(driver):
    import sqlalchemy

    engine = sqlalchemy.create_engine(f"postgresql+{driver}://corner-shop:{KEY}@localhost:{PORT}/till")
    inspector = sqlalchemy.inspect(engine)
    assert "receipts" in inspector.get_table_names() and "public" in inspector.get_schema_names()
    columns = {column["name"]: column for column in inspector.get_columns("receipts")}
    assert isinstance(columns["total"]["type"], sqlalchemy.NUMERIC) and not columns["ticket_id"]["nullable"], columns
    assert inspector.get_pk_constraint("receipts")["constrained_columns"] == ["ticket_id"]
    assert inspector.get_indexes("receipts") == [] and inspector.get_foreign_keys("receipts") == [] and inspector.get_unique_constraints("receipts") == []
    table = sqlalchemy.Table("receipts", sqlalchemy.MetaData(), autoload_with=engine)
    assert [column.name for column in table.primary_key] == ["ticket_id"]
    with engine.connect() as connection:
        assert connection.execute(sqlalchemy.select(sqlalchemy.func.count()).select_from(table).where(table.c.total > 0)).scalar() == 2
    engine.dispose()


def main():
    global KEY
    missing = [name for name in ("psycopg", "psycopg2", "pg8000", "sqlalchemy") if not importlib.util.find_spec(name)] + ([] if shutil.which("psql") else ["psql"])
    if missing:
        print(f"{', '.join(missing)} not installed: script/bootstrap does that")
        sys.exit(77)
    call("PUT", "/v1/contracts/corner-shop", {"access": "read-write", "scope": "own"})
    KEY = call("POST", "/v1/contracts/corner-shop/keys", {})["key"]
    commands()
    for driver in ("psycopg", "psycopg2", "pg8000"):
        reflection(driver)
    print("the catalogs are there")


if __name__ == "__main__":
    main()
