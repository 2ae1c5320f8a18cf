import CSQLite
import Foundation
import Synchronization
import XCTest

@testable import Ingest

/// Goal: of a file in use the very pages are named that are not as they were written, and no other. Method: bits are turned in the file below a connection, with and without newer pages in the log.
final class LivePagesTests: XCTestCase {
    private func flip(_ path: String, page: Int) throws {
        let handle = try FileHandle(forUpdating: URL(filePath: path))
        defer { try? handle.close() }
        let place = UInt64((page - 1) * 4_096 + 2_000)
        try handle.seek(toOffset: place)
        let byte = try XCTUnwrap(try handle.read(upToCount: 1)?.first)
        try handle.seek(toOffset: place)
        try handle.write(contentsOf: Data([byte ^ 1]))
    }

    func test_withoutSums_ofAFileInUse_areThoseThatChanged_alsoWhereTheLogHasThem() throws {
        let directory = TemporaryDirectory()
        try FileManager.default.createDirectory(atPath: directory.path, withIntermediateDirectories: true)
        let path = directory.path + "/file.sqlite"
        let writer = try SQLiteConnection(path: path, mode: .create)
        try writer.execute("PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0; CREATE TABLE t(id INTEGER PRIMARY KEY, bytes BLOB)")
        try writer.execute("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100) INSERT INTO t SELECT i, randomblob(1000) FROM n")
        try writer.checkpoint(.truncate)
        let reader = try SQLiteConnection(path: path, mode: .readOnly)
        var pieceCount = 0
        func found() throws -> [Int64] { try LivePages.withoutSums(reader) { pieceCount += 1 } }
        XCTAssertEqual(try found(), [])
        XCTAssertGreaterThan(pieceCount, 0)
        try writer.execute("UPDATE t SET bytes = randomblob(1000)")
        try flip(path, page: 5)
        XCTAssertEqual(try found(), [5], "a newer one is in the log")
        try writer.checkpoint(.passive)
        XCTAssertEqual(try found(), [])
        try flip(path, page: 5)
        XCTAssertEqual(try found(), [5], "it was copied from the log, and is read from here")
        try flip(path, page: 5)
        XCTAssertEqual(try found(), [], "as it was")
        try flip(path, page: 5)
        try flip(path, page: 9)
        XCTAssertEqual(try found(), [5, 9])
        struct Enough: Error {}
        XCTAssertThrowsError(try LivePages.withoutSums(reader) { () -> Void in throw Enough() }) { XCTAssertTrue($0 is Enough) }
    }

    private final class Syncs: FileObserver {
        let count = Mutex(0)

        func opened(_ path: String) {}
        func willRead(_ path: String, offset: Int64, count: Int) -> FileRefusal? { nil }
        func willWrite(_ path: String, offset: Int64, _ bytes: UnsafeRawBufferPointer) -> FileRefusal? { nil }
        func willTruncate(_ path: String, byteCount: Int64) -> FileRefusal? { nil }
        func willSynchronize(_ path: String) -> FileRefusal? {
            count.withLock { $0 += 1 }
            return nil
        }
        func deleted(_ path: String, isDurable: Bool) {}
        func synchronizedDirectory(_ path: String) {}
    }

    /// Receipts wait meanwhile.
    func test_overwrite_ofPages_syncsThemOnce() throws {
        let directory = TemporaryDirectory()
        try FileManager.default.createDirectory(atPath: directory.path, withIntermediateDirectories: true)
        let path = directory.path + "/file.sqlite"
        try SQLiteConnection(path: path, mode: .create).execute("CREATE TABLE t(id INTEGER PRIMARY KEY, bytes BLOB); INSERT INTO t VALUES(1, randomblob(40000))")
        let syncs = Syncs()
        SQLiteFileSystem.observe(syncs)
        defer { SQLiteFileSystem.observe(nil) }
        let connection = try SQLiteConnection(path: path, mode: .readWrite)
        XCTAssertEqual(try connection.integer("SELECT count(*) FROM t"), 1)
        var pages: [(bytes: [UInt8], offset: Int64)] = []
        for offset in [2 * 4_096, 6 * 4_096] as [Int64] { pages.append((bytes: try connection.fileBytes(at: offset, count: 4_096), offset: offset)) }
        try connection.overwrite(pages)
        XCTAssertEqual(syncs.count.withLock { $0 }, 1)
        XCTAssertEqual(try LivePages.withoutSums(connection) {}, [])
    }

    /// A bad sector is a page's fault, and no other's.
    func test_withoutSums_ofPagesThatTheDeviceDoesNotGive_areThese() throws {
        let directory = TemporaryDirectory()
        try FileManager.default.createDirectory(atPath: directory.path, withIntermediateDirectories: true)
        let path = directory.path + "/file.sqlite"
        try SQLiteConnection(path: path, mode: .create).execute("CREATE TABLE t(id INTEGER PRIMARY KEY, bytes BLOB); INSERT INTO t VALUES(1, randomblob(40000))")
        let reader = try SQLiteConnection(path: path, mode: .readOnly)
        for code in [266, 8_458] as [Int32] {
            let found = try LivePages.withoutSums(reader, read: { offset, count in
                for page in [3, 7] as [Int64] where offset < page * 4_096 && offset + Int64(count) > (page - 1) * 4_096 { throw SQLiteError(code: code, message: "bad sector", path: path) }
                return try reader.fileBytes(at: offset, count: count)
            }) {}
            XCTAssertEqual(found, [3, 7], "\(code)")
        }
        // Others say nothing of the place.
        XCTAssertThrowsError(try LivePages.withoutSums(reader, read: { _, _ in throw SQLiteError(code: 7, message: "no memory", path: path) }) {})
    }

    /// Nothing can be said of a file that was made before pages had sums; a header that says so before pages which have them was changed.
    func test_withoutSums_ofAFileThatHasNone_areNone_andOfAChangedHeaderItsPage() throws {
        XCTAssertTrue(SQLiteFileSystem.isRegistered, "before SQLite is asked for anything")
        let directory = TemporaryDirectory()
        try FileManager.default.createDirectory(atPath: directory.path, withIntermediateDirectories: true)
        let (early, path) = (directory.path + "/early.sqlite", directory.path + "/file.sqlite")
        let table = "CREATE TABLE t(id INTEGER PRIMARY KEY, bytes BLOB); INSERT INTO t VALUES(1, randomblob(9000))"
        var handle: OpaquePointer?
        XCTAssertEqual(sqlite3_open(early, &handle), SQLITE_OK)
        XCTAssertEqual(sqlite3_exec(handle, table, nil, nil, nil), SQLITE_OK)
        XCTAssertEqual(sqlite3_close(handle), SQLITE_OK)
        XCTAssertEqual(try LivePages.withoutSums(SQLiteConnection(path: early, mode: .readOnly)) {}, [])
        try SQLiteConnection(path: path, mode: .create).execute(table)
        XCTAssertEqual(try LivePages.withoutSums(SQLiteConnection(path: path, mode: .readOnly)) {}, [])
        var bytes = try Data(contentsOf: URL(filePath: path))
        bytes[20] = 0
        try bytes.write(to: URL(filePath: path))
        XCTAssertEqual(try LivePages.withoutSums(SQLiteConnection(path: path, mode: .readOnly)) {}, [1])
    }
}
