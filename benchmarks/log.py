"""What the log of commits costs: receipts a second with `log.url` (async) against the same server without, in turn.

log.py [--rounds 5] [--seconds 5] [--connections 1,8,64] [--binaries .build/release] [--work DIR] [--save WORDS]

The same binary on two directories, each with its own receipts of 2 kB by wrk; which side goes first changes with each round. The log is a directory on the
same disk, so that its bytes compete with the commits'. With --save the figures go to benchmarks/results/log.json, with what else was at work in WORDS. Prints a table, and the share of the rate that is left: the median over rounds of with / without.
Needs till, till-generate and wrk.
"""

import argparse
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import ingest
from harness import machine, results
from harness import server as harness


def counts(text: str) -> list[int]:
    return [int(part) for part in text.split(",")]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--connections", type=counts, default=[1, 8, 64])
    parser.add_argument("--rate-max", type=int, default=45_000, help="receipts a second that bodies are made for")
    parser.add_argument("--binaries", type=pathlib.Path)
    parser.add_argument("--work", type=pathlib.Path)
    parser.add_argument("--save", help="keeps the figures in benchmarks/results/log.json; what else was at work, for the report")
    options = parser.parse_args()
    if options.binaries and not (options.binaries / "till").is_file():
        parser.error(f"--binaries: there is no till in {options.binaries}")
    return options


def size(folder: pathlib.Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def main() -> None:
    options = arguments()
    if options.binaries:
        harness.binary = lambda name: options.binaries.resolve() / name
    work = pathlib.Path(tempfile.mkdtemp(prefix="till-log-", dir=options.work))
    try:
        count = {each: ingest.bodies(options, each) for each in options.connections}
        documents = work / "documents.ndjson"
        yesterday = time.strftime("%Y-%m-%d", time.gmtime(time.time() - 86_400))
        with open(documents, "wb") as out:
            subprocess.run(
                [str(harness.binary("till-generate")), "--receipts", str(options.rounds * sum(count.values()) + 1_000), "--from", yesterday, "--days", "1", "--schema", "pos/1",
                 "--no-client", "--repeated", "0", "--invalid", "0", "--late", "0"], stdout=out, check=True)
        store = ingest.Requests(work, documents, "benchmark-key-of-the-run")
        sides = {"without": ingest.Till(work, store, work / "PLAIN"), "with": ingest.Till(work, store, work / "LOGGED")}
        sides["with"].server.environment["TILL_LOG_URL"] = f"file://{work}/LOG"
        print("| what | least / median / most a second | p50 ms | p99 ms | max ms | processor µs each |\n| --- | --- | --- | --- | --- | --- |")
        stored = 0
        measurements = []
        with sides["without"], sides["with"]:
            for connections in options.connections:
                rounds: dict[str, list[dict]] = {name: [] for name in sides}
                for turn in range(options.rounds):
                    lines = store.lines_from(count[connections])
                    for name in list(sides) if turn % 2 == 0 else list(reversed(sides)):
                        rounds[name].append(sides[name].measure(store.posts(count[connections], lines=lines), connections, options.seconds))
                stored += sum(each["count"] for each in rounds["with"])
                for name, figures in rounds.items():
                    ingest.show(f"{name} the log, {connections} connections", figures)
                share = statistics.median(a["per_second"] / b["per_second"] for a, b in zip(rounds["with"], rounds["without"]))
                measurements.append({"connections": connections, **rounds})
                print(f"| **left with the log, {connections} connections** | {share:.1%} | | | | |", flush=True)
        byte_count = size(work / "LOG" / "log") / max(1, stored)
        print(f"| bytes of segments a receipt | {byte_count:,.0f} | | | | |")
        if options.save:
            root = pathlib.Path(__file__).resolve().parent.parent
            part = {"measurements": measurements, "bytes": byte_count, "seconds": options.seconds, "beside": options.save} | results.stamp(root)
            results.Run("log", 0, 0, {"log": part}, machine.describe()).save(root / "benchmarks/results")
    finally:
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    main()
