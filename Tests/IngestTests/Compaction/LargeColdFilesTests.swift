import ColumnStore
import Synchronization
import TestSupport
import XCTest

@testable import Documents
@testable import Ingest

/// Goal: a cold file whose reading takes more memory than it may keeps no other from being merged, and is not taken for damaged. Method: a file with long documents is opened with little
/// memory where the table looks for open files.
final class LargeColdFilesTests: XCTestCase {
    /// Before `receipts`, in the order of their names.
    private static let type = #"{"name":"t1","version":1,"table":"other","format":"json","match":{"/k":"t1"},"receipt_id":"/id","issued_at":"/at","columns":{"total":{"path":"/total","type":"DECIMAL(18,4)"}}}"#

    private func fill(_ fixture: EngineFixture, _ round: Int) throws {
        for number in 0..<3 {
            let padding = String(repeating: "x", count: round == 0 ? 900_000 : 10)
            _ = try fixture.taken(#"{"k":"t1","id":"X-\#(round)-\#(number)","at":"2026-11-17T10:00:00Z","total":1.5,"padding":"\#(padding)"}"#)
            _ = try fixture.taken(EngineFixture.receipt("R-\(round)-\(number)"))
        }
    }

    private func table(_ fixture: EngineFixture, _ name: String) throws -> ColdTable { try XCTUnwrap(fixture.engine.tier.boundary.snapshot().cold[name]) }

    func test_compact_besideAFileThatTakesTooMuchMemory_goesOn() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path)
        _ = try fixture.engine.putType(name: "t1", body: Array(Self.type.utf8))
        try fill(fixture, 0)
        _ = try fixture.engine.compact(before: nil)
        let large = try XCTUnwrap(table(fixture, "other").iceberg.files().first)
        do {
            let cold = try table(fixture, "other")
            cold.cache.remove([large.location])
            _ = try cold.cache.file(large.location) {
                try ParquetFile(try cold.iceberg.open(large), options: ParquetReadOptions(memoryBudgetByteCount: 512 << 10))
            }
            XCTAssertEqual(try cold.open(large).options.memoryBudgetByteCount, 512 << 10)
        }
        for round in 1...2 {
            try fill(fixture, round)
            let summary = try fixture.engine.compact(before: nil)
            // Of `receipts` what was there and what came; of `other` what came in both rounds, once that is two files.
            XCTAssertEqual([summary.rowsMoved, summary.filesMerged], [6, round == 1 ? 2 : 4], "round \(round)")
            XCTAssertEqual(fixture.engine.compactor.tooLarge.withLock { $0 }, [large.location], "round \(round)")
            XCTAssertTrue(fixture.engine.compactor.cold.damage.isEmpty, "round \(round)")
            let files = try table(fixture, "other").iceberg.files()
            XCTAssertEqual(files.count, 2, "round \(round)")
            XCTAssertTrue(files.contains { $0.location == large.location }, "round \(round)")
            XCTAssertEqual(try table(fixture, "receipts").iceberg.files().count, 1, "round \(round)")
        }
        try fixture.engine.close()
        XCTAssertEqual(try Verifier(path: directory.path).run().findings.map(\.description), [])
    }
}
