"""Uploads: their part of RESULTS.md, from saved figures (`benchmarks/uploads.py`, `benchmarks/versions.py`)."""


def results(part: dict, table) -> str:
    text = "\n## Files of records that come whole\n"
    if "uploads" in part:
        found = part["uploads"]
        rows = [
            [row["file"], f"{row['records']:,}", f"{row['per_second']:,.0f}", *(f"{row[name]:.1f}" if name in row else "–" for name in ("p50_ms", "p99_ms", "max_ms"))] for row in found["rows"]]
        text += (
            f"\nMeasured {found['date']} at {found['commit']} on {found['processor']}, by `benchmarks/uploads.py`; {found['beside']}. Records a second from the answer to the PUT until the upload has ended, alone and while 1,000 receipts a "
            "second are posted one by one; required 30,000 receipts from NDJSON, 15,000 licences (17 rules) from CSV, and POST p99 below 50 ms beside it.\n\n"
            + table(["", "records", "a second", "POST p50 ms", "p99 ms", "slowest ms"], rows))
    if "versions" in part:
        found = part["versions"]
        rows = [[row["file"], f"{row['records']:,}", f"{row['per_second']:,.0f}", f"{row['per_second'] / found['rows'][0]['per_second']:.2f}", f"{row['processor_seconds']:.1f}"] for row in found["rows"]]
        text += (
            f"\nVersions of documents that are cold: measured {found['date']} at {found['commit']} on {found['processor']}, by `benchmarks/versions.py`; {found['beside']}. At least half the speed of first versions is required.\n\n"
            + table(["", "records", "a second", "of first ones", "processor s"], rows))
    return text
