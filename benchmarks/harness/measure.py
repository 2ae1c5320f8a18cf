"""Timing two or more sides alternately, so that the noise of the machine falls on all of them; percentiles; comparing answers."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation


@dataclass
class Sample:
    """One answer of one side."""

    milliseconds: float
    processor_milliseconds: float = 0.0
    rows: list[list[object]] | None = None
    #: Fetched from storage.
    read_bytes: int = 0


@dataclass
class Series:
    """The samples of one side and question."""

    milliseconds: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)
    read_bytes: list[int] = field(default_factory=list)

    def add(self, sample: Sample) -> None:
        self.milliseconds.append(sample.milliseconds)
        self.processor.append(sample.processor_milliseconds)
        self.read_bytes.append(sample.read_bytes)

    def figures(self) -> dict[str, object]:
        """As it is saved: every time, and what is stated of them."""
        return {
            "ms": [round(value, 3) for value in self.milliseconds], "median": round(statistics.median(self.milliseconds), 3),
            "least": round(min(self.milliseconds), 3), "processor_ms": round(statistics.median(self.processor), 3),
            "read_bytes": int(statistics.median(self.read_bytes))}


def percentile(values: Sequence[float], share: float) -> float:
    """The least of `values` that `share` (0 to 1) of them do not exceed: nearest rank, no interpolation."""
    if not values:
        raise ValueError("no values")
    ordered = sorted(values)
    rank = max(1, -(-len(ordered) * round(share * 10_000) // 10_000))
    return ordered[rank - 1]


def spread(values: Sequence[float]) -> dict[str, float]:
    """The percentiles that are reported of latencies, in the unit of `values`."""
    return {
        "count": len(values), "p50": percentile(values, 0.5), "p90": percentile(values, 0.9), "p99": percentile(values, 0.99),
        "p999": percentile(values, 0.999), "max": max(values)}


def alternate(
    sides: dict[str, Callable[[], Sample]], runs: int, before: Callable[[str], None] | None = None,
) -> tuple[dict[str, Series], dict[str, list[list[object]] | None]]:
    """Runs every side once to warm up (unless `before`, which gets the side's name, cools down), then `runs` times in turn, the first
    side another one each time. The last answer of each side comes back too."""
    series = {name: Series() for name in sides}
    answers: dict[str, list[list[object]] | None] = {}
    if before is None:
        for name, run in sides.items():
            answers[name] = run().rows
    names = list(sides)
    for turn in range(runs):
        for name in names[turn % len(names):] + names[: turn % len(names)]:
            if before is not None:
                before(name)
            sample = sides[name]()
            series[name].add(sample)
            answers[name] = sample.rows
    return series, answers


def difference(left: Sequence[Sequence[object]], right: Sequence[Sequence[object]]) -> str | None:
    """None when two answers agree: same rows in the same order, numbers by value, texts by letter; else the first place where not."""
    if len(left) != len(right):
        return f"{len(left)} rows against {len(right)}"
    for number, (a, b) in enumerate(zip(left, right)):
        if len(a) != len(b):
            return f"row {number}: {len(a)} columns against {len(b)}"
        for x, y in zip(a, b):
            if not _equal(x, y):
                return f"row {number}: {x!r} against {y!r}"
    return None


def _equal(left: object, right: object) -> bool:
    if left is None or right is None:
        return left is right
    texts = [str(value) for value in (left, right)]
    if texts[0] == texts[1]:
        return True
    try:
        return Decimal(texts[0]) == Decimal(texts[1])
    except InvalidOperation:
        return _plain(texts[0]) == _plain(texts[1])


def _plain(text: str) -> str:
    """Dates against timestamps at midnight, and zones written Z or +00:00."""
    text = text.replace(" ", "T").replace("Z", "").removesuffix("+00:00")
    if "." in text:
        text = text.rstrip("0").removesuffix(".")
    return text.removesuffix("T00:00:00")
