"""Questions over twenty years answered from sums: at the design point, and over a real store with rollups and without.

    rollups.py design DIRECTORY [--runs 3]     a store of sums alone: 20 years of 10,000 clients and 100,000 products at 21 million receipts a day
    rollups.py bucket DIRECTORY [--runs 3]     the same from a bucket: 30 ms to the first byte, 100 MB a second on each connection
    rollups.py make DATA [--receipts 20000000] a store for `store`: receipts of twenty years up to yesterday, imported and merged
    rollups.py store DATA [--runs 5]           a store that is there: how large its sums are, and Q3 to Q8 both ways
    rollups.py keep DIRECTORY [--runs 3] [--days 365]
                                               what keeping the sums costs: import, moving and merging of a million receipts with the four rollups and without any; and what
                                               it costs ClickHouse (materialized views) and DuckDB (tables of sums)
    --json FILE                                the figures besides
    --save TEXT                                into benchmarks/results, with what else was at work; of design: DuckDB and ClickHouse are asked beside

`design` makes the rows of the four rollups that each store has (73 million by day, client and currency; 24 million by month and product) and has till-sums
write them as a store keeps them, a file a year, beside the names of 92,440 cold files that are not there. A store that is made stays in DIRECTORY, with its
bucket, for further runs: remove the directory to make it anew. Then `till serve` is asked in the words of the
benchmark. Cold: the server is new, and the page cache (of a bucket: the store's own cache) has nothing of the store. What it leaves out: hot rows, which are as
many as the last days have.
"""

import argparse
import datetime
import functools
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import numpy
import pyarrow
import pyarrow.parquet

sys.path.insert(0, str(Path(__file__).parent))

from harness import machine, results, rollup_peers
from harness.context import contracts, put_type
from harness.receipts import Stream, files
from harness.server import Server, binary

YEARS = range(2006, 2026)
CLIENTS = 10_000
PRODUCTS = 100_000
CATEGORIES = 30
RECEIPTS_A_DAY = 21_000_000
CUSTOMERS_A_MONTH = 40_000_000
#: As docs/scale.md reckons them.
COLD_FILES = 92_440
REGISTERS = 8_192
EPOCH = datetime.date(1970, 1, 1)


def days(year: int) -> numpy.ndarray:
    first, last = (datetime.date(year, 1, 1) - EPOCH).days, (datetime.date(year + 1, 1, 1) - EPOCH).days
    return numpy.arange(first, last, dtype=numpy.int32)


def months(year: int) -> numpy.ndarray:
    return numpy.array([(datetime.date(year, month, 1) - EPOCH).days for month in range(1, 13)], dtype=numpy.int32)


def decimals(cents: numpy.ndarray) -> pyarrow.Array:
    """DECIMAL(38, 4), as sums have: hundredths."""
    wide = numpy.zeros((len(cents), 2), dtype=numpy.int64)
    wide[:, 0] = cents * 100
    return pyarrow.Array.from_buffers(pyarrow.decimal128(38, 4), len(cents), [None, pyarrow.py_buffer(wide.tobytes())])


def names(texts: list[str], numbers: numpy.ndarray) -> pyarrow.Array:
    return pyarrow.DictionaryArray.from_arrays(pyarrow.array(numbers.astype(numpy.int32)), pyarrow.array(texts)).cast(pyarrow.string())


def dates(numbers: numpy.ndarray) -> pyarrow.Array:
    return pyarrow.array(numbers).cast(pyarrow.date32())


