import ColumnStore
import Foundation
@testable import Ingest
import Synchronization
import TestSupport
import XCTest

/// Goal: a commit that no spool took does not hold up those after it, stands in the log as what is missing, and is owed a checkpoint that has it. Method: a
/// log in a directory; directories in the places of spools, which can then not be opened.
final class LogShipperTests: XCTestCase {
    private let folder = TemporaryDirectory()

    private func place() throws -> LogPlace { try LogPlace(url: "file://\(folder.path)/LOG") { _ in LocalStorageFactory() } }

    private func commit(_ log: CommitLog) -> Int64 {
        let number = ([1, 2, 3] as [UInt8]).withUnsafeBytes { log.prepare("hot/2026-11-20.sqlite", $0) }
        log.resolve(number, isCommitted: true)
        return number
    }

    private func lose(_ log: CommitLog) throws -> Int64 {
        let blocked = log.spoolPath(log.last + 1)
        try FileManager.default.createDirectory(atPath: blocked, withIntermediateDirectories: true)
        let number = commit(log)
        try FileManager.default.removeItem(atPath: blocked)
        return number
    }

    private func kinds(_ place: LogPlace) throws -> [Int64: LogRecord.Kind] {
        var kinds: [Int64: LogRecord.Kind] = [:]
        for name in try place.segments(of: 1) {
            let segment = try LogSegment(parsing: try place.objects.get(name.key, byteCountMax: 1 << 20), path: name.key)
            for record in segment.records { kinds[record.sequence] = record.kind }
        }
        return kinds
    }

    func test_commitsThatNoSpoolTook_areFences_andThoseAfterThemGoOn() throws {
        let (place, directory) = (try place(), try DataDirectory(path: folder.path + "/DATA"))
        let recovery = try LogRecovery(directory: directory.path, store: "one")
        let log = try CommitLog(directory: directory.path, next: recovery.next, closed: [], time: 0, clock: .system)
        let shipper = LogShipper(
            log, place: place, directory: directory, store: "one", recovery: recovery, seconds: 5, clock: .system, answers: nil, refused: { XCTFail($0) })
        XCTAssertEqual(commit(log), 1)
        XCTAssertTrue(shipper.ship())

        // Two one after another, two that are taken, one at the end.
        XCTAssertEqual([try lose(log), try lose(log), commit(log), commit(log)], [2, 3, 4, 5])
        XCTAssertTrue(try XCTUnwrap(LogState.read(directory.path)).isBroken)
        XCTAssertTrue(shipper.ship())
        XCTAssertEqual(shipper.progress.withLock { $0.last }, 5)
        XCTAssertEqual(try lose(log), 6)
        XCTAssertTrue(shipper.ship())
        XCTAssertEqual(try kinds(place), [1: .rows, 2: .fence, 3: .fence, 4: .rows, 5: .rows, 6: .fence])
        XCTAssertFalse(try XCTUnwrap(LogState.read(directory.path)).isBroken, "the log tells by itself what is missing")

        // A checkpoint without the last of them mends nothing.
        shipper.take(checkpointFrom: 5, to: 6, at: 0, wishes: 0)
        XCTAssertNotNil(log.state.withLock { $0.loss })
        shipper.take(checkpointFrom: 6, to: 6, at: 0, wishes: 0)
        XCTAssertNil(log.state.withLock { $0.loss })
        XCTAssertEqual(commit(log), 7)
        XCTAssertTrue(shipper.ship())
        XCTAssertTrue(try XCTUnwrap(LogState.read(directory.path)).hasCheckpoint)
        XCTAssertEqual(try kinds(place)[7], .rows)
    }

