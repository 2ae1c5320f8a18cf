import ColumnStore
import Foundation
import Synchronization
import TestSupport
import XCTest

@testable import Ingest

/// Room ahead of a log's frames: laid down by one thread while another writes frames, kept when the log is begun anew, and nothing to a reader.
final class LogRoomTests: XCTestCase {
    private func makeFile(_ path: String) throws -> (SQLiteConnection, LogRoom) {
        let connection = try SQLiteConnection(path: path, mode: .create)
        try connection.execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0; CREATE TABLE t(id INTEGER PRIMARY KEY, x BLOB)")
        let log = LogRoom(path: path + "-wal")
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
