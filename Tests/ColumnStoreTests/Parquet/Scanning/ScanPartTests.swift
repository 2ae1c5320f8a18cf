@testable import ColumnStore
import Foundation
import Synchronization
import TestSupport
import XCTest

/// Goal: a scan divided among workers gives each row once, whatever the pages and filters are; nothing is divided where it would cost more than
/// it gives. Method: the rows of all parts, one after another, against those of the undivided scan.
final class ScanPartTests: XCTestCase {
    private static let layouts: [(name: String, change: @Sendable (inout WriterOptions) -> Void)] = [
        ("pages", { $0.pageRowCount = 90 }),
        ("uneven pages", { $0.pageRowCount = 400; $0.pageByteCount = 3_000 }),
        ("v1", { $0.pageRowCount = 70; $0.dataPageVersion = 1; $0.codec = .snappy }),
        ("row groups", { $0.pageRowCount = 120; $0.rowGroupRowCount = 1_000 }),
        ("one page", { _ in }),
    ]

    private func rows(_ scan: ParquetScan, _ parts: [ScanPart]) throws -> [[Value]] {
        var rows: [[Value]] = []
        for part in parts {
            let reader = try scan.reader(part)
            while let batch = try reader.next() {
                for row in 0..<batch.rowCount { rows.append(batch.columns.map { $0.value(at: row) }) }
            }
        }
        return rows
    }

    func test_parts_giveEachRowOnce() throws {
        let table = RandomTable(batchRowCounts: [2_345], seed: 17)
        let days = ColumnFilter("day", .range(lower: .init(.integer(19_000), isInclusive: true), upper: nil))
        for (name, change) in Self.layouts {
            let file = try ParquetScanTests.open(try ParquetScanTests.image(table, change))
            for filters in [[], [days], [ColumnFilter("name", .equal(.string("milk")))]] {
                let scan = try file.scan(ParquetScanRequest(filters: filters, batchRowCount: 100))
                let whole = try ParquetScanTests.rows(scan)
                // The same parts are not read again for more workers.
                var read: [[ScanPart]] = []
                for workerCount in 1...5 {
                    let parts = try scan.parts(workerCount: workerCount, rowCountMin: 200)
                    if read.contains(parts) { continue }
                    read.append(parts)
                    ParquetScanTests.assertEqual(try rows(scan, parts), whole, "\(name), \(workerCount) workers, \(parts)")
                }
            }
        }
    }

    /// Where the rows of a batch stand is said so that each can be read again by its place alone, whatever has left out the others.
    func test_rowNumbers_ofFilteredBatches_areThePlacesOfTheirRows() throws {
        let table = RandomTable(batchRowCounts: [1_100], seed: 23)
        let days = ColumnFilter("day", .range(lower: .init(.integer(19_000), isInclusive: true), upper: nil))
        let residual = ParquetScanRequest.Residual(columns: ["day"]) { batch in
            var bits = Bitmap()
            for row in 0..<batch.rowCount { if case .integer(let day) = batch.columns[0].value(at: row) { bits.append(day % 3 == 0) } else { bits.append(false) } }
            return bits
        }
        var seen = 0
        for (name, change) in Self.layouts {
            let file = try ParquetScanTests.open(try ParquetScanTests.image(table, change))
            let all = try file.scan()
            for request in [ParquetScanRequest(batchRowCount: 70), ParquetScanRequest(filters: [days], batchRowCount: 70), ParquetScanRequest(filters: [days], residual: residual)] {
                let scan = try file.scan(request)
                for rowGroup in scan.rowGroups {
                    let reader = try scan.reader(rowGroup: rowGroup)
                    while let batch = try reader.next() {
                        for row in stride(from: seen % 7, to: batch.rowCount, by: 7) {
                            let number = reader.rowNumber(of: row)
                            let again = try rows(all, [ScanPart(rowGroup: rowGroup, rows: number..<number + 1)])
                            ParquetScanTests.assertEqual(again, [batch.columns.map { $0.value(at: row) }], "\(name), row \(number) of row group \(rowGroup)")
                            seen += 1
                        }
                    }
                }
            }
        }
        XCTAssertGreaterThan(seen, 1_000)
    }

