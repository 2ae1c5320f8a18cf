import ColumnStore
import Foundation
import TestSupport
import XCTest

@testable import Documents
@testable import Ingest

/// Goal: what is wrong with a backup is all counted, and no more of it is held than is reported; what the catalog names and the list does not is missed.
///
/// Method: a manifest in a directory of which every file is gone; lists of a real backup without a file, or with another one in its place.
final class BackupProofTests: XCTestCase {
    func test_run_moreFilesGoneThanAreListed_countsAll() throws {
        let directory = TemporaryDirectory()
        try FileManager.default.createDirectory(atPath: directory.path, withIntermediateDirectories: true)
        var manifest = BackupManifest(number: 1, store: "one", madeAt: 0, warehouse: "")
        let (listedMax, fileCount) = (Verifier.Report.findingCountMax, Verifier.Report.findingCountMax + 50)
        manifest.files = (0..<fileCount).map { .init(path: "warehouse/\($0)", name: "warehouse/\($0).1", byteCount: 1, sha256: [UInt8](repeating: 0, count: 32)) }
        try Data(manifest.bytes).write(to: URL(fileURLWithPath: "\(directory.path)/\(BackupManifest.key)"))
        let report = try BackupProof(directory: directory.path).run()
        XCTAssertEqual(report.findings.count, listedMax)
        XCTAssertEqual(report.findings.first?.fault, "is missing")
        XCTAssertEqual(report.faultCount, fileCount + 1, "and the catalog, which the manifest does not name")
    }

    /// It would be restored, and seem to be whole until somebody asks for those rows.
    func test_run_fileThatTheCatalogNames_isNotInTheManifestAsItWas_isNamed_andNoStoreIsMade() throws {
        let (data, source) = (TemporaryDirectory(), TemporaryDirectory())
        let fixture = try EngineFixture(data.path) { $0.compaction.makesSums = false }
        _ = try fixture.taken(EngineFixture.receipt("R-1"))
        _ = try fixture.engine.compact(before: nil)
        _ = try fixture.taken(EngineFixture.receipt("R-2"))
        _ = try fixture.engine.backup(to: source.path)
        try fixture.engine.close()
        let list = URL(filePath: "\(source.path)/\(BackupManifest.key)")
        let whole = try BackupManifest.parse(Array(try Data(contentsOf: list)), path: list.path)
        XCTAssertEqual(try BackupProof(directory: source.path).run().findings.map(\.description), [])
        func check(_ manifest: BackupManifest, _ words: String) throws {
            try Data(manifest.bytes).write(to: list)
            let findings = try BackupProof(directory: source.path).run().findings
            XCTAssertEqual(findings.count, 1, "\(findings)")
            XCTAssertTrue(findings.first?.fault.contains(words) ?? false, "\(findings)")
            let target = "\(data.path)-new"
            XCTAssertThrowsError(try Restore(source: source.path, directory: target).run(), words) { XCTAssertEqual(($0 as? ColumnStoreError)?.code, .corruptFile, "\($0)") }
            XCTAssertFalse(FileManager.default.fileExists(atPath: target), words)
        }
        for prefix in ["warehouse/receipts/data/", "hot/"] {
            let path = try XCTUnwrap(whole.files.first { $0.path.hasPrefix(prefix) }).path
            var lacking = whole
            lacking.files.removeAll { $0.path == path }
            try check(lacking, "names \(path), which is not in the backup")
        }
        // Another one, with a list that is right by it.
        let index = try XCTUnwrap(whole.files.firstIndex { $0.path.hasPrefix("warehouse/receipts/data/") })
        let file = URL(filePath: "\(source.path)/\(whole.files[index].name)")
        var bytes = Array(try Data(contentsOf: file))
        bytes[bytes.count / 2] ^= 1
        try Data(bytes).write(to: file)
        var other = whole
        other.files[index].sha256 = SHA256.hash(bytes)
        try check(other, "is another file than the catalog of the backup names")
    }
}
