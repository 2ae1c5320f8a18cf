"""Verdicts, report and charts from made-up figures; the bar; the questions' texts."""

import datetime
import io
import tempfile
import unittest
import xml.etree.ElementTree as ElementTree
from pathlib import Path

from harness import bucketdoc, charts, processdoc, promises, report, results
from harness.progress import Progress
from harness.queries import DIALECTS, Choice, questions
from harness.receipts import Plan
from harness.results import Run


def figures(value, processor=1.0):
    return {"ms": [value], "median": value, "least": value, "processor_ms": processor}


def part_of_questions(till, duckdb=None, click=None):
    sides = {name: value for name, value in (("Till", till), ("DuckDB", duckdb), ("ClickHouse (chDB)", click)) if value is not None}
    series = {name: figures(value) for name, value in sides.items()}
    return {
        "questions": {"Q1": {"title": "receipt by id", "rows": 1, "differences": {}, "warm": series, "cold": series}},
        "page": {"warm": {**figures(80.0), "bytes": 1, "receipts": 10_000}, "cold": {**figures(80.0), "bytes": 1, "receipts": 10_000}},
        "points": {"receipt": {"p50": 0.5, "p99": 1.0}, "ticket": {"p50": 0.5, "p99": 1.5}}, "memory_peak": 1 << 28}


def verdict(runs, part):
    return next(each for each in promises.verdicts(runs) if each.promise.part == part and each.figure != "–")


class HostileTests(unittest.TestCase):
    def test_eachKind_hasItsRow_andADeadServerIsShown(self):
        kind = {"start_mib": 20, "peak_mib": 1_300, "after_mib": 60, "answered": 12, "refused": 1, "slowest_seconds": 0.5, "is_alive": True, "seconds": 20.0}
        part = {"scale": 1.0, "kinds": {"idle": {**kind, "title": "many"}, "gone": {**kind, "title": "few", "is_alive": False}}}
        text = report.section(Run("default", 20, 20, {"hostile": part}))
        self.assertIn("| many | 1,300 | 60 | 12 | 1 | 0.50 | yes |", text)
        self.assertIn("| few | 1,300 | 60 | 12 | 1 | 0.50 | **no** |", text)


class UploadTests(unittest.TestCase):
    def test_memoryAndVersions_haveTheirTables(self):
        stamp = {"date": "2026-01-01", "commit": "c", "processor": "p", "beside": "nothing"}
        memory = {"file": "CSV", "megabytes": 1_000, "at_once": 4, "records": 20, "seconds": 1.0, "before_mib": 100.2, "most_mib": 140.0, "of_each_mib": 9.95}
        version = {"file": "first", "years": 1, "files": 0, "records": 10, "seconds": 1.0, "per_second": 10.0, "processor_seconds": 0.5}
        rows = [version, {**version, "file": "next", "files": 1, "per_second": 6.0}, {**version, "years": 20, "per_second": 8.0}, {**version, "file": "next", "years": 20, "files": 20, "per_second": 6.0}]
        text = report.markdown([Run("uploads", 0, 0, {"uploads": {"memory": {**stamp, "rows": [memory]}, "versions": {**stamp, "rows": rows}}})], [])
        self.assertIn("| CSV | 4 × 1,000 MB | 20 | 100 | 140 | 10 |", text)
        self.assertIn("10 MiB at most, below 64 required", text)
        self.assertIn("| next | 1 | 1 | 10 | 6 | 0.60 | 0.5 |", text)
        self.assertIn("| next | 20 | 20 | 10 | 6 | 0.75 | 0.5 |", text)


