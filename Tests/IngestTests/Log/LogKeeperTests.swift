import ColumnStore
import Documents
@testable import Ingest
import Synchronization
import TestSupport
import XCTest

/// Goal: checkpoints come when they are due, also after a restart. Method: the pace as numbers; a keeper with a log in a directory, whose copies of the
/// store are empty.
final class LogKeeperTests: XCTestCase {
    private let folder = TemporaryDirectory()

    func test_pace_isOfTimeAndBytes_sinceTheLastOne() {
        var pace = LogCheckpoint.Pace()
        XCTAssertFalse(pace.isDue(at: 1e9, byteCount: 0, isAsked: false), "nothing is known")
        XCTAssertTrue(pace.isDue(at: 5, byteCount: 0, isAsked: true))
        XCTAssertTrue(pace.isDue(at: 5, byteCount: 1 << 30, isAsked: false))
        // An hour after the start a day has gone by.
        pace.found(age: 86_400 - 3_600, at: 1_000)
        XCTAssertFalse(pace.isDue(at: 4_599, byteCount: 0, isAsked: false))
        XCTAssertTrue(pace.isDue(at: 4_600, byteCount: 0, isAsked: false))
        pace.made(at: 5_000, byteCount: 7)
        XCTAssertFalse(pace.isDue(at: 91_399, byteCount: 1 << 30, isAsked: false))
        XCTAssertTrue(pace.isDue(at: 91_400, byteCount: 0, isAsked: false))
        XCTAssertTrue(pace.isDue(at: 5_001, byteCount: 1 << 30 + 7, isAsked: false))
        pace.found(age: .infinity, at: 6_000)
        XCTAssertTrue(pace.isDue(at: 6_000, byteCount: 0, isAsked: false), "there is none")
        pace.found(age: -5, at: 6_000)
        XCTAssertFalse(pace.isDue(at: 92_399, byteCount: 0, isAsked: false), "one of a clock that was ahead")
    }

    func test_pace_afterFailures_isSlower_untilThePlaceAnswersAgain() {
        var pace = LogCheckpoint.Pace()
        var pauses: [Double] = []
        for _ in 0..<100 {
            pace.failed(at: 1_000)
            let pause = (0...600).first { pace.isDue(at: 1_000 + Double($0), byteCount: 0, isAsked: true) }
            pauses.append(Double(pause ?? -1))
        }
        XCTAssertEqual(Array(pauses.prefix(10)), [1, 2, 4, 8, 16, 32, 64, 128, 256, 300])
        XCTAssertEqual(Set(pauses.dropFirst(9)), [300])
        pace.hear(isReached: true)
        XCTAssertFalse(pace.isDue(at: 1_001, byteCount: 0, isAsked: true), "it has answered all the time")
        pace.hear(isReached: false)
        XCTAssertFalse(pace.isDue(at: 1_001, byteCount: 0, isAsked: true))
        pace.hear(isReached: true)
        XCTAssertTrue(pace.isDue(at: 1_001, byteCount: 0, isAsked: true))
        pace.failed(at: 1_002)
        XCTAssertFalse(pace.isDue(at: 1_301, byteCount: 0, isAsked: true), "a place that comes and goes")
        pace.made(at: 1_400, byteCount: 0)
        XCTAssertTrue(pace.isDue(at: 1_400, byteCount: 0, isAsked: true))
        pace.failed(at: 1_400)
        XCTAssertTrue(pace.isDue(at: 1_401, byteCount: 0, isAsked: true), "the first one again")
    }

    private static let now: Int64 = 1_800_000_000_000_000

    private func keeper(_ directory: DataDirectory, _ log: String, segmentSeconds: Double = 5) throws -> LogKeeper {
        let options = LogOptions(url: "file://\(folder.path)/\(log)", segmentSeconds: segmentSeconds, refused: { XCTFail($0) })
        return try LogKeeper(options, directory: directory, store: "one", clock: Clock { LogKeeperTests.now }, clockAheadMax: .max) { _ in LocalStorageFactory() }
    }

    /// The copy of a store that has nothing in it.
    private static func backup(_ at: Int64) -> LogBackup {
        LogBackup(manifest: BackupManifest(number: 1, store: "one", madeAt: at, warehouse: ""), from: 0, to: 0, at: at)
    }

    func test_checkpointOfAProcessBefore_isADayOld_andAnotherIsDue() throws {
        for (age, isDue) in [(LogKeeper.keptMicroseconds - 600_000_000, false), (LogKeeper.keptMicroseconds + 1_000_000, true)] {
            let directory = try DataDirectory(path: "\(folder.path)/DATA\(age)")
            let before = try keeper(directory, "LOG\(age)")
            XCTAssertTrue(before.isCheckpointDue, "the epoch owes it")
            let at = Self.now - age
            before.checkpoint { _, _, _ in LogKeeperTests.backup(at) }
            before.stop()
            let next = try keeper(directory, "LOG\(age)")
            XCTAssertFalse(next.isCheckpointDue)
            next.lookForCheckpoint()
            XCTAssertEqual(next.isCheckpointDue, isDue, "\(age)")
            next.stop()
        }
    }

