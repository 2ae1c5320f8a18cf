import ColumnStore
import Query
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

    /// What was asked for in all, and what was sent: a row's cells are there once by themselves, and once as its message.
    private func asked(_ values: [Value], _ type: ColumnType, style: AnswerStyle = .utc, copy options: CopyOptions? = nil) throws -> (byteCount: Int, sentCount: Int) {
        let columns = values.map { value in
            var builder = ColumnBuilder(type: type)
            builder.append(value)
            return builder.finish()
        }
        var sentCount = 0, byteCount = 0
        let output = AnswerOutput(send: { sentCount += $0.count }, charge: { byteCount = max(byteCount, $0) })
        let formats = values.map { _ in WireFormat.text }
        let form: RowWriter.Form
        if let options { form = .copy(try CopyRows(CopyWriter(options), head: nil, isBinary: false, to: output), formats) } else { form = .rows(formats) }
        let wire = values.map { _ in WireField("x", type: (type == .binary ? PostgresType.bytea : .text).rawValue) }
        try RowWriter(form: form, columns: wire, style: style).write(ColumnBatch(rowCount: 1, columns: columns), 0..<1, to: output)
        try output.flush()
        return (byteCount, sentCount)
    }

    func test_formsThatMakeMoreOfValues_areAskedForAsSuch() throws {
        let escaped = AnswerStyle(zone: .utc, forms: ValueForms(escapesBytes: true)), bytes = Value.bytes([UInt8](repeating: 1, count: 200_000))
        var quoted = CopyOptions(), delimited = CopyOptions(), null = CopyOptions()
        quoted.form = .csv
        quoted.quote = UInt8(ascii: "x")
        delimited.delimiter = UInt8(ascii: "X")
        null.null = String(repeating: "n", count: 200_000)
        for (name, found) in [
            ("bytes as octal digits", try asked([bytes], .binary, style: escaped)), ("the same in a copy", try asked([bytes], .binary, style: escaped, copy: CopyOptions())),
            ("quotes that somebody has chosen", try asked([.string(String(repeating: "x", count: 200_000))], .string, copy: quoted)),
            ("a delimiter", try asked([.string(String(repeating: "X", count: 200_000))], .string, copy: delimited)), ("texts of NULLs", try asked([.null, .null, .null], .string, copy: null)),
        ] {
            XCTAssertGreaterThan(found.sentCount, 400_000, name)
            XCTAssertGreaterThanOrEqual(found.byteCount, 2 * found.sentCount, name)
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
