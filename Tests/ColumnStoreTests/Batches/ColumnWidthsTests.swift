import ColumnStore
import XCTest

/// What rows of constants take once they are laid out: a NULL of a row's type has all that its type has.
final class ColumnWidthsTests: XCTestCase {
    private static let pair = ColumnType.structure([Field("a", .int64), Field("b", .structure([Field("c", .string), Field("d", .list(element: Field("element", .int64)))]))])

    func test_constants_areNoLessThanWhatTheyAreLaidOut() {
        let values: [(Value, ColumnType)] = [
            (.null, Self.pair), (.structure([.integer(1), .null]), Self.pair), (.list([.null, .structure([.null, .null])]), .list(element: Field("element", Self.pair))),
            (.null, .list(element: Field("element", Self.pair))), (.integer(5), .int64), (.null, .string),
        ]
        for (value, type) in values {
            let column = Column.constant(value, type: type, count: 7), flat = column.flattened()
            XCTAssertEqual(column.columnCount, flat.columnCount, "\(value)")
            XCTAssertGreaterThanOrEqual(column.flatByteCountBound, flat.flatByteCountBound, "\(value)")
            var (widths, flatWidths) = ([Int](repeating: 0, count: 7), [Int](repeating: 0, count: 7))
            column.addWidths(to: &widths)
            flat.addWidths(to: &flatWidths)
            for row in 0..<7 { XCTAssertGreaterThanOrEqual(widths[row], flatWidths[row], "\(value)") }
            XCTAssertEqual(widths.reduce(0, +), column.flatByteCountBound, "\(value)")
        }
        XCTAssertEqual(Column.constant(.null, type: Self.pair, count: 1).columnCount, 6)
    }
}
