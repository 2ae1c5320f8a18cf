import ColumnStore
import XCTest

@testable import Query

/// Goal: what is said to be safe is safe, since passes move it to other rows. Method: casts of the widest number of a type.
final class ConstantFoldingTests: XCTestCase {
    private func canFail(_ source: ColumnType, _ target: ColumnType) -> Bool {
        ConstantFolding.canFail(.cast(.null(source), to: target, position: nil))
    }

    func test_canFail_castToFewerDigitsBehindThePoint_countsTheCarry() {
        // 999.99 becomes 1000.0, which has five digits.
        XCTAssertTrue(canFail(.decimal(precision: 5, scale: 2), .decimal(precision: 4, scale: 1)))
        XCTAssertFalse(canFail(.decimal(precision: 5, scale: 2), .decimal(precision: 5, scale: 1)))
        // Nothing is rounded.
        XCTAssertFalse(canFail(.decimal(precision: 5, scale: 2), .decimal(precision: 5, scale: 2)))
        XCTAssertFalse(canFail(.decimal(precision: 5, scale: 2), .decimal(precision: 6, scale: 3)))
    }
}