    /// The spool has it, and the note behind it that it came to nothing could not be written.
    func test_commitWhoseWithdrawalNoSpoolTook_isBroken_untilTheLogHasIt() throws {
        let (place, directory) = (try place(), try DataDirectory(path: folder.path + "/DATA"))
        let recovery = try LogRecovery(directory: directory.path, store: "one")
        let log = try CommitLog(directory: directory.path, next: recovery.next, closed: [], time: 0, clock: .system)
        let shipper = LogShipper(
            log, place: place, directory: directory, store: "one", recovery: recovery, seconds: 5, clock: .system, answers: nil, refused: { XCTFail($0) })
        XCTAssertTrue(shipper.ship())
        let number = ([1] as [UInt8]).withUnsafeBytes { log.prepare("hot/2026-11-20.sqlite", $0) }
        // The next write opens another spool, and in its place lies a directory.
        _ = log.rotate()
        try FileManager.default.createDirectory(atPath: log.spoolPath(number + 1), withIntermediateDirectories: true)
        log.resolve(number, isCommitted: false)
        try FileManager.default.removeItem(atPath: log.spoolPath(number + 1))
        try shipper.note(isClean: false)
        XCTAssertTrue(try XCTUnwrap(LogState.read(directory.path)).isBroken)
        XCTAssertTrue(shipper.ship())
        XCTAssertTrue(shipper.ship())
        XCTAssertEqual(try kinds(place), [1: .noop])
        XCTAssertFalse(try XCTUnwrap(LogState.read(directory.path)).isBroken)
    }

    /// The last entry of a spool may be of an older commit than one that is not done yet.
    func test_commitUnderWay_isWaitedFor_behindTheWithdrawalOfAnOlderOne() throws {
        let (place, directory) = (try place(), try DataDirectory(path: folder.path + "/DATA"))
        let recovery = try LogRecovery(directory: directory.path, store: "one")
        let log = try CommitLog(directory: directory.path, next: recovery.next, closed: [], time: 0, clock: .system)
        let shipper = LogShipper(
            log, place: place, directory: directory, store: "one", recovery: recovery, seconds: 5, clock: .system, answers: nil, settleSeconds: 0,
            refused: { XCTFail($0) })
        let numbers = ([1] as [UInt8]).withUnsafeBytes { changes in (0..<2).map { _ in log.prepare("hot/2026-11-20.sqlite", changes) } }
        XCTAssertEqual(numbers, [1, 2])
        log.resolve(1, isCommitted: false)
        XCTAssertFalse(shipper.ship(), "2 is under way")
        XCTAssertEqual(try kinds(place), [:])
        log.resolve(2, isCommitted: false)
        XCTAssertTrue(shipper.ship())
        XCTAssertEqual(try kinds(place), [1: .noop, 2: .noop])
    }

    /// The process ended between the two, before either was sent.
    func test_commitWithdrawnInALaterSpool_isNoRowsOfTheNextProcess() throws {
        let (place, directory) = (try place(), try DataDirectory(path: folder.path + "/DATA"))
        let nothing = try LogRecovery(directory: directory.path, store: "one")
        let before = try CommitLog(directory: directory.path, next: 1, closed: [], time: 0, clock: .system)
        let shipper = LogShipper(
            before, place: place, directory: directory, store: "one", recovery: nothing, seconds: 5, clock: .system, answers: nil, refused: { XCTFail($0) })
        XCTAssertTrue(shipper.ship())
        _ = ([1] as [UInt8]).withUnsafeBytes { before.prepare("hot/2026-11-20.sqlite", $0) }
        _ = before.rotate()
        // It gives the later spool its name.
        _ = ([1] as [UInt8]).withUnsafeBytes { before.prepare("hot/2026-11-20.sqlite", $0) }
        for number in Int64(1)...2 { before.resolve(number, isCommitted: false) }
        _ = before.rotate()

        let recovery = try LogRecovery(directory: directory.path, store: "one")
        XCTAssertEqual(recovery.withdrawn, [1, 2])
        let log = try CommitLog(
            directory: directory.path, next: recovery.next, closed: recovery.spools, withdrawn: recovery.withdrawn, time: recovery.time, clock: .system)
        let next = LogShipper(
            log, place: place, directory: directory, store: "one", recovery: recovery, seconds: 5, clock: .system, answers: nil, refused: { XCTFail($0) })
        XCTAssertTrue(next.ship())
        XCTAssertEqual(try kinds(place), [1: .noop, 2: .noop])
    }

