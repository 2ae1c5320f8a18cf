import Foundation
import TestSupport
import XCTest

@testable import ColumnStore
@testable import Documents
@testable import Ingest

/// Goal: where each record is a request to a bucket, commits that come while one is under way go as one. Method: an engine whose replica keeps what it is given waiting.
final class ReplicaKeeperTests: XCTestCase {
    /// Acknowledges when the test says so.
    private final class Held: CommitReplica {
        private struct State {
            var given = 0
            var isOpen = true
            var observer: (any ReplicaObserver)?
        }
        private let state = Monitor(State())
        let isInSlots: Bool
        var isDegraded: Bool { false }

        init(isInSlots: Bool) { self.isInSlots = isInSlots }

        var count: Int { state.withLock { $0.given } }

        func begin(_ observer: any ReplicaObserver) { state.withLock { $0.observer = observer } }
        func submit(_ token: Int, _ body: [UInt8]) {
            let observer = state.broadcast { state in
                state.given = token
                return state.isOpen ? state.observer : nil
            }
            observer?.acknowledged(through: token)
        }
        func prove(_ body: @escaping @Sendable (LeadProof) -> Void) { body(.leads) }
        func ended(isWhole: Bool) {}

        func hold() { state.withLock { $0.isOpen = false } }
        func release() {
            let (observer, given) = state.broadcast { state in
                state.isOpen = true
                return (state.observer, state.given)
            }
            observer?.acknowledged(through: given)
        }
        func waitForMore(than count: Int) -> Bool { state.wait(seconds: Patience.seconds) { $0.given > count ? true : nil } ?? false }
    }

    private var folder = URL(fileURLWithPath: "/")

    override func setUpWithError() throws { folder = try Project.temporaryFolder("till-keeper") }
    override func tearDown() { try? FileManager.default.removeItem(at: folder) }

    /// - Returns: how many records thirty commits became that came one after the other, while the first of them was under way.
    private func records(isInSlots: Bool) throws -> Int {
        let replica = Held(isInSlots: isInSlots)
        let fixture = try EngineFixture(folder.appendingPathComponent("\(isInSlots)").path) { $0.replica = replica }
        _ = try fixture.taken(EngineFixture.receipt("R-first"))
        let kept = Monitor(0)
        func wait() {
            fixture.engine.whenKept { fault in
                XCTAssertNil(fault)
                kept.broadcast { $0 += 1 }
            }
        }
        wait()
        XCTAssertEqual(kept.wait(seconds: Patience.seconds) { $0 == 1 ? true : nil }, true)
        replica.hold()
        let before = replica.count
        for number in 0..<30 {
            _ = try fixture.taken(EngineFixture.receipt("R-\(number)"))
            wait()
            if number == 0 || !isInSlots {
                let count = replica.count
                if number == 0 { XCTAssertTrue(count > before || replica.waitForMore(than: before)) }
                if !isInSlots, number > 0 { XCTAssertTrue(Patience.until { replica.count > before + number }) }
            }
        }
        replica.release()
        XCTAssertEqual(kept.wait(seconds: Patience.seconds) { $0 == 31 ? true : nil }, true)
        let count = replica.count - before
        try fixture.engine.close()
        return count
    }

    func test_commits_whileOneIsUnderWay_goAsOne() throws {
        XCTAssertEqual(try records(isInSlots: true), 2)
        XCTAssertGreaterThanOrEqual(try records(isInSlots: false), 30, "a standby is sent each as it comes")
    }

    /// A disk that hangs for longer than a round waits: what was taken from the log goes with the next one, in its order.
    func test_commitThatIsUnderWayForLong_isWaitedFor_andNothingIsLost() throws {
        let recorder = CommitRecorder()
        let directory = try DataDirectory(path: folder.appendingPathComponent("hung").path)
        let keeper = try ReplicaKeeper(recorder, directory: directory, clock: .system, waitSeconds: 0)
        recorder.begin(keeper)
        func prepare() -> Int64 { ([1, 2, 3] as [UInt8]).withUnsafeBytes { keeper.log.prepare("hot/2026-11-20.sqlite", $0) } }
        XCTAssertEqual([prepare(), prepare()], [1, 2])
        keeper.log.resolve(2, isCommitted: true)
        for _ in 0..<3 { keeper.ship() }
        XCTAssertNil(keeper.end)
        XCTAssertEqual(recorder.bodies, [])
        XCTAssertTrue(keeper.log.state.withLock { $0.isWanted }, "the next round comes by itself")
        XCTAssertEqual(prepare(), 3)
        keeper.log.resolve(3, isCommitted: true)
        keeper.log.resolve(1, isCommitted: false)
        keeper.ship()
        XCTAssertEqual(recorder.bodies.count, 1)
        guard case .part(let part, isLast: true)? = recorder.bodies.first.flatMap({ ReplicaBody($0) }) else { return XCTFail("no segment") }
        let records = try LogSegment(parsing: Array(part), path: "part").records
        XCTAssertEqual(records.map(\.sequence), [1, 2, 3])
        XCTAssertEqual(records.map(\.kind), [.noop, .rows, .rows])
        keeper.stop()
        XCTAssertEqual(recorder.isWhole, true)
    }

