import ColumnStore
import Foundation
import XCTest

@testable import Ingest

/// A sound store has no finding; a changed byte is found and the file named.
final class VerifierTests: XCTestCase {
    /// A store with a cold table, a sealed hot file with a flushed group, and an open one.
    private func makeStore(_ path: String) throws {
        let fixture = try EngineFixture(path)
        func fill(_ range: Range<Int>) throws {
            guard case .each = fixture.take(range.map { EngineFixture.receipt("R-\($0)") }.joined(separator: "\n"), .ndjson) else {
                return XCTFail("no results")
            }
        }
        try fill(0..<300)
        _ = try fixture.engine.compact(before: nil)
        try fill(300..<600)
        _ = try fixture.engine.compact(before: nil)
        try fill(600..<700)
        try fixture.engine.tier.writer.seal()
        try fixture.engine.tier.flush()
        try fill(700..<800)
        try fixture.engine.close()
    }

    func test_run_soundStore_hasNoFinding() throws {
        let directory = TemporaryDirectory()
        try makeStore(directory.path)
        let report = try Verifier(path: directory.path).run()
        XCTAssertEqual(report.findings.map(\.description), [])
        XCTAssertEqual(report.rowCount, 800)
    }

    func test_run_changedByteInAColdFile_isFoundAndNamed() throws {
        let directory = TemporaryDirectory()
        try makeStore(directory.path)
        let root = URL(filePath: directory.path + "/warehouse/receipts")
        let files = try XCTUnwrap(FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil)).compactMap { $0 as? URL }
            .filter { ["parquet", "avro", "json"].contains($0.pathExtension) }
        XCTAssertGreaterThan(files.count, 6)
        for file in files {
            let sound = try Data(contentsOf: file)
            var changed = sound
            changed[changed.count / 2] ^= 0x10
            try changed.write(to: file)
            let report = try Verifier(path: directory.path).run()
            XCTAssertTrue(report.findings.contains { $0.path.hasSuffix(file.lastPathComponent) }, "\(file.lastPathComponent): \(report.findings)")
            try sound.write(to: file)
        }
        try FileManager.default.removeItem(at: files[0])
        XCTAssertFalse(try Verifier(path: directory.path).run().findings.isEmpty)
    }

    func test_run_changedDocumentInAHotFile_isFound() throws {
        let directory = TemporaryDirectory()
        try makeStore(directory.path)
        let hot = try FileManager.default.contentsOfDirectory(atPath: directory.path + "/hot").filter { $0.hasSuffix(".sqlite") }.sorted()
        XCTAssertEqual(hot.count, 2)
        for name in hot {
            let connection = try SQLiteConnection(path: directory.path + "/hot/" + name, mode: .readWrite)
            try connection.execute("UPDATE rows SET document = zeroblob(length(document)) WHERE id = 7")
        }
        let findings = try Verifier(path: directory.path).run().findings
        XCTAssertEqual(findings.filter { $0.fault.contains("row 7") }.count, 2, "\(findings)")
    }

    func test_init_directoryInUse_isRefused() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path)
        XCTAssertThrowsError(try Verifier(path: directory.path))
        try fixture.engine.close()
        XCTAssertNoThrow(try Verifier(path: directory.path))
        XCTAssertThrowsError(try Verifier(path: directory.path + "/nothing"))
    }
}
