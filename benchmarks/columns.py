"""Times ColumnStore on one Parquet file against DuckDB and pyarrow, each in turn, warm: decoding of columns, writing, size, point lookups.

columns.py FILE [--runs N] [--program PATH] [--json FILE] [--work DIRECTORY] [--lookup-rows N]

Decoding: DuckDB takes the column's last value, which makes it decode all; pyarrow reads the column into a table. Writing: the file's rows, in
memory beforehand, to a file of zstd 3 on one thread, by us and by pyarrow; the sizes beside DuckDB's file of the same rows, order, codec and
row groups. Two cores: beside what two processes reach, at the same, with zstd alone and with copies alone. Lookups: a made file of 5 million rows in no order of their ids, found by bloom filters; each opens the file anew.
Milliseconds: median of the wall clock / of the processor's time.
"""

import argparse
import hashlib
import json
import pathlib
import random
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import duckdb
import pyarrow
import pyarrow.parquet as parquet

from harness.measure import Sample, alternate, percentile

PROGRAM = pathlib.Path(__file__).parent.parent / ".build/release/till-columns"
ROW_GROUP = 131_072
#: What holds the documents: most of a file of receipts.
DOCUMENTS = ("document", "document_sha256")
SIDES = {"till": "Till", "arrow": "pyarrow", "duck": "DuckDB", "till2": "Till, 2 cores", "duck2": "DuckDB, 2 cores"}


def answer(line):
    """`name=number …` as the program says it."""
    return {name: float(value) for name, value in (word.split("=") for word in line.split())}


class Till:
    """A running `till-columns`, which times itself from open to end."""

    def __init__(self, file, program):
        self.process = subprocess.Popen([program, file], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, columns, workers, condition=""):
        self.process.stdin.write(f"{workers} {columns} {condition}\n")
        self.process.stdin.flush()

    def answer(self):
        found = answer(self.process.stdout.readline())
        return found, Sample(found["milliseconds"], found["processor"])

    def decode(self, columns, workers, condition=""):
        self.ask(columns, workers, condition)
        return self.answer()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()


def timed(side):
    """The side as `alternate` takes it."""
    def run():
        start, processor = time.perf_counter(), time.process_time()
        side()
        return Sample((time.perf_counter() - start) * 1000, (time.process_time() - processor) * 1000)

    return run


def leaves(schema):
    """Top-level columns, and each member of lists of structs apart."""
    for field in schema:
        kind = field.type
        if pyarrow.types.is_list(kind) and pyarrow.types.is_struct(kind.value_type):
            yield from (f"{field.name}.{member.name}" for member in kind.value_type)
        yield field.name


def figures(series):
    return {side: {"ms": values.figures()["median"], "processor_ms": values.figures()["processor_ms"]} for side, values in series.items()}


def decode(file, options):
    """Every column, and all of them."""
    pyarrow.set_cpu_count(1)
    connection = duckdb.connect()
    schema = parquet.read_schema(file)
    found = {}
    print(f"{'column':24} " + " ".join(f"{name:>17}" for name in SIDES.values()))
    with Till(file, options.program) as till:
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
                    "till": lambda: till.decode(column, 1)[1], "arrow": timed(arrow), "duck": timed(lambda: duck(1)),
                    "till2": lambda: till.decode(column, 2)[1], "duck2": timed(lambda: duck(2)),
                },
                options.runs)
            found[column] = figures(timings)
            print(f"{column:24} " + " ".join(f"{each['ms']:8.1f} /{each['processor_ms']:7.1f}" for each in found[column].values()), flush=True)
    return found


def ceiling(file, options):
    """What two cores of this machine give at all: two processes at once beside one of them alone, which decode the file, inflate its pages
    and no more, or copy as many bytes in memory."""
    with Till(file, options.program) as one, Till(file, options.program) as other:
        def both(what):
            for each in (one, other):
                each.ask(what, 1)
            samples = [each.answer()[1] for each in (one, other)]
            return Sample(max(each.milliseconds for each in samples), sum(each.processor_milliseconds for each in samples))

        sides = {"two": lambda: one.decode("*", 2)[1]}
        for name, what in (("", "*"), ("inflate_", "=inflate"), ("copy_", "=copy")):
            sides[f"{name}one"] = lambda what=what: one.decode(what, 1)[1]
            sides[f"{name}both"] = lambda what=what: both(what)
        timings, _ = alternate(sides, max(options.runs, 9))
    found = figures(timings)
    for name, key in (("", "ceiling"), ("inflate_", "inflate_ceiling"), ("copy_", "copy_ceiling")):
        found[key] = 2 * found[f"{name}one"]["ms"] / found[f"{name}both"]["ms"]
        found[f"{key}_processor"] = 4 * found[f"{name}one"]["processor_ms"] / found[f"{name}both"]["processor_ms"]
    found["gain"] = found["one"]["ms"] / found["two"]["ms"]
    found["processor_gain"] = 2 * found["one"]["processor_ms"] / found["two"]["processor_ms"]
    print(
        f"two cores: {found['gain']:.2f} times as fast as one, {found['processor_gain']:.2f} by the processor's time; two processes at once get "
        + ", ".join(f"{found[key]:.2f} ({found[f'{key}_processor']:.2f}) times {what}" for key, what in (
            ("ceiling", "as much done as one"), ("inflate_ceiling", "of zstd alone"), ("copy_ceiling", "of copying as many bytes"))) + "; "
        + ", ".join(f"{name} {found[name]['ms']:.1f} /{found[name]['processor_ms']:.1f}" for name in timings), flush=True)
    return found


