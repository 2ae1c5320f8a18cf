import ColumnStore
import Synchronization
import TestSupport
import XCTest

/// Goal: one thread at a time, joined once, whoever joins. Method: starts and joins from several threads at once.
final class HeldThreadTests: XCTestCase {
    func test_start_twice_runsOnce_andJoinWaitsForIt() {
        let held = HeldThread()
        let gate = Monitor(false)
        let runs = Atomic<Int>(0)
        for _ in 0..<3 {
            held.start(name: "held") {
                runs.wrappingAdd(1, ordering: .relaxed)
                gate.wait { $0 ? () : nil }
            }
        }
        gate.broadcast { $0 = true }
        let joiners = (0..<4).map { _ in WorkerThread(name: "joiner") { held.join() } }
        for joiner in joiners { joiner.join() }
        XCTAssertEqual(runs.load(ordering: .relaxed), 1)
        held.start(name: "held") { runs.wrappingAdd(1, ordering: .relaxed) }
        held.join()
        XCTAssertEqual(runs.load(ordering: .relaxed), 2, "after it was joined another may begin")
    }

    func test_join_withoutAThread_returns() { HeldThread().join() }
}
