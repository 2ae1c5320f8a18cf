@testable import ColumnStore
import Foundation
import TestSupport
import XCTest

/// Goal: who wants few rows of long pages waits for the beginnings of these only, gets the same values, and meets the same damage. Method: single rows
/// of a file with one long page for each column, of every encoding that grows along and some that do not, against the rows of the whole.
final class SparseRowTests: XCTestCase {
    private static let rowCount = 20_000
    private static let schema = Schema([
        Field("number", .int64, isRequired: true), Field("at", .timestamp(isUTC: true)), Field("code", .string), Field("text", .string),
        Field("ratio", .double), Field("flag", .boolean), Field("price", .decimal(precision: 30, scale: 4)),
        Field("lines", .list(element: Field("element", .structure([Field("code", .string), Field("amount", .decimal(precision: 18, scale: 4))])))),
    ])

    private static func image(_ change: (inout WriterOptions) -> Void = { _ in }) throws -> [UInt8] {
        var builders = schema.fields.map { ColumnBuilder(type: $0.type) }
        var random = SplitMix64(state: 5)
        for row in 0..<rowCount {
            builders[0].append(integer: Int64(bitPattern: random.next()))
            if row % 9 == 0 { builders[1].append(.null) } else { builders[1].append(integer: Int64(row) * 1_000_000 + Int64(random.next() % 999_999)) }
            builders[2].append(.string("C\(random.next() % 900)"))
            builders[3].append(row % 11 == 0 ? .null : .string(String(repeating: "x\(random.next() % 99) ", count: 12)))
            builders[4].append(.double(Double(random.next() % 10_000) / 7))
            builders[5].append(.boolean(random.next() % 3 == 0))
            builders[6].append(.decimal(Int128(random.next()) * 1_000))
            builders[7].append(.list((0..<random.next() % 6).map { _ in .structure([.string("P\(random.next() % 700)"), .decimal(Int128(random.next() % 1_000_000))]) }))
        }
        var options = WriterOptions()
        (options.rowGroupRowCount, options.pageRowCount, options.pageByteCount) = (rowCount, rowCount, 64 << 20)
        change(&options)
        let sink = MemorySink()
        let writer = try FileWriter(schema, options: options, to: sink)
        let columns = builders.map { builder in
            var builder = builder
            return builder.finish()
        }
        try writer.append(ColumnBatch(rowCount: rowCount, columns: columns))
        _ = try writer.finish()
        return sink.bytes
    }

    private func rows(_ scan: ParquetScan, _ part: Range<Int>) throws -> (rows: [[Value]], counters: ParquetScanCounters) {
        let reader = try scan.reader(ScanPart(rowGroup: 0, rows: part))
        var rows: [[Value]] = []
        while let batch = try reader.next() { rows += (0..<batch.rowCount).map { row in batch.columns.map { $0.value(at: row) } } }
        return (rows, reader.counters)
    }

    func test_singleRows_areThoseOfTheWhole_andTakeLess() throws {
        for (name, change) in [("as written", { _ in }), ("v1", { $0.dataPageVersion = 1 }), ("snappy", { $0.codec = .snappy })] as [(String, (inout WriterOptions) -> Void)] {
            let file = try ParquetScanTests.open(try Self.image(change))
            let scan = try file.scan()
            let whole = try ParquetScanTests.rows(scan)
            let all = try rows(scan, 0..<Self.rowCount).counters.inflatedByteCount
            var before = 0
            for row in name == "as written" ? [0, 1, 777, 15_000, 19_999] : [777, 19_999] {
                let (found, counters) = try rows(scan, row..<row + 1)
                XCTAssertEqual(found, [whole[row]], "\(name), \(row)")
                if name == "as written" {
                    XCTAssertGreaterThanOrEqual(counters.inflatedByteCount, before, "the later the row, the more")
                    before = counters.inflatedByteCount
                    if row < 1_000 { XCTAssertLessThan(counters.inflatedByteCount, all * 2 / 3, "\(row)") }
                } else {
                    XCTAssertEqual(counters.inflatedByteCount, all)
                }
            }
            // Some rows, far apart, of one reading.
            let filter = ColumnFilter("number", .oneOf([3, 9_000, 9_001, 16_000].map { whole[$0][0] }))
            XCTAssertEqual(try ParquetScanTests.rows(try file.scan(ParquetScanRequest(filters: [filter]))), [3, 9_000, 9_001, 16_000].map { whole[$0] }, name)
        }
    }

    func test_pagesWithoutASum_areInflatedWhole() throws {
        let file = try ParquetFile(MemoryBytes(try Self.image(), name: "image"), options: ParquetReadOptions(verifiesChecksums: false))
        let scan = try file.scan()
        XCTAssertEqual(try rows(scan, 0..<1).counters.inflatedByteCount, try rows(scan, 0..<Self.rowCount).counters.inflatedByteCount)
    }

    func test_damageBehindTheRow_isMetAllTheSame() throws {
        let bytes = try Self.image()
        let file = try ParquetScanTests.open(bytes)
        for leaf in file.leaves {
            let metadata = try XCTUnwrap(file.metadata.rowGroups[0].columns[leaf.index].metadata)
            let start = min(metadata.dataPageOffset, metadata.dictionaryPageOffset ?? metadata.dataPageOffset)
            var damaged = bytes
            damaged[Int(start + metadata.totalCompressedByteCount) - 1] ^= 1
            let scan = try ParquetScanTests.open(damaged).scan()
            XCTAssertThrowsError(try rows(scan, 0..<1), leaf.path) { XCTAssertEqual(($0 as? ColumnStoreError)?.code, .corruptFile) }
        }
    }
}