    /// The spool has the number for a name that the withdrawal has, and holds another commit besides.
    func test_withdrawalBehindTheEndOfItsSpool_leavesThatAsItIs() throws {
        let (place, directory) = (try place(), try DataDirectory(path: folder.path + "/DATA"))
        let recovery = try LogRecovery(directory: directory.path, store: "one")
        let log = try CommitLog(directory: directory.path, next: recovery.next, closed: [], time: 0, clock: .system)
        let shipper = LogShipper(
            log, place: place, directory: directory, store: "one", recovery: recovery, seconds: 5, clock: .system, answers: nil, refused: { XCTFail($0) })
        let numbers = ([1] as [UInt8]).withUnsafeBytes { changes in (0..<2).map { _ in log.prepare("hot/2026-11-20.sqlite", changes) } }
        XCTAssertEqual(log.rotate(), [1])
        log.resolve(numbers[0], isCommitted: false)
        log.resolve(numbers[1], isCommitted: true)
        XCTAssertEqual(log.rotate(), [1, 2])
        XCTAssertEqual(commit(log), 3)
        XCTAssertEqual(log.rotate(), [1, 2, 3])
        XCTAssertTrue(shipper.ship())
        XCTAssertEqual(try kinds(place), [1: .noop, 2: .rows, 3: .rows])
    }

    /// A segment that was put, and of which nobody heard, is made anew by the next process, whose zstd may make other bytes of the same records: these are no other writer's.
    func test_segmentsOfAProcessBefore_areGoneOnFrom_howeverTheyWereCompressed_andAnothersAreRefused() throws {
        for (name, thereCount, isOthers) in [("all", 3, false), ("part", 2, false), ("others", 3, true)] {
            let place = try LogPlace(url: "file://\(folder.path)/\(name)/LOG") { _ in LocalStorageFactory() }
            let directory = try DataDirectory(path: "\(folder.path)/\(name)/DATA")
            let before = try CommitLog(directory: directory.path, next: 1, closed: [], time: 0, clock: .system)
            let nothing = try LogRecovery(directory: directory.path, store: "one")
            let first = LogShipper(
                before, place: place, directory: directory, store: "one", recovery: nothing, seconds: 5, clock: .system, answers: nil, refused: { XCTFail($0) })
            XCTAssertTrue(first.ship())
            var random = SplitMix64(state: 7)
            for _ in 0..<3 {
                let changes = (0..<20_000).map { _ in UInt8.random(in: 0..<5, using: &random) }
                let number = changes.withUnsafeBytes { before.prepare("hot/2026-11-20.sqlite", $0) }
                before.resolve(number, isCommitted: true)
            }
            XCTAssertEqual(before.rotate(), [1])
            // What no file has is not looked for.
            try first.note(isClean: true)
            var (records, hash) = ([LogRecord](), LogRecord.noHash)
            for entry in LogSpool.read(try LogRecovery.bytes(before.spoolPath(1))).prefix(thereCount) {
                var payload = Array(entry.payload)
                if isOthers { payload[payload.count - 1] ^= 1 }
                func compressed(_ level: Int32) throws -> [UInt8] { try payload.withUnsafeBytes { bytes throws(PageError) in try ZstdTextCodec(level: level).compress(bytes, dictionary: nil) } }
                XCTAssertNotEqual(try compressed(15), try compressed(1))
                records.append(LogRecord(epoch: 1, sequence: entry.sequence, time: entry.time, kind: .rows, previous: hash, byteCount: payload.count, payload: try compressed(15)))
                hash = records[records.count - 1].hash
            }
            try place.objects.putIfAbsent(LogPlace.SegmentName(epoch: 1, first: 1, last: Int64(thereCount)).key, LogSegment(records: records).bytes)

            let recovery = try LogRecovery(directory: directory.path, store: "one")
            let log = try CommitLog(
                directory: directory.path, next: recovery.next, closed: recovery.spools, withdrawn: recovery.withdrawn, time: recovery.time, clock: .system)
            let refusals = Mutex(0)
            let next = LogShipper(
                log, place: place, directory: directory, store: "one", recovery: recovery, seconds: 5, clock: .system, answers: nil, refused: { _ in refusals.withLock { $0 += 1 } })
            XCTAssertEqual(commit(log), 4)
            XCTAssertEqual(next.ship(), !isOthers, name)
            XCTAssertEqual(refusals.withLock { $0 }, isOthers ? 1 : 0, name)
            guard !isOthers else { continue }
            let names = try place.segments(of: 1)
            XCTAssertEqual(names.map(\.last), thereCount == 3 ? [3, 4] : [2, 3, 4], name)
            let found = try names.flatMap { try LogSegment(parsing: try place.objects.get($0.key, byteCountMax: 1 << 20), path: $0.key).records }
            XCTAssertEqual(found.map(\.sequence), [1, 2, 3, 4], name)
            XCTAssertEqual(Array(found.prefix(thereCount)), records, name)
            for (one, other) in zip(found, found.dropFirst()) { XCTAssertEqual(other.previous, one.hash, "\(name): \(other.sequence)") }
            XCTAssertEqual(try place.head()?.head.hash, found.last?.hash, name)
        }
    }

