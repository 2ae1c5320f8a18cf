import ColumnStore
import Foundation
import Synchronization
import TestSupport
import XCTest

@testable import Documents
@testable import Ingest

/// Disks that are full, fail to read, write or sync, and clocks that jump: nothing that was acknowledged is lost, nothing is acknowledged
/// that may not be there, and reads go on.
final class FaultTests: XCTestCase {
    /// Lets calls on some files fail, as long as told to.
    private final class Injector: FileObserver, FileSystemCalls {
        enum Call { case read, write, synchronize }
        struct Fault {
            var call: Call
            var suffix: String
            var refusal: FileRefusal
        }

        private let fault = Mutex<Fault?>(nil)
        private let count = Mutex(0)
        private let system = LinuxFileSystem()

        func set(_ call: Call, _ suffix: String, _ refusal: FileRefusal) {
            fault.withLock { $0 = Fault(call: call, suffix: suffix, refusal: refusal) }
        }
        func clear() { fault.withLock { $0 = nil } }
        /// How many calls failed.
        var failedCount: Int { count.withLock { $0 } }

        private func refusal(_ call: Call, _ path: String) -> FileRefusal? {
            guard let fault = fault.withLock({ $0 }), fault.call == call, path.hasSuffix(fault.suffix) else { return nil }
            count.withLock { $0 += 1 }
            return fault.refusal
        }

        func opened(_ path: String) {}
        func willRead(_ path: String, offset: Int64, count: Int) -> FileRefusal? { refusal(.read, path) }
        func willWrite(_ path: String, offset: Int64, _ bytes: UnsafeRawBufferPointer) -> FileRefusal? { refusal(.write, path) }
        func willTruncate(_ path: String, byteCount: Int64) -> FileRefusal? { nil }
        func willSynchronize(_ path: String) -> FileRefusal? { refusal(.synchronize, path) }
        func deleted(_ path: String, isDurable: Bool) {}
        func synchronizedDirectory(_ path: String) {}

        private func cold(_ call: Call) throws(FileSystemFault) {
            guard let refusal = refusal(call, "cold") else { return }
            if case .noSpace = refusal { throw FileSystemFault(operation: "write", code: ENOSPC) }
            throw FileSystemFault(operation: "\(call)", code: EIO)
        }
        func create(_ path: String) throws(FileSystemFault) -> Int32 { try system.create(path) }
        func write(_ descriptor: Int32, _ bytes: RawSpan) throws(FileSystemFault) {
            // What fits is written first.
            if case .write? = fault.withLock({ $0?.call }) {
                let half = bytes.withUnsafeBytes { Array($0.prefix($0.count / 2)) }
                try system.write(descriptor, half.span.bytes)
                try cold(.write)
                let rest = bytes.withUnsafeBytes { Array($0.dropFirst(half.count)) }
                return try system.write(descriptor, rest.span.bytes)
            }
            try system.write(descriptor, bytes)
        }
        func synchronize(_ descriptor: Int32) throws(FileSystemFault) {
            try cold(.synchronize)
            try system.synchronize(descriptor)
        }
        func close(_ descriptor: Int32) { system.close(descriptor) }
        func link(_ source: String, _ target: String) throws(FileSystemFault) { try system.link(source, target) }
        func rename(_ source: String, _ target: String) throws(FileSystemFault) { try system.rename(source, target) }
        func unlink(_ path: String, _ proof: RemovalProof) throws(FileSystemFault) { try system.unlink(path, proof) }
        func makeDirectory(_ path: String) throws(FileSystemFault) { try system.makeDirectory(path) }
        func synchronizeDirectory(_ path: String) throws(FileSystemFault) { try system.synchronizeDirectory(path) }
    }

    private static let ids = PageRequest(fields: ["receipt_id"], limit: 10_000)

    private func withInjector(_ body: (Injector, String) throws -> Void) throws {
        let directory = TemporaryDirectory()
        let injector = Injector()
        SQLiteFileSystem.observe(injector)
        defer { SQLiteFileSystem.observe(nil) }
        try body(injector, directory.path)
    }

