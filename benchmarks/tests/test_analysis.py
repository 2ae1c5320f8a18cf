"""Where the time goes: reading EXPLAIN ANALYZE, the shares, and the report's section."""

import unittest

from harness import analysis, report
from harness.measure import Sample
from harness.results import Run
from tests.test_report import part_of_questions

LINES = """Top 100 by revenue DESC, client_id  (100 rows, 0.5 ms)
  Project [client_id, revenue]  (900 rows, 0.01 ms)
    Aggregate by [client_id] [sum(total) AS revenue]  (900 rows, 4.49 ms)
      Scan receipts_accepted [client_id, total]  (2000 rows, 15.0 ms, 5000000 bytes read)
          filter: client_id <> 'a  (1 rows, 99 ms)'
          time: 1.0 ms reading, 6.0 ms inflating, 5.0 ms decoding, 2.5 ms filtering, 0.5 ms else
          read: 20 of 24 files, 21 of 30 row groups, 100 of 900 pages, 2000 of 9000 rows, 5000000 bytes, of 25000000 in the columns of these row groups
100 rows in 12.0 ms, planned in 1e-2 ms; 2000 rows scanned, 5000000 bytes read, 4 files pruned; 3 MiB of memory at most""".splitlines()


class AnalysisTests(unittest.TestCase):
    def test_parse_readsEveryFigure(self):
        found = analysis.parse(LINES)
        self.assertEqual((found["elapsed_ms"], found["planning_ms"]), (12.0, 0.01))
        self.assertEqual([(each["name"], each["rows"], each["ms"]) for each in found["operators"]],
                         [("Top", 100, 0.5), ("Project", 900, 0.01), ("Aggregate", 900, 4.49), ("Scan", 2000, 15.0)])
        scan = found["operators"][-1]
        self.assertEqual(scan["parts"], {"reading": 1.0, "inflating": 6.0, "decoding": 5.0, "filtering": 2.5, "else": 0.5})
        self.assertEqual(scan["read"], {
            "files": [20, 24], "row groups": [21, 30], "pages": [100, 900], "rows": [2000, 9000], "bytes": [5_000_000, 25_000_000]})

    def test_parse_ofAnythingElse_saysSo(self):
        for lines in (["1"], ["Scan t [a]", "1 rows in 2 ms"], LINES[:-1]):
            with self.assertRaises(ValueError):
                analysis.parse(lines)

    def test_analyse_takesMediansOfQuestionAndAnalysisInTurn(self):
        asked = []

        def ask(query):
            asked.append(query)
            number = [90, 3, 33, 1, 31, 2, 32][len(asked) - 1]
            return Sample(number, rows=[[line] for line in LINES[:-1]] + [[LINES[-1].replace("12.0", f"{number}.0")]])

        found = analysis.analyse(ask, "SELECT 1", 3)
        self.assertEqual((found["elapsed_ms"], found["asked_ms"]), (2.0, 32))
        self.assertEqual(asked, ["SELECT 1"] + ["EXPLAIN ANALYZE SELECT 1", "SELECT 1"] * 3)

    def test_shares_addUpToOne_andWhatHTTPTakesBesideIsTheAnswers(self):
        found = analysis.shares({**analysis.parse(LINES), "asked_ms": 17.01})
        self.assertAlmostEqual(sum(share for _, _, share in found), 1.0)
        self.assertEqual(found[0][:2], ("Scan: inflating", 6.0))
        self.assertAlmostEqual(dict((name, ms) for name, ms, _ in found)["answering"], 5.0)
        self.assertAlmostEqual(found[0][2], 6.0 / (20.0 + 5.0 + 0.01))

    def test_shares_ofAQuestionFasterThanItsAnalysis_haveNoAnswerBelowZero(self):
        self.assertEqual(dict((name, ms) for name, ms, _ in analysis.shares({**analysis.parse(LINES), "asked_ms": 3.0}))["answering"], 0.0)

    def test_report_hasASectionOfTheRunsThatWereAnalysed(self):
        cold = part_of_questions(99.0, 40.0)
        self.assertNotIn("Where the time goes", report.section(Run("full", 20, 20, {"cold": cold})))
        cold["questions"]["Q1"]["analysis"] = {**analysis.parse(LINES), "asked_ms": 17.11}
        text = report.section(Run("full", 20, 20, {"hot": part_of_questions(5.0), "cold": cold}))
        self.assertIn("### Where the time goes", text)
        told = "Scan: inflating 6.0 (24 %), answering 5.1 (20 %), Scan: decoding 5.0 (20 %), Aggregate 4.5 (18 %), Scan: filtering 2.5 (10 %)"
        self.assertIn(f"| Q1 | 17.1 | 1.7 | {told} | 2,000 of 9,000 | 5.00 of 25.00 | 4 of 24 | 9 of 30 | 800 of 900 |", text)
        self.assertNotIn("Last thirty days, from the hot tier:", text)


if __name__ == "__main__":
    unittest.main()