    /// What lies in a segment's place is compared with it, and no gigabyte of it is taken into memory for that.
    func test_segmentInWhosePlaceSomethingFarLongerLies_isNotSent_andThatStaysUnread() throws {
        let (place, directory) = (try place(), try DataDirectory(path: folder.path + "/DATA"))
        let recovery = try LogRecovery(directory: directory.path, store: "one")
        let log = try CommitLog(directory: directory.path, next: recovery.next, closed: [], time: 0, clock: .system)
        let shipper = LogShipper(
            log, place: place, directory: directory, store: "one", recovery: recovery, seconds: 5, clock: .system, answers: nil, refused: { XCTFail($0) })
        XCTAssertTrue(shipper.ship())
        let name = LogPlace.SegmentName(epoch: 1, first: 1, last: 1)
        try place.objects.put(name.key, [7])
        XCTAssertEqual(truncate("\(folder.path)/LOG/\(name.key)", 1 << 30), 0)
        XCTAssertEqual(commit(log), 1)
        XCTAssertFalse(shipper.ship())
        let failure = try XCTUnwrap(shipper.progress.withLock { $0.failure })
        XCTAssertTrue(failure.contains("of which at most"), failure)
        XCTAssertEqual(try place.objects.byteCount(of: name.key), Int64(1 << 30))
    }

    /// In the middle of the log, and at its end, where no later commit shows that one is missing.
    func test_damagedSpool_isFences_andACheckpointIsOwed() throws {
        let (place, directory) = (try place(), try DataDirectory(path: folder.path + "/DATA"))
        let recovery = try LogRecovery(directory: directory.path, store: "one")
        let log = try CommitLog(directory: directory.path, next: recovery.next, closed: [], time: 0, clock: .system)
        let shipper = LogShipper(
            log, place: place, directory: directory, store: "one", recovery: recovery, seconds: 5, clock: .system, answers: nil, refused: { XCTFail($0) })
        XCTAssertEqual([commit(log), commit(log), commit(log)], [1, 2, 3])
        XCTAssertEqual(log.rotate(), [1])
        var bytes = try LogRecovery.bytes(log.spoolPath(1))
        bytes[bytes.count / 2] ^= 1
        try Data(bytes).write(to: URL(fileURLWithPath: log.spoolPath(1)))
        // Between the damage and the next spool's commit one that no spool took.
        XCTAssertEqual([try lose(log), commit(log)], [4, 5])
        XCTAssertTrue(shipper.ship())
        XCTAssertEqual(try kinds(place), [1: .rows, 2: .fence, 3: .fence, 4: .fence, 5: .rows])
        XCTAssertEqual(log.state.withLock { $0.loss?.number }, 4)
        XCTAssertFalse(try XCTUnwrap(LogState.read(directory.path)).hasCheckpoint)

        XCTAssertEqual([commit(log), commit(log)], [6, 7])
        XCTAssertEqual(log.rotate(), [6])
        try FileManager.default.removeItem(atPath: log.spoolPath(6))
        XCTAssertTrue(shipper.ship())
        XCTAssertEqual(shipper.progress.withLock { $0.last }, 7)
        XCTAssertEqual([try kinds(place)[6], try kinds(place)[7]], [.fence, .fence])
        XCTAssertEqual(log.rotate(), [], "nothing is tried again")
        shipper.take(checkpointFrom: 6, to: 7, at: 0, wishes: 0)
        XCTAssertNotNil(log.state.withLock { $0.loss })
        shipper.take(checkpointFrom: 7, to: 7, at: 0, wishes: 0)
        XCTAssertNil(log.state.withLock { $0.loss })
        XCTAssertEqual(commit(log), 8)
        XCTAssertTrue(shipper.ship())
        XCTAssertEqual(try kinds(place)[8], .rows)
        XCTAssertTrue(try XCTUnwrap(LogState.read(directory.path)).hasCheckpoint)
    }

