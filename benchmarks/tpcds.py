#!/usr/bin/env python3
"""The 99 queries of TPC-DS over Parquet files, by Till and by DuckDB in turn, with the answers compared.

    swift build -c release --product till-queries --static-swift-stdlib
    .venv-bench/bin/python benchmarks/tpcds.py --data /tmp/tpcds [--make 1] [--runs 3] [--repeat 3] [--queries 9,18] [--threads 2] [--json benchmarks/results]

Tables and queries come from DuckDB's extension of that name (`--make`: `pip install duckdb-extension-tpcds`, of the DuckDB that makes them), with the parameters that it has; they are kept beside the files.
Wall times are the least of all runs: other work on the machine only ever adds to them. Processor times are what both cores spent.
Quotients of decimals have six digits here and are binary in DuckDB: numbers agree that differ by less than 0.01 % or 0.001.
"""

import argparse
import math
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT))

from harness import machine, results, suite  # noqa: E402


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the folder of the Parquet files, and of the queries in q/")
    parser.add_argument("--make", type=float, help="generate them at this scale factor first")
    parser.add_argument("--runs", type=int, default=3, help="rounds, in each of which both answer each query")
    parser.add_argument("--repeat", type=int, default=3, help="runs of a query in each round")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--queries", help="numbers, with commas between; all without")
    parser.add_argument("--binary", type=Path, default=ROOT.parent / ".build/release/till-queries")
    parser.add_argument("--json", type=Path, help="the folder of saved figures, from which RESULTS.md is made")
    parser.add_argument("--beside", default="nothing else at work", help="what else the machine did, as the report is to say it")
    return parser.parse_args()


def make(folder: Path, scale: float, threads: int) -> None:
    import duckdb
    import duckdb_extension_tpcds

    extension = next(Path(duckdb_extension_tpcds.__file__).parent.glob("extensions/*/tpcds.duckdb_extension"))
    connection = duckdb.connect(config={"allow_unsigned_extensions": "true", "threads": threads})
    connection.execute(f"LOAD '{extension}'")
    connection.execute(f"CALL dsdgen(sf={scale})")
    (folder / "q").mkdir(parents=True, exist_ok=True)
    for (name,) in connection.execute("SELECT table_name FROM information_schema.tables").fetchall():
        connection.execute(f"COPY {name} TO '{folder / name}.parquet' (FORMAT parquet, COMPRESSION zstd)")
    for number, text in connection.execute("SELECT query_nr, query FROM tpcds_queries()").fetchall():
        (folder / "q" / f"q{number:02}.sql").write_text(text)


def equal(ours: list[list[str]], theirs: list[tuple]) -> bool:
    """Row by row; rows that an ORDER BY leaves in any order are compared sorted."""
    bounds = (1e-4, 1e-3)
    return suite.equal(ours, theirs, *bounds) or suite.equal(
        sorted(ours), sorted(theirs, key=lambda row: ["" if value is None else str(value) for value in row]), *bounds)


def main() -> None:
    options = arguments()
    if options.make:
        make(options.data, options.make, options.threads)
    import duckdb

    connection = duckdb.connect()
    connection.execute(f"SET threads={options.threads}")
    files = sorted(options.data.glob("*.parquet"))
    tables = [f"{file.stem}={file}" for file in files]
    for file in files:
        connection.execute(f"CREATE VIEW {file.stem} AS SELECT * FROM read_parquet('{file}')")
    wanted = {int(number) for number in options.queries.split(",")} if options.queries else None
    queries = [file for file in sorted((options.data / "q").glob("q*.sql")) if wanted is None or int(file.stem[1:]) in wanted]
    if not queries:
        sys.exit(f"tpcds: no queries in {options.data / 'q'}: make them with --make 1")
    best = {file: [math.inf] * 4 for file in queries}
    wrong: list[str] = []
    for run in range(options.runs):
        for file in queries:
            ours = suite.till(options.binary, tables, file, options.threads, options.repeat, rows=run == 0)
            theirs = suite.duckdb(connection, file.read_text(), options.repeat)
            if run == 0 and not equal(ours[2], theirs[2]):
                wrong.append(file.stem)
            best[file] = [min(a, b) for a, b in zip(best[file], [ours[0], theirs[0], ours[1], theirs[1]])]
    print(f"DuckDB {duckdb.__version__}, {options.threads} threads, the least of {options.runs} x {options.repeat} runs, milliseconds\n")
    print(suite.table({file.stem: times for file, times in best.items()}, wrong))
    if options.json:
        save(options, best, wrong, duckdb.__version__)
    if wrong:
        sys.exit(f"tpcds: Till and DuckDB disagree on {', '.join(wrong)}")


def save(options: argparse.Namespace, best: dict[Path, list[float]], wrong: list[str], version: str) -> None:
    run = results.read(options.json, "suites") or results.Run("suites", 0, 0, {}, machine.describe())
    rows = [{"query": file.stem, "till_ms": times[0], "duckdb_ms": times[1], "till_processor_ms": times[2], "duckdb_processor_ms": times[3], "same": file.stem not in wrong} for file, times in best.items()]
    run.parts.setdefault("suites", {})["tpcds"] = results.stamp(ROOT.parent) | {"beside": options.beside, "duckdb": version, "threads": options.threads, "runs": options.runs, "repeat": options.repeat, "rows": rows}
    run.save(options.json)


if __name__ == "__main__":
    main()
