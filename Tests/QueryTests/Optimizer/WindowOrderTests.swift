@testable import Query
import XCTest

/// Goal: windows that one order serves are sorted once, others by themselves.
///
/// Method: what EXPLAIN says of planned statements, and answers of such windows beside those of one window a statement, in memory and in little of it.
final class WindowOrderTests: XCTestCase {
    /// Of each window, from the top: what it is partitioned and ordered by, and who sorts.
    private func windows(_ calls: String...) throws -> [String] {
        let calls = calls.enumerated().map { "\($1) AS c\($0)" }.joined(separator: ", ")
        let text = Explain.text(try VerifiedPlan.make("SELECT \(calls) FROM t", in: TestTables.context()))
        return text.split(separator: "\n").filter { $0.contains("Window [") }.map { line in
            line.split(separator: "] ", maxSplits: 1).dropFirst().joined()
        }
    }

    func test_orders_thatServeSeveralWindows() throws {
        XCTAssertEqual(
            try windows("count(*) OVER (PARTITION BY s, u, day)", "rank() OVER (PARTITION BY s, u ORDER BY day, l)"),
            [#"partition by s, u order by "day", l as sorted"#, #"partition by s, u, "day" sorted by s, u, "day", l"#])
        XCTAssertEqual(
            try windows("rank() OVER (PARTITION BY s ORDER BY l DESC)", "sum(l) OVER (PARTITION BY s)", "count(*) OVER (PARTITION BY l, s ORDER BY i)"),
            ["partition by l, s order by i as sorted", "partition by s as sorted", "partition by s order by l DESC sorted by s, l DESC, i"])
        XCTAssertEqual(
            try windows("max(i) OVER (PARTITION BY s, u, l)", "max(i) OVER (PARTITION BY u)"), ["partition by u as sorted", "partition by s, u, l sorted by u, s, l"])
        XCTAssertEqual(
            try windows("row_number() OVER (ORDER BY s, l)", "rank() OVER (ORDER BY s)", "max(i) OVER (PARTITION BY s)"),
            ["partition by s as sorted", "order by s as sorted", "order by s, l sorted by s, l"])
        // One between them that another order asks for.
        XCTAssertEqual(
            try windows("rank() OVER (PARTITION BY s ORDER BY l)", "rank() OVER (PARTITION BY u ORDER BY l)", "count(*) OVER (PARTITION BY s)"),
            ["partition by u order by l", "partition by s as sorted", "partition by s order by l sorted by s, l"])
    }

    func test_orders_thatServeOneAlone() throws {
        for calls in [
            ["rank() OVER (PARTITION BY s ORDER BY l)", "rank() OVER (PARTITION BY s ORDER BY l DESC)"], ["rank() OVER (PARTITION BY s ORDER BY l)", "rank() OVER (PARTITION BY s ORDER BY i)"],
            ["rank() OVER (PARTITION BY s ORDER BY l)", "count(*) OVER (PARTITION BY u)"], ["rank() OVER (PARTITION BY s ORDER BY l)", "count(*) OVER (PARTITION BY s, u)"],
            ["rank() OVER (PARTITION BY s ORDER BY l)", "count(*) OVER ()"], ["rank() OVER (PARTITION BY s ORDER BY random())", "count(*) OVER (PARTITION BY s)"],
        ] {
            let found = try windows(calls[0], calls[1])
            XCTAssertEqual(found.count, 2, "\(calls)")
            XCTAssertFalse(found.contains { $0.contains("sorted") }, "\(calls): \(found)")
        }
    }

    /// A window that asks for what another one below it computes stays above that one, whatever order a lower one has.
    func test_windowsOverAnothersAnswers_stayAboveIt() throws {
        let query = """
            SELECT i, c0, c1, count(*) OVER (PARTITION BY i % 3, c1) AS c2
            FROM (SELECT i, count(*) OVER (PARTITION BY i % 3) AS c0, count(*) OVER (PARTITION BY i % 2) AS c1 FROM generate_series(0, 6) t(i)) w ORDER BY i
            """
        XCTAssertEqual(
            try QueryFixture().rows(query).split(separator: "|").map(String.init), ["0,3,4,2", "1,2,3,1", "2,2,4,1", "3,3,3,1", "4,2,4,1", "5,2,3,1", "6,3,4,2"])
    }

    /// The answers of both, by a number of the row, are those of each alone.
    func test_answers_ofWindowsThatShare_areTheirs() throws {
        let rows = """
            (SELECT g, CASE WHEN g % 11 = 0 THEN NULL ELSE g % 5 END AS a, CASE WHEN g % 17 = 0 THEN NULL ELSE 'b' || g % 9 END AS b, g * 7919 % 100 AS v FROM generate_series(1, 40000) s(g)) q
            """
        let narrow = QueryFixture(settings: QueryEngine.Settings(threadCount: 2, memoryByteCountMax: 64 << 20, queryMemoryByteCountMax: 2 << 20))
        for (one, other) in [
            ("sum(v) OVER (PARTITION BY a, b)", "rank() OVER (PARTITION BY a ORDER BY b, v)"), ("rank() OVER (PARTITION BY a ORDER BY b DESC NULLS LAST)", "sum(v) OVER (PARTITION BY b, a ORDER BY v, g)"),
            ("count(*) OVER (PARTITION BY a)", "lag(g) OVER (PARTITION BY a ORDER BY v, g)"), ("sum(v) OVER (ORDER BY a, b)", "max(v) OVER (PARTITION BY a ORDER BY b)"),
            ("count(*) OVER (PARTITION BY a ORDER BY v RANGE BETWEEN 3 PRECEDING AND CURRENT ROW)", "first_value(g) OVER (PARTITION BY a ORDER BY v, g)"),
        ] {
            let both = "SELECT g, \(one), \(other) FROM \(rows) ORDER BY g"
            let answers = try QueryFixture().rows("SELECT x.g, x.c, y.c FROM (SELECT g, \(one) AS c FROM \(rows)) x JOIN (SELECT g, \(other) AS c FROM \(rows)) y ON x.g = y.g ORDER BY 1")
            XCTAssertTrue(try QueryFixture().rows("EXPLAIN \(both)").contains("as sorted"), both)
            for (name, fixture) in [("much", QueryFixture()), ("little", narrow)] where try fixture.rows(both) != answers { XCTFail("\(name) memory: \(both)") }
        }
    }

    /// A condition on a rank does not leave out rows that the other window counts.
    func test_firstRanks_leaveOutNone_whereAnotherWindowSharesTheOrder() throws {
        let query = """
            SELECT count(*), sum(c) FROM (SELECT count(*) OVER (PARTITION BY i % 7) AS c, rank() OVER (PARTITION BY i % 7 ORDER BY i) AS r FROM generate_series(0, 69999) t(i)) w WHERE r <= 2
            """
        XCTAssertEqual(try QueryFixture().rows(query), "14,140000")
    }
}