    /// What was acknowledged just before a spool was lost is of an instant that can be asked for.
    func test_fenceOfALostSpool_isLaterThanTheRecordBeforeIt() throws {
        let (place, directory) = (try place(), try DataDirectory(path: folder.path + "/DATA"))
        let recovery = try LogRecovery(directory: directory.path, store: "one")
        let log = try CommitLog(directory: directory.path, next: recovery.next, closed: [], time: 0, clock: .system)
        let shipper = LogShipper(
            log, place: place, directory: directory, store: "one", recovery: recovery, seconds: 5, clock: .system, answers: nil, refused: { XCTFail($0) })
        XCTAssertEqual(commit(log), 1)
        XCTAssertTrue(shipper.ship())
        XCTAssertEqual(commit(log), 2)
        XCTAssertEqual(log.rotate(), [2])
        try FileManager.default.removeItem(atPath: log.spoolPath(2))
        XCTAssertTrue(shipper.ship())
        XCTAssertEqual(commit(log), 3)
        XCTAssertTrue(shipper.ship())
        var times: [Int64: Int64] = [:]
        for name in try place.segments(of: 1) {
            for record in try LogSegment(parsing: try place.objects.get(name.key, byteCountMax: 1 << 20), path: name.key).records { times[record.sequence] = record.time }
        }
        XCTAssertEqual(try kinds(place), [1: .rows, 2: .fence, 3: .rows])
        XCTAssertEqual(times[2], try XCTUnwrap(times[1]) + 1)
    }

    /// As where the whole directory was taken away, which ends the commits as well: no instant is cut off from those before.
    func test_commitsThatCameToNothing_andThatNoSpoolHas_areNoFences() throws {
        let (place, directory) = (try place(), try DataDirectory(path: folder.path + "/DATA"))
        let recovery = try LogRecovery(directory: directory.path, store: "one")
        let log = try CommitLog(directory: directory.path, next: recovery.next, closed: [], time: 0, clock: .system)
        let shipper = LogShipper(
            log, place: place, directory: directory, store: "one", recovery: recovery, seconds: 5, clock: .system, answers: nil, refused: { XCTFail($0) })
        func begin() -> Int64 { ([1] as [UInt8]).withUnsafeBytes { log.prepare("hot/2026-11-20.sqlite", $0) } }
        XCTAssertEqual(commit(log), 1)
        XCTAssertTrue(shipper.ship())
        XCTAssertEqual([begin(), begin()], [2, 3])
        for number in Int64(2)...3 { log.resolve(number, isCommitted: false) }
        XCTAssertEqual(log.rotate(), [2])
        try FileManager.default.removeItem(atPath: log.spoolPath(2))
        XCTAssertTrue(shipper.ship())
        XCTAssertEqual(try kinds(place), [1: .rows, 2: .noop, 3: .noop])
        XCTAssertNil(log.state.withLock { $0.loss })
        // One of two has come to something: it is missing, and the other is not.
        XCTAssertEqual([begin(), begin()], [4, 5])
        log.resolve(4, isCommitted: false)
        log.resolve(5, isCommitted: true)
        XCTAssertEqual(log.rotate(), [4])
        try FileManager.default.removeItem(atPath: log.spoolPath(4))
        XCTAssertTrue(shipper.ship())
        XCTAssertEqual([try kinds(place)[4], try kinds(place)[5]], [.noop, .fence])
        XCTAssertEqual(log.state.withLock { $0.loss?.number }, 5)
    }

