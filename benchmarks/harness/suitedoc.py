"""Published suites of queries: their parts of RESULTS.md, from saved figures (`benchmarks/tpcds.py`, `benchmarks/clickbench.py`)."""


def results(part: dict, table) -> str:
    return "".join(write(part[name], table) for name, write in (("tpcds", tpcds), ("clickbench", clickbench)) if name in part)


def tpcds(found: dict, table) -> str:
    return "\n## TPC-DS\n" + compared(
        found, table, "benchmarks/tpcds.py", 99, "The 99 queries of TPC-DS with the parameters that DuckDB's generator has, over the same Parquet files of scale factor 1 (zstd, written by DuckDB)")


def clickbench(found: dict, table) -> str:
    return "\n## ClickBench\n" + compared(
        found, table, "benchmarks/clickbench.py", 43,
        f"The 43 queries of ClickBench as they are published for PostgreSQL, over one Parquet file of {found['table_rows']:,} page views, which are made up ({found['bytes'] / 1e6:,.0f} MB, 105 columns, zstd, written by DuckDB)")


def compared(found: dict, table, script: str, count: int, what: str) -> str:
    rows = found["rows"]
    (ours, theirs) = (sum(row["till_ms"] for row in rows), sum(row["duckdb_ms"] for row in rows))
    (ours_processor, theirs_processor) = (sum(row["till_processor_ms"] for row in rows), sum(row["duckdb_processor_ms"] for row in rows))
    ratios = sorted(((row["till_ms"] / row["duckdb_ms"], row) for row in rows), key=lambda pair: pair[0])
    within = [sum(ratio <= bound for ratio, _ in ratios) for bound in (1, 2)]
    behind = [
        [row["query"], f"{row['till_ms']:.1f}", f"{row['duckdb_ms']:.1f}", f"{ratio:.2f}", f"{row['till_processor_ms']:.1f}", f"{row['duckdb_processor_ms']:.1f}"]
        for ratio, row in reversed(ratios) if ratio > 1]
    return (
        f"\nMeasured {found['date']} at {found['commit']} on {found['processor']}, by `{script}`; {found['beside']}. {what}, {found['threads']} threads, both in turn, the least of {found['runs']} × {found['repeat']} runs.\n\n"
        f"{len(rows)} of {count} are answered, {sum(row['same'] for row in rows)} of them as DuckDB {found['duckdb']} answers. All together {ours:,.0f} ms and DuckDB {theirs:,.0f}: {ours / theirs:.2f} × (processor {ours_processor:,.0f} and {theirs_processor:,.0f}); "
        f"required 2 ×, aim 1 ×. The median query takes {ratios[len(ratios) // 2][0]:.2f} × DuckDB's time; {within[0]} are not slower than it, {within[1]} take no more than twice its time. Those that are slower, milliseconds:\n\n"
        + table(["query", "Till", "DuckDB", "ratio", "Till's processor", "DuckDB's processor"], behind))
