import ColumnStore
import Server
import Synchronization
import XCTest

/// Goal: each action is called once: at its time, or when the server stops, whichever is first; none that was cancelled. Method: a clock that
/// the test moves.
final class DeadlinesTests: XCTestCase {
    func test_after_callsOnce_atItsTimeOrAtAStop() {
        let clock = ManualClock()
        let deadlines = Deadlines(Timers(clock: clock))
        let called = Mutex<[Int]>([])
        let call = { (number: Int) in { @Sendable in called.withLock { $0.append(number) } } }
        let handles = (1...6).map { deadlines.after(Double($0), call($0)) }
        deadlines.cancel(handles[1])
        clock.advance(by: 3.5)
        XCTAssertEqual(called.withLock { $0 }, [1, 3])
        deadlines.cancel(handles[4])
        deadlines.fireAll()
        XCTAssertEqual(called.withLock { Set($0) }, [1, 3, 4, 6])
        clock.advance(by: 100)
        XCTAssertEqual(called.withLock { $0.count }, 4)
    }
}
