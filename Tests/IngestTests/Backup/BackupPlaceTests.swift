import ColumnStore
import Foundation
import XCTest

@testable import Ingest

/// Goal: a backup to a bucket leaves nothing on this machine, however it ends. Method: a place with copies that were made, and never sent.
final class BackupPlaceTests: XCTestCase {
    func test_copiesThatWereNeverSent_areGoneWithThePlace() throws {
        let directory = TemporaryDirectory()
        var place: BackupPlace? = try BackupPlace(path: "s3://receipts/backups", bucket: try LocalStorageFactory.files(try directory.made()))
        let workspace = try XCTUnwrap(place).workspace()
        for name in ["catalog.1.sqlite", "hot/2026-11-20.1.sqlite", "hot/2026-11-21.1.sqlite"] {
            try workspace.prepare(name)
            XCTAssertTrue(FileManager.default.createFile(atPath: workspace.path(of: name), contents: Data([1])), name)
        }
        try XCTUnwrap(place).drop("hot/2026-11-20.1.sqlite")
        XCTAssertEqual(try FileManager.default.contentsOfDirectory(atPath: workspace.root + "/hot"), ["2026-11-21.1.sqlite"])
        place = nil
        XCTAssertFalse(FileManager.default.fileExists(atPath: workspace.root))
    }
}
