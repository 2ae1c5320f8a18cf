import ColumnStore
import XCTest

@testable import Query

/// Goal: a sum is the same in whatever order its values and the sums of its parts come. Method: values at the end of what a decimal has, whose partial
/// sums have more than 128 bits and whose sum has 38 digits, in parts that are exported and merged in every order.
final class ExactSumTests: XCTestCase {
    private static let most = Int128("99999999999999999999999999999999999999") ?? 0
    private static let type = ColumnType.decimal38(scale: 0)

    private func part(_ values: [Int128]) throws -> ExactSumAggregator {
        let sum = ExactSumAggregator(argument: Self.type, result: Self.type, isAverage: false)
        sum.resize(1)
        try sum.update([.decimals(values, type: Self.type, validity: nil)], .numbers([UInt32](repeating: 0, count: values.count)))
        return sum
    }

    private func merged(_ parts: [ExactSumAggregator]) throws -> Value {
        let whole = ExactSumAggregator(argument: Self.type, result: Self.type, isAverage: false)
        whole.resize(1)
        for part in parts { try whole.merge(part.exportState(), [0]) }
        // The state of what was merged is one again.
        let again = ExactSumAggregator(argument: Self.type, result: Self.type, isAverage: false)
        again.resize(1)
        try again.merge(whole.exportState(), [0])
        return try again.finish().value(at: 0)
    }

    func test_partsPast128Bits_comeBack() throws {
        let high = [Int128](repeating: Self.most, count: 9), low = [Int128](repeating: -Self.most, count: 9)
        for parts in [[high, low, [7]], [low, [7], high], [[7], high, low], [high + low, [7]], [low + [7], high]] {
            XCTAssertEqual(try merged(try parts.map(part)), .decimal(7), "\(parts.map(\.count))")
        }
        for parts in [[high], [low], [high, [7]]] {
            XCTAssertThrowsError(try merged(try parts.map(part)), "\(parts.map(\.count))") { XCTAssertEqual($0 as? KernelError, .numericOverflow) }
        }
    }

    /// Columns of small values are added another way, which counts on sums of such alone.
    func test_smallValuesAfterGreatOnes_goPast128BitsAndComeBack() throws {
        for (great, step) in [(Int128.max - 3, Int128(1)), (Int128.min + 3, -1)] {
            let small = [Int128](repeating: step, count: 5)
            for rows in [GroupRows.one(count: 5), .numbers([0, 0, 0, 0, 0])] {
                let sum = ExactSumAggregator(argument: Self.type, result: Self.type, isAverage: false)
                let average = ExactSumAggregator(argument: Self.type, result: Self.type, isAverage: true)
                for one in [sum, average] {
                    one.resize(1)
                    try one.update([.decimals([great], type: Self.type, validity: nil)], .one(count: 1))
                    try one.update([.decimals(small, type: Self.type, validity: nil)], rows)
                    XCTAssertThrowsError(try one.finish(), "past 128 bits, and no number that wraps") { XCTAssertEqual($0 as? KernelError, .numericOverflow) }
                    try one.update([.decimals([-great], type: Self.type, validity: nil)], .one(count: 1))
                }
                XCTAssertEqual(try sum.finish().value(at: 0), .decimal(small.reduce(0, +)))
            }
        }
    }

    func test_moreThanIsCounted_isAnOverflow() throws {
        XCTAssertThrowsError(try part([Int128](repeating: Int128.max, count: 1 << 16))) { XCTAssertEqual($0 as? KernelError, .numericOverflow) }
    }
}
