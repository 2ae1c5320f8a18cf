import ColumnStore
import XCTest

@testable import Query

/// Goal: what is volatile is asked for each row, whatever its arguments are: pg_sleep(1) of three rows is three seconds. Method: a function that counts the rows that it is asked for.
final class VolatileCallTests: XCTestCase {
    private typealias Expression = Query.Expression

    private func rowsAsked(isVolatile: Bool) throws -> Int {
        let rows = Monitor(0)
        let counted = ScalarFunction(
            "counted", nulls: .strict, cost: .heavy, failure: .possible, traits: ScalarFunction.Traits(isVolatile: isVolatile),
            kernel: .plain { (call) throws(KernelError) in
                let count = call.count
                rows.withLock { $0 += count }
                return .constant(.integer(7), type: .int64, count: count)
            })
        let call = Expression.call(counted, [.literal(.integer(1), .int64)], type: .int64, position: nil)
        let batch = ColumnBatch(rowCount: 3, columns: [.constant(.null, type: .boolean, count: 3)])
        let values = try Evaluator(call, layout: [ColumnID(1): 0], context: EvaluationContext()).evaluate(batch)
        XCTAssertEqual((0..<3).map { values.value(at: $0) }, [.integer(7), .integer(7), .integer(7)])
        return rows.withLock { $0 }
    }

    func test_callOfConstants_isAskedForEachRow_onlyWhereItIsVolatile() throws {
        XCTAssertEqual(try rowsAsked(isVolatile: true), 3)
        XCTAssertEqual(try rowsAsked(isVolatile: false), 1)
    }
}
