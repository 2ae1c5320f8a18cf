import ColumnStore
import XCTest

/// A bound goes one way alone, and what passes it is what may still come first: value by value, in every form of a column.
final class MovingBoundTests: XCTestCase {
    private func filter(isDescending: Bool = false, takesNulls: Bool = false, takesEqual: Bool = true) -> (RuntimeFilter, MovingBound) {
        let bound = MovingBound(isDescending: isDescending, takesNulls: takesNulls, takesEqual: takesEqual)
        return (RuntimeFilter("k", bound), bound)
    }

    private func column(_ type: ColumnType, _ values: [Value]) -> Column {
        var builder = ColumnBuilder(type: type)
        for value in values { builder.append(value) }
        return builder.finish()
    }

    private func passing(_ filter: RuntimeFilter, _ column: Column) -> [Int32] { filter.select(column).setIndices() }

    func test_bound_movesCloserOnly() {
        let (filter, bound) = filter()
        let numbers = column(.int64, [.integer(1), .integer(5), .null, .integer(9)])
        XCTAssertFalse(filter.isWorthwhile)
        XCTAssertNil(filter.filter)
        XCTAssertEqual(passing(filter, numbers), [0, 1, 2, 3], "all pass as long as nothing is known")
        bound.draw(to: .null)
        XCTAssertFalse(filter.isWorthwhile)
        bound.draw(to: .integer(5))
        XCTAssertTrue(filter.isWorthwhile)
        XCTAssertEqual(passing(filter, numbers), [0, 1])
        bound.draw(to: .integer(7))
        XCTAssertEqual(passing(filter, numbers), [0, 1])
        XCTAssertEqual(bound.version, 1)
        bound.draw(to: .integer(4))
        XCTAssertEqual(passing(filter, numbers), [0])
        XCTAssertEqual(bound.version, 2)
        XCTAssertEqual(filter.filter, ColumnFilter("k", .range(lower: nil, upper: .init(.integer(4), isInclusive: true))))
    }

    func test_bound_ofADescendingOrder_takesWhatIsGreater_andNULLsWhereTheyComeFirst() {
        let (filter, bound) = filter(isDescending: true, takesNulls: true, takesEqual: false)
        bound.draw(to: .integer(5))
        bound.draw(to: .integer(3))
        XCTAssertEqual(passing(filter, column(.int64, [.integer(1), .integer(5), .null, .integer(9)])), [2, 3])
        XCTAssertNil(filter.filter, "no test of values says that NULLs pass")
    }

    /// NaN is above all numbers and equals itself, texts compare by their bytes: as `ColumnFilter.passes` has it of one value.
    func test_ranges_ofDoublesAndTexts_areThoseOfSingleValues() {
        let doubles: [Value] = [.double(-.infinity), .double(-1), .double(-0.0), .double(0), .double(2.5), .double(.infinity), .double(.nan), .null]
        let texts: [Value] = ["", "a", "a\0", "ab", "b", "ї", "\u{10FFFF}"].map { .string($0) } + [.null, .bytes([0xFF])]
        for (type, values) in [(ColumnType.double, doubles), (.binary, texts)] {
            let column = column(type, values)
            let bounds: [Value?] = values.filter { !$0.isNull }.map { $0 } + [nil]
            for lower in bounds {
                for upper in bounds {
                    for isInclusive in [false, true] {
                        let test = ColumnFilter.Test.range(
                            lower: lower.map { .init($0, isInclusive: isInclusive) }, upper: upper.map { .init($0, isInclusive: isInclusive) })
                        let filter = ColumnFilter("k", test)
                        let expected = values.indices.filter { filter.passes(values[$0]) }.map { Int32($0) }
                        XCTAssertEqual(filter.select(column).setIndices(), expected, "\(test)")
                    }
                }
            }
        }
    }
}