class BucketTests(unittest.TestCase):
    def test_roundTripsAndTheShareLeft_areJudged(self):
        stamp = {"date": "2026-11-24", "commit": "abc", "processor": "two cores"}
        for trips, share, met in ((3, 0.9, "**met**"), (6, 0.89, "**not met**")):
            figures = {"ms": 91.4, "requests": 7, "bytes": 2_500_000, "round_trips": trips}
            bucket = stamp | {"receipts": 6_000_000, "delay_ms": 30.0, "rate_mb": 100.0, "questions": {"Q1": {"title": "receipt by id", "cold": figures, "manifests": figures, "warm": figures}}}
            text = bucketdoc.questions(bucket, report.table)
            self.assertIn("| Q1 receipt by id | 91 ms, 7 requests, 2.5 MB,", text)
            self.assertEqual(text.count(met), 2)
            rounds = lambda rate: [{"per_second": rate, "p99_ms": 4.0}] * 3
            log = stamp | {"measurements": [{"connections": 8, "with": rounds(1_000 * share), "without": rounds(1_000.0)}], "bytes": 700.0, "seconds": 5.0, "beside": "nothing else at work"}
            text = bucketdoc.log(log, report.table)
            self.assertIn(f"| {share:.1%} | 90% | {met} |", text)


