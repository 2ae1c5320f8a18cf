import ColumnStore
import XCTest

@testable import Query

/// Every pair of values around the ends of 64 bits, as rows and as one value on all rows: sums, differences and products are those that 128 bits give, and
/// an overflow is reported where one is.
final class IntegerKernelsTests: XCTestCase {
    private typealias Operand = IntegerKernels.Operand
    private static let values: [Int64] = [.min, .min + 1, -(1 << 32), -3, -1, 0, 1, 2, 1 << 31, 1 << 32, .max - 1, .max]

    private static let operations: [(
        name: String, run: @Sendable (Operand, Operand) -> (values: [Int64], overflowed: Bool), exact: @Sendable (Int128, Int128) -> Int128
    )] = [
        ("+", { IntegerKernels.add($0, $1) }, { $0 + $1 }), ("-", { IntegerKernels.subtract($0, $1) }, { $0 - $1 }), ("*", { IntegerKernels.multiply($0, $1) }, { $0 * $1 }),
    ]

    func test_operations_everyPairInEveryForm_areExactOrOverflow() {
        for (name, run, exact) in Self.operations {
            for left in Self.values {
                for right in Self.values {
                    let wanted = Int64(exactly: exact(Int128(left), Int128(right)))
                    let forms: [(Operand, Operand)] = [
                        (.each([left, left]), .each([right, right])), (.each([left, left]), .same(right, count: 2)),
                        (.same(left, count: 2), .each([right, right])), (.same(left, count: 2), .same(right, count: 2)),
                    ]
                    for (one, other) in forms {
                        let found = run(one, other)
                        XCTAssertEqual(found.overflowed, wanted == nil, "\(left) \(name) \(right)")
                        if let wanted { XCTAssertEqual(found.values, [wanted, wanted], "\(left) \(name) \(right)") }
                    }
                }
            }
            // One row that overflows among others is reported for the batch.
            XCTAssertTrue(run(.each([1, .max, 1]), .each([1, name == "-" ? -1 : .max, 1])).overflowed)
            XCTAssertEqual(run(.each([]), .each([])).values, [])
        }
    }

    func test_multiply_byAFactor_isExactOrOverflows() {
        for value in Self.values {
            for factor in [1, 10, 1_000_000_000] as [Int64] {
                let wanted = Int64(exactly: Int128(value) * Int128(factor))
                let rows = IntegerKernels.multiply([value], by: factor)
                XCTAssertEqual(rows.overflowed, wanted == nil, "\(value) * \(factor)")
                if let wanted { XCTAssertEqual(rows.values, [wanted]) }
                guard case .same(let one, 3) = IntegerKernels.multiply(.same(value, count: 3), by: factor).operand else { return XCTFail("another form") }
                if let wanted { XCTAssertEqual(one, wanted) }
                XCTAssertEqual(IntegerKernels.multiply(.same(value, count: 3), by: factor).overflowed, wanted == nil)
            }
        }
    }

    /// Whatever is refused below a NULL is no error.
    func test_checked_passesOverNulls() throws {
        var validity = Bitmap(repeating: true, count: 3)
        validity[1] = false
        let refusing = { (left: Int64, right: Int64) throws(KernelError) -> Int64 in
            guard right != 0 else { throw .divisionByZero }
            return left / right
        }
        XCTAssertEqual(try IntegerKernels.checked([6, 7, 8], [3, 0, 2], validity: validity, refusing), [2, 0, 4])
        XCTAssertThrowsError(try IntegerKernels.checked([6, 7, 8], [3, 0, 2], validity: nil, refusing))
        XCTAssertEqual(try IntegerKernels.mapped([1, 2, 3], validity: validity) { (value) throws(KernelError) in value * 10 }, [10, 0, 30])
    }
}
