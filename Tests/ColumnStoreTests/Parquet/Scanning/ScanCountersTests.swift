@testable import ColumnStore
import TestSupport
import XCTest

/// Goal: a reader of a row group counts what it reads and leaves out. Method: two row groups of 1,000 rows in pages of 100; bytes are counted
/// below the reader too.
final class ScanCountersTests: XCTestCase {
    private static let schema = Schema([Field("number", .int64, isRequired: true), Field("text", .string)])

    private static func image() throws -> [UInt8] {
        var builders = schema.fields.map { ColumnBuilder(type: $0.type) }
        for index in 0..<2_000 {
            builders[0].append(.integer(Int64(index)))
            builders[1].append(.string("text of the row \(index * 7_919 % 2_000)"))
        }
        var options = WriterOptions()
        options.rowGroupRowCount = 1_000
        options.pageRowCount = 100
        let sink = MemorySink()
        let writer = try FileWriter(schema, options: options, to: sink)
        try writer.append(ColumnBatch(rowCount: 2_000, columns: builders.indices.map { builders[$0].finish() }))
        _ = try writer.finish()
        return sink.bytes
    }

    /// What each row group's reader counted, and the bytes that all of them took from the file.
    private func read(_ filters: [ColumnFilter], _ residual: ParquetScanRequest.Residual? = nil) throws -> (counters: [ParquetScanCounters], byteCount: Int) {
        let bytes = CountingBytes(MemoryBytes(try Self.image(), name: "image"))
        let scan = try ParquetFile(bytes).scan(ParquetScanRequest(projection: ["number", "text"], filters: filters, residual: residual))
        bytes.reset()
        let counters = try scan.rowGroups.map { rowGroup in
            let reader = try scan.reader(rowGroup: rowGroup)
            while try reader.next() != nil {}
            return reader.counters
        }
        return (counters, bytes.byteCountRead)
    }

    func test_wholeFile_countsEveryPageByteAndKindOfTime() throws {
        let (counters, byteCount) = try read([])
        XCTAssertEqual(counters.map(\.rowCount), [1_000, 1_000])
        XCTAssertEqual(counters.map(\.pageCount), [20, 20])
        XCTAssertEqual(counters.map(\.prunedPageCount), [0, 0])
        XCTAssertEqual(counters.reduce(0) { $0 + $1.readByteCount }, byteCount)
        for each in counters {
            XCTAssertGreaterThan(each.readNanoseconds, 0)
            XCTAssertGreaterThan(each.inflateNanoseconds, 0)
            XCTAssertEqual(each.filterNanoseconds, 0)
            XCTAssertGreaterThan(each.decodeNanoseconds, 0)
            XCTAssertEqual(each.readNanoseconds + each.inflateNanoseconds + each.decodeNanoseconds, each.nanoseconds)
        }
    }

    func test_filter_leavesOutPagesByTheirIndexes() throws {
        let few = ColumnFilter("number", .range(lower: .init(.integer(950), isInclusive: true), upper: nil))
        let (counters, byteCount) = try read([few])
        XCTAssertEqual(counters.map(\.rowCount), [100, 1_000])
        XCTAssertEqual(counters.map(\.prunedRowCount), [900, 0])
        XCTAssertEqual(counters.map(\.pageCount), [2, 20])
        XCTAssertEqual(counters.map(\.prunedPageCount), [18, 0])
        XCTAssertEqual(counters.reduce(0) { $0 + $1.readByteCount }, byteCount)
        XCTAssertGreaterThan(counters[0].filterNanoseconds, 0)
    }

    func test_residual_leavesOutPagesOfColumnsReadAfterIt() throws {
        let first = ParquetScanRequest.Residual(columns: ["number"]) { batch in
            ColumnFilter("number", .equal(.integer(150))).select(batch.columns[0])
        }
        let wanted = ColumnFilter("number", .notEqual(.integer(-1)))
        let (counters, _) = try read([wanted], first)
        // Ten pages of the numbers, one or none of the texts.
        XCTAssertEqual(counters.map(\.pageCount), [11, 10])
        XCTAssertEqual(counters.map(\.prunedPageCount), [9, 10])
        XCTAssertGreaterThan(counters[0].filterNanoseconds, 0)
    }
}
