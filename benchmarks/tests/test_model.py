"""The model against lines that are known, and its own laws: nothing gets cheaper by growing."""

import unittest

from harness.model import Assumptions, Line, Measured, Model, error, fit, grown


def measured(**other):
    return Measured(**{
        "raw_bytes_each": 2_000.0, "stored_bytes": Line(0, 400.0), "load_rate": 50_000.0, "ready_seconds": Line(0.05, 1e-6), "memory_bytes": Line(2e8, 0),
        "plan_seconds": Line(0.004, 6.5e-6), "cold_seconds": {"Q6": Line(0.01, 2e-8)}, "processor_seconds": {"Q6": Line(0.005, 3e-8)},
        "bytes_read": {"Q6": Line(1e5, 10.0)}, **other})


class FitTests(unittest.TestCase):
    def test_fit_findsAKnownLine(self):
        line = fit([(size, 3.0 + 0.5 * size) for size in (1, 2, 5, 10, 20)])
        self.assertAlmostEqual(line.fixed, 3.0, places=6)
        self.assertAlmostEqual(line.each, 0.5, places=6)
        self.assertLess(error(line, [(7, 6.5)]), 1e-6)

    def test_fit_withNoise_staysNear(self):
        points = [(size, (3.0 + 0.5 * size) * factor) for size, factor in ((1, 1.1), (2, 0.9), (5, 1.05), (10, 0.95), (20, 1.02))]
        self.assertAlmostEqual(fit(points).at(100), 53.0, delta=6)

    def test_fit_neverGivesANegativePart(self):
        falling = fit([(1, 10.0), (10, 9.0)])
        self.assertEqual(falling.each, 0.0)
        self.assertTrue(9 <= falling.fixed <= 10)
        steep = fit([(1, 1.0), (10, 20.0)])
        self.assertEqual(steep.fixed, 0.0)
        self.assertTrue(1 <= steep.each <= 2)

    def test_grown_takesAConstantWhereNothingGrows(self):
        self.assertEqual(grown([(1, 9.0), (10, 11.0), (20, 10.0)]), Line(10.0, 0.0))
        self.assertGreater(grown([(1, 1.0), (10, 10.0), (20, 21.0)]).each, 0.9)

    def test_fit_ofOnePoint_isProportional(self):
        self.assertEqual(fit([(4, 8.0)]), Line(0.0, 2.0))
        self.assertRaises(ValueError, fit, [])


class ModelTests(unittest.TestCase):
    def test_receipts_followFromTheRawBytes(self):
        self.assertEqual(Model(measured()).receipts(20), 14e12 / 2_000 * 20)

    def test_files_areNeverAboveTheCeilingNorFewerThanYears(self):
        model = Model(measured(), Assumptions(file_bytes_max=4e8))
        self.assertEqual(model.files(10_000_000, 1), 10)
        self.assertEqual(model.files(1_000, 20), 20)

    def test_answer_isSlowerWithMoreReceiptsAndFasterWithMoreCores(self):
        model = Model(measured())
        sizes = [model.answer("Q6", 10.0 ** power, 20, 2).seconds for power in range(6, 13)]
        self.assertEqual(sizes, sorted(sizes))
        cores = [model.answer("Q6", 1e11, 20, count).seconds for count in (2, 4, 16, 64)]
        self.assertEqual(cores, sorted(cores, reverse=True))

    def test_answer_saysWhatBoundsIt(self):
        model = Model(measured())
        self.assertEqual(model.answer("Q6", 1e11, 20, 2).bound, "processor")
        self.assertEqual(model.answer("Q6", 1e11, 20, 10_000).bound, "disk")

    def test_workersFor_isTheFewest(self):
        model = Model(measured())
        size = model.receipts(20)
        workers = model.workers_for("Q6", size, 20, 30)
        self.assertLessEqual(model.answer_on_bucket("Q6", size, 20, workers).seconds, 30)
        self.assertGreater(model.answer_on_bucket("Q6", size, 20, workers - 1).seconds, 30)

    def test_workersFor_whenThePlanAloneIsTooLong_isNone(self):
        model = Model(measured(plan_seconds=Line(31, 0)))
        self.assertIsNone(model.workers_for("Q6", 1e6, 20, 30))

    def test_breakingPoints_areInOrderAndTrue(self):
        model = Model(measured())
        points = model.breaking_points()
        self.assertEqual([size for _, size in points], sorted(size for _, size in points))
        text, size = next(point for point in points if "on 2 cores" in point[0])
        self.assertIn("Q6", text)
        years = size / model.receipts_a_year
        self.assertGreater(model.answer("Q6", size * 1.001, years, 2).seconds, 30)
        self.assertLess(model.answer("Q6", size * 0.999, years, 2).seconds, 30)

    def test_dollars_growWithYearsAndWorkers(self):
        model = Model(measured())
        self.assertLess(model.dollars_a_month(1, "bucket", 4), model.dollars_a_month(20, "bucket", 4))
        self.assertLess(model.dollars_a_month(20, "bucket", 4), model.dollars_a_month(20, "bucket", 8))
        stored = 400 * model.receipts(20) / 1e9
        self.assertAlmostEqual(model.dollars_a_month(20, "bucket", 0), stored * Assumptions().bucket_dollars_a_gb_month)


if __name__ == "__main__":
    unittest.main()
