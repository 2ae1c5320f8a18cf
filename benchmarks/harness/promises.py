"""What was promised (the design's section 6, and of registration), what was measured of it, and whether it was kept. Nothing here measures."""

import statistics
from collections.abc import Callable
from dataclasses import dataclass

from . import results
from .results import Run

ON_OUR_FILES = "DuckDB on our Parquet"
NOT_MEASURED, NOT_MET, MET, AIM_MET = "not measured", "not met", "met", "aim met"


@dataclass(frozen=True)
class Figure:
    text: str
    meets: bool
    meets_aim: bool


@dataclass(frozen=True)
class Promise:
    what: str
    required: str
    aim: str
    #: The part of a run that it is read from, and how.
    part: str
    figure: Callable[[dict], Figure | None]


@dataclass(frozen=True)
class Verdict:
    promise: Promise
    figure: str
    verdict: str
    #: Which run it is from: "full (20,000,000)".
    source: str


def bounded(value: float, required: float, aim: float, text: str) -> Figure:
    """A figure that must not be above its bounds."""
    return Figure(text, value <= required, value <= aim)


def _measurement(part: dict, what: str, side: str | None = None, connections: int | None = None) -> list[dict]:
    for each in part.get("measurements", []):
        if each["what"] == what and side in (None, each.get("side")) and connections in (None, each.get("connections")):
            return each["rounds"]
    return []


def _median(rounds: list[dict], key: str) -> float:
    return statistics.median(each[key] for each in rounds)


def posts(part: dict) -> Figure | None:
    ratios, texts = {}, []
    for count in (1, 8, 64):
        till, peer = (_measurement(part, "single", side, count) for side in ("Till", "PostgreSQL"))
        if not till or not peer:
            continue
        ratios[count] = statistics.median(a["per_second"] / b["per_second"] for a, b in zip(till, peer))
        texts.append(f"{_median(till, 'per_second'):,.0f} against {_median(peer, 'per_second'):,.0f} at {count}: {ratios[count]:.2f} ×")
    if 64 not in ratios:
        return None
    till, plain = (_measurement(part, "single", side, 64) for side in ("Till", "Till, 204"))
    share = f"; {statistics.median(a['per_second'] / b['per_second'] for a, b in zip(till, plain)):.0%} of the same server answering 204" if plain else ""
    meets = min(ratios.values()) >= 1
    return Figure("; ".join(texts) + share, meets, meets and ratios[64] >= 2)


def connections(part: dict) -> Figure | None:
    full, rate = _measurement(part, "mixed"), _measurement(part, "rate")
    if not full or not rate:
        return None
    loaded, calm = _median(full, "p99_ms"), _median(rate, "p99_ms")
    text = f"p99 {loaded:.0f} ms at full load ({_median(full, 'per_second'):,.0f} a second), {calm:.0f} ms at 1,000 a second"
    return Figure(text, loaded < 250 and calm < 10, loaded < 250 and calm < 10)


def imported(part: dict) -> Figure | None:
    till, duck = part["Till"]["per_second"], part["DuckDB"]["per_second"]
    return Figure(f"{till:,.0f} a second; DuckDB, unchecked, {duck:,.0f}", till >= 50_000, till >= 100_000)


def points(part: dict) -> Figure | None:
    found = part["points"]
    worst = max(found["receipt"]["p99"], found["ticket"]["p99"])
    return bounded(worst, 10, 2, f"receipt {found['receipt']['p99']:.1f} ms, ticket {found['ticket']['p99']:.1f} ms")


def _slowest(part: dict, temperature: str) -> tuple[float, str]:
    return max((question[temperature]["Till"]["median"], name) for name, question in part["questions"].items())


def _behind(part: dict, temperature: str) -> tuple[list[str], list[str]]:
    """Which questions take longer than the better of DuckDB and chDB in their own formats, and which of both were asked."""
    behind, sides = [], set()
    for key, question in part["questions"].items():
        others = {side: series["median"] for side, series in question[temperature].items() if side in ("DuckDB", "ClickHouse (chDB)")}
        sides |= set(others)
        if others and question[temperature]["Till"]["median"] > min(others.values()):
            behind.append(f"{key} {question[temperature]['Till']['median'] / min(others.values()):.2f} ×")
    return behind, sorted(sides)


