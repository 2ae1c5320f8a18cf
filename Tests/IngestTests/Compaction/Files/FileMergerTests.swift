import ColumnStore
import TestSupport
import XCTest

@testable import Documents
@testable import Ingest

/// Goal: a merge writes the rows of its inputs in their order, each whole, however the inputs lie among each other and in whichever order they
/// are given. Method: `FileMerger` alone over cold files whose days, clients and times interleave, against the rows sorted here.
final class FileMergerTests: XCTestCase {
    private static let fileCount = 5

    /// Hot files moved one by one and never merged: each has rows of the same four days, one of them a day more.
    private func coldFiles(_ fixture: EngineFixture) throws -> ColdTable {
        var random = SplitMix64(state: 7)
        for file in 0..<Self.fileCount {
            for client in ["c1", "c2"] {
                let lines = (0..<60).map { number -> String in
                    let day = 10 + (file == 3 && number < 5 ? 6 : number % 4)
                    let time = "2026-11-\(day)T\(10 + Int(random.next() % 12)):\(10 + Int(random.next() % 50)):07Z"
                    return EngineFixture.receipt("R-\(file)-\(number)", at: time, total: "\(file * 100 + number).25", note: " \(client)")
                }
                guard case .each(let results) = fixture.take(lines.joined(separator: "\n"), .ndjson, as: .admin, client: client) else {
                    throw Fault(.internalError, "no results")
                }
                for result in results { _ = try result.get() }
            }
            try fixture.engine.tier.writer.seal()
            let hot = try XCTUnwrap(fixture.engine.tier.boundary.snapshot().files.last)
            XCTAssertTrue(try fixture.engine.compactor.mayLeave(hot))
            XCTAssertEqual(try fixture.engine.compactor.move([hot]).rowCount, 120)
        }
        return try XCTUnwrap(fixture.engine.tier.boundary.snapshot().cold["receipts"])
    }

    private struct Row: Equatable, Comparable {
        var day: Int64
        var client: String
        var issued: Int64
        var receipt: String
        var rest: String

        static func < (left: Row, right: Row) -> Bool {
            (left.day, left.client, left.issued, left.receipt) < (right.day, right.client, right.issued, right.receipt)
        }
    }

    private func rows(_ file: DataFile, _ cold: ColdTable) throws -> [Row] {
        let paths: [ColumnPath] = ["business_day", "client_id", "issued_at", "receipt_id", "total", "document", "sequence"]
        let scan = try cold.open(file).scan(ParquetScanRequest(projection: paths, schema: cold.iceberg.schema))
        var rows: [Row] = []
        for group in scan.rowGroups {
            let reader = try scan.reader(rowGroup: group)
            while let batch = try reader.next() {
                for row in 0..<batch.rowCount {
                    let values = batch.columns.map { $0.value(at: row) }
                    guard case .integer(let day) = values[0], case .integer(let issued) = values[2] else { continue }
                    rows.append(Row(
                        day: day, client: EngineFixture.text(values[1]), issued: issued, receipt: EngineFixture.text(values[3]),
                        rest: values[4...].map(EngineFixture.text).joined(separator: "|")))
                }
            }
        }
        return rows
    }

    func test_merge_interleavedFiles_givesTheirRowsInOrder() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path)
        defer { XCTAssertNoThrow(try fixture.engine.close()) }
        let cold = try coldFiles(fixture)
        let files = try cold.iceberg.files()
        XCTAssertEqual(files.count, Self.fileCount)
        let expected = try files.flatMap { try rows($0, cold) }.sorted()
        XCTAssertEqual(expected.count, Self.fileCount * 120)
        XCTAssertTrue(expected.allSatisfy { $0.rest.contains($0.receipt) }, "each has its own document")
        for (inputs, rowGroupRowCount) in [(files, 1_000), (files.reversed(), 1_000), (Array(files[2...] + files[..<2]), 64)] {
            var merger = FileMerger(
                cold: cold, bloomPaths: [], names: ULIDGenerator(), now: 0, rowGroupRowCount: rowGroupRowCount, workerCount: 2,
                check: { _ in }, isCancelled: { false })
            // Of a few rows each, and some of one, where windows of thousands would do.
            if rowGroupRowCount == 64 { merger.windowByteCountMax = 700 }
            let result = try merger.merge(inputs)
            let merged = try result.outputs.flatMap { try rows($0.file, cold) }
            XCTAssertEqual(merged.map(\.receipt), expected.map(\.receipt), "groups of \(rowGroupRowCount) rows")
            XCTAssertEqual(merged, expected, "groups of \(rowGroupRowCount) rows")
            XCTAssertEqual(result.encodedRowCount + result.copiedRowCount, expected.count)
            ColdFileWriter.discard(result.outputs, cold.iceberg)
        }
    }
}
