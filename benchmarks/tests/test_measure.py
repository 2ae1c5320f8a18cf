"""Percentiles, agreement of answers, and that sides take turns."""

import datetime
import unittest
from decimal import Decimal

from harness.measure import Sample, alternate, difference, percentile, spread


class PercentileTests(unittest.TestCase):
    def test_percentile_isTheNearestRank(self):
        values = list(range(1, 101))
        self.assertEqual([percentile(values, share) for share in (0.5, 0.9, 0.99, 0.999, 1.0)], [50, 90, 99, 100, 100])

    def test_percentile_ofOneValue_isThatValue(self):
        self.assertEqual([percentile([7.5], share) for share in (0.0, 0.5, 1.0)], [7.5] * 3)

    def test_percentile_agreesWithCounting(self):
        import random

        random.seed(1)
        for count in (1, 2, 3, 7, 99, 100, 101, 1_000):
            values = [random.randrange(50) for _ in range(count)]
            for share in (0.01, 0.5, 0.95, 0.99, 0.999):
                found = percentile(values, share)
                self.assertGreaterEqual(sum(value <= found for value in values), share * count - 1e-9)
                self.assertLess(sum(value < found for value in values), share * count + 1e-9)

    def test_percentile_ofNothing_isRefused(self):
        self.assertRaises(ValueError, percentile, [], 0.5)

    def test_spread_namesEveryFigure(self):
        self.assertEqual(spread([3.0, 1.0, 2.0]), {"count": 3, "p50": 2.0, "p90": 3.0, "p99": 3.0, "p999": 3.0, "max": 3.0})


class DifferenceTests(unittest.TestCase):
    def test_difference_ofTheSameInOtherWriting_isNone(self):
        till = [["2025-01-01T00:00:00.000000", "12.5000", 3, None, "2025-03-03T15:00:00.250000Z"]]
        peer = [[datetime.date(2025, 1, 1), Decimal("12.5"), "3", None, datetime.datetime(2025, 3, 3, 15, 0, 0, 250_000, datetime.timezone.utc)]]
        self.assertIsNone(difference(till, peer))

    def test_difference_saysWhere(self):
        self.assertIn("row 1", difference([["a"], ["b"]], [["a"], ["c"]]))
        self.assertIn("1 rows against 2", difference([["a"]], [["a"], ["b"]]))
        self.assertIsNotNone(difference([[None]], [[0]]))
        self.assertIsNotNone(difference([["0.1"]], [["0.10001"]]))

    def test_difference_doesNotTakeTextsForNumbers(self):
        self.assertIsNotNone(difference([["10:00"]], [["10"]]))


class AlternateTests(unittest.TestCase):
    def test_alternate_warmsUpThenTakesTurns(self):
        order = []
        side = lambda name: lambda: order.append(name) or Sample(1.0, 0.5, [[name]])
        series, answers = alternate({"a": side("a"), "b": side("b")}, 3)
        self.assertEqual("".join(order), "ab" + "ab" + "ba" + "ab")
        self.assertEqual(len(series["a"].milliseconds), 3)
        self.assertEqual(answers["b"], [["b"]])

    def test_alternate_withCooling_coolsBeforeEachAndDoesNotWarmUp(self):
        order = []
        alternate({"a": lambda: order.append("run") or Sample(1.0)}, 2, before=lambda name: order.append(f"cool {name}"))
        self.assertEqual(order, ["cool a", "run", "cool a", "run"])


if __name__ == "__main__":
    unittest.main()
