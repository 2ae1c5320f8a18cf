import ColumnStore
import Foundation
@testable import Query
import XCTest

/// Goal: of a window's partitions the rows that a condition on their rank wants come, and others are not held.
///
/// Method: the same conditions on the rank and on `abs` of it, which no rule sees through: many rows and few, over two workers, in memory for all of them and in little.
final class FirstRanksTests: XCTestCase {
    /// Values that repeat, with NULLs, in partitions of any size, NULL's among them.
    private static func rows(_ count: Int) -> String {
        """
        (SELECT g, CASE WHEN g % 13 = 0 THEN NULL ELSE g * 7919 % 50 END AS v, CASE g % 7 WHEN 0 THEN NULL WHEN 1 THEN 'a' WHEN 2 THEN '' ELSE 'p' || g % 5 END AS p, \
        g % 3 AS n FROM generate_series(1, \(count)) s(g)) q
        """
    }

    private let whole = QueryFixture()
    private let narrow = QueryFixture(
        settings: QueryEngine.Settings(
            threadCount: 2, memoryByteCountMax: 64 << 20, queryMemoryByteCountMax: 2 << 20, spillDirectory: FileManager.default.temporaryDirectory.path))

    /// - Parameter condition: over `r`.
    private func check(_ call: String, _ over: String, _ condition: String, of count: Int = 12_000, _ fixture: QueryFixture? = nil, line: UInt = #line) throws {
        func query(_ condition: String) -> String { "SELECT * FROM (SELECT g, p, v, \(call) OVER (\(over)) AS r FROM \(Self.rows(count))) w WHERE \(condition) ORDER BY g" }
        let actual = try (fixture ?? whole).rows(query(condition)), expected = try whole.rows(query(condition.replacingOccurrences(of: "r ", with: "abs(r) ")))
        if actual == expected { return }
        let (one, other) = (expected.split(separator: "|"), actual.split(separator: "|"))
        XCTFail("\(call) OVER (\(over)) \(condition): \(one.count) rows, not \(other.count); \(zip(one, other).first { $0 != $1 }.map { "\($0)" } ?? "")", line: line)
    }

    func test_rows_areThoseOfWholePartitions() throws {
        for call in ["rank()", "dense_rank()"] {
            for over in ["PARTITION BY p ORDER BY v", "PARTITION BY p, n ORDER BY v DESC", "PARTITION BY n ORDER BY p NULLS FIRST, v DESC NULLS LAST", "ORDER BY v", "PARTITION BY p"] {
                for condition in ["r <= 3", "r < 200"] { try check(call, over, condition) }
            }
        }
        for over in ["PARTITION BY p ORDER BY v, g", "PARTITION BY n, p ORDER BY v DESC, g DESC", "ORDER BY v NULLS FIRST, g", "ORDER BY g DESC"] {
            for condition in ["r <= 3", "r = 1", "r IN (2, 40)"] { try check("row_number()", over, condition) }
        }
    }

    func test_conditions_ofEveryForm_leaveTheRowsThatPass() throws {
        let conditions = [
            "r <= 0", "r < -9223372036854775808", "r <= -5", "r <= 2147483648", "r <= 9223372036854775807", "r = 2 OR r = 4 AND g > 50", "r BETWEEN 2 AND 5", "r <= 4 AND r <> 2",
            "r > 3", "r <= 3 IS NOT FALSE",
        ]
        for condition in conditions { try check("rank()", "PARTITION BY p ORDER BY v", condition) }
        XCTAssertEqual(try whole.rows("SELECT count(*) FROM (SELECT rank() OVER (PARTITION BY p ORDER BY v) r FROM \(Self.rows(0))) w WHERE r <= 3"), "0")
        let asked = "SELECT count(*) FROM (SELECT row_number() OVER (PARTITION BY n ORDER BY v) r FROM \(Self.rows(12_000))) w WHERE r <= $1"
        XCTAssertEqual(try whole.rows(asked, parameters: [.number("7")]), "21")
        XCTAssertEqual(try whole.rows(asked, parameters: [.number("0")]), "0")
    }

    /// Partitions of one row, of two, and more of them than are told apart as rows come.
    func test_manySmallPartitions_loseNoRow() throws {
        for (partition, condition) in [("g", "r <= 1"), ("g / 2", "r <= 1"), ("g % 3000", "r <= 2"), ("g % 3000", "r <= 4")] {
            try check("row_number()", "PARTITION BY \(partition) ORDER BY v, g", condition)
            try check("row_number()", "PARTITION BY \(partition) ORDER BY v, g", condition, of: 40_000, narrow)
        }
    }

    /// Other ranks beside the one that is tested are those of the whole partition: rows that follow do not tell.
    func test_otherRanks_besideTheOneThatIsTested_areTheirs() throws {
        let query = """
            SELECT count(*), count(DISTINCT 100 * (i % 7) + n), count(*) FILTER (WHERE n BETWEEN r AND r + 9), count(*) FILTER (WHERE r = (i / 70) * 10 + 1), \
            count(*) FILTER (WHERE d = i / 70 + 1) FROM (SELECT i, rank() OVER w AS r, dense_rank() OVER w AS d, row_number() OVER w AS n FROM generate_series(0, 69999) t(i) \
            WINDOW w AS (PARTITION BY i % 7 ORDER BY i / 70)) q WHERE d <= 3
            """
        XCTAssertEqual(try whole.rows(query), "210,210,210,210,210")
    }

