import ColumnStore
import Server
import Synchronization
import TestSupport
import XCTest

/// Goal: nobody's jobs hold all threads or places of a pool. Method: jobs that wait for the test.
final class WorkerPoolTests: XCTestCase {
    private final class Owner: Sendable {}

    /// Jobs that run until the test lets them.
    private final class Gate: Sendable {
        private let state = Monitor((isOpen: false, runningCount: 0))
        func pass() {
            state.broadcast { $0.runningCount += 1 }
            state.wait { $0.isOpen ? () : nil }
        }
        func open() { state.broadcast { $0.isOpen = true } }
        func waitUntilRunning(_ count: Int) -> Bool { state.wait(seconds: Patience.seconds) { $0.runningCount >= count ? true : nil } ?? false }
        var runningCount: Int { state.withLock { $0.runningCount } }
    }

    func test_submit_oneOwnerFillsThePool_leavesAThreadToOthers() {
        let pool = WorkerPool(.init(threadCount: 4, waitingMax: 8))
        let (greedy, other) = (Owner(), Owner())
        let gate = Gate()
        var taken = 0
        for _ in 0..<20 where pool.submit(for: greedy, { gate.pass() }) != nil {
            taken += 1
            _ = gate.waitUntilRunning(min(taken, 3))
        }
        XCTAssertEqual(taken, 3 + 6, "three threads, and three quarters of the places")
        XCTAssertEqual(gate.runningCount, 3)
        let done = Gate()
        for _ in 0..<2 { XCTAssertNotNil(pool.submit(for: other) { done.pass() }) }
        XCTAssertTrue(done.waitUntilRunning(1), "the other's job waits behind the first's")
        done.open()
        XCTAssertTrue(done.waitUntilRunning(2))
        gate.open()
        XCTAssertTrue(gate.waitUntilRunning(taken))
    }

    func test_submit_whileNobodyElseWaits_hasAllThreads_andTheNextIsTheOthers() {
        let pool = WorkerPool(.init(threadCount: 4, waitingMax: 8, lendsIdle: true))
        let (greedy, other) = (Owner(), Owner())
        let gates = (0..<5).map { _ in Gate() }
        for (count, gate) in gates.prefix(4).enumerated() {
            XCTAssertNotNil(pool.submit(for: greedy) { gate.pass() }, "\(count)")
            XCTAssertTrue(gate.waitUntilRunning(1), "\(count) of one owner, who is alone")
        }
        XCTAssertNotNil(pool.submit(for: greedy) { gates[4].pass() })
        let done = Gate()
        XCTAssertNotNil(pool.submit(for: other) { done.pass() })
        gates[0].open()
        XCTAssertTrue(done.waitUntilRunning(1), "the other's job waits behind the first's")
        for gate in gates + [done] { gate.open() }
        XCTAssertTrue(gates[4].waitUntilRunning(1))
    }

    func test_drop_waitingJob_givesItsPlaceBackAndNeverRuns() {
        let pool = WorkerPool(.init(threadCount: 1, waitingMax: 2, isShared: false))
        let owner = Owner()
        let gate = Gate()
        XCTAssertNotNil(pool.submit(for: owner) { gate.pass() })
        XCTAssertTrue(gate.waitUntilRunning(1))
        let ran = Atomic<Int>(0)
        guard let first = pool.submit(for: owner, { ran.add(1, ordering: .relaxed) }), pool.submit(for: owner, { ran.add(10, ordering: .relaxed) }) != nil else {
            return XCTFail("no place")
        }
        XCTAssertNil(pool.submit(for: owner) {})
        XCTAssertTrue(pool.drop(first))
        XCTAssertFalse(pool.drop(first))
        let last = Gate()
        XCTAssertNotNil(pool.submit(for: owner) { last.pass() })
        gate.open()
        XCTAssertTrue(last.waitUntilRunning(1))
        last.open()
        XCTAssertEqual(ran.load(ordering: .relaxed), 10)
    }
}
