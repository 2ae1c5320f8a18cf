#!/usr/bin/env python3
"""The 22 queries of TPC-H over Parquet files, by Till and by DuckDB in turn, with the answers compared.

    swift build -c release --product till-queries --static-swift-stdlib
    .venv-bench/bin/python benchmarks/tpch.py --data /tmp/tpch [--make 1] [--runs 3] [--queries 9,18] [--threads 2]

Wall times are the least of all runs: other work on the machine only ever adds to them. Processor times are what both cores spent.
"""

import argparse
import csv
import io
import math
import re
import resource
import subprocess
import sys
import time
from decimal import Decimal, InvalidOperation
from pathlib import Path

ROOT = Path(__file__).resolve().parent
TABLES = ["customer", "lineitem", "nation", "orders", "part", "partsupp", "region", "supplier"]
LINE = re.compile(r"rows, .* ms, least (?P<wall>[0-9.]+) ms, processor least (?P<processor>[0-9.]+) ms")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the folder of the eight Parquet files")
    parser.add_argument("--make", type=float, help="generate the files at this scale factor first (tpchgen)")
    parser.add_argument("--runs", type=int, default=3, help="rounds, in each of which both answer each query")
    parser.add_argument("--repeat", type=int, default=3, help="runs of a query in each round")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--queries", help="numbers, with commas between; all without")
    parser.add_argument("--binary", type=Path, default=ROOT.parent / ".build/release/till-queries")
    return parser.parse_args()


def till(options: argparse.Namespace, file: Path, rows: bool) -> tuple[float, float, list[list[str]]]:
    tables = [f"{name}={options.data / name}.parquet" for name in TABLES]
    more = ["--rows"] if rows else []
    done = subprocess.run(
        [options.binary, "--threads", str(options.threads), "--repeat", str(options.repeat), *more, *tables, str(file)],
        check=True, capture_output=True, text=True)
    first, _, rest = done.stdout.partition("\n")
    found = LINE.search(first)
    if not found:
        sys.exit(f"tpch: {file.name}: {first}")
    answer = list(csv.reader(io.StringIO(rest.rsplit("\ntotal:", 1)[0]))) if rows else []
    return float(found["wall"]), float(found["processor"]), [row for row in answer if row]


def processor_ms() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return (usage.ru_utime + usage.ru_stime) * 1000


def duckdb_run(connection, text: str, repeat: int) -> tuple[float, float, list[tuple]]:
    wall = processor = math.inf
    for _ in range(repeat):
        (start, begin) = (time.perf_counter(), processor_ms())
        answer = connection.execute(text).fetchall()
        wall = min(wall, (time.perf_counter() - start) * 1000)
        processor = min(processor, processor_ms() - begin)
    return wall, processor, answer


def equal_cell(ours: str, theirs: object) -> bool:
    if theirs is None:
        return ours == ""
    if isinstance(theirs, (int, float, Decimal)):
        try:
            return math.isclose(float(Decimal(ours)), float(theirs), rel_tol=1e-6, abs_tol=1e-6)
        except InvalidOperation:
            return False
    return ours == str(theirs)


def equal(ours: list[list[str]], theirs: list[tuple]) -> bool:
    return len(ours) == len(theirs) and all(
        len(a) == len(b) and all(equal_cell(x, y) for x, y in zip(a, b)) for a, b in zip(ours, theirs))


def main() -> None:
    options = arguments()
    if options.make:
        subprocess.run(
            [Path(sys.executable).parent / "tpchgen-cli", "parquet", "-s", str(options.make), "--output-dir", str(options.data)],
            check=True)
    import duckdb

    connection = duckdb.connect()
    connection.execute(f"SET threads={options.threads}")
    for name in TABLES:
        connection.execute(f"CREATE VIEW {name} AS SELECT * FROM read_parquet('{options.data / name}.parquet')")
    wanted = {int(number) for number in options.queries.split(",")} if options.queries else set(range(1, 23))
    files = [file for file in sorted((ROOT / "tpch").glob("q*.sql")) if int(file.stem[1:]) in wanted]
    texts = {file: file.read_text() for file in files}
    best = {file: [math.inf] * 4 for file in files}
    wrong: list[str] = []
    for run in range(options.runs):
        for file in files:
            ours = till(options, file, rows=run == 0)
            theirs = duckdb_run(connection, texts[file], options.repeat)
            if run == 0 and not equal(ours[2], theirs[2]):
                wrong.append(file.stem)
            best[file] = [min(a, b) for a, b in zip(best[file], [ours[0], theirs[0], ours[1], theirs[1]])]
    print(f"DuckDB {duckdb.__version__}, {options.threads} threads, the least of {options.runs} x {options.repeat} runs, milliseconds\n")
    print("| query | Till | DuckDB | ratio | Till, processor | DuckDB, processor | ratio | answer |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | --- |")

    def line(name: str, times: list[float], answer: str) -> None:
        print(f"| {name} | {times[0]:.0f} | {times[1]:.0f} | {times[0] / times[1]:.2f} "
              f"| {times[2]:.0f} | {times[3]:.0f} | {times[2] / max(times[3], 0.1):.2f} | {answer} |")

    for file in files:
        line(f"Q{int(file.stem[1:])}", best[file], "differs" if file.stem in wrong else "same")
    line("total", [sum(values) for values in zip(*best.values())], "same" if not wrong else "differs")
    if wrong:
        sys.exit(f"tpch: Till and DuckDB disagree on {', '.join(wrong)}")


if __name__ == "__main__":
    main()