    /// What is acknowledged before it is there nobody could give back.
    func test_firstCheckpoint_isWaitedFor_untilTheLogHasComeToItsEnd() throws {
        // No segment comes by itself.
        let keeper = try keeper(try DataDirectory(path: "\(folder.path)/DATA"), "LOG", segmentSeconds: 3_600)
        let isOpen = Monitor(false)
        defer {
            isOpen.broadcast { $0 = true }
            keeper.stop()
        }
        keeper.start { _, _, _ in
            _ = isOpen.wait { $0 ? true : nil }
            return LogKeeperTests.backup(LogKeeperTests.now)
        }
        func owes() -> Bool { keeper.texts.contains { $0.contains("the log has no checkpoint of epoch 1 yet") } }
        keeper.waitForCheckpoint(seconds: 0) { false }
        XCTAssertTrue(owes(), "\(keeper.texts)")
        // It would come only once it may.
        let asked = Mutex(0)
        keeper.waitForCheckpoint(seconds: 1_000_000) {
            asked.withLock { asked in
                asked += 1
                return asked > 2
            }
        }
        XCTAssertTrue(owes(), "a stop that was asked for does not wait")
        isOpen.broadcast { $0 = true }
        keeper.waitForCheckpoint(seconds: 600) { false }
        XCTAssertFalse(owes(), "\(keeper.texts)")
        XCTAssertEqual(try keeper.place.newestCheckpoint(of: 1)?.at, Self.now)
    }

    func test_firstCheckpointThatFails_isNotWaitedFor() throws {
        struct Failure: Error {}
        let keeper = try keeper(try DataDirectory(path: "\(folder.path)/DATA"), "LOG")
        defer { keeper.stop() }
        keeper.start { _, _, _ in throw Failure() }
        let hasEnded = Monitor(false)
        WorkerThread(name: "waits", isDetached: true) {
            keeper.waitForCheckpoint(seconds: 1_000_000) { false }
            hasEnded.broadcast { $0 = true }
        }
        XCTAssertTrue(Patience.until { hasEnded.withLock { $0 } })
        XCTAssertTrue(keeper.texts.contains { $0.contains("no checkpoint of the log could be made") }, "\(keeper.texts)")
    }

    func test_removalThatFails_isToldAsWhatItIs() throws {
        let keeper = try keeper(try DataDirectory(path: "\(folder.path)/DATA"), "LOG")
        // A checkpoint that covers something, and a folder that cannot be listed.
        let old = LogCheckpoint(epoch: 0, from: 0, to: 0, at: Self.now - 2 * LogKeeper.keptMicroseconds, manifest: BackupManifest(number: 1, store: "one", madeAt: 0, warehouse: ""))
        try keeper.place.objects.put(old.key, old.bytes)
        try keeper.place.objects.put("uploads", [1, 2, 3])
        keeper.checkpoint { _, _, _ in LogKeeperTests.backup(LogKeeperTests.now) }
        XCTAssertEqual(keeper.texts.filter { $0.contains("could not be removed") }.count, 1, "\(keeper.texts)")
        XCTAssertEqual(keeper.texts.filter { $0.contains("no checkpoint of the log could be made") }, [])
        try keeper.place.objects.delete("uploads", .temporary)
        keeper.checkpoint { _, _, _ in LogKeeperTests.backup(LogKeeperTests.now) }
        XCTAssertEqual(keeper.texts.filter { $0.contains("could not be removed") }, [])
        keeper.stop()
    }

    func test_filesThatTheLogWentOnWithout_areNamed_andCounted() throws {
        let keeper = try keeper(try DataDirectory(path: "\(folder.path)/DATA"), "LOG")
        defer { keeper.stop() }
        func lacking() -> Double { keeper.metrics.first { $0.name == "log_files_lacking" }?.value ?? -1 }
        XCTAssertEqual(lacking(), 0)
        keeper.shipper.progress.withLock { progress in for number in Int64(1)...5 { progress.lacking["/w/\(number)"] = (number, "has 3 bytes", nil) } }
        XCTAssertEqual(lacking(), 5)
        XCTAssertEqual(keeper.texts.filter { $0.contains("(/w/1 has 3 bytes; /w/2 has 3 bytes; /w/3 has 3 bytes; 2 more)") }.count, 1, "\(keeper.texts)")
    }

    /// Where answers wait for the log, receipts are refused while it is not to be had: whoever sends them to this server is to know.
    func test_engineWhoseLogWasTakenOver_takesNoReceipts_andSaysWhy() throws {
        let url = "file://\(folder.path)/LOG"
        let place = try LogPlace(url: url) { _ in LocalStorageFactory() }
        for isAwaited in [false, true] {
            let fixture = try EngineFixture("\(folder.path)/DATA") { $0.log = LogOptions(url: url, segmentSeconds: 3_600, isAwaited: isAwaited) }
            let log = try XCTUnwrap(fixture.engine.log)
            _ = log.settle()
            XCTAssertEqual(fixture.engine.intakeRefusals.map(\.detail), [])
            if isAwaited {
                try takeOver(place)
                XCTAssertFalse(log.settle())
                let refusals = fixture.engine.intakeRefusals
                XCTAssertEqual(refusals.map(\.code), [.storageUnavailable])
                XCTAssertTrue(refusals.first?.detail.contains("the log was taken over") ?? false, "\(refusals)")
            }
            try fixture.engine.close()
        }
    }

    /// As another writer does; the log's own swaps may come between the look and the swap.
    private func takeOver(_ place: LogPlace) throws {
        for _ in 0..<100 {
            let (head, tag) = try XCTUnwrap(try place.head())
            do {
                _ = try LogClaim.raise(place, head, tag, last: head.last, now: 1)
                return
            } catch let error as ColumnStoreError where error.code == .conflict {}
        }
        XCTFail("the head changes all the time")
    }
}
