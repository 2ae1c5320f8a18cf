import ColumnStore
import Foundation
import Synchronization
import TestSupport
import XCTest

@testable import Ingest

/// Goal: keys that somebody makes up cost no look into the catalog each, and keys that come are known soon. Method: a catalog of nothing but keys, and a clock
/// that the test moves.
final class KnownKeysTests: XCTestCase {
    private final class Clock: Sendable {
        let seconds = Mutex(100.0)
        func advance(_ by: Double) { seconds.withLock { $0 += by } }
        var now: Double { seconds.withLock { $0 } }
    }

    private func hash(_ number: Int) -> [UInt8] { Array(SHA256.hash(Array("key \(number)".utf8))) }

    func test_has_readsTheCatalogNowAndThen_howeverManyKeysAreShown() throws {
        let folder = try Project.temporaryFolder("till-keys")
        defer { try? FileManager.default.removeItem(at: folder) }
        let clock = Clock()
        let keys = KnownKeys(folder.path) { clock.now }
        XCTAssertFalse(keys.has(sha256: hash(0), at: 0), "there is no catalog yet")
        let connection = try SQLiteConnection(path: folder.appendingPathComponent("catalog.sqlite").path, mode: .create)
        for table in ["keys", "operator_keys"] { try connection.execute("CREATE TABLE \(table)(secret_sha256 BLOB NOT NULL UNIQUE, expires_at INTEGER, role TEXT NOT NULL DEFAULT 'admin')") }
        func add(_ number: Int, to table: String, expiresAt: Int64?) throws {
            let insert = try connection.statement("INSERT INTO \(table)(secret_sha256, expires_at) VALUES(?1, ?2)")
            try insert.bind(1, hash(number))
            insert.bind(2, expiresAt)
            try insert.run()
        }
        try add(1, to: "keys", expiresAt: nil)
        try add(2, to: "operator_keys", expiresAt: 1_000)
        clock.advance(10)
        XCTAssertTrue(keys.has(sha256: hash(1), at: 500))
        XCTAssertTrue(keys.has(sha256: hash(2), at: 500))
        XCTAssertFalse(keys.has(sha256: hash(2), at: 1_000), "it is over")
        let count = keys.readCount
        for number in 100..<1_100 { XCTAssertFalse(keys.has(sha256: hash(number), at: 500)) }
        XCTAssertEqual(keys.readCount, count, "made up keys were looked up")
        // One that comes meanwhile is known a moment later.
        try add(3, to: "keys", expiresAt: nil)
        clock.advance(10)
        XCTAssertTrue(keys.has(sha256: hash(3), at: 500))
        XCTAssertTrue(keys.has(sha256: hash(1), at: 500))
        XCTAssertEqual(keys.readCount, count + 1)
    }
}
