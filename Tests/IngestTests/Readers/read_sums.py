"""Adds partial sums up as an outside engine finds them: for a warehouse, lines of client, receipts and revenue, and of month and distinct customers, from
pyiceberg and from DuckDB, which must agree; numbers as they are stored, days since 1970 and ten-thousandths. Sketches are joined here by their documented bytes."""
import collections
import datetime
import glob
import site
import sys

import duckdb
from pyiceberg.table import StaticTable


def duck():
    base = next(path for path in site.getsitepackages() if glob.glob(path + "/duckdb_extension_iceberg"))
    connection = duckdb.connect()
    for name in ("avro", "httpfs", "iceberg"):
        (file,) = glob.glob(f"{base}/duckdb_extension_{name}/extensions/*/{name}.duckdb_extension")
        connection.execute(f"LOAD '{file}'")
    return connection


def hashes(sketch: bytes) -> set[int]:
    """Of a sketch of few values: their number is exact."""
    assert sketch[0] == 0 and len(sketch) % 8 == 1, sketch[:1]
    return {int.from_bytes(sketch[place:place + 8], "little") for place in range(1, len(sketch), 8)}


def added(rows):
    sums = collections.defaultdict(lambda: [0, 0])
    for client, receipts, revenue in rows:
        sums[client][0] += receipts
        sums[client][1] += revenue
    return sorted(f"{client}|{receipts}|{int(revenue.scaleb(4))}" for client, (receipts, revenue) in sums.items())


def joined(rows):
    months = collections.defaultdict(set)
    for month, sketch in rows:
        months[month] |= hashes(bytes(sketch))
    return sorted(f"{(month - datetime.date(1970, 1, 1)).days}|{len(found)}" for month, found in months.items())


def columns(directory, *names):
    table = StaticTable.from_metadata(directory).scan(selected_fields=names).to_arrow()
    return list(zip(*(table[name].to_pylist() for name in names)))


connection = duck()
warehouse = sys.argv[1]
by_day, by_month = f"{warehouse}/rollup_receipts_by_day", f"{warehouse}/rollup_customers_by_month"
sums = added(columns(by_day, "client_id", "receipts", "revenue"))
duck_sums = connection.sql(f"SELECT client_id, sum(receipts)::BIGINT, sum(revenue) FROM iceberg_scan('{by_day}') GROUP BY 1").fetchall()
assert sums == added(duck_sums), (sums, duck_sums)
# As docs/rollups.md shows it: by month, from the sums by day.
shown = connection.sql(f"SELECT date_trunc('month', day)::DATE AS month, client_id, sum(receipts) AS receipts, sum(revenue) AS revenue FROM iceberg_scan('{by_day}') GROUP BY ALL ORDER BY ALL").fetchall()
assert added((client, receipts, revenue) for _, client, receipts, revenue in shown) == sums and shown == sorted(shown) and all(month.day == 1 for month, *_ in shown), shown
months = joined(columns(by_month, "month", "customers"))
assert months == joined(connection.sql(f"SELECT month, customers FROM iceberg_scan('{by_month}')").fetchall())
print("\n".join(sums + months))
