import ColumnStore
import TestSupport
import XCTest

@testable import Ingest

/// Goal: neighbours that take more memory together than reading may are read one by one, each once and in order; a row that does alone is an error. Method: long texts among short ones, with
/// little memory.
final class NarrowingReaderTests: XCTestCase {
    private static let lengths = [Int](repeating: 4, count: 500) + [Int](repeating: 100_000, count: 20) + [Int](repeating: 4, count: 500)

    private func file(_ lengths: [Int], byteCount: Int) throws -> ParquetFile {
        var builder = ColumnBuilder(type: .binary)
        for (row, length) in lengths.enumerated() { builder.append(.bytes([UInt8](repeating: UInt8(row % 251), count: length))) }
        var options = WriterOptions()
        options.pageByteCount = 64 << 10
        options.defaultColumn = ColumnWriterOptions(encoding: .only(.plain))
        let sink = MemorySink()
        let writer = try FileWriter(Schema([Field("text", .binary, isRequired: true)]), options: options, to: sink)
        // Pages are cut between rows then, wherever the writer cuts what comes at once.
        let column = builder.finish()
        for row in lengths.indices { try writer.append(ColumnBatch(rowCount: 1, columns: [column.slice(row..<row + 1)])) }
        _ = try writer.finish()
        return try ParquetFile(MemoryBytes(sink.bytes, name: "texts"), options: ParquetReadOptions(memoryBudgetByteCount: byteCount))
    }

    /// What is read of `rows`, and of how many rows the batches are.
    private func read(_ file: ParquetFile, _ rows: Range<Int>, isNarrowing: Bool) throws -> (values: [Value], counts: Set<Int>) {
        // Some 130 rows a batch, by the mean.
        let request = ParquetScanRequest()
        let reader = try NarrowingReader(try file.scan(request), rowGroup: 0, rows: rows, single: isNarrowing ? { try file.scan(request.single) } : nil)
        var (values, counts): ([Value], Set<Int>) = ([], [])
        while let batch = try reader.next() {
            counts.insert(batch.rowCount)
            for row in 0..<batch.rowCount { values.append(batch.columns[0].value(at: row)) }
        }
        return (values, counts)
    }

    private func expected(_ rows: Range<Int>) -> [Value] { rows.map { .bytes([UInt8](repeating: UInt8($0 % 251), count: Self.lengths[$0])) } }

    func test_longNeighbours_areReadOneByOne() throws {
        let file = try file(Self.lengths, byteCount: 1 << 20)
        for rows in [0..<1_020, 17..<1_003, 505..<1_020] {
            XCTAssertThrowsError(try read(file, rows, isNarrowing: false), "\(rows)") { XCTAssertEqual(($0 as? ColumnStoreError)?.code, .overBudget, "\(rows)") }
            let found = try read(file, rows, isNarrowing: true)
            XCTAssertTrue(found.values == expected(rows), "\(rows)")
            XCTAssertTrue(found.counts.contains(1), "\(rows)")
        }
        XCTAssertFalse(try read(file, 0..<300, isNarrowing: true).counts.contains(1), "short ones are read together")
    }

    func test_aRowThatIsTooLongAlone_isAnError() throws {
        let file = try file([4, 4, 3_000_000, 4], byteCount: 1 << 20)
        XCTAssertThrowsError(try read(file, 0..<4, isNarrowing: true)) { XCTAssertEqual(($0 as? ColumnStoreError)?.code, .overBudget) }
    }
}