def hot_answers(part: dict) -> Figure | None:
    slowest, name = _slowest(part, "warm")
    page = part["page"]["warm"]
    text = f"page of {page['receipts']:,} with documents {page['median'] / 1000:.2f} s; slowest question {name} {slowest / 1000:.3f} s"
    behind, compared = _behind(part, "warm")
    greatest = max(slowest, page["median"])
    tail = f"; behind the better of {' and '.join(compared)}: {', '.join(behind)}" if behind else ""
    return Figure(text + tail, greatest <= 400, greatest <= 100 and not behind and len(compared) == 2)


def cold_answers(part: dict) -> Figure | None:
    slowest, name = _slowest(part, "cold")
    page = part["page"]["cold"]["median"]
    behind, compared = _behind(part, "cold")
    tail = f"; behind the better of {' and '.join(compared)}: {', '.join(behind)}" if behind else f"; none behind {' or '.join(compared)}"
    text = f"page of {part['page']['cold']['receipts']:,} {page / 1000:.2f} s; slowest question {name} {slowest / 1000:.2f} s{tail}"
    return Figure(text, max(slowest, page) <= 30_000, not behind and len(compared) == 2)


def same_files(part: dict) -> Figure | None:
    """Each question, warm and with the page cache dropped, against DuckDB on the very Parquet files that Till answers from."""
    ratios = {
        (name, temperature): question[temperature]["Till"]["median"] / question[temperature][ON_OUR_FILES]["median"]
        for name, question in part["questions"].items() for temperature in ("warm", "cold") if ON_OUR_FILES in question[temperature]}
    if not ratios:
        return None
    (name, temperature), greatest = max(ratios.items(), key=lambda item: item[1])
    behind = [f"{key} {kind} {ratio:.2f} ×" for (key, kind), ratio in ratios.items() if ratio > 1]
    text = f"at most {greatest:.2f} × ({name} {temperature}), median {statistics.median(ratios.values()):.2f} ×; behind: {', '.join(behind) or 'none'}"
    return bounded(greatest, 1, 1, text)


def size(part: dict) -> Figure | None:
    raw = part["raw_bytes_loaded"] / part["receipts_loaded"] * part["rows"]
    share = 100 * part["bytes"] / raw
    return bounded(share, 18, 10, f"{share:.1f} %: {part['bytes'] / part['rows']:.0f} of {raw / part['rows']:,.0f} bytes a receipt")


def memory(part: dict) -> Figure | None:
    peak = part["full"]["memory_peak"] / 1048576
    return bounded(peak, 512, 256, f"{peak:,.0f} MiB at most")


def memory_of_compaction(part: dict) -> Figure | None:
    if not part.get("memory_peak"):
        return None
    peak = part["memory_peak"] / 1048576
    return bounded(peak, 1024, 256, f"{peak:,.0f} MiB at most, in {part['seconds']:,.0f} s")


def beside_questions(part: dict) -> Figure | None:
    p99s = {name: part[name]["post"]["p99_ms"] for name in ("alone", "with hot questions", "with cold questions")}
    meets = p99s["alone"] < 10 and max(p99s.values()) < 50
    return Figure("POST p99 " + ", ".join(f"{p99:.0f} ms {name}" for name, p99 in p99s.items()), meets, meets and max(p99s.values()) < 20)


def beside_compaction(part: dict) -> Figure | None:
    """What the slowest POST of ten thousand waits longer than the slowest without a compaction."""
    if "with a compaction" not in part:
        return None
    beside, alone = (part[name]["post"] for name in ("with a compaction", "alone"))
    longer = beside["max_ms"] - alone["max_ms"]
    text = f"slowest {beside['max_ms']:.0f} ms, alone {alone['max_ms']:.0f} ms; p99 {beside['p99_ms']:.0f} ms; {part['with a compaction']['rows_moved']:,} rows moved meanwhile"
    return Figure(text, longer <= 50, longer <= 50 and beside["p99_ms"] <= 50)


def tpch(part: dict) -> Figure | None:
    ratio = statistics.median(a / b for a, b in zip(part["totals"]["Till"], part["totals"]["DuckDB"]))
    right = sum(query["agrees"] for query in part["queries"].values())
    ratios = {name: query["Till"] / query["DuckDB"] for name, query in part["queries"].items()}
    slowest = max(ratios.values())
    behind = ", ".join(f"{name} {each:.2f} ×" for name, each in ratios.items() if each > 1) or "none"
    text = f"{right} right; {statistics.median(part['totals']['Till']):,.0f} ms, {ratio:.2f} × DuckDB's {statistics.median(part['totals']['DuckDB']):,.0f} ms; behind: {behind}"
    return Figure(text, right == 22 and ratio <= 1, right == 22 and slowest <= 1)