class PromiseTests(unittest.TestCase):
    def test_verdicts_withoutFigures_saySo(self):
        self.assertEqual({each.verdict for each in promises.verdicts([])}, {promises.NOT_MEASURED})
        self.assertEqual(len(promises.PROMISES), 17)

    def test_cold_isMetWithinItsBoundAndTheAimOnlyAgainstBothPeers(self):
        for till, duckdb, click, expected in (
            (50.0, 60.0, 70.0, promises.AIM_MET), (50.0, 40.0, 70.0, promises.MET), (50.0, 60.0, None, promises.MET), (31_000.0, 60_000.0, 70_000.0, promises.NOT_MET)):
            found = verdict([Run("full", 20, 20, {"cold": part_of_questions(till, duckdb, click)})], "cold")
            self.assertEqual(found.verdict, expected, (till, duckdb, click))

    def test_cold_namesTheQuestionsThatAreBehind(self):
        self.assertIn("Q1 1.25 ×", verdict([Run("full", 20, 20, {"cold": part_of_questions(50.0, 40.0, 70.0)})], "cold").figure)

    def test_sameFiles_areJudgedByTheWorstOfWarmAndCold(self):
        for cold, expected in ((50.0, promises.AIM_MET), (51.0, promises.NOT_MET)):
            sides = lambda till: {"Till": figures(till), promises.ON_OUR_FILES: figures(50.0)}
            question = {"title": "receipt by id", "rows": 1, "differences": {}, "warm": sides(50.0), "cold": sides(cold)}
            found = promises.same_files({"questions": {"Q1": question}})
            word = promises.AIM_MET if found.meets_aim else promises.MET if found.meets else promises.NOT_MET
            self.assertEqual(word, expected, cold)
            self.assertIn(f"{max(cold / 50, 1):.2f} ×", found.text)

    def test_memory_countsWhileFilesBecomeColdToo(self):
        for mebibytes, meets in ((1_024, True), (1_025, False)):
            self.assertEqual(promises.memory_of_compaction({"memory_peak": mebibytes << 20, "seconds": 9.0}).meets, meets)

    def test_besideQuestions_theWorstP99Counts(self):
        for alone, hot, cold, expected in ((5, 11, 19, (True, True)), (5, 11, 49, (True, False)), (5, 11, 50, (False, False)), (11, 11, 19, (False, False))):
            part = {name: {"post": {"p99_ms": p99}} for name, p99 in (("alone", alone), ("with hot questions", hot), ("with cold questions", cold))}
            found = promises.beside_questions(part)
            self.assertEqual((found.meets, found.meets_aim), expected)

    @staticmethod
    def mixed(slowest):
        return {"alone": {"post": {"max_ms": 20.0}}, "with a compaction": {"post": {"max_ms": slowest, "p99_ms": 9.0}, "rows_moved": 5}}

    def test_besideCompaction_theSlowestPostCounts_beyondTheSlowestWithoutOne(self):
        for slowest, meets in ((70.0, True), (70.1, False)):
            self.assertEqual(promises.beside_compaction(self.mixed(slowest)).meets, meets)

    def test_verdict_isOfTheGreatestRunThatHasTheFigure(self):
        without = Run("full", 20, 20, {"mixed": {"alone": {"post": {"max_ms": 20.0}}}})
        of = [each for each in promises.PROMISES if each.figure is promises.beside_compaction]
        self.assertEqual(promises.verdicts([without], of)[0].verdict, promises.NOT_MEASURED)
        self.assertEqual(promises.verdicts([without, Run("default", 2, 20, {"mixed": self.mixed(30.0)})], of)[0].source, "default (2)")

    def test_verdict_isOfTheGreatestRun(self):
        small, large = Run("default", 2, 20, {"ready": {"seconds": [0.5], "hot_files": 30}}), Run("full", 20, 20, {"ready": {"seconds": [11.0], "hot_files": 30}})
        found = verdict(sorted([small, large], key=lambda run: -run.receipts), "ready")
        self.assertEqual((found.verdict, found.source), (promises.NOT_MET, "full (20)"))

    def test_posts_compareRoundByRound(self):
        rounds = lambda *rates: [{"per_second": rate, "p50_ms": 1, "p99_ms": 2, "processor_us": 3} for rate in rates]
        part = {"measurements": [
            {"what": "single", "side": "Till", "connections": 64, "rounds": rounds(30, 20, 10)},
            {"what": "single", "side": "PostgreSQL", "connections": 64, "rounds": rounds(15, 10, 5)},
            {"what": "single", "side": "Till, 204", "connections": 64, "rounds": rounds(60, 40, 20)}]}
        found = verdict([Run("peers", 2, 20, {"ingest": part})], "ingest")
        self.assertEqual(found.verdict, promises.AIM_MET)
        self.assertIn("2.00 ×; 50%", found.figure)

    def test_size_isAShareOfTheRawBytesOfTheSameRows(self):
        part = {"raw_bytes_loaded": 2_000_000, "receipts_loaded": 1_000, "rows": 900, "bytes": 360 * 900}
        found = verdict([Run("full", 2, 20, {"compact": part})], "compact")
        self.assertEqual(found.verdict, promises.MET)
        self.assertIn("18.0 %", found.figure)

    def test_tpch_withAWrongAnswer_isNotMet(self):
        def word(right, last):
            queries = {f"q{n:02}": {"agrees": n > 22 - right, "Till": 1.0 if n < 22 else last, "DuckDB": 2.0} for n in range(1, 23)}
            return verdict([Run("default", 2, 20, {"tpch": {"totals": {"Till": [100.0], "DuckDB": [200.0]}, "queries": queries}})], "tpch").verdict

        self.assertEqual([word(21, 1.0), word(22, 2.1), word(22, 2.0)], [promises.NOT_MET, promises.MET, promises.AIM_MET])

    def test_registration_hasAVerdictForEachOfItsTwoTimes(self):
        for complete, post, expected in ((0.2, 4.0, [promises.AIM_MET] * 2), (0.4, 19.0, [promises.MET] * 2), (0.6, 21.0, [promises.NOT_MET] * 2)):
            part = {"complete_seconds": {"p50": 0.2, "p99": complete, "max": 9.0}, "post": {"p50_ms": 1.0, "p99_ms": post, "max_ms": 200.0}, "receipts": 1, "rate": 1_000,
                    "processor_seconds": {"till": 1.0, "registrars": 1.0}}
            run = Run("peers", 2, 20, {"registration": part})
            self.assertEqual([each.verdict for each in promises.verdicts([run]) if each.promise.part == "registration"], expected)
            self.assertIn(f"p99 {post} ms", report.section(run))

    def test_calls_areMetFromTwoThousandOn(self):
        for rate, expected in ((1_999, promises.NOT_MET), (2_000, promises.AIM_MET)):
            each = {"calls": 10, "connections": 2, "seconds": 1.0, "per_second": rate, "per_processor_second": 5_000}
            run = Run("peers", 2, 20, {"calls": {"receipts": 5, "delay_seconds": 0.2, **each, "rounds": [each]}})
            self.assertEqual(verdict([run], "calls").verdict, expected)
            self.assertIn(f"{rate:,}", report.section(run))


