import Synchronization
import XCTest

@testable import Ingest

/// Goal: reports of how far a file has come name what is durable in it, and are rare. Method: a database, transactions that hold and that do not, and what was reported.
final class ReachStampTests: XCTestCase {
    private let folder = TemporaryDirectory()
    private struct Full: Error {}

    private func made() throws -> SQLiteConnection {
        let connection = try SQLiteConnection(path: try folder.made() + "/x.sqlite", mode: .create)
        try connection.execute("CREATE TABLE IF NOT EXISTS meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID; CREATE TABLE IF NOT EXISTS t(x)")
        return connection
    }

    /// - Parameter holds: whether it is undone instead.
    private func change(_ connection: SQLiteConnection, _ stamp: inout ReachStamp, holds: Bool = true) throws {
        try connection.execute("BEGIN; INSERT INTO t VALUES(1)")
        try stamp.write(connection)
        try connection.execute(holds ? "COMMIT" : "ROLLBACK")
        if holds { stamp.committed() } else { stamp.rolledBack() }
    }

    func test_stamp_isToldOnceItsCommitHolds_andNotWithEachCommit() throws {
        let connection = try made()
        let told = Mutex<[Int64]>([])
        var stamp = ReachStamp(path: connection.path) { number in told.withLock { $0.append(number) } }
        try stamp.begin(connection)
        XCTAssertEqual(told.withLock { $0 }, [], "a file that has none")
        try change(connection, &stamp, holds: false)
        XCTAssertEqual(told.withLock { $0 }, [])
        for _ in 0..<5 { try change(connection, &stamp) }
        XCTAssertEqual(told.withLock { $0 }, [1])
        XCTAssertEqual(try ReachStamp.number(connection), 1)
        // What came since is reported as the file is closed, and once.
        stamp.finish(connection)
        stamp.finish(connection)
        XCTAssertEqual(told.withLock { $0 }, [1, 2])
        var next = ReachStamp(path: connection.path) { number in told.withLock { $0.append(number) } }
        try next.begin(connection)
        next.finish(connection)
        XCTAssertEqual(told.withLock { $0 }, [1, 2, 2], "what the file has is told again, and nothing is written where nothing came")
        XCTAssertEqual(try ReachStamp.number(connection), 2)
    }

    /// Nobody is kept from work by what cannot be noted.
    func test_stamp_thatCannotBeTold_isMadeUpForByTheNext() throws {
        let connection = try made()
        let told = Mutex<[Int64]>([])
        let isFull = Mutex(true)
        var stamp = ReachStamp(path: connection.path) { number in
            if isFull.withLock({ $0 }) { throw Full() }
            told.withLock { $0.append(number) }
        }
        try stamp.begin(connection)
        for _ in 0..<2 { try change(connection, &stamp) }
        isFull.withLock { $0 = false }
        stamp.finish(connection)
        XCTAssertEqual(told.withLock { $0 }, [2])
    }

    /// A kill between a commit's write and its sync leaves what the next process reads and no disk may have: noted as it is, a power cut behind that made a good file an older copy.
    func test_whatAKilledProcessHasLeft_isSyncedBeforeItIsTold() throws {
        let path = try folder.made() + "/x.sqlite"
        do {
            let connection = try made()
            try connection.execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL")
            var stamp = ReachStamp(path: path) { _ in }
            try change(connection, &stamp)
            connection.leaveLogWhenClosing()
        }
        let recorder = DiskRecorder(root: folder.path)
        SQLiteFileSystem.observe(recorder)
        defer { SQLiteFileSystem.observe(nil) }
        let told = Mutex<[Bool]>([])
        let connection = try SQLiteConnection(path: path, mode: .create)
        try connection.execute("PRAGMA synchronous=FULL")
        var stamp = ReachStamp(path: path) { number in
            XCTAssertEqual(number, 1)
            let isSynced = recorder.operations.contains { operation in
                if case .synchronize(let file) = operation { return file.hasSuffix("/x.sqlite-wal") }
                return false
            }
            told.withLock { $0.append(isSynced) }
        }
        try stamp.begin(connection)
        XCTAssertEqual(told.withLock { $0 }, [true])
    }

    func test_stamp_thatNobodyAsksFor_writesNothing() throws {
        let connection = try made()
        var stamp = ReachStamp(path: connection.path, nil)
        try stamp.begin(connection)
        try change(connection, &stamp)
        stamp.finish(connection)
        XCTAssertEqual(try ReachStamp.number(connection), 0)
    }
}
