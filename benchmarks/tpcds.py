#!/usr/bin/env python3
"""The 99 queries of TPC-DS over Parquet files, by Till and by DuckDB in turn, with the answers compared.

    swift build -c release --product till-queries --static-swift-stdlib
    .venv-bench/bin/python benchmarks/tpcds.py --data /tmp/tpcds [--make 1] [--runs 3] [--repeat 3] [--queries 9,18] [--threads 2] [--json benchmarks/results]

Tables and queries come from DuckDB's extension of that name (`--make`: `pip install duckdb-extension-tpcds`, of the DuckDB that makes them), with the parameters that it has; they are kept beside the files.
Wall times are the least of all runs: other work on the machine only ever adds to them. Processor times are what both cores spent.
Quotients of decimals have six digits here and are binary in DuckDB: numbers agree that differ by less than 0.01 % or 0.001.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from harness import suite  # noqa: E402


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


def main() -> None:
    options = suite.options(__doc__, float, "the scale factor")
    if options.make:
        make(options.data, options.make, options.threads)

    def right(file: Path, tables: list[str], connection) -> bool:
        """Row by row; rows that an ORDER BY leaves in any order are compared sorted."""
        ours = suite.till(options.binary, tables, file, options.threads, 1, rows=True)[2]
        theirs = suite.duckdb(connection, file.read_text(), 1)[2]
        bounds = (1e-4, 1e-3)
        return suite.equal(ours, theirs, *bounds) or suite.equal(
            sorted(ours), sorted(theirs, key=lambda row: ["" if value is None else str(value) for value in row]), *bounds)

    suite.run("tpcds", options, right)


if __name__ == "__main__":
    main()
