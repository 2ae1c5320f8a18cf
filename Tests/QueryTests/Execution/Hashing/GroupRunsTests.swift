import ColumnStore
import TestSupport
import XCTest

@testable import Query

/// Goal: sums and counts do not depend on whether rows of a group follow one another.
///
/// Method: stretches of all lengths beside the ranges that they are; the same rows in the order of their groups, in long and short stretches and mixed, with and without NULLs.
final class GroupRunsTests: XCTestCase {
    private func ranges(_ numbers: [UInt32]) -> [Range<Int>]? {
        guard let runs = GroupRuns(numbers) else { return nil }
        var found: [Range<Int>] = []
        runs.forEach { found.append($0) }
        return found
    }

    func test_runs_areTheStretchesOfOneGroup() {
        func stretch(_ group: UInt32, _ count: Int) -> [UInt32] { [UInt32](repeating: group, count: count) }
        XCTAssertEqual(ranges(stretch(3, 8)), [0..<8])
        XCTAssertEqual(ranges(stretch(3, 12) + stretch(7, 3) + stretch(3, 9)), [0..<12, 12..<15, 15..<24])
        // Fewer than eight rows for each.
        XCTAssertNil(ranges(stretch(3, 12) + stretch(7, 3) + stretch(3, 8)))
        XCTAssertNil(ranges(stretch(3, 7)))
        XCTAssertNil(ranges((0..<100).map { $0 % 2 }))
        XCTAssertNil(ranges([]))
    }

    func test_sumsAndCounts_ofRowsInAnyOrder_areTheSame() throws {
        var random = SplitMix64(state: 0x6A0B)
        let fields = [Field("g", .int32), Field("n", .int64), Field("m", .decimal(precision: 18, scale: 2)), Field("x", .int64)]
        // Numbers around the ends of their types: sums go past 64 bits on the way.
        let numbers: [Int64] = [.max, .min, -1, 0, 1, 1 << 32, -(1 << 32), 0xFFFF_FFFF]
        var rows: [[Value]] = []
        for row in 0..<3_000 {
            let number = numbers[Int(random.next() % 8)] / 4
            let digits = Int128(random.next() % 2_000_000) - 1_000_000
            let seldom: Value = random.next() % 3 == 0 ? .null : .integer(number / 1_000)
            rows.append([.integer(Int64(row % 7)), .integer(number), .decimal(digits), seldom])
        }
        func group(_ row: [Value]) -> Int64 { if case .integer(let group) = row[0] { group } else { -1 } }
        let ascending = rows.indices.sorted { (group(rows[$0]), $0) < (group(rows[$1]), $1) }.map { rows[$0] }
        // Stretches of 30 rows of a group, each group many times.
        var stretches: [[Value]] = []
        for stretch in 0..<100 {
            let first: Int = stretch % 7 + stretch / 7 * 210
            for row in 0..<30 { stretches.append(rows[(first + row * 7) % 2_996]) }
        }
        for order in [ascending, stretches] {
            var mixed = order
            for place in mixed.indices { mixed.swapAt(place, Int(random.next() % UInt64(mixed.count))) }
            let query = "SELECT g, sum(n), avg(n), count(n), sum(m), avg(m), sum(x), count(x), count(*) FROM t GROUP BY g ORDER BY g"
            let answers = try [order, mixed].map { try QueryFixture([("t", QueryFixture.table(fields, $0, batchRowCount: 700))]).rows(query) }
            XCTAssertEqual(answers[0], answers[1])
            XCTAssertEqual(answers[0].split(separator: "|").count, 7)
        }
    }
}
