"""Queries of published suites over Parquet files, by till-queries and by DuckDB in this process: what each gives, and how long it takes."""

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

LINE = re.compile(r": (?P<rows>[0-9]+) rows, .* ms, least (?P<wall>[0-9.]+) ms, processor least (?P<processor>[0-9.]+) ms")


def till(binary: Path, tables: list[str], file: Path, threads: int, repeat: int, rows: bool) -> tuple[float, float, list[list[str]]]:
    """Milliseconds by the clock and of the processor, the least of `repeat` runs, and the rows where they are wanted.

    tables: `name=path`. Ends the program where the query is not answered.
    """
    more = ["--rows"] if rows else []
    done = subprocess.run([binary, "--threads", str(threads), "--repeat", str(repeat), *more, *tables, str(file)], capture_output=True, text=True)
    first, _, rest = done.stdout.partition("\n")
    found = LINE.search(first)
    if done.returncode or not found:
        sys.exit(f"{file.name}: {done.stderr or first}")
    # One NULL alone is an empty line.
    answer = [row or [""] for row in csv.reader(io.StringIO(rest.rsplit("\ntotal:", 1)[0]))][: int(found["rows"])] if rows else []
    return float(found["wall"]), float(found["processor"]), answer


def processor_ms() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return (usage.ru_utime + usage.ru_stime) * 1000


def duckdb(connection, text: str, repeat: int) -> tuple[float, float, list[tuple]]:
    """As `till`."""
    wall = processor = math.inf
    for _ in range(repeat):
        (start, begin) = (time.perf_counter(), processor_ms())
        answer = connection.execute(text).fetchall()
        wall = min(wall, (time.perf_counter() - start) * 1000)
        processor = min(processor, processor_ms() - begin)
    return wall, processor, answer


def equal(ours: list[list[str]], theirs: list[tuple], relative: float, absolute: float) -> bool:
    """Row by row; numbers may differ by that much."""
    return len(ours) == len(theirs) and all(
        len(a) == len(b) and all(equal_cell(x, y, relative, absolute) for x, y in zip(a, b)) for a, b in zip(ours, theirs))


def equal_cell(ours: str, theirs: object, relative: float, absolute: float) -> bool:
    if theirs is None:
        return ours == ""
    if isinstance(theirs, (int, float, Decimal)) and not isinstance(theirs, bool):
        try:
            return math.isclose(float(Decimal(ours)), float(theirs), rel_tol=relative, abs_tol=absolute)
        except InvalidOperation:
            return False
    return ours.rstrip() == str(theirs).rstrip()


def table(best: dict[str, list[float]], wrong: list[str]) -> str:
    """A line for each query (Till's and DuckDB's clock, Till's and DuckDB's processor) and one for all."""
    lines = ["| query | Till | DuckDB | ratio | Till, processor | DuckDB, processor | ratio | answer |", "| --- | ---: | ---: | ---: | ---: | ---: | ---: | --- |"]
    rows = [(name, times, "differs" if name in wrong else "same") for name, times in best.items()]
    rows.append(("total", [sum(values) for values in zip(*best.values())], "differs" if wrong else "same"))
    for name, times, answer in rows:
        lines.append(f"| {name} | {times[0]:.1f} | {times[1]:.1f} | {times[0] / times[1]:.2f} | {times[2]:.1f} | {times[3]:.1f} | {times[2] / max(times[3], 0.1):.2f} | {answer} |")
    return "\n".join(lines)
