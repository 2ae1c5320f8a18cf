import ColumnStore
import Foundation
import Synchronization
import TestSupport
import XCTest

@testable import Documents
@testable import Ingest

/// Goal: a commit that comes while another connection copies the log loses nothing, now or later (https://sqlite.org/wal.html#the_wal_reset_bug). Method: a copying is stopped between its two looks at
/// the log, and the commit done there; and both at once, many times.
final class LogTurnsTests: XCTestCase {
    /// Runs a body as a checkpoint of the file stands between its looks at the log's length and at what is copied.
    private final class Gap: FileObserver {
        private let path: String
        private let body = Mutex<(@Sendable () -> Void)?>(nil)

        init(_ path: String) { self.path = path }

        /// Once.
        func set(_ new: @escaping @Sendable () -> Void) { body.withLock { $0 = new } }
        var isSet: Bool { body.withLock { $0 != nil } }

        func willLeaveMap(_ path: String) {
            guard path == self.path else { return }
            let taken = body.withLock { body in
                defer { body = nil }
                return body
            }
            taken?()
        }

        func opened(_ path: String) {}
        func willRead(_ path: String, offset: Int64, count: Int) -> FileRefusal? { nil }
        func willWrite(_ path: String, offset: Int64, _ bytes: UnsafeRawBufferPointer) -> FileRefusal? { nil }
        func willTruncate(_ path: String, byteCount: Int64) -> FileRefusal? { nil }
        func willSynchronize(_ path: String) -> FileRefusal? { nil }
        func deleted(_ path: String, isDurable: Bool) {}
        func synchronizedDirectory(_ path: String) {}
    }

    private func makeFile(_ directory: TemporaryDirectory) throws -> (path: String, writer: SQLiteConnection) {
        try FileManager.default.createDirectory(atPath: directory.path, withIntermediateDirectories: true)
        let path = directory.path + "/x.sqlite"
        let writer = try SQLiteConnection(path: path, mode: .create)
        try writer.execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0; CREATE TABLE t(id INTEGER PRIMARY KEY, x BLOB)")
        return (path, writer)
    }

    private func copier(_ path: String) throws -> SQLiteConnection {
        let connection = try SQLiteConnection(path: path, mode: .readWrite)
        try connection.execute("PRAGMA wal_autocheckpoint=0")
        XCTAssertNotNil(try connection.integer("SELECT count(*) FROM t"))
        return connection
    }

    func test_commitBetweenTheLooksOfACheckpoint_isCopiedByTheNext() throws {
        let directory = TemporaryDirectory()
        let path = directory.path + "/x.sqlite"
        let gap = Gap(path)
        SQLiteFileSystem.observe(gap)
        defer { SQLiteFileSystem.observe(nil) }
        // Proof: one thread has it, that of the test, within the checkpoint's call too.
        nonisolated(unsafe) let writer = try makeFile(directory).writer
        let (first, second) = (try copier(path), try copier(path))
        for id in 0..<50 { try writer.execute("INSERT INTO t VALUES(\(id), randomblob(3000))") }
        let all = try first.checkpoint(.passive)
        XCTAssertEqual(all.logged, all.copied)
        let said = Mutex<String?>(nil)
        // The whole log is copied, so that this commit may begin it anew; the reader knows it as it was.
        gap.set {
            do { try writer.execute("INSERT INTO t VALUES(50, randomblob(3000))") } catch { said.withLock { $0 = "\(error)" } }
        }
        try second.checkpoint(.passive)
        XCTAssertFalse(gap.isSet, "the test's own: nothing was done between the looks")
        XCTAssertNil(said.withLock { $0 })
        for id in 51..<70 { try writer.execute("INSERT INTO t VALUES(\(id), randomblob(3000))") }
        for connection in [first, second, first] { try connection.checkpoint(.passive) }
        try writer.execute("INSERT INTO t VALUES(70, randomblob(3000))")
        for connection in [first, second] { try connection.checkpoint(.passive) }
        try writer.execute("INSERT INTO t VALUES(71, randomblob(3000))")
        XCTAssertEqual(try writer.integer("SELECT count(*) FROM t"), 72)
        let last = try first.checkpoint(.passive)
        XCTAssertEqual(last.logged, last.copied)
        // What is in the file, without the log.
        let copy = directory.path + "/copy.sqlite"
        try FileManager.default.copyItem(atPath: path, toPath: copy)
        let read = try SQLiteConnection(path: copy, mode: .immutable)
        XCTAssertEqual(try read.integer("SELECT count(*) FROM t"), 72)
        XCTAssertEqual(try DatabaseFile.faults(copy).count, 0)
    }

    /// Each log is begun anew all the same, once nobody copies it.
    func test_logThatWasNotBegunAnew_isByTheNextCommit() throws {
        let directory = TemporaryDirectory()
        let path = directory.path + "/x.sqlite"
        let gap = Gap(path)
        SQLiteFileSystem.observe(gap)
        defer { SQLiteFileSystem.observe(nil) }
        nonisolated(unsafe) let writer = try makeFile(directory).writer
        let (first, second) = (try copier(path), try copier(path))
        for id in 0..<50 { try writer.execute("INSERT INTO t VALUES(\(id), randomblob(3000))") }
        let before = try first.checkpoint(.passive).logged
        gap.set { try? writer.execute("INSERT INTO t VALUES(50, randomblob(3000))") }
        // Behind what was there.
        let beside = try second.checkpoint(.passive)
        XCTAssertFalse(gap.isSet)
        XCTAssertEqual(beside.logged, before)
        let after = try second.checkpoint(.passive)
        XCTAssertGreaterThan(after.logged, before)
        XCTAssertEqual(after.logged, after.copied)
        try writer.execute("INSERT INTO t VALUES(51, randomblob(3000))")
        XCTAssertLessThan(try second.checkpoint(.passive).logged, before)
    }

    func test_commitsBesideCopies_loseNothing() throws {
        let directory = TemporaryDirectory()
        let (path, writer) = try makeFile(directory)
        try writer.execute("PRAGMA synchronous=OFF")
        let isDone = Atomic<Bool>(false)
        let failures = Mutex<[String]>([])
        let copiers = (0..<3).map { _ in
            WorkerThread(name: "copier") {
                do {
                    let connection = try SQLiteConnection(path: path, mode: .readWrite)
                    try connection.execute("PRAGMA wal_autocheckpoint=0; PRAGMA synchronous=OFF")
                    while !isDone.load(ordering: .acquiring) {
                        try connection.checkpoint(.passive)
                    }
                } catch { failures.withLock { $0.append("\(error)") } }
            }
        }
        for id in 0..<20_000 { try writer.execute("INSERT INTO t VALUES(\(id), randomblob(\(id % 5 * 900)))") }
        isDone.store(true, ordering: .releasing)
        for copier in copiers { copier.join() }
        XCTAssertEqual(failures.withLock { $0 }, [])
        try writer.checkpoint(.truncate)
        XCTAssertEqual(try writer.integer("SELECT count(*) FROM t"), 20_000)
        XCTAssertEqual(try DatabaseFile.faults(path).count, 0)
    }
}
