"""Reads cold tables as an outside engine finds them, by their directory: for each argument a line of rows, distinct receipt ids and a
hash over all documents, from pyiceberg and from DuckDB, which must agree."""
import glob
import hashlib
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


def digest(rows):
    hasher = hashlib.sha256()
    for receipt, document in sorted(rows):
        hasher.update(receipt.encode() + b"\0" + bytes(document) + b"\0")
    return f"{len(rows)} {len({receipt for receipt, _ in rows})} {hasher.hexdigest()}"


connection = duck()
for directory in sys.argv[1:]:
    table = StaticTable.from_metadata(directory).scan(selected_fields=("receipt_id", "document")).to_arrow()
    first = digest(list(zip(table["receipt_id"].to_pylist(), table["document"].to_pylist())))
    second = digest(connection.sql(f"SELECT receipt_id, document FROM iceberg_scan('{directory}')").fetchall())
    assert first == second, (directory, first, second)
    print(first)
