import Foundation
import TestSupport
import XCTest

@testable import Ingest

/// Goal: what is wrong with a backup is all counted, and no more of it is held than is reported. Method: a manifest in a directory of which every file is gone.
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
}
