"""Questions from a bucket, and what the log of commits costs: their parts of RESULTS.md, from saved figures (`benchmarks/bucket.py`, `benchmarks/log.py`)."""

import statistics

from . import promises

#: Round trips of Q1 in sequence, on an empty cache and where manifests are cached.
TRIPS = {"cold": 5, "manifests": 3}
#: Of the rate without the log.
SHARE = 0.9


def verdict(meets: bool) -> str:
    return f"**{promises.MET if meets else promises.NOT_MET}**"


def beside(part: dict) -> str:
    return f"; {part['beside']}" if "beside" in part else ""


def questions(part: dict, table) -> str:
    """Q1 to Q9 from a bucket: each of an empty cache, of one that has manifests, and of one that has all."""
    rows = []
    for name, question in part["questions"].items():
        row = [f"{name} {question['title']}"]
        for state in ("cold", "manifests", "warm"):
            figures = question[state]
            row.append(f"{figures['ms']:,.0f} ms, {figures['requests']} requests, {figures['bytes'] / 1e6:,.1f} MB, {figures['round_trips']} trips")
        rows.append(row)
    first = part["questions"]["Q1"]
    judged = [
        [f"Q1: round trips in sequence, {words}", str(first[state]["round_trips"]), f"at most {TRIPS[state]}", verdict(first[state]["round_trips"] <= TRIPS[state])]
        for state, words in (("cold", "an empty cache"), ("manifests", "manifests cached"))]
    return (
        f"\n## Questions from a bucket\n\nMeasured {part['date']} at {part['commit']} on {part['processor']}, by `benchmarks/bucket.py`{beside(part)}. {part['receipts']:,} receipts over 20 years; {part['delay_ms']:g} ms to the first byte, "
        f"{part['rate_mb']:g} MB a second on each connection (the bucket is a script on the same cores). A process for each question; requests for manifests and files, and how many of them one after the other.\n\n"
        + table(["", "empty cache", "manifests cached", "warm"], rows) + "\n" + table(["", "figure", "required", "verdict"], judged))


def log(part: dict, table) -> str:
    """Receipts a second with the log of commits (async) and without."""
    rows = []
    for each in part["measurements"]:
        share = statistics.median(a["per_second"] / b["per_second"] for a, b in zip(each["with"], each["without"]))
        rate = lambda side: f"{statistics.median(one['per_second'] for one in each[side]):,.0f}"
        late = lambda side: f"{statistics.median(one['p99_ms'] for one in each[side]):.1f}"
        rows.append([str(each["connections"]), rate("without"), rate("with"), late("without"), late("with"), f"{share:.1%}", f"{SHARE:.0%}", verdict(share >= SHARE)])
    return (
        f"\n## The log of commits\n\nMeasured {part['date']} at {part['commit']} on {part['processor']}, by `benchmarks/log.py`{beside(part)}. Receipts a second of two servers of one binary in turn, {len(part['measurements'][0]['with'])} rounds of "
        f"{part['seconds']:g} s each, one with `log.url` (`log.ack: async`) on the same disk; the share is the median over rounds. The log has {part['bytes']:,.0f} bytes a receipt. Without `log.url` nothing of it is made: the other sections are of such servers.\n\n"
        + table(["connections", "without", "with", "p99 ms without", "with", "left with it", "required", "verdict"], rows))
