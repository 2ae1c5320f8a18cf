"""benchmarks/RESULTS.md: what was promised, what was measured, and whether it was kept."""

import argparse


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows]) + "\n"


def markdown(
    options: argparse.Namespace, machine: dict[str, str], duckdb: str, loading: dict[str, float], sizes: dict[str, float], ready: float, answers: list[dict],
    memory: int, posts: list[dict],
) -> str:
    text = "# Results\n\nMade by `script/bench`; the machine is shared and noisy: read ratios, and measure again side by side.\n\n"
    text += _table(["what", "value"], [[key, value] for key, value in {**machine, "DuckDB": duckdb, "receipts": f"{options.receipts:,} over {options.years} years", "runs": str(options.runs)}.items()])
    text += "\n## Loading\n\n" + _table(
        ["what", "Till", "DuckDB"],
        [["NDJSON to rows, receipts a second", f"{options.receipts / loading['till_seconds']:,.0f}", f"{options.receipts / loading['duckdb_seconds']:,.0f} (columns only, unchecked)"],
         ["then to merged cold files, seconds", f"{loading['compact_seconds']:.1f}", "–"],
         ["bytes a receipt (raw {:.0f})".format(sizes["raw"] / options.receipts), f"{sizes['warehouse'] / options.receipts:.0f}, documents included", f"{sizes['duckdb'] / options.receipts:.0f}, columns only"],
         ["share of the raw bytes", f"{100 * sizes['warehouse'] / sizes['raw']:.1f} %", f"{100 * sizes['duckdb'] / sizes['raw']:.1f} %"],
         ["ready after start, seconds", f"{ready:.2f}", "–"], ["RssAnon after the questions, MiB", f"{memory / 1048576:.0f}", "–"]])
    text += "\n## Questions over all years, milliseconds (least / median), from cold files\n\n" + _table(
        ["", "question", "rows", "Till", "DuckDB, own format", "Till / DuckDB", "Till, page cache dropped", "same answer", "within 30 s"],
        [[row["name"], row["title"], str(row["rows"]), str(row["till"]), str(row["duckdb"]), f"{row['till'].median / max(row['duckdb'].median, 0.001):.2f}", str(row["cold"]),
          "yes" if row["equal"] else "NO", "yes" if row["cold"].median < 30_000 else "NO"] for row in answers])
    text += "\n## Durable single-receipt POSTs (load generator on the same cores)\n\n" + _table(
        ["connections", "rate asked", "answered a second", "POST p50 / p99 / p99.9 ms", "GET p99 ms", "processor s", "RssAnon MiB", "statuses"],
        [[str(run["connections"]), str(run["rate"] or "full"), f"{run['per_second']:,.0f}", f"{run['post']['p50_ms']} / {run['post']['p99_ms']} / {run['post']['p999_ms']}",
          str(run["get"]["p99_ms"]) if run["get"]["count"] else "–", f"{run['processor_seconds']:.1f}", f"{run['anonymous_bytes'] / 1048576:.0f}",
          ", ".join(f"{status}: {count:,}" for status, count in run["statuses"].items())] for run in posts])
    return text
