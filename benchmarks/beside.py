"""Receipts at a fixed rate alone, and while one large day becomes cold: what a POST waits for compaction.

beside.py [--receipts 800000] [--rate 1000] [--connections 1000] [--seconds 60] [--binaries .build/release] [--work DIRECTORY] [--json FILE]

Fills one hot file, posts for ten seconds with nothing beside it, then for `--seconds` while the file is compacted. Open loop: latency counts from the
time a request was due. The last line says how long the longest POST beside the compaction took more than the longest one alone.
"""

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from harness import machine
from harness.context import contracts, put_type
from harness.server import Server, binary

ALONE_SECONDS = 10
LINES_A_BODY = 5_000


def generate(options, file):
    """More than are sent, since some are sent twice or refused."""
    count = options.receipts + options.rate * (ALONE_SECONDS + options.seconds) * 11 // 10
    with open(file, "wb") as out:
        subprocess.run([binary("till-generate"), "--receipts", str(count), "--days", "1", "--schema", "shop/1"], stdout=out, check=True)


def fill(server, file, count):
    """The first `count` receipts, in large bodies."""
    with open(file, "rb") as lines:
        for start in range(0, count, LINES_A_BODY):
            body = b"".join(next(lines) for _ in range(min(LINES_A_BODY, count - start)))
            status, answer = server.request("POST", "/v1/receipts", body, "application/x-ndjson")
            if status >= 300:
                raise RuntimeError(f"{status}: {answer[:300]}")


def load(server, options, file, seconds, skip):
    machine.settle()
    return subprocess.Popen(
        [binary("till-load"), "--port", str(server.port), "--key", server.key, "--file", str(file), "--connections", str(options.connections),
         "--rate", str(options.rate), "--seconds", str(seconds), "--skip", str(skip)], stdout=subprocess.PIPE, text=True)


def ended(name, process):
    found = json.loads(process.communicate()[0])
    if process.returncode:
        raise RuntimeError(f"till-load ended with {process.returncode}")
    post = found["post"]
    print(f"{name:24} {post['count']:>7} POSTs, ms: p50 {post['p50_ms']}, p99 {post['p99_ms']}, p99.9 {post['p999_ms']}, slowest {post['max_ms']}", flush=True)
    return post


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--receipts", type=int, default=800_000, help="in the hot file that becomes cold")
    parser.add_argument("--rate", type=int, default=1_000)
    parser.add_argument("--connections", type=int, default=1_000)
    parser.add_argument("--seconds", type=int, default=60, help="of posts beside the compaction")
    parser.add_argument("--binaries", type=pathlib.Path)
    parser.add_argument("--work", type=pathlib.Path, default=None, help="where the store is made and removed")
    parser.add_argument("--json", type=pathlib.Path, help="also save the figures here")
    options = parser.parse_args()
    if options.binaries:
        os.environ["TILL_BENCH_BINARIES"] = str(options.binaries)
    work = pathlib.Path(tempfile.mkdtemp(prefix="beside-", dir=options.work))
    try:
        file = work / "receipts.ndjson"
        generate(options, file)
        with Server(work / "data") as server:
            put_type(server)
            contracts(server)
            fill(server, file, options.receipts)
            time.sleep(3)
            alone = ended("alone", load(server, options, file, ALONE_SECONDS, options.receipts))
            process = load(server, options, file, options.seconds, options.receipts + options.rate * ALONE_SECONDS)
            time.sleep(1)
            started = time.perf_counter()
            compaction = server.call("POST", "/v1/admin/compact", {})
            compaction["seconds"] = time.perf_counter() - started
            beside = ended("beside a compaction", process)
    finally:
        shutil.rmtree(work)
    waited = beside["max_ms"] - alone["max_ms"]
    print(f"{compaction['rows_moved']:,} receipts of one day became cold in {compaction['seconds']:.1f} s; the slowest POST took {waited:.1f} ms more than alone")
    if options.json:
        options.json.write_text(json.dumps({"alone": alone, "beside": beside, "compaction": compaction, "waited_ms": waited}))


main()
