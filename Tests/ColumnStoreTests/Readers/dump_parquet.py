"""Writes the values of Parquet files as pyarrow reads them, and makes files of every layout that pyarrow writes.

dump_parquet.py dump TARGET FILE...     TARGET/<name>.txt for each file
dump_parquet.py generate TARGET [NAME…] TARGET/*.parquet and their dumps; of pyarrow's files only those named

A dump has a line "column <name>" for each column, then a line for each row: null, true, false, i<whole number>, n<decimal's digits>,
f<bits of the double in hex>, x<bytes in hex>, [list], {struct}. Dates are days, times and timestamps microseconds (nanoseconds where the
file has them).
"""

import decimal
import itertools
import math
import pathlib
import random
import struct
import sys

import duckdb
import polars
import pyarrow
import pyarrow.parquet as parquet

decimal.getcontext().prec = 100
types = pyarrow.types


def double(value):
    if value is None:
        return "null"
    if math.isnan(value):
        return "fnan"
    return "f" + struct.pack(">d", value).hex()


def cells(array):
    """The cells of an arrow array as text."""
    if isinstance(array, pyarrow.ChunkedArray):
        return [cell for chunk in array.chunks for cell in cells(chunk)]
    kind = array.type
    if isinstance(array, pyarrow.ExtensionArray):
        return cells(array.storage)
    if types.is_dictionary(kind):
        return cells(array.dictionary_decode())
    if types.is_null(kind):
        return ["null"] * len(array)
    if types.is_boolean(kind):
        return ["null" if v is None else "true" if v else "false" for v in array.to_pylist()]
    if types.is_uint64(kind):
        return ["null" if v is None else f"n{v}" for v in array.to_pylist()]
    if types.is_integer(kind):
        return ["null" if v is None else f"i{v}" for v in array.to_pylist()]
    if types.is_floating(kind):
        return [double(v) for v in array.cast(pyarrow.float64()).to_pylist()]
    if types.is_date32(kind):
        return cells(array.cast(pyarrow.int32()))
    if types.is_date64(kind):
        return cells(array.cast(pyarrow.date32()))
    if types.is_time32(kind):
        factor = 1000 if kind.unit == "ms" else 1000000
        return ["null" if v is None else f"i{v * factor}" for v in array.cast(pyarrow.int32()).to_pylist()]
    if types.is_time64(kind):
        divisor = 1000 if kind.unit == "ns" else 1
        return ["null" if v is None else f"i{v // divisor}" for v in array.cast(pyarrow.int64()).to_pylist()]
    if types.is_timestamp(kind) or types.is_duration(kind):
        factor = {"s": 1000000, "ms": 1000, "us": 1, "ns": 1}[kind.unit] if types.is_timestamp(kind) else 1
        return ["null" if v is None else f"i{v * factor}" for v in array.cast(pyarrow.int64()).to_pylist()]
    if types.is_decimal(kind):
        return ["null" if v is None else f"n{int(v.scaleb(kind.scale))}" for v in array.to_pylist()]
    if types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind):
        return ["null" if v is None else "x" + v.hex() for v in array.cast(pyarrow.large_binary()).to_pylist()]
    if types.is_binary(kind) or types.is_large_binary(kind) or types.is_fixed_size_binary(kind):
        return ["null" if v is None else "x" + v.hex() for v in array.to_pylist()]
    if types.is_map(kind):
        structs = pyarrow.StructArray.from_arrays([array.keys, array.items], names=["key", "value"])
        return lists(array, array.offsets.to_pylist(), cells(structs))
    if types.is_fixed_size_list(kind):
        flat = cells(array.values)
        size = kind.list_size
        return [
            "[" + ",".join(flat[(array.offset + i) * size : (array.offset + i + 1) * size]) + "]" if valid else "null"
            for i, valid in enumerate(array.is_valid().to_pylist())
        ]
    if types.is_list(kind) or types.is_large_list(kind):
        return lists(array, array.offsets.to_pylist(), cells(array.values))
    if types.is_struct(kind):
        members = [cells(array.field(i)) for i in range(kind.num_fields)]
        rows = zip(*members) if members else itertools.repeat(())
        return [
            "{" + ",".join(row) + "}" if valid else "null" for row, valid in zip(rows, array.is_valid().to_pylist())
        ]
    raise TypeError(str(kind))


