import ColumnStore
import Synchronization
import TestSupport
import XCTest

@testable import Documents
@testable import Ingest

/// Goal: one contract's documents never hold all threads, and none waits for ever. Method: jobs that end when the test says so.
final class IntakeLanesTests: XCTestCase {
    private final class Gate: Sendable {
        private let state = Monitor((isOpen: false, begun: [String]()))
        func job(_ name: String) -> IntakeLanes.Job {
            IntakeLanes.Job(
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

    func test_submit_oneContractOfMany_leavesALaneToTheOthers() {
        let lanes = IntakeLanes(laneCount: 3)
        let (greedy, other) = (Gate(), Gate())
        for number in 0..<10 { XCTAssertTrue(lanes.submit(for: .contract("greedy"), greedy.job("g\(number)"))) }
        _ = greedy.waitFor(2)
        XCTAssertTrue(lanes.submit(for: .contract("other"), other.job("o")))
        XCTAssertEqual(other.waitFor(1), ["o"])
        // The third of the greedy one's has not begun, though it came first.
        XCTAssertEqual(greedy.begun.count, 2)
        other.open()
        greedy.open()
        _ = greedy.waitFor(10)
        lanes.stop()
        XCTAssertEqual(greedy.begun.count, 10)
    }

    func test_submit_pastTheBound_isRefusedAndOthersAreNot() {
        let lanes = IntakeLanes(laneCount: 2)
        let gate = Gate()
        XCTAssertTrue(lanes.submit(for: .contract("a"), gate.job("first")))
        _ = gate.waitFor(1)
        for _ in 0..<IntakeLanes.waitingOfContractMax { XCTAssertTrue(lanes.submit(for: .contract("a"), gate.job("a"))) }
        XCTAssertFalse(lanes.submit(for: .contract("a"), gate.job("a")))
        XCTAssertTrue(lanes.submit(for: .contract("b"), gate.job("b")))
        _ = gate.waitFor(2)
        gate.open()
        lanes.stop()
        XCTAssertFalse(lanes.submit(for: .contract("b"), gate.job("b")))
    }

    func test_stop_refusesWhatWaits() {
        let lanes = IntakeLanes(laneCount: 2)
        let gate = Gate()
        for number in 0..<4 { XCTAssertTrue(lanes.submit(for: .contract("a"), gate.job("\(number)"))) }
        _ = gate.waitFor(1)
        let stopped = WorkerThread(name: "stop") { lanes.stop() }
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
        let lanes = IntakeLanes(laneCount: 3)
        let gate = Gate()
        gate.open()
        XCTAssertFalse(WorkerThread.$areRefused.withValue(true) { lanes.submit(for: .contract("a"), gate.job("none")) })
        XCTAssertEqual(lanes.load.waiting, 0)
        XCTAssertTrue(lanes.submit(for: .contract("a"), gate.job("first")))
        _ = gate.waitFor(1)
        XCTAssertTrue(WorkerThread.$areRefused.withValue(true) { lanes.submit(for: .contract("a"), gate.job("second")) })
        XCTAssertEqual(gate.waitFor(2), ["first", "second"])
        lanes.stop()
    }
}