class ColumnPromiseTests(unittest.TestCase):
    @staticmethod
    def part(till=10.0, two=5.0, pages=3):
        times = {"till": {"ms": till, "processor_ms": till}, "till2": {"ms": two, "processor_ms": till}}
        for side in ("arrow", "duck", "duck2"):
            times[side] = {"ms": 10.0, "processor_ms": 10.0}
        write = {"rows": 10, "till": {"ms": till}, "arrow": {"ms": 10.0}, "bytes": {"till": 90, "duck": 100, "arrow": 110}}
        return {
            "decode": {column: times for column in promises.KINDS.values()}, "write": {"all columns": write}, "bytes": 1 << 20, "text": "figures",
            "lookup": {"rows": 5_000_000, "ms": 4.0, "p90_ms": 4.5, "processor_ms": 3.0, "pages": pages, "pages_share": 0.995, "duckdb_ms": 20.0}}

    def verdicts(self, part):
        return {each.promise.what.split(",")[0]: each.verdict for each in promises.verdicts([Run("default", 2, 20, {"columns": part})], promises.COLUMN_PROMISES)}

    def test_verdicts_followTheFigures(self):
        self.assertEqual(set(self.verdicts(self.part()).values()), {promises.AIM_MET})
        slow = self.verdicts(self.part(till=15.0, two=9.0))
        self.assertEqual((slow["decode"], slow["write"], slow["whole file to batches on two cores"]), (promises.MET, promises.MET, promises.NOT_MET))
        self.assertEqual(self.verdicts(self.part(till=21.0))["decode"], promises.NOT_MET)
        self.assertEqual(self.verdicts(self.part(pages=4))["look-up by a bloom-filtered id in 5 M rows"], promises.NOT_MET)

    def test_report_showsEachWithItsVerdict(self):
        run = Run("default", 2, 20, {"columns": self.part()})
        text = report.section(run)
        for promise in promises.COLUMN_PROMISES:
            self.assertIn(f"| {promise.what} | {promise.required} | {promise.aim} |", text)


class ProcessReportTests(unittest.TestCase):
    STAMP = {"date": "2026-11-24", "commit": "abc", "processor": "2 × test", "beside": "nothing else at work"}

    @staticmethod
    def lines(text):
        return {line.split(" | ")[0].removeprefix("| "): line for line in text.splitlines() if line.startswith("| ")}

    def test_queues_areJudgedByMedians_andComparedRoundByRound(self):
        sides = {"till": {"messages_per_second": [9_000, 20_000, 12_000]}, "postgresql": {"messages_per_second": [1_000, 4_000, 2_000]}}
        slow = {"till": {"messages_per_second": [1_900, 1_999, 9_000]}}
        waiting = {"messages": 1_000_000, "mib": 20.0, "mib_after_kill": 64.0, "ready_seconds_after_kill": 0.2, "file_mib": 700}
        part = {"machine": {"workers": 16}, "by_tens": sides, "singly": slow, "waiting": waiting} | self.STAMP
        rows = self.lines(processdoc.queues(part, report.table))
        tens, singly = (rows[what] for what, _ in processdoc.WAYS.values())
        self.assertIn("12,000 (9,000 to 20,000)", tens)
        self.assertIn("6.0 ×", tens)
        self.assertIn("**met**", tens)
        self.assertIn("**not met**", singly)
        self.assertIn("**not met**", rows["anonymous memory with 1,000,000 messages that wait"])

    def test_executions_areJudgedByTheWorseOfBothMemories(self):
        part = {
            "executions": 100_000, "transitions_per_second": 3_000, "drain_seconds": 9.0, "running_after_kill": 100_000, "waiting_mib": 30, "ready_mib": 255, "ready_seconds": 5.01,
            "timer_late_ms_max": 30.0, "starts_per_second": 5_000, "file_mib": 100} | self.STAMP
        rows = self.lines(processdoc.executions(part, report.table))
        self.assertIn("**met**", rows["transitions a second"])
        self.assertIn("**met**", rows["anonymous memory with 100,000 running executions"])
        self.assertIn("**not met**", rows["ready after `kill -9` with them"])
        lost = self.lines(processdoc.executions(part | {"running_after_kill": 99_999}, report.table))
        self.assertIn("**not met**", lost["anonymous memory with 99,999 running executions"])

    def test_report_hasBothSections(self):
        waiting = {"machine": {"workers": 1}, "by_tens": {"till": {"messages_per_second": [1]}}, "singly": {"till": {"messages_per_second": [1]}}} | self.STAMP
        text = report.markdown([Run("queues", 0, 0, {"queues": waiting})], [])
        self.assertIn("## Queues", text)
        self.assertNotIn("## Executions", text)


