"""script/bench: the whole run, from generated receipts to benchmarks/RESULTS.md."""

import argparse
import datetime
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from . import asking, loading, machine, others, report, results, scaling, servers
from .context import Context
from .peers import postgres
from .progress import Progress
from .receipts import Plan
from .server import ROOT, build

HOT_SHARE = 0.3
#: Of a million receipts into a bucket, and thirty questions.
BUCKET_SECONDS = 90
#: Of the twenty-eight kinds of hostile requests, each with a server of its own.
HOSTILE_SECONDS = 1_500
RESULTS = ROOT / "benchmarks/results"
#: Receipts a second, as far as they are known beforehand: for the estimate of time only.
RATES = {"generate": 250_000, "Till": 45_000, "Till hot": 25_000, "DuckDB": 100_000, "ClickHouse (chDB)": 90_000, "PostgreSQL": 14_000, "in order": 90_000}
#: Bytes a receipt on disk while the run goes on.
BYTES = {"Till": 700, "Till hot": 2_600, "DuckDB": 700, "ClickHouse (chDB)": 450, "PostgreSQL": 4_000}


@dataclass(frozen=True)
class Part:
    name: str
    run: Callable[[Context], None]
    #: Expected seconds, by the steps that the part reports.
    steps: dict[str, float]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="script/bench", description="Till against its promises and its peers. Without options: 2,000,000 receipts over 20 years against DuckDB, about ten minutes.")
    parser.add_argument("--peers", action="store_true", help="all peers: DuckDB natively and on our Parquet files, ClickHouse, PostgreSQL, polars; ingest against PostgreSQL")
    parser.add_argument("--full", action="store_true", help="20,000,000 receipts, 6,000,000 of them in the last 30 days, against DuckDB (natively and on our Parquet files) and ClickHouse")
    parser.add_argument("--scale", metavar="LIST", help="how each figure grows: sizes in millions, as 1,2,5,10,20; writes docs/scale.md")
    parser.add_argument("--servers", type=int, metavar="N", help="clients divided over N servers, and other engines over the Iceberg tables of all")
    parser.add_argument("--size", type=int, metavar="RECEIPTS", help="another number of receipts")
    parser.add_argument("--years", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=5, help="how often each figure is taken (5)")
    parser.add_argument("--seconds", type=int, default=10, help="of each run at a rate (10)")
    parser.add_argument("--only", metavar="PARTS", help="some parts, separated by commas; those that ask need the data of --work")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--work", type=Path, help="keep the data here and go on with what is there")
    parser.add_argument("--results", type=Path, default=RESULTS, help="where figures are saved as JSON (benchmarks/results)")
    parser.add_argument("--name", help="of the run, for its file of figures")
    parser.add_argument("--report", action="store_true", help="only write the report again from the saved figures")
    parser.add_argument("--tpch", type=Path, default=Path("/tmp/tpch"), help="where the tables of TPC-H are, or are put")
    options = parser.parse_args()
    options.complaint = None
    return options


def plan(options: argparse.Namespace) -> Plan:
    size = options.size or (20_000_000 if options.full else 2_000_000)
    hot = int(size * HOT_SHARE)
    return Plan(datetime.date.today(), options.years, size - hot, hot, asking.live_count(options.rounds, options.seconds), options.seed)


def peer_names(options: argparse.Namespace) -> list[str]:
    if options.peers:
        names = ["DuckDB", "DuckDB on our Parquet", "ClickHouse (chDB)", "PostgreSQL", "polars on our Parquet"]
        return names if postgres.available() else [name for name in names if name != "PostgreSQL"]
    return ["DuckDB", "DuckDB on our Parquet", "ClickHouse (chDB)"] if options.full else ["DuckDB"]


