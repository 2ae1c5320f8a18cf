import ColumnStore
import TestSupport
import XCTest

@testable import Query

/// Every pair of some values of each type, by each of the six comparisons, as rows and as constants on either side: the answer is that of an order written
/// down here, and NULL where a side is.
final class CompareKernelsTests: XCTestCase {
    /// Values of a type, from the least to the greatest; those of one inner list are equal.
    private static let orders: [(type: ColumnType, values: [[Value]])] = [
        (.boolean, [[.boolean(false)], [.boolean(true)]]),
        (.int32, [[.integer(Int64(Int32.min))], [.integer(-1)], [.integer(0)], [.integer(Int64(Int32.max))]]),
        (.int64, [[.integer(.min)], [.integer(-1)], [.integer(0)], [.integer(1 << 40)], [.integer(.max)]]),
        (.decimal38(scale: 2), [[.decimal(-(Int128(1) << 90))], [.decimal(-1)], [.decimal(0)], [.decimal(150)], [.decimal(Int128(1) << 90)]]),
        (.double, [[.double(-.infinity)], [.double(-1.5)], [.double(0), .double(-0.0)], [.double(.leastNonzeroMagnitude)], [.double(.infinity)], [.double(.nan)]]),
        (.string, [[.string("")], [.string("\0")], [.string("a")], [.string("a\0")], [.string("ab")], [.string("я")]]),
        (.binary, [[.bytes([])], [.bytes([0])], [.bytes([0, 0])], [.bytes([0x7F])], [.bytes([0x80])], [.bytes([0xFF])]]),
        (.date, [[.integer(-800_000)], [.integer(0)], [.integer(20_000)]]),
        (.interval, [
            [.interval(Interval(months: -1))], [.interval(Interval())], [.interval(Interval(microseconds: 86_400_000_000)), .interval(Interval(days: 1))],
            [.interval(Interval(months: 1)), .interval(Interval(days: 30))],
        ]),
    ]
    private static let comparisons: [Comparison] = [.equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual]

    private static func column(_ type: ColumnType, _ values: [Value]) -> Column {
        var builder = ColumnBuilder(type: type)
        for value in values { builder.append(value) }
        return builder.finish()
    }

    private static func holds(_ comparison: Comparison, _ left: Int, _ right: Int) -> Bool {
        switch comparison {
        case .equal: left == right
        case .notEqual: left != right
        case .less: left < right
        case .lessOrEqual: left <= right
        case .greater: left > right
        case .greaterOrEqual: left >= right
        }
    }

    func test_compare_everyPairOfEveryType_isAsTheirOrderSays() {
        for (type, order) in Self.orders {
            let ranked = order.enumerated().flatMap { place, values in values.map { (place, $0) } }
            // Each with each, a NULL behind them.
            let pairs = ranked.flatMap { left in ranked.map { (left, $0) } }
            let left = Self.column(type, pairs.map(\.0.1) + [.null]), right = Self.column(type, pairs.map(\.1.1) + [ranked[0].1])
            for comparison in Self.comparisons {
                let answer = CompareKernels.compare(comparison, left, right)
                for (row, pair) in pairs.enumerated() {
                    XCTAssertEqual(answer.value(at: row), .boolean(Self.holds(comparison, pair.0.0, pair.1.0)), "\(pair.0.1) \(comparison) \(pair.1.1)")
                }
                XCTAssertEqual(answer.value(at: pairs.count), .null)
                for (place, value) in ranked {
                    let rows = Self.column(type, ranked.map(\.1)), constant = Column.constant(value, type: type, count: ranked.count)
                    let behind = CompareKernels.compare(comparison, rows, constant), before = CompareKernels.compare(comparison, constant, rows)
                    for (row, other) in ranked.enumerated() {
                        XCTAssertEqual(behind.value(at: row), .boolean(Self.holds(comparison, other.0, place)), "\(other.1) \(comparison) constant \(value)")
                        XCTAssertEqual(before.value(at: row), .boolean(Self.holds(comparison, place, other.0)), "constant \(value) \(comparison) \(other.1)")
                    }
                    let nothing = CompareKernels.compare(comparison, rows, .constant(.null, type: type, count: ranked.count))
                    XCTAssertTrue((0..<ranked.count).allSatisfy { nothing.value(at: $0) == .null })
                }
            }
        }
    }

    /// Decimals of different scales, which are brought to one only where that fits.
    func test_compare_decimalsOfTwoScales_areComparedAsNumbers() {
        let scales = [0, 2, 38], numbers: [Int128] = [-(Int128(1) << 100), -100, -1, 0, 1, 99, 100, Int128(1) << 100]
        for (scale, otherScale) in scales.flatMap({ scale in scales.map { (scale, $0) } }) where scale != otherScale {
            for number in numbers {
                for other in numbers {
                    // Whole parts, then what is left of them with as many digits.
                    let (a, b) = (number.quotientAndRemainder(dividingBy: Self.power(scale)), other.quotientAndRemainder(dividingBy: Self.power(otherScale)))
                    let greater = max(scale, otherScale)
                    let rest = (a.remainder * Self.power(greater - scale), b.remainder * Self.power(greater - otherScale))
                    let order = (a.quotient, rest.0) < (b.quotient, rest.1) ? (0, 1) : (a.quotient, rest.0) == (b.quotient, rest.1) ? (0, 0) : (1, 0)
                    let types = (ColumnType.decimal38(scale: scale), ColumnType.decimal38(scale: otherScale))
                    for comparison in Self.comparisons {
                        let wanted = Value.boolean(Self.holds(comparison, order.0, order.1))
                        let (one, two) = (Self.column(types.0, [.decimal(number)]), Self.column(types.1, [.decimal(other)]))
                        XCTAssertEqual(CompareKernels.compare(comparison, one, two).value(at: 0), wanted, "\(number)e-\(scale) \(comparison) \(other)e-\(otherScale)")
                        let constant = Column.constant(.decimal(other), type: types.1, count: 1)
                        XCTAssertEqual(CompareKernels.compare(comparison, one, constant).value(at: 0), wanted, "\(number)e-\(scale) \(comparison) constant \(other)e-\(otherScale)")
                    }
                }
            }
        }
    }

    private static func power(_ exponent: Int) -> Int128 { (0..<exponent).reduce(1) { power, _ in power * 10 } }
}
