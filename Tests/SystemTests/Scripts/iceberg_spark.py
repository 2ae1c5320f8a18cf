"""Asks Spark the same of a store's tables, as files and by the REST catalog, as Till at /v1/sql: python iceberg_spark.py URL WAREHOUSE ADMIN_KEY"""

import datetime
import json
import os
import pathlib
import sys
import time
import urllib.request

# Python has instants of Spark in the zone of its process.
os.environ["TZ"] = "UTC"
time.tzset()

import pyarrow.ipc

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "ColumnStoreTests/Readers"))

from spark import session

URL, WAREHOUSE, ADMIN = sys.argv[1:4]
PERSON = {"name": "person", "version": 1, "table": "people", "format": "json", "on_repeat": "replace", "match": {"/kind": "person"}, "receipt_id": "/id",
          "columns": {"name": {"path": "/name", "type": "VARCHAR"}, "pay": {"path": "/pay", "type": "DECIMAL(38,10)"}, "photo": {"path": "/photo", "type": "BLOB"}}}
ROLLUP = {"name": "by_till", "table": "receipts", "where": None, "unnest": "lines", "group_by": {"till": "till_id", "category": "lines.category"},
          "measures": {"lines": "count(*)", "amount": "sum(lines.amount)", "least": "min(lines.amount)", "greatest": "max(lines.name)", "all_dear": "bool_and(lines.amount > 3)",
                       "products": "approx_count_distinct(lines.product_code)"}}
# What is asked of both: Spark has the catalog's name before each table, and adds partial sums up.
QUESTIONS = [
    ("SELECT client_id, count(*), sum(total), min(issued_at), max(customer_id) FROM {}receipts GROUP BY 1 ORDER BY 1",) * 2,
    ("SELECT receipt_id, document FROM {}receipts ORDER BY 1",) * 2,
    ("SELECT receipt_id, version, name, pay, photo FROM {}people ORDER BY 1", "SELECT receipt_id, version, name, pay, photo FROM {}people WHERE NOT removed ORDER BY 1"),
    ("SELECT receipt_id, version, removed, name FROM {}people_history ORDER BY 1, 2",) * 2,
    # As docs/rollups.md shows it.
    ("SELECT date_trunc('month', business_day)::date AS month, client_id, count(*) AS receipts, sum(total) AS revenue FROM {}receipts_accepted GROUP BY 1, 2 ORDER BY 1, 2",
     "SELECT CAST(date_trunc('month', day) AS DATE) AS month, client_id, sum(receipts) AS receipts, sum(revenue) AS revenue FROM {}rollup_receipts_by_day GROUP BY 1, 2 ORDER BY 1, 2"),
    ("SELECT till_id, category, count(*), sum(amount), min(amount), max(name), bool_and(amount > 3) FROM {}receipts, unnest(lines) GROUP BY 1, 2 ORDER BY 1 NULLS FIRST, 2 NULLS FIRST",
     "SELECT till, category, sum(lines), sum(amount), min(least), max(greatest), bool_and(all_dear) FROM {}rollup_by_till GROUP BY 1, 2 ORDER BY 1, 2"),
    ("SELECT till_id, approx_count_distinct(product_code) FROM {}receipts, unnest(lines) GROUP BY 1 ORDER BY 1 NULLS FIRST", "SELECT till, products FROM {}rollup_by_till"),
]


def call(method, path, body=None, key=ADMIN, kind="application/json"):
    request = urllib.request.Request(URL + path, method=method, data=body, headers={"Content-Type": kind, "Authorization": f"Bearer {key}"})
    with urllib.request.urlopen(request) as answer:
        text = answer.read()
        if kind == "application/x-ndjson":
            return [json.loads(line) for line in text.splitlines()]
        return json.loads(text) if text else None


def plain(value):
    """A value as both have it: instants in UTC without a zone, bytes as bytes."""
    if isinstance(value, bytearray):
        return bytes(value)
    if isinstance(value, datetime.datetime) and value.tzinfo:
        return value.astimezone(datetime.timezone.utc).replace(tzinfo=None)
    return value


