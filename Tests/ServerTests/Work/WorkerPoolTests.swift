import ColumnStore
import Server
import Synchronization
import TestSupport
import XCTest

/// Goal: nobody's jobs hold all threads or places of a pool, and no job waits for longer than it may. Method: jobs that wait for the test, and a clock that the test moves.
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

    func test_longJobs_leaveThreadsToOthers_andOneToShortJobs() {
        let pool = WorkerPool(.init(threadCount: 8, waitingMax: 64, lendsIdle: true))
        let owners = (0..<4).map { _ in Owner() }
        let gates = owners.map { _ in Gate() }
        for (place, count) in [4, 2, 1, 0].enumerated() {
            for _ in 0..<8 { XCTAssertNotNil(pool.submit(for: owners[place], isLong: true) { gates[place].pass() }) }
            XCTAssertTrue(gates[place].waitUntilRunning(count), "\(place)")
        }
        let pages = Gate()
        pages.open()
        for owner in owners { XCTAssertNotNil(pool.submit(for: owner) { pages.pass() }) }
        XCTAssertTrue(pages.waitUntilRunning(4), "a short job waits behind long ones")
        XCTAssertEqual(gates.map(\.runningCount), [4, 2, 1, 0])
        for gate in gates { gate.open() }
        for gate in gates { XCTAssertTrue(gate.waitUntilRunning(8)) }
    }

    /// What one owner leaves is a place of another's, and then the first one's next has one too: threads that slept since there was nothing for them begin both.
    func test_end_thatLetsTwoBegin_hasBothBegun() {
        let pool = WorkerPool(.init(threadCount: 8, waitingMax: 64, lendsIdle: true))
        let (x, y, z) = (Owner(), Owner(), Owner())
        let gates = (0..<7).map { _ in Gate() }
        for (place, owner) in [z, x, y, x, y].enumerated() {
            XCTAssertNotNil(pool.submit(for: owner, isLong: true) { gates[place].pass() })
            XCTAssertTrue(gates[place].waitUntilRunning(1), "\(place)")
        }
        for (place, owner) in [(5, y), (6, x)] { XCTAssertNotNil(pool.submit(for: owner, isLong: true) { gates[place].pass() }) }
        XCTAssertTrue(pool.load == (2, 5), "both have their share")
        gates[1].open()
        for place in [5, 6] { XCTAssertTrue(gates[place].waitUntilRunning(1), "\(place)") }
        for gate in gates { gate.open() }
    }

    func test_jobWhoseTurnDoesNotCome_isLate_andGivesItsPlaceBack() throws {
        let clock = ManualClock()
        let pool = WorkerPool(.init(threadCount: 1, waitingMax: 2, isShared: false), WorkerPool.Patience(seconds: 0, Timers(clock: clock)))
        let owner = Owner(), gate = Gate()
        let late = Mutex<[Int]>([]), ran = Mutex<[Int]>([])
        func submit(_ number: Int) -> WorkerPool.Ticket? {
            pool.submit(for: owner) { ran.withLock { $0.append(number) } } late: { late.withLock { $0.append(number) } }
        }
        XCTAssertNotNil(pool.submit(for: owner) { gate.pass() } late: { late.withLock { $0.append(0) } })
        XCTAssertTrue(gate.waitUntilRunning(1))
        let first = try XCTUnwrap(submit(1))
        XCTAssertNotNil(pool.submit(for: owner) { ran.withLock { $0.append(2) } })
        XCTAssertNil(submit(3))
        clock.advance(by: 1)
        XCTAssertEqual(late.withLock { $0 }, [1])
        XCTAssertFalse(pool.drop(first))
        let next = try XCTUnwrap(submit(4))
        XCTAssertTrue(pool.drop(next))
        clock.advance(by: 1)
        XCTAssertTrue(pool.load == (1, 1))
        gate.open()
        XCTAssertTrue(Patience.until { ran.withLock { $0 } == [2] })
        XCTAssertEqual(late.withLock { $0 }, [1])
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