    private func assertSound(_ path: String, line: UInt = #line) throws {
        XCTAssertEqual(try Verifier(path: path).run().findings.map(\.description), [], line: line)
    }

    func test_receiptThatIsAlone_isCommittedByItsOwnThread_unlessTheDiskIsSlow() throws {
        for (limit, isOwn) in [(UInt64.max, true), (0, false)] {
            let directory = TemporaryDirectory()
            let fixture = try EngineFixture(directory.path) { $0.hot.writer.ownCommitNanoseconds = limit }
            let threads = Mutex<[pthread_t]>([])
            for number in 0..<3 {
                let done = Monitor(false)
                var request = IntakeRequest(
                    form: .json, body: Array(EngineFixture.receipt("R-\(number)").utf8), contentType: "application/json", principal: EngineFixture.own)
                request.isAlone = true
                fixture.engine.accept(request) { _ in
                    threads.withLock { $0.append(pthread_self()) }
                    done.broadcast { $0 = true }
                }
                _ = done.wait { $0 ? true : nil }
            }
            XCTAssertEqual(threads.withLock { $0 }.map { pthread_equal($0, pthread_self()) != 0 }, [isOwn, isOwn, isOwn])
            XCTAssertEqual(fixture.engine.tier.writer.statistics.ownCommits.load(ordering: .relaxed), isOwn ? 3 : 0)
            try fixture.engine.close()
        }
    }

    func test_diskFull_refusesThenGoesOnByItself() throws {
        for refusal in [FileRefusal.noSpace, .failedWrite] {
            try withInjector { injector, path in
                let fixture = try EngineFixture(path)
                let first = try fixture.taken(EngineFixture.receipt("R-1")).summary.sequence
                injector.set(.write, ".sqlite-wal", refusal)
                for number in 2..<6 {
                    XCTAssertEqual(fixture.refusal(EngineFixture.receipt("R-\(number)"))?.code, .diskFull, "\(refusal)")
                }
                XCTAssertGreaterThan(injector.failedCount, 0)
                XCTAssertEqual(try fixture.walk(Self.ids), ["R-1"], "reads go on")
                injector.clear()
                for number in 2..<6 {
                    let taken = try fixture.taken(EngineFixture.receipt("R-\(number)"))
                    XCTAssertFalse(taken.isRepeat, "\(refusal)")
                    XCTAssertEqual(taken.summary.sequence, first + Int64(number) - 1, "what was refused has no number")
                }
                try fixture.engine.close()
                try assertSound(path)
            }
        }
    }

    /// A disk of hot files that takes no write of a log from a moment on, and gives nothing back behind the first that it did not take.
    private final class FadingDisk: FileObserver {
        private let state = Mutex<(isFading: Bool, isGone: Bool)>((false, false))

        /// Whether a write has failed since `fade`.
        var isGone: Bool { state.withLock { $0.isGone } }
        func fade() { state.withLock { $0 = (true, false) } }
        func mend() { state.withLock { $0 = (false, false) } }

        func willRead(_ path: String, offset: Int64, count: Int) -> FileRefusal? { path.contains("/hot/") && isGone ? .failedRead : nil }
        func willWrite(_ path: String, offset: Int64, _ bytes: UnsafeRawBufferPointer) -> FileRefusal? {
            guard path.contains("/hot/"), path.hasSuffix(".sqlite-wal") else { return nil }
            return state.withLock { state -> FileRefusal? in
                guard state.isFading else { return nil }
                state.isGone = true
                return .failedWrite
            }
        }
        func opened(_ path: String) {}
        func willTruncate(_ path: String, byteCount: Int64) -> FileRefusal? { nil }
        func willSynchronize(_ path: String) -> FileRefusal? { nil }
        func deleted(_ path: String, isDurable: Bool) {}
        func synchronizedDirectory(_ path: String) {}
    }

