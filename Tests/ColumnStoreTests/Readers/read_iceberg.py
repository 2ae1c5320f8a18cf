"""Reads states of Iceberg tables with pyiceberg, DuckDB, polars, chDB, DataFusion and Daft and compares every row.

The argument is a JSON file: a list of {"metadata", "directory", "snapshot", "rows", "filters", "fails"}. `rows` names a file whose lines are rows
as in read_parquet.py, its first line a list of column names. Rows are compared in the order of the first column, a whole number.
"""

import datetime
import glob
import json
import pathlib
import site
import subprocess
import sys

import daft
import datafusion
import duckdb
import polars
import pyarrow
import pyarrow.compute
import pyiceberg.table
from pyiceberg_core.datafusion import IcebergDataFusionTable

from cells import EPOCH, cell


def rows(table, names):
    columns = []
    for name in names:
        column = table.column(name)
        if pyarrow.types.is_timestamp(column.type) and column.type.tz:
            column = column.cast(pyarrow.timestamp("us", "UTC"))
        columns.append([cell(value) for value in column.to_pylist()])
    result = [list(row) for row in zip(*columns)]
    return sorted(result, key=lambda row: int(row[0]["i"]))


def connect():
    connection = duckdb.connect()
    base = next(path for path in site.getsitepackages() if glob.glob(path + "/duckdb_extension_iceberg"))
    for name in ("avro", "httpfs", "iceberg"):
        path = glob.glob(f"{base}/duckdb_extension_{name}/extensions/*/{name}.duckdb_extension")[0]
        connection.sql(f"LOAD '{path}'")
    connection.sql("SET threads=1; SET TimeZone='UTC'")
    return connection


def readers(state, connection):
    """Each reader's way to the state, as Arrow tables."""
    metadata, snapshot = state["metadata"], state.get("snapshot")
    options = f", snapshot_from_id={snapshot}" if snapshot else ""
    yield "duckdb", lambda: connection.sql(f"SELECT * FROM iceberg_scan('{metadata}'{options})").to_arrow_table()
    table = pyiceberg.table.StaticTable.from_metadata(metadata)
    yield "pyiceberg", lambda: table.scan(snapshot_id=snapshot).to_arrow()
    yield "polars", lambda: polars.scan_iceberg(
        metadata, snapshot_id=snapshot, reader_override="native"
    ).collect().to_arrow()
    yield "daft", lambda: daft.read_iceberg(metadata, snapshot_id=snapshot).to_arrow()
    # iceberg-rust 0.11 cannot read a struct in a list that lacks a member which was added later.
    if not snapshot and not state.get("has_new_member"):
        yield "datafusion", lambda: datafusion_table(metadata)
    if state.get("directory"):
        yield "chdb", lambda: chdb_table(state["directory"])
    if state.get("directory"):
        directory = state["directory"]
        yield "duckdb by directory", lambda: connection.sql(f"SELECT * FROM iceberg_scan('{directory}')").to_arrow_table()
        by_hint = lambda: pyiceberg.table.StaticTable.from_metadata(directory).scan().to_arrow()
        yield "pyiceberg by directory", by_hint


def datafusion_table(metadata):
    context = datafusion.SessionContext()
    table = IcebergDataFusionTable(identifier=["n", "t"], metadata_location=f"file://{metadata}", file_io_properties={})
    context.register_table("t", table)
    return context.sql("SELECT * FROM t").to_arrow_table()


def chdb_table(directory):
    # In a process of its own: chDB reads files below its working directory only, and an error spoils the next answer.
    code = (
        "import chdb, os, sys; os.chdir('/'); "
        "sys.stdout.buffer.write(chdb.query(\"SELECT * FROM icebergLocal('\" + sys.argv[1] + \"') SETTINGS output_format_arrow_string_as_string=0\", 'ArrowStream').bytes())"
    )
    result = subprocess.run([sys.executable, "-c", code, directory], capture_output=True)
    if result.returncode:
        raise RuntimeError(result.stderr.decode()[-300:])
    return pyarrow.ipc.open_stream(result.stdout).read_all()


def check(state, connection, problems):
    lines = pathlib.Path(state["rows"]).read_text().splitlines()
    names = json.loads(lines[0])
    expected = sorted((json.loads(line) for line in lines[1:]), key=lambda row: int(row[0]["i"]))
    for reader, read in readers(state, connection):
        where = f"{state['name']}, {reader}"
        try:
            found = rows(read(), names)
        except Exception as error:
            problems.append(f"{where}: {type(error).__name__}: {error}")
            continue
        if found == expected:
            continue
        if len(found) != len(expected):
            problems.append(f"{where}: {len(found)} rows, not {len(expected)}")
        for row, other in zip(expected, found):
            for name, one, another in zip(names, row, other):
                if one != another:
                    problems.append(f"{where}: column {name}: expected {str(one)[:200]}, read {str(another)[:200]}")
                    break
            else:
                continue
            break
    if not state.get("snapshot"):
        check_filters(state, names, expected, connection, problems)


def check_filters(state, names, expected, connection, problems):
    """One day, one id and one name, counted through the manifests' bounds."""
    table = pyiceberg.table.StaticTable.from_metadata(state["metadata"])
    if expected and table.scan().count() != len(expected):
        problems.append(f"{state['name']}: pyiceberg counts {table.scan().count()}")
    if table.metadata.snapshots:
        table.inspect.entries()
        table.inspect.manifests()
        table.inspect.snapshots()
    for name in ("id", "business_day", "name"):
        index = names.index(name)
        for row in expected[:: max(1, len(expected) // 3)]:
            value = row[index]
            if value is None:
                continue
            wanted = sum(other[index] == value for other in expected)
            if name == "business_day":
                day = EPOCH.date() + datetime.timedelta(days=int(value["i"]))
                python, sql = day.isoformat(), f"DATE '{day}'"
            elif name == "id":
                python, sql = int(value["i"]), value["i"]
            else:
                python = bytes.fromhex(value["x"]).decode()
                sql = "'" + python.replace("'", "''") + "'"
            expression = pyiceberg.expressions.EqualTo(name, python)
            found = {
                "pyiceberg": table.scan(row_filter=expression).to_arrow().num_rows,
                "duckdb": connection.sql(
                    f"SELECT count(*) FROM iceberg_scan('{state['metadata']}') WHERE {name} = {sql}"
                ).fetchone()[0],
            }
            literal = day if name == "business_day" else python
            scan = polars.scan_iceberg(state["metadata"], reader_override="native")
            found["polars"] = scan.filter(polars.col(name) == literal).collect().height
            for reader, count in found.items():
                if count != wanted:
                    problems.append(f"{state['name']}, {reader}: {count} rows with {name} = {python}, not {wanted}")


def main():
    problems = []
    connection = connect()
    states = json.loads(pathlib.Path(sys.argv[1]).read_text())
    for state in states:
        check(state, connection, problems)
    for problem in problems[:40]:
        print(problem)
    print(f"{len(states)} states")
    sys.exit(1 if problems else 0)


main()