    /// A commit waits for the files that it names: for one that never comes right all behind it would wait.
    func test_commitsWhoseFilesAreDamaged_areSent_andToldOf_untilACheckpointHasCome() throws {
        let (place, directory) = (try place(), try DataDirectory(path: folder.path + "/DATA"))
        let recovery = try LogRecovery(directory: directory.path, store: "one")
        let log = try CommitLog(directory: directory.path, next: recovery.next, closed: [], time: 0, clock: .system)
        let shipper = LogShipper(
            log, place: place, directory: directory, store: "one", recovery: recovery, seconds: 5, clock: .system, answers: nil, refused: { XCTFail($0) })
        XCTAssertTrue(shipper.ship())
        // Whole, with another byte, cut off, gone; and sums, which nobody misses.
        let files = try LocalStorageFactory.files("\(directory.path)/warehouse")
        for (name, bytes) in [("sales/data/1", [1, 2, 3]), ("sales/data/2", [1, 2, 4]), ("sales/data/3", [1, 2]), ("rollup_days/data/5", [1, 2, 4])] as [(String, [UInt8])] { try files.put(name, bytes) }
        let payloads = try ColdCommits.payloads(["sales/data/1", "sales/data/2", "sales/data/3", "sales/data/4", "rollup_days/data/5"], of: [1, 2, 3], in: folder.path + "/commits")
        XCTAssertEqual(payloads.count, 5)
        for payload in payloads {
            let changes = try XCTUnwrap(LogPayload(payload)).changes
            let number = Array(changes).withUnsafeBytes { log.prepare("catalog.sqlite", $0) }
            log.resolve(number, isCommitted: true)
        }
        XCTAssertEqual(commit(log), 6)
        XCTAssertTrue(shipper.ship(), shipper.progress.withLock { $0.failure } ?? "")
        XCTAssertEqual(try kinds(place), [1: .catalog, 2: .catalog, 3: .catalog, 4: .catalog, 5: .catalog, 6: .rows])
        XCTAssertEqual(try (1...5).map { try place.objects.byteCount(of: LogPlace.coldKey($0 < 5 ? "sales" : "rollup_days", "data/\($0)")) }, [3, nil, nil, nil, nil])
        XCTAssertEqual(shipper.progress.withLock { $0.lacking.keys.sorted() }, [2, 3].map { "\(directory.path)/warehouse/sales/data/\($0)" })
        XCTAssertTrue(try XCTUnwrap(LogState.read(directory.path)).wantsCheckpoint, "the next start is to know it, too")
        // One that was begun before the second of them mends the first alone.
        shipper.take(checkpointFrom: 2, to: 6, at: 0, wishes: 0)
        XCTAssertEqual(shipper.progress.withLock { $0.lacking.values.map { $0.number } }, [3])
        shipper.take(checkpointFrom: 6, to: 6, at: 0, wishes: 1)
        XCTAssertTrue(shipper.progress.withLock { $0.lacking.isEmpty })
    }

    /// A commit that failed, or a restore to an instant before, gives a table's number out again: what lies there under it is another file, be it as long as this one or not.
    func test_versionsWhoseNumbersWereUsedBefore_areNotTakenForThoseThatLieThere() throws {
        let (place, directory) = (try place(), try DataDirectory(path: folder.path + "/DATA"))
        let recovery = try LogRecovery(directory: directory.path, store: "one")
        let log = try CommitLog(directory: directory.path, next: recovery.next, closed: [], time: 0, clock: .system)
        let shipper = LogShipper(
            log, place: place, directory: directory, store: "one", recovery: recovery, seconds: 5, clock: .system, answers: nil, refused: { XCTFail($0) })
        XCTAssertTrue(shipper.ship())
        let names = (1...3).map { "metadata/v\($0).metadata.json" }
        // As long, longer, the same.
        for (name, bytes) in zip(names, [[9, 9, 9], [9, 9, 9, 9], [1, 2, 3]] as [[UInt8]]) { try place.objects.put(LogPlace.coldKey("sales", name), bytes) }
        for payload in try ColdCommits.payloads(names.map { "sales/" + $0 }, of: [1, 2, 3], in: folder.path + "/commits") {
            let changes = try XCTUnwrap(LogPayload(payload)).changes
            log.resolve(Array(changes).withUnsafeBytes { log.prepare("catalog.sqlite", $0) }, isCommitted: true)
        }
        XCTAssertTrue(shipper.ship(), shipper.progress.withLock { $0.failure } ?? "")
        XCTAssertEqual(shipper.progress.withLock { $0.lacking.keys.sorted() }, names.prefix(2).map { "\(place.url)/\(LogPlace.coldKey("sales", $0))" })
        XCTAssertTrue(try XCTUnwrap(LogState.read(directory.path)).wantsCheckpoint)
    }

