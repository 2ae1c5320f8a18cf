"""Reads streams of Arrow with readers that are not ours, and compares what they say: pyarrow, polars and DuckDB; nanoarrow where it is installed.

    read_arrow.py PLAIN ZSTD LZ4 CUT

The first three hold the same rows, the last lacks its end. Exits 77 without pyarrow.
"""

import sys

try:
    import pyarrow
    import pyarrow.ipc
except ImportError:
    print("pyarrow is not installed: script/bootstrap does that")
    sys.exit(77)


def table(path):
    with pyarrow.OSFile(path) as source:
        return pyarrow.ipc.open_stream(source).read_all()


def main():
    plain, zstd, lz4, cut = sys.argv[1:]
    first = table(plain)
    first.validate(full=True)
    for other in (zstd, lz4):
        found = table(other)
        found.validate(full=True)
        assert found.equals(first), other
    try:
        with pyarrow.OSFile(cut) as source:
            rows = pyarrow.ipc.open_stream(source).read_all().num_rows
        assert rows < first.num_rows or open(cut, "rb").read()[-8:] != b"\xff\xff\xff\xff\0\0\0\0"
    except pyarrow.ArrowInvalid:
        pass
    print(" ".join(f"{field.name}:{field.type}" for field in first.schema))
    for row in first.slice(0, 3).to_pylist():
        print(row)
    print(first.num_rows, first.column("n").null_count)
    try:
        import polars

        for path in (plain, zstd, lz4):
            frame = polars.read_ipc_stream(path)
            assert frame.height == first.num_rows, path
            assert frame["n"].sum() == sum(value or 0 for value in first.column("n").to_pylist()), path
            assert frame["word"].cast(polars.String).to_list() == first.column("word").to_pylist(), path
    except ImportError:
        print("no polars")
    try:
        import duckdb

        assert duckdb.sql("SELECT count(*), sum(n) FROM first").fetchone()[0] == first.num_rows
    except ImportError:
        print("no duckdb")
    try:
        import nanoarrow

        for path in (plain, zstd):
            with nanoarrow.ArrayStream.from_path(path) as stream:
                assert sum(len(part) for part in stream.read_all().iter_chunks()) == first.num_rows, path
    except ImportError:
        pass


if __name__ == "__main__":
    main()
