import Foundation
import Glibc
import TestSupport
import XCTest

@testable import Ingest

/// Goal: nothing is committed to a log that the next start will not find. Method: real databases, whose names are taken away or given to other files between two commits.
final class LogNamesTests: XCTestCase {
    private func writer(_ directory: TemporaryDirectory) throws -> (path: String, connection: SQLiteConnection) {
        let path = try directory.made() + "/x.sqlite"
        let connection = try SQLiteConnection(path: path, mode: .create)
        try connection.execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0; CREATE TABLE t(id INTEGER PRIMARY KEY)")
        try connection.execute("INSERT INTO t VALUES(1)")
        return (path, connection)
    }

    func test_commit_toFilesThatAreTheirNames_isDone() throws {
        let directory = TemporaryDirectory()
        let (path, connection) = try writer(directory)
        // Another name is no harm, nor one that leads back.
        XCTAssertEqual(link(path + "-wal", path + "-other"), 0)
        XCTAssertEqual(rename(path, path + ".moved"), 0)
        XCTAssertEqual(rename(path + ".moved", path), 0)
        try connection.execute("INSERT INTO t VALUES(2)")
        XCTAssertEqual(try connection.integer("SELECT count(*) FROM t"), 2)
    }

    func test_commit_afterANameWasTakenAwayOrGivenToAnotherFile_isRefused() throws {
        for suffix in ["-wal", ""] {
            for isReplaced in [false, true] {
                let directory = TemporaryDirectory()
                let (path, connection) = try writer(directory)
                XCTAssertEqual(rename(path + suffix, path + ".moved"), 0)
                if isReplaced { try Data(contentsOf: URL(fileURLWithPath: path + ".moved")).write(to: URL(fileURLWithPath: path + suffix)) }
                XCTAssertThrowsError(try connection.execute("INSERT INTO t VALUES(2)"), "\(suffix), \(isReplaced)") { error in
                    XCTAssertEqual((error as? SQLiteError)?.code, SQLiteError.ioErrorFsync, "\(error)")
                }
            }
        }
    }
}
