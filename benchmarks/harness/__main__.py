"""script/bench: the whole run, from generated receipts to benchmarks/RESULTS.md."""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from . import machine, report
from .measure import alternate, same
from .peers import DuckDB
from .queries import Choice, questions
from .server import ROOT, Server, binary, build, command

CHUNK = 200_000


def progress(text: str) -> None:
    print(f"bench: {text}", file=sys.stderr, flush=True)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="script/bench")
    parser.add_argument("--receipts", type=int, default=2_000_000)
    parser.add_argument("--years", type=int, default=20)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--load-seconds", type=int, default=15)
    parser.add_argument("--keep", action="store_true", help="keep the data and say where it is")
    return parser.parse_args()


def load(options: argparse.Namespace, work: Path, data: Path, duck: DuckDB) -> dict[str, float]:
    """The same receipts into both, chunk by chunk: the text is never kept whole."""
    with Server(data) as server:
        server.call("PUT", "/v1/types/shop-receipt", json.loads((ROOT / "benchmarks/types/shop-receipt.json").read_text()))
    figures = {"till_seconds": 0.0, "duckdb_seconds": 0.0, "raw_bytes": 0.0, "compact_seconds": 0.0}
    file = work / "chunk.ndjson"
    for start in range(0, options.receipts, CHUNK):
        # Every chunk is its own stream of the generator: the seasons run over the whole span.
        count = min(CHUNK, options.receipts - start)
        generate_span(options, start, count, file)
        figures["raw_bytes"] += file.stat().st_size
        begin = time.perf_counter()
        done = command("import", "--data", str(data), str(file))
        figures["till_seconds"] += time.perf_counter() - begin
        begin = time.perf_counter()
        duck.load(file)
        figures["duckdb_seconds"] += time.perf_counter() - begin
        progress(f"loaded {start + count:,} receipts; {done.stdout.strip().splitlines()[-1]}")
    file.unlink()
    begin = time.perf_counter()
    command("compact", "--data", str(data))
    figures["compact_seconds"] = time.perf_counter() - begin
    duck.finish()
    return figures


def generate_span(options: argparse.Namespace, start: int, count: int, file: Path) -> None:
    with open(file, "wb") as out:
        subprocess.run(
            [str(binary("till-generate")), "--total", str(options.receipts), "--receipts", str(start + count), "--skip", str(start), "--from",
             f"{2025 - options.years + 1}-01-01", "--days", str(int(options.years * 365.25)), "--seed", str(options.seed)], stdout=out, check=True)


def choose(duck: DuckDB) -> Choice:
    """What to ask about: a middling client, a common product, a receipt in the middle, all read from the data."""
    client = duck.sql("SELECT client_id FROM receipts GROUP BY 1 ORDER BY count(*) DESC LIMIT 1 OFFSET 4")[0][0]
    receipt, day = duck.sql(f"SELECT receipt_id, business_day FROM receipts WHERE client_id = '{client}' ORDER BY issued_at LIMIT 1 OFFSET 1000")[0]
    product = duck.sql("SELECT l.product_code FROM (SELECT unnest(lines) AS l FROM receipts LIMIT 100000) GROUP BY 1 ORDER BY count(*) DESC LIMIT 1 OFFSET 20")[0][0]
    last = duck.sql("SELECT max(business_day) FROM receipts")[0][0].year
    return Choice(
        client=client, receipt_id=receipt, receipt_day=str(day), week_from=f"{last}-03-03", week_to=f"{last}-03-10",
        hour_from=f"{last}-12-23 15:00:00+00", hour_to=f"{last}-12-23 16:00:00+00", product=product, month_from=f"{last}-05-01",
        month_to=f"{last}-06-01", word="Кава", day_from=f"{last}-12-01", day_to=f"{last}-12-31")


def ask(options: argparse.Namespace, server: Server, data: Path, duck: DuckDB, duck_file: Path) -> list[dict]:
    rows = []
    for question in questions(choose(duck)):
        sides = {"till": lambda: server.sql(question.till), "duckdb": lambda: duck.sql(question.duckdb)}
        warm, answers = alternate(sides, options.runs)
        equal = same(answers["till"], [list(row) for row in answers["duckdb"]])
        cool = lambda: machine.drop_page_cache([data, duck_file])
        cold, _ = alternate({"till": sides["till"]}, max(3, options.runs // 2), before=cool)
        rows.append({"name": question.name, "title": question.title, "till": warm["till"], "duckdb": warm["duckdb"], "cold": cold["till"],
                     "rows": len(answers["till"]), "equal": equal})
        progress(f"{question.name} {question.title}: Till {warm['till']} ms, DuckDB {warm['duckdb']} ms, Till with a cold cache {cold['till']} ms"
                 + ("" if equal else "  ANSWERS DIFFER"))
    return rows


def post(options: argparse.Namespace, work: Path) -> list[dict]:
    """Single-receipt POSTs to a server of their own, the load generator on the same cores."""
    file = work / "post.ndjson"
    with open(file, "wb") as out:
        subprocess.run([str(binary("till-generate")), "--receipts", "800000", "--schema", "pos/1", "--no-client", "--seed", "99"], stdout=out, check=True)
    runs = []
    with Server(work / "POST", {"TILL_LOG_LEVEL": "error"}) as server:
        server.call("PUT", "/v1/contracts/shop", {"access": "read-write", "scope": "own"})
        skip = 0
        for connections, rate, share in [(64, 0, 0.0), (256, 0, 0.0), (1000, 0, 0.1), (1000, 1000, 0.1)]:
            before = machine.processor_seconds(server.process.pid)
            done = subprocess.run(
                [str(binary("till-load")), "--port", str(server.port), "--key", server.key, "--path", "/v1/receipts?client=shop", "--file", str(file), "--skip",
                 str(skip), "--connections", str(connections), "--rate", str(rate), "--seconds", str(options.load_seconds), "--get-share", str(share)],
                check=True, capture_output=True, text=True)
            figures = json.loads(done.stdout)
            figures["processor_seconds"] = machine.processor_seconds(server.process.pid) - before
            figures["anonymous_bytes"] = machine.anonymous_memory(server.process.pid)
            skip += figures["post"]["count"]
            runs.append(figures)
            progress(f"{connections} connections, rate {rate or 'full'}: {figures['per_second']:.0f}/s, p99 {figures['post']['p99_ms']} ms")
    file.unlink()
    return runs


def main() -> None:
    options = arguments()
    needed = options.receipts * 6_000 + (4 << 30)
    work = Path(tempfile.mkdtemp(prefix="till-bench-"))
    if machine.free_bytes(work) < needed:
        sys.exit(f"bench: {needed >> 30} GiB of free disk are needed under {work}")
    try:
        build()
        data = work / "DATA"
        duck_file = work / "duck.db"
        duck = DuckDB(duck_file)
        loading = load(options, work, data, duck)
        sizes = {"raw": loading["raw_bytes"], "warehouse": machine.live_parquet_bytes(data), "duckdb": duck_file.stat().st_size}
        with Server(data) as server:
            ready = server.ready_seconds
            answers = ask(options, server, data, duck, duck_file)
            memory = machine.anonymous_memory(server.process.pid)
        posts = post(options, work)
        text = report.markdown(options, machine.describe(), duck.version, loading, sizes, ready, answers, memory, posts)
        (ROOT / "benchmarks/RESULTS.md").write_text(text)
        print(text)
        if not all(row["equal"] for row in answers):
            sys.exit("bench: Till and DuckDB disagree: see above")
    finally:
        if options.keep:
            progress(f"kept {work}")
        else:
            shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    main()
