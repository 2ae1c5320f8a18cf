@testable import ColumnStore
import TestSupport
import XCTest

/// Goal: long strings that repeat at first and then no more leave no dictionary that a reader has no room for. Method: limits of some kilobytes, row groups that come part by part and in
/// batches, and what the footer says of the chunk beside what is read of it.
final class FullDictionaryTests: XCTestCase {
    private static let schema = Schema([Field("text", .string)])
    private static let rowCount = 600
    private static let dictionaryByteCount = 10_000

    /// Five strings of 100 bytes that take turns, and from row 300 on a new one in each row.
    private static func text(_ row: Int) -> String {
        let name = row < 300 ? "k\(row % 5)-" : "n\(row)-"
        return name + String(repeating: "x", count: 100 - name.utf8.count)
    }

    private static var column: Column {
        var builder = ColumnBuilder(type: .string)
        for row in 0..<rowCount { builder.append(.string(text(row))) }
        return builder.finish()
    }

    private func change(_ options: inout WriterOptions, _ workerCount: Int = 1, encoding: ColumnWriterOptions.Encoding = .automatic) {
        options.dictionaryByteCount = Self.dictionaryByteCount
        options.plainByteCountMax = 20_000
        options.bulkyByteCount = 5_000
        options.codec = .uncompressed
        options.workerCount = workerCount
        options.columns = ["text": ColumnWriterOptions(encoding: encoding, hasBloomFilter: true)]
    }

    /// Two row groups of the rows, each in steps.
    private func file(step: Int, _ workerCount: Int, encoding: ColumnWriterOptions.Encoding = .automatic) throws -> ParquetFile {
        var options = WriterOptions()
        change(&options, workerCount, encoding: encoding)
        let (sink, column) = (MemorySink(), Self.column)
        let writer = try FileWriter(Self.schema, options: options, to: sink)
        for _ in 0..<2 {
            try writer.appendRowGroup(rowCount: Self.rowCount) { _, take in
                for start in stride(from: 0, to: Self.rowCount, by: step) { try take(column.slice(start..<start + step)) }
            }
        }
        _ = try writer.finish()
        return try ParquetScanTests.open(sink.bytes)
    }

    private func chunks(_ file: ParquetFile) throws -> [ColumnMetadata] { try file.metadata.rowGroups.map { try XCTUnwrap($0.columns[0].metadata) } }

    private func check(_ file: ParquetFile, _ place: String) throws {
        let rows = (0..<Self.rowCount).map { [Value.string(Self.text($0))] }
        XCTAssertTrue(try ParquetScanTests.rows(try file.scan()) == rows + rows, place)
        for row in [3, 310, 599] {
            let found = try ParquetScanTests.rows(try file.scan(ParquetScanRequest(filters: [ColumnFilter("text", .equal(.string(Self.text(row))))])))
            XCTAssertEqual(found.count, row < 300 ? 120 : 2, "row \(row), \(place)")
        }
    }

    func test_partsWhoseDictionaryIsFull_goOnWithoutIt() throws {
        let plain = try chunks(file(step: 50, 1, encoding: .only(.plain)))
        for (step, workerCount) in [(50, 1), (50, 3), (600, 1), (600, 3)] {
            let place = "\(step) rows at a time, \(workerCount) threads"
            let file = try file(step: step, workerCount)
            let own = try chunks(file)
            XCTAssertEqual(own.count, 2, place)
            for (chunk, other) in zip(own, plain) {
                let dictionaryPlace = try XCTUnwrap(chunk.dictionaryPageOffset, place)
                // What one step brings may come on top, and a header.
                XCTAssertLessThanOrEqual(chunk.dataPageOffset - dictionaryPlace, Int64(2 * Self.dictionaryByteCount + 100), place)
                let encodings = (chunk.encodingStats ?? []).filter { $0.pageKind != .dictionary }.map(\.encoding)
                XCTAssertTrue(encodings.contains(.rleDictionary) && encodings.contains { $0 != .rleDictionary }, "\(encodings), \(place)")
                XCTAssertNil(chunk.statistics?.distinctCount, place)
                XCTAssertEqual(chunk.bloomFilterByteCount, other.bloomFilterByteCount, "as large as of the same values without a dictionary, \(place)")
            }
            try check(file, place)
        }
    }

    func test_batchesWhoseDictionaryIsFull_goOnWithoutIt() throws {
        let column = Self.column
        let batches = stride(from: 0, to: Self.rowCount, by: 50).map { ColumnBatch(rowCount: 50, columns: [column.slice($0..<$0 + 50)]) }
        let file = try ParquetScanTests.open(
            try ParquetScanTests.image(RandomTable(schema: Self.schema, batches: batches + batches)) {
                change(&$0)
                $0.rowGroupRowCount = Self.rowCount
            })
        XCTAssertEqual(file.metadata.rowGroups.count, 2)
        for chunk in try chunks(file) {
            let dictionaryPlace = try XCTUnwrap(chunk.dictionaryPageOffset)
            XCTAssertLessThanOrEqual(chunk.dataPageOffset - dictionaryPlace, Int64(2 * Self.dictionaryByteCount + 100))
        }
        try check(file, "batches")
    }

    /// Long strings that repeat are what a dictionary serves best, however much they would take without it.
    func test_longStringsThatGoOnRepeating_keepTheirDictionary() throws {
        var builder = ColumnBuilder(type: .string)
        for row in 0..<Self.rowCount { builder.append(.string(Self.text(row % 300))) }
        let file = try ParquetScanTests.open(
            try ParquetScanTests.image(RandomTable(schema: Self.schema, batches: [ColumnBatch(rowCount: Self.rowCount, columns: [builder.finish()])])) { change(&$0) })
        XCTAssertEqual(try chunks(file).map { $0.statistics?.distinctCount }, [5])
    }
}
