import ColumnStore
import XCTest

@testable import Query

/// Batches of every type and of sizes around a word of bits, with and without NULLs, constants and dictionaries among them: what is read is what was written, and
/// the header says how much that is.
final class SpillFormatTests: XCTestCase {
    private static let columns: [(type: ColumnType, values: [Value])] = [
        (.boolean, [.boolean(true), .boolean(false)]), (.int32, [.integer(-1), .integer(Int64(Int32.max))]), (.int64, [.integer(.min), .integer(5)]),
        (.decimal38(scale: 3), [.decimal(-1), .decimal(Int128(1) << 100)]), (.double, [.double(-0.0), .double(1e300)]), (.interval, [.interval(Interval(months: 1, days: -2, microseconds: 3))]),
        (.string, [.string(""), .string("äß"), .string("long enough to be no small text")]), (.binary, [.bytes([0, 0xFF])]), (.date, [.integer(0)]),
        (.list(element: Field("element", .string)), [.list([]), .list([.string("a"), .null]), .list([.string("b")])]),
        (.structure([Field("a", .int32), Field("b", .listOf(.int64))]), [.structure([.integer(1), .list([.integer(2)])]), .structure([.null, .null])]),
    ]

    private static func column(_ type: ColumnType, _ values: [Value], count: Int, nullEvery: Int?) -> Column {
        var builder = ColumnBuilder(type: type)
        for row in 0..<count { builder.append(nullEvery.map { row % $0 == 0 } == true ? .null : values[row % values.count]) }
        return builder.finish()
    }

    private func rows(_ batch: ColumnBatch) -> [[Value]] { (0..<batch.rowCount).map { row in batch.columns.map { $0.value(at: row) } } }

    private func check(_ batch: ColumnBatch, _ types: [ColumnType], _ message: String) {
        var bytes: [UInt8] = [7]
        SpillFormat.append(batch, to: &bytes)
        let header = Array(bytes[1..<1 + SpillFormat.headerByteCount]), body = Array(bytes[(1 + SpillFormat.headerByteCount)...])
        XCTAssertEqual(SpillFormat.bodyByteCount(header), body.count, message)
        let read = SpillFormat.batch(header: header, body: body, types: types)
        XCTAssertEqual(read.rowCount, batch.rowCount, message)
        XCTAssertEqual(rows(read), rows(batch), message)
    }

    func test_batches_ofEveryTypeAndSize_comeBack() {
        for count in [0, 1, 2, 63, 64, 65, 130] {
            for nullEvery in [nil, 1, 3] as [Int?] {
                let columns = Self.columns.map { Self.column($0.type, $0.values, count: count, nullEvery: nullEvery) }
                for (column, (type, _)) in zip(columns, Self.columns) {
                    check(ColumnBatch(rowCount: count, columns: [column]), [type], "\(count) of \(type), NULL every \(nullEvery ?? 0)")
                }
                check(ColumnBatch(rowCount: count, columns: columns), Self.columns.map(\.type), "\(count) rows of all")
            }
        }
        check(ColumnBatch(rowCount: 3, columns: []), [], "rows without columns")
    }

    /// A few rows may take more than all others.
    func test_rowsByteCount_isThatOfTheirBatches() throws {
        let space = SpillSpace(directory: FileManager.default.temporaryDirectory.path, byteCountMax: 1 << 30)
        let file = try SpillFile(space, types: [.string], isIndexed: true)
        let long = Value.string(String(repeating: "x", count: 2 << 20))
        try file.write(ColumnBatch(rowCount: 3, columns: [Self.column(.string, [long], count: 3, nullEvery: nil)]))
        try file.write(ColumnBatch(rowCount: 1_000, columns: [Self.column(.string, [.string("short")], count: 1_000, nullEvery: nil)]))
        XCTAssertGreaterThanOrEqual(file.rowsByteCount(0..<3), 6 << 20)
        XCTAssertGreaterThanOrEqual(file.rowsByteCount(2..<4), 2 << 20)
        XCTAssertLessThan(file.rowsByteCount(2..<4), 3 << 20)
        XCTAssertLessThan(file.rowsByteCount(3..<1_003), 64 << 10)
        XCTAssertLessThan(file.rowsByteCount(500..<510), 1 << 10)
        XCTAssertEqual(file.rowsByteCount(5..<5), 0)
        try file.finish()
        XCTAssertEqual(space.usedByteCount, file.byteCount)
    }

    func test_constantsAndDictionaries_comeBackAsTheirValues() {
        let words = Self.column(.string, [.string("a"), .string("b")], count: 2, nullEvery: nil)
        var validity = Bitmap(repeating: true, count: 5)
        validity[2] = false
        let coded = Column(type: .string, count: 5, validity: validity, values: .dictionary(codes: [0, 1, 0, 1, 1], DictionaryValues(values: words)))
        check(ColumnBatch(rowCount: 5, columns: [coded]), [.string], "a dictionary")
        for (type, values) in Self.columns {
            check(ColumnBatch(rowCount: 5, columns: [.constant(.null, type: type, count: 5)]), [type], "NULLs of \(type)")
            if !type.isNested { check(ColumnBatch(rowCount: 5, columns: [.constant(values[0], type: type, count: 5)]), [type], "one \(type)") }
        }
    }
}