class ReportTests(unittest.TestCase):
    def test_write_isReadableAgainAndNamesEveryPromise(self):
        run = Run("full", 20_000_000, 20, {"cold": part_of_questions(50.0, 40.0, 70.0), "hot": part_of_questions(5.0, 4.0)}, {"processor": "2 × test"})
        with tempfile.TemporaryDirectory() as folder:
            run.save(Path(folder))
            self.assertEqual(results.read(Path(folder), "full"), run)
            report.write(Path(folder), False)
            text = (Path(folder) / "RESULTS.md").read_text()
            for promise in promises.PROMISES:
                self.assertIn(promise.what, text)
            self.assertIn("**met**", text)
            self.assertIn("charts/cold-full.svg", text)
            ElementTree.parse(Path(folder) / "charts/cold-full.svg")

    def test_section_namesTheProcessorOfEachPart(self):
        parts = {"cold": {**part_of_questions(50.0), "date": "2026-01-01", "commit": "abc", "processor": "2 × one"},
                 "hot": {**part_of_questions(5.0), "date": "2026-01-02", "commit": "def", "processor": "2 × other"}}
        text = report.section(Run("full", 20, 20, parts, {"processor": "2 × other"}))
        self.assertIn("Measured 2026-01-01 at abc on 2 × one, 2026-01-02 at def on 2 × other.", text)

    def test_write_withoutAnyFigure_leavesTheReportAlone(self):
        with tempfile.TemporaryDirectory() as folder:
            report.write(Path(folder), False)
            self.assertFalse((Path(folder) / "RESULTS.md").exists())

    def test_readAll_putsTheLargestFirstAndOfEqualsTheFuller(self):
        with tempfile.TemporaryDirectory() as folder:
            for name, receipts in (("default", 2), ("peers", 2), ("full", 20), ("size-1", 1)):
                Run(name, receipts, 20).save(Path(folder))
            self.assertEqual([run.name for run in results.read_all(Path(folder))], ["full", "peers", "default", "size-1"])

    def test_withFigures_replacesWhatStandsBetweenTheMarks(self):
        run = Run("full", 20, 20, {"ready": {"seconds": [0.5], "hot_files": 30}})
        before = f"a\n{report.MARKS[0]}\nREPLACED\n{report.MARKS[1]}\nb\n"
        once = report.with_figures(before, [run], ["cold-full"])
        self.assertTrue(once.startswith("a\n") and once.endswith("\nb\n"))
        self.assertNotIn("REPLACED", once)
        self.assertIn("benchmarks/charts/cold-full.svg", once)
        self.assertEqual(report.with_figures(once, [run], ["cold-full"]), once)
        self.assertEqual(report.with_figures("no marks", [run], []), "no marks")

    def test_bars_growWithTheirValues(self):
        picture = charts.bars("a & <b>", "ms", [("one", {"Till": 1.0, "DuckDB": 10.0}), ("two", {"Till": 100.0})])
        tree = ElementTree.fromstring(picture)
        rects = [float(rect.get("width")) for rect in tree.iter("{http://www.w3.org/2000/svg}rect")][2:]
        self.assertEqual(len(rects), 3)
        self.assertEqual(rects, sorted(rects))

    def test_lines_areWellFormedAndLabelled(self):
        tree = ElementTree.fromstring(charts.lines("t", "x", "y", {"Q1": [(1, 1.0), (20, 1.0)], "Q2": [(1, 2.0), (20, 30.0)]}))
        texts = [text.text for text in tree.iter("{http://www.w3.org/2000/svg}text")]
        self.assertIn("Q1", texts)
        self.assertIn("Q2", texts)

    def test_ticks_encloseTheRange(self):
        for least, greatest in ((1, 10), (0.3, 0.9), (5, 5), (1, 1_000)):
            marks = charts.ticks(least, greatest)
            self.assertLessEqual(marks[0], least)
            self.assertGreaterEqual(marks[-1], greatest)
            self.assertGreater(len(marks), 1)


