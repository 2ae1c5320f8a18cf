import ColumnStore
import XCTest

@testable import Query

/// Goal: rows are charged before their fields are laid out, those of a NULL too. Method: the kernel with a meter of its own.
final class RowValueTests: XCTestCase {
    private func type(_ fieldCount: Int) -> ColumnType { .structure((0..<fieldCount).map { Field("f\($0)", .int64) }) }

    private func rows(of column: Column) throws -> Column {
        let plain: ((KernelCall) throws -> Column)? = if case .plain(let kernel) = ScalarFunction.makeRow.kernel { kernel } else { nil }
        let kernel = try XCTUnwrap(plain, "a row is made otherwise")
        let meter = WorkMeter(EvaluationContext(memory: MemoryBudget(byteCountMax: 16 << 20)))
        return try kernel(KernelCall(columns: [column], count: column.count, type: .structure([Field("f1", column.type)]), context: EvaluationContext(), meter: meter))
    }

    func test_aNULLRow_isChargedAsAllItsFields() throws {
        // 8 bytes in each row of each field; then columns alone, of one row.
        for (fieldCount, count) in [(1_000, 8_192), (100_000, 1)] {
            XCTAssertThrowsError(try rows(of: .constant(.null, type: type(fieldCount), count: count)), "\(fieldCount)") { error in
                guard case .tooLarge = error as? KernelError else { return XCTFail("\(error)") }
            }
        }
        let made = try rows(of: .constant(.null, type: type(10), count: 3))
        XCTAssertEqual(made.value(at: 2), .structure([.null]))
    }
}
