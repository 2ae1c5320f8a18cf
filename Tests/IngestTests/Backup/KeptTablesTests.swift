import ColumnStore
import Foundation
import TestSupport
import XCTest

@testable import Documents
@testable import Ingest

/// Goal: what only a catalog knows is there after a recovery, or is said to be missing, and no file of an upload goes. Method: stores without FORMAT, or without their catalog, made anew.
final class KeptTablesTests: XCTestCase {
    private let directory = TemporaryDirectory()
    private var path: String { directory.path }
    private var catalog: String { "\(path)/catalog.sqlite" }

    /// Of the catalog, by one text.
    private func texts(_ query: String) throws -> [String] {
        let connection = try SQLiteConnection(path: catalog, mode: .readOnly)
        let select = try connection.statement(query)
        defer { select.reset() }
        var found: [String] = []
        while try select.step() { found.append(select.text(0)) }
        return found.sorted()
    }

    private func rows(of table: String) throws -> [String] {
        let columns = try texts("SELECT name FROM pragma_table_info('\(table)')")
        return try texts("SELECT \(columns.map { "quote(\"\($0)\")" }.joined(separator: " || '|' || ")) FROM \(table)")
    }

    /// With the catalog whole: it is one whose recovery takes all from it.
    private func recoverWithoutFormat() throws -> Recovery.Report {
        try FileManager.default.removeItem(atPath: "\(path)/FORMAT")
        return try Recovery(path: path).run()
    }

