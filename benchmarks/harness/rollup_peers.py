"""Sums elsewhere, beside `benchmarks/rollups.py`: what their questions and their keeping cost DuckDB and ClickHouse."""

import json
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

from . import machine
from .peers import Peer


def questions(month: str, number: str, of_month: str) -> dict[str, str]:
    """Q3 to Q7 to tables of sums.

    month: a day's month as a date; number: that month's number in its year; of_month: the day's in its month; each of the column `day`.
    """
    season = f"({number} = 12 AND {of_month} >= 25) OR ({number} = 1 AND {of_month} <= 7)"
    return {
        "Q3": f"SELECT {month} AS month, sum(receipts), sum(revenue) FROM receipts_by_day WHERE client_id = 'C00005' GROUP BY 1 ORDER BY 1",
        "Q4": f"SELECT category, sum(amount) FROM lines_by_category WHERE {season} GROUP BY 1 ORDER BY 1",
        "Q5": "SELECT client_id, sum(revenue) AS revenue FROM receipts_by_day GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 100",
        "Q6": "SELECT day, sum(receipts), sum(revenue) FROM receipts_by_day GROUP BY 1 ORDER BY 1",
        "Q7": "SELECT sum(quantity), sum(lines) FROM lines_by_product WHERE product_code = '4820000000021'"}


def duckdb(data: Path, runs: int) -> dict:
    """The same sums as tables of DuckDB's own, and as Till's files: what their questions cost there."""
    import duckdb as engine

    asked = questions("date_trunc('month', day)", "month(day)", "day(day)")
    tables = ("receipts_by_day", "lines_by_category", "lines_by_product")
    files = {name: f"read_parquet('{data}/warehouse/rollup_{name}/data/*.parquet')" for name in tables}
    own = data.parent / "duckdb.db"
    own.unlink(missing_ok=True)
    began = time.perf_counter()
    with engine.connect(str(own)) as connection:
        for name in tables:
            connection.execute(f"CREATE TABLE {name} AS SELECT * FROM {files[name]}")
    figures: dict = {"version": engine.__version__, "make_s": round(time.perf_counter() - began, 1), "bytes": own.stat().st_size, "questions": {}}

    def timed(connection, question: str) -> float:
        began = time.perf_counter()
        connection.execute(question).fetchall()
        return round((time.perf_counter() - began) * 1e3, 1)

    for name, question in asked.items():
        of_files = question
        for table in tables:
            of_files = of_files.replace(f" {table} ", f" {files[table]} ")
        found: dict = {"cold_ms": [], "warm_ms": [], "parquet_cold_ms": []}
        for _ in range(runs):
            machine.drop_page_cache([own, data])
            with engine.connect(str(own), read_only=True) as connection:
                found["cold_ms"].append(timed(connection, question))
            with engine.connect() as connection:
                found["parquet_cold_ms"].append(timed(connection, of_files))
        with engine.connect(str(own), read_only=True) as connection:
            timed(connection, question)
            found["warm_ms"] = [timed(connection, question) for _ in range(runs)]
        figures["questions"][name] = found
        print("DuckDB", name, found, flush=True)
    own.unlink()
    return figures


def clickhouse(data: Path, runs: int) -> dict:
    """The same sums as MergeTree tables in the order of their keys. Each cold question has a process of its own and no page cache, since ClickHouse keeps caches in its memory."""
    asked = questions("toStartOfMonth(day)", "toMonth(day)", "toDayOfMonth(day)")
    orders = {"receipts_by_day": "client_id, day", "lines_by_category": "category, day", "lines_by_product": "product_code, month"}
    own = data.parent / "clickhouse"
    shutil.rmtree(own, ignore_errors=True)

    def run(statements: list[str]) -> list[float]:
        """Milliseconds of each statement, in one new process."""
        script = (
            "import json, sys, time\nfrom chdb import session\nfolder, statements = json.load(sys.stdin)\nserver = session.Session(folder)\nserver.query('SET max_threads = 2')\ntook = []\n"
            "for text in statements:\n    began = time.perf_counter()\n    server.query(text, 'TSV')\n    took.append(round((time.perf_counter() - began) * 1e3, 1))\nprint(json.dumps(took))")
        return json.loads(subprocess.run([sys.executable, "-c", script], input=json.dumps([str(own), statements]), stdout=subprocess.PIPE, check=True, text=True).stdout)

    made = [
        statement for name, order in orders.items() for statement in (
            f"CREATE TABLE {name} ENGINE = MergeTree ORDER BY ({order}) SETTINGS default_compression_codec = 'ZSTD(3)' AS "
            f"SELECT * FROM file('{data}/warehouse/rollup_{name}/data/*.parquet', 'Parquet', 'auto', 'none') SETTINGS schema_inference_make_columns_nullable = 0",
            f"OPTIMIZE TABLE {name} FINAL")]
    seconds = sum(run(made)) / 1e3
    figures: dict = {"make_s": round(seconds, 1), "bytes": sum(file.stat().st_size for file in own.rglob("*") if file.is_file()), "questions": {}}
    for name, question in asked.items():
        cold = []
        for _ in range(runs):
            machine.drop_page_cache([own])
            # The first statement opens the tables, which a server would have open.
            cold.append(run(["SELECT 1", question])[1])
        figures["questions"][name] = {"cold_ms": cold, "warm_ms": run([question] * (runs + 1))[1:]}
        print("ClickHouse", name, figures["questions"][name], flush=True)
    shutil.rmtree(own)
    return figures


def keep(directory: Path, runs: int, years: Path, month: Path) -> dict:
    """The same receipts into ClickHouse with its views and DuckDB with tables of sums, and without: seconds of loading, of merging and of adding the last month."""
    steps = {"import": ("load", years), "merge": ("merge",), "move": ("grow", month)}
    peers: dict = {}
    for run in range(runs):
        for name in ("ClickHouse (chDB)", "DuckDB"):
            kept = peers.setdefault(name, {"found": {word: {f"{step}{kind}": [] for step in steps for kind in ("_s", "_cpu_s")} for word in ("with", "without")}})
            for word in ("with", "without") if run % 2 == 0 else ("without", "with"):
                shutil.rmtree(directory, ignore_errors=True)
                peer = Peer(name, directory)
                try:
                    if word == "with":
                        peer.call("keep_sums")
                    figures = kept["found"][word]
                    for step, call in steps.items():
                        for kind, took in zip(("_s", "_cpu_s"), peer.measured(*map(str, call))):
                            figures[step + kind].append(round(took, 2))
                    first, *others = peer.call("totals")
                    if any([*map(float, other)] != [*map(float, first)] for other in others):
                        raise RuntimeError(f"{name}: rows are {first}, sums {others}")
                    if word == "with":
                        kept |= {"version": peer.version, "bytes": {"rows": peer.call("size") - (peer.call("sum_bytes") if name == "DuckDB" else 0), "sums": peer.call("sum_bytes")}}
                finally:
                    peer.close()
                print(name, word, {step: values[-1] for step, values in figures.items()}, flush=True)
    shutil.rmtree(directory, ignore_errors=True)
    for kept in peers.values():
        sides = kept["found"]
        kept["ratio"] = {step: round(statistics.median(sides["with"][step]) / max(statistics.median(sides["without"][step]), 0.01), 3) for step in sides["with"]}
    return peers
