import ColumnStore
import Foundation
import Synchronization
import XCTest

@testable import Documents
@testable import Ingest

/// How often merges write a row: the days of a year come together in one step, and what is compressed for good is copied from then on.
final class RewritingTests: XCTestCase {
    private static let rowsOfADay = 60

    private func fixture(_ path: String) throws -> EngineFixture {
        // Cold files of such few rows have several row groups.
        try EngineFixture(path) { $0.compaction.rowGroupRowCount = 200 }
    }

    /// Each day of `days` in a hot file of its own: too few rows for a row group that a merge would copy.
    private func fill(_ fixture: EngineFixture, _ days: Range<Int>) throws {
        for day in days {
            let lines = (0..<Self.rowsOfADay).map { number in
                EngineFixture.receipt("R-\(number)", at: "2026-\(Self.two(1 + day / 28))-\(Self.two(1 + day % 28))T10:00:\(Self.two(number % 60))Z", total: "\(number).25")
            }
            guard case .each(let results) = fixture.take(lines.joined(separator: "\n"), .ndjson, as: .admin, client: "c1") else {
                return XCTFail("no results")
            }
            for result in results { _ = try result.get() }
            try fixture.engine.tier.writer.seal()
        }
    }

    private static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }

    private func merged(_ fixture: EngineFixture) -> (encoded: Int, copied: Int) {
        let compactor = fixture.engine.compactor
        return (compactor.encodedRows.load(ordering: .relaxed), compactor.copiedRows.load(ordering: .relaxed))
    }

    /// Readers believe the files' sort order: days, and within a day clients, never go back.
    private func assertInOrder(_ fixture: EngineFixture) throws {
        let cold = try XCTUnwrap(fixture.engine.tier.boundary.snapshot().cold["receipts"])
        for file in try cold.iceberg.files() {
            let scan = try cold.open(file).scan(ParquetScanRequest(projection: ["business_day", "client_id"]))
            var keys: [String] = []
            for group in scan.rowGroups {
                let reader = try scan.reader(rowGroup: group)
                while let batch = try reader.next() {
                    for row in 0..<batch.rowCount { keys.append("\(batch.columns[0].value(at: row)) \(batch.columns[1].value(at: row))") }
                }
            }
            XCTAssertEqual(keys, keys.sorted())
        }
    }

    func test_compact_hotDaysOfAYear_eachRowIsMergedOnce_andLaterOnlyNewOnes() throws {
        let directory = TemporaryDirectory()
        let fixture = try fixture(directory.path)
        try fill(fixture, 0..<30)
        let before = try fixture.walk(PageRequest(fields: ["business_day", "receipt_id", "total", "document"], limit: 1_000))
        let summary = try fixture.engine.compact(before: nil)
        XCTAssertEqual(summary.filesMoved, 30)
        XCTAssertEqual(merged(fixture).encoded, 30 * Self.rowsOfADay)
        XCTAssertEqual(merged(fixture).copied, 0)
        XCTAssertEqual(try fixture.engine.tier.boundary.snapshot().cold["receipts"]?.iceberg.files().count, 1)

        try fill(fixture, 30..<45)
        _ = try fixture.engine.compact(before: nil)
        XCTAssertEqual(try fixture.engine.tier.boundary.snapshot().cold["receipts"]?.iceberg.files().count, 1)
        // The year's row groups are of 200 rows; those of 30 days are full, so that all are copied.
        XCTAssertEqual(merged(fixture).copied, 30 * Self.rowsOfADay)
        XCTAssertEqual(merged(fixture).encoded, 45 * Self.rowsOfADay)
        let after = try fixture.walk(PageRequest(fields: ["business_day", "receipt_id", "total", "document"], limit: 1_000))
        XCTAssertEqual(Array(after.prefix(before.count)), before)
        XCTAssertEqual(after.count, 45 * Self.rowsOfADay)
        try fixture.engine.close()
    }

    func test_compact_lateReceiptsWithinTheYear_onlyTheirRowGroupsAreCompressedAnew() throws {
        let directory = TemporaryDirectory()
        let fixture = try fixture(directory.path)
        try fill(fixture, 0..<20)
        _ = try fixture.engine.compact(before: nil)
        try fill(fixture, 20..<30)
        // One late day among those that are cold, from another client.
        guard case .each(let results) = fixture.take(EngineFixture.receipt("L-1", at: "2026-01-09T08:00:00Z"), .ndjson, as: .admin, client: "c2")
        else { return XCTFail("no results") }
        for result in results { _ = try result.get() }
        let expected = try fixture.walk(PageRequest(fields: ["business_day", "client_id", "receipt_id", "document"], limit: 1_000))
        let known = merged(fixture)
        _ = try fixture.engine.compact(before: nil)
        XCTAssertEqual(try fixture.walk(PageRequest(fields: ["business_day", "client_id", "receipt_id", "document"], limit: 1_000)), expected)
        try assertInOrder(fixture)
        let (encoded, copied) = merged(fixture)
        XCTAssertGreaterThanOrEqual(copied, 20 * Self.rowsOfADay - 600)
        XCTAssertLessThanOrEqual(encoded - known.encoded, 10 * Self.rowsOfADay + 1 + 600)
        try fixture.engine.close()
    }

    func test_compact_aCopiedFileThatWasFlipped_isFoundByItsHash_andPassedBy() throws {
        let directory = TemporaryDirectory()
        let fixture = try fixture(directory.path)
        try fill(fixture, 0..<20)
        _ = try fixture.engine.compact(before: nil)
        let cold = try XCTUnwrap(fixture.engine.tier.boundary.snapshot().cold["receipts"])
        let file = try XCTUnwrap(cold.iceberg.files().first)
        let path = String(file.location.dropFirst("file://".count))
        var bytes = try [UInt8](Data(contentsOf: URL(fileURLWithPath: path)))
        bytes[5_000] ^= 1
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        try handle.write(contentsOf: bytes)
        try handle.close()
        try fill(fixture, 20..<30)
        _ = try fixture.engine.compact(before: nil)
        let damaged = fixture.engine.compactor.cold.damage.all.map(\.damaged)
        XCTAssertEqual(damaged.map(\.location), [file.location])
        XCTAssertTrue(damaged.first?.reason.contains("is not what was written") == true, "\(damaged)")
        let present = try XCTUnwrap(fixture.engine.tier.boundary.snapshot().cold["receipts"])
        XCTAssertTrue(try present.iceberg.files().contains { $0.location == file.location }, "what cannot be read stays where it is known to be")
        try fixture.engine.close()
    }
}