def write(file, options, folder):
    """Seconds and bytes of the same rows written, with the documents and without."""
    names = parquet.read_schema(file).names
    found = {}
    for what, columns in (("all columns", names), ("without documents", [name for name in names if name not in DOCUMENTS])):
        ours, theirs, ducks = (folder / f"{side}.parquet" for side in ("till", "arrow", "duck"))
        rows = parquet.read_table(file, columns=columns)

        def till():
            done = subprocess.run(
                [options.program, file, ours, "level=3", f"columns={','.join(columns)}"], capture_output=True, text=True, check=True)
            said = answer(done.stdout)
            return Sample(said["milliseconds"], said["processor"])

        def arrow():
            parquet.write_table(rows, theirs, compression="zstd", compression_level=3, row_group_size=ROW_GROUP)

        timings, _ = alternate({"till": till, "arrow": timed(arrow)}, options.runs)
        duckdb.sql(
            f"COPY (SELECT {', '.join(columns)} FROM read_parquet('{file}')) TO '{ducks}' "
            f"(FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 3, ROW_GROUP_SIZE {ROW_GROUP}, PARQUET_VERSION v2)")
        sizes = {side: path.stat().st_size for side, path in (("till", ours), ("arrow", theirs), ("duck", ducks))}
        found[what] = {"rows": rows.num_rows, **figures(timings), "bytes": sizes}
        print(
            f"write {what}: Till {found[what]['till']['ms']:.0f} /{found[what]['till']['processor_ms']:.0f}, pyarrow {found[what]['arrow']['ms']:.0f} "
            f"/{found[what]['arrow']['processor_ms']:.0f} ms; bytes: Till {sizes['till']:,}, DuckDB {sizes['duck']:,}, pyarrow {sizes['arrow']:,}", flush=True)
    return found


def identity(number):
    return hashlib.md5(str(number).encode()).hexdigest()[:24]


def lookup(options, folder):
    """Rows found by an id that follows no order, in a file of many row groups."""
    source, file = folder / "source.parquet", folder / "lookup.parquet"
    duckdb.sql(f"""
        COPY (
            SELECT md5(i::VARCHAR)[:24] AS id, 'C' || (hash(i) % 500) AS client_id, TIMESTAMPTZ '2021-01-01' + INTERVAL (i * 30) SECOND AS issued_at,
                DATE '2021-01-01' + (i // 2880)::INTEGER AS business_day, (hash(i * 7) % 1000000)::DECIMAL(18, 4) / 100 AS total,
                'store ' || (hash(i * 3) % 4000) AS store_id, [{{'code': 'P' || (hash(i * 5) % 20000), 'amount': (hash(i) % 9999)::DECIMAL(18, 4)}}] AS lines
            FROM range({options.lookup_rows}) t(i)
        ) TO '{source}' (FORMAT parquet, COMPRESSION zstd)""")
    subprocess.run([options.program, source, file, "bloom=id"], check=True, stdout=subprocess.DEVNULL)
    source.unlink()
    random.seed(1)
    connection = duckdb.connect()
    connection.execute("SET threads=1; SET enable_object_cache=true")
    times, processor, pages, peer = [], [], [], []
    with Till(str(file), options.program) as till:
        for turn in range(20 * options.runs + 10):
            wanted = identity(random.randrange(options.lookup_rows))
            found, sample = till.decode("*", 1, f"id = {wanted}")
            if found["rows"] != 1:
                raise RuntimeError(f"{wanted}: {found['rows']} rows")
            # The first few warm the caches.
            if turn < 10:
                continue
            times.append(sample.milliseconds)
            processor.append(sample.processor_milliseconds)
            pages.append(int(found["pages"]))
            if turn % 10 == 0:
                start = time.perf_counter()
                connection.execute(f"SELECT * FROM read_parquet('{file}') WHERE id = '{wanted}'").fetchall()
                peer.append((time.perf_counter() - start) * 1000)
    found = {
        "rows": options.lookup_rows, "bytes": file.stat().st_size, "ms": statistics.median(times), "p90_ms": percentile(times, 0.9),
        "processor_ms": statistics.median(processor), "pages": int(statistics.median(pages)), "pages_most": max(pages),
        "pages_share": sum(each <= 3 for each in pages) / len(pages), "duckdb_ms": statistics.median(peer)}
    print(
        f"lookup in {found['rows']:,} rows: {found['ms']:.2f} ms, p90 {found['p90_ms']:.2f}, processor {found['processor_ms']:.2f}; pages of a column {found['pages']}, "
        f"at most 3 in {found['pages_share']:.1%}, most {found['pages_most']}; DuckDB {found['duckdb_ms']:.1f} ms", flush=True)
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--program", default=PROGRAM)
    parser.add_argument("--json", type=pathlib.Path, help="also save the figures here")
    parser.add_argument("--work", type=pathlib.Path, default=None, help="where files are made")
    parser.add_argument("--lookup-rows", type=int, default=5_000_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="columns-", dir=options.work) as folder:
        found = {
            "decode": decode(options.file, options), "two_cores": ceiling(options.file, options), "write": write(options.file, options, pathlib.Path(folder)),
            "lookup": lookup(options, pathlib.Path(folder))}
    if options.json:
        options.json.write_text(json.dumps(found))


main()
