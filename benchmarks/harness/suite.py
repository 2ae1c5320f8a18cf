"""Queries of published suites over Parquet files, by till-queries and by DuckDB in this process: what each gives, and how long it takes."""

import argparse
import csv
import io
import math
import re
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path

from . import machine, results

ROOT = Path(__file__).resolve().parents[2]
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


def options(description: str, made: type, scale: str) -> argparse.Namespace:
    """What a script of a suite is called with."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the folder of the Parquet files, and of the queries in q/")
    parser.add_argument("--make", type=made, help=f"generate them first: {scale}")
    parser.add_argument("--runs", type=int, default=3, help="rounds, in each of which both answer each query")
    parser.add_argument("--repeat", type=int, default=3, help="runs of a query in each round")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--queries", help="numbers, with commas between; all without")
    parser.add_argument("--binary", type=Path, default=ROOT / ".build/release/till-queries")
    parser.add_argument("--json", type=Path, help="the folder of saved figures, from which RESULTS.md is made")
    parser.add_argument("--beside", default="nothing else at work", help="what else the machine did, as the report is to say it")
    return parser.parse_args()


def run(name: str, options: argparse.Namespace, right: Callable[[Path, list[str], object], bool]) -> None:
    """Has both answer each query in turn, prints and saves the times, and ends the program where `right` finds an answer of Till's wrong."""
    import duckdb as duck

    connection = duck.connect()
    connection.execute(f"SET threads={options.threads}")
    files = sorted(options.data.glob("*.parquet"))
    tables = [f"{file.stem}={file}" for file in files]
    for file in files:
        connection.execute(f"CREATE VIEW {file.stem} AS SELECT * FROM read_parquet('{file}')")
    wanted = {int(number) for number in options.queries.split(",")} if options.queries else None
    queries = [file for file in sorted((options.data / "q").glob("q*.sql")) if wanted is None or int(file.stem[1:]) in wanted]
    if not queries:
        sys.exit(f"{name}: no queries in {options.data / 'q'}: make them with --make")
    best = {file: [math.inf] * 4 for file in queries}
    wrong = [file.stem for file in queries if not right(file, tables, connection)]
    for _ in range(options.runs):
        for file in queries:
            ours = till(options.binary, tables, file, options.threads, options.repeat, rows=False)
            theirs = duckdb(connection, file.read_text(), options.repeat)
            best[file] = [min(a, b) for a, b in zip(best[file], [ours[0], theirs[0], ours[1], theirs[1]])]
    print(f"DuckDB {duck.__version__}, {options.threads} threads, the least of {options.runs} x {options.repeat} runs, milliseconds\n")
    print(table({file.stem: times for file, times in best.items()}, wrong))
    if options.json:
        rows = [
            {"query": file.stem, "till_ms": times[0], "duckdb_ms": times[1], "till_processor_ms": times[2], "duckdb_processor_ms": times[3], "same": file.stem not in wrong}
            for file, times in best.items()]
        saved = results.read(options.json, "suites") or results.Run("suites", 0, 0, {}, machine.describe())
        saved.parts.setdefault("suites", {})[name] = results.stamp(ROOT) | {
            "beside": options.beside, "duckdb": duck.__version__, "threads": options.threads, "runs": options.runs, "repeat": options.repeat, "rows": rows,
            "bytes": sum(file.stat().st_size for file in files), "table_rows": connection.execute(f"SELECT count(*) FROM {files[0].stem}").fetchall()[0][0]}
        saved.save(options.json)
    if wrong:
        sys.exit(f"{name}: Till and DuckDB disagree on {', '.join(wrong)}")


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
    if isinstance(theirs, datetime):
        return ours == theirs.isoformat(timespec="microseconds")
    return ours.rstrip() == str(theirs).rstrip()


def table(best: dict[str, list[float]], wrong: list[str]) -> str:
    """A line for each query (Till's and DuckDB's clock, Till's and DuckDB's processor) and one for all."""
    lines = ["| query | Till | DuckDB | ratio | Till, processor | DuckDB, processor | ratio | answer |", "| --- | ---: | ---: | ---: | ---: | ---: | ---: | --- |"]
    rows = [(name, times, "differs" if name in wrong else "same") for name, times in best.items()]
    rows.append(("total", [sum(values) for values in zip(*best.values())], "differs" if wrong else "same"))
    for name, times, answer in rows:
        lines.append(f"| {name} | {times[0]:.1f} | {times[1]:.1f} | {times[0] / times[1]:.2f} | {times[2]:.1f} | {times[3]:.1f} | {times[2] / max(times[3], 0.1):.2f} | {answer} |")
    return "\n".join(lines)
