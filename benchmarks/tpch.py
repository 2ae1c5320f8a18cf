#!/usr/bin/env python3
"""The 22 queries of TPC-H over Parquet files, by Till and by DuckDB in turn, with the answers compared.

    swift build -c release --product till-queries --static-swift-stdlib
    .venv-bench/bin/python benchmarks/tpch.py --data /tmp/tpch [--make 1] [--runs 3] [--queries 9,18] [--threads 2]

Wall times are the least of all runs: other work on the machine only ever adds to them. Processor times are what both cores spent.
"""

import argparse
import math
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT))

from harness import suite  # noqa: E402

TABLES = ["customer", "lineitem", "nation", "orders", "part", "partsupp", "region", "supplier"]


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
    tables = [f"{name}={options.data / name}.parquet" for name in TABLES]
    wanted = {int(number) for number in options.queries.split(",")} if options.queries else set(range(1, 23))
    files = [file for file in sorted((ROOT / "tpch").glob("q*.sql")) if int(file.stem[1:]) in wanted]
    texts = {file: file.read_text() for file in files}
    best = {file: [math.inf] * 4 for file in files}
    wrong: list[str] = []
    for run in range(options.runs):
        for file in files:
            ours = suite.till(options.binary, tables, file, options.threads, options.repeat, rows=run == 0)
            theirs = suite.duckdb(connection, texts[file], options.repeat)
            if run == 0 and not suite.equal(ours[2], theirs[2], 1e-6, 1e-6):
                wrong.append(file.stem)
            best[file] = [min(a, b) for a, b in zip(best[file], [ours[0], theirs[0], ours[1], theirs[1]])]
    print(f"DuckDB {duckdb.__version__}, {options.threads} threads, the least of {options.runs} x {options.repeat} runs, milliseconds\n")
    print(suite.table({file.stem: times for file, times in best.items()}, wrong))
    if wrong:
        sys.exit(f"tpch: Till and DuckDB disagree on {', '.join(wrong)}")


if __name__ == "__main__":
    main()
