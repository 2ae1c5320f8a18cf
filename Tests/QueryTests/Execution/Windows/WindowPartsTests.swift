import ColumnStore
@testable import Query
import XCTest

/// Goal: many rows of a window are answered by several workers, and each partition by one of them.
///
/// Method: numbers in a row, whose place in their partition and whose running sums are known beforehand.
final class WindowPartsTests: XCTestCase {
    private let run = QueryRun(pool: WorkerPool(threadCount: 2))

    /// The window of a statement, prepared.
    private func window(_ call: String, _ over: String, of count: Int) throws -> PreparedOperator {
        let sql = "SELECT i, \(call) OVER (\(over)) AS answer FROM generate_series(0, \(count - 1)) t(i)"
        let top = try PlanBuilder().build(try VerifiedPlan.make(sql, in: TestTables.context()))
        try top.prepare(run)
        var found = top
        while !(found is WindowOperator) { found = try XCTUnwrap(found.inputs.first) }
        return found
    }

    func test_streams_areSeveral_ofManyRowsInSeveralPartitions() throws {
        for call in ["sum(i)", "rank()"] {
            XCTAssertGreaterThan(try window(call, "PARTITION BY i % 7 ORDER BY i", of: 70_000).streamCountMax, 1, call)
            XCTAssertEqual(try window(call, "PARTITION BY i / 1000000 ORDER BY i", of: 70_000).streamCountMax, 1, call)
            XCTAssertEqual(try window(call, "ORDER BY i", of: 70_000).streamCountMax, 1, call)
            XCTAssertEqual(try window(call, "PARTITION BY i % 7 ORDER BY i", of: 20_000).streamCountMax, 1, call)
        }
    }

    /// Row i is number i / count, from 0, of partition i % count.
    func test_answers_ofParts_areThoseOfWholePartitions() throws {
        for partitionCount in [2, 7, 300, 35_000] {
            let answers = """
                SELECT i, row_number() OVER w AS n, sum(i) OVER w AS s, count(*) OVER (PARTITION BY i % \(partitionCount)) AS c, \
                lag(i) OVER w AS b, i / \(partitionCount) AS k, i % \(partitionCount) AS g \
                FROM generate_series(0, 69999) t(i) WINDOW w AS (PARTITION BY i % \(partitionCount) ORDER BY i)
                """
            let query = """
                SELECT count(*), count(DISTINCT i), count(*) FILTER (WHERE n = k + 1), \
                count(*) FILTER (WHERE s = (k + 1) * g + \(partitionCount) * (k * (k + 1) / 2)), \
                count(*) FILTER (WHERE c = (69999 - g) / \(partitionCount) + 1), \
                count(*) FILTER (WHERE b IS NOT DISTINCT FROM CASE WHEN k = 0 THEN NULL ELSE i - \(partitionCount) END) FROM (\(answers)) q
                """
            XCTAssertEqual(try QueryFixture().rows(query), "70000,70000,70000,70000,70000,70000", "\(partitionCount)")
        }
    }

    func test_ranks_ofParts_beginAnewWithEachPartition() throws {
        let query = """
            SELECT count(*), count(*) FILTER (WHERE r = (i / 70) * 10 + 1), count(*) FILTER (WHERE d = i / 70 + 1) FROM (\
            SELECT i, rank() OVER w AS r, dense_rank() OVER w AS d FROM generate_series(0, 69999) t(i) \
            WINDOW w AS (PARTITION BY i % 7 ORDER BY i / 70)) q
            """
        XCTAssertEqual(try QueryFixture().rows(query), "70000,70000,70000")
    }

    func test_changes_ofKeys_areWhereOneDiffersFromTheOneBefore() {
        var keys = ByteArrays()
        XCTAssertEqual(keys.changes(after: nil), [])
        for text in ["", "", "a", "ab", "ab", "b", ""] { keys.append(Array(text.utf8)) }
        let rest = [false, true, true, false, true, true]
        XCTAssertEqual(keys.changes(after: nil), [true] + rest)
        XCTAssertEqual(keys.changes(after: []), [false] + rest)
        XCTAssertEqual(keys.changes(after: Array("a".utf8)), [true] + rest)
    }
}
