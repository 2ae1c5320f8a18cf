@testable import ColumnStore
import TestSupport
import XCTest

/// Goal: a filter that the statistics of a row group settle is not read for it, and only such a one. Method: four row groups of 1,000 rows; pages
/// are counted by column, rows are compared with a filter row by row.
final class SettledFilterTests: XCTestCase {
    private static let schema = Schema([
        Field("number", .int64, isRequired: true), Field("day", .date), Field("gap", .int32), Field("ratio", .double), Field("text", .string),
    ])

    private static func row(_ index: Int) -> [Value] {
        [
            .integer(Int64(index)), .integer(Int64(20_000 + index / 100)), index == 1_500 ? .null : .integer(7),
            .double(index == 2_500 ? .nan : 0.5), .string("a\(index % 10)"),
        ]
    }

    private static func file() throws -> ParquetFile {
        var builders = schema.fields.map { ColumnBuilder(type: $0.type) }
        for index in 0..<4_000 { for (column, value) in row(index).enumerated() { builders[column].append(value) } }
        var options = WriterOptions()
        options.rowGroupRowCount = 1_000
        options.pageRowCount = 100
        let sink = MemorySink()
        let writer = try FileWriter(schema, options: options, to: sink)
        try writer.append(ColumnBatch(rowCount: 4_000, columns: builders.indices.map { builders[$0].finish() }))
        _ = try writer.finish()
        return try ParquetFile(MemoryBytes(sink.bytes, name: "image"))
    }

    /// Pages of a column read in each row group; the rows are checked on the way.
    private func pages(_ column: String, _ projection: [ColumnPath], _ filters: [ColumnFilter], line: UInt = #line) throws -> [Int] {
        let scan = try Self.file().scan(ParquetScanRequest(projection: projection, filters: filters))
        var rows: [[Value]] = []
        var pages: [Int] = []
        for rowGroup in scan.rowGroups {
            let reader = try scan.reader(rowGroup: rowGroup)
            while let batch = try reader.next() { for row in 0..<batch.rowCount { rows.append(batch.columns.map { $0.value(at: row) }) } }
            pages.append(reader.pageCountsByColumn[column] ?? 0)
        }
        let names = Self.schema.fields.map(\.name)
        let expected = (0..<4_000).map(Self.row).filter { row in
            filters.allSatisfy { filter in filter.passes(row[names.firstIndex(of: filter.path.names[0]) ?? 0]) }
        }.map { row in projection.map { row[names.firstIndex(of: $0.names[0]) ?? 0] } }
        XCTAssertEqual(rows.map { $0.map(ParquetDump.cell) }, expected.map { $0.map(ParquetDump.cell) }, "\(filters)", line: line)
        return pages
    }

    private func range(_ name: String, _ least: Int64?, _ greatest: Int64?) -> ColumnFilter {
        ColumnFilter(ColumnPath(name), .range(lower: least.map { .init(.integer($0), isInclusive: true) }, upper: greatest.map { .init(.integer($0), isInclusive: true) }))
    }

    func test_filterThatAllRowsPass_isNotRead() throws {
        XCTAssertEqual(try pages("number", ["text"], [range("number", nil, 3_999)]), [0, 0, 0, 0])
        XCTAssertEqual(try pages("number", ["text"], [ColumnFilter("number", .notEqual(.integer(4_000))), range("day", 0, 90_000)]), [0, 0, 0, 0])
        XCTAssertEqual(try pages("day", ["text"], [range("day", 20_005, nil)]).map { $0 > 0 }, [true, false, false, false])
        XCTAssertEqual(try pages("number", ["text"], [range("number", nil, 3_998)]).map { $0 > 0 }, [false, false, false, true])
        XCTAssertEqual(try pages("text", [], [range("number", 0, nil)]), [0, 0, 0, 0])
    }

    func test_columnThatIsWantedOtherwise_isRead() throws {
        XCTAssertEqual(try pages("number", ["text", "number"], [range("number", nil, 3_999)]).map { $0 > 0 }, [true, true, true, true])
        XCTAssertEqual(try pages("number", ["text"], [range("number", nil, 3_999), range("number", 500, nil)]).map { $0 > 0 }, [true, false, false, false])
        XCTAssertEqual(try pages("number", ["number"], [range("number", nil, 3_999), ColumnFilter("text", .equal(.string("a3")))]).map { $0 > 0 }, [true, true, true, true])
    }

    func test_boundsThatSayTooLittle_settleNothing() throws {
        // A NULL passes no test of values, NaN is above every bound, and texts are asked.
        XCTAssertEqual(try pages("gap", ["text"], [range("gap", 7, 7)]).map { $0 > 0 }, [false, true, false, false])
        XCTAssertEqual(try pages("ratio", ["text"], [ColumnFilter("ratio", .range(lower: nil, upper: .init(.double(9), isInclusive: true)))]).map { $0 > 0 }, [true, true, true, true])
        XCTAssertEqual(try pages("text", ["number"], [ColumnFilter("text", .hasPrefix(Array("a".utf8)))]).map { $0 > 0 }, [true, true, true, true])
    }
}