def by_day(year: int, random: numpy.random.Generator) -> pyarrow.Table:
    """A row for each client and day, in the order of a file of sums: days last."""
    all_days = days(year)
    count = len(all_days) * CLIENTS
    # A few clients have a large part, as a law of powers has it; each has some receipts every day.
    weights = 1 / numpy.arange(1, CLIENTS + 1) ** 0.7
    receipts = random.poisson(numpy.repeat(weights / weights.sum() * RECEIPTS_A_DAY, len(all_days))).astype(numpy.int64)
    revenue = receipts * random.integers(5_000, 60_000, count)
    return pyarrow.table({
        "day": dates(numpy.tile(all_days, CLIENTS)), "client_id": names([f"C{number:05d}" for number in range(CLIENTS)], numpy.repeat(numpy.arange(CLIENTS), len(all_days))),
        "currency": names(["UAH"], numpy.zeros(count)), "receipts": receipts, "revenue": decimals(revenue), "tax": decimals(revenue // 6)})


def of_lines(key: str, codes: list[str], steps: numpy.ndarray, step: str, mean: float, random: numpy.random.Generator) -> pyarrow.Table:
    count = len(codes) * len(steps)
    lines = random.poisson(mean, count).astype(numpy.int64)
    return pyarrow.table({
        step: dates(numpy.tile(steps, len(codes))), key: names(codes, numpy.repeat(numpy.arange(len(codes)), len(steps))), "currency": names(["UAH"], numpy.zeros(count)),
        "lines": lines, "quantity": decimals(lines * 130), "amount": decimals(lines * random.integers(1_000, 9_000, count))})


def customers(random: numpy.random.Generator) -> pyarrow.Table:
    """A row for each month: the registers that so many distinct values leave behind. Of a register's n values the greatest rank is at most k in (1 - 2^-k)^n."""
    steps = numpy.concatenate([months(year) for year in YEARS])
    chance = random.random((len(steps), REGISTERS)) ** (REGISTERS / CUSTOMERS_A_MONTH)
    ranks = numpy.clip(numpy.ceil(-numpy.log2(1 - chance)), 1, 52).astype(numpy.uint8)
    return pyarrow.table({
        "month": dates(steps), "receipts": numpy.full(len(steps), RECEIPTS_A_DAY * 30, dtype=numpy.int64),
        "customers": pyarrow.array([b"\x01" + row.tobytes() for row in ranks], type=pyarrow.binary())})


def rows_of(directory: Path) -> dict[str, list[Path]]:
    """Files with the rows of each rollup, made once."""
    rows = directory / "rows"
    random = numpy.random.default_rng(1)
    rows.mkdir(parents=True, exist_ok=True)
    files: dict[str, list[Path]] = {"receipts_by_day": [], "lines_by_product": [], "lines_by_category": [], "customers_by_month": []}

    def write(rollup: str, name: str, table: Callable[[], pyarrow.Table]) -> None:
        path = rows / f"{rollup}-{name}.parquet"
        if not path.exists():
            pyarrow.parquet.write_table(table(), path.with_suffix(".new"), compression="zstd", row_group_size=1_000_000)
            path.with_suffix(".new").rename(path)
        files[rollup].append(path)

    products = [f"{4_820_000_000_000 + number}" for number in range(PRODUCTS)]
    for year in YEARS:
        write("receipts_by_day", str(year), lambda: by_day(year, random))
    for year in YEARS[::2]:
        write("lines_by_product", str(year), lambda: of_lines("product_code", products, numpy.concatenate([months(year), months(year + 1)]), "month", 25_000, random))
    all_days = numpy.concatenate([days(year) for year in YEARS])
    write("lines_by_category", "all", lambda: of_lines("category", [f"category-{number:02d}" for number in range(CATEGORIES)], all_days, "day", 2_800_000, random))
    write("customers_by_month", "all", lambda: customers(random))
    return files


def make(directory: Path, name: str = "sums", endpoint: str | None = None) -> Path:
    """The store, once; with an endpoint its files lie in the bucket there."""
    data, whole = directory / name, directory / f"{name}.whole"
    if whole.exists() and data.exists():
        return data
    # What is there was broken off.
    shutil.rmtree(data, ignore_errors=True)
    (directory / f"{name}.key").unlink(missing_ok=True)
    rows_of_each = RECEIPTS_A_DAY * sum(len(days(year)) for year in YEARS) // COLD_FILES
    subprocess.run(
        [binary("till-sums"), *(["--bucket", endpoint] if endpoint else []), data, str(COLD_FILES), str(rows_of_each),
         *(f"{name}={','.join(map(str, paths))}" for name, paths in rows_of(directory).items())], check=True)
    whole.touch()
    return data


def questions(client: str, product: str) -> dict[str, str]:
    season = "((EXTRACT(month FROM business_day) = 12 AND EXTRACT(day FROM business_day) >= 25) OR (EXTRACT(month FROM business_day) = 1 AND EXTRACT(day FROM business_day) <= 7))"
    return {
        "Q3": f"SELECT date_trunc('month', business_day) AS month, count(*) AS receipts, sum(total) AS revenue FROM receipts_accepted WHERE client_id = '{client}' GROUP BY 1 ORDER BY 1",
        "Q4": f"SELECT l.category, sum(l.amount) AS revenue FROM receipts_accepted r, UNNEST(r.lines) AS l WHERE {season} GROUP BY 1 ORDER BY 1",
        "Q5": "SELECT client_id, sum(total) AS revenue FROM receipts_accepted GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 100",
        "Q6": "SELECT business_day, count(*) AS receipts, sum(total) AS revenue FROM receipts_accepted GROUP BY 1 ORDER BY 1",
        "Q7": f"SELECT sum(l.quantity) AS units, count(*) AS times FROM receipts_accepted r, UNNEST(r.lines) AS l WHERE l.product_code = '{product}'",
        "Q8": "SELECT date_trunc('month', business_day) AS month, approx_count_distinct(customer_id) AS customers FROM receipts_accepted GROUP BY 1 ORDER BY 1",
    }


def ask(server: Server, question: str, rollups: bool = True) -> tuple[float, list]:
    began = time.perf_counter()
    answer = server.call("POST", "/v1/sql", {"query": question, "limit": 10_000, "rollups": rollups})
    return round((time.perf_counter() - began) * 1e3, 1), answer["rows"]


def sizes(data: Path) -> dict[str, int]:
    return {folder.name: sum(file.stat().st_size for file in (folder / "data").rglob("*.parquet")) for folder in sorted((data / "warehouse").iterdir()) if (folder / "data").exists()}


def used(server: Server, question: str) -> list[str]:
    plan = server.call("POST", "/v1/sql", {"query": f"EXPLAIN {question}", "limit": 1_000})["rows"]
    return [line[0].strip() for line in plan if line[0].strip().startswith("Rollup ")]


def asked(data: Path, runs: int, forget: Callable[[], object], environment: dict[str, str] | None = None) -> dict:
    """The questions to a new server that has read nothing, and to one that has: milliseconds."""
    found = {}
    for name, question in questions("C00005", "4820000000021").items():
        cold = []
        for _ in range(runs):
            forget()
            with Server(data, environment) as server:
                cold.append(ask(server, question)[0])
        with Server(data, environment) as server:
            rollups, rows = used(server, question), len(ask(server, question)[1])
            warm = [ask(server, question)[0] for _ in range(runs)]
        found[name] = {"rollup": rollups, "rows": rows, "cold_ms": cold, "warm_ms": warm}
        print(name, found[name], flush=True)
    return found


def design(directory: Path, runs: int) -> dict:
    data = make(directory)
    return {"bytes": sizes(data), "questions": asked(data, runs, lambda: machine.drop_page_cache([data]))}


def bucket(directory: Path, runs: int, delay: int = 30, rate: int = 100) -> dict:
    """The design point's store in a bucket, which keeps it in a folder beside: both are made once."""
    script = Path(__file__).with_name("bucket_server.py")
    kept = directory / "bucket"
    if not (directory / "in-bucket.whole").exists():
        shutil.rmtree(kept, ignore_errors=True)
    served = subprocess.Popen([sys.executable, script, "--delay", "0", "--rate", "10000", "--keep", str(kept)], stdout=subprocess.PIPE, text=True)
    try:
        endpoint = served.stdout.readline().strip()
        data = make(directory, "in-bucket", endpoint)
        urllib.request.urlopen(f"{endpoint}/_/delay?ms={delay}&rate={rate}").read()
        environment = {
            "TILL_STORAGE_URL": "s3://benchmark/store", "TILL_STORAGE_ENDPOINT": endpoint, "TILL_STORAGE_PATH_STYLE": "true",
            "TILL_STORAGE_CREDENTIALS": '{"access_key_id":"key","secret_access_key":"secret"}'}
        found = asked(data, runs, lambda: shutil.rmtree(data / "cache", ignore_errors=True), environment)
        for name, question in questions("C00005", "4820000000021").items():
            shutil.rmtree(data / "cache", ignore_errors=True)
            with Server(data, environment) as server:
                urllib.request.urlopen(f"{endpoint}/_/requests").read()
                ask(server, question)
            requests = json.loads(urllib.request.urlopen(f"{endpoint}/_/requests").read())
            found[name] |= {"requests": len(requests), "bytes": sum(one["bytes"] for one in requests)}
        return {"delay_ms": delay, "rate_mb": rate, "questions": found}
    finally:
        served.terminate()


def keep(directory: Path, runs: int, days: int, receipts: int = 1_000_000, hot: int = 300_000) -> dict:
    """Seconds of importing, moving and merging with the rollups of a new store and without any; both in turn, the first one another each time.

    How dense receipts are decides what their sums cost: a million in a year are as dense as twenty million in twenty years.
    None is repeated: of the peers one would count it twice.
    """
    directory.mkdir(parents=True, exist_ok=True)
    today = datetime.date.today()

    def generate(name: str, count: int, prefix: str, first: datetime.date, span: int) -> Path:
        file = directory / name
        if not file.exists():
            with open(file, "wb") as out:
                subprocess.run([
                    binary("till-generate"), "--total", str(count), "--receipts", str(count), "--from", first.isoformat(), "--days", str(span), "--seed", "7", "--clients", "500",
                    "--prefix", prefix, "--repeated", "0"], stdout=out, check=True)
        return file

    years = generate(f"days-{days}.ndjson", receipts, "Y", today - datetime.timedelta(days=days + 30), days)
    month = generate("month.ndjson", hot, "M", today - datetime.timedelta(days=29), 28)
    found: dict = {word: {"import_s": [], "import_cpu_s": [], "move_s": [], "move_cpu_s": [], "merge_s": [], "merge_cpu_s": []} for word in ("with", "without")}

    def timed(arguments: list[str], environment: dict[str, str]) -> tuple[float, float]:
        began = time.perf_counter()
        process = subprocess.Popen([binary("till"), *arguments], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise RuntimeError(f"till {arguments[0]} ended with {process.returncode}")
        return time.perf_counter() - began, usage.ru_utime + usage.ru_stime

    for run in range(runs):
        for word in ("with", "without") if run % 2 == 0 else ("without", "with"):
            data = directory / "kept"
            for rest in (data, directory / "kept.key", directory / "kept.log"):
                shutil.rmtree(rest) if rest.is_dir() else rest.unlink(missing_ok=True)
            with Server(data) as server:
                put_type(server)
                contracts(server)
                if word == "without":
                    for rollup in server.call("GET", "/v1/rollups")["rollups"]:
                        server.call("DELETE", f"/v1/rollups/{rollup['name']}")
                environment = server.environment
            figures = found[word]
            for name, took in zip(("import_s", "import_cpu_s"), timed(["import", "--data", str(data), str(years)], environment)):
                figures[name].append(round(took, 2))
            for name, took in zip(("merge_s", "merge_cpu_s"), timed(["compact", "--data", str(data)], environment)):
                figures[name].append(round(took, 2))
            with Server(data) as server:
                server.import_file(month)
                began, processor = time.perf_counter(), machine.processor_seconds(server.pid)
                server.call("POST", "/v1/admin/compact", {})
                figures["move_s"].append(round(time.perf_counter() - began, 2))
                figures["move_cpu_s"].append(round(machine.processor_seconds(server.pid) - processor, 2))
            print(word, {name: values[-1] for name, values in figures.items()}, flush=True)
            if word == "with":
                found_bytes = sizes(data)
                sums = {"rows": found_bytes["receipts"], "sums": sum(size for name, size in found_bytes.items() if name.startswith("rollup_"))}
        shutil.rmtree(directory / "kept")
    ratio = {name: round(statistics.median(found["with"][name]) / max(statistics.median(found["without"][name]), 0.01), 3) for name in found["with"]}
    return {"receipts": receipts, "days": days, "moved": hot, "found": found, "ratio": ratio, "bytes": sums, "peers": rollup_peers.keep(directory / "peers", runs, years, month)}


def fill(data: Path, count: int) -> dict:
    """A store with so many receipts of twenty years, as dense on each day, all of them cold."""
    data.parent.mkdir(parents=True, exist_ok=True)
    span = int(20 * 365.25)
    stream = Stream(datetime.date.today() - datetime.timedelta(days=span), span, count, 1)
    with Server(data) as server:
        put_type(server)
        contracts(server)
        environment = server.environment
    for file, _, _ in files(stream.parts(0, count, 1_000_000), data.parent):
        subprocess.run([binary("till"), "import", "--data", str(data), str(file)], env=environment, stdout=subprocess.DEVNULL, check=True)
    subprocess.run([binary("till"), "compact", "--data", str(data)], env=environment, stdout=subprocess.DEVNULL, check=True)
    return {"receipts": count, "bytes": sizes(data)}


def store(data: Path, runs: int) -> dict:
    figures: dict = {"bytes": sizes(data), "questions": {}}
    with Server(data) as server:
        client = server.sql("SELECT client_id FROM receipts GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1 OFFSET 4")[0][0]
        product = server.sql("SELECT l.product_code FROM receipts_accepted r, UNNEST(r.lines) AS l GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1 OFFSET 20")[0][0]
        for name, question in questions(client, product).items():
            answers = [ask(server, question, rollups)[1] for rollups in (True, False)]
            if answers[0] != answers[1]:
                raise RuntimeError(f"{name} has two answers")
            both = {word: statistics.median(ask(server, question, rollups)[0] for _ in range(runs)) for word, rollups in (("with_ms", True), ("without_ms", False))}
            figures["questions"][name] = {"rollup": used(server, question), **both}
            print(name, figures["questions"][name], flush=True)
    cold = figures["bytes"].get("receipts", 0)
    figures["share"] = round(sum(size for name, size in figures["bytes"].items() if name.startswith("rollup_")) / cold, 4) if cold else None
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["design", "bucket", "make", "store", "keep"])
    parser.add_argument("directory", type=Path)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--receipts", type=int, default=20_000_000, help="of make")
    parser.add_argument("--days", type=int, default=365, help="of keep: how many days its million receipts lie in")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--save", metavar="TEXT")
    options = parser.parse_args()
    root = Path(__file__).parent.parent
    of_days = functools.partial(keep, days=options.days)
    if options.what == "make":
        print(json.dumps(fill(options.directory, options.receipts)))
        return
    figures = {"design": design, "bucket": bucket, "store": store, "keep": of_days}[options.what](options.directory, options.runs)
    if options.save:
        figures |= results.stamp(root) | {"beside": options.save}
        if options.what == "design":
            data = options.directory / "sums"
            figures |= {"duckdb": rollup_peers.duckdb(data, options.runs), "clickhouse": rollup_peers.clickhouse(data, options.runs)}
        saved = results.read(root / "benchmarks/results", "rollups")
        parts = (saved.parts if saved else {}) | {"rollups" if options.what == "design" else f"rollups {options.what}": figures}
        results.Run("rollups", 0, 20, parts, machine.describe()).save(root / "benchmarks/results")
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1) + "\n")
    print(json.dumps({name: value for name, value in figures.items() if name != "questions"}))


if __name__ == "__main__":
    main()