    /// Nothing was asked of the disk: a shortage that passes left the log to be begun anew by the next start, with a checkpoint.
    func test_spoolThatNoDescriptorWasLeftFor_isSyncedLater_andNothingIsLost() throws {
        let directory = try DataDirectory(path: folder.path + "/DATA")
        let log = try CommitLog(directory: directory.path, next: 1, closed: [], time: 0, clock: .system)
        XCTAssertEqual(commit(log), 1)
        XCTAssertEqual(Descriptors.withNone { log.rotate() }, [1])
        XCTAssertFalse(log.isSynced)
        XCTAssertFalse(log.state.withLock { $0.misleads })
        XCTAssertEqual(log.rotate(), [1])
        XCTAssertTrue(log.isSynced)
        // One that is gone is lost.
        XCTAssertEqual(commit(log), 2)
        try FileManager.default.removeItem(atPath: log.spoolPath(2))
        _ = log.rotate()
        XCTAssertFalse(log.isSynced)
        XCTAssertTrue(log.state.withLock { $0.misleads })
    }

    /// A spool of any size, as a place without an answer left it to a process before, and those that are ended in time.
    func test_spoolsAndSegments_areCutBySize_whetherSomebodySendsOrNot() throws {
        let (place, directory) = (try place(), try DataDirectory(path: folder.path + "/DATA"))
        let nothing = try LogRecovery(directory: directory.path, store: "one")
        let before = try CommitLog(directory: directory.path, next: 1, closed: [], time: 0, clock: .system)
        let shipper = LogShipper(
            before, place: place, directory: directory, store: "one", recovery: nothing, seconds: 5, clock: .system, answers: nil, refused: { XCTFail($0) })
        XCTAssertTrue(shipper.ship())
        XCTAssertEqual([commit(before), commit(before), commit(before)], [1, 2, 3])
        XCTAssertEqual(before.rotate(), [1])

        // As clean an end as a process may leave: nothing asks whether the files have it.
        try shipper.note(isClean: true)
        let recovery = try LogRecovery(directory: directory.path, store: "one")
        let log = try CommitLog(directory: directory.path, next: recovery.next, closed: recovery.spools, time: recovery.time, segmentByteCount: 1, clock: .system)
        XCTAssertEqual([commit(log), commit(log), commit(log)], [4, 5, 6])
        XCTAssertEqual(log.state.withLock { $0.closed }, [1, 4, 5])
        XCTAssertTrue(log.state.withLock { $0.isWanted })
        let next = LogShipper(
            log, place: place, directory: directory, store: "one", recovery: recovery, seconds: 5, clock: .system, answers: nil, refused: { XCTFail($0) })
        XCTAssertTrue(next.ship())
        XCTAssertEqual(try place.segments(of: 1).map { [$0.first, $0.last] }, (Int64(1)...6).map { [$0, $0] })
        XCTAssertEqual(try kinds(place).filter { $0.value != .rows }, [:])
    }

