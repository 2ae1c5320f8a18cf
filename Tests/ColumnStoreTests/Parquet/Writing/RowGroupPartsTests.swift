@testable import ColumnStore
import TestSupport
import XCTest

/// Row groups that are written column by column are those that whole batches give.
final class RowGroupPartsTests: XCTestCase {
    private static let schema = RandomTable.allTypes

    private func options(_ workerCount: Int) -> WriterOptions {
        var options = WriterOptions()
        options.rowGroupRowCount = 700
        options.pageRowCount = 70
        options.bulkyByteCount = 2_000
        options.workerCount = workerCount
        options.columns = ["key": ColumnWriterOptions(hasBloomFilter: true), "blob": ColumnWriterOptions(encoding: .only(.plain), hasBounds: false)]
        return options
    }

    func test_appendRowGroup_isByteForByteWhatBatchesGive() throws {
        let table = RandomTable(Self.schema, batchRowCounts: [700, 700], seed: 41)
        for workerCount in [1, 3] {
            let whole = MemorySink()
            let writer = try FileWriter(table.schema, options: options(workerCount), to: whole)
            // In the steps in which the parts come, since bulky columns are cut where a step ends.
            for batch in table.batches {
                for start in stride(from: 0, to: 700, by: 100) { try writer.append(batch.slice(start..<start + 100)) }
            }
            _ = try writer.finish()
            let parts = MemorySink()
            let other = try FileWriter(table.schema, options: options(workerCount), to: parts)
            for batch in table.batches {
                try other.appendRowGroup(rowCount: 700) { part, take in
                    for start in stride(from: 0, to: 700, by: 100) { try take(part.column(of: batch.slice(start..<start + 100).columns)) }
                }
            }
            XCTAssertEqual(try other.finish().rowCount, 1_400)
            XCTAssertEqual(parts.bytes, whole.bytes)
        }
    }

    /// Each takes tens of megabytes. Method: every row is a piece, and what is in the making is counted after each.
    func test_piecesOfLongTexts_thatAreInTheMaking_areAsFewAsThreadsNeed() throws {
        for (workerCount, expected) in [(1, 0), (2, 1), (3, 1), (4, 2)] {
            var options = WriterOptions()
            options.workerCount = workerCount
            options.bulkyByteCount = 10_000
            options.columns = ["document": ColumnWriterOptions(encoding: .only(.plain), hasBounds: false)]
            let writer = try FileWriter(Schema([Field("document", .binary, isRequired: true)]), options: options, to: MemorySink())
            var most = 0
            for _ in 0..<6 {
                let texts = ByteArrays(offsets: [0, 20_000], bytes: [UInt8](repeating: 7, count: 20_000))
                try writer.append(ColumnBatch(rowCount: 1, columns: [Column(type: .binary, count: 1, values: .bytes(texts))]))
                most = max(most, writer.rowGroup.inFlightCount)
            }
            XCTAssertEqual(most, expected, "\(workerCount) threads")
            XCTAssertEqual(try writer.finish().rowCount, 6)
        }
    }

    func test_appendRowGroup_aColumnWithOtherRows_isRefused() throws {
        let table = RandomTable(Self.schema, batchRowCounts: [100], seed: 42)
        let writer = try FileWriter(table.schema, options: options(1), to: MemorySink())
        XCTAssertThrowsError(
            try writer.appendRowGroup(rowCount: 100) { part, take in
                try take(part.column(of: table.batches[0].slice(0..<(part.path == "key" ? 99 : 100)).columns))
            })
        XCTAssertThrowsError(try writer.finish())
    }
}