    private func removeCatalog() { for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: catalog + suffix) } }

    private func lost() throws -> [String] { (FileManager.default.enumerator(atPath: "\(path)/lost+found")?.compactMap { $0 as? String } ?? []).sorted() }

    /// A new table fails here until somebody has thought about it.
    func test_eachTableOfTheSchema_isTakenOverOrLeft() throws {
        try EngineFixture(path).engine.close()
        let tables = try texts("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'")
        XCTAssertEqual((KeptTables.copied + KeptTables.left).sorted(), tables)
    }

    func test_recover_takesOverWhatOnlyACatalogKnows() throws {
        let fixture = try EngineFixture(path)
        _ = try fixture.taken(EngineFixture.receipt("a"))
        _ = try fixture.engine.compact(before: nil)
        _ = try fixture.engine.uploads.announce(UploadAnnouncement(name: "a.ndjson"), id: "up-1", as: .admin)
        try fixture.engine.close()
        do {
            let connection = try SQLiteConnection(path: catalog, mode: .readWrite)
            try connection.execute(
                """
                INSERT INTO upload_errors VALUES('up-1', 1, NULL, x'5b5d', x'7b7d');
                INSERT INTO views VALUES('v', 'SELECT 1', NULL, x'5b5d', x'5b5d', 1);
                INSERT INTO exports(id, client_id, name, format, request, created_at, expires_in, state) VALUES('e', 'c1', 'e', 'csv', x'', 1, 60, 'ERROR');
                INSERT INTO usage VALUES('c1', 20000, 1, 2, 3, 4, 5, 6, 7, 8);
                INSERT INTO notices VALUES('n', 'c1', 'upload.processed', x'7b7d', 1, 2, 0);
                INSERT INTO dead_notices VALUES('d', 'c1', 'upload.error', x'7b7d', 3, 'gone', 4);
                INSERT INTO digest_spans VALUES('c1', 1, 2, 3);
                INSERT INTO digest_counts VALUES('c1', 1, 'code', '/a', 3);
                INSERT INTO digest_uploads VALUES('c1', 1, 'up-1');
                INSERT INTO rebuilds(table_name, column_name, through, begun_at) VALUES('receipts', 'one', 5, 1);
                INSERT INTO rebuilt_files VALUES(1, 'data/x.parquet');
                INSERT INTO rebuilt_columns VALUES('receipts', 'other');
                INSERT INTO sessions VALUES(x'00', x'01', NULL, NULL, 1);
                INSERT INTO former_objects VALUES('', 'receipts', 'data/y.parquet');
                """)
        }
        let kept = KeptTables.copied.filter { !["meta", "tables"].contains($0) }
        var before: [String: [String]] = [:]
        for table in kept { before[table] = try rows(of: table) }
        for table in ["uploads", "upload_errors", "views", "exports", "usage", "notices", "dead_notices", "digest_spans", "digest_counts", "digest_uploads", "rebuilds", "rebuilt_columns"] {
            XCTAssertEqual(before[table]?.isEmpty, false, table)
        }
        let report = try recoverWithoutFormat()
        for table in kept { XCTAssertEqual(try rows(of: table), before[table], table) }
        for table in ["rebuilt_files", "sessions", "former_objects"] { XCTAssertEqual(try rows(of: table), [], table) }
        XCTAssertEqual(report.missing.filter { $0.contains("1 objects") }.count, 1, "\(report.missing)")
    }

    private static func sale(_ version: Int) -> String {
        let more = version > 1 ? #","extra":{"path":"/extra","type":"BIGINT"}"# : ""
        return """
            {"name":"sale","version":\(version),"table":"sales","format":"json","match":{"/schema":"sale/1"},"receipt_id":"/id","issued_at":"/at",
             "columns":{"sum":{"path":"/sum","type":"BIGINT"}\(more)}}
            """
    }

    /// Columns that were filled later say another thing than the version of their rows: `till verify` knows them by the catalog.
    func test_columnsThatWereFilledLater_areNoDamageAfterARecovery() throws {
        let fixture = try EngineFixture(path)
        _ = try fixture.engine.putType(name: "sale", body: Array(Self.sale(1).utf8))
        for number in 0..<6 {
            _ = try fixture.taken(#"{"schema":"sale/1","id":"s\#(number)","at":"2026-10-05T10:00:00Z","sum":1,"extra":7}"#)
            if number == 3 { _ = try fixture.engine.compact(before: nil) }
        }
        _ = try fixture.engine.putType(name: "sale", body: Array(Self.sale(2).utf8))
        XCTAssertEqual(try fixture.engine.rebuild(column: "extra", of: "sales", isCancelled: { false }) { _ in }.leftFileCount, 0)
        try fixture.engine.close()
        XCTAssertEqual(try Verifier(path: path).run().findings.map(\.description), [])
        _ = try recoverWithoutFormat()
        XCTAssertEqual(try Verifier(path: path).run().findings.map(\.description), [])
    }

    func test_whatIsNotedOfDamagedFiles_staysWhereTheFilesAre() throws {
        let fixture = try EngineFixture(path)
        let sequence = try fixture.taken(EngineFixture.receipt("a")).summary.sequence
        _ = try fixture.engine.compact(before: nil)
        let location = try XCTUnwrap(try XCTUnwrap(fixture.engine.tier.boundary.snapshot().cold["receipts"]).iceberg.files().first).location
        try fixture.engine.close()
        do {
            let connection = try SQLiteConnection(path: catalog, mode: .readWrite)
            try connection.execute(
                """
                INSERT INTO damaged_files VALUES('receipts', '\(location)', NULL, 'for a test', 1), ('receipts', 'file:///gone/data/x.parquet', NULL, 'for a test', 1);
                INSERT INTO brought VALUES('receipts', \(sequence), '', x'', x''), ('receipts', \(sequence + 1000), '', x'', x''), ('others', 1, '', x'', x'');
                UPDATE cold_objects SET sha256 = zeroblob(32) WHERE table_name = 'receipts' AND kind = 'data';
                """)
        }
        let report = try recoverWithoutFormat()
        XCTAssertEqual(try texts("SELECT location FROM damaged_files"), [location])
        XCTAssertEqual(try texts("SELECT table_name || ' ' || sequence FROM brought"), ["receipts \(sequence)"])
        // What it was written with, so that it is whole again only as it was.
        XCTAssertEqual(try texts("SELECT hex(sha256) FROM cold_objects WHERE table_name = 'receipts' AND kind = 'data'"), [String(repeating: "0", count: 64)])
        XCTAssertEqual(report.missing.filter { $0.contains("sent again for damaged files") }.count, 2, "\(report.missing)")
    }

    // MARK: Uploads

    /// Two records that nobody has read yet: acknowledged.
    private func put(_ id: String, _ fixture: EngineFixture) throws {
        let uploads = fixture.engine.uploads
        guard let upload = try uploads.linked(id) else { return XCTFail("no upload \(id)") }
        let file = try uploads.receive(upload, from: 0, isAnew: true, isKept: false)
        try Array("\(EngineFixture.receipt("u1"))\n\(EngineFixture.receipt("u2"))\n".utf8).withUnsafeBytes { try file.append($0) }
        file.keep()
        _ = try uploads.finish(file, coding: nil)
    }

    private func announce(_ id: String, _ fixture: EngineFixture) throws {
        var announcement = UploadAnnouncement(name: "a.ndjson")
        announcement.client = "c1"
        _ = try fixture.engine.uploads.announce(announcement, id: id, as: .admin)
    }

    func test_uploadThatWasNotRead_isReadAfterARecovery() throws {
        let fixture = try EngineFixture(path)
        _ = try fixture.taken(EngineFixture.receipt("a"))
        try announce("up-1", fixture)
        try put("up-1", fixture)
        try fixture.engine.close()
        let report = try recoverWithoutFormat()
        XCTAssertEqual(report.putAside.filter { $0.hasPrefix("uploads/") }, [])
        let again = try EngineFixture(path)
        let uploads = again.engine.uploads
        uploads.start { _ in [] }
        XCTAssertTrue(try Patience.until { try uploads.upload("up-1", as: .admin).state == .processed })
        XCTAssertEqual(try uploads.upload("up-1", as: .admin).counts.accepted, 2)
        try again.engine.close()
    }

    func test_filesOfUploadsThatNoCatalogKnows_goToLostAndFound() throws {
        let fixture = try EngineFixture(path)
        _ = try fixture.taken(EngineFixture.receipt("a"))
        try announce("up-1", fixture)
        try put("up-1", fixture)
        try fixture.engine.close()
        removeCatalog()
        XCTAssertEqual(try Recovery(path: path, isTrial: true).run().putAside.filter { $0.hasPrefix("uploads/") }, ["uploads/up-1"])
        let report = try Recovery(path: path).run()
        XCTAssertEqual(report.putAside.filter { $0.hasPrefix("uploads/") }, ["uploads/up-1"])
        XCTAssertEqual(report.missing.filter { $0.contains("lost+found: up-1") }.count, 1, "\(report.missing)")
        XCTAssertEqual(try lost().filter { $0.hasSuffix("/uploads/up-1") }.count, 1)
        XCTAssertEqual(try DataDirectory.names(in: "\(path)/uploads"), [])
    }

    /// In the older catalog the file has not come yet, and its link is over soon: a start would take what came later for what nobody sent in time.
    func test_fileThatAnOlderCatalogWaitsFor_goesToLostAndFound() throws {
        let fixture = try EngineFixture(path)
        _ = try fixture.taken(EngineFixture.receipt("a"))
        try announce("up-1", fixture)
        let copy = path + ".copy"
        defer { try? FileManager.default.removeItem(atPath: copy) }
        try SQLiteConnection(path: catalog, mode: .readOnly).copy(to: copy)
        try put("up-1", fixture)
        try fixture.engine.deleteContract("c2")
        _ = try fixture.taken(EngineFixture.receipt("b"))
        try fixture.engine.close()
        removeCatalog()
        try FileManager.default.copyItem(atPath: copy, toPath: catalog)
        let report = try Recovery(path: path).run()
        XCTAssertEqual(report.putAside.filter { $0.hasPrefix("uploads/") }, ["uploads/up-1"])
        XCTAssertEqual(try texts("SELECT state FROM uploads"), ["NEW"])
        XCTAssertEqual(try lost().filter { $0.hasSuffix("/uploads/up-1") }.count, 1)
    }

    /// Read again from where the older catalog has it, its documents would be written over what has come after them.
    func test_uploadThatAnOlderCatalogHasAsBeingRead_endsAsFailed_andItsFileGoesToLostAndFound() throws {
        let fixture = try EngineFixture(path)
        _ = try fixture.taken(EngineFixture.receipt("a"))
        try announce("up-1", fixture)
        try put("up-1", fixture)
        let copy = path + ".copy"
        defer { try? FileManager.default.removeItem(atPath: copy) }
        try SQLiteConnection(path: catalog, mode: .readOnly).copy(to: copy)
        try fixture.engine.deleteContract("c2")
        _ = try fixture.taken(EngineFixture.receipt("b"))
        try fixture.engine.close()
        removeCatalog()
        try FileManager.default.copyItem(atPath: copy, toPath: catalog)
        let report = try Recovery(path: path).run()
        XCTAssertEqual(report.putAside.filter { $0.hasPrefix("uploads/") }, ["uploads/up-1"])
        XCTAssertTrue(report.missing.contains { $0.hasPrefix("how far 1 uploads were read") && $0.hasSuffix("up-1") }, "\(report.missing)")
        XCTAssertEqual(try texts("SELECT state || CAST(problem AS TEXT) FROM uploads").filter { $0.hasPrefix("ERROR") && $0.contains("upload-closed") }.count, 1)
    }
}
