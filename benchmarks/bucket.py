"""Q1 to Q9 from a bucket: 30 ms to the first byte, 100 MB a second on each connection.

Usage: python3 benchmarks/bucket.py [--binary .build/release/till] [--receipts 1000000] [--delay 30] [--rate 100] [--json] [--save WORDS]; by script/bench: --only bucket

The bucket is benchmarks/bucket_server.py, which notes when each request began and ended. Each question is asked by a process of its own, of a cache that
is empty (`cold`), that has manifests and no file (`manifests`), and that has what the question has just read (`warm`). Told: how long it took, as EXPLAIN
ANALYZE says with planning, the requests for manifests and files and their bytes, and the round trips: the most requests of which each began after the one
before had ended. With --save the figures go to benchmarks/results/bucket.json, with what else was at work in WORDS. More than five of Q1 on an empty cache, or three where manifests are cached, end the run with 1.
"""
import argparse, csv, datetime, io, json, os, pathlib, re, shutil, subprocess, sys, tempfile, time, urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from harness import machine, queries, results
from harness.context import put_type
from harness.server import Server

SETTLED_SECONDS = 4
ADMIN = "bucket-benchmark-admin-key"


class Bucket:
    def __init__(self, delay, rate):
        script = pathlib.Path(__file__).resolve().parent / "bucket_server.py"
        self.process = subprocess.Popen([sys.executable, str(script), "--delay", "0", "--rate", str(rate)], stdout=subprocess.PIPE, text=True)
        self.url, self.delay = self.process.stdout.readline().strip(), delay

    def set_delay(self, milliseconds):
        urllib.request.urlopen(f"{self.url}/_/delay?ms={milliseconds}").read()

    def requests(self):
        """What was asked since the last call."""
        return json.loads(urllib.request.urlopen(f"{self.url}/_/requests").read())


def round_trips(requests):
    """The most requests of which each began after the one before had ended."""
    ends = []
    for request in sorted(requests, key=lambda request: request["began"]):
        ends.append((request["ended"], 1 + max((count for ended, count in ends if ended <= request["began"]), default=0)))
    return max((count for _, count in ends), default=0)


class Store:
    def __init__(self, binary, folder, bucket):
        # Who only reads the store writes nothing below DATA, a cache neither.
        self.binary, self.data, self.cache = binary, os.path.join(folder, "DATA"), os.path.join(folder, "cache")
        self.environment = dict(
            os.environ, TILL_ADMIN_KEY=ADMIN, TILL_LIMITS_MIN_FREE="1MiB", TILL_STORAGE_URL="s3://benchmark/store", TILL_STORAGE_ENDPOINT=bucket.url,
            TILL_STORAGE_CACHE_PATH=self.cache, TILL_STORAGE_PATH_STYLE="true", TILL_STORAGE_CREDENTIALS='{"access_key_id":"key","secret_access_key":"secret"}')

    def run(self, *arguments, **options):
        return subprocess.run([self.binary, *arguments], env=self.environment, check=True, capture_output=True, text=True, **options).stdout

    def forget(self):
        shutil.rmtree(self.cache, ignore_errors=True)

    def rows(self, text):
        return list(csv.reader(io.StringIO(self.run("sql", "--data", self.data, "--format", "csv", text))))[1:]


def settle(bucket):
    """Until nothing more is written: sums of rollups are made behind an import."""
    bucket.requests()
    while time.sleep(SETTLED_SECONDS) or bucket.requests():
        pass


def measure(store, bucket, text):
    bucket.requests()
    plan = store.run("sql", "--data", store.data, "--format", "csv", "EXPLAIN ANALYZE " + text)
    asked = [one for one in bucket.requests() if one["key"].endswith((".parquet", ".avro"))]
    # A process of its own opens all tables first: those of which the question reads no file are not its own.
    table = lambda one: one["key"].split("/")[1]
    read = {table(one) for one in asked if one["key"].endswith(".parquet")}
    asked = [one for one in asked if table(one) in read]
    took, planned = re.search(r"rows in ([\d.]+) ms, planned in ([\d.]+) ms", plan).groups()
    return {"ms": round(float(took) + float(planned), 1), "requests": len(asked), "bytes": sum(one["bytes"] for one in asked), "round_trips": round_trips(asked)}


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--binary", default=".build/release/till")
    parser.add_argument("--receipts", type=int, default=1_000_000)
    parser.add_argument("--delay", type=float, default=30)
    parser.add_argument("--rate", type=float, default=100)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--save", help="keeps the figures in benchmarks/results/bucket.json; what else was at work, for the report")
    arguments = parser.parse_args()
    binary = os.path.abspath(arguments.binary)
    folder = tempfile.mkdtemp(prefix="till-bucket-")
    bucket = Bucket(arguments.delay, arguments.rate)
    store = Store(binary, folder, bucket)
    try:
        today = datetime.date.today()
        days = 20 * 365
        file = os.path.join(folder, "receipts.ndjson")
        with open(file, "wb") as out:
            subprocess.run(
                [os.path.join(os.path.dirname(binary), "till-generate"), "--total", str(arguments.receipts), "--receipts", str(arguments.receipts), "--from",
                 (today - datetime.timedelta(days=days + 30)).isoformat(), "--days", str(days), "--seed", "7", "--clients", "500"], stdout=out, check=True)
        os.mkdir(store.data)
        with Server(pathlib.Path(store.data), store.environment, binary=binary) as server:
            put_type(server)
        began = time.monotonic()
        store.run("import", "--data", store.data, file)
        imported = time.monotonic() - began
        with Server(pathlib.Path(store.data), store.environment, binary=binary):
            settle(bucket)
        os.unlink(file)

        def sql(text):
            # As DuckDB writes lists.
            if "unnest(lines)" in text:
                text = "SELECT l.product_code FROM receipts r, UNNEST(r.lines) AS l GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1 OFFSET 20"
            return store.rows(text)

        choice = queries.choose(sql, None, today)
        bucket.set_delay(arguments.delay)
        found = {"receipts": arguments.receipts, "delay_ms": arguments.delay, "rate_mb": arguments.rate, "import_seconds": round(imported, 1), "questions": {}}
        for question in queries.questions(choice):
            text, figures = question.texts["till"], {"title": question.title}
            store.forget()
            figures["cold"] = measure(store, bucket, text)
            store.forget()
            store.run("sql", "--data", store.data, "--format", "csv", "EXPLAIN " + text)
            figures["manifests"] = measure(store, bucket, text)
            figures["warm"] = measure(store, bucket, text)
            found["questions"][question.name] = figures
            if not arguments.json:
                print(f"{question.name:4} {question.title:46}", *(
                    f"{name} {one['ms']:7.1f} ms {one['requests']:3} requests {one['bytes'] / 1e6:7.2f} MB {one['round_trips']:2} trips" for name, one in figures.items() if name != "title"),
                    sep="  ", flush=True)
        if arguments.json:
            print(json.dumps(found))
        if arguments.save:
            root = pathlib.Path(__file__).resolve().parent.parent
            results.Run("bucket", 0, 0, {"bucket": found | results.stamp(root) | {"beside": arguments.save}}, machine.describe()).save(root / "benchmarks/results")
        first = found["questions"]["Q1"]
        if first["cold"]["round_trips"] > 5 or first["manifests"]["round_trips"] > 3:
            sys.exit(f"bucket: Q1 took {first['cold']['round_trips']} round trips on an empty cache, {first['manifests']['round_trips']} where manifests are cached")
    finally:
        bucket.process.terminate()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
