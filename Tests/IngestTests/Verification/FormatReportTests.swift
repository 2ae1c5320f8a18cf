import Foundation
import TestSupport
import XCTest

@testable import Ingest

/// Goal: who reads what a version will change reads what its steps do. Method: steps of each kind, as text; the real stores are `EarlierStoreTests`.
final class FormatReportTests: XCTestCase {
    func test_changes_nameWhatStepsMake() {
        let steps = [
            "CREATE TABLE a(x);", "ALTER TABLE a ADD COLUMN y TEXT; CREATE INDEX i ON a(y);",
            "CREATE TABLE b(x); INSERT INTO b SELECT x FROM a; DROP TABLE a; ALTER TABLE b RENAME TO a;", "CREATE INDEX j ON a(x)", "DROP TABLE a",
        ]
        XCTAssertEqual(
            FormatReport.changes(steps, from: 0),
            ["version 1: new table a", "version 2: new column a.y", "version 3: table a written anew", "version 4: no other tables or columns", "version 5: table a goes"])
        XCTAssertEqual(FormatReport.changes(steps, from: 4), ["version 5: table a goes"])
        for version in [5, 6, -1, Int64.min, Int64.max] { XCTAssertEqual(FormatReport.changes(steps, from: version), []) }
    }

    /// Every step there is says something.
    func test_changes_ofTheStepsThereAre_areNamed() {
        XCTAssertEqual(FormatReport.changes(CatalogSchema.migrations, from: 0).filter { $0.contains("no other") }, [])
        XCTAssertEqual(FormatReport.changes(["ALTER TABLE rows RENAME COLUMN history TO trace"], from: 0), ["version 1: another name of column rows.history"])
    }

    func test_report_ofALaterCatalog_saysSo() throws {
        let directory = TemporaryDirectory()
        try EngineFixture(directory.path).engine.close()
        let now = try FormatReport(path: directory.path)
        XCTAssertFalse(now.isLater || now.changes, "\(now)")
        let catalog = directory.path + "/catalog.sqlite"
        for (version, isLater) in [(Int64(CatalogSchema.migrations.count) + 1, true), (2_147_483_647, true), (3, false)] {
            try SQLiteConnection(path: catalog, mode: .readWrite).execute("PRAGMA user_version = \(version)")
            let report = try FormatReport(path: directory.path)
            XCTAssertEqual(report.isLater, isLater, "\(version)")
            XCTAssertEqual(report.changes, !isLater, "\(version)")
        }
        XCTAssertThrowsError(try FormatReport(path: directory.path + "/hot"))
    }

    /// A member comes up beside it: its files are made anew of the cluster's records.
    func test_logThatCannotBeRead_tellsOfNoLaterVersion() throws {
        let directory = TemporaryDirectory()
        try EngineFixture(directory.path).engine.close()
        let catalog = directory.path + "/catalog.sqlite"
        try FileManager.default.createDirectory(atPath: catalog + "-wal", withIntermediateDirectories: false)
        try Data().write(to: URL(filePath: catalog + "-shm"))
        XCTAssertNil(try LaterFormat.first(in: directory.path))
        XCTAssertThrowsError(try FormatReport(path: directory.path))
    }
}
