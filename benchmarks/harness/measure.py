"""Timing two or more sides alternately, so that the noise of the machine falls on all of them."""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass
class Timing:
    milliseconds: list[float]

    @property
    def median(self) -> float:
        return statistics.median(self.milliseconds)

    @property
    def least(self) -> float:
        return min(self.milliseconds)

    def __str__(self) -> str:
        return f"{self.least:.1f} / {self.median:.1f}"


def alternate(sides: dict[str, Callable[[], object]], runs: int, before: Callable[[], None] | None = None) -> tuple[dict[str, Timing], dict[str, object]]:
    """Runs every side once to warm up (unless `before` cools down), then `runs` times in turn. The last answer of each comes back too."""
    timings: dict[str, list[float]] = {name: [] for name in sides}
    answers: dict[str, object] = {}
    if before is None:
        for name, run in sides.items():
            answers[name] = run()
    for _ in range(runs):
        for name, run in sides.items():
            if before is not None:
                before()
            start = time.perf_counter()
            answers[name] = run()
            timings[name].append((time.perf_counter() - start) * 1000)
    return {name: Timing(values) for name, values in timings.items()}, answers


def same(left: Sequence[Sequence[object]], right: Sequence[Sequence[object]]) -> bool:
    """Whether two answers agree: same rows in the same order, numbers by value, texts by letter."""
    if len(left) != len(right):
        return False
    return all(len(a) == len(b) and all(_equal(x, y) for x, y in zip(a, b)) for a, b in zip(left, right))


def _equal(left: object, right: object) -> bool:
    if left is None or right is None:
        return left is right
    texts = [str(value).replace(" ", "T") for value in (left, right)]
    try:
        from decimal import Decimal

        return Decimal(texts[0]) == Decimal(texts[1])
    except ArithmeticError:
        # Dates against timestamps at midnight, and zones written Z or +00:00.
        plain = [text.replace("Z", "").removesuffix("+00:00").removesuffix(".000000").removesuffix("T00:00:00") for text in texts]
        return plain[0] == plain[1]
