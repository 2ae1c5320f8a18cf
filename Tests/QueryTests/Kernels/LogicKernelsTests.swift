import ColumnStore
import XCTest

@testable import Query

/// Goal: three-valued logic is SQL's, whatever lies in the places of NULLs. Method: all pairs of true, false and NULL, with either bit below each NULL.
final class LogicKernelsTests: XCTestCase {
    private static let all: [Bool?] = [true, false, nil]
    private static let pairs = all.flatMap { left in all.map { (left, $0) } }

    private func column(_ values: [Bool?], below hidden: Bool) -> Column {
        .boolean(Bitmap.computed(count: values.count) { values[$0] ?? hidden }, validity: Bitmap.computed(count: values.count) { values[$0] != nil })
    }

    private func values(_ column: Column) -> [Bool?] {
        (0..<column.count).map { if case .boolean(let value) = column.value(at: $0) { value } else { nil } }
    }

    private func and(_ left: Bool?, _ right: Bool?) -> Bool? { left == false || right == false ? false : left == nil || right == nil ? nil : true }

    func test_connectives_ofAllPairs() {
        for (below, other) in [(false, false), (false, true), (true, false), (true, true)] {
            let (left, right) = (column(Self.pairs.map(\.0), below: below), column(Self.pairs.map(\.1), below: other))
            XCTAssertEqual(values(LogicKernels.and(left, right)), Self.pairs.map { and($0, $1) }, "\(below), \(other)")
            XCTAssertEqual(values(LogicKernels.or(left, right)), Self.pairs.map { left, right in and(left.map { !$0 }, right.map { !$0 }).map { !$0 } }, "\(below), \(other)")
            XCTAssertEqual(values(LogicKernels.not(left)), Self.pairs.map { $0.0.map { !$0 } }, "\(below)")
            XCTAssertEqual(values(LogicKernels.isNull(left)), Self.pairs.map { $0.0 == nil }, "\(below)")
        }
    }

    /// Two NULLs are the same, and one is no value, not even the one that lies in its place.
    func test_isNotDistinct_ofAllPairs() {
        let all: [Int64?] = [0, 7, nil]
        let pairs = all.flatMap { left in all.map { (left, $0) } }
        func column(_ values: [Int64?], below hidden: Int64) -> Column {
            .whole(values.map { $0 ?? hidden }, type: .int64, validity: Bitmap.computed(count: values.count) { values[$0] != nil })
        }
        for (below, other) in [(0, 0), (0, 7), (7, 0), (7, 7)] as [(Int64, Int64)] {
            let found = LogicKernels.isNotDistinct(column(pairs.map(\.0), below: below), column(pairs.map(\.1), below: other))
            XCTAssertEqual((0..<pairs.count).map { found[$0] }, pairs.map { $0 == $1 }, "\(below), \(other)")
        }
    }
}
