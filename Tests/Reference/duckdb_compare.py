"""Runs queries in DuckDB over given tables and compares its answers with ours.

Reads one JSON object from standard input: {"tables": [{"name", "file", "columns": [[name, type]…]}], "cases": [{"query", "duckdb", "error",
"rows": [[text or null…]…]}]}. Prints a line for each disagreement; nothing when all agree.
"""

import datetime
import decimal
import json
import math
import re
import sys

import duckdb


def shown(value):
    """A value of DuckDB's as our CSV would write it; numbers stay numbers."""
    if value is None or isinstance(value, (int, float, decimal.Decimal, bool)):
        return value
    if isinstance(value, datetime.datetime):
        if value.tzinfo is not None:
            value = value.astimezone(datetime.timezone.utc)
            return value.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        return value.strftime("%Y-%m-%dT%H:%M:%S.%f")
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, datetime.timedelta):
        return value.total_seconds()
    return value


def same(ours, theirs):
    if ours is None or theirs is None:
        return ours is None and theirs is None
    if isinstance(theirs, bool):
        return ours == ("true" if theirs else "false")
    if isinstance(theirs, (int, float, decimal.Decimal)):
        try:
            one, other = float(ours), float(theirs)
        except ValueError:
            return interval_seconds(ours) == theirs
        if math.isnan(one) or math.isnan(other):
            return math.isnan(one) and math.isnan(other)
        if one == other:
            return True
        # avg has six digits more than its argument here, all digits there.
        return abs(one - other) <= 2e-6 + 1e-9 * max(abs(one), abs(other))
    if isinstance(theirs, list):
        return same_list(json.loads(ours), theirs)
    return ours == str(theirs)


def interval_seconds(text):
    match = re.fullmatch(r"P(?:(-?\d+)D)?(?:T(?:(-?\d+)H)?(?:(-?\d+)M)?(?:(-?[\d.]+)S)?)?", text)
    if not match:
        return None
    days, hours, minutes, seconds = (float(part or 0) for part in match.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds


def same_list(ours, theirs):
    return len(ours) == len(theirs) and all(
        same(None if one is None else str(one), shown(other)) for one, other in zip(ours, theirs))


def order_key(row):
    def key(value):
        if value is None:
            return (0, 0.0, "")
        try:
            number = float(value) if not isinstance(value, bool) else None
            if number is not None:
                return (1, float("inf") if math.isnan(number) else round(number, 4), "")
        except (ValueError, TypeError):
            pass
        return (2, 0.0, ("true" if value else "false") if isinstance(value, bool) else str(value))
    return [key(value) for value in row]


def main():
    work = json.load(sys.stdin)
    connection = duckdb.connect()
    connection.execute("SET default_null_order = 'nulls_last_on_asc_first_on_desc'")
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("SET threads = 1")
    for table in work["tables"]:
        columns = ", ".join(f'"{name}" {kind}' for name, kind in table["columns"])
        types = ", ".join(f"'{name}': '{kind}'" for name, kind in table["columns"])
        connection.execute(f'CREATE TABLE "{table["name"]}" ({columns})')
        connection.execute(
            f'INSERT INTO "{table["name"]}" SELECT * FROM read_csv(\'{table["file"]}\', header = true, auto_detect = false, delim = \',\', '
            f"quote = '\"', escape = '\"', nullstr = '', allow_quoted_nulls = false, columns = {{{types}}})")
    for case in work["cases"]:
        query = case["duckdb"]
        try:
            rows = [[shown(value) for value in row] for row in connection.execute(query).fetchall()]
        except Exception as error:  # Any refusal of DuckDB's is an answer to compare.
            if case["error"] is None:
                print(f"{case['query']}\n  DuckDB refuses: {str(error).splitlines()[0]}")
            continue
        if case["error"] is not None:
            print(f"{case['query']}\n  ours refuses: {case['error']}\n  DuckDB: {len(rows)} rows")
            continue
        ours = case["rows"]
        if " order by " not in case["query"].lower().rsplit(")", 1)[-1]:
            ours, rows = sorted(ours, key=order_key), sorted(rows, key=order_key)
        if len(ours) != len(rows):
            print(f"{case['query']}\n  ours: {len(ours)} rows, DuckDB: {len(rows)}")
            continue
        for number, (one, other) in enumerate(zip(ours, rows)):
            if len(one) != len(other) or not all(same(a, b) for a, b in zip(one, other)):
                print(f"{case['query']}\n  row {number}: ours {one}, DuckDB {other}")
                break


main()