class RunTests(unittest.TestCase):
    def test_progress_goesByExpectedSecondsAndEndsFull(self):
        progress = Progress([("load", 30.0), ("ask", 10.0)], stream=io.StringIO())
        progress.begin("load")
        progress.advance(0.5)
        self.assertAlmostEqual(progress.share, 15 / 40)
        progress.advance(0.2)
        self.assertAlmostEqual(progress.share, 15 / 40)
        progress.end()
        progress.begin("ask")
        progress.end()
        self.assertAlmostEqual(progress.share, 1.0)
        self.assertAlmostEqual(progress.remaining_seconds(), 0.0)

    def test_plan_coversTheYearsUpToToday(self):
        plan = Plan(datetime.date(2026, 11, 20), 20, 14, 6, 1)
        self.assertEqual(plan.since, datetime.date(2026, 10, 22))
        self.assertEqual(plan.cold_stream.first_day + datetime.timedelta(days=plan.cold_stream.days), plan.since)
        self.assertAlmostEqual((plan.today - plan.first_day).days, 20 * 365.25, delta=2)
        streams = [plan.cold_stream, plan.live_stream, *plan.hot_streams]
        self.assertEqual(len({stream.prefix for stream in streams}), len(streams))
        self.assertEqual({stream.catalogue for stream in streams}, {1})

    def test_hotStreams_addUpAndHaveADayEach(self):
        plan = Plan(datetime.date(2026, 11, 20), 20, 14, 6_000_001, 1)
        self.assertEqual(sum(stream.total for stream in plan.hot_streams), 6_000_001)
        self.assertEqual(len({stream.first_day for stream in plan.hot_streams}), 30)
        self.assertEqual(plan.hot_streams[-1].first_day, plan.today)

    def test_questions_haveATextInEveryDialect(self):
        common = dict(client="C1", receipt_id="R", receipt_day="2025-01-01", week=("2025-03-03", "2025-03-10"), hour=("2025-03-03 15:00:00", "2025-03-03 16:00:00"),
                      product="48", month=("2025-05-01", "2025-06-01"), word="Кава")
        for choice in (Choice(**common, since=None, fortnight=None), Choice(**common, since="2025-03-01", fortnight=("2025-03-05", "2025-03-19"))):
            asked = questions(choice)
            self.assertEqual([question.name for question in asked], ["Q1", "Q2a", "Q2b", "Q3", "Q4", "Q5", "Q6", "Q7", "Q8", "Q9"])
            for question in asked:
                self.assertEqual(set(question.texts), set(DIALECTS))


if __name__ == "__main__":
    unittest.main()
