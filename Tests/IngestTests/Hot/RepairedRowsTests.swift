import XCTest

@testable import Ingest

/// Goal: a piece of a file is read with care exactly where one of its rows has a mark. Method: every choice of damaged and of repaired rows among four, and every range.
final class RepairedRowsTests: XCTestCase {
    func test_containsAndTouches_ofEveryChoice_areThoseOfTheRows() {
        for choice in 0..<256 {
            let repaired = (Int64(1)...4).filter { choice >> ($0 - 1) & 1 == 1 }
            let damaged = (Int64(1)...4).filter { choice >> ($0 + 3) & 1 == 1 }
            var marks = RowMarks(repaired: RepairedRows(ids: repaired))
            for row in damaged { marks.damaged[row] = DamagedDocument(path: "hot", row: row, ticket: ULID(high: 0, low: UInt64(row)), reason: "test") }
            XCTAssertEqual(marks.isEmpty, choice == 0)
            for row in Int64(0)...5 {
                XCTAssertEqual(marks.repaired.contains(row), repaired.contains(row))
                for end in row...5 { XCTAssertEqual(marks.touches(row...end), (row...end).contains { repaired.contains($0) || damaged.contains($0) }, "\(choice): \(row)...\(end)") }
            }
        }
    }
}