def ready(part: dict) -> Figure | None:
    middle = statistics.median(part["seconds"])
    return bounded(middle, 1, 0.3, f"{middle:.2f} s with {part['hot_files']} hot files")


def registered(part: dict) -> Figure | None:
    p99 = part["complete_seconds"]["p99"]
    return bounded(p99, 0.5, 0.3, f"p99 {p99:.2f} s")


def posts_beside_registration(part: dict) -> Figure | None:
    if "post" not in part:
        return None
    p99 = part["post"]["p99_ms"]
    return Figure(f"p50 {part['post']['p50_ms']:.1f} ms, p99 {p99:.1f} ms", p99 <= 20, p99 <= 5)


def calls(part: dict) -> Figure | None:
    rate = part["per_second"]
    return Figure(f"{rate:,.0f} a second; {part['per_processor_second']:,.0f} for each second of the core", rate >= 2_000, rate >= 2_000)


#: The load that the two promises of registration are about.
REGISTRATION = "1,000 receipts a second, each accepted by two registrars that take 200 ms"


#: Each kind of the receipts' columns, by one of them; a star is the whole file.
KINDS = {"dictionary strings": "store_id", "decimals": "total", "timestamps": "issued_at", "nested lines": "lines", "documents": "document", "whole file": "*"}


def decoded(kind: str) -> Callable[[dict], Figure | None]:
    def figure(part: dict) -> Figure | None:
        times = part.get("decode", {}).get(KINDS[kind])
        if times is None:
            return None
        till, duck, arrow = (times[side]["ms"] for side in ("till", "duck", "arrow"))
        text = f"{till:.1f} ms; DuckDB {duck:.1f}, pyarrow {arrow:.1f}: {till / duck:.2f} × and {till / arrow:.2f} ×"
        return Figure(text, till <= 2 * duck, till <= min(duck, arrow))

    return figure


def two_cores(part: dict) -> Figure | None:
    times = part.get("decode", {}).get("*")
    if times is None:
        return None
    # What the second core can give at best, since the work itself takes more of the processor's time when it is divided.
    faster, bound = times["till"]["ms"] / times["till2"]["ms"], 2 * times["till"]["processor_ms"] / times["till2"]["processor_ms"]
    text = f"{faster:.2f} × as fast as on one; {bound:.2f} × by the processor's time; DuckDB {times['duck']['ms'] / times['duck2']['ms']:.2f} ×"
    if both := part.get("two_cores"):
        # One figure of the machine for both: taken in the same turns.
        faster = both["gain"]
        text = (
            f"{faster:.2f} × as fast as on one; the ceiling, two processes at once that share nothing, is {both['ceiling']:.2f} ×: {faster / both['ceiling']:.0%} of it; "
            f"{both.get('processor_gain', bound):.2f} × by the processor's time; DuckDB {times['duck']['ms'] / times['duck2']['ms']:.2f} ×")
        if "inflate_ceiling" in both:
            text += f"; ceiling of zstd alone {both['inflate_ceiling']:.2f} ×, of copies in memory {both['copy_ceiling']:.2f} ×"
    return Figure(text, faster >= 1.8, faster >= 1.8)


def written(part: dict) -> Figure | None:
    found = part.get("write")
    if not found:
        return None
    ratios = {what: times["till"]["ms"] / times["arrow"]["ms"] for what, times in found.items()}
    text = "; ".join(f"{what} {found[what]['till']['ms']:.0f} ms, {ratio:.2f} × pyarrow's" for what, ratio in ratios.items())
    return bounded(max(ratios.values()), 2, 1, text)


def file_sizes(part: dict) -> Figure | None:
    found = part.get("write")
    if not found:
        return None
    shares = {what: sides["bytes"]["till"] / sides["bytes"]["duck"] for what, sides in found.items()}
    text = "; ".join(
        f"{what} {found[what]['bytes']['till'] / found[what]['rows']:.0f} bytes a row, {share:.2f} × DuckDB's" for what, share in shares.items())
    return bounded(max(shares.values()), 1, 1, text)


