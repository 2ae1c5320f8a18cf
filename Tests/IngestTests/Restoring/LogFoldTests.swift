import ColumnStore
import Foundation
@testable import Ingest
import TestSupport
import XCTest

/// Goal: records change the databases of the store that they are folded into, and nothing beside them. Method: records with right hashes whose statements and names reach for other files.
final class LogFoldTests: XCTestCase {
    private let folder = TemporaryDirectory()

    private func record(_ sql: String, of file: String = "catalog.sqlite", isNew: Bool = false) throws -> LogRecord {
        var changes = ChangeWriter()
        changes.schema(sql, isNew: isNew, version: 1)
        return try record(changes.bytes, of: file)
    }

    private func record(_ changes: [UInt8], of file: String = "catalog.sqlite") throws -> LogRecord {
        var builder = LogSegment.Builder(epoch: 1, last: 0, hash: LogRecord.noHash)
        try builder.append(.rows, LogPayload.head(file) + changes, at: 1)
        return try XCTUnwrap(builder.finish()?.records.first)
    }

    private func fold(_ name: String) throws -> LogFold { LogFold(try LocalStorageFactory.files("\(folder.path)/\(name)")) }

    private func assertMisfit(_ fold: LogFold, _ record: LogRecord, _ what: String) {
        XCTAssertThrowsError(try fold.apply(record), what) { XCTAssertEqual(($0 as? ColumnStoreError)?.code, .corruptFile, "\(what): \($0)") }
    }

    func test_statements_reachNoOtherFile() throws {
        let outside = "\(folder.path)/outside"
        for (number, sql) in ["COMMIT; ATTACH '\(outside)' AS o; CREATE TABLE o.t(a)", "COMMIT; VACUUM INTO '\(outside)'", "ATTACH '\(outside)' AS o; CREATE TABLE o.t(a)"].enumerated() {
            let fold = try fold("a\(number)")
            try fold.apply(record("CREATE TABLE t(a)", isNew: true))
            assertMisfit(fold, try record(sql), sql)
            XCTAssertFalse(FileManager.default.fileExists(atPath: outside), sql)
        }
    }

    func test_names_areThoseOfAStoresDatabases() throws {
        let fold = try fold("a")
        for name in ["cluster/records.sqlite", "FORMAT", "versions.sqlite", "uploads/1", "hot", "hot/a", "../catalog.sqlite", "hot/../catalog.sqlite"] {
            assertMisfit(fold, try record("CREATE TABLE t(a)", of: name, isNew: true), name)
        }
        for name in ["hot/2026-11-21.sqlite", "queues.sqlite", "executions.sqlite"] { try fold.apply(record("CREATE TABLE t(a)", of: name, isNew: true)) }
        try fold.close()
        XCTAssertEqual(try FileManager.default.contentsOfDirectory(atPath: "\(folder.path)/a").filter { $0.hasSuffix(".sqlite") }.sorted(), ["executions.sqlite", "queues.sqlite"])
    }

    /// What is folded a second time meets the columns that its table got behind it.
    func test_rowFromBeforeAColumn_fitsWhereRecordsComeAgain() throws {
        // Of the table `t`, with row ids: the row 1, with so many values, all of them 7.
        func row(_ valueCount: Int) throws -> LogRecord {
            var changes: [UInt8] = [1, 1, UInt8(ascii: "t"), 1, 2, 0, 2, UInt8(valueCount)]
            for _ in 0..<valueCount { changes += [1, 14] }
            return try record(changes)
        }
        let column = try record("ALTER TABLE t ADD COLUMN b INTEGER NOT NULL DEFAULT 5")
        let first = try fold("a")
        try first.apply(record("CREATE TABLE t(a)", isNew: true))
        try first.apply(row(1))
        try first.apply(column)
        assertMisfit(first, try row(1), "for the first time")
        try first.close()
        let again = LogFold(try LocalStorageFactory.files("\(folder.path)/a"), isAgain: true)
        try again.apply(row(1))
        try again.apply(column)
        for count in [0, 3] { assertMisfit(again, try row(count), "\(count) values") }
        try again.close()
        XCTAssertEqual(try SQLiteConnection(atRest: "\(folder.path)/a/catalog.sqlite").integer("SELECT a * 10 + b FROM t WHERE rowid = 1"), 75)
    }

    /// A group that is laid down, or a row that is mended, may be committed behind the move of its file's rows: a checkpoint that was made in between has no such file, and a standby has removed it.
    func test_changes_ofADayFileWhoseRowsAreInCold_areNothing_andThoseOfOneThatIsMissingDoNotFit() throws {
        let (day, name) = (try XCTUnwrap(HotFileName.parse("2026-11-20.2")).day, "hot/2026-11-20.2.sqlite")
        for (state, isOver) in [("moved", true), ("none", true), ("known", false), ("new", false)] {
            let first = try fold(state)
            try first.apply(record("CREATE TABLE hot_files(day INTEGER NOT NULL, part INTEGER NOT NULL, state TEXT NOT NULL, PRIMARY KEY(day, part))", isNew: true))
            if state != "none" { try first.apply(record("INSERT INTO hot_files VALUES(\(day), 2, '\(state)')")) }
            let late = try record("UPDATE rows SET a = 1", of: name)
            func check(_ fold: LogFold, _ what: String) {
                if isOver { XCTAssertNoThrow(try fold.apply(late), what) } else { assertMisfit(fold, late, what) }
            }
            check(first, "\(state), before the catalog is committed")
            try first.close()
            let second = try fold(state)
            check(second, "\(state), after it")
            XCTAssertEqual(FileManager.default.fileExists(atPath: "\(folder.path)/\(state)/\(name)"), !isOver, state)
            // One that is made anew takes what follows.
            try second.apply(record("CREATE TABLE rows(a)", of: name, isNew: true))
            XCTAssertNoThrow(try second.apply(late), state)
            try second.close()
        }
    }
}