    /// What is taken back has no answer of the disk to wait for: numbers of rows, and days that the file has, are those of the last commit.
    func test_failedCommit_whoseRollbackCannotRead_leavesNoGap() throws {
        let directory = TemporaryDirectory()
        let disk = FadingDisk()
        SQLiteFileSystem.observe(disk)
        defer { SQLiteFileSystem.observe(nil) }
        func receipt(_ number: Int) -> String { EngineFixture.receipt("R-\(number)", at: "2026-11-\(number < 3 ? 18 : 17)T14:03:07+02:00") }
        var fixture = try EngineFixture(directory.path)
        var tickets = try (1...2).map { try fixture.taken(receipt($0)).summary.ticketID }
        disk.fade()
        XCTAssertEqual(fixture.refusal(receipt(3))?.code, .diskFull)
        XCTAssertTrue(disk.isGone)
        disk.mend()
        tickets += try (3...5).map { try fixture.taken(receipt($0)).summary.ticketID }
        for _ in 0..<2 {
            for (place, ticket) in tickets.enumerated() { XCTAssertEqual(try fixture.engine.ticket(ticket, as: .admin).summary?.receiptID, "R-\(place + 1)") }
            XCTAssertEqual(try fixture.walk(Self.ids).sorted(), ["R-1", "R-2", "R-3", "R-4", "R-5"])
            let file = try XCTUnwrap(fixture.engine.tier.boundary.snapshot().files.last)
            XCTAssertEqual(file.state.rowCount, 5)
            XCTAssertEqual(file.state.days.count, 2)
            try fixture.engine.close()
            try assertSound(directory.path)
            fixture = try EngineFixture(directory.path)
        }
        try fixture.engine.close()
    }

    /// Nothing is committed any more that would have it tried again.
    func test_diskFull_logOfAStoreAtRest_isCopiedOnceThereIsRoom() throws {
        try withInjector { injector, path in
            let fixture = try EngineFixture(path)
            _ = try fixture.taken(EngineFixture.receipt("R-1"))
            let file = try XCTUnwrap(fixture.engine.tier.boundary.snapshot().files.last)
            injector.set(.write, "/\(file.name).sqlite", .noSpace)
            _ = try fixture.taken(EngineFixture.receipt("R-2"))
            XCTAssertTrue(Patience.until { injector.failedCount > 0 })
            XCTAssertTrue(Patience.until { !fixture.engine.takeMaintenanceFailures().isEmpty }, "and says so")
            injector.clear()
            let folder = TemporaryDirectory()
            let copy = "\(try folder.made())/copy.sqlite"
            XCTAssertTrue(try Patience.until(pauseMilliseconds: 100) {
                try? FileManager.default.removeItem(atPath: copy)
                try FileManager.default.copyItem(atPath: file.path, toPath: copy)
                // Without its log; what is being copied just now may have no right sums.
                return (try? SQLiteConnection(atRest: copy).integer("SELECT count(*) FROM rows")) == 2
            })
            try fixture.engine.close()
            try assertSound(path)
        }
    }

