import ColumnStore
import Synchronization
import TestSupport
import XCTest

@testable import Documents
@testable import Ingest

/// Goal: one contract's documents never hold all threads, and none waits indefinitely. Method: jobs that end when the test says so.
final class IntakePoolTests: XCTestCase {
    private final class Gate: Sendable {
        private let state = Monitor((isOpen: false, begun: [String]()))
        func job(_ name: String) -> IntakePool.Job {
            IntakePool.Job(
                run: { [state] in
                    state.broadcast { $0.begun.append(name) }
                    state.wait { $0.isOpen ? () : nil }
                }, refuse: { [state] in state.broadcast { $0.begun.append("refused \(name)") } })
        }
        func open() { state.broadcast { $0.isOpen = true } }
        /// What has begun once it is so much; nothing when that takes so long that it will never be.
        func waitFor(_ count: Int) -> [String] { state.wait(seconds: Patience.seconds) { $0.begun.count >= count ? $0.begun : nil } ?? [] }
        var begun: [String] { state.withLock { $0.begun } }
    }

    func test_submit_oneContractOfMany_leavesAThreadToTheOthers() {
        let pool = IntakePool(threadCount: 3)
        let (greedy, other) = (Gate(), Gate())
        for number in 0..<10 { XCTAssertTrue(pool.submit(for: .contract("greedy"), greedy.job("g\(number)"))) }
        _ = greedy.waitFor(2)
        XCTAssertTrue(pool.submit(for: .contract("other"), other.job("o")))
        XCTAssertEqual(other.waitFor(1), ["o"])
        // The third of the greedy one's has not begun, though it came first.
        XCTAssertEqual(greedy.begun.count, 2)
        other.open()
        greedy.open()
        _ = greedy.waitFor(10)
        pool.stop()
        XCTAssertEqual(greedy.begun.count, 10)
    }

    func test_submit_pastTheBound_isRefusedAndOthersAreNot() {
        let pool = IntakePool(threadCount: 2)
        let gate = Gate()
        XCTAssertTrue(pool.submit(for: .contract("a"), gate.job("first")))
        _ = gate.waitFor(1)
        for _ in 0..<IntakePool.waitingOfContractMax { XCTAssertTrue(pool.submit(for: .contract("a"), gate.job("a"))) }
        XCTAssertFalse(pool.submit(for: .contract("a"), gate.job("a")))
        XCTAssertTrue(pool.submit(for: .contract("b"), gate.job("b")))
        _ = gate.waitFor(2)
        gate.open()
        pool.stop()
        XCTAssertFalse(pool.submit(for: .contract("b"), gate.job("b")))
    }

    func test_stop_refusesWhatWaits() {
        let pool = IntakePool(threadCount: 2)
        let gate = Gate()
        for number in 0..<4 { XCTAssertTrue(pool.submit(for: .contract("a"), gate.job("\(number)"))) }
        _ = gate.waitFor(1)
        let stopped = WorkerThread(name: "stop") { pool.stop() }
        let begun = gate.waitFor(4)
        XCTAssertEqual(begun.count { $0.hasPrefix("refused") }, 3)
        gate.open()
        stopped.join()
    }

    func test_parsingRoom_boundsWhatIsTakenAtOnce() {
        let room = ParsingRoom(byteCountMax: 64 << 20)
        let most = Mutex(0)
        let threads = (0..<6).map { _ in
            WorkerThread(name: "room") {
                for _ in 0..<50 {
                    room.with(20 << 20) { most.withLock { $0 = max($0, room.usedByteCount) } }
                    // More than there is: alone.
                    room.with(100 << 20) { most.withLock { $0 = max($0, room.usedByteCount) } }
                }
            }
        }
        for thread in threads { thread.join() }
        XCTAssertLessThanOrEqual(most.withLock { $0 }, 64 << 20)
        XCTAssertEqual(room.usedByteCount, 0)
    }

    func test_submit_withoutAThread_isRefused_andWithOneIsDoneByIt() {
        let pool = IntakePool(threadCount: 3)
        let gate = Gate()
        gate.open()
        XCTAssertFalse(WorkerThread.$areRefused.withValue(true) { pool.submit(for: .contract("a"), gate.job("none")) })
        XCTAssertEqual(pool.load.waiting, 0)
        XCTAssertTrue(pool.submit(for: .contract("a"), gate.job("first")))
        _ = gate.waitFor(1)
        XCTAssertTrue(WorkerThread.$areRefused.withValue(true) { pool.submit(for: .contract("a"), gate.job("second")) })
        XCTAssertEqual(gate.waitFor(2), ["first", "second"])
        pool.stop()
    }
}