    /// The file may have it when it is next opened, and no record does.
    func test_endBehindACommitWhoseSyncFailed_leavesNoWholeFiles() throws {
        let recorder = CommitRecorder()
        let directory = try DataDirectory(path: folder.appendingPathComponent("doubtful").path)
        let keeper = try ReplicaKeeper(recorder, directory: directory, clock: .system)
        recorder.begin(keeper)
        let number = ([1, 2, 3] as [UInt8]).withUnsafeBytes { keeper.log.prepare("hot/2026-11-20.sqlite", $0) }
        keeper.log.doubt("hot/2026-11-20.sqlite")
        keeper.log.resolve(number, isCommitted: false)
        keeper.ship()
        keeper.stop()
        XCTAssertEqual(recorder.isWhole, false)
    }

    /// Else it leads on, takes nothing, and keeps the lead from the other machine, until a person comes.
    func test_machineThatCanKeepNothing_givesUp() throws {
        for isPast in [false, true] {
            let recorder = CommitRecorder()
            let fixture = try EngineFixture(folder.appendingPathComponent("given\(isPast)").path) { $0.replica = recorder }
            _ = try fixture.taken(EngineFixture.receipt("R-1"))
            XCTAssertNil(recorder.reason)
            let log = try XCTUnwrap(fixture.engine.log as? ReplicaKeeper).log
            if isPast { log.lose("catalog.sqlite", reason: "a table came past the log") } else { log.doubt("hot/2026-11-20.sqlite") }
            log.state.broadcast { $0.isWanted = true }
            XCTAssertTrue(Patience.until { recorder.reason != nil }, "\(isPast)")
            XCTAssertTrue(recorder.reason?.contains(isPast ? "could not be handed over" : "did not confirm") ?? false, recorder.reason ?? "")
            try fixture.engine.close()
            XCTAssertEqual(recorder.isWhole, false)
        }
    }

    /// What has gathered while nothing could be handed over is not one segment, which nobody could fold.
    func test_whatHasGathered_goesAsSegments_thatEndWithCommits() throws {
        let recorder = CommitRecorder()
        let directory = try DataDirectory(path: folder.appendingPathComponent("gathered").path)
        let keeper = try ReplicaKeeper(recorder, directory: directory, clock: .system)
        recorder.begin(keeper)
        let source = try FileHandle(forReadingFrom: URL(fileURLWithPath: "/dev/urandom"))
        defer { try? source.close() }
        for _ in 0..<3 {
            let changes = [UInt8](try XCTUnwrap(try source.read(upToCount: 5 << 20)))
            let number = changes.withUnsafeBytes { keeper.log.prepare("hot/2026-11-20.sqlite", $0) }
            keeper.log.resolve(number, isCommitted: true)
        }
        keeper.ship()
        var (segments, parts) = ([[Int64]](), [UInt8]())
        for body in recorder.bodies {
            guard case .part(let part, let isLast)? = ReplicaBody(body) else { return XCTFail("no part") }
            parts += part
            guard isLast else { continue }
            segments.append(try LogSegment(parsing: parts, path: "part").records.map(\.sequence))
            parts = []
        }
        XCTAssertEqual(segments, [[1, 2], [3]])
        XCTAssertEqual(keeper.log.byteCountMax, LogSegment.commitByteCountMax)
        // Whatever such a commit is: what a fold takes of one record, and of the parts of one segment.
        XCTAssertLessThan(LogSegment.commitByteCountMax + LogSegment.commitByteCountMax / 256 + 2 * (8 << 20) + 65_537, LogSegment.payloadByteCountMax)
        keeper.stop()
        XCTAssertEqual(recorder.isWhole, true)
    }
}