def lists(array, offsets, flat):
    return [
        "[" + ",".join(flat[start:end]) + "]" if valid else "null"
        for start, end, valid in zip(offsets, offsets[1:], array.is_valid().to_pylist())
    ]


def dump(source, target):
    # Without the Arrow schema in the metadata, the types are those of the Parquet schema alone.
    try:
        table = parquet.ParquetFile(source, coerce_int96_timestamp_unit="us").read()
    except (pyarrow.ArrowInvalid, OSError) as refusal:
        # Presto wrote maps with optional keys, and DuckDB writes delta pages without values as no bytes; pyarrow refuses both.
        if "Map keys" not in str(refusal) and "InitBlock EOF" not in str(refusal):
            raise
        table = duckdb.sql(f"FROM read_parquet('{source}')").to_arrow_table()
    with open(target, "w", encoding="utf-8") as output:
        for name, column in zip(table.column_names, table.columns):
            output.write(f"column {name}\n")
            for cell in cells(column):
                output.write(cell + "\n")


class Made:
    """Columns of seeded values."""

    def __init__(self, seed, rows, null_share):
        self.random = random.Random(seed)
        self.rows = rows
        self.null_share = null_share

    def values(self, make, required=False):
        return [
            None if not required and self.random.random() < self.null_share else make() for _ in range(self.rows)
        ]

    def text(self):
        return "".join(self.random.choice("abcdefgжїє€𝄞 ") for _ in range(self.random.randrange(0, 30)))

    def number(self, digits):
        return decimal.Decimal(self.random.randrange(-(10**digits) + 1, 10**digits)).scaleb(-2)

    def list_of(self, make, longest=6):
        return lambda: [
            None if self.random.random() < self.null_share else make() for _ in range(self.random.randrange(0, longest))
        ]

    def table(self):
        r = self.random
        line = pyarrow.struct([
            pyarrow.field("code", pyarrow.string()),
            pyarrow.field("amount", pyarrow.decimal128(18, 4)),
            pyarrow.field("tags", pyarrow.list_(pyarrow.int32())),
        ])

        def make_line():
            return {
                "code": None if r.random() < self.null_share else r.choice(["milk", "bread", "salt", "tea"]),
                "amount": decimal.Decimal(r.randrange(-(10**9), 10**9)).scaleb(-4),
                "tags": None if r.random() < self.null_share else [r.randrange(9) for _ in range(r.randrange(0, 3))],
            }

        a = pyarrow.array
        columns = {
            "flag": a(self.values(lambda: r.random() < 0.5), pyarrow.bool_()),
            "flag_required": a(self.values(lambda: r.random() < 0.1, True), pyarrow.bool_()),
            "tiny": a(self.values(lambda: r.randrange(-128, 128)), pyarrow.int8()),
            "u8": a(self.values(lambda: r.randrange(0, 256)), pyarrow.uint8()),
            "u16": a(self.values(lambda: r.randrange(0, 1 << 16)), pyarrow.uint16()),
            "u32": a(self.values(lambda: r.randrange(0, 1 << 32)), pyarrow.uint32()),
            "u64": a(self.values(lambda: r.randrange(0, 1 << 64)), pyarrow.uint64()),
            "i32": a(self.values(lambda: r.randrange(-(1 << 31), 1 << 31)), pyarrow.int32()),
            "i64": a(self.values(lambda: r.randrange(-(1 << 63), 1 << 63)), pyarrow.int64()),
            "sequence": a(list(range(5, 5 + self.rows)), pyarrow.int64()),
            "small": a(self.values(lambda: r.randrange(0, 5), True), pyarrow.int64()),
            "half": a(self.values(lambda: r.random()), pyarrow.float32()).cast(pyarrow.float16()),
            "single": a(self.values(lambda: r.uniform(-1e30, 1e30)), pyarrow.float32()),
            "ratio": a(self.values(lambda: r.choice([r.uniform(-1e300, 1e300), 0.0, -0.0, math.nan, math.inf]))),
            "name": a(self.values(self.text), pyarrow.string()),
            "choice": a(self.values(lambda: r.choice(["red", "green", "", "жовтий"])), pyarrow.string()),
            "blob": a(self.values(lambda: r.randbytes(r.randrange(0, 40))), pyarrow.binary()),
            "fixed": a(self.values(lambda: r.randbytes(5)), pyarrow.binary(5)),
            "price": a(self.values(lambda: self.number(9)), pyarrow.decimal128(9, 2)),
            "total": a(self.values(lambda: self.number(18)), pyarrow.decimal128(18, 2)),
            "wide": a(self.values(lambda: self.number(38)), pyarrow.decimal128(38, 2)),
            "wide_small": a(self.values(lambda: self.number(12)), pyarrow.decimal128(30, 2)),
            "day": a(self.values(lambda: r.randrange(-100000, 100000)), pyarrow.int32()).cast(pyarrow.date32()),
            "clock_ms": a(self.values(lambda: r.randrange(0, 86400000)), pyarrow.int32()).cast(pyarrow.time32("ms")),
            "clock_us": a(self.values(lambda: r.randrange(0, 86400000000)), pyarrow.int64()).cast(pyarrow.time64("us")),
            "at_ms": a(self.values(lambda: r.randrange(-(1 << 43), 1 << 43)), pyarrow.int64()).cast(pyarrow.timestamp("ms")),
            "at_us": a(self.values(lambda: r.randrange(-(1 << 53), 1 << 53)), pyarrow.int64()).cast(
                pyarrow.timestamp("us", "UTC")),
            "at_ns": a(self.values(lambda: r.randrange(-(1 << 62), 1 << 62)), pyarrow.int64()).cast(pyarrow.timestamp("ns")),
            "numbers": a(self.values(self.list_of(lambda: r.randrange(-9, 9))), pyarrow.list_(pyarrow.int64())),
            "words": a(self.values(self.list_of(self.text)), pyarrow.list_(pyarrow.string())),
            "grid": a(
                self.values(self.list_of(self.list_of(lambda: r.randrange(0, 99)))),
                pyarrow.list_(pyarrow.list_(pyarrow.int32()))),
            "lines": a(self.values(self.list_of(make_line)), pyarrow.list_(line)),
            "place": a(
                self.values(lambda: {"city": r.choice([None, "Kyiv", "Lviv"]), "spot": {"x": r.random(), "on": r.random() < 0.5}}),
                pyarrow.struct([
                    ("city", pyarrow.string()),
                    ("spot", pyarrow.struct([("x", pyarrow.float64()), ("on", pyarrow.bool_())])),
                ])),
            "map": a(
                self.values(lambda: list({self.text(): r.choice([None, r.randrange(9)]) for _ in range(r.randrange(0, 4))}.items())),
                pyarrow.map_(pyarrow.string(), pyarrow.int64())),
            "deep": a(
                self.values(self.list_of(lambda: {"rows": self.list_of(make_line, 3)()}, 4)),
                pyarrow.list_(pyarrow.struct([("rows", pyarrow.list_(line))]))),
        }
        fields = [
            pyarrow.field(name, array.type, nullable=not (name.endswith("required") or name in ("sequence", "small")))
            for name, array in columns.items()
        ]
        return pyarrow.table(list(columns.values()), schema=pyarrow.schema(fields))


