import ColumnStore
import Foundation
import Synchronization
import TestSupport
import XCTest

@testable import Documents
@testable import Ingest

/// Room ahead of a log's frames: laid down by one thread while another writes frames, kept when the log is begun anew, and nothing to a reader.
final class WALPreallocationTests: XCTestCase {
    private func makeFile(_ path: String) throws -> (SQLiteConnection, WALPreallocation) {
        let connection = try SQLiteConnection(path: path, mode: .create)
        try connection.execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0; CREATE TABLE t(id INTEGER PRIMARY KEY, x BLOB)")
        let log = WALPreallocation(path: path + "-wal")
        connection.give(log)
        return (connection, log)
    }

    private func size(_ path: String) throws -> Int64 {
        try XCTUnwrap(FileManager.default.attributesOfItem(atPath: path)[.size] as? Int64)
    }

    func test_fill_besideCommits_overwritesNoFrame() throws {
        let (directory, copy) = (TemporaryDirectory(), TemporaryDirectory())
        for folder in [directory, copy] { try FileManager.default.createDirectory(atPath: folder.path, withIntermediateDirectories: true) }
        let path = directory.path + "/x.sqlite"
        let (connection, log) = try makeFile(path)
        connection.leaveLogWhenClosing()
        let isDone = Atomic<Bool>(false)
        let failure = Mutex<(any Error)?>(nil)
        // Always a little ahead of the writer, so that they meet at the end again and again.
        let filler = WorkerThread(name: "filler") {
            while !isDone.load(ordering: .acquiring) {
                do { try log.fill(to: log.writtenByteCount + 40_000) } catch { failure.withLock { $0 = error } }
            }
        }
        for number in 0..<1_500 {
            try connection.execute("INSERT INTO t VALUES(\(number), randomblob(\(number % 7 * 2_000)))")
            if number % 400 == 399 { try connection.checkpoint(.passive) }
        }
        isDone.store(true, ordering: .releasing)
        filler.join()
        XCTAssertNil(failure.withLock { $0 })
        let sums = try connection.integer("SELECT sum(id * length(x)) FROM t")
        // As a kill would leave it: read from the log by somebody else.
        for suffix in ["", "-wal"] { try FileManager.default.copyItem(atPath: path + suffix, toPath: copy.path + "/x.sqlite" + suffix) }
        XCTAssertGreaterThanOrEqual(try size(path + "-wal"), log.writtenByteCount)
        XCTAssertEqual(try DatabaseFile.faults(copy.path + "/x.sqlite").count, 0)
        let other = try SQLiteConnection(path: copy.path + "/x.sqlite", mode: .readWrite)
        XCTAssertEqual(try other.integer("SELECT count(*) FROM t"), 1_500)
        XCTAssertEqual(try other.integer("SELECT sum(id * length(x)) FROM t"), sums)
    }

    func test_logBegunAnew_keepsItsLength_andIsReadByItsNewFramesOnly() throws {
        let directory = TemporaryDirectory()
        try FileManager.default.createDirectory(atPath: directory.path, withIntermediateDirectories: true)
        let path = directory.path + "/x.sqlite"
        let (connection, log) = try makeFile(path)
        try log.fill(to: 2 << 20)
        let length = try size(path + "-wal")
        XCTAssertGreaterThanOrEqual(length, 2 << 20)
        for turn in 0..<3 {
            for number in 0..<20 { try connection.execute("INSERT INTO t VALUES(\(turn * 20 + number), zeroblob(3000))") }
            XCTAssertLessThan(log.writtenByteCount, 1 << 20)
            try connection.checkpoint(.passive)
        }
        try connection.execute("DELETE FROM t WHERE id = 7")
        XCTAssertEqual(try size(path + "-wal"), length)
        XCTAssertEqual(try SQLiteConnection(path: path, mode: .readOnly).integer("SELECT count(*) FROM t"), 59)
        XCTAssertEqual(try DatabaseFile.faults(path).count, 0)
        try connection.cutLog()
        XCTAssertEqual(try size(path + "-wal"), 0)
        XCTAssertEqual(log.byteCount, 0)
        try log.fill(to: 100_000)
        try connection.execute("DELETE FROM t WHERE id = 8")
        XCTAssertEqual(try SQLiteConnection(path: path, mode: .readOnly).integer("SELECT count(*) FROM t"), 58)
    }

