#!/usr/bin/env python3
"""The 43 queries of ClickBench over one Parquet file of page views, by Till and by DuckDB in turn, with the answers compared.

    swift build -c release --product till-queries --static-swift-stdlib
    .venv-bench/bin/python benchmarks/clickbench.py --data /tmp/clickbench [--make 5000000] [--runs 3] [--repeat 3] [--queries 9,18] [--threads 2] [--json benchmarks/results]

The table has the 105 columns of ClickBench's, and is made up (`harness/hits.py`); the queries are those that it has for PostgreSQL, numbered from 0.
Many of them leave open which of several rows come, or in which order: answers are compared with all columns behind those of the ORDER BY, and of a query without one their number; what is timed is the query as it is.
Wall times are the least of all runs: other work on the machine only ever adds to them. Processor times are what both cores spent.
"""

import re
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from harness import hits, suite  # noqa: E402

QUERIES = Path(__file__).resolve().parent / "clickbench/queries.sql"


def make(folder: Path, rows: int, threads: int) -> None:
    import duckdb

    (folder / "q").mkdir(parents=True, exist_ok=True)
    hits.make(duckdb.connect(config={"threads": threads, "preserve_insertion_order": "true"}), folder / "hits.parquet", rows)
    for number, text in enumerate(QUERIES.read_text().split(";\n")[:-1]):
        (folder / "q" / f"q{number:02}.sql").write_text(text)


def decided(text: str, columns: int) -> str:
    """The query with one answer alone."""
    if "SELECT *" in text:
        return text.replace("ORDER BY EventTime", "ORDER BY EventTime, WatchID")
    if " LIMIT " in text and " ORDER BY " not in text:
        return f"SELECT count(*) FROM ({text}) q"
    return re.sub(r"( ORDER BY .*?)( LIMIT |$)", lambda found: found[1] + "".join(f", {place + 1}" for place in range(columns)) + found[2], text)


def main() -> None:
    options = suite.options(__doc__, int, "how many rows")
    if options.make:
        make(options.data, options.make, options.threads)

    def right(file: Path, tables: list[str], connection) -> bool:
        text = file.read_text()
        text = decided(text, len(connection.execute(text).description))
        with tempfile.NamedTemporaryFile("w", suffix=".sql") as query:
            query.write(text)
            query.flush()
            ours = suite.till(options.binary, tables, Path(query.name), options.threads, 1, rows=True)[2]
        return suite.equal(ours, suite.duckdb(connection, text, 1)[2], 1e-9, 1e-6)

    suite.run("clickbench", options, right)


if __name__ == "__main__":
    main()
