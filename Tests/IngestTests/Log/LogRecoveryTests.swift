import ColumnStore
import Foundation
import XCTest

@testable import Ingest

/// Goal: a log goes on only where its spools tell all that the files have, and what came to nothing is known as such. Method: spools and states as the
/// writers of both leave them, of this start of the machine and of another.
final class LogRecoveryTests: XCTestCase {
    private let folder = TemporaryDirectory()

    private func write(_ boot: String, isClean: Bool = false, isBroken: Bool = false) throws {
        var state = LogState(store: "one", epoch: 1, last: 5, hash: LogRecord.noHash, boot: boot)
        (state.isClean, state.isBroken) = (isClean, isBroken)
        try state.write(folder.path)
    }

    private func spool(_ sequences: ClosedRange<Int64>) throws -> URL {
        let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
        var bytes: [UInt8] = []
        for sequence in sequences {
            let parts = LogSpool.frame(sequence: sequence, time: sequence * 10, kind: LogRecord.Kind.noop.rawValue, [], nothing)
            bytes += parts.head + parts.tail
        }
        let file = URL(filePath: "\(folder.path)/\(LogState.folder)/\(LogSpool.name(sequences.lowerBound))")
        try Data(bytes).write(to: file)
        return file
    }

    private func recovered(_ store: String = "one") throws -> LogRecovery { try LogRecovery(directory: folder.path, store: store) }

    /// Spools are not synced: another start of the machine may have less of them than of the files.
    func test_spools_areBelieved_withinOneStartOfTheMachine_orAfterACleanEnd() throws {
        let here = MachineStart.id
        for (boot, isClean, isBroken, isWhole) in [
            (here, false, false, true), (here, true, false, true), ("another", false, false, false), ("another", true, false, true), (here, true, true, false),
            (here, false, true, false),
        ] {
            try write(boot, isClean: isClean, isBroken: isBroken)
            XCTAssertEqual(try recovered().isWhole, isWhole, "\(boot), clean: \(isClean), broken: \(isBroken)")
            XCTAssertEqual(try recovered().next, 6)
        }
        try write(here)
        XCTAssertFalse(try recovered("another").isWhole, "the state of another store")
        XCTAssertEqual(try recovered("another").next, 1)
    }

    func test_spools_thatDoNotFollow_areNotWhole_andDamageEndsThem() throws {
        try write(MachineStart.id)
        let first = try spool(6...7), last = try spool(8...9)
        XCTAssertEqual([try recovered().next, try recovered().time], [10, 90])
        XCTAssertTrue(try recovered().isWhole)
        let sound = try Data(contentsOf: last)
        for place in [sound.count / 2 + 5, sound.count - 1] {
            var damaged = sound
            damaged[place] ^= 1
            try damaged.write(to: last)
            try write(MachineStart.id)
            XCTAssertEqual(try recovered().next, 9, "\(place)")
            XCTAssertFalse(try recovered().isWhole, "9 was committed, and would be another's number: \(place)")
            // Killed before the epoch has begun; what is withdrawn was written over the damage meanwhile.
            try sound.prefix(sound.count / 2).write(to: last)
            XCTAssertFalse(try recovered().isWhole, "\(place)")
        }
        try write(MachineStart.id)
        // What a kill leaves: the commit did not come to be.
        for count in [1, 4, 20, sound.count / 2 - 1] {
            try sound.prefix(sound.count / 2 + count).write(to: last)
            XCTAssertEqual(try recovered().next, 9, "\(count)")
            XCTAssertTrue(try recovered().isWhole, "\(count)")
        }
        try sound.write(to: last)
        try FileManager.default.removeItem(at: first)
        XCTAssertFalse(try recovered().isWhole, "6 and 7 are missing")
        XCTAssertEqual(try recovered().next, 10)
    }

    /// A name whose file is gone, or a disk that does not give it: the start goes on, and the log begins an epoch.
    func test_spoolThatCannotBeRead_isNotWhole_andKeepsNobodyFromStarting() throws {
        try write(MachineStart.id)
        let file = try spool(6...7)
        try FileManager.default.removeItem(at: file)
        try FileManager.default.createSymbolicLink(atPath: file.path, withDestinationPath: "\(folder.path)/nowhere")
        _ = try spool(8...9)
        let found = try recovered()
        XCTAssertFalse(found.isWhole)
        XCTAssertFalse(found.hasCheckpoint)
        XCTAssertEqual([found.next, found.time], [10, 90])
        // Killed before that, and the disk gives it again.
        _ = try spool(6...7)
        XCTAssertFalse(try recovered().isWhole)
    }

