"""An existing engine over the Iceberg tables of several servers; prints `{"rows", "seconds", "version"}`.

iceberg_engines.py duckdb|pyiceberg|polars|chdb TABLE-FOLDER…

The question: receipts and revenue by year, and the greatest clients, over all tables together.
"""

import json
import sys
import time
from pathlib import Path

FIRST = "SELECT count(*) AS receipts, sum(total) AS revenue, count(DISTINCT client_id) AS clients FROM receipts WHERE state = 'COMPLETE'"
SECOND = "SELECT client_id, sum(total) AS revenue FROM receipts WHERE state = 'COMPLETE' GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 5"


def duckdb(tables):
    import duckdb

    connection = duckdb.connect()
    packages = Path(duckdb.__file__).parent.parent
    for name in ("avro", "httpfs", "iceberg"):
        file = next(packages.glob(f"duckdb_extension_{name}/extensions/*/{name}.duckdb_extension"))
        connection.execute(f"LOAD '{file}'")
    union = " UNION ALL ".join(f"SELECT client_id, state, total FROM iceberg_scan('{table}')" for table in tables)
    connection.execute(f"CREATE VIEW receipts AS {union}")
    return duckdb.__version__, lambda: [connection.execute(query).fetchall() for query in (FIRST, SECOND)]


def pyiceberg(tables):
    import pyarrow
    import pyarrow.compute as compute
    import pyiceberg
    from pyiceberg.table import StaticTable

    def ask():
        scans = [StaticTable.from_metadata(table).scan(row_filter="state == 'COMPLETE'", selected_fields=("client_id", "total")).to_arrow() for table in tables]
        rows = pyarrow.concat_tables(scans)
        rows = rows.set_column(1, "total", rows["total"].cast(pyarrow.decimal128(38, 4)))
        first = [(rows.num_rows, compute.sum(rows["total"]).as_py(), compute.count_distinct(rows["client_id"]).as_py())]
        clients = rows.group_by("client_id").aggregate([("total", "sum")]).sort_by([("total_sum", "descending"), ("client_id", "ascending")]).slice(0, 5)
        return [first, [(row["client_id"], row["total_sum"]) for row in clients.to_pylist()]]

    return pyiceberg.__version__, ask


def polars(tables):
    import polars

    def hinted(table):
        version = Path(table, "metadata/version-hint.text").read_text()
        return str(Path(table, f"metadata/v{version}.metadata.json"))

    def ask():
        rows = polars.concat([polars.scan_iceberg(hinted(table), reader_override="native").select("client_id", "state", "total") for table in tables])
        rows = rows.filter(polars.col("state") == "COMPLETE")
        first = rows.select(polars.len(), polars.col("total").sum(), polars.col("client_id").n_unique().alias("clients")).collect()
        second = rows.group_by("client_id").agg(polars.col("total").sum()).sort(["total", "client_id"], descending=[True, False]).head(5).collect()
        return [list(first.iter_rows()), list(second.iter_rows())]

    return polars.__version__, ask


def chdb(tables):
    import chdb

    # Without a session: one has a folder of its own, and reads files of no other.
    union = " UNION ALL ".join(f"SELECT client_id, state, total FROM icebergLocal('{table}')" for table in tables)

    def rows(query):
        text = query.replace("FROM receipts", f"FROM ({union})") + " SETTINGS output_format_json_quote_decimals = 1"
        return [json.loads(line) for line in chdb.query(text, "JSONCompactEachRow").bytes().splitlines()]

    return chdb.__version__, lambda: [rows(FIRST), rows(SECOND)]


if __name__ == "__main__":
    version, ask = globals()[sys.argv[1]](sys.argv[2:])
    start = time.perf_counter()
    answers = ask()
    print(json.dumps({"rows": answers, "seconds": time.perf_counter() - start, "version": version}, default=str))
