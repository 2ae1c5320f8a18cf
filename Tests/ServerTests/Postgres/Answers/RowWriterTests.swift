import ColumnStore
import XCTest

@testable import Server

/// Goal: what an answer's text may take is known before it is written. Method: rows within rows, whose quotes double at each level, and lists within lists, written to nobody.
final class RowWriterTests: XCTestCase {
    /// One row of so many rows within each other.
    private func nested(_ depth: Int) -> ColumnBatch {
        var (type, value) = (ColumnType.int32, Value.integer(1))
        for _ in 0..<depth { (type, value) = (.structure([Field("f1", type)]), .structure([value])) }
        var builder = ColumnBuilder(type: type)
        builder.append(value)
        return ColumnBatch(rowCount: 1, columns: [builder.finish()])
    }

    private func written(_ batch: ColumnBatch) throws -> [UInt8] {
        var sent: [UInt8] = []
        let output = AnswerOutput(send: { sent += $0 }, charge: { _ in })
        let writer = RowWriter(form: .rows([.text]), columns: [WireField("row", type: PostgresType.record.rawValue)], style: .utc)
        try writer.write(batch, 0..<batch.rowCount, to: output)
        try output.flush()
        return sent
    }

    func test_rowsWithinRows_areWrittenAsPostgreSQLDoes() throws {
        let sent = try written(nested(4))
        XCTAssertEqual(String(decoding: sent.dropFirst(11), as: UTF8.self), #"("(""(""""(1)"""")"")")"#)
    }

    func test_quotesWithinQuotes_areRefusedBeforeTheyAreWritten() {
        for depth in [24, 70] {
            XCTAssertThrowsError(try written(nested(depth))) { XCTAssertEqual(($0 as? PostgresFault)?.state, .programLimitExceeded) }
        }
    }

    /// Were all lists of a level asked twice for their lengths, this would not come to an end.
    func test_listsWithinLists_inBinary() {
        var (type, value) = (ColumnType.int32, Value.integer(1))
        for _ in 0..<100 { (type, value) = (.list(element: Field("element", type)), .list([value])) }
        var builder = ColumnBuilder(type: type)
        builder.append(value)
        var bytes: [UInt8] = []
        CellEncoder(builder.finish(), .binary, style: .utc, as: .array(of: .int4)).append(0, to: &bytes)
        XCTAssertEqual(bytes.prefix(12), [0, 0, 0, 100, 0, 0, 0, 0, 0, 0, 0, 23])
        XCTAssertEqual(bytes.count, 12 + 100 * 8 + 8)
    }
}