    /// Counts the writes to logs.
    private final class Counter: FileObserver {
        let writes = Mutex<[Int]>([])
        func opened(_ path: String) {}
        func willRead(_ path: String, offset: Int64, count: Int) -> FileRefusal? { nil }
        func willWrite(_ path: String, offset: Int64, _ bytes: UnsafeRawBufferPointer) -> FileRefusal? {
            if path.hasSuffix("-wal") { writes.withLock { $0.append(bytes.count) } }
            return nil
        }
        func willTruncate(_ path: String, byteCount: Int64) -> FileRefusal? { nil }
        func willSynchronize(_ path: String) -> FileRefusal? { nil }
        func deleted(_ path: String, isDurable: Bool) {}
        func synchronizedDirectory(_ path: String) {}
        func take() -> [Int] { writes.withLock { writes in defer { writes = [] }; return writes } }
    }

    func test_frames_ofOneCommit_areOneWrite_andThoseOfALargeOneAreReadBack() throws {
        let directory = TemporaryDirectory()
        try FileManager.default.createDirectory(atPath: directory.path, withIntermediateDirectories: true)
        let path = directory.path + "/x.sqlite"
        let counter = Counter()
        SQLiteFileSystem.observe(counter)
        defer { SQLiteFileSystem.observe(nil) }
        let (connection, _) = try makeFile(path)
        try connection.execute("INSERT INTO t VALUES(1, zeroblob(9000))")
        _ = counter.take()
        try connection.execute("INSERT INTO t VALUES(2, zeroblob(9000))")
        let writes = counter.take()
        XCTAssertEqual(writes.count, 1)
        XCTAssertGreaterThanOrEqual(writes.first ?? 0, 3 * 4_120)
        // With room for few pages in memory their frames go to the log before the commit, and are read back from there.
        try connection.execute("PRAGMA cache_size=8")
        try connection.execute("BEGIN")
        for number in 3..<600 { try connection.execute("INSERT INTO t VALUES(\(number), randomblob(3000))") }
        try connection.execute("UPDATE t SET x = zeroblob(3001) WHERE id % 3 = 0")
        XCTAssertEqual(try connection.integer("SELECT count(*) FROM t WHERE length(x) = 3001"), 199)
        XCTAssertEqual(try SQLiteConnection(path: path, mode: .readOnly).integer("SELECT count(*) FROM t"), 2)
        try connection.execute("COMMIT")
        XCTAssertLessThanOrEqual(counter.take().max() ?? 0, 128 << 10)
        let other = try SQLiteConnection(path: path, mode: .readOnly)
        XCTAssertEqual(try other.integer("SELECT count(*) FROM t WHERE length(x) = 3001"), 199)
        XCTAssertEqual(try other.integer("SELECT count(*) FROM t"), 599)
    }

    func test_room_thatIsClosed_isNotFilled() throws {
        let directory = TemporaryDirectory()
        try FileManager.default.createDirectory(atPath: directory.path, withIntermediateDirectories: true)
        let path = directory.path + "/x.sqlite"
        let (connection, log) = try makeFile(path)
        let length = try size(path + "-wal")
        log.close()
        try log.fill(to: 1 << 20)
        XCTAssertEqual(try size(path + "-wal"), length)
        try connection.execute("INSERT INTO t VALUES(1, NULL)")
    }

    func test_flippedBitInTheZeros_isFound() throws {
        let directory = TemporaryDirectory()
        try FileManager.default.createDirectory(atPath: directory.path, withIntermediateDirectories: true)
        let path = directory.path + "/x.sqlite"
        let url = URL(filePath: path + "-wal")
        let (connection, log) = try makeFile(path)
        for isBegun in [true, false] {
            if !isBegun { try connection.cutLog() }
            try log.fill(to: 300_000)
            let sound = try Data(contentsOf: url)
            XCTAssertEqual(try DatabaseFile.faults(path).count, 0)
            for place in isBegun ? [250_000, sound.count - 1] : [0, 20, 40, 250_000, sound.count - 1] {
                var changed = sound
                changed[place] ^= 16
                try changed.write(to: url)
                XCTAssertEqual(try DatabaseFile.faults(path).count, 1, "byte \(place)")
            }
            // In place: the connection has the file open.
            let handle = try FileHandle(forWritingTo: url)
            try handle.write(contentsOf: sound)
        }
    }
}
