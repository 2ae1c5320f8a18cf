import ColumnStore
import XCTest

@testable import Documents
@testable import Ingest

/// Goal: rows of any length are laid into columns of bounded size. Method: some whose ids are a megabyte long.
final class ColumnTailTests: XCTestCase {
    func test_append_ofLongRows_endsChunksAndGroupsByTheirBytes() throws {
        let tail = ColumnTail(table: "receipts", tables: TableColumns(), groups: [])
        let kind = RowFormat(table: "receipts", type: "t", version: 1, contentType: "application/json", layout: RowLayout(fields: []))
        let columns = [UInt8](repeating: 0x78, count: 1 << 20)
        let rows = (Int64(1)...100).map { number in
            TailRow(
                row: number, sequence: number, ticket: ULID(high: UInt64(number), low: 0), receivedAt: 1, state: .complete, completedAt: 1, kind: kind, businessDay: 1,
                issuedAt: 1, columns: columns, clientByteCount: 1, receiptByteCount: columns.count - 1)
        }
        XCTAssertTrue(tail.append(rows), "enough to be laid down")
        XCTAssertGreaterThan(tail.byteCountInMemory, 100 << 20)
        let chunks = try XCTUnwrap(try tail.chunksToFlush(isFinal: false))
        XCTAssertGreaterThan(chunks.count, 1)
        for chunk in chunks { XCTAssertLessThanOrEqual(chunk.byteCount, ColumnTail.chunkByteCountMax + columns.count + 1_000) }
        let rowCount = chunks.reduce(0) { $0 + $1.bounds.rowCount }
        XCTAssertEqual(chunks.first?.bounds.firstRow, 1)
        XCTAssertEqual(chunks.last?.bounds.lastRow, Int64(rowCount))
        XCTAssertLessThan(rowCount, 80, "a group has some 64 MiB")
        XCTAssertEqual(try tail.view(through: .max).chunks.map(\.bounds.rowCount).reduce(0, +), 100)
        XCTAssertGreaterThan(tail.byteCountInMemory, 100 << 20)
    }

    /// An absent value is a bit of its row, and eight bytes of its column.
    func test_append_ofRowsWithoutValues_countsTheirColumns() throws {
        let fields = (0..<400).map { Field("c\($0)", .int64) }
        let kind = RowFormat(table: "receipts", type: "t", version: 1, contentType: "application/json", layout: RowLayout(fields: fields))
        var builder = HotChunkBuilder(typeColumns: fields)
        var count: Int64 = 0
        while !builder.isFull {
            count += 1
            try builder.append(
                TailRow(
                    row: count, sequence: count, ticket: ULID(high: UInt64(count), low: 0), receivedAt: 1, state: .complete, completedAt: 1, kind: kind, businessDay: 1,
                    issuedAt: 1, columns: [0x61, 0x62] + [UInt8](repeating: 0, count: 50), clientByteCount: 1, receiptByteCount: 1))
        }
        XCTAssertLessThan(builder.rowCount, ColumnTail.chunkRowCount)
        XCTAssertGreaterThanOrEqual(builder.chunk().byteCount, builder.rowCount * fields.count * 8)
    }
}
