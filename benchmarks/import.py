"""Times `till import --data` of an NDJSON file against DuckDB reading the same file into sorted zstd Parquet, in turn.

import.py [--receipts N] [--runs N] [--file FILE] [--keep DIR]

Till parses, validates, hashes, checks identities, and writes columns and exact documents; DuckDB infers nothing (its columns are given) and writes
the same columns, then in a second query the text of each line. Both may use two cores. Wall and processor seconds are medians.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from harness.server import ROOT, Server, binary

COLUMNS = (
    "{schema: 'VARCHAR', id: 'VARCHAR', client: 'VARCHAR', store: 'STRUCT(id VARCHAR, till VARCHAR, city VARCHAR, cashier VARCHAR)', "
    "issued_at: 'TIMESTAMPTZ', currency: 'VARCHAR', customer: 'VARCHAR', lines: 'STRUCT(code VARCHAR, name VARCHAR, category VARCHAR, "
    "qty DECIMAL(18,6), unit VARCHAR, price DECIMAL(18,6), discount DECIMAL(18,4), vat DECIMAL(9,4), amount DECIMAL(18,4))[]', "
    "total: 'DECIMAL(18,4)', tax_total: 'DECIMAL(18,4)', payment: 'STRUCT(type VARCHAR)'}"
)

DUCKDB = """
import duckdb, sys
file, target, columns, part = sys.argv[1:]
db = duckdb.connect()
db.execute("SET threads = 2")
db.execute("SET memory_limit = '4GB'")
zstd = "(FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 3, ROW_GROUP_SIZE 131072)"
if part == "columns":
    db.execute(f"COPY (SELECT * EXCLUDE (schema) FROM read_ndjson('{file}', columns={columns}) "
               f"ORDER BY CAST(issued_at AS DATE), client, issued_at, id) TO '{target}/columns.parquet' {zstd}")
else:
    db.execute(f"COPY (SELECT id, client, issued_at, json AS document FROM (SELECT json, json->>'$.id' AS id, json->>'$.client' AS client, "
               f"json->>'$.issued_at' AS issued_at FROM read_ndjson_objects('{file}')) ORDER BY issued_at[:10], client, issued_at, id) "
               f"TO '{target}/text.parquet' {zstd}")
"""


def timed(command: list[str], **options: object) -> dict[str, float]:
    """Wall and processor seconds and the peak of resident memory of a command."""
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, **options)
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise RuntimeError(f"{command[0]} ended with {process.returncode}: {output}")
    return {"wall": time.perf_counter() - started, "cpu": usage.ru_utime + usage.ru_stime, "rss": usage.ru_maxrss / 1024, "text": output}


def size(folder: Path, pattern: str) -> int:
    return sum(file.stat().st_size for file in folder.rglob(pattern))


def prepared(folder: Path) -> Path:
    """An empty store that knows the generator's documents."""
    store = folder / "empty"
    with Server(store) as server:
        server.call("PUT", "/v1/types/shop-receipt", json.loads((ROOT / "benchmarks/types/shop-receipt.json").read_text()))
    return store


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--receipts", type=int, default=1_000_000)
    arguments.add_argument("--runs", type=int, default=5)
    arguments.add_argument("--file", type=Path)
    arguments.add_argument("--keep", type=Path, help="leave the last store here")
    arguments.add_argument("--python", default=str(ROOT / ".venv-bench/bin/python"), help="a Python with DuckDB")
    arguments.add_argument("--without-duckdb", action="store_true")
    options = arguments.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="till-import-"))
    try:
        file = options.file or folder / "receipts.ndjson"
        if not options.file:
            with open(file, "wb") as target:
                subprocess.run([str(binary("till-generate")), "--receipts", str(options.receipts)], stdout=target, check=True)
        count = sum(chunk.count(b"\n") for chunk in iter(lambda f=open(file, "rb"): f.read(1 << 24), b""))
        raw = file.stat().st_size
        empty = prepared(folder)
        results: dict[str, list[dict[str, float]]] = {}
        for _ in range(options.runs):
            store = folder / "store"
            shutil.rmtree(store, ignore_errors=True)
            shutil.copytree(empty, store)
            results.setdefault("till", []).append(timed([str(binary("till")), "import", "--data", str(store), str(file)]))
            if not options.without_duckdb:
                for part in ("columns", "text"):
                    command = [options.python, "-c", DUCKDB, str(file), str(folder), COLUMNS, part]
                    results.setdefault(f"duckdb, {part}", []).append(timed(command))
        print(results["till"][-1]["text"].strip())
        print(f"{count} receipts, {raw / count:.0f} bytes each")
        for name, runs in results.items():
            wall, cpu, rss = (statistics.median(run[key] for run in runs) for key in ("wall", "cpu", "rss"))
            print(f"{name:16} {wall:6.2f} s {count / wall:9.0f} a second, {cpu:6.2f} CPU s ({cpu / count * 1e6:.1f} µs a receipt), {rss:.0f} MiB")
        till = size(folder / "store" / "warehouse", "*.parquet")
        print(f"till's files: {till / count:.1f} bytes a receipt, {100 * till / raw:.2f} % of the input, {len(list((folder / 'store').rglob('*.parquet')))} files")
        if not options.without_duckdb:
            duck = size(folder, "columns.parquet") + size(folder, "text.parquet")
            print(f"duckdb's files: {duck / count:.1f} bytes a receipt, {100 * duck / raw:.2f} %")
        if options.keep:
            shutil.copytree(folder / "store", options.keep)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
