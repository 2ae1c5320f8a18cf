"""Doors: their part of RESULTS.md, from saved figures (`benchmarks/doors.py`)."""

import statistics

#: What is required of each: its words, and whether more is better.
REQUIRED = {
    "pgbench, 1 connections": ("at least 0.8", True), "pgbench, 8 connections": ("at least 0.8", True), "rows as text, s": ("at most 2", False), "binary COPY, s": ("faster than as text", False),
    "rows over HTTP, s": ("at most 0.2", False)}


def results(part: dict, table) -> str:
    rows = []
    for what, sides in part["found"].items():
        medians = {side: statistics.median(values) for side, values in sides.items()}
        one, other = medians.values()
        digits = 0 if "pgbench" in what else 3
        rows.append([what, *(f"{side} {value:,.{digits}f} ({min(sides[side]):,.{digits}f} to {max(sides[side]):,.{digits}f})" for side, value in medians.items()), f"{one / other:.2f}", REQUIRED[what][0]])
    return (
        f"\n## PostgreSQL's protocol and Arrow\n\nMeasured {part['date']} at {part['commit']} on {part['processor']}, by `benchmarks/doors.py`; {part['beside']}. `SELECT 1` a second by pgbench -M prepared; seconds for "
        f"{part['rows']:,} receipts of ten columns, through psycopg and as binary COPY, beside PostgreSQL {part['version']} with the same rows; the same rows over HTTP, as Arrow and as NDJSON. In turn, medians.\n\n"
        + table(["", "Till, or Arrow", "PostgreSQL, or NDJSON", "ratio", "required"], rows))
