"""The parts that need no store of their own making: import, ingest, TPC-H, column kinds, documents, registration, calls, hostile requests."""

import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import tpch as comparison

from . import machine, suite
from .context import Context, put_type
from .measure import Sample, alternate
from .peers.duck import connect
from .receipts import Plan
from .server import ROOT, Server, binary, command

BENCHMARKS = ROOT / "benchmarks"


def run(program: list[str], timeout: int = 3_600) -> str:
    done = subprocess.run(program, capture_output=True, text=True, timeout=timeout)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(program)}: exit {done.returncode}: {done.stderr[-2000:]}")
    return done.stdout


def import_(context: Context, receipts: int) -> None:
    """An NDJSON file to finished Parquet: Till with all its checks, DuckDB reading the same JSON into sorted zstd Parquet, in turn."""
    context.progress.begin("import")
    plan = Plan(context.plan.today, 1, receipts, 0, 0, seed=context.plan.seed + 7)
    folder = Path(tempfile.mkdtemp(prefix="import-", dir=context.work))
    file = folder / "receipts.ndjson"
    plan.cold_stream.write(0, receipts, file)
    peer = context.peer("DuckDB")
    found = {"receipts": receipts, "raw_bytes": file.stat().st_size}

    def till() -> Sample:
        data = folder / "DATA"
        shutil.rmtree(data, ignore_errors=True)
        with Server(data) as server:
            put_type(server)
        (folder / "DATA.key").unlink()
        usage = _children_seconds()
        start = time.perf_counter()
        command("import", "--data", str(data), str(file))
        found["import_seconds"] = time.perf_counter() - start
        if list((data / "hot").glob("*.sqlite")):
            # Taken as any post is: the files are finished once the rows have left the hot tier.
            command("compact", "--data", str(data))
        elapsed = time.perf_counter() - start
        found["till_bytes"] = machine.bytes_under(data / "warehouse/receipts/data")
        return Sample(elapsed * 1000, (_children_seconds() - usage) * 1000)

    def duck() -> Sample:
        target = folder / "duck.parquet"
        _, seconds, processor = peer._exchange("to_parquet", str(file), str(target))
        found["duckdb_bytes"] = target.stat().st_size
        target.unlink()
        return Sample(seconds * 1000, processor * 1000)

    series, _ = alternate({"Till": till, "DuckDB": duck}, context.rounds, before=lambda _: None)
    for name, values in series.items():
        found[name] = {**values.figures(), "per_second": receipts / values.figures()["median"] * 1000}
        context.progress.say(f"import: {name} {found[name]['per_second']:,.0f} receipts a second")
    shutil.rmtree(folder)
    context.save("import", found)
    context.progress.end()


def _children_seconds() -> float:
    import resource

    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def ingest(context: Context, only: str, seconds: int) -> None:
    """Durable posts against PostgreSQL, by benchmarks/ingest.py."""
    context.progress.begin("ingest")
    file = context.work / "ingest.json"
    file.unlink(missing_ok=True)
    run([sys.executable, str(BENCHMARKS / "ingest.py"), "--rounds", str(context.rounds), "--seconds", str(seconds), "--connections", "1,8,64" if "batch" in only else "64",
         "--only", only, "--binaries", str(binary("till").parent), "--json", str(file), "--work", str(context.work)])
    found = [json.loads(line) for line in file.read_text().splitlines() if line.strip()]
    if len(found) == 1 and isinstance(found[0], list):
        found = found[0]
    context.save("ingest", {"measurements": found})
    for each in found:
        rates = [turn["per_second"] for turn in each["rounds"]]
        context.progress.say(f"ingest {each['what']} {each.get('side', 'Till')} {each.get('connections', '')}: {statistics.median(rates):,.0f} a second")
    context.progress.end()


def tpch(context: Context, folder: Path) -> None:
    """The 22 queries of TPC-H at scale factor 1 on Parquet files, each to Till and to DuckDB in turn, answers compared (benchmarks/tpch.py)."""
    context.progress.begin("tpch")
    if not (folder / "lineitem.parquet").exists():
        folder.mkdir(parents=True, exist_ok=True)
        run([str(Path(sys.executable).with_name("tpchgen-cli")), "parquet", "-s", "1", "--output-dir", str(folder)])
    connection = connect()
    for table in comparison.TABLES:
        connection.execute(f"CREATE VIEW {table} AS SELECT * FROM read_parquet('{folder}/{table}.parquet')")
    tables, (threads, repeat) = [f"{name}={folder / name}.parquet" for name in comparison.TABLES], (2, 2)
    files = sorted((BENCHMARKS / "tpch").glob("q*.sql"))
    times: dict[str, dict[str, list[float]]] = {file.stem: {"Till": [], "DuckDB": []} for file in files}
    agree: dict[str, bool] = {}
    for turn in range(context.rounds):
        for number, file in enumerate(files):
            ours, _, rows = suite.till(binary("till-queries"), tables, file, threads, repeat, rows=turn == 0)
            theirs, _, expected = suite.duckdb(connection, file.read_text(), repeat)
            if turn == 0:
                agree[file.stem] = suite.equal(rows, expected, 1e-6, 1e-6)
            times[file.stem]["Till"].append(ours)
            times[file.stem]["DuckDB"].append(theirs)
            context.progress.advance((turn + (number + 1) / len(files)) / context.rounds)
    found = {name: {side: statistics.median(values) for side, values in sides.items()} | {"agrees": agree[name]} for name, sides in times.items()}
    totals = {side: [sum(times[file.stem][side][turn] for file in files) for turn in range(context.rounds)] for side in ("Till", "DuckDB")}
    context.save("tpch", {"queries": found, "totals": totals})
    context.progress.say(f"TPC-H: Till {statistics.median(totals['Till']):,.0f} ms, DuckDB {statistics.median(totals['DuckDB']):,.0f} ms, {sum(agree.values())} of {len(files)} agree")
    context.progress.end()


