import ColumnStore
import XCTest

@testable import Query

/// Goal: GROUPING of many keys is that of PostgreSQL, or refused. Method: one row under a ROLLUP of as many keys as there are bits, and more: its sets are the keys' prefixes.
final class GroupingBitsTests: XCTestCase {
    private let fixture = QueryFixture([
        ("t", QueryFixture.table([Field("k", .int64), Field("x", .int64)], [[.integer(1), .integer(0)]])),
        ("o", QueryFixture.table([Field("k", .int64)], [[.integer(1)], [.integer(2)]])),
    ])

    private static func rollup(_ count: Int) -> String { "GROUP BY ROLLUP (\((1...count).map { "t.x + \($0)" }.joined(separator: ", ")))" }

    /// Sum, least and greatest of what the sets have, and how many sets there are.
    private func bits(_ grouping: String, of count: Int) -> String {
        "SELECT sum(s.g), min(s.g), max(s.g), count(*) FROM (SELECT GROUPING(\(grouping)) AS g FROM t \(Self.rollup(count))) s"
    }

    func test_keysThatHaveABit_areTold() throws {
        for count in [61, 62, 63, 64, 65, 100] {
            // All sets but the whole one leave the last key out.
            XCTAssertEqual(try fixture.rows(bits("t.x + \(count)", of: count)), "\(count),0,1,\(count + 1)", "\(count) keys")
            let first = max(1, count - 61)
            XCTAssertEqual(try fixture.rows(bits("t.x + \(first)", of: count)), "\(first),0,1,\(count + 1)", "\(count) keys")
            XCTAssertEqual(try fixture.rows(bits("t.x + \(first), t.x + \(count)", of: count)), "\(2 * first + count),0,3,\(count + 1)", "\(count) keys")
        }
    }

    func test_keysThatHaveNone_areRefused() {
        for count in [63, 64, 100] { XCTAssertEqual(fixture.error(bits("t.x + \(count - 62)", of: count))?.slug, .unsupportedSQL, "\(count) keys") }
    }

    func test_groupingByMoreKeys_needsNoBits() throws {
        XCTAssertEqual(try fixture.rows("SELECT count(*) FROM (SELECT count(*) AS c FROM t \(Self.rollup(70))) s"), "71")
    }

    /// The grand total of an outer row without rows has all bits.
    func test_correlatedGroupings_ofNoRows_areTheGrandTotal() throws {
        for count in [1, 61, 62, 63, 64, 65] {
            let groups = "SELECT GROUPING(t.x + \(count)) AS g FROM t WHERE t.k = o.k \(Self.rollup(count))"
            XCTAssertEqual(try fixture.rows("SELECT o.k, (SELECT sum(s.g) FROM (\(groups)) s) FROM o ORDER BY 1"), "1,\(count)|2,1", "\(count) keys")
        }
    }
}
