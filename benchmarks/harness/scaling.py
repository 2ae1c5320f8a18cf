"""How each figure grows: one store that takes year after year, looked at when it holds 1, 2, 5 … million receipts."""

import argparse
import datetime
import time
from collections.abc import Callable
from pathlib import Path

from . import machine, results
from .context import Context, contracts, put_type
from .measure import alternate
from .progress import Progress
from .queries import choose, questions
from .receipts import Plan
from .receipts import files as generated
from .server import Server, command

MILLION = 1_000_000
CHUNK = 500_000
BYTES_EACH = 900


def measure(options: argparse.Namespace, work: Path, check_disk: Callable[[Path, int], None]) -> None:
    """A million receipts a year (`--size` another number), up to the last size asked for."""
    unit = options.size or MILLION
    sizes = sorted(int(text) for text in options.scale.split(","))
    last = sizes[-1]
    today = datetime.date.today()
    plan = Plan(today, last, last * unit, 0, 0, options.seed)
    if not (work / "state.json").exists():
        check_disk(work, last * unit * BYTES_EACH + 2 * CHUNK * 2_000 + (1 << 30))
    rounds = min(options.rounds, 3)
    seconds = {f"{size} years": (size - before) * unit * 3.5e-5 + 20 * rounds * (0.05 + size * unit * 1.5e-8) + 15 for before, size in zip([0, *sizes], sizes)}
    progress = Progress(list(seconds.items()))
    progress.say(f"{last * unit:,} receipts over {last} years, looked at {len(sizes)} times: about {progress.total / 60:.0f} minutes")
    name = options.name or "scale"
    run = results.read(options.results, name) or results.Run(name, 0, 0)
    run.receipts, run.years, run.machine = last * unit, last, machine.describe()
    context = Context(plan, run, progress, work, options.results, rounds, options.seconds, ["DuckDB on our Parquet"])
    points = context.state.get("points", [])
    try:
        if not context.state.get("started"):
            with context.serving() as server:
                put_type(server)
                contracts(server)
            context.remember(started=True)
        for size in sizes:
            if size * unit in [point["receipts"] for point in points]:
                continue
            progress.begin(f"{size} years")
            points.append(point(context, context.state.get("loaded", 0), size * unit))
            context.remember(points=points)
            context.save("scale", {"points": points, "receipts_a_year": unit})
            progress.end()
    finally:
        context.close()
        progress.finish()


def point(context: Context, start: int, end: int) -> dict:
    plan = context.plan
    raw, seconds, compact = 0, 0.0, 0.0
    for file, first, count in generated(plan.cold_stream.parts(start, end, CHUNK), context.work):
        raw += file.stat().st_size
        begin = time.perf_counter()
        command("import", "--data", str(context.data), str(file))
        seconds += time.perf_counter() - begin
        context.remember(loaded=first + count)
        context.progress.advance((first + count - start) / (end - start) * 0.6)
    begin = time.perf_counter()
    command("compact", "--data", str(context.data))
    compact = time.perf_counter() - begin
    files = context.live_files()
    found = {
        "receipts": end, "added": end - start, "raw_bytes_added": raw, "import_seconds": seconds, "compact_seconds": compact, "files": len(files),
        "bytes": sum(file["bytes"] for file in files), "rows": sum(file["rows"] for file in files),
        "metadata_bytes": machine.bytes_under(context.data / "warehouse/receipts/metadata"), "ready_seconds": [], "questions": {}}
    for _ in range(3):
        with Server(context.data) as server:
            found["ready_seconds"].append(server.ready_seconds)
    peer = context.peer("DuckDB on our Parquet")
    peer.call("attach", [file["path"] for file in files])
    # The years end with the last one loaded: what is asked lies in it.
    until = plan.first_day + datetime.timedelta(days=int(plan.cold_stream.days * end / plan.cold))
    with context.serving() as server:
        for question in questions(choose(lambda query: peer.call("sql", query), None, datetime.date(until.year, 12, 31) if end < plan.cold else plan.today)):
            side = {"Till": lambda: server.ask(question.texts["till"])}
            warm, _ = alternate(side, context.rounds)
            cold, _ = alternate(side, context.rounds, before=lambda _: machine.drop_page_cache([context.data]))
            found["questions"][question.name] = {
                "title": question.title, "warm": warm["Till"].figures()["median"], "cold": cold["Till"].figures()["median"],
                "processor": warm["Till"].figures()["processor_ms"], "bytes_read": cold["Till"].figures()["read_bytes"], "rows_scanned": server.statistics["rows_scanned"]}
        found["memory"] = machine.anonymous_memory(server.pid)
    slowest = max(found["questions"].items(), key=lambda item: item[1]["cold"])
    context.progress.say(
        f"{end:,} receipts: {(end - start) / (seconds + compact):,.0f} a second, {len(files)} files, {found['bytes'] / found['rows']:.0f} bytes each, "
        f"slowest {slowest[0]} {slowest[1]['cold']:.0f} ms cold")
    return found
