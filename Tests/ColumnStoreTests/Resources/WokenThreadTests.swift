import ColumnStore
import Synchronization
import TestSupport
import XCTest

/// Goal: whatever is woken is worked on after that, failures too, and a thread that was asked to stop ends. Method: threads that wake at random; no bounds
/// on when.
final class WokenThreadTests: XCTestCase {
    func test_wake_fromManyThreads_nothingIsLeft() {
        let waiting = Monitor(0)
        let done = Atomic<Int>(0)
        let thread = WokenThread(name: "woken")
        thread.start(failed: { _ in XCTFail("nothing fails here") }) {
            let taken = waiting.withLock { waiting -> Int in
                // A part of it: it says that there is more.
                let taken = min(waiting, 3)
                waiting -= taken
                return taken
            }
            done.wrappingAdd(taken, ordering: .relaxed)
            return taken > 0
        }
        let wakers = (0..<4).map { _ in
            WorkerThread(name: "waker") {
                for _ in 0..<500 {
                    waiting.withLock { $0 += 1 }
                    thread.wake()
                }
            }
        }
        for waker in wakers { waker.join() }
        XCTAssertTrue(Patience.until(pauseMilliseconds: 1) { done.load(ordering: .relaxed) == 2_000 })
        thread.stop()
        XCTAssertEqual(done.load(ordering: .relaxed), 2_000)
    }

    func test_failure_isToldAndTriedAgain_withoutBeingWoken() {
        struct Failure: Error {}
        let state = Monitor((failures: 0, isDone: false))
        let thread = WokenThread(name: "woken")
        thread.start(failed: { _ in state.broadcast { $0.failures += 1 } }) {
            if state.withLock({ $0.failures == 0 }) { throw Failure() }
            state.broadcast { $0.isDone = true }
            return false
        }
        state.wait { $0.isDone ? () : nil }
        thread.stop()
        XCTAssertEqual(state.withLock { $0.failures }, 1)
    }

    func test_stop_endsWhoeverWaitsForWaking_andTwiceIsAsOnce() {
        let began = Monitor(false)
        let thread = WokenThread(name: "woken")
        thread.start(failed: { _ in }) {
            began.broadcast { $0 = true }
            thread.waitForWaking()
            return false
        }
        began.wait { $0 ? () : nil }
        thread.stop()
        thread.stop()
    }
}