    /// No spool took it, as on a full disk, and it came to nothing, which fitted: a commit that got its number would pass for it.
    func test_numberOfACommitThatCameToNothing_isNotGivenAgain() throws {
        try write(MachineStart.id, isBroken: true)
        let file = try spool(6...7)
        let parts = LogSpool.frame(sequence: 8, time: 80, kind: LogSpool.withdrawn, [], UnsafeRawBufferPointer(start: nil, count: 0))
        try (try Data(contentsOf: file) + Data(parts.head + parts.tail)).write(to: file)
        XCTAssertEqual(try recovered().next, 9)
        XCTAssertEqual(try recovered().withdrawn, [8])
        // One that is in a spool, while the one before it is in none.
        try write(MachineStart.id)
        XCTAssertTrue(try recovered().isWhole)
        let later = LogSpool.frame(sequence: 10, time: 90, kind: LogSpool.withdrawn, [], UnsafeRawBufferPointer(start: nil, count: 0))
        try (try Data(contentsOf: file) + Data(later.head + later.tail)).write(to: file)
        XCTAssertFalse(try recovered().isWhole)
    }

    /// Of what lies at the log's place the spools are gone: its time is in the note, so that a clock that was set back does not go below it.
    func test_time_isThatOfTheNote_orALaterSpools() throws {
        var state = LogState(store: "one", epoch: 1, last: 5, hash: LogRecord.noHash)
        state.time = 85
        try state.write(folder.path)
        XCTAssertEqual(try LogState.read(folder.path), state)
        XCTAssertEqual(try recovered().time, 85)
        _ = try spool(6...7)
        XCTAssertEqual(try recovered().time, 85)
        _ = try spool(8...9)
        XCTAssertEqual(try recovered().time, 90)
    }

    /// A store that has noted nothing takes over a log that another has gone on with: a note that the disk does not give is none of these.
    func test_noteThatCannotBeRead_endsTheStart() throws {
        XCTAssertNil(try LogState.read(folder.path))
        XCTAssertNil(try recovered().state)
        // Opened, it gives nothing, as a file of a disk that fails.
        try FileManager.default.createDirectory(atPath: LogState.path(folder.path), withIntermediateDirectories: true)
        XCTAssertThrowsError(try LogState.read(folder.path)) { XCTAssertTrue($0 is DataDirectory.Failure, "\($0)") }
        XCTAssertThrowsError(try recovered()) { XCTAssertTrue($0 is DataDirectory.Failure, "\($0)") }
    }

    func test_notesInTheMaking_ofProcessesThatWereKilled_go() throws {
        try LogState(store: "one", epoch: 1, last: 5, hash: LogRecord.noHash).write(folder.path)
        let left = LogState.path(folder.path) + ".5f-1.tmp"
        try Data([1]).write(to: URL(filePath: left))
        _ = try CommitLog(directory: folder.path, next: 6, closed: [], time: 0, clock: .system)
        XCTAssertFalse(FileManager.default.fileExists(atPath: left))
        XCTAssertNotNil(try LogState.read(folder.path))
    }

    /// What a start owes: what was noted last, unless something was changed past the log since, or the epoch does not go on.
    func test_checkpoint_isOwed_untilItWasNoted() throws {
        for (boot, notes, isWhole) in [(MachineStart.id, false, true), (MachineStart.id, true, true), ("another", true, false)] {
            var state = LogState(store: "one", epoch: 1, last: 5, hash: LogRecord.noHash, boot: boot)
            state.hasCheckpoint = notes
            try state.write(folder.path)
            XCTAssertEqual(try LogState.read(folder.path), state)
            XCTAssertEqual(try recovered().isWhole, isWhole)
            XCTAssertEqual(try recovered().hasCheckpoint, notes && isWhole, "\(boot), noted: \(notes)")
        }
        var state = LogState(store: "one", epoch: 1, last: 5, hash: LogRecord.noHash)
        state.hasCheckpoint = true
        try state.write(folder.path)
        let log = try CommitLog(directory: folder.path, next: 6, closed: [], time: 0, clock: .system)
        log.lose("hot/2026-11-20.sqlite", reason: "of a test")
        XCTAssertTrue(try recovered().isWhole)
        XCTAssertFalse(try recovered().hasCheckpoint, "a fence that was not sent yet")
    }

