"""Published suites of queries: their part of RESULTS.md, from saved figures (`benchmarks/tpcds.py`)."""


def results(part: dict, table) -> str:
    found = part["tpcds"]
    rows = found["rows"]
    (ours, theirs) = (sum(row["till_ms"] for row in rows), sum(row["duckdb_ms"] for row in rows))
    (ours_processor, theirs_processor) = (sum(row["till_processor_ms"] for row in rows), sum(row["duckdb_processor_ms"] for row in rows))
    ratios = sorted(((row["till_ms"] / row["duckdb_ms"], row) for row in rows), key=lambda pair: pair[0])
    within = [sum(ratio <= bound for ratio, _ in ratios) for bound in (1, 2)]
    behind = [
        [row["query"], f"{row['till_ms']:.1f}", f"{row['duckdb_ms']:.1f}", f"{ratio:.2f}", f"{row['till_processor_ms']:.1f}", f"{row['duckdb_processor_ms']:.1f}"]
        for ratio, row in reversed(ratios) if ratio > 1]
    return (
        "\n## TPC-DS\n"
        f"\nMeasured {found['date']} at {found['commit']} on {found['processor']}, by `benchmarks/tpcds.py`; {found['beside']}. The 99 queries of TPC-DS with the parameters that DuckDB's generator has, over the same Parquet files of scale factor 1 "
        f"(zstd, written by DuckDB), {found['threads']} threads, both in turn, the least of {found['runs']} × {found['repeat']} runs.\n\n"
        f"{len(rows)} of 99 are answered, {sum(row['same'] for row in rows)} of them as DuckDB {found['duckdb']} answers. All together {ours:,.0f} ms and DuckDB {theirs:,.0f}: {ours / theirs:.2f} × (processor {ours_processor:,.0f} and {theirs_processor:,.0f}); "
        f"required 2 ×, aim 1 ×. The median query takes {ratios[len(ratios) // 2][0]:.2f} × DuckDB's time; {within[0]} are not slower than it, {within[1]} take no more than twice its time. Those that are slower, milliseconds:\n\n"
        + table(["query", "Till", "DuckDB", "ratio", "Till's processor", "DuckDB's processor"], behind))