    /// The clock was set back between two processes: no record is earlier than the one before, so that the log can be read, and its checkpoints count. Also
    /// where note and head are an earlier version's, which have no times.
    func test_clockThatWasSetBack_betweenTwoProcesses_leavesALogThatCanBeRead() throws {
        for isOlder in [false, true] {
            let place = try LogPlace(url: "file://\(folder.path)/LOG\(isOlder)") { _ in LocalStorageFactory() }
            let directory = try DataDirectory(path: "\(folder.path)/DATA\(isOlder)")
            for now in [Int64(1_000_000), 400_000, 700_000] {
                let clock = Clock { now }
                let recovery = try LogRecovery(directory: directory.path, store: "one")
                let log = try CommitLog(directory: directory.path, next: recovery.next, closed: recovery.spools, time: recovery.time, clock: clock)
                let shipper = LogShipper(
                    log, place: place, directory: directory, store: "one", recovery: recovery, seconds: 5, clock: clock, answers: nil, refused: { XCTFail($0) })
                // Before the log's place was asked: what it would say is not known yet.
                _ = commit(log)
                XCTAssertTrue(shipper.ship())
                shipper.take(checkpointFrom: log.last, to: log.last, at: log.position.at, wishes: 0)
                XCTAssertTrue(shipper.ship())
                XCTAssertFalse(shipper.progress.withLock { $0.owesCheckpoint }, "\(now)")
                if isOlder { try dropTimes(place, directory) }
            }
            let checkpoint = LogCheckpoint(epoch: 1, from: 0, to: 0, at: 0, manifest: BackupManifest(number: 1, store: "one", madeAt: 0, warehouse: ""))
            try place.objects.put(checkpoint.key, checkpoint.bytes)
            var records: [[Int64]] = []
            _ = try LogReader(place, instant: nil).run { records.append([$0.sequence, $0.time]) }
            XCTAssertEqual(records, [[1, 1_000_000], [2, 1_000_000], [3, 1_000_000]], "of an older version: \(isOlder)")
        }
    }

    /// The clock was an hour ahead for a while, and came back: what an instant in between leaves out may have been there by then.
    func test_restoreToAnInstant_acrossAClockThatWasAhead_saysThatItCannotTell() throws {
        let (place, directory) = (try place(), try DataDirectory(path: folder.path + "/DATA"))
        let second: Int64 = 1_000_000
        let now = Monitor<Int64>(0)
        let clock = Clock { now.withLock { $0 } }
        let recovery = try LogRecovery(directory: directory.path, store: "one")
        let log = try CommitLog(directory: directory.path, next: recovery.next, closed: [], time: 0, clock: clock)
        let shipper = LogShipper(
            log, place: place, directory: directory, store: "one", recovery: recovery, seconds: 5, clock: clock, answers: nil, refused: { XCTFail($0) })
        for seconds in [10, 20, 3_620, 3_625, 30, 40, 4_000] as [Int64] {
            now.withLock { $0 = seconds * second }
            _ = commit(log)
            XCTAssertTrue(shipper.ship())
        }
        XCTAssertEqual(try XCTUnwrap(try place.head()).head.setBacks, [.init(from: 30 * second, to: 3_625 * second)])
        let checkpoint = LogCheckpoint(epoch: 1, from: 0, to: 0, at: 0, manifest: BackupManifest(number: 1, store: "one", madeAt: 0, warehouse: ""))
        try place.objects.put(checkpoint.key, checkpoint.bytes)
        // How many records there are, and whether that is all that had been committed by then.
        for (instant, count, isCertain) in [(5, 0, true), (15, 1, true), (25, 2, false), (35, 2, false), (3_620, 3, false), (3_625, 6, true), (3_999, 6, true), (4_000, 7, true)] as [(Int64, Int, Bool)] {
            let reader = try LogReader(place, instant: instant * second)
            var (taken, left): ([Int64], Int64?) = ([], nil)
            let last = try reader.run({ taken.append($0.time) }, left: { left = $0.time })
            XCTAssertEqual(taken.count, count, "\(instant)")
            let doubt = reader.doubt(last: last?.time, left: left)
            XCTAssertEqual(doubt == nil, isCertain, "\(instant): \(doubt ?? "")")
            if let doubt { XCTAssertTrue(doubt.contains("--to 1970-01-01T01:00:25.000000Z"), doubt) }
        }
    }

    private func dropTimes(_ place: LogPlace, _ directory: DataDirectory) throws {
        func without(_ text: String) -> String { text.split(separator: "\n").filter { !$0.hasPrefix("time ") }.joined(separator: "\n") + "\n" }
        let (head, tag) = try XCTUnwrap(try place.head())
        try place.root.swap(LogHead.key, Array(without(String(decoding: head.bytes, as: UTF8.self)).utf8), ifStill: tag)
        let path = LogState.path(directory.path)
        try Data(without(String(decoding: try LogRecovery.bytes(path), as: UTF8.self)).utf8).write(to: URL(fileURLWithPath: path))
    }
}
