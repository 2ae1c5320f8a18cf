import ColumnStore
import Server
import XCTest

/// Goal: each action is called once, in the order of their times, and none that was cancelled. Method: many at random times that are all soon.
final class DeadlinesTests: XCTestCase {
    func test_after_manyInAnyOrder_areCalledInTheirs() {
        let deadlines = Deadlines()
        let called = Monitor<[Int]>([])
        var handles: [Deadlines.Handle] = []
        // Far enough apart that the order of calls is that of the times.
        let order = [7, 2, 9, 4, 0, 8, 5, 1, 6, 3]
        for number in order { handles.append(deadlines.after(0.05 + Double(number) * 0.01) { called.broadcast { $0.append(number) } }) }
        for (number, handle) in zip(order, handles) where number % 3 == 1 { deadlines.cancel(handle) }
        for _ in 0..<1_000 { deadlines.cancel(deadlines.after(1_000) {}) }
        XCTAssertEqual(called.wait(seconds: 20) { $0.count == 7 ? $0 : nil }, [0, 2, 3, 5, 6, 8, 9])
        deadlines.after(1_000) { called.broadcast { $0.append(-1) } }
        deadlines.fireAll()
        XCTAssertEqual(called.withLock { $0.last }, -1)
    }
}