    /// Said again, its document would be a repeat of what is nowhere.
    func test_diskFull_aVersionThatWasRefused_isNoVersion() throws {
        let type = """
            {"name":"licence","version":1,"table":"licences","format":"json","on_repeat":"replace","match":{"/schema":"licence/1"},"receipt_id":"/id",
             "columns":{"points":{"path":"/points","type":"INTEGER"}}}
            """
        func document(_ id: String, _ points: Int) -> String { #"{"schema":"licence/1","id":"\#(id)","points":\#(points)}"# }
        for refusal in [FileRefusal.noSpace, .failedWrite] {
            try withInjector { injector, path in
                let fixture = try EngineFixture(path)
                _ = try fixture.engine.putType(name: "licence", body: Array(type.utf8))
                XCTAssertEqual(try fixture.taken(document("L-1", 1)).summary.version, 1)
                injector.set(.write, ".sqlite-wal", refusal)
                for body in [document("L-1", 2), document("L-2", 1)] { XCTAssertEqual(fixture.refusal(body)?.code, .diskFull, "\(refusal)") }
                XCTAssertGreaterThan(injector.failedCount, 0)
                injector.clear()
                for (body, version) in [(document("L-1", 2), 2), (document("L-2", 1), 1)] as [(String, Int32)] {
                    let taken = try fixture.taken(body)
                    XCTAssertFalse(taken.isRepeat, "\(refusal): \(body)")
                    XCTAssertEqual(taken.summary.version, version)
                }
                try fixture.engine.close()
                try assertSound(path)
            }
        }
    }

    func test_failedSync_nothingIsAcknowledgedUntilARestart() throws {
        try withInjector { injector, path in
            var fixture: EngineFixture? = try EngineFixture(path)
            _ = try fixture?.taken(EngineFixture.receipt("R-1"))
            injector.set(.synchronize, ".sqlite-wal", .failedSync)
            XCTAssertEqual(fixture?.refusal(EngineFixture.receipt("R-2"))?.code, .diskFull)
            XCTAssertGreaterThan(injector.failedCount, 0)
            injector.clear()
            // The disk answers again, but what it holds nobody knows.
            for number in 3..<6 { XCTAssertEqual(fixture?.refusal(EngineFixture.receipt("R-\(number)"))?.code, .diskFull) }
            XCTAssertEqual(try fixture?.walk(Self.ids), ["R-1"], "reads go on")
            let elsewhere = TemporaryDirectory()
            XCTAssertThrowsError(try fixture?.engine.backup(to: elsewhere.path + "/backup"))
            try fixture?.engine.close()
            fixture = nil
            try assertSound(path)
            let next = try EngineFixture(path)
            XCTAssertTrue(try next.walk(Self.ids).contains("R-1"))
            _ = try next.taken(EngineFixture.receipt("R-2"))
            _ = try next.taken(EngineFixture.receipt("R-3"))
            XCTAssertEqual(Set(try next.walk(Self.ids)), ["R-1", "R-2", "R-3"])
            try next.engine.close()
            try assertSound(path)
        }
    }

    /// The next process may find the commit in the file, and takes its document for a repeat then: the log, which has it as one that came to nothing, must have it too.
    func test_failedSync_ofAStoreWithALog_hasTheNextStartBeginThatAnew() throws {
        try withInjector { injector, path in
            let data = "\(path)/DATA"
            func open() throws -> EngineFixture { try EngineFixture(data) { $0.log = LogOptions(url: "file://\(path)/LOG", segmentSeconds: 3_600) } }
            func epoch(_ fixture: EngineFixture) throws -> Int64 { try XCTUnwrap(XCTUnwrap(fixture.engine.log as? LogKeeper).shipper.progress.withLock { $0.claim?.head.epoch }) }
            let fixture = try open()
            _ = try fixture.taken(EngineFixture.receipt("R-1"))
            let log = try XCTUnwrap(fixture.engine.log)
            XCTAssertTrue(log.settle())
            let before = try epoch(fixture)
            let file = try XCTUnwrap(fixture.engine.tier.boundary.snapshot().files.last)
            injector.set(.synchronize, "/\(file.name).sqlite-wal", .failedSync)
            XCTAssertEqual(fixture.refusal(EngineFixture.receipt("R-2"))?.code, .diskFull)
            XCTAssertGreaterThan(injector.failedCount, 0)
            injector.clear()
            XCTAssertTrue(log.settle())
            try fixture.engine.close()
            XCTAssertTrue(try XCTUnwrap(LogState.read(data)).isBroken)
            let next = try open()
            XCTAssertEqual(try epoch(next), before + 1)
            _ = try next.taken(EngineFixture.receipt("R-2"))
            try next.engine.close()
            XCTAssertFalse(try XCTUnwrap(LogState.read(data)).isBroken)
        }
    }

    /// A file without a name is synced without complaint, and is gone with the process: what was committed to it is nowhere.
    func test_filesTakenAwayUnderTheStore_nothingIsAcknowledgedFromThenOn() throws {
        for part in ["the directory", "the hot files", "a log", "another file in its place"] {
            let directory = TemporaryDirectory()
            let fixture = try EngineFixture(directory.path)
            _ = try fixture.taken(EngineFixture.receipt("R-1"))
            let hot = "\(directory.path)/hot"
            let logs = try FileManager.default.contentsOfDirectory(atPath: hot).filter { $0.hasSuffix("-wal") }.map { "\(hot)/\($0)" }
            XCTAssertFalse(logs.isEmpty)
            switch part {
            case "the directory": try FileManager.default.removeItem(atPath: directory.path)
            case "the hot files": try FileManager.default.removeItem(atPath: hot)
            default:
                for log in logs {
                    try FileManager.default.removeItem(atPath: log)
                    if part == "another file in its place" { XCTAssertTrue(FileManager.default.createFile(atPath: log, contents: Data([1]))) }
                }
            }
            for number in 2..<4 { XCTAssertEqual(fixture.refusal(EngineFixture.receipt("R-\(number)"))?.code, .diskFull, part) }
            XCTAssertEqual(fixture.engine.intakeRefusals.map(\.code), [.diskFull], part)
            if part == "the directory" { XCTAssertThrowsError(try fixture.engine.putContract(Contract(clientID: "c9", access: .read, scope: .own))) }
            XCTAssertEqual(try fixture.walk(Self.ids), ["R-1"], "reads go on, \(part)")
            try? fixture.engine.close()
        }
    }

    func test_failedSyncOfTheCatalog_nothingIsChangedUntilARestart() throws {
        try withInjector { injector, path in
            let fixture = try EngineFixture(path)
            _ = try fixture.taken(EngineFixture.receipt("R-1"))
            injector.set(.synchronize, "catalog.sqlite-wal", .failedSync)
            XCTAssertThrowsError(try fixture.engine.compact(before: nil))
            injector.clear()
            XCTAssertThrowsError(try fixture.engine.compact(before: nil))
            XCTAssertThrowsError(try fixture.engine.putContract(Contract(clientID: "c9", access: .read, scope: .own)))
            XCTAssertEqual(try fixture.walk(Self.ids), ["R-1"], "reads go on")
            try fixture.engine.close()
            try assertSound(path)
            let next = try EngineFixture(path)
            XCTAssertEqual(try next.walk(Self.ids), ["R-1"])
            _ = try next.engine.compact(before: nil)
            XCTAssertEqual(try next.walk(Self.ids), ["R-1"])
            try next.engine.close()
            try assertSound(path)
        }
    }

    func test_coldDiskFailing_leavesRowsInHot() throws {
        for (call, refusal) in [(Injector.Call.write, FileRefusal.noSpace), (.write, .failedWrite), (.synchronize, .failedSync)] {
            try withInjector { injector, path in
                let fixture = try EngineFixture(path) { $0.fileSystem = injector }
                for number in 0..<20 { _ = try fixture.taken(EngineFixture.receipt("R-\(number)")) }
                injector.set(call, "cold", refusal)
                XCTAssertThrowsError(try fixture.engine.compact(before: nil))
                XCTAssertGreaterThan(injector.failedCount, 0)
                XCTAssertEqual(try fixture.walk(Self.ids).count, 20)
                _ = try fixture.taken(EngineFixture.receipt("R-20"))
                injector.clear()
                XCTAssertGreaterThan(try fixture.engine.compact(before: nil).rowsMoved, 0)
                XCTAssertEqual(try fixture.walk(Self.ids).count, 21)
                try fixture.engine.close()
                try assertSound(path)
            }
        }
    }

    func test_failedRead_isAnErrorNotAnAnswer() throws {
        try withInjector { injector, path in
            var fixture: EngineFixture? = try EngineFixture(path)
            for number in 0..<200 { _ = try fixture?.taken(EngineFixture.receipt("R-\(number)", note: String(repeating: "x", count: 900))) }
            try fixture?.engine.close()
            fixture = nil
            injector.set(.read, ".sqlite", .failedRead)
            XCTAssertThrowsError(try EngineFixture(path), "a store whose files cannot be read does not open")
            XCTAssertGreaterThan(injector.failedCount, 0)
            injector.clear()
            let next = try EngineFixture(path)
            XCTAssertEqual(try next.walk(Self.ids).count, 200)
            try next.engine.close()
            try assertSound(path)
        }
    }

    func test_damagedPage_isNotReadAsAnAnswer() throws {
        let directory = TemporaryDirectory()
        let path = directory.path + "/x.sqlite"
        try FileManager.default.createDirectory(atPath: directory.path, withIntermediateDirectories: true)
        do {
            let connection = try SQLiteConnection(path: path, mode: .create)
            try connection.execute("PRAGMA journal_mode=WAL; CREATE TABLE t(id INTEGER PRIMARY KEY, x TEXT)")
            try connection.transaction {
                for number in 0..<500 { try connection.execute("INSERT INTO t VALUES(\(number), hex(zeroblob(50)))") }
            }
        }
        var bytes = try Data(contentsOf: URL(filePath: path))
        XCTAssertTrue(try DatabaseFile.faults(path).isEmpty)
        // A digit of a value: nothing in the file's structure.
        bytes[bytes.count - 600] ^= 1
        try bytes.write(to: URL(filePath: path))
        let connection = try SQLiteConnection(path: path, mode: .readOnly)
        XCTAssertThrowsError(try connection.integer("SELECT sum(length(x)) FROM t")) { error in
            XCTAssertEqual((error as? SQLiteError)?.kind, .corrupt, "\(error)")
        }
    }

    func test_clockJumps_keepOrderAndFiles() throws {
        let directory = TemporaryDirectory()
        let shared = SharedClock(1_795_176_000_000_000)
        let day: Int64 = 86_400_000_000
        var fixture = try EngineFixture(directory.path, clock: shared.clock)
        try fixture.keepOneRollup()
        var last: (sequence: Int64, ticket: String) = (0, "")
        var count = 0
        func post() throws {
            count += 1
            let taken = try fixture.taken(EngineFixture.receipt("R-\(count)"))
            XCTAssertGreaterThan(taken.summary.sequence, last.sequence)
            XCTAssertGreaterThan(taken.summary.ticketID, last.ticket)
            last = (taken.summary.sequence, taken.summary.ticketID)
        }
        for (step, jump) in [0, 2 * day, -3 * day, 40 * day, -40 * day, day / 2, -day, 3_000_000].enumerated() {
            shared.advance(jump)
            for _ in 0..<3 { try post() }
            if step % 3 == 1 {
                // All that there is, files among it that a clock ahead has begun.
                _ = try fixture.engine.compact(before: nil)
                XCTAssertEqual(fixture.engine.tier.boundary.snapshot().files.reduce(0) { $0 + $1.state.rowCount }, 0, "step \(step)")
            }
            if step % 2 == 1 {
                try fixture.engine.close()
                try assertSound(directory.path)
                fixture = try EngineFixture(directory.path, clock: shared.clock)
            }
        }
        XCTAssertEqual(try fixture.walk(Self.ids).count, count)
        for number in 1...count { XCTAssertTrue(try fixture.taken(EngineFixture.receipt("R-\(number)")).isRepeat) }
        try fixture.engine.close()
        try assertSound(directory.path)
    }

    private final class SharedClock: Sendable {
        private let now: Atomic<Int64>
        init(_ start: Int64) { now = Atomic(start) }
        func advance(_ microseconds: Int64) { now.wrappingAdd(microseconds, ordering: .sequentiallyConsistent) }
        var clock: Clock { Clock { [self] in now.wrappingAdd(1_000, ordering: .sequentiallyConsistent).newValue } }
    }
}
