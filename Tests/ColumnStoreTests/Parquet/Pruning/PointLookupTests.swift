@testable import ColumnStore
import Foundation
import TestSupport
import XCTest

/// Goal: a row is found by an id that follows no order with few pages and bytes read. Method: a file of many row groups whose ids have a bloom
/// filter; every page and byte is counted.
final class PointLookupTests: XCTestCase {
    private static let rowCount = 24_000
    private static let schema = Schema([
        Field("id", .string, isRequired: true), Field("at", .timestamp(isUTC: true)), Field("store", .string),
        Field("total", .decimal(precision: 18, scale: 4)), Field("lines", .list(element: Field("element", .structure([Field("code", .string)])))),
    ])

    private static func id(_ row: Int) -> String {
        var random = SplitMix64(state: UInt64(row))
        return String(random.next(), radix: 36) + String(random.next(), radix: 36)
    }

    /// - Parameter id: of a row.
    private static func image(_ id: (Int) -> String = id) throws -> [UInt8] {
        var builders = schema.fields.map { ColumnBuilder(type: $0.type) }
        for row in 0..<rowCount {
            builders[0].append(.string(id(row)))
            builders[1].append(integer: Int64(row) * 1_000)
            builders[2].append(.string("S\(row % 37)"))
            builders[3].append(.decimal(Int128(row * 7919 % 100_000)))
            builders[4].append(.list([.structure([.string("P\(row % 501)")])]))
        }
        var options = WriterOptions()
        options.rowGroupRowCount = 3_000
        options.pageRowCount = 250
        options.columns = ["id": ColumnWriterOptions(hasBloomFilter: true)]
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

    func test_lookup_readsAtMostThreePagesOfEachColumn() throws {
        let bytes = try Self.image()
        let counting = CountingBytes(MemoryBytes(bytes, name: "image"))
        let file = try ParquetFile(counting)
        XCTAssertEqual(file.metadata.rowGroups.count, 8)
        counting.reset()
        var lookups = 0
        for row in stride(from: 5, to: Self.rowCount, by: 997) {
            let scan = try file.scan(ParquetScanRequest(filters: [ColumnFilter("id", .equal(.string(Self.id(row))))]))
            var found: [Value] = []
            var pages: [String: Int] = [:]
            var groups = 0
            for rowGroup in scan.rowGroups {
                let reader = try scan.reader(rowGroup: rowGroup)
                while let batch = try reader.next() { found += (0..<batch.rowCount).map { batch.columns[1].value(at: $0) } }
                pages.merge(reader.pageCountsByColumn, uniquingKeysWith: +)
                groups += reader.counters.isPrunedByBloomFilter ? 0 : 1
            }
            XCTAssertEqual(found, [.integer(Int64(row) * 1_000)])
            XCTAssertEqual(groups, 1, "the filter leaves one row group")
            XCTAssertEqual(Set(pages.keys), ["id", "at", "store", "total", "lines.list.element.code"])
            for (column, count) in pages { XCTAssertLessThanOrEqual(count, 3, column) }
            lookups += 1
        }
        // The row group's ids, a page of each of the others, the indexes, and the heads of eight filters.
        XCTAssertLessThan(counting.byteCountRead / lookups, bytes.count / 5)
    }

    func test_lookup_ofWhatIsNotThere_readsNextToNothing() throws {
        let file = try ParquetScanTests.open(try Self.image())
        var pageCount = 0
        for row in 0..<50 {
            let scan = try file.scan(ParquetScanRequest(filters: [ColumnFilter("id", .equal(.string(Self.id(row + 1_000_000))))]))
            for rowGroup in scan.rowGroups {
                let reader = try scan.reader(rowGroup: rowGroup)
                XCTAssertNil(try reader.next())
                pageCount += reader.counters.pageCount
            }
        }
        // Of 400 row groups the filters may take one or two for the one.
        XCTAssertLessThanOrEqual(pageCount, 2)
    }

    /// Ids without order are all read, so they are one page; of ids in order, or nearly so, one small page is enough.
    func test_pages_ofIDs_followTheirOrder() throws {
        let orders: [(id: (Int) -> String, pageCount: Int)] = [
            (Self.id, 1), ({ String($0 + 100_000) }, 12), ({ String($0 / 100 * 100 + $0 * 37 % 100 + 100_000) }, 12),
        ]
        for (id, pageCount) in orders {
            let file = try ParquetScanTests.open(try Self.image(id))
            let scan = try file.scan(ParquetScanRequest(filters: [ColumnFilter("id", .equal(.string(id(7_777))))]))
            var read: [Int] = []
            var rows = 0
            for rowGroup in scan.rowGroups {
                XCTAssertEqual(file.metadata.rowGroups[rowGroup].columns[0].metadata?.encodingStats?.map { Int($0.count) }, [pageCount])
                let reader = try scan.reader(rowGroup: rowGroup)
                while let batch = try reader.next() { rows += batch.rowCount }
                if let count = reader.pageCountsByColumn["id"], count > 0 { read.append(count) }
            }
            XCTAssertEqual(rows, 1)
            // The bounds of two neighbours overlap where the order is not strict.
            XCTAssertLessThanOrEqual(read.reduce(0, +), 2)
            XCTAssertEqual(read.count, 1)
        }
    }
}
