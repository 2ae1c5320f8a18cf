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
        try ParquetTable(files: [try file(fields, rows, rowGroupRowCount: rowGroupRowCount, pageRowCount: pageRowCount)])
    }

    private static func file(_ fields: [Field], _ rows: [[Value]], rowGroupRowCount: Int, pageRowCount: Int) throws -> ParquetFile {
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
        return try ParquetFile(MemoryBytes(sink.bytes, name: "image"))
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
                        // Of equal keys any row may come: keys alone, then rows whose order leaves nothing open, against that in which they lie, so that better ones of an equal key come last.
                        for (columns, keys) in [(key, key + order), ("*", "\(key)\(order), id DESC")] {
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

    /// Ten pages of the key are read, and one of each other column: that of the two rows that come out.
    func test_lateColumns_areReadOfTheFirstRowsAlone() throws {
        let fields = [Field("n", .int64), Field("a", .string), Field("b", .int64), Field("c", .list(element: Field("element", .int64)))]
        let rows = (0..<4_000).map { (n: Int) -> [Value] in
            let number = Value.integer(Int64(n)), twice = Value.integer(Int64(2 * n))
            return [number, .string("text \(n)"), n % 10 == 5 ? Value.null : twice, .list([number, .null])]
        }
        let fixture = QueryFixture([("t", try Self.table(fields, rows, rowGroupRowCount: 1_000, pageRowCount: 100))], threads: 1)
        let query = "SELECT * FROM t ORDER BY n LIMIT 2 OFFSET 4"
        XCTAssertEqual(try fixture.rows("SELECT a, b, n FROM t ORDER BY n LIMIT 2 OFFSET 4"), "text 4,8,4|text 5,,5")
        XCTAssertEqual(try fixture.rows("SELECT c[1], b, n FROM t ORDER BY n LIMIT 2 OFFSET 4"), "4,8,4|5,,5")
        let read = try read(fixture, query)
        XCTAssertTrue(read.contains("1 of 4 row groups, 13 of 40 pages, 1000 of 4000 rows"), read)
        // A condition's columns are there, whether they pass or not.
        let filtered = try self.read(fixture, "SELECT * FROM t WHERE a LIKE '%7%' ORDER BY n LIMIT 2")
        XCTAssertTrue(filtered.contains("1 of 4 row groups, 22 of 40 pages, 1000 of 4000 rows"), filtered)
    }

    /// Rows that come of several files and row groups, in an order that is none of theirs; more of them than fit into memory together come in pieces.
    func test_lateColumns_ofRowsFromEverywhere_comeInTheirOrder() throws {
        let fields = [Field("n", .int64), Field("k", .int64), Field("long", .string)]
        // 7919 is prime to 600: each k comes once.
        func key(_ n: Int) -> Int { n * 7_919 % 600 }
        func text(_ n: Int) -> String { String(repeating: "x", count: 30_000) + "\(n)" }
        func file(_ range: Range<Int>) throws -> ParquetFile {
            let rows = range.map { (n: Int) -> [Value] in [.integer(Int64(n)), .integer(Int64(key(n))), .string(text(n))] }
            return try Self.file(fields, rows, rowGroupRowCount: 50, pageRowCount: 10)
        }
        let files = [try file(0..<200), try file(200..<600)]
        let first = (0..<600).sorted { key($0) < key($1) }.prefix(400)
        let expected = first.map { (n: Int) -> String in "\(n),\(text(n).utf8.count)" }.joined(separator: "|")
        for memory in [256 << 20, 4 << 20] {
            for threads in [1, 2] {
                let settings = QueryEngine.Settings(threadCount: threads, queryMemoryByteCountMax: memory)
                let fixture = QueryFixture([("t", try ParquetTable(files: files))], settings: settings)
                XCTAssertEqual(
                    try fixture.rows("SELECT n, length(long) FROM (SELECT n, k, long FROM t ORDER BY k LIMIT 400) s ORDER BY k"), expected, "\(memory), \(threads) threads")
            }
        }
    }

    /// Codes into the dictionaries of several row groups become texts as they become one column: charged as such.
    func test_lateColumns_takeWhatTheyAreLaidOut() throws {
        let fields = [Field("n", .int64), Field("k", .int64), Field("long", .string)]
        let rows = (0..<600).map { (n: Int) -> [Value] in
            [.integer(Int64(n)), .integer(Int64(n * 7_919 % 600)), .string(String(repeating: "x", count: 30_000) + "\(n % 3)")]
        }
        let fixture = QueryFixture([("t", try Self.table(fields, rows, rowGroupRowCount: 50, pageRowCount: 10))], threads: 1)
        let context = QueryContext(catalog: fixture.catalog, timeZone: "UTC", now: fixture.now)
        let stream = try fixture.engine.execute(try fixture.engine.prepare("SELECT n, long FROM t ORDER BY k LIMIT 400", in: context))
        var count = 0
        while let batch = try stream.next() { count += batch.rowCount }
        XCTAssertEqual(count, 400)
        XCTAssertGreaterThanOrEqual(stream.peakMemoryByteCount, 400 * 30_000)
    }

    /// A row of many megabytes is copied as it is put in order, and asks for that, also where it came as a code.
    func test_rowsOfManyMegabytes_areAskedFor_howeverTheyLie() {
        let text = String(repeating: "x", count: 20 << 20)
        let rows = (0..<2).map { (n: Int) -> [Value] in [.integer(Int64(n)), .string("\(text)\(n)")] }
        let settings = QueryEngine.Settings(threadCount: 1, queryMemoryByteCountMax: 24 << 20)
        for usesDictionaries in [false, true] {
            let table = QueryFixture.table([Field("n", .int64), Field("long", .string)], rows, batchRowCount: 1, usesDictionaries: usesDictionaries)
            let fixture = QueryFixture([("t", table)], settings: settings)
            XCTAssertEqual(fixture.error("SELECT long FROM t ORDER BY n DESC")?.slug, .spillFull, "in dictionaries: \(usesDictionaries)")
        }
    }

    /// What the footers know is read of no row; what they do not know is.
    func test_extremes_ofWholeTables_comeOfFooters() throws {
        let fields = [Field("n", .int64), Field("d", .date), Field("none", .int32), Field("x", .double), Field("s", .string)]
        func file(_ range: Range<Int>) throws -> ParquetFile {
            let rows = range.map { (n: Int) -> [Value] in
                let number = Value.integer(Int64(n)), less = Value.integer(Int64(n) - 50)
                return [n % 7 == 0 ? Value.null : less, number, .null, .double(Double(n)), .string("s\(n)")]
            }
            return try Self.file(fields, rows, rowGroupRowCount: 20, pageRowCount: 10)
        }
        let table = try ParquetTable(files: [file(0..<100), file(100..<130)]), empty = try ParquetTable(files: [file(0..<0)])
        let fixture = QueryFixture([("t", table), ("empty", empty)], threads: 1)
        let query = "SELECT min(n), max(n), max(d), min(none), count(*) FROM t"
        // 126 is a seventh: 129 is the last that is none, 1 the first.
        XCTAssertEqual(try fixture.rows(query), "-49,79,1970-05-10,,130")
        XCTAssertEqual(try fixture.rows("SELECT min(n), max(d), count(*) FROM empty"), ",,0")
        let lines = try fixture.rows("EXPLAIN ANALYZE " + query)
        XCTAssertTrue(lines.contains("0 rows scanned"), lines)
        for (query, answer) in [
            ("SELECT min(n), max(n) FROM t WHERE d < DATE '1970-01-11'", "-49,-41"), ("SELECT max(x) > 128.5, min(s), max(s) FROM t", "true,s0,s99"), ("SELECT max(n) FILTER (WHERE d < DATE '1970-01-11') FROM t", "-41"),
            ("SELECT max(n + 1) FROM t", "80"), ("SELECT count(n), max(n) FROM t", "111,79"), ("SELECT d > DATE '1970-04-11', max(n) FROM t GROUP BY 1 ORDER BY 1", "false,50|true,79"),
        ] {
            XCTAssertEqual(try fixture.rows(query), answer, query)
        }
    }
}
