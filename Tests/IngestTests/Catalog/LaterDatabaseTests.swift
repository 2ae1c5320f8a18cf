import ColumnStore
import Documents
import Foundation
import Processes
import TestSupport
import XCTest

@testable import Ingest

/// Goal: queues and executions that are lost are missed, and a store that was closed has no log of them. Method: an engine with both, whose files are taken
/// away, put back, or left as a crash leaves them.
final class LaterDatabaseTests: XCTestCase {
    private let folder = TemporaryDirectory()
    private var path: String { folder.path }
    private let manager = FileManager.default
    private static let process = #"{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":3600,"End":true}}}"#

    private func open(_ path: String? = nil) throws -> Engine { try EngineFixture(path ?? self.path).engine }

    /// With a queue, a topic and an execution, all of which are read too.
    private func fill(_ engine: Engine) throws {
        _ = try engine.queues.put(queue: "jobs", QueueSettings())
        _ = try engine.topics.put(topic: "news")
        let sent: [SentMessage] = try QueueFixture.wait { engine.queues.send([OutgoingMessage(id: "a", body: [0x31])], to: "jobs", as: .admin, completion: $0) }
        XCTAssertEqual(sent.count, 1)
        _ = try engine.executions.putProcess("slow", Array(Self.process.utf8))
        let started: Monitor<Result<StartedExecution, any Error>?> = Monitor(nil)
        engine.executions.start("slow", name: "one", input: try ValueLimits.parse(Array("{}".utf8)), as: .admin) { outcome in started.signal { $0 = outcome } }
        _ = try started.wait { $0 }.get()
        try check(engine)
    }

    private func check(_ engine: Engine, file: StaticString = #filePath, line: UInt = #line) throws {
        XCTAssertEqual(try engine.queues.messages(in: "jobs", after: nil, limit: 9, as: .admin).messages.map(\.id), ["a"], file: file, line: line)
        XCTAssertEqual(try engine.executions.reader.runningCount(), 1, file: file, line: line)
    }

    private func makeStore() throws {
        let engine = try open()
        try fill(engine)
        try engine.close()
    }

    private func remove(_ database: LaterDatabase) {
        for suffix in ["", "-wal", "-shm"] { try? manager.removeItem(atPath: database.path(in: path) + suffix) }
    }

    private func findings(_ path: String? = nil) throws -> [String] { try Verifier(path: path ?? self.path).run().findings.map(\.description) }

    private func refusal() throws -> String {
        var said = ""
        XCTAssertThrowsError(try Engine(path: path)) { said = "\($0)" }
        return said
    }

    func test_close_leavesNoLog() throws {
        let engine = try open()
        try fill(engine)
        XCTAssertTrue(manager.fileExists(atPath: path + "/queues.sqlite-wal"))
        try engine.close()
        XCTAssertEqual(try manager.contentsOfDirectory(atPath: path).filter { $0.hasSuffix("-wal") || $0.hasSuffix("-shm") }, [])
        // The engine is there still: what it let go of is closed, and not what went with it.
        XCTAssertTrue(!engine.isReady)
        XCTAssertEqual(try findings(), [])
        let again = try open()
        try check(again)
        try again.close()
        XCTAssertEqual(try manager.contentsOfDirectory(atPath: path).filter { $0.hasSuffix("-wal") || $0.hasSuffix("-shm") }, [])
    }

    func test_lost_isNamed_refused_andGivenUpByRecovery() throws {
        try makeStore()
        for database in LaterDatabase.allCases {
            let sound = try Data(contentsOf: URL(filePath: database.path(in: path)))
            remove(database)
            let (found, said) = (try findings(), try refusal())
            XCTAssertTrue(found.contains("\(database.path(in: path)): is missing"), "\(found)")
            XCTAssertTrue(said.contains("\(database.rawValue) is missing (\(database.contents)): restore it from a backup"), said)
            XCTAssertFalse(manager.fileExists(atPath: database.path(in: path)), "nothing was begun in its place")
            // As a file system that lost its blocks leaves it.
            XCTAssertTrue(manager.createFile(atPath: database.path(in: path), contents: Data()))
            XCTAssertFalse(try findings().isEmpty)
            XCTAssertTrue(try refusal().contains("\(database.rawValue) is empty"))
            try sound.write(to: URL(filePath: database.path(in: path)))
            XCTAssertEqual(try findings(), [])
            let engine = try open()
            try check(engine)
            try engine.close()
        }
        remove(.queues)
        let report = try Recovery(path: path).run()
        XCTAssertTrue(report.missing.contains("queues.sqlite: \(LaterDatabase.queues.contents)"), "\(report.missing)")
        XCTAssertEqual(try findings(), [])
        let engine = try open()
        XCTAssertEqual(try engine.queues.queues(after: nil, limit: 9, as: .admin).count, 0)
        XCTAssertEqual(try engine.executions.reader.runningCount(), 1)
        try engine.close()
    }

    /// The log alone is left.
    func test_lost_besideItsLog_isNamed() throws {
        let engine = try open()
        try fill(engine)
        let log = try Data(contentsOf: URL(filePath: path + "/queues.sqlite-wal"))
        try engine.close()
        remove(.queues)
        try log.write(to: URL(filePath: path + "/queues.sqlite-wal"))
        let report = try Verifier(path: path).run()
        XCTAssertTrue(report.findings.contains { $0.path == path + "/queues.sqlite" }, "\(report.findings)")
        XCTAssertEqual(report.strangers, [])
    }

    /// As a store of an earlier version, or a crash between the file and its note, leaves it.
    func test_notNoted_isNotedAsItIsOpened() throws {
        try makeStore()
        do {
            let catalog = try SQLiteConnection(path: path + "/catalog.sqlite", mode: .readWrite)
            for database in LaterDatabase.allCases {
                XCTAssertTrue(try database.isNoted(catalog))
                try database.forget(catalog)
            }
        }
        XCTAssertEqual(try findings(), [])
        let engine = try open()
        try check(engine)
        for database in LaterDatabase.allCases { XCTAssertTrue(try database.isNoted(in: engine.catalog)) }
        try engine.close()
    }

    /// What cannot be noted is not used: nothing would miss it.
    func test_noteThatFails_takesNothing_andIsMadeUpFor() throws {
        _ = try folder.made()
        let mayNote = Monitor(false)
        let store = try QueueStore(
            store: QueueCore.Store(
                path: path + "/queues.sqlite", id: "of a test", directory: path, minFreeBytes: 0, clock: .system, steady: nil,
                noteFile: { if !mayNote.withLock({ $0 }) { throw SQLiteError(code: 13, message: "full", path: "catalog.sqlite") } }),
            members: [], opens: false)
        defer { store.stop() }
        XCTAssertFault(.diskFull, try store.put(queue: "jobs", QueueSettings()))
        XCTAssertEqual(store.states.count, 0)
        mayNote.withLock { $0 = true }
        _ = try store.put(queue: "jobs", QueueSettings())
        XCTAssertTrue(Patience.until { store.states.count == 1 })
    }

    func test_backup_isRestoredWithThem_andWithoutWhereThereAreNone() throws {
        for isFilled in [false, true] {
            let (copy, restored) = (TemporaryDirectory(), TemporaryDirectory())
            let engine = try open()
            if isFilled { try fill(engine) }
            _ = try engine.backup(to: copy.path)
            try engine.close()
            _ = try Restore(source: copy.path, directory: restored.path).run()
            XCTAssertEqual(try findings(restored.path), [])
            let other = try open(restored.path)
            if isFilled { try check(other) }
            try other.close()
        }
    }
}
