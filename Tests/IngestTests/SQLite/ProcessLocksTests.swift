import CSQLite
import ColumnStore
import TestSupport
import XCTest

@testable import Ingest

/// Goal: who stores or looks up a receipt waits for none of SQLite's locks of the whole process, which any thread may hold that opens a file or
/// allocates, and be put aside with. Method: a thread holds them, and the work is done all the same.
final class ProcessLocksTests: XCTestCase {
    func test_commitAndLookUp_whileSQLiteLocksTheProcess_goOn() throws {
        let directory = TemporaryDirectory()
        let store = try HotTierFixture.Store(directory.path)
        defer { store.close() }
        // Files are open, and what is made once is made.
        for number in 0..<3 { _ = try store.stored([try HotTierFixture.row("R-\(number)")]) }
        let file = try XCTUnwrap(store.tier.boundary.snapshot().files.last)
        XCTAssertNotNil(try file.find(try HotTierFixture.row("R-1").identity))
        for (name, id) in [("of memory", SQLITE_MUTEX_STATIC_MEM), ("of files", SQLITE_MUTEX_STATIC_VFS1)] {
            let isHeld = Monitor(false)
            let isReleased = Monitor(false)
            let holder = WorkerThread(name: "holder") {
                let lock = sqlite3_mutex_alloc(Int32(id))
                sqlite3_mutex_enter(lock)
                isHeld.broadcast { $0 = true }
                isReleased.wait { $0 ? () : nil }
                sqlite3_mutex_leave(lock)
            }
            isHeld.wait { $0 ? () : nil }
            let row = try HotTierFixture.row("S-\(id)")
            let isStored = Monitor(false)
            store.tier.writer.submit(
                Submission(rows: [row], earlier: [nil], generation: store.tier.boundary.generation, isAtomic: true) { _ in
                    isStored.broadcast { $0 = true }
                })
            // Long, since a lock that is waited for is never free before.
            let wasStored = isStored.wait(seconds: Patience.seconds) { $0 ? true : nil } ?? false
            let isFound = Monitor(false)
            let reader = WorkerThread(name: "reader") {
                let found = try? file.find(row.identity)
                isFound.broadcast { $0 = found != nil }
            }
            let wasFound = wasStored && isFound.wait(seconds: Patience.seconds) { $0 ? true : nil } ?? false
            isReleased.broadcast { $0 = true }
            holder.join()
            reader.join()
            XCTAssertTrue(wasStored, "a commit waits for the lock \(name)")
            XCTAssertTrue(wasFound, "a look-up waits for the lock \(name)")
        }
    }
}