    /// Whoever has memory for hardly any row holds the first ones of seven partitions, where all rows do not fit.
    func test_rowsThatAreNotWanted_areNotHeld() throws {
        let narrow = QueryFixture(
            settings: QueryEngine.Settings(threadCount: 2, memoryByteCountMax: 64 << 20, queryMemoryByteCountMax: 2 << 20, spillByteCountMax: 1 << 10))
        func query(_ condition: String) -> String {
            "SELECT count(*), sum(length(s)) FROM (SELECT s, rank() OVER (PARTITION BY i % 7 ORDER BY i) AS r FROM (SELECT i, lpad(i::text, 100, 'x') AS s FROM generate_series(0, 99999) t(i)) u) w WHERE \(condition)"
        }
        XCTAssertEqual(try narrow.rows(query("r <= 5")), "35,3500")
        XCTAssertEqual(narrow.error(query("abs(r) <= 5"))?.slug, .spillFull)
    }

    /// Whichever is written first, as in PostgreSQL: a plain comparison is asked before what may fail.
    func test_conditions_thatFail_areAskedOfTheRowsThatTheRankLeaves() throws {
        func query(_ condition: String) -> String {
            "SELECT count(*) FROM (SELECT i, rank() OVER (PARTITION BY i % 7 ORDER BY i) AS r FROM generate_series(0, 29999) t(i)) w WHERE \(condition)"
        }
        XCTAssertNotNil(whole.error(query("10 / (i - 20000) < 5")))
        XCTAssertNotNil(whole.error(query("10 / (r - 2) < 5 AND r <= 2")))
        XCTAssertEqual(try whole.rows(query("10 / (i - 20000) < 5 AND r <= 2")), "14")
        XCTAssertEqual(try whole.rows(query("r <= 2 AND 10 / (i - 20000) < 5")), "14")
    }

    func test_ranks_tellWhichRowsAreKept() {
        // Partitions a and b, then the order: the third row of a is a peer of the second.
        var keys = ByteArrays()
        for text in ["b1", "a1", "a2", "a2", "a3", "b1", "b2"] { keys.append(Array(text.utf8)) }
        let order = RowOrder.sorted(keys), prefixes = [Int32](repeating: 1, count: 7)
        func rows(_ function: WindowFunction, _ count: Int) -> [[Int32]] {
            let found = PartitionRanks(keyCount: 1, first: WindowNode.FirstRanks(function: function, count: count)).rows(of: order, keys, prefixes)
            return [found.kept, found.last]
        }
        XCTAssertEqual(order, [1, 2, 3, 4, 0, 5, 6])
        XCTAssertEqual(rows(.rowNumber, 2), [[1, 2, 0, 5], [2, 5]])
        XCTAssertEqual(rows(.rank, 2), [[1, 2, 3, 0, 5], [3, 5]])
        XCTAssertEqual(rows(.denseRank, 2), [[1, 2, 3, 0, 5, 6], [3, 6]])
        // Of b there are only three rows, and two groups of peers.
        XCTAssertEqual(rows(.rowNumber, 4), [[1, 2, 3, 4, 0, 5, 6], [4]])
        XCTAssertEqual(rows(.denseRank, 3), [[1, 2, 3, 4, 0, 5, 6], [4]])
    }

    func test_tops_letThroughWhatIsNoLaterThanTheLastRowOfItsPartition() throws {
        var keys = ByteArrays()
        for text in ["a2", "c", "cc5"] { keys.append(Array(text.utf8)) }
        var others = ByteArrays()
        for text in ["a1", "a2", "a3", "b9", "c", "cc4", "cc6", "d"] { others.append(Array(text.utf8)) }
        let prefixes: [Int32] = [1, 1, 1, 1, 1, 2, 2, 1]
        func passing(_ function: WindowFunction) throws -> [Bool] {
            let tops = try XCTUnwrap(PartitionTops([0, 1, 2], keys, [1, 1, 2], function)).passing(others, prefixes)
            return (0..<others.count).map { tops[$0] }
        }
        XCTAssertEqual(try passing(.rank), [true, true, false, true, true, true, false, true])
        XCTAssertEqual(try passing(.rowNumber), [true, false, false, true, false, true, false, true])
        XCTAssertNil(PartitionTops([], keys, [1, 1, 2], .rank))
    }

    func test_prefixes_ofKeys_areTheBytesOfTheFirstColumns() {
        func column(_ type: ColumnType, _ values: [Value]) -> SortColumn {
            var builder = ColumnBuilder(type: type)
            for value in values { builder.append(value) }
            return SortColumn(builder.finish())
        }
        let text = column(.string, [.string("ab"), .null, .string("")]), number = column(.int32, [.integer(1), .null, .integer(3)])
        // A mark, the text and two zeros; a mark and four bytes, where NULL is its mark alone beside texts.
        for (columns, count, expected) in [
            ([text, number], 0, [0, 0, 0]), ([text, number], 1, [5, 1, 3]), ([text, number], 2, [10, 2, 8]), ([number, text], 1, [5, 1, 5]), ([number, number], 1, [5, 5, 5]),
        ] as [([SortColumn], Int, [Int32])] {
            let (keys, prefixes) = SortKeys.encode(columns, count: 3, dividedAt: count)
            XCTAssertEqual(prefixes, expected)
            XCTAssertEqual(keys.bytes, SortKeys.encode(columns, count: 3).bytes)
        }
        XCTAssertEqual(SortKeys.encode([], count: 2, dividedAt: 0).prefixes, [0, 0])
    }
}
