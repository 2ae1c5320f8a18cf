import Foundation
import TestSupport
import XCTest

@testable import Ingest

/// Goal: looks at single rows read no pages around those that they want, and reads in order do. Method: what the system says of this process's maps of a file, after reads of either kind.
final class SQLitePoolTests: XCTestCase {
    /// For each map of a file that this process has, whether the system was told that it is read here and there: `rr` of `VmFlags`, proc_pid_smaps(5).
    private func isToldOfMaps(_ path: String) throws -> [Bool] {
        let name = "/" + (path as NSString).lastPathComponent
        var told: [Bool] = []
        var isOfFile = false
        // Its length is not known before it is read to its end.
        let all = try XCTUnwrap(FileHandle(forReadingAtPath: "/proc/self/smaps")?.readToEnd())
        for line in String(decoding: all, as: UTF8.self).split(separator: "\n") {
            let words = line.split(separator: " ")
            guard let first = words.first else { continue }
            // A map begins with its addresses, and each line of what is said of it with a word and a colon.
            if !first.hasSuffix(":") { isOfFile = line.hasSuffix(name) } else if first == "VmFlags:", isOfFile { told.append(words.contains("rr")) }
        }
        return told
    }

    /// Some hundred pages.
    private func database(_ directory: TemporaryDirectory) throws -> (path: String, writer: SQLiteConnection) {
        let path = try directory.made() + "/pages.sqlite"
        let writer = try SQLiteConnection(path: path, mode: .create)
        try writer.execute("PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0; CREATE TABLE t(id INTEGER PRIMARY KEY, text TEXT)")
        try writer.execute("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) INSERT INTO t SELECT i, printf('%0500d', i) FROM n")
        XCTAssertTrue(try writer.cutLog())
        return (path, writer)
    }

    func test_pool_tellsTheSystemOfMapsThatAreReadHereAndThere_andOfNoOthers() throws {
        let directory = TemporaryDirectory()
        let (path, writer) = try database(directory)
        let pool = SQLitePool(path: path)
        XCTAssertEqual(try pool.withConnection { try $0.integer("SELECT count(text) FROM t") }, 1_000)
        XCTAssertEqual(try isToldOfMaps(path), [false])
        XCTAssertEqual(try pool.withConnection(.hereAndThere) { try $0.integer("SELECT length(text) FROM t WHERE id = 700") }, 500)
        XCTAssertEqual(try isToldOfMaps(path).sorted { !$0 && $1 }, [false, true])
        // Each kind has its own connections: neither takes the other's.
        XCTAssertEqual(try pool.withConnection { try $0.integer("SELECT id FROM t WHERE id = 3") }, 3)
        XCTAssertEqual(try isToldOfMaps(path).sorted { !$0 && $1 }, [false, true])
        // A file that has changed is mapped anew.
        try writer.execute("UPDATE t SET text = 'short' WHERE id = 700")
        pool.closeIdle()
        XCTAssertTrue(try writer.cutLog())
        XCTAssertEqual(try pool.withConnection(.hereAndThere) { (connection) -> Int64? in
            XCTAssertEqual(try connection.integer("SELECT length(text) FROM t WHERE id = 700"), 5)
            try writer.execute("UPDATE t SET text = 'shorter' WHERE id = 701")
            return try connection.integer("SELECT length(text) FROM t WHERE id = 701")
        }, 7)
        XCTAssertEqual(try pool.withConnection(.hereAndThere) { try $0.integer("SELECT length(text) FROM t WHERE id = 5") }, 500)
        XCTAssertEqual(try isToldOfMaps(path), [true])
    }

    /// Maps have as many pages as the file had when they were made. One that the system cannot give ends whoever reads it, unless somebody takes the signal.
    func test_pageThatTheFileHasLost_isAnErrorOfItsReaderAlone_untilItIsThereAgain() throws {
        let directory = TemporaryDirectory()
        let (path, writer) = try database(directory)
        try writer.execute("INSERT INTO t VALUES(2000, printf('%0100000d', 7))")
        _ = try writer.checkpoint(.passive)
        let pool = SQLitePool(path: path)
        func all() throws -> Int64? { try pool.withConnection { try $0.integer("SELECT sum(length(text) + instr(text, '7')) FROM t") } }
        let (whole, bytes) = (try all(), try Data(contentsOf: URL(filePath: path)))
        XCTAssertEqual(bytes.count % 4_096, 0)
        // The end of a long text, which may be zeros; and half of the table's pages.
        for kept in [bytes.count - 4_096, bytes.count / 8_192 * 4_096] {
            for isTold in [true, false] {
                let place = "\(kept) bytes, told: \(isTold)"
                // A map of all of it.
                pool.closeIdle()
                XCTAssertEqual(try all(), whole, place)
                XCTAssertEqual(truncate(path, off_t(kept)), 0)
                // Whatever its reader makes of it.
                XCTAssertThrowsError(try isTold ? all() : pool.withConnection { try? $0.integer("SELECT instr(text, '7') FROM t WHERE id = 2000") }, place) {
                    XCTAssertEqual(($0 as? SQLiteError)?.isDamage, true, "\(place): \($0)")
                    XCTAssertTrue("\($0)".contains("a page of the file cannot be read"), "\(place): \($0)")
                }
                // Looked at anew it is a file with fewer pages than it says.
                XCTAssertThrowsError(try all(), place) { XCTAssertTrue(($0 as? SQLiteError)?.isDamage == true || ($0 as? SQLiteError)?.isUnreadPart == true, "\(place): \($0)") }
                XCTAssertEqual(try pool.withConnection { try $0.integer("SELECT length(text) FROM t WHERE id = 2") }, 500, place)
                try FileHandle(forWritingTo: URL(filePath: path)).write(contentsOf: bytes)
            }
        }
        XCTAssertEqual(try all(), whole)
    }

    func test_rowsOfASealedFile_areLookedUpHereAndThere_andManyOfThemInOrder() throws {
        let directory = TemporaryDirectory()
        let store = try HotTierFixture.Store(directory.path)
        let rows = try (0..<50).map { try HotTierFixture.row("R\($0)") }
        _ = try store.stored(rows)
        try store.tier.writer.seal()
        store.close()
        let again = try HotTierFixture.Store(directory.path)
        defer { again.close() }
        let file = try XCTUnwrap(again.tier.boundary.snapshot().files.first)
        XCTAssertTrue(file.state.isSealed)
        file.pool.closeIdle()
        XCTAssertNotNil(try file.find(rows[7].identity, isOneOfMany: true))
        XCTAssertFalse(try isToldOfMaps(file.path).contains(true))
        XCTAssertNotNil(try file.find(rows[7].identity))
        XCTAssertTrue(try isToldOfMaps(file.path).contains(true))
    }
}
