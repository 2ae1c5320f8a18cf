"""Reads each <name>.parquet of a directory with pyarrow, DuckDB and polars and compares every value with <name>.jsonl.

A line of the .jsonl file is a row as a list of cells: null, true/false, {"i": "whole number"}, {"d": "digits"}, {"f": "bits in hex"},
{"x": "bytes in hex"}, or a list of cells for a list or a struct. The first line names the columns that have a bloom filter.
"""

import json
import pathlib
import sys

import duckdb
import polars
import pyarrow
import pyarrow.dataset
import pyarrow.parquet

from cells import cell


def utc(table):
    """Instants with their zone put to UTC: DuckDB hands them out in the session's zone."""
    for index, field in enumerate(table.schema):
        if pyarrow.types.is_timestamp(field.type) and field.type.tz:
            table = table.set_column(index, field.name, table.column(index).cast(pyarrow.timestamp(field.type.unit, "UTC")))
    return table


def rows(table, uuids=()):
    table = utc(table)
    columns = [[cell(value) for value in column.to_pylist()] for column in table.columns]
    for index in uuids:
        columns[index] = [value and {"x": bytes.fromhex(value["x"]).decode().replace("-", "")} for value in columns[index]]
    return [list(row) for row in zip(*columns)]


def compare(expected, actual, problems, where):
    if expected != actual:
        for index, (row, other_row) in enumerate(zip(expected, actual)):
            for column, (one, other) in enumerate(zip(row, other_row)):
                if one != other:
                    problems.append(f"{where}: row {index}, column {column}: expected {str(one)[:200]}, read {str(other)[:200]}")
                    return
        problems.append(f"{where}: expected {len(expected)} rows, read {len(actual)}")


def literal(value, duck_type):
    if "x" in value:
        data = bytes.fromhex(value["x"])
        if duck_type == "VARCHAR":
            return "'" + data.decode().replace("'", "''") + "'"
        return None
    if duck_type == "DATE":
        return f"(DATE '1970-01-01' + ({value['i']})::INTEGER)"
    if duck_type.startswith("TIMESTAMP WITH"):
        return f"make_timestamptz({value['i']}::BIGINT)"
    if duck_type in ("INTEGER", "BIGINT"):
        return value["i"]
    return None


def check(path, connection, problems):
    lines = path.with_suffix(".jsonl").read_text().splitlines()
    head = json.loads(lines[0])
    expected = [json.loads(line) for line in lines[1:]]
    file = pyarrow.parquet.ParquetFile(path, page_checksum_verification=True)
    compare(expected, rows(file.read()), problems, f"{path.name} pyarrow")
    duck = connection.sql(f"SELECT * FROM read_parquet('{path}')")
    uuids = [index for index, duck_type in enumerate(duck.types) if str(duck_type) == "UUID"]
    compare(expected, rows(duck.to_arrow_table(), uuids), problems, f"{path.name} duckdb")
    if not head.get("skip_polars"):
        compare(expected, rows(polars.read_parquet(path).to_arrow()), problems, f"{path.name} polars")
    check_statistics(path, file, expected, problems)
    check_filters(path, connection, duck, expected, head, problems)
    check_metadata(path, file, head, problems)


def check_statistics(path, file, expected, problems):
    """The bounds of each row group against its rows, for columns outside lists."""
    names = [field.name for field in file.schema_arrow]
    start = 0
    for group in range(file.metadata.num_row_groups):
        metadata = file.metadata.row_group(group)
        part = expected[start : start + metadata.num_rows]
        start += metadata.num_rows
        for index in range(metadata.num_columns):
            column = metadata.column(index)
            if column.path_in_schema not in names:
                continue
            values = [row[names.index(column.path_in_schema)] for row in part]
            statistics = column.statistics
            if statistics is None:
                continue
            nulls = sum(value is None for value in values)
            if statistics.null_count != nulls:
                problems.append(f"{path.name} {column.path_in_schema}: {statistics.null_count} nulls, not {nulls}")
            if not statistics.has_min_max:
                continue
            least, greatest = cell(statistics.min), cell(statistics.max)
            present = [value for value in values if value is not None]
            for value in present:
                if not isinstance(value, dict) or "f" in value:
                    continue
                if not (order(least) <= order(value) <= order(greatest)):
                    problems.append(f"{path.name} {column.path_in_schema}: {value} outside {least} … {greatest}")
                    break


def order(value):
    if isinstance(value, bool):
        return value
    for kind in ("i", "d"):
        if kind in value:
            return int(value[kind])
    return bytes.fromhex(value["x"])


def check_filters(path, connection, duck, expected, head, problems):
    """Equality and ranges through statistics, page index and bloom filter give what a plain loop gives."""
    if not expected:
        return
    for index, (name, duck_type) in enumerate(zip(duck.columns, map(str, duck.types))):
        present = [row[index] for row in expected if row[index] is not None]
        if not present or not isinstance(present[0], dict):
            continue
        for value in (present[0], present[len(present) // 2], present[-1]):
            text = literal(value, duck_type)
            if text is None:
                continue
            for operator, test in (("=", lambda a, b: a == b), ("<", lambda a, b: a < b), (">=", lambda a, b: a >= b)):
                wanted = sum(test(order(item), order(value)) for item in present)
                sql = f"SELECT count(*) FROM read_parquet('{path}') WHERE \"{name}\" {operator} {text}"
                found = connection.sql(sql).fetchone()[0]
                if found != wanted:
                    problems.append(f"{path.name}: {sql}: {found}, not {wanted}")
        if name in head["bloom"] and duck_type == "VARCHAR":
            probe = f"SELECT bool_and(bloom_filter_excludes) FROM parquet_bloom_probe('{path}', '{name}', "
            for value in present[:50]:
                if connection.sql(probe + literal(value, duck_type) + ")").fetchone()[0]:
                    problems.append(f"{path.name} {name}: the bloom filter excludes {value}")
                    break
            absent = sum(bool(connection.sql(probe + f"'no such {number}')").fetchone()[0]) for number in range(100))
            if absent < 80:
                problems.append(f"{path.name} {name}: the bloom filter excludes only {absent} of 100 absent values")
    for column, text in head.get("polars_filters", []):
        pass


def check_metadata(path, file, head, problems):
    if head.get("key_values"):
        found = {key.decode(): value.decode() for key, value in (file.metadata.metadata or {}).items()}
        if found != head["key_values"]:
            problems.append(f"{path.name}: key values {found}")
    ids = head.get("field_ids")
    if ids:
        found = {}

        def walk(prefix, field):
            metadata = field.metadata or {}
            found[prefix + field.name] = int(metadata.get(b"PARQUET:field_id", b"-1"))
            if pyarrow.types.is_list(field.type):
                walk(prefix + field.name + ".", field.type.value_field)
            if pyarrow.types.is_struct(field.type):
                for member in field.type:
                    walk(prefix + field.name + ".", member)

        for field in file.schema_arrow:
            walk("", field)
        if found != ids:
            problems.append(f"{path.name}: field ids {found}, not {ids}")


def main():
    problems = []
    connection = duckdb.connect()
    connection.sql("SET threads=1; SET TimeZone='UTC'")
    paths = sorted(pathlib.Path(sys.argv[1]).glob("*.parquet"))
    for path in paths:
        try:
            check(path, connection, problems)
        except Exception as error:  # a reader that refuses a file is a finding, not the end of the others
            problems.append(f"{path.name}: {type(error).__name__}: {error}")
    for problem in problems[:40]:
        print(problem)
    print(f"{len(paths)} files")
    sys.exit(1 if problems else 0)


main()