def columns(context: Context) -> None:
    """Columns decoded and written, sizes, and look-ups by a bloom filter (benchmarks/columns.py), of the largest data file there is."""
    context.progress.begin("columns")
    made = None if (context.data / "warehouse/receipts").exists() else _year(context, 400_000)
    file = max(context.live_files(made), key=lambda each: each["bytes"])["path"]
    saved = context.work / "columns.json"
    text = run([
        sys.executable, str(BENCHMARKS / "columns.py"), file, "--runs", str(context.rounds), "--program", str(binary("till-columns")),
        "--json", str(saved), "--work", str(context.work)])
    context.save("columns", {**json.loads(saved.read_text()), "text": text, "bytes": Path(file).stat().st_size})
    saved.unlink()
    if made:
        shutil.rmtree(made.parent)
    context.progress.end()


def _year(context: Context, receipts: int) -> Path:
    """A store of a year's receipts, for a run without data of its own."""
    folder = Path(tempfile.mkdtemp(prefix="year-", dir=context.work))
    file = folder / "receipts.ndjson"
    Plan(context.plan.today, 1, receipts, 0, 0, seed=context.plan.seed).cold_stream.write(0, receipts, file)
    data = folder / "DATA"
    with Server(data) as server:
        put_type(server)
    command("import", "--data", str(data), str(file))
    command("compact", "--data", str(data))
    file.unlink()
    return data


def documents(context: Context) -> None:
    """Bytes of a document to its row, on one thread, without HTTP and disk."""
    context.progress.begin("documents")
    folder = Path(tempfile.mkdtemp(prefix="documents-", dir=context.work))
    Plan(context.plan.today, 1, 50_000, 0, 0).cold_stream.write(0, 50_000, folder / "receipts.ndjson", "--schema", "shop/1")
    found = {"json": run([str(binary("till-documents")), str(BENCHMARKS / "types"), str(folder / "receipts.ndjson"), str(context.rounds)])}
    for sample in sorted((ROOT / "types/samples").glob("*.xml"))[:3]:
        # A type with an XSD needs its files; what it cannot read is left out.
        done = subprocess.run([str(binary("till-documents")), str(ROOT / "types"), str(sample), str(context.rounds)], capture_output=True, text=True)
        if done.returncode == 0:
            found[sample.name] = done.stdout
    shutil.rmtree(folder)
    context.save("documents", found)
    context.progress.end()


def registration(context: Context) -> None:
    context.progress.begin("registration")
    output = run([sys.executable, str(BENCHMARKS / "registration.py"), "--seconds", str(max(context.seconds, 5))])
    found = json.loads(output)
    context.save("registration", found)
    context.progress.say(
        f"registration: COMPLETE p99 {found['complete_seconds']['p99']} s, POST p99 {found['post']['p99_ms']} ms at {found['rate']} a second")
    context.progress.end()


def calls(context: Context) -> None:
    """Calls to registrars that one core makes, by benchmarks/calls.py."""
    context.progress.begin("calls")
    found = json.loads(run([sys.executable, str(BENCHMARKS / "calls.py"), "--rounds", str(context.rounds)]))
    context.save("calls", found)
    context.progress.say(f"calls: {found['per_second']:,.0f} a second on one core")
    context.progress.end()


def hostile(context: Context) -> None:
    """The server's memory, and its other clients, under the worst request of each kind, by benchmarks/hostile.py."""
    context.progress.begin("hostile")
    found = json.loads(run([sys.executable, str(BENCHMARKS / "hostile.py"), "--binary", str(binary("till")), "--json"]))
    context.save("hostile", found)
    dead = [name for name, kind in found["kinds"].items() if not kind["is_alive"]]
    worst = max(found["kinds"].values(), key=lambda kind: kind["peak_mib"])
    context.progress.say(f"hostile: RssAnon {worst['peak_mib']:,} MiB at most; ended by {', '.join(dead) or 'none'}")
    context.progress.end()
    past = [f"{name}: {', '.join(kind['complaints'])}" for name, kind in found["kinds"].items() if kind["complaints"]]
    if past:
        raise RuntimeError("past its bounds: " + "; ".join(past))


def rollups(context: Context) -> None:
    """Questions over twenty years at the design point, answered from sums alone, by benchmarks/rollups.py."""
    context.progress.begin("rollups")
    file = context.work / "rollups.json"
    run([sys.executable, str(BENCHMARKS / "rollups.py"), "design", str(context.work / "rollups"), "--json", str(file)])
    found = json.loads(file.read_text())
    context.save("rollups", found)
    context.progress.say("rollups: " + ", ".join(f"{name} {max(question['cold_ms']) / 1e3:.2f} s" for name, question in found["questions"].items()) + ", cold")
    context.progress.end()


def bucket(context: Context) -> None:
    """Q1 to Q9 from a bucket as far away as one is, by benchmarks/bucket.py."""
    context.progress.begin("bucket")
    found = json.loads(run([sys.executable, str(BENCHMARKS / "bucket.py"), "--binary", str(binary("till")), "--json"]))
    context.save("bucket", found)
    for name, question in found["questions"].items():
        cold, warm = question["cold"], question["warm"]
        context.progress.say(
            f"bucket: {name} {cold['ms']:,.0f} ms cold, {cold['requests']} requests, {cold['bytes'] / 1e6:,.1f} MB, {cold['round_trips']} round trips; {warm['ms']:,.0f} ms warm")
    context.progress.end()
