import ColumnStore
import Processes
import Synchronization
import TestSupport
import XCTest

@testable import Documents
@testable import Ingest

/// Goal: a backup has queues and executions as of one instant, so that what is on its way from one to the other is in one of them at least. Method: something that moves while a backup stands between
/// the two.
final class BackupInstantTests: XCTestCase {
    /// Does something once, as a file is opened.
    private final class Opening: FileObserver {
        private struct State {
            var body: (@Sendable () -> Void)?
            var wasArmed = false
        }

        private let suffix: String
        private let state = Mutex(State())

        init(_ suffix: String) { self.suffix = suffix }

        /// The first call counts.
        func arm(_ body: @escaping @Sendable () -> Void) {
            state.withLock { state in
                if !state.wasArmed { (state.body, state.wasArmed) = (body, true) }
            }
        }

        var isDone: Bool { state.withLock { $0.wasArmed && $0.body == nil } }

        func opened(_ path: String) {
            guard path.hasSuffix(suffix) else { return }
            let body = state.withLock { state in
                defer { state.body = nil }
                return state.body
            }
            body?()
        }
        func willRead(_ path: String, offset: Int64, count: Int) -> FileRefusal? { nil }
        func willWrite(_ path: String, offset: Int64, _ bytes: UnsafeRawBufferPointer) -> FileRefusal? { nil }
        func willTruncate(_ path: String, byteCount: Int64) -> FileRefusal? { nil }
        func willSynchronize(_ path: String) -> FileRefusal? { nil }
        func deleted(_ path: String, isDurable: Bool) {}
        func synchronizedDirectory(_ path: String) {}
    }

    /// As an event goes: its process has it durably, and then its topic lets go of it. A backup that has begun to read executions and not yet queues had it in neither.
    func test_whatMovesFromQueuesToExecutions_whileABackupStandsBetweenThem_isInTheBackup() throws {
        let (data, destination) = (TemporaryDirectory(), TemporaryDirectory())
        let opening = Opening("/catalog.sqlite")
        SQLiteFileSystem.observe(opening)
        defer { SQLiteFileSystem.observe(nil) }
        let fixture = try EngineFixture(data.path)
        let (queues, executions) = (fixture.engine.queueStore, fixture.engine.executions)
        _ = try queues.put(queue: "jobs", QueueSettings())
        let note = "INSERT INTO meta(key, value) VALUES('event', 1)"
        try queues.perform { core in try core.opened().execute(note) }
        XCTAssertTrue(try executions.perform(makes: true) { core in core.file != nil })
        let hasGone = Monitor(false)
        // Asked first as everything is held: the catalog is opened behind the executions, and before the queues.
        let position: LogPosition.Source = {
            opening.arm {
                XCTAssertTrue(
                    (try? executions.perform { core -> Bool in
                        try core.file?.execute(note)
                        return true
                    }) ?? false)
                queues.submit { core -> Bool? in
                    try core.opened().execute("DELETE FROM meta WHERE key = 'event'")
                    return true
                } completion: { _ in hasGone.broadcast { $0 = true } }
                // Time for it to go, if it may. Held, it does not, however long that is.
                XCTAssertNil(hasGone.wait(seconds: 1) { $0 ? true : nil })
            }
            return LogPosition(settled: 0, last: 0, at: 0)
        }
        let backup = try Backup(fixture.engine.parts, destination: destination.path, position: position, isCancelled: { false })
        _ = try backup.run()
        XCTAssertTrue(opening.isDone)
        XCTAssertEqual(hasGone.wait(seconds: Patience.seconds) { $0 ? true : nil }, true, "it goes once nothing is held")
        func count(_ path: String) throws -> Int64 {
            let name = try XCTUnwrap(backup.manifest.files.first { $0.path == path }, path).name
            return try SQLiteConnection(atRest: "\(destination.path)/\(name)").integer("SELECT count(*) FROM meta WHERE key = 'event'") ?? 0
        }
        XCTAssertEqual(try ["executions.sqlite", "queues.sqlite"].map(count).reduce(0, +), 1)
        try fixture.engine.close()
    }
}