INTEGERS = ["tiny", "u8", "u16", "u32", "u64", "i32", "i64", "sequence", "small", "day", "clock_ms", "clock_us", "at_ms", "at_us", "at_ns"]
STRINGS = ["name", "choice", "blob"]
SPLIT = ["i32", "i64", "u32", "sequence", "single", "ratio", "half", "fixed", "price", "total", "wide", "day", "at_us"]


def generate(target, only):
    target = pathlib.Path(target)

    def write(name, table, **options):
        if only and name not in only:
            return
        path = target / f"{name}.parquet"
        options = {"store_schema": False, **options}
        parquet.write_table(table, path, **options)
        dump(path, target / f"{name}.txt")

    table = Made(1, 3000, 0.2).table()
    plain = {"use_dictionary": False}
    for codec in ["none", "snappy", "gzip", "brotli", "lz4", "zstd"]:
        write(f"codec-{codec}", table.slice(0, 500), compression=codec, row_group_size=200)
    for version in ["1.0", "2.0"]:
        write(f"dictionary-v{version}", table, data_page_version=version, data_page_size=2000, write_page_index=True, write_page_checksum=True)
        write(f"plain-v{version}", table, data_page_version=version, data_page_size=3000, compression="none", **plain)
        write(
            f"delta-v{version}", table, data_page_version=version, data_page_size=5000, compression="zstd", **plain,
            column_encoding={
                **{c: "DELTA_BINARY_PACKED" for c in INTEGERS}, "name": "DELTA_BYTE_ARRAY", "choice": "DELTA_LENGTH_BYTE_ARRAY",
                "blob": "DELTA_BYTE_ARRAY", "fixed": "DELTA_BYTE_ARRAY", "flag": "RLE", "flag_required": "RLE", "words.list.element": "DELTA_LENGTH_BYTE_ARRAY",
                "numbers.list.element": "DELTA_BINARY_PACKED"})
        write(
            f"split-v{version}", table, data_page_version=version, **plain, compression="snappy",
            column_encoding={c: "BYTE_STREAM_SPLIT" for c in SPLIT})
    # The dictionary overflows: the chunk begins with codes and goes on with plain values.
    write("overflow", Made(2, 20000, 0.1).table().select(["name", "i64", "wide", "words", "choice"]),
          dictionary_pagesize_limit=4000, data_page_size=8000, write_page_index=True)
    write("many-groups", table, row_group_size=7, compression="none")
    write("empty", table.slice(0, 0))
    write("one", table.slice(5, 1))
    write("all-null", Made(3, 300, 1.0).table(), write_page_index=True)
    write("no-null", Made(4, 3000, 0.0).table(), compression="zstd", data_page_version="2.0", data_page_size=4000, write_page_index=True)
    write("old-lists", table.select(["numbers", "words", "lines", "grid"]), use_compliant_nested_type=False)
    write("decimal-integers", table.select(["price", "total", "wide"]), store_decimal_as_integer=True)
    write("int96", table.select(["at_ms", "at_us", "day"]).slice(0, 800), use_deprecated_int96_timestamps=True)
    lists = pyarrow.table({
        "numbers": pyarrow.array([[1, 2], [], None, [3]] * 50, pyarrow.list_(pyarrow.field("element", pyarrow.int32(), nullable=False))),
        "pairs": pyarrow.array(
            [[{"a": 1, "b": "x"}, {"a": None, "b": "y"}], None, [], [{"a": 4, "b": None}]] * 50,
            pyarrow.list_(pyarrow.field("element", pyarrow.struct([("a", pyarrow.int64()), ("b", pyarrow.string())]), nullable=False))),
        "singles": pyarrow.array(
            [[{"only": "x"}, {"only": None}], None, [], [{"only": "z"}]] * 50,
            pyarrow.list_(pyarrow.field("element", pyarrow.struct([("only", pyarrow.string())]), nullable=False))),
    })
    write("required-elements", lists, compression="none")
    if not only:
        write_others(target, table)
    write("version-1.0", table.drop_columns(["at_ns"]), version="1.0")


