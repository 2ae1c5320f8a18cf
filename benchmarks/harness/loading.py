"""The same receipts into Till and its peers: twenty years into cold files, thirty days into hot ones."""

import datetime
import time
from pathlib import Path

from . import machine
from .context import Context, contracts, put_type
from .peers import Peer
from .receipts import HOT_DAYS, files
from .server import Server, command, shifted_clock

#: Receipts in a file that goes in at once; two such files are on disk at a time.
CHUNK = 500_000
FIGURES = ("raw_bytes", "receipts", "till_seconds", "till_processor", "compact_seconds", "hot_receipts", "hot_raw_bytes", "hot_seconds")


def load(context: Context) -> None:
    """Chunk by chunk, so that the text is never kept whole; what is done is remembered."""
    figures = {name: 0.0 for name in FIGURES} | {"peers": {name: 0.0 for name in loaders(context)}, "finish": {}}
    figures.update(context.state.get("figures", {}))
    if not context.state.get("started"):
        with context.serving() as server:
            put_type(server)
            contracts(server)
        context.remember(started=True)
    plan = context.plan
    context.progress.begin("load cold")
    chunk = min(CHUNK, max(plan.cold // 4, 1))
    for file, first, count in files(plan.cold_stream.parts(context.state.get("cold", 0), plan.cold, chunk), context.work):
        figures["raw_bytes"] += file.stat().st_size
        figures["receipts"] += count
        machine.settle()
        start = time.perf_counter()
        said = command("import", "--data", str(context.data), str(file)).stdout.strip().splitlines()
        figures["till_seconds"] += time.perf_counter() - start
        into_peers(context, file, figures)
        context.remember(cold=first + count, figures=figures)
        context.progress.advance((first + count) / plan.cold)
        context.progress.say(f"cold {first + count:,}: {said[-1] if said else ''}")
    context.progress.end()
    context.progress.begin("compact")
    if "compacted" not in context.state:
        machine.settle()
        start = time.perf_counter()
        command("compact", "--data", str(context.data))
        figures["compact_seconds"] = time.perf_counter() - start
        context.remember(compacted=True, figures=figures)
    context.progress.end()
    load_hot(context, figures)
    context.progress.begin("peers in order")
    finish_peers(context, figures)
    context.progress.end()
    context.save("load", summary(context, figures))


def load_hot(context: Context, figures: dict) -> None:
    """Thirty days, each taken by a server whose clock shows that day, over HTTP as receipts come."""
    plan = context.plan
    if plan.hot == 0:
        return
    context.progress.begin("load hot")
    done = context.state.get("hot_days", 0)
    for number, (file, _, count) in enumerate(files([(stream, 0, stream.total) for stream in plan.hot_streams[done:]], context.work), done):
        behind = HOT_DAYS - 1 - number
        with context.serving(shifted_clock(context.work, behind * 86_400)) as server:
            machine.settle()
            start, processor = time.perf_counter(), machine.processor_seconds(server.pid)
            said = server.import_file(file).stdout
            figures["hot_seconds"] += time.perf_counter() - start
            figures["till_processor"] += machine.processor_seconds(server.pid) - processor
        check_refused(said, count)
        figures["hot_receipts"] += count
        figures["hot_raw_bytes"] += file.stat().st_size
        into_peers(context, file, figures)
        context.remember(hot_days=number + 1, figures=figures)
        context.progress.advance((number + 1) / HOT_DAYS)
    context.progress.say(f"hot {plan.hot:,} in {figures['hot_seconds']:.0f} s")
    context.progress.end()


def check_refused(said: str, count: int) -> None:
    """The generator makes one receipt in a thousand that must be refused; more are a fault, and would only show as other answers."""
    refused = int(said.strip().rsplit(" ", 1)[1])
    if refused > count / 100 + 10:
        raise RuntimeError(f"{refused:,} of {count:,} receipts were refused")


def loaders(context: Context) -> list[str]:
    """The peers that hold rows of their own."""
    return [name for name in context.peer_names if not name.endswith("our Parquet")]


def into_peers(context: Context, file: Path, figures: dict) -> None:
    for name in loaders(context):
        source = str(file)
        if name == "PostgreSQL":
            source = exported(context, file)
        machine.settle()
        _, seconds = context.peer(name).timed("load", source)
        figures["peers"][name] = figures["peers"].get(name, 0.0) + seconds
        forget(source, file)


def exported(context: Context, file: Path) -> str:
    """PostgreSQL gets its rows ready-made; making them is not counted."""
    number = context.state.get("exported", 0)
    prefix = str(context.work / f"export-{number}")
    context.peer("DuckDB").call("export", str(file), prefix)
    context.remember(exported=number + 10_000_000)
    return prefix


def forget(source: str, file: Path) -> None:
    if source != str(file):
        for part in ("receipts", "lines"):
            Path(f"{source}.{part}.csv").unlink()


def finish_peers(context: Context, figures: dict) -> None:
    done = context.state.get("finished", [])
    for name in loaders(context):
        if name not in done:
            machine.settle()
            _, figures["finish"][name] = context.peer(name).timed("finish")
            done = [*done, name]
            context.remember(finished=done, figures=figures)
            context.progress.say(f"{name} in order after {figures['finish'][name]:.0f} s")


def into_finished(context: Context, file: Path) -> None:
    """Receipts that came after the peers were put in order."""
    for name in loaders(context):
        source = exported(context, file) if name == "PostgreSQL" else str(file)
        context.peer(name).call("add", source)
        forget(source, file)


def attach(context: Context) -> list[dict]:
    """Gives the peers that read Till's files those of the current snapshot."""
    live = context.live_files()
    for name in context.peer_names:
        if name.endswith("our Parquet"):
            context.peer(name).call("attach", [file["path"] for file in live])
    return live


def summary(context: Context, figures: dict) -> dict:
    live = context.live_files()
    return {
        **figures, "cold_files": len(live), "cold_bytes": sum(file["bytes"] for file in live), "cold_rows": sum(file["rows"] for file in live),
        "hot_bytes": machine.bytes_under(context.data / "hot"), "hot_files": len(list((context.data / "hot").glob("*.sqlite"))),
        "peer_bytes": {name: context.peer(name).call("size") for name in loaders(context)},
        "versions": {name: context.peer(name).version for name in context.peer_names}, "today": datetime.date.today().isoformat()}
