import ColumnStore
import Query
import XCTest

/// Goal: sums of a column with constants, and keys that follow from others, give what each row gives, errors too. Method: statements whose plans are rewritten, against the same ones in a form that is not, over
/// values at the ends of their range, NULLs and no rows.
final class ShiftedSumsTests: XCTestCase {
    private static let end = Int64(Int32.max), start = Int64(Int32.min)

    private func fixture(_ values: [Int64?]) -> QueryFixture {
        let rows = values.enumerated().map { [$1.map { Value.integer($0) } ?? .null, .integer(Int64($0 % 3))] }
        return QueryFixture([("t", QueryFixture.table([Field("x", .int32), Field("g", .int32)], rows, batchRowCount: 4))])
    }

    /// The answer, or which error.
    private func answer(_ fixture: QueryFixture, _ query: String) -> String {
        do { return try fixture.rows(query) } catch { return (error as? QueryError).map { "\($0.slug): \($0.detail)" } ?? "\(error)" }
    }

    func test_sumsOfShifts_areThoseOfTheirRows() {
        let tables: [[Int64?]] = [[], [nil], [nil, nil, 5], [1, 2, 3, nil, -4], [Self.end, 0], [Self.start, 0], [Self.start, Self.end, nil], (0..<50).map { $0 * 40_000_000 - 1_000_000_000 }]
        let forms = [("", ""), ("g, ", " GROUP BY g ORDER BY g"), ("", " HAVING count(*) >= 0")]
        for (table, values) in tables.enumerated() {
            let fixture = fixture(values)
            for (place, constant) in [0, 1, -1, 7, -7, 1_000_000_000, -1_000_000_000, 1_200_000_000, -1_200_000_000, Self.end, Self.start + 1, Self.start].enumerated() {
                let shown = "(\(constant))"
                for (number, shift) in ["x + \(shown)", "\(shown) + x", "x - \(shown)", "\(shown) - x"].enumerated() {
                    // Each form meets each constant over each table, with one shift or two.
                    let (from, more) = forms[(table + place + number) % forms.count]
                    let calls = "SELECT \(from)sum(\(shift)), sum(x) FILTER (WHERE x > 3)"
                    // Alone it is summed row by row; two more make no difference to what comes, or to how it ends.
                    let plain = answer(fixture, "\(calls) FROM t\(more)"), many = answer(fixture, "\(calls), sum(x + 0), sum(x - 0) FROM t\(more)")
                    XCTAssertEqual(lines(many, dropping: 2), lines(plain, dropping: 0), "\(shift)\(more) over \(values)")
                }
            }
        }
    }

    /// Rows without their last columns; errors whole.
    private func lines(_ answer: String, dropping count: Int) -> [String] {
        answer.contains(": ") ? [answer] : answer.split(separator: "|").map { $0.split(separator: ",", omittingEmptySubsequences: false).dropLast(count).joined(separator: ",") }
    }

    func test_filtersAndOtherCalls_areKeptApart() throws {
        let fixture = fixture([1, 2, nil, 4, 5, 6, 7])
        XCTAssertEqual(
            try fixture.rows("SELECT sum(x + 1), sum(x + 2) FILTER (WHERE x > 4), sum(x + 3), sum(DISTINCT x + 1), sum(5 - x), sum(x), count(*), sum(x - 1) FILTER (WHERE x > 4), sum(x + 9) FILTER (WHERE x > 4) FROM t"),
            try fixture.rows("SELECT 31, 24, 43, 31, 5, 25, 7, 15, 45"))
    }

    func test_keysThatFollowFromOthers_areThoseOfTheirRows() throws {
        let fixture = fixture([1, 2, nil, 2, 5, 1, 7])
        XCTAssertEqual(
            try fixture.rows("SELECT x, x - 1, 10 - (x + 2), g, x + g, count(*) FROM t GROUP BY x, x - 1, 10 - (x + 2), g, x + g ORDER BY x, g"),
            try fixture.rows("SELECT x, x - 1, 10 - (x + 2), g, x + g, n FROM (SELECT x, g, count(*) AS n FROM t GROUP BY x, g) q ORDER BY x, g"))
        XCTAssertEqual(try fixture.rows("SELECT x - 1, count(*) FROM t GROUP BY x - 1 ORDER BY 1"), try fixture.rows("SELECT y, count(*) FROM (SELECT x - 1 AS y FROM t) q GROUP BY y ORDER BY 1"))
        let end = self.fixture([1, Self.end])
        XCTAssertEqual(answer(end, "SELECT x, x + 1, count(*) FROM t GROUP BY x, x + 1"), answer(end, "SELECT x + 1 FROM t"))
        XCTAssertEqual(try end.rows("SELECT x, x + 1, count(*) FROM t WHERE x < 5 GROUP BY x, x + 1"), "1,2,1")
    }

    func test_plans_haveOneSumAndOneKey() throws {
        let fixture = fixture([1])
        let sums = try fixture.rows("EXPLAIN SELECT sum(x), sum(x + 1), sum(x + 2), sum(x + 3) FROM t")
        XCTAssertEqual(sums.components(separatedBy: "sum(").count - 1, 1, sums)
        let keys = try fixture.rows("EXPLAIN SELECT x, x - 1, x - 2, count(*) FROM t GROUP BY x, x - 1, x - 2")
        XCTAssertTrue(keys.contains("Aggregate by [x"), keys)
        XCTAssertFalse(keys.contains("Aggregate by [x, "), keys)
    }
}
