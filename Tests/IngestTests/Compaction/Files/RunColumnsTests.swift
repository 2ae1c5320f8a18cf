import ColumnStore
import TestSupport
import XCTest

@testable import Ingest

/// Goal: the rows of a run come in order from the batches in which they lie, and its long texts are not in memory twice. Method: batches of several lengths with NULLs among
/// them, taken backwards and in part; and the most memory that taking a large run adds.
final class RunColumnsTests: XCTestCase {
    private static let schema = Schema([Field("id", .int64), Field("name", .string), Field("document", .binary)])

    /// Rows whose contents tell their places; each fifth one's document is NULL.
    private func batch(_ rows: Range<Int>) -> ColumnBatch {
        var (ids, names, documents) = (ColumnBuilder(type: .int64), ColumnBuilder(type: .string), ColumnBuilder(type: .binary))
        for row in rows {
            ids.append(integer: Int64(row))
            names.append(.string("n\(row)"))
            if row % 5 == 3 { documents.appendNull() } else { documents.append(.bytes(document(row))) }
        }
        return ColumnBatch(rowCount: rows.count, columns: [ids.finish(), names.finish(), documents.finish()])
    }

    private func document(_ row: Int) -> [UInt8] { [UInt8](repeating: UInt8(row), count: 400_000 + row) }

    private func taken(_ columns: RunColumns, _ number: Int, _ rows: ArraySlice<Int32>) throws -> (values: [Value], counts: [Int]) {
        var (values, counts): ([Value], [Int]) = ([], [])
        try columns.take(ColumnPart.all(of: Self.schema)[number], rows) { column in
            counts.append(column.count)
            for row in 0..<column.count { values.append(column.value(at: row)) }
        }
        return (values, counts)
    }

    func test_take_givesRowsInTheOrderAskedFor_longTextsSomeAtATime() throws {
        let columns = RunColumns([batch(0..<3), batch(3..<4), batch(4..<44)], Self.schema)
        let backwards = (0..<44).map { Int32(43 - $0) }
        for rows in [backwards[...], backwards[5..<40], backwards[43..<44]] {
            XCTAssertEqual(try taken(columns, 0, rows).values, rows.map { Value.integer(Int64($0)) })
            XCTAssertEqual(try taken(columns, 1, rows).values, rows.map { Value.string("n\($0)") })
            let documents = try taken(columns, 2, rows)
            XCTAssertTrue(documents.values == rows.map { $0 % 5 == 3 ? Value.null : Value.bytes(document(Int($0))) })
            // Four megabytes are thirteen of them.
            XCTAssertEqual(documents.counts, stride(from: 0, to: rows.count, by: 13).map { min(13, rows.count - $0) })
        }
        XCTAssertEqual(columns.whole(2).count, 44)
        XCTAssertTrue(columns.whole(2).value(at: 42) == .bytes(document(42)))
        XCTAssertEqual(columns.whole(1).value(at: 3), .string("n3"))
    }

    func test_take_ofLargeRun_needsLittleBesideIt() throws {
        let batches = (0..<4).map { _ in
            let texts = ByteArrays(offsets: (0...512).map { Int32($0 << 16) }, bytes: [UInt8](repeating: 1, count: 32 << 20))
            return ColumnBatch(rowCount: 512, columns: [
                Column(type: .int64, count: 512, values: .int64([Int64](repeating: 1, count: 512))),
                Column(type: .string, count: 512, values: .bytes(ByteArrays(offsets: [Int32](repeating: 0, count: 513), bytes: []))),
                Column(type: .binary, count: 512, values: .bytes(texts)),
            ])
        }
        let start = try PeakMemory.reset()
        let columns = RunColumns(batches, Self.schema)
        var rowCount = 0
        for part in ColumnPart.all(of: Self.schema) { try columns.take(part, (0..<2_048).map { Int32(2_047 - $0) }[...]) { rowCount += $0.count } }
        XCTAssertEqual(rowCount, 3 * 2_048)
        XCTAssertLessThan(try PeakMemory.byteCount() - start, 64 << 20)
    }
}