def till(question):
    body = json.dumps({"query": question, "rollups": False}).encode()
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {ADMIN}", "Accept": "application/vnd.apache.arrow.stream"}
    with urllib.request.urlopen(urllib.request.Request(URL + "/v1/sql", data=body, headers=headers)) as answer:
        table = pyarrow.ipc.open_stream(answer.read()).read_all()
    return [tuple(map(plain, row)) for row in zip(*(column.to_pylist() for column in table.columns))]


def counted(rows):
    """Sketches of few values, joined by their documented bytes: the number of hashes is exact."""
    found = {}
    for group, sketch in rows:
        assert sketch[0] == 0 and len(sketch) % 8 == 1, sketch[:1]
        found.setdefault(group, set()).update(sketch[place:place + 8] for place in range(1, len(sketch), 8))
    return sorted(((group, len(hashes)) for group, hashes in found.items()), key=lambda row: (row[0] is not None, row[0]))


def fill(key):
    assert call("PUT", "/v1/types/person", json.dumps(PERSON).encode())
    call("PUT", "/v1/rollups/by_till", json.dumps(ROLLUP).encode())
    for version in range(3):
        people = [{"kind": "person", "id": f"P{n}", "name": f"N{n}.{version}", "pay": f"{n}.0000000001", "photo": "//79" * (n % 3)} for n in range(0, 40, version + 1)]
        receipts = [{"schema": "pos/1", "id": f"R-{version}-{n}", "store": {"id": "S1", **({"till": str(n % 4)} if n % 5 else {})}, "customer": f"K{n}", "currency": "UAH",
                     "issued_at": f"2026-{n % 3 + 1:02d}-18T14:03:07+02:00", "lines": [{"code": f"C{line * n % 11}", "name": "хліб", "amount": line + 2, **({"category": "x"} if n % 7 else {})} for line in range(n % 4)],
                     "total": sum(line + 2 for line in range(n % 4))} for n in range(60)]
        body = "\n".join(map(json.dumps, people + receipts)).encode()
        answer = call("POST", "/v1/receipts", body, key, "application/x-ndjson")
        assert len(answer) == len(people + receipts) and all(one.get("ticket_id") and not one.get("errors") for one in answer), answer[:3]
        if version == 1:
            call("DELETE", "/v1/receipts/P8?table=people", key=key)
        call("POST", "/v1/admin/compact", b"{}")


def main():
    call("PUT", "/v1/contracts/whole", b'{"access":"read-write","scope":"all"}')
    key = call("POST", "/v1/contracts/whole/keys", b"{}")["key"]
    fill(key)
    spark = session({"files": {"type": "hadoop", "warehouse": f"file://{WAREHOUSE}"}, "rest": {"type": "rest", "uri": URL + "/iceberg", "token": key},
                     "credential": {"type": "rest", "uri": URL + "/iceberg", "credential": f"whole:{key}", "oauth2-server-uri": URL + "/iceberg/v1/oauth/tokens"}})
    asked = 0
    for question, theirs in QUESTIONS:
        expected = till(question.format(""))
        assert expected, question
        for catalog in ("files.", "rest.till.", "credential.till."):
            found = [tuple(map(plain, row)) for row in spark.sql(theirs.format(catalog)).collect()]
            if "approx_count_distinct" in question:
                found = counted(found)
            assert found == expected, (catalog, question, [pair for pair in zip(expected, found) if pair[0] != pair[1]][:3], len(expected), len(found))
            asked += 1
    assert [row.namespace for row in spark.sql("SHOW NAMESPACES IN rest").collect()] == ["till"]
    assert {"receipts", "people", "people_history", "rollup_by_till"} <= {row.tableName for row in spark.sql("SHOW TABLES IN rest.till").collect()}
    # Spark asks for a table's own tables as tables of a namespace that is not there.
    for table in ("snapshots", "files", "history", "manifests"):
        assert spark.sql(f"SELECT * FROM rest.till.receipts.{table}").count() > 0, table
    for statement in ("INSERT INTO rest.till.receipts SELECT * FROM rest.till.receipts", "DELETE FROM rest.till.receipts", "DROP TABLE rest.till.receipts", "CREATE TABLE rest.till.other (a int)"):
        try:
            spark.sql(statement)
        except Exception:
            continue
        raise AssertionError(f"written: {statement}")
    print(f"Spark {spark.version} answered {asked} questions as Till does")


main()