    func test_parts_divideWhatIsLeftOver() throws {
        let table = RandomTable(batchRowCounts: [2_400], seed: 19)
        func counts(_ workerCount: Int, rowGroup: Int, least: Int = 100) throws -> [Int] {
            let file = try ParquetScanTests.open(
                try ParquetScanTests.image(table) {
                    $0.rowGroupRowCount = rowGroup
                    $0.pageRowCount = 40
                })
            return try file.scan().parts(workerCount: workerCount, rowCountMin: least).map { $0.rows?.count ?? rowGroup }
        }
        XCTAssertEqual(try counts(1, rowGroup: 800), [800, 800, 800])
        XCTAssertEqual(try counts(2, rowGroup: 800), [800, 800, 400, 400])
        XCTAssertEqual(try counts(3, rowGroup: 800), [800, 800, 800])
        XCTAssertEqual(try counts(2, rowGroup: 2_400), [1_200, 1_200])
        XCTAssertEqual(try counts(4, rowGroup: 2_400), [600, 600, 600, 600])
        // No smaller than asked for.
        XCTAssertEqual(try counts(4, rowGroup: 2_400, least: 1_200), [1_200, 1_200])
        XCTAssertEqual(try counts(2, rowGroup: 2_400, least: 2_000), [2_400])
        XCTAssertEqual(try counts(2, rowGroup: 2_400, least: 0), [1_200, 1_200])
        XCTAssertEqual(try counts(0, rowGroup: 2_400, least: -5), [2_400])
    }

    /// Three workers' worth of rows in three row groups and a rest: whoever has the third would still be at it when the rest is long done.
    func test_parts_smallLastRowGroup_divideTheOneBeforeIt() throws {
        let table = RandomTable(batchRowCounts: [2_500], seed: 29)
        let file = try ParquetScanTests.open(
            try ParquetScanTests.image(table) {
                $0.rowGroupRowCount = 800
                $0.pageRowCount = 40
            })
        let parts = try file.scan().parts(workerCount: 2, rowCountMin: 100)
        XCTAssertEqual(parts.map(\.rowGroup), [0, 1, 2, 2, 3])
        XCTAssertEqual(parts.map { $0.rows?.count }, [nil, nil, 440, 360, nil])
    }

    /// Pages of different columns end at different rows: the cut is where the least must be inflated twice.
    func test_parts_areCutWherePagesBegin() throws {
        let table = RandomTable(batchRowCounts: [3_000], seed: 23)
        let file = try ParquetScanTests.open(try ParquetScanTests.image(table) { $0.pageRowCount = 700 })
        let parts = try file.scan(ParquetScanRequest(projection: ["small", "big"])).parts(workerCount: 2, rowCountMin: 100)
        XCTAssertEqual(parts.map(\.rows), [0..<1_400, 1_400..<3_000])
    }

    func test_parts_withoutPageIndex_areWholeRowGroups() throws {
        let file = try ParquetDump.open(ParquetReferenceTests.good.appendingPathComponent("delta_binary_packed.parquet").path)
        XCTAssertEqual(try file.scan().parts(workerCount: 2, rowCountMin: 10), [ScanPart(rowGroup: 0, rows: nil)])
    }

    func test_batches_ofLargeRows_areSmall() throws {
        let schema = Schema([Field("id", .int64, isRequired: true), Field("document", .binary)])
        var builders = schema.fields.map { ColumnBuilder(type: $0.type) }
        for row in 0..<6_000 {
            builders[0].append(integer: Int64(row))
            builders[1].append(.bytes([UInt8](repeating: UInt8(row & 255), count: 4_000)))
        }
        let sink = MemorySink()
        var options = WriterOptions()
        options.defaultColumn.encoding = .only(.plain)
        let writer = try FileWriter(schema, options: options, to: sink)
        let columns = [builders[0].finish(), builders[1].finish()]
        try writer.append(ColumnBatch(rowCount: 6_000, columns: columns))
        _ = try writer.finish()
        let reader = try ParquetScanTests.open(sink.bytes).scan().reader(rowGroup: 0)
        var counts: [Int] = []
        while let batch = try reader.next() { counts.append(batch.rowCount) }
        XCTAssertEqual(counts.reduce(0, +), 6_000)
        XCTAssertLessThan(counts.max() ?? 0, 2_200)
        XCTAssertGreaterThan(counts.max() ?? 0, 1_000)
    }
}
