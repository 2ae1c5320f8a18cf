"""Two machines: their part of RESULTS.md, from saved figures (`benchmarks/pair.py`)."""

import statistics


def spread(values: list[float], digits: int) -> str:
    return f"{statistics.median(values):,.{digits}f} ({min(values):,.{digits}f} to {max(values):,.{digits}f})"


def results(part: dict, table) -> str:
    rows = []
    if rate := part.get("rate"):
        share = statistics.median(two / one for one, two in zip(rate["alone"], rate["pair"]))
        rows.append([f"receipts a second, {rate['connections']} connections", f"{spread(rate['pair'], 0)}; one server {spread(rate['alone'], 0)}; {share:.0%}", "50 % of one server's"])
    if waits := part.get("latency"):
        rows.append([f"{waits['per_second']:,} a second: p50, p99, most", f"{waits['p50_ms']:.1f}, {waits['p99_ms']:.1f}, {waits['most_ms']:.1f} ms; {waits['refused']} of {waits['posts']:,} refused", "p99 below 100 ms"])
    if takeover := part.get("takeover"):
        rows.append(["takeover after `kill -9`", f"{spread(takeover['seconds'], 2)} s", "below 5 s"])
    if transfer := part.get("transfer"):
        rows.append([
            f"longest wait at `till cluster transfer`, {transfer['connections']} connections",
            f"{spread(transfer['waits_ms'], 0)} ms; of {transfer['posts']:,} posts {transfer['refused']} refused, {transfer['lost']} connections lost; {transfer['rows'][0]:,} rows, {transfer['rows'][1]:,} receipts",
            "below 500 ms, none refused"])
    return (
        f"\n## Two machines\n\nMeasured {part['date']} at {part['commit']} on {part['processor']}, by `benchmarks/pair.py`; {part['beside']}. Both servers, the witness and the clients share two cores and one disk; "
        "rates of one server and of the pair in turn.\n\n" + table(["", "figure", "required"], rows))