    /// The last one before a crash: no later entry shows that one is missing.
    func test_commitThatNoSpoolTook_isNotedAtOnce() throws {
        try write(MachineStart.id)
        let before = try XCTUnwrap(LogState.read(folder.path))
        let log = try CommitLog(directory: folder.path, next: 6, closed: [], time: 0, clock: .system)
        try FileManager.default.createDirectory(atPath: log.spoolPath(6), withIntermediateDirectories: true)
        _ = ([1, 2, 3] as [UInt8]).withUnsafeBytes { log.prepare("hot/2026-11-20.sqlite", $0) }
        XCTAssertNotNil(log.state.withLock { $0.loss })
        try FileManager.default.removeItem(atPath: log.spoolPath(6))
        var after = try XCTUnwrap(LogState.read(folder.path))
        XCTAssertTrue(after.isBroken)
        XCTAssertFalse(try recovered().isWhole)
        after.isBroken = false
        XCTAssertEqual(after, before)
    }

    func test_commitThatCameToNothing_isWithdrawnInItsSpool() throws {
        try write("another", isClean: true)
        let log = try CommitLog(directory: folder.path, next: 6, closed: [], time: 0, clock: .system)
        let numbers = ([1, 2, 3] as [UInt8]).withUnsafeBytes { changes in (0..<3).map { _ in log.prepare("hot/2026-11-20.sqlite", changes) } }
        XCTAssertEqual(numbers, [6, 7, 8])
        XCTAssertEqual(log.position.settled, 5)
        log.resolve(7, isCommitted: false)
        log.resolve(6, isCommitted: true)
        XCTAssertEqual([log.position.settled, log.position.last], [7, 8])
        XCTAssertEqual(log.takeWithdrawn(), [7])
        XCTAssertEqual(log.takeWithdrawn(), [])
        let entries = LogSpool.read(try LogRecovery.bytes(log.spoolPath(6)))
        XCTAssertEqual(entries.map(\.sequence), [6, 7, 8, 7])
        XCTAssertEqual(entries.map { $0.kind == nil }, [false, false, false, true])
        // As the next process finds it.
        XCTAssertEqual(try recovered().withdrawn, [7])
        XCTAssertEqual(try recovered().next, 9)
    }

    /// Killed with the tables of a hot file as its last commit, and again as one of its name was made anew, which the start in between had removed: what may be at the log's place is not to be withdrawn.
    func test_whatMakesAHotFile_isNotWithdrawn_whereItsNameWasGivenAgain() throws {
        try write(MachineStart.id)
        let log = try CommitLog(directory: folder.path, next: 6, closed: [], time: 0, clock: .system)
        var changes = ChangeWriter()
        changes.schema("CREATE TABLE meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID", isNew: true, version: 1)
        try FileManager.default.createDirectory(atPath: folder.path + "/hot", withIntermediateDirectories: true)
        for file in ["hot/2026-11-20.sqlite", "queues.sqlite"] {
            changes.bytes.withUnsafeBytes { log.resolve(log.prepare(file, $0), isCommitted: true) }
            XCTAssertTrue(FileManager.default.createFile(atPath: "\(folder.path)/\(file)", contents: nil))
        }
        let found = try recovered()
        XCTAssertTrue(found.isWhole)
        XCTAssertEqual(found.withdrawn, [7], "no name of another file is given twice")
    }

    /// A clean end says that spools are synced: one where that failed is none, and what the first sync has lost no later one finds.
    func test_spoolThatCannotBeSynced_isKnown_untilTheLogHasIt() throws {
        try write(MachineStart.id)
        let log = try CommitLog(directory: folder.path, next: 6, closed: [], time: 0, clock: .system)
        func commit() { _ = ([1, 2, 3] as [UInt8]).withUnsafeBytes { log.prepare("hot/2026-11-20.sqlite", $0) } }
        commit()
        XCTAssertEqual(log.rotate(), [6])
        XCTAssertTrue(log.isSynced)
        commit()
        try FileManager.default.moveItem(atPath: log.spoolPath(7), toPath: folder.path + "/aside")
        XCTAssertEqual(log.rotate(), [6, 7])
        XCTAssertFalse(log.isSynced)
        try FileManager.default.moveItem(atPath: folder.path + "/aside", toPath: log.spoolPath(7))
        XCTAssertEqual(log.rotate(), [6, 7])
        XCTAssertFalse(log.isSynced)
        // Nor does the next process, which does not know of the first one: it is not to go on from the spools.
        XCTAssertTrue(log.state.withLock { $0.misleads })
        XCTAssertEqual(try LogState.read(folder.path)?.isBroken, true)
        log.forget(spool: 7, through: 7)
        XCTAssertTrue(log.isSynced)
        XCTAssertFalse(log.state.withLock { $0.misleads })

        // What a process left that was killed is synced by nobody else.
        let next = try CommitLog(directory: folder.path, next: 8, closed: [6], time: 0, clock: .system)
        XCTAssertFalse(next.isSynced)
        XCTAssertEqual(next.rotate(), [6])
        XCTAssertTrue(next.isSynced)
    }
}