def write_others(target, table):
    """Files of DuckDB and polars."""
    connection = duckdb.connect()
    connection.register("made", table.drop_columns(["half"]))
    for version, codec in [("v1", "snappy"), ("v2", "zstd"), ("v2", "brotli"), ("v1", "lz4_raw"), ("v1", "gzip"), ("v1", "uncompressed")]:
        path = target / f"duckdb-{version}-{codec}.parquet"
        connection.execute(
            f"COPY (SELECT *, {'gen_random_uuid() AS uuid, ' if version == 'v1' else ''}u32::UTINYINT % 3 AS tiny_u, choice::ENUM('red', 'green', '', 'жовтий') AS enum "
            f"FROM (SELECT * REPLACE (u32 % 200 AS u32) FROM made)) TO '{path}' "
            f"(FORMAT parquet, PARQUET_VERSION {version}, COMPRESSION {codec}, ROW_GROUP_SIZE 1000)")
        dump(path, path.with_suffix(".txt"))
    frame = polars.from_arrow(table.drop_columns(["half", "map", "wide", "clock_ms"]))
    for codec in ["zstd", "lz4", "uncompressed"]:
        path = target / f"polars-{codec}.parquet"
        frame.write_parquet(path, compression=codec, row_group_size=700, data_page_size=2000)
        dump(path, path.with_suffix(".txt"))


def main():
    command, target, *files = sys.argv[1:]
    if command == "generate":
        generate(target, files)
    else:
        for file in files:
            dump(file, pathlib.Path(target) / (pathlib.Path(file).name + ".txt"))


main()
