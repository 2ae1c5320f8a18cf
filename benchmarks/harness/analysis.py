"""Where the time of a question goes, by Till's EXPLAIN ANALYZE: its figures, and the report's table of them."""

import re
import statistics
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field

from .measure import Sample

#: What takes less than this share of a question's time is not told of.
LEAST_SHARE = 0.05

_REMARK = re.compile(r"^ *(\w+).*  \((\d+) rows, ([\d.e-]+) ms(?:, \d+ bytes \w+)*\)$")
_PART = re.compile(r"([\d.e-]+) ms (\w+)")
_COUNT = re.compile(r"(\d+) of (\d+) (files|row groups|pages|rows)")
_BYTES = re.compile(r"(\d+) bytes, of (\d+)")
_LAST = re.compile(r"^\d+ rows in ([\d.e-]+) ms, planned in ([\d.e-]+) ms")


@dataclass
class Operator:
    name: str
    rows: int
    #: Of all threads together, without its inputs.
    ms: float
    #: Of a scan: milliseconds by what they were spent on.
    parts: dict[str, float] = field(default_factory=dict)
    #: Of a scan: how many were read of how many, by `files`, `row groups`, `pages`, `rows`, `bytes`.
    read: dict[str, list[int]] = field(default_factory=dict)


def parse(lines: Sequence[str]) -> dict:
    """The figures of an answer of EXPLAIN ANALYZE, as they are saved."""
    operators: list[Operator] = []
    for line in lines:
        if found := _REMARK.match(line):
            operators.append(Operator(found[1], int(found[2]), float(found[3])))
        elif operators and line.lstrip().startswith("time: "):
            operators[-1].parts = {name: float(ms) for ms, name in _PART.findall(line)}
        elif operators and line.lstrip().startswith("read: "):
            operators[-1].read = {name: [int(read), int(all_)] for read, all_, name in _COUNT.findall(line)}
            operators[-1].read |= {"bytes": [int(read), int(all_)] for read, all_ in _BYTES.findall(line)}
    last = _LAST.match(lines[-1])
    if not operators or not last:
        raise ValueError(f"no answer of EXPLAIN ANALYZE: {lines[-1]!r}")
    return {"elapsed_ms": float(last[1]), "planning_ms": float(last[2]), "operators": [asdict(each) for each in operators]}


def analyse(ask: Callable[[str], Sample], query: str, rounds: int) -> dict:
    """The figures of a warm run: of `rounds` the one with the median time, and the median time of the question itself, asked in turn with it."""
    ask(query)
    found, asked = [], []
    for _ in range(rounds):
        found.append(parse([row[0] for row in ask(f"EXPLAIN ANALYZE {query}").rows]))
        asked.append(ask(query).milliseconds)
    middle = sorted(found, key=lambda each: each["elapsed_ms"])[len(found) // 2]
    return {"asked_ms": round(statistics.median(asked), 3), **middle}


def shares(analysis: dict) -> list[tuple[str, float, float]]:
    """What took time, most first: name, milliseconds of all threads, share of all. What a question over HTTP takes beyond planning and
    running is its answer: JSON and the connection."""
    answering = max(0.0, analysis["asked_ms"] - analysis["elapsed_ms"] - analysis["planning_ms"])
    spent: dict[str, float] = {"planning": analysis["planning_ms"], "answering": answering}
    for operator in analysis["operators"]:
        for name, ms in ({f"{operator['name']}: {part}": ms for part, ms in operator["parts"].items()} or {operator["name"]: operator["ms"]}).items():
            spent[name] = spent.get(name, 0.0) + ms
    whole = sum(spent.values()) or 1.0
    return sorted(((name, ms, ms / whole) for name, ms in spent.items()), key=lambda each: -each[2])


def busy(analysis: dict) -> float:
    """How many threads were at work on average while it ran."""
    return sum(operator["ms"] for operator in analysis["operators"]) / max(analysis["elapsed_ms"], 0.01)


def rows(questions: dict[str, dict]) -> list[list[str]]:
    """The table's rows, of the questions that were analysed."""
    found = []
    for name, question in questions.items():
        if "analysis" not in question:
            continue
        analysis = question["analysis"]
        told = ", ".join(f"{part} {_ms(ms)} ({share * 100:.0f} %)" for part, ms, share in shares(analysis) if share >= LEAST_SHARE)
        read = _summed(analysis)
        bytes_ = read.get("bytes")
        found.append([
            name, _ms(analysis["asked_ms"]), f"{busy(analysis):.1f}", told, _of(read.get("rows")), f"{bytes_[0] / 1e6:,.2f} of {bytes_[1] / 1e6:,.2f}" if bytes_ else "–",
            *(_pruned(read.get(kind)) for kind in ("files", "row groups", "pages"))])
    return found


HEAD = ["", "ms", "threads at work", "on what, ms of all threads", "rows read", "MB read", "files left out", "row groups", "pages"]
INTRODUCTION = (
    "By EXPLAIN ANALYZE of a warm run: what takes 5 % of a question's time or more. Milliseconds are of all threads together and so may be more than the "
    "question's; *else* of a scan is finding out what to read, *answering* JSON and HTTP. MB are those read of those that the asked columns have in the row "
    "groups read; row groups left out are of the files read, pages of the row groups read.")


def _summed(analysis: dict) -> dict[str, list[int]]:
    whole: dict[str, list[int]] = {}
    for operator in analysis["operators"]:
        for name, (read, all_) in operator["read"].items():
            before = whole.get(name, [0, 0])
            whole[name] = [before[0] + read, before[1] + all_]
    return whole


def _ms(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def _of(counts: list[int] | None) -> str:
    return f"{counts[0]:,} of {counts[1]:,}" if counts else "–"


def _pruned(counts: list[int] | None) -> str:
    return f"{counts[1] - counts[0]:,} of {counts[1]:,}" if counts else "–"
