import ColumnStore
import Glibc
import Synchronization
import TestSupport
import XCTest

@testable import Ingest

/// Goal: a compaction, whose threads stand still while the processors are busy, holds nothing meanwhile that takers of receipts wait for: neither the
/// catalog nor the next day file. Method: the priority of the thread that syncs each file, seen by the observer of SQLite's files.
final class CompactionPriorityTests: XCTestCase {
    private final class Watcher: FileObserver {
        let syncs = Mutex<[(path: String, niceness: Int32)]>([])
        func opened(_ path: String) {}
        func willRead(_ path: String, offset: Int64, count: Int) -> FileRefusal? { nil }
        func willWrite(_ path: String, offset: Int64, _ bytes: UnsafeRawBufferPointer) -> FileRefusal? { nil }
        func willTruncate(_ path: String, byteCount: Int64) -> FileRefusal? { nil }
        func willSynchronize(_ path: String) -> FileRefusal? {
            let niceness = getpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0)
            syncs.withLock { $0.append((path, niceness)) }
            return nil
        }
        func deleted(_ path: String, isDurable: Bool) {}
        func synchronizedDirectory(_ path: String) {}
    }

    func test_compact_syncsCatalogAndDayFiles_atThePriorityOfTheProcess() throws {
        let directory = TemporaryDirectory()
        let watcher = Watcher()
        // Before files are opened: it is notified of those alone that it has seen.
        SQLiteFileSystem.observe(watcher)
        defer { SQLiteFileSystem.observe(nil) }
        let fixture = try EngineFixture(directory.path)
        let own = getpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0)
        for number in 0..<20 { _ = try fixture.taken(EngineFixture.receipt("R-\(number)")) }
        watcher.syncs.withLock { $0 = [] }
        for round in 0..<3 {
            _ = try fixture.engine.compact(before: nil)
            _ = try fixture.taken(EngineFixture.receipt("S-\(round)"))
        }
        let syncs = watcher.syncs.withLock { $0 }
        let catalog = syncs.filter { $0.path.contains("catalog.sqlite") }
        XCTAssertGreaterThan(catalog.count, 3)
        XCTAssertEqual(Set(catalog.map(\.niceness)), [own])
        // Maintenance, which is a little behind, lays room in logs.
        XCTAssertEqual(syncs.filter { $0.niceness >= own + 15 }.map(\.path), [])
        try fixture.engine.close()
    }
}
