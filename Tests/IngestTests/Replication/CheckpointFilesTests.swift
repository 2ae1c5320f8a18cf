import ColumnStore
import Foundation
import TestSupport
import XCTest

@testable import Ingest

/// Goal: whoever looks at all pages of a checkpoint ends when he is to. Method: a database of several pieces, and a look that is cancelled at each of them.
final class CheckpointFilesTests: XCTestCase {
    func test_fault_endsBetweenTwoPieces() throws {
        let folder = try Project.temporaryFolder("till-checkpoint")
        defer { try? FileManager.default.removeItem(at: folder) }
        do {
            let connection = try SQLiteConnection(path: folder.appendingPathComponent("catalog.sqlite").path, mode: .create)
            try connection.execute("CREATE TABLE t(x BLOB)")
            try connection.transaction { for _ in 0..<40 { try connection.execute("INSERT INTO t VALUES(zeroblob(100000))") } }
        }
        var count = 0
        XCTAssertNil(try CheckpointFiles.fault(folder.path, unless: {
            count += 1
            return false
        }))
        XCTAssertGreaterThan(count, 3, "it is asked before each piece")
        for last in 1...count {
            var asked = 0
            XCTAssertThrowsError(try CheckpointFiles.fault(folder.path, unless: {
                asked += 1
                return asked == last
            })) { XCTAssertTrue($0 is CancellationError, "\($0)") }
            XCTAssertEqual(asked, last)
        }
    }
}
