import ColumnStore
import TestSupport
import XCTest

@testable import Query

/// What a limit needs of the rows beneath its sort, against all rows sorted.
final class GroupsOfALimitTests: XCTestCase {
    private var random = SplitMix64(state: 0xF1257)

    func test_random_columns_keepWhatTheFirstAreOf() {
        for round in 0..<400 {
            let (count, spread) = (Int(1 + random.next() % 20), [2, 10, UInt64(Int64.max)][Int(random.next() % 3)])
            var values = (0..<Int(random.next() % 200)).map { _ in Int64(random.next() % spread) - Int64(spread / 2) }
            if round % 7 == 0 { values += [.min, .max, .min, .max] }
            let column = Column.whole(values, type: .int64, validity: nil)
            for isDescending in [false, true] {
                let sorted = values.sorted { isDescending ? $0 > $1 : $0 < $1 }
                let some = FirstRows(count: count, isDescending: isDescending, withTies: false).rows(of: column)
                if let some {
                    XCTAssertEqual(some, some.sorted())
                    XCTAssertEqual(some.map { values[Int($0)] }.sorted { isDescending ? $0 > $1 : $0 < $1 }, Array(sorted.prefix(count)), "round \(round)")
                } else {
                    XCTAssertLessThanOrEqual(values.count, 2 * count, "round \(round)")
                }
                let tied = FirstRows(count: count, isDescending: isDescending, withTies: true).rows(of: column)
                guard let tied else { continue }
                let last = sorted[count - 1]
                let expected = values.indices.filter { isDescending ? values[$0] >= last : values[$0] <= last }.map { Int32($0) }
                XCTAssertEqual(tied, expected, "round \(round), with ties")
            }
        }
    }

    func test_columnsThatItCannotOrder_keepAllRows() {
        let first = FirstRows(count: 1, isDescending: true, withTies: false)
        let hasNull = Bitmap.computed(count: 9) { $0 != 3 }
        XCTAssertNil(first.rows(of: .whole([Int64](0..<9), type: .int64, validity: hasNull)))
        XCTAssertNil(first.rows(of: Column(type: .double, count: 9, values: .double([Double](repeating: 1, count: 9)))))
        XCTAssertNil(FirstRows(count: 0, isDescending: true, withTies: false).rows(of: .whole([Int64](0..<9), type: .int64, validity: nil)))
    }

    /// Sums, means and least values of the groups that a limit lets through: those of the same groups without one.
    func test_limits_overGroups_giveTheRowsOfAllGroups() throws {
        let table = "(SELECT g % 900 AS k, CAST(g % 70 AS VARCHAR) AS t, g, CASE WHEN g % 3 > 0 THEN g % 11 END AS v FROM generate_series(1, 40000) AS s(g)) AS r"
        let groups = "SELECT k, t, count(v) AS c, sum(g) AS s, avg(v) AS a, min(g) AS m, max(t) AS x FROM \(table) GROUP BY k, t"
        let fixture = QueryFixture([])
        for order in ["s DESC", "s", "c DESC, k, t", "c, m", "a DESC NULLS LAST, s", "m DESC", "x, m"] {
            for limit in ["LIMIT 7", "LIMIT 5 OFFSET 6", "LIMIT 0"] {
                let whole = try fixture.rows("SELECT * FROM (\(groups)) AS q ORDER BY \(order)").split(separator: "|")
                let rows = try fixture.rows("\(groups) ORDER BY \(order) \(limit)").split(separator: "|")
                let range = limit == "LIMIT 7" ? 0..<7 : limit == "LIMIT 0" ? 0..<0 : 6..<11
                XCTAssertEqual(rows, Array(whole[range]), "\(order) \(limit)")
            }
        }
    }
}
