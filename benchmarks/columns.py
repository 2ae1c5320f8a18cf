"""Times the decoding of columns of a Parquet file: Till, DuckDB and pyarrow in turn, warm, on one and two cores.

columns.py FILE [RUNS [PROGRAM]]

DuckDB takes the column's last value, which makes it decode all; pyarrow reads the column into a table. Milliseconds: least / median.
"""

import pathlib
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import duckdb
import pyarrow
import pyarrow.parquet as parquet

from harness.measure import Sample, alternate

PROGRAM = pathlib.Path(__file__).parent.parent / ".build/release/till-columns"


class Till:
    """A running `till-columns`, which times itself from open to end."""

    def __init__(self, file, program):
        self.process = subprocess.Popen([program, file], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def decode(self, columns, workers):
        self.process.stdin.write(f"{workers} {columns}\n")
        self.process.stdin.flush()
        return self.process.stdout.readline()


def timed(side):
    """The side as `alternate` takes it."""
    def run():
        start = time.perf_counter()
        side()
        return Sample((time.perf_counter() - start) * 1000)

    return run


def leaves(schema):
    """Top-level columns, and each member of lists of structs apart."""
    for field in schema:
        kind = field.type
        if pyarrow.types.is_list(kind) and pyarrow.types.is_struct(kind.value_type):
            yield from (f"{field.name}.{member.name}" for member in kind.value_type)
        yield field.name


def main():
    file = sys.argv[1]
    runs = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    till = Till(file, sys.argv[3] if len(sys.argv) > 3 else PROGRAM)
    pyarrow.set_cpu_count(1)
    connection = duckdb.connect()
    schema = parquet.read_schema(file)
    print(f"{'column':24} {'till':>16} {'pyarrow':>16} {'duckdb':>16} {'till, 2 cores':>16} {'duckdb, 2 cores':>16}")
    for column in [*leaves(schema), "*"]:
        top = column.split(".")[0]
        expression = ", ".join(f"last({f.name})" for f in schema) if column == "*" else f"last({top})"
        if "." in column:
            # DuckDB has no way to name a member of a list's structs in the scan but this.
            expression = f"last(list_transform({top}, lambda x: x.{column.split('.')[1]}))"
        query = f"SELECT {expression} FROM read_parquet('{file}')"

        def duck(threads):
            connection.execute(f"SET threads={threads}")
            return connection.execute(query).fetchall()

        def arrow():
            names = None if column == "*" else [column if "." not in column else f"{top}.list.element.{column.split('.')[1]}"]
            return parquet.ParquetFile(file).read(columns=names, use_threads=False)

        timings, _ = alternate(
            {
                "till": timed(lambda: till.decode(column, 1)), "arrow": timed(arrow), "duck": timed(lambda: duck(1)),
                "till2": timed(lambda: till.decode(column, 2)), "duck2": timed(lambda: duck(2)),
            },
            runs)
        figures = [series.figures() for series in timings.values()]
        print(f"{column:24} " + " ".join(f"{each['least']:8.1f} /{each['median']:6.1f}" for each in figures), flush=True)


main()