def parts(options: argparse.Namespace, plan: Plan, names: list[str]) -> list[Part]:
    size, rounds, seconds = plan.cold + plan.hot, options.rounds, options.seconds
    loads = sum(1 / RATES[name] for name in names if name in RATES)
    asked = (len(names) + 1) * (2 * rounds + 1) * 10 * (0.04 + size * 1.2e-8)
    asked += (2 * rounds + 1) * size * 8e-6 if "PostgreSQL" in names else 0
    ingest_only = "single,batch,mixed" if options.peers else "single,mixed"
    ingest_seconds = min(seconds, 3)
    ingest_expected = rounds * (ingest_seconds * (12 if options.peers else 4) + 14) + 30
    found = [
        Part("load", loading.load, {
            "load cold": plan.cold * (1 / RATES["generate"] + 1 / RATES["Till"] + loads), "compact": plan.cold / 200_000 + 1,
            "load hot": plan.hot * (1 / RATES["generate"] + 1 / RATES["Till hot"] + loads) + 10, "peers in order": size * len(names) / RATES["in order"]}),
        Part("hot", lambda c: asking.ask(c, "hot", True), {"hot": asked * 0.5 + 10}),
        Part("ready", asking.ready, {"ready": 3 * rounds + 12}),
        Part("mixed", asking.mixed, {"mixed": 4 * seconds + asking.FULL_ROUNDS * asking.FULL_SECONDS + 20}),
        Part("compact", asking.compact, {"compact hot": plan.hot / 40_000 + 3}),
        Part("cold", lambda c: asking.ask(c, "cold", False), {"cold": asked + 10}),
    ]
    if not options.full:
        imported = min(200_000, size)
        found += [
            Part("import", lambda c: others.import_(c, imported), {"import": rounds * imported / 20_000 + 5}),
            Part("ingest", lambda c: others.ingest(c, ingest_only, ingest_seconds), {"ingest": ingest_expected}),
            Part("tpch", lambda c: others.tpch(c, options.tpch), {"tpch": rounds * 15 + 5}),
            Part("columns", others.columns, {"columns": 60 + 30 * rounds}),
            Part("documents", others.documents, {"documents": rounds * 2 + 5}),
            Part("registration", others.registration, {"registration": seconds + 15}),
            Part("calls", others.calls, {"calls": rounds * 15}),
        ]
    # It takes minutes and nothing of the data: only where it is asked for, or everything is.
    if options.peers or "hostile" in (options.only or "").split(","):
        found.append(Part("hostile", others.hostile, {"hostile": HOSTILE_SECONDS}))
    if options.peers or "bucket" in (options.only or "").split(","):
        found.append(Part("bucket", others.bucket, {"bucket": BUCKET_SECONDS}))
    if options.only:
        wanted = options.only.split(",")
        if unknown := set(wanted) - {part.name for part in found}:
            sys.exit(f"bench: no part {', '.join(sorted(unknown))}; there are {', '.join(part.name for part in found)}")
        found = [part for part in found if part.name in wanted]
    return found


def needed_bytes(plan: Plan, names: list[str]) -> int:
    """The greatest amount on disk at once, with a gigabyte to spare."""
    each = sum(BYTES.get(name, 0) for name in names)
    # Two files of the generator's text at a time.
    return plan.cold * (BYTES["Till"] + each) + (plan.hot + plan.live) * (BYTES["Till hot"] + each) + 2 * loading.CHUNK * 2_000 + (1 << 30)


def check_disk(folder: Path, needed: int) -> None:
    free = machine.free_bytes(folder)
    if free < needed:
        sys.exit(f"bench: {needed / 1e9:.0f} GB of free disk are needed under {folder}, {free / 1e9:.0f} GB are there: "
                 "name another place with --work DIR, or a smaller --size")


def measure(options: argparse.Namespace, work: Path) -> None:
    planned, names = plan(options), peer_names(options)
    todo = parts(options, planned, names)
    name = options.name or ("full" if options.full else "peers" if options.peers else "default" if options.size is None else f"size-{options.size}")
    if not (work / "state.json").exists():
        check_disk(work, needed_bytes(planned, names))
    steps = [(step, expected) for part in todo for step, expected in part.steps.items()]
    progress = Progress(steps)
    progress.say(f"{planned.cold + planned.hot:,} receipts against {', '.join(names)}: about {progress.total / 60:.0f} minutes")
    run = results.read(options.results, name) or results.Run(name, 0, 0)
    run.receipts, run.years, run.machine = planned.cold + planned.hot, planned.years, machine.describe()
    context = Context(planned, run, progress, work, options.results, options.rounds, options.seconds, names)
    context.remember(today=context.state.get("today", planned.today.isoformat()))
    if context.state["today"] != planned.today.isoformat():
        context.plan = Plan(datetime.date.fromisoformat(context.state["today"]), planned.years, planned.cold, planned.hot, planned.live, planned.seed)
    failed = run_all(todo, context)
    different = {part: found for part, found in ((part, disagreements(run.parts.get(part, {}))) for part in ("hot", "mixed", "ready", "cold")) if found}
    if different or failed:
        options.complaint = f"bench: answers differ: {different or 'none'}; parts that failed: {', '.join(failed) or 'none'}"


def run_all(todo: list[Part], context: Context) -> list[str]:
    """Every part, also after one failed: a long run is not lost for a short one. The names of those that failed come back."""
    failed = []
    try:
        for part in todo:
            try:
                part.run(context)
            except (RuntimeError, OSError, subprocess.SubprocessError, ValueError, KeyError) as error:
                failed.append(part.name)
                context.progress.say(f"{part.name} FAILED: {type(error).__name__}: {error}")
                if part.name == "load":
                    break
    finally:
        context.close()
        context.progress.finish()
    return failed


def disagreements(part: dict) -> dict:
    found = {name: question["differences"] for name, question in part.get("questions", {}).items() if question.get("differences")}
    return found or part.get("differences", {})


def main() -> None:
    options = arguments()
    # Asked to end, it stops its servers and removes its data as after any failure.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("bench: ended by a signal"))
    if not options.report:
        build()
        work = options.work or Path(tempfile.mkdtemp(prefix="till-bench-"))
        work.mkdir(parents=True, exist_ok=True)
        work.chmod(0o755)
        try:
            if options.scale:
                scaling.measure(options, work, check_disk)
            elif options.servers:
                servers.measure(options, work, check_disk)
            else:
                measure(options, work)
        finally:
            if not options.work:
                shutil.rmtree(work, ignore_errors=True)
    print(report.write(options.results, options.results == RESULTS))
    if options.complaint:
        sys.exit(options.complaint)


if __name__ == "__main__":
    main()
