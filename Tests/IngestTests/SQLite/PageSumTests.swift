import CSQLite
import Foundation
import TestSupport
import XCTest

@testable import Ingest

/// Goal: no page of a database file passes for what was written but the very page in its very place. Method: each bit turned, other places, pages never written.
final class PageSumTests: XCTestCase {
    private func isRight(_ page: [UInt8], _ number: Int64) -> Bool { page.withUnsafeBytes { PageSum.isRight($0, number: number) } }

    func test_sum_isOfEachBit_andOfThePagesPlace() {
        var random = SplitMix64(state: 77)
        var page = (0..<512).map { _ in UInt8.random(in: 0...255, using: &random) }
        page.withUnsafeMutableBytes { PageSum.store($0, number: 7) }
        XCTAssertTrue(isRight(page, 7))
        for number in [1, 6, 8, 7 + (1 << 32), 1 << 40] as [Int64] { XCTAssertFalse(isRight(page, number), "in the place of \(number)") }
        for bit in 0..<page.count * 8 {
            page[bit / 8] ^= 1 << UInt8(bit % 8)
            XCTAssertFalse(isRight(page, 7), "bit \(bit)")
            page[bit / 8] ^= 1 << UInt8(bit % 8)
        }
    }

    func test_pageThatWasNeverWritten_isRight_andOneThatWasCutOffIsNot() {
        var page = [UInt8](repeating: 0, count: 512)
        XCTAssertTrue(isRight(page, 3))
        page[100] = 1
        XCTAssertFalse(isRight(page, 3))
        page.withUnsafeMutableBytes { PageSum.store($0, number: 3) }
        XCTAssertTrue(isRight(page, 3))
        page.replaceSubrange(504..., with: [UInt8](repeating: 0, count: 8))
        XCTAssertFalse(isRight(page, 3), "its end was lost")
    }

    /// A file as they were made before pages had sums.
    private func early(_ path: String, version: Int) throws {
        XCTAssertTrue(SQLiteFileSystem.isRegistered, "before SQLite is asked for anything")
        var early: OpaquePointer?
        XCTAssertEqual(sqlite3_open(path, &early), SQLITE_OK)
        defer { sqlite3_close(early) }
        let table = "CREATE TABLE t(name TEXT PRIMARY KEY, number INTEGER) WITHOUT ROWID; PRAGMA user_version = \(version)"
        let rows = "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 1999) INSERT INTO t SELECT 'n' || i, i FROM n"
        for sql in ["PRAGMA journal_mode=WAL", table, rows] { XCTAssertEqual(sqlite3_exec(early, sql, nil, nil, nil), SQLITE_OK, sql) }
    }

    func test_giveSums_ofAnEarlyFile_leavesWhatIsInIt_andNoOther() throws {
        let directory = TemporaryDirectory()
        try FileManager.default.createDirectory(atPath: directory.path, withIntermediateDirectories: true)
        let path = directory.path + "/catalog.sqlite"
        // Later versions have taken it on to theirs, and its pages stayed as they were.
        try early(path, version: 20)
        XCTAssertTrue(try DatabaseFile.faults(path).contains { $0.fault.contains("no sums") })
        for _ in 1...2 {
            try DatabaseFile.giveSums(path)
            XCTAssertEqual(try DatabaseFile.faults(path).map(\.fault), [])
            let connection = try SQLiteConnection(path: path, mode: .readWrite)
            XCTAssertEqual(try connection.integer("SELECT sum(number) FROM t"), 1_999_000)
            XCTAssertEqual(try connection.integer("PRAGMA user_version"), 20)
            try connection.execute("INSERT INTO t VALUES('later', 0) ON CONFLICT DO NOTHING")
        }
        var bytes = try Data(contentsOf: URL(filePath: path))
        // A header that says that pages with sums have none was changed, whether its own page tells or only the others do.
        for changed in [[20], [20, 70]] {
            var other = bytes
            for place in changed { other[place] = place == 20 ? 0 : other[place] ^ 1 }
            try other.write(to: URL(filePath: path))
            try DatabaseFile.giveSums(path)
            XCTAssertEqual(try Data(contentsOf: URL(filePath: path)), other, "\(changed)")
        }
        bytes[bytes.count - 100] ^= 1
        try bytes.write(to: URL(filePath: path))
        XCTAssertTrue(try DatabaseFile.faults(path).contains { $0.fault.contains("does not have its sum") })
        try DatabaseFile.giveSums(directory.path + "/none.sqlite")
        XCTAssertFalse(FileManager.default.fileExists(atPath: directory.path + "/none.sqlite"))
    }
}
