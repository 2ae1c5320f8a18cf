import ColumnStore
import XCTest

@testable import Query

/// Goal: rows that pause for a moment each keep no thread from others for as long as all of them. Method: whoever would run in the thread's place ends the query instead.
final class PauseTests: XCTestCase {
    /// Counts who leaves, and ends the query then.
    private final class Ending: ThreadRelief {
        let leaveCount = Monitor(0)
        private let cancellation: Cancellation

        init(_ cancellation: Cancellation) { self.cancellation = cancellation }

        func leave() -> Bool {
            leaveCount.withLock { $0 += 1 }
            cancellation.cancel()
            return false
        }

        func comeBack() {}
        func look(at now: UInt64) {}
    }

    func test_manyShortPauses_areOneLongWait() throws {
        let cancellation = Cancellation()
        let ending = Ending(cancellation)
        let call = Query.Expression.call(ScalarFunction.pause, [.literal(.double(0.001), .double)], type: .string, position: nil)
        let batch = ColumnBatch(rowCount: 50, columns: [.constant(.null, type: .boolean, count: 50)])
        let evaluator = try Evaluator(call, layout: [ColumnID(1): 0], context: EvaluationContext(cancellation: cancellation))
        try ThreadWait.$relief.withValue(ending) {
            XCTAssertThrowsError(try evaluator.evaluate(batch)) { XCTAssertEqual(($0 as? QueryError)?.slug, .cancelled) }
        }
        XCTAssertEqual(ending.leaveCount.withLock { $0 }, 1)
    }
}
