import ColumnStore
import Query
import TestSupport
import XCTest

/// Goal: a sort that wants few rows has its scan read little more than these, and the rows are those of the whole order.
///
/// Method: what EXPLAIN ANALYZE counts of a file whose order is known; random rows of every type that a bound moves over, in many row groups, beside the same
/// order without a limit.
final class FirstRowsTests: XCTestCase {
    private static func table(_ fields: [Field], _ rows: [[Value]], rowGroupRowCount: Int, pageRowCount: Int) throws -> ParquetTable {
        let columns = fields.enumerated().map { index, field in
            var builder = ColumnBuilder(type: field.type)
            for row in rows { builder.append(row[index]) }
            return builder.finish()
        }
        var options = WriterOptions()
        options.rowGroupRowCount = rowGroupRowCount
        options.pageRowCount = pageRowCount
        let sink = MemorySink()
        let writer = try FileWriter(Schema(fields), options: options, to: sink)
        try writer.append(ColumnBatch(rowCount: rows.count, columns: columns))
        _ = try writer.finish()
        return try ParquetTable(files: [try ParquetFile(MemoryBytes(sink.bytes, name: "image"))])
    }

    /// What a scan read of how much, as EXPLAIN ANALYZE has it.
    private func read(_ fixture: QueryFixture, _ query: String) throws -> String {
        let lines = try fixture.rows("EXPLAIN ANALYZE " + query).split(separator: "|").map(String.init)
        return try XCTUnwrap(lines.first { $0.contains("read: ") }, "\(lines)")
    }

    /// Four row groups of a thousand rows: the one that has the first rows is read first, and says that no other has any.
    func test_firstRows_leaveRowGroupsUnread_inEitherDirection() throws {
        let table = try Self.table([Field("n", .int64)], (0..<4_000).map { [.integer(Int64($0))] }, rowGroupRowCount: 1_000, pageRowCount: 100)
        let fixture = QueryFixture([("t", table)], threads: 1)
        for (query, rows) in [
            ("SELECT n FROM t ORDER BY n LIMIT 3", "0|1|2"), ("SELECT n FROM t ORDER BY n DESC LIMIT 3", "3999|3998|3997"),
            ("SELECT n FROM t WHERE n % 2 = 1 ORDER BY n DESC OFFSET 1 LIMIT 2", "3997|3995"),
        ] {
            XCTAssertEqual(try fixture.rows(query), rows, query)
            let read = try read(fixture, query)
            XCTAssertTrue(read.contains("1 of 4 row groups") && read.contains("1000 of 4000 rows"), "\(query): \(read)")
        }
        // All of them where the key is none of the table's columns.
        let read = try read(fixture, "SELECT n FROM t ORDER BY -n LIMIT 3")
        XCTAssertTrue(read.contains("4 of 4 row groups"), read)
    }

    /// Keys with NULLs and many equal ones: what comes first is what comes first of all.
    func test_firstRows_ofRandomKeys_areThoseOfTheWholeOrder() throws {
        var random = SplitMix64(state: 0xF125)
        let fields = [
            Field("id", .int64), Field("i", .int32), Field("x", .double), Field("s", .string), Field("m", .decimal(precision: 18, scale: 2)), Field("d", .date),
            Field("b", .boolean), Field("long", .string),
        ]
        func some(_ value: Value) -> Value { random.next() % 9 == 0 ? .null : value }
        let rows: [[Value]] = (0..<2_000).map { id in
            let number = Int64(random.next() % 700)
            return [
                .integer(Int64(id)), some(.integer(number - 350)), some(number == 1 ? .double(.nan) : .double(Double(number) / 4 + 1)),
                some(.string(number % 3 == 0 ? "" : "t\(number)")), some(.decimal(Int128(number) * 5)), some(.integer(number * 3)), some(.boolean(number < 9)),
                .string("row \(id) of many"),
            ]
        }
        for (threads, names) in [(1, ["file"]), (2, ["file", "memory"])] {
            let fixture = QueryFixture(
                [
                    ("file", try Self.table(fields, rows, rowGroupRowCount: 250, pageRowCount: 64)),
                    ("memory", QueryFixture.table(fields, rows, batchRowCount: 100, usesDictionaries: true)),
                ], threads: threads)
            for name in names {
                for key in ["i", "x", "s", "m", "d", "b"] {
                    for order in ["", " DESC", " NULLS FIRST", " DESC NULLS LAST"] {
                        // Of equal keys any row may come: keys alone, then rows whose order leaves nothing open.
                        for (columns, keys) in [(key, key + order), ("*", "\(key)\(order), id")] {
                            let query = "SELECT \(columns) FROM \(name) WHERE long LIKE '%7%' ORDER BY \(keys)"
                            let all = try fixture.rows(query).split(separator: "|", omittingEmptySubsequences: false)
                            XCTAssertGreaterThan(all.count, 400, query)
                            for (limit, offset) in [(1, 0), (7, 90), (300, 5)] {
                                let first = try fixture.rows("\(query) LIMIT \(limit) OFFSET \(offset)").split(separator: "|", omittingEmptySubsequences: false)
                                XCTAssertEqual(first, Array(all[offset..<offset + limit]), "\(query) LIMIT \(limit) OFFSET \(offset), \(threads) threads")
                            }
                        }
                    }
                }
            }
        }
    }
}
