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
    if "memory" in part:
        found = part["memory"]
        rows = [[row["file"], f"{row['at_once']} × {row['megabytes']:,} MB", f"{row['records']:,}", *(f"{row[name]:.0f}" for name in ("before_mib", "most_mib", "of_each_mib"))] for row in found["rows"]]
        most = max(row["of_each_mib"] for row in found["rows"])
        text += (
            f"\nMemory: measured {found['date']} at {found['commit']} on {found['processor']}, by `benchmarks/uploads.py --memory`; {found['beside']}. Anonymous memory of a server that has taken 100 MB of such records by POST, before the files come and at its "
            f"most until the last upload has ended, and what that is of each upload: {most:.0f} MiB at most, below 64 required, whatever the file's length.\n\n"
            + table(["", "files", "records", "before, MiB", "at most, MiB", "of each, MiB"], rows))
    if "versions" in part:
        found = part["versions"]
        firsts = {row["years"]: row["per_second"] for row in reversed(found["rows"])}
        rows = [
            [row["file"], f"{row['years']}", f"{row['files']:,}", f"{row['records']:,}", f"{row['per_second']:,.0f}", f"{row['per_second'] / firsts[row['years']]:.2f}", f"{row['processor_seconds']:.1f}"] for row in found["rows"]]
        text += (
            f"\nVersions of documents that are cold: measured {found['date']} at {found['commit']} on {found['processor']}, by `benchmarks/versions.py`; {found['beside']}. At least half the speed of first versions is required, and that the "
            "number of files does not tell.\n\n"
            + table(["", "years", "cold files", "records", "a second", "of first ones", "processor s"], rows))
    return text