def looked_up(part: dict) -> Figure | None:
    found = part.get("lookup")
    if not found:
        return None
    text = (
        f"{found['ms']:.1f} ms, p90 {found['p90_ms']:.1f}; {found['pages']} pages, no more than 3 in {found['pages_share']:.1%} of the look-ups; "
        f"DuckDB {found['duckdb_ms']:.0f} ms")
    meets = found["pages"] <= 3 and found["ms"] < 5
    return Figure(text, meets, meets and found["pages_share"] > 0.99)


#: What ColumnStore promises by itself, on one file.
COLUMN_PROMISES = [
    *(Promise(f"decode, one core: {kind}", "2 × DuckDB", "≤ DuckDB and pyarrow", "columns", decoded(kind)) for kind in KINDS),
    Promise("whole file to batches on two cores", "1.8 ×", "1.8 ×", "columns", two_cores),
    Promise("write, zstd 3, one thread", "2 × pyarrow", "≤ pyarrow", "columns", written),
    Promise("size, same rows, order, codec and row groups", "≤ DuckDB", "≤ DuckDB", "columns", file_sizes),
    Promise("look-up by a bloom-filtered id in 5 M rows, warm", "≤ 3 pages a column, 5 ms", "also in 99 % of them", "columns", looked_up),
]

PROMISES = [
    Promise("durable single-receipt POSTs a second (2 kB JSON, validated, columns extracted), at 1, 8 and 64 connections", "PostgreSQL's", "2 × PostgreSQL at 64", "ingest", posts),
    Promise("1,000 connections, 90 % POST, 10 % GET", "p99 < 250 ms at full load, < 10 ms at 1,000 requests a second", "the same", "ingest", connections),
    Promise("NDJSON file to finished Parquet (validated, unique, columns and documents)", "50,000 receipts a second", "100,000", "import", imported),
    Promise("hot: point read and ticket, p99", "10 ms", "2 ms", "hot", points),
    Promise("hot: page of 10,000 with documents; any of Q1–Q9 over 30 days, 6 M receipts", "0.4 s", "0.1 s, and each ≤ the better of DuckDB and chDB", "hot", hot_answers),
    Promise("cold: page of 10,000; any of Q1–Q9 over 20 years, 20 M receipts, cold cache", "30 s", "each ≤ the better of DuckDB and chDB", "cold", cold_answers),
    Promise("cold: each of Q1–Q9, warm and cold cache, against DuckDB on the same Parquet files", "≤ DuckDB", "≤ DuckDB", "cold", same_files),
    Promise("columns and documents in cold, share of the raw bytes, merged to year files", "18 %", "10 %", "compact", size),
    Promise("`serve` at full load, anonymous memory (RssAnon)", "512 MiB", "256 MiB", "mixed", memory),
    Promise("the same while all hot files become cold ones", "1 GiB", "256 MiB", "compact", memory_of_compaction),
    Promise("1,000 connections at 1,000 requests a second, alone and while questions are asked", "p99 < 10 ms alone, < 50 ms beside them, their page cache cold too", "p99 < 20 ms", "mixed", beside_questions),
    Promise("1,000 requests a second while hot files become cold ones: no POST waits for it", "50 ms longer", "and p99 ≤ 50 ms", "mixed", beside_compaction),
    Promise("TPC-H at scale factor 1 on Parquet files", "22 right, total ≤ DuckDB's", "each query ≤ DuckDB's", "tpch", tpch),
    Promise("ready after `kill -9`, 30 hot days", "1 s", "0.3 s", "ready", ready),
    Promise(f"{REGISTRATION}: COMPLETE, p99", "0.5 s", "0.3 s", "registration", registered),
    Promise(f"{REGISTRATION}: POST, p99", "20 ms", "5 ms", "registration", posts_beside_registration),
    Promise("outgoing calls a second on one core, 200 ms each", "2,000", "2,000", "calls", calls),
]


def verdicts(runs: list[Run], of: list[Promise] = PROMISES) -> list[Verdict]:
    """Each promise from the run with the most receipts that has measured it."""
    found = []
    for promise in of:
        for run, part in results.parts(runs, promise.part):
            if figure := promise.figure(part):
                word = AIM_MET if figure.meets and figure.meets_aim else MET if figure.meets else NOT_MET
                found.append(Verdict(promise, figure.text, word, f"{run.name} ({run.receipts:,})"))
                break
        else:
            found.append(Verdict(promise, "–", NOT_MEASURED, ""))
    return found
