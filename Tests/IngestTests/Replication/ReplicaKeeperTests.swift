import Foundation
import TestSupport
import XCTest

@testable import ColumnStore
@testable import Documents
@testable import Ingest

/// Goal: where each record is a request to a bucket, commits that come while one is under way go as one; a file of an upload is handed over before its row says that it is here, and keeps nobody's
/// commits waiting. Method: an engine whose replica keeps what it is given waiting.
final class ReplicaKeeperTests: XCTestCase {
    /// Acknowledges when the test says so.
    private final class Held: CommitReplica {
        private struct State {
            var first = 0
            var given = 0
            var bodies: [[UInt8]] = []
            var isOpen = true
            var observer: (any ReplicaObserver)?
        }
        private let state = Monitor(State())
        let isInSlots: Bool
        var isDegraded: Bool { false }

        init(isInSlots: Bool) { self.isInSlots = isInSlots }

        var count: Int { state.withLock { $0.bodies.count } }
        /// The first and the last token.
        var tokens: (first: Int, last: Int) { state.withLock { ($0.first, $0.given) } }
        /// All that it was given.
        var bodies: [[UInt8]] { state.withLock { $0.bodies } }

        func begin(_ observer: any ReplicaObserver) { state.withLock { $0.observer = observer } }
        func submit(_ token: Int, _ body: [UInt8]) {
            let observer = state.broadcast { state in
                if state.bodies.isEmpty { state.first = token }
                state.given = token
                state.bodies.append(body)
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
        func waitForMore(than count: Int) -> Bool { state.wait(seconds: Patience.seconds) { $0.bodies.count > count ? true : nil } ?? false }
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

    /// What the store before handed over may be acknowledged to this one.
    func test_tokens_ofAStoreThatIsOpenedAgain_areOthers() throws {
        var last = 0
        for number in 0..<2 {
            let replica = Held(isInSlots: false)
            let fixture = try EngineFixture(folder.path) { $0.replica = replica }
            _ = try fixture.taken(EngineFixture.receipt("R-\(number)"))
            try fixture.engine.close()
            XCTAssertGreaterThan(replica.tokens.first, last)
            last = replica.tokens.last
        }
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

    /// Its time is that of its number: until it is acknowledged nobody may say that all of that time is kept.
    func test_commit_isUnderWay_fromItsNumberOn_untilItIsAcknowledged() throws {
        let replica = Held(isInSlots: false)
        let directory = try DataDirectory(path: folder.appendingPathComponent("way").path)
        let keeper = try ReplicaKeeper(replica, directory: directory, clock: .system, waitSeconds: 0)
        replica.begin(keeper)
        replica.hold()
        func prepare() -> Int64 { ([1, 2, 3] as [UInt8]).withUnsafeBytes { keeper.log.prepare("hot/2026-11-20.sqlite", $0) } }
        XCTAssertFalse(keeper.isUnderWay)
        XCTAssertEqual([prepare(), prepare()], [1, 2])
        XCTAssertTrue(keeper.isUnderWay)
        keeper.log.resolve(2, isCommitted: true)
        keeper.ship()
        XCTAssertEqual(replica.count, 0, "the first is not settled")
        keeper.log.resolve(1, isCommitted: true)
        XCTAssertTrue(keeper.isUnderWay, "it was taken from the log, and was not submitted")
        keeper.ship()
        XCTAssertEqual(replica.count, 1)
        XCTAssertTrue(keeper.isUnderWay)
        replica.release()
        XCTAssertFalse(keeper.isUnderWay)
        // Of one that came to nothing a note stays behind, which wakes nobody.
        XCTAssertEqual(prepare(), 3)
        keeper.ship()
        keeper.log.resolve(3, isCommitted: false)
        keeper.log.state.withLock { $0.isWanted = false }
        XCTAssertTrue(keeper.isUnderWay)
        XCTAssertTrue(keeper.log.state.withLock { $0.isWanted })
        keeper.ship()
        XCTAssertFalse(keeper.isUnderWay)
        keeper.stop()
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

    // MARK: Files of uploads

    /// The file of the upload `u`, which has come and is not ended yet.
    private func put(_ byteCount: Int, _ fixture: EngineFixture) throws -> UploadFile {
        let uploads = fixture.engine.uploads
        let file = try uploads.receive(try uploads.announce(UploadAnnouncement(name: "a.ndjson"), id: "u", as: .admin), from: 0, isAnew: true, isKept: true)
        try [UInt8](repeating: 0x0A, count: byteCount).withUnsafeBytes { try file.append($0) }
        return file
    }

    /// Returns once all is kept that was committed by now.
    private func settle(_ fixture: EngineFixture) {
        let isKept = Monitor(false)
        fixture.engine.whenKept { fault in
            XCTAssertNil(fault)
            isKept.broadcast { $0 = true }
        }
        XCTAssertEqual(isKept.wait(seconds: Patience.seconds) { $0 ? true : nil }, true)
    }

    /// Ends a file on another thread.
    private func finish(_ file: UploadFile, _ fixture: EngineFixture) -> Monitor<Result<Upload, any Error>?> {
        let outcome = Monitor<Result<Upload, any Error>?>(nil)
        let uploads = fixture.engine.uploads
        Thread.detachNewThread {
            let result: Result<Upload, any Error> = Result { try uploads.finish(file, coding: nil) }
            outcome.broadcast { $0 = result }
        }
        return outcome
    }

    private static func isOfFile(_ body: [UInt8]) -> Bool {
        if case .file? = ReplicaBody(body) { return true }
        return false
    }

    /// It would be a file's last piece that a receipt waits for, gigabytes later. Nothing is acknowledged meanwhile.
    func test_commit_goesBetweenThePiecesOfAFile() throws {
        let byteCount = 40 * ReplicaBody.byteCountMax
        for isInSlots in [true, false] {
            let replica = Held(isInSlots: isInSlots)
            let fixture = try EngineFixture(folder.appendingPathComponent("between-\(isInSlots)").path) { $0.replica = replica }
            let file = try put(byteCount, fixture)
            settle(fixture)
            replica.hold()
            let before = replica.count
            let outcome = finish(file, fixture)
            XCTAssertTrue(replica.waitForMore(than: before))
            _ = try fixture.taken(EngineFixture.receipt("R-1"))
            XCTAssertTrue(Patience.until { replica.bodies.dropFirst(before).contains { !Self.isOfFile($0) } })
            // Of more than forty: one that says that the file begins anew, and half a megabyte.
            XCTAssertLessThanOrEqual(replica.bodies.dropFirst(before).prefix(while: Self.isOfFile).count, isInSlots ? 1 : 12)
            XCTAssertNil(outcome.withLock { $0 })
            replica.release()
            XCTAssertEqual(try XCTUnwrap(outcome.wait(seconds: Patience.seconds) { $0 }).get().state, .processing)
            settle(fixture)
            XCTAssertGreaterThan(replica.bodies.dropFirst(before).filter(Self.isOfFile).count, 40)
            try fixture.engine.close()
        }
    }

    /// Whoever takes over between two records has the file where it has the row.
    func test_file_isWholeBeforeItsRowSaysThatItIsHere_andNoOtherLeaderHandsItOver() throws {
        let byteCount = 3 * ReplicaBody.byteCountMax
        let path = folder.appendingPathComponent("whole").path
        let recorder = CommitRecorder()
        let fixture = try EngineFixture(path) { $0.replica = recorder }
        let file = try put(byteCount, fixture)
        settle(fixture)
        XCTAssertEqual(try fixture.engine.uploads.finish(file, coding: nil).state, .processing)
        settle(fixture)
        try fixture.engine.close()
        let bodies = recorder.bodies
        let pieces = bodies.indices.filter { Self.isOfFile(bodies[$0]) }
        let (first, last) = (try XCTUnwrap(pieces.first), try XCTUnwrap(pieces.last))
        XCTAssertEqual(ReplicaBody(bodies[first]), .file(name: "uploads/u", offset: 0, bytes: [], isLast: true))
        XCTAssertEqual(ReplicaBody(bodies[last]), .file(name: "uploads/u", offset: Int64(byteCount), bytes: [], isLast: true))
        // Folded record by record, as by a standby: the row says so behind the last piece.
        let standby = try ReplicaStore(directory: folder.appendingPathComponent("standby").path)
        try standby.clear()
        for (index, body) in bodies.enumerated() {
            try standby.apply(.init(sequence: Int64(index) + 1, epoch: 1, high: UInt64(index) + 1, low: 7), body)
            guard index == last || index == bodies.count - 1 else { continue }
            try standby.settle()
            let catalog = try SQLiteConnection(path: "\(standby.directory)/catalog.sqlite", mode: .readOnly)
            XCTAssertEqual(try catalog.integer("SELECT count(*) FROM uploads WHERE state = 'PROCESSING'"), index == last ? 0 : 1)
            XCTAssertEqual(FileManager.default.contents(atPath: "\(standby.directory)/uploads/u")?.count, byteCount)
        }
        // A tenure later nothing of it goes again, which would stand before all commits.
        let next = CommitRecorder()
        let later = try EngineFixture(path) { $0.replica = next }
        try later.engine.uploads.cancel("u", as: .admin)
        settle(later)
        try later.engine.close()
        XCTAssertGreaterThan(next.bodies.count, 0)
        XCTAssertFalse(next.bodies.contains(where: Self.isOfFile))
    }

    /// The change of its row failed, say, and its client puts another: whoever takes over meanwhile has the beginning of one of both, for which its client takes it.
    func test_fileThatIsHandedOverAgain_isNeverMixedWithWhatWasThere() throws {
        let recorder = CommitRecorder()
        let directory = try DataDirectory(path: folder.appendingPathComponent("again").path)
        let keeper = try ReplicaKeeper(recorder, directory: directory, clock: .system)
        recorder.begin(keeper)
        try DataDirectory.makeDirectories(directory.uploadsPath)
        let contents = [Data(repeating: 1, count: 3 * ReplicaBody.byteCountMax), Data(repeating: 2, count: 2 * ReplicaBody.byteCountMax)]
        for content in contents {
            try content.write(to: URL(filePath: "\(directory.uploadsPath)/u"))
            try keeper.carry([.upload("u")])
        }
        let path = folder.appendingPathComponent("mixed").path
        let standby = try ReplicaStore(directory: path)
        try standby.clear()
        func content() -> Data? { FileManager.default.contents(atPath: "\(path)/uploads/u") }
        for (index, body) in recorder.bodies.enumerated() {
            try standby.apply(.init(sequence: Int64(index) + 1, epoch: 1, high: UInt64(index) + 1, low: 7), body)
            XCTAssertLessThanOrEqual(Set(content() ?? Data()).count, 1, "record \(index + 1)")
        }
        XCTAssertEqual(content(), contents[1])
        XCTAssertThrowsError(try keeper.carry([.upload("gone")]), "its row would say that it is here")
        keeper.ended("another leads")
        XCTAssertThrowsError(try keeper.carry([.upload("u")])) { XCTAssertEqual(($0 as? Fault)?.code, .notLeader) }
        keeper.stop()
    }

    /// Of a pair whose other machine is gone, and that has nothing in its place: threads that wait for it are of others' uploads as well.
    func test_fileThatNobodyAcknowledges_waitsNoLongerThanAnAnswer() throws {
        for isBehindCommits in [false, true] {
            let replica = Held(isInSlots: false)
            let directory = try DataDirectory(path: folder.appendingPathComponent("silent-\(isBehindCommits)").path)
            let keeper = try ReplicaKeeper(replica, directory: directory, clock: .system, waitSeconds: 0.2)
            replica.begin(keeper)
            try DataDirectory.makeDirectories(directory.uploadsPath)
            try Data(repeating: 1, count: 20 * ReplicaBody.byteCountMax).write(to: URL(filePath: "\(directory.uploadsPath)/u"))
            try keeper.carry([.upload("u")])
            replica.hold()
            let isShipped = Monitor(!isBehindCommits)
            if isBehindCommits {
                // More than may be under way: whoever hands them over waits for room.
                let source = try FileHandle(forReadingFrom: URL(fileURLWithPath: "/dev/urandom"))
                defer { try? source.close() }
                let changes = [UInt8](try XCTUnwrap(try source.read(upToCount: 12 << 20)))
                keeper.log.resolve(changes.withUnsafeBytes { keeper.log.prepare("hot/2026-11-20.sqlite", $0) }, isCommitted: true)
                let before = replica.count
                Thread.detachNewThread {
                    keeper.ship()
                    isShipped.broadcast { $0 = true }
                }
                XCTAssertTrue(replica.waitForMore(than: before))
            }
            let outcome = Monitor<Result<Void, any Error>?>(nil)
            Thread.detachNewThread {
                let result: Result<Void, any Error> = Result { try keeper.carry([.upload("u")]) }
                outcome.broadcast { $0 = result }
            }
            XCTAssertThrowsError(try XCTUnwrap(outcome.wait(seconds: Patience.seconds) { $0 }).get()) { XCTAssertEqual(($0 as? Fault)?.code, .storageUnavailable) }
            // Once it is there again the same file goes.
            replica.release()
            XCTAssertEqual(isShipped.wait(seconds: Patience.seconds) { $0 ? true : nil }, true)
            XCTAssertNoThrow(try keeper.carry([.upload("u")]))
            keeper.stop()
        }
    }

    /// Else one of gigabytes would keep a server from ending, or from handing over the lead.
    func test_fileThatIsOnItsWay_asTheServerEnds_isNotTaken_andItsUploadWaits() throws {
        let byteCount = 4 * ReplicaBody.byteCountMax
        let replica = Held(isInSlots: true)
        let fixture = try EngineFixture(folder.appendingPathComponent("ending").path) { $0.replica = replica }
        let uploads = fixture.engine.uploads
        let file = try put(byteCount, fixture)
        settle(fixture)
        replica.hold()
        let before = replica.count
        let outcome = finish(file, fixture)
        XCTAssertTrue(replica.waitForMore(than: before))
        fixture.engine.stopCarrying(within: 0)
        XCTAssertThrowsError(try XCTUnwrap(outcome.wait(seconds: Patience.seconds) { $0 }).get()) { XCTAssertEqual(($0 as? Fault)?.code, .notLeader) }
        XCTAssertEqual(try uploads.upload("u", as: .admin).state, .new)
        XCTAssertEqual(uploads.fileByteCount("u"), Int64(byteCount))
        replica.release()
        settle(fixture)
        try fixture.engine.close()
    }
}
