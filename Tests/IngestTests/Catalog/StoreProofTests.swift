import Foundation
import TestSupport
import XCTest

@testable import Ingest

/// Goal: a catalog that contradicts its files ends the start, and nothing is removed by its word. Method: a store with cold receipts, whose catalog says of files that they may go.
final class StoreProofTests: XCTestCase {
    private let directory = TemporaryDirectory()
    private var path: String { directory.path }

    private func names() -> Set<String> {
        Set((FileManager.default.enumerator(atPath: path + "/warehouse")?.allObjects as? [String] ?? []).filter { $0.contains(".") })
    }

    private func change(_ statement: String) throws { try SQLiteConnection(path: path + "/catalog.sqlite", mode: .readWrite).execute(statement) }

    func test_filesThatMayGo_andThatATableLeadsTo_endTheStart_andStay() throws {
        let fixture = try EngineFixture(path)
        for number in 0..<5 { _ = try fixture.taken(EngineFixture.receipt("R-\(number)")) }
        _ = try fixture.engine.compact(before: nil)
        try fixture.engine.close()
        let before = names()
        for kind in ["data/", "metadata/snap", "metadata/v"] {
            try change("UPDATE cold_objects SET obsolete_at = 1 WHERE key LIKE 'receipts/\(kind)%'")
            XCTAssertThrowsError(try EngineFixture(path), kind) { error in
                guard case .unproven(_, let reasons)? = error as? DataDirectory.Failure else { return XCTFail("\(kind): \(error)") }
                XCTAssertEqual(reasons.count, 1, "\(reasons)")
                XCTAssertTrue(reasons.first?.contains("may go, which version") == true, "\(reasons)")
            }
            XCTAssertEqual(names(), before, kind)
            try change("UPDATE cold_objects SET obsolete_at = NULL")
        }
        // One that nothing leads to goes.
        try Data([1]).write(to: URL(fileURLWithPath: path + "/warehouse/receipts/data/x.parquet"))
        try change("""
            INSERT INTO cold_objects(key, table_name, kind, byte_count, sha256, version, obsolete_at)
            SELECT 'receipts/data/x.parquet', table_name, kind, 1, sha256, version, 1 FROM cold_objects WHERE key LIKE 'receipts/data/%' LIMIT 1
            """)
        let again = try EngineFixture(path)
        XCTAssertEqual(names(), before)
        XCTAssertEqual(try again.walk(.init(fields: ["receipt_id"])).count, 5)
        try again.engine.close()
    }
}
