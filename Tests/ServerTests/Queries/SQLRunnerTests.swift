import ColumnStore
import Query
import TestSupport
import XCTest

@testable import Server

/// Goal: a page ends soon after its bytes, and whatever ends it, the pages together are the answer. Method: rows of many widths over pages of few bytes.
final class SQLRunnerTests: XCTestCase {
    /// First columns of all rows, and the bytes of the largest page.
    private func walk(
        _ query: String, limit: Int = 10_000, pageByteCountMax: Int, heldByteCountMax: Int = .max, tables: [(name: String, source: any TableSource)] = [],
        settings: QueryEngine.Settings = QueryEngine.Settings(threadCount: 2)
    ) throws -> (firsts: [Int], largest: Int, pageCount: Int) {
        var runner = SQLRunner(engine: QueryEngine(settings))
        runner.pageByteCountMax = pageByteCountMax
        runner.heldByteCountMax = heldByteCountMax
        var request = SQLRequest(query: query)
        request.limit = limit
        var (firsts, largest, pageCount) = ([Int](), 0, 0)
        var position: WalkPosition?
        repeat {
            let page = try runner.page(
                request, in: QueryContext(catalog: FixedCatalog(tables: tables), now: 0), after: position, cancellation: { Cancellation() },
                hold: { if $0 > heldByteCountMax { throw Problem(.tooLarge, "it is never had") } }, seal: { _ in "there is more" })
            let answer = try JSONParser.parse(page.bytes)
            XCTAssertEqual(answer["next_cursor"] == .null, page.position == nil)
            let rows = answer["rows"]?.array ?? []
            firsts += rows.compactMap { $0.array?.first?.integer }
            position = page.position
            if position != nil { XCTAssertFalse(rows.isEmpty) }
            (largest, pageCount) = (max(largest, page.bytes.count), pageCount + 1)
        } while position != nil && pageCount < 1_000
        return (firsts, largest, pageCount)
    }

    func test_page_endsAtItsBytes_whereRowsComeAFewAtATime() throws {
        let rowByteCount = 400_000
        let walked = try walk("SELECT n, repeat('x', \(rowByteCount)) FROM generate_series(1, 40) AS s(n)", pageByteCountMax: 1 << 20)
        XCTAssertEqual(walked.firsts.sorted(), Array(1...40))
        XCTAssertGreaterThan(walked.pageCount, 1)
        // A piece of a few megabytes goes beyond.
        XCTAssertLessThan(walked.largest, 6 << 20)
    }

    /// Where there is never more memory, pages are shorter: rows of a few bytes and of many, one of which becomes six times as long, in each of the ways in which a page is found.
    func test_pages_endBeforeWhatIsNeverHeld() throws {
        let room = 4 << 20
        let wide = "repeat(chr(1), CASE WHEN n % 13 = 0 THEN 600000 ELSE 10 END)"
        for query in [
            "SELECT n, repeat('x', 300000) FROM generate_series(1, 40) AS s(n)", "SELECT n, repeat(chr(1), 100000) FROM generate_series(1, 40) AS s(n) ORDER BY n",
            "SELECT n, \(wide) FROM generate_series(1, 40) AS s(n)", "SELECT n, repeat('x', 300000) FROM generate_series(1, 40) AS s(n) LIMIT 40",
        ] {
            let walked = try walk(query, pageByteCountMax: 64 << 20, heldByteCountMax: room)
            XCTAssertEqual(walked.firsts.sorted(), Array(1...40), query)
            XCTAssertGreaterThan(walked.pageCount, 2, query)
            XCTAssertLessThanOrEqual(walked.largest, room, query)
        }
        for query in [
            // One row that is never had; and what is of chance has no second page.
            "SELECT n, repeat('x', 5000000) FROM generate_series(1, 3) AS s(n)", "SELECT n, random(), repeat('x', 300000) FROM generate_series(1, 60) AS s(n)",
        ] {
            XCTAssertThrowsError(try walk(query, pageByteCountMax: 64 << 20, heldByteCountMax: room), query) { XCTAssertEqual(($0 as? Problem)?.slug, .tooLarge, query) }
        }
        // Keys first, and then rows.
        let fields = [Field("n", .int64), Field("sequence", .int64)]
        var builder = ColumnBuilder(type: .int64)
        for number in 1...1_100 { builder.append(integer: Int64(number)) }
        let column = builder.finish()
        let table = MemoryTable(schema: Schema(fields), batches: [ColumnBatch(rowCount: column.count, columns: [column, column])])
        for said in [3, 1_000_000] {
            let walked = try walk(
                "SELECT n, repeat('x', 10000) FROM t", pageByteCountMax: 64 << 20, heldByteCountMax: room, tables: [("t", Mistaken(table, said: said))])
            XCTAssertEqual(walked.firsts, Array(1...1_100))
            XCTAssertGreaterThan(walked.pageCount, 2)
            XCTAssertLessThanOrEqual(walked.largest, room)
        }
    }

    /// What is of chance is another answer each time: it has one page, or none.
    func test_page_ofChance_isTheOnlyOne() throws {
        for query in ["SELECT n, random() FROM generate_series(1, 200) AS s(n)", "SELECT n FROM generate_series(1, 200) AS s(n) ORDER BY random() LIMIT 100"] {
            let walked = try walk(query, limit: 200, pageByteCountMax: 1 << 20)
            XCTAssertEqual(walked.pageCount, 1, query)
            XCTAssertEqual(Set(walked.firsts).count, walked.firsts.count, query)
            XCTAssertThrowsError(try walk(query, limit: 50, pageByteCountMax: 1 << 20), query) { XCTAssertEqual(($0 as? QueryError)?.slug, .unsupportedSQL, query) }
        }
    }

    /// The query's own LIMIT is less than a page's: its answer is one page but for its bytes.
    func test_limit_ofWideRows_isReached() throws {
        for order in ["", " ORDER BY n DESC"] {
            let walked = try walk("SELECT n, repeat('x', 200000) FROM generate_series(1, 200) AS s(n)\(order) LIMIT 60", pageByteCountMax: 1 << 20)
            XCTAssertEqual(walked.firsts.count, 60, order)
            XCTAssertEqual(Set(walked.firsts).count, 60, order)
            XCTAssertGreaterThan(walked.pageCount, 1, order)
            if !order.isEmpty { XCTAssertEqual(walked.firsts, Array((141...200).reversed())) }
        }
        XCTAssertEqual(try walk("SELECT n FROM generate_series(1, 200) AS s(n) LIMIT 60", pageByteCountMax: 1 << 20).pageCount, 1)
    }

    /// Says that it has another number of rows than it has.
    private final class Mistaken: TableSource {
        let rows: MemoryTable
        let said: Int

        init(_ rows: MemoryTable, said: Int) { (self.rows, self.said) = (rows, said) }

        var schema: Schema { rows.schema }
        var statistics: TableStatistics { TableStatistics(rowCount: said) }
        func scan(_ request: ScanRequest) throws -> any TableScan { try rows.scan(request) }
    }

    /// A small answer is read at once, a large one by its keys first, whatever the planner took it for: pages have the rows that were asked for, in order.
    func test_pages_areTheSame_howeverManyRowsAreExpected() throws {
        let fields = [Field("n", .int64), Field("sequence", .int64)]
        for count in [0, 1_000, 1_001, 3_100] {
            // Not in the order of their sequences.
            let numbers: [Int64] = (0..<count).map { Int64($0 * 7919 % 10_007) }
            let batches = stride(from: 0, to: count, by: 700).map { (start: Int) -> ColumnBatch in
                var builder = ColumnBuilder(type: .int64)
                for number in numbers[start..<min(count, start + 700)] { builder.append(integer: number) }
                let column = builder.finish()
                return ColumnBatch(rowCount: column.count, columns: [column, column])
            }
            let table = MemoryTable(schema: Schema(fields), batches: batches)
            let all = numbers.map { Int($0) }.sorted()
            for said in [3, 1_000_000] {
                for (limit, order) in [(10_000, ""), (3_000, " ORDER BY n DESC"), (400, "")] {
                    let walked = try walk("SELECT n FROM t\(order)", limit: limit, pageByteCountMax: 1 << 20, tables: [("t", Mistaken(table, said: said))])
                    let message = "\(count) rows, \(said) expected, pages of \(limit)\(order)"
                    XCTAssertEqual(walked.firsts, order.isEmpty ? all : all.reversed(), message)
                    XCTAssertEqual(walked.pageCount, max(1, (count + limit - 1) / limit), message)
                }
            }
        }
    }

    /// A few long texts, each beside the many elements of a list: an answer of far more bytes than a page, of which no more are kept than it takes. There is
    /// no room to write any aside.
    func test_pages_ofWideRows_keepNoMoreThanTheyTake() throws {
        let (rowCount, elementCount, textByteCount) = (6, 300, 100_000)
        let text = [UInt8](repeating: 0x78, count: textByteCount)
        let texts = ByteArrays(offsets: (0...rowCount).map { Int32($0 * textByteCount) }, bytes: (0..<rowCount).flatMap { _ in text })
        let batch = ColumnBatch(
            rowCount: rowCount,
            columns: [
                Column(type: .int64, count: rowCount, values: .int64((0..<rowCount).map { Int64(10 - $0) })),
                Column(type: .string, count: rowCount, values: .bytes(texts)),
                Column(
                    type: .list(element: Field("element", .int64)), count: rowCount,
                    values: .list(
                        offsets: (0...rowCount).map { Int32($0 * elementCount) },
                        element: Column(type: .int64, count: rowCount * elementCount, values: .int64((0..<rowCount * elementCount).map { Int64($0) })))),
            ])
        let table = MemoryTable(schema: Schema([Field("sequence", .int64), Field("text", .string), Field("l", .list(element: Field("element", .int64)))]), batches: [batch])
        let settings = QueryEngine.Settings(threadCount: 2, queryMemoryByteCountMax: 160 << 20, spillByteCountMax: 0)
        let pageByteCountMax = 4 << 20
        let query = "SELECT e, t.text FROM t, UNNEST(t.l) AS u(e)"
        let walked = try walk(query, pageByteCountMax: pageByteCountMax, tables: [("t", table)], settings: settings)
        // In the order of the sequences, which fall.
        XCTAssertEqual(walked.firsts, (0..<rowCount).reversed().flatMap { row in (0..<elementCount).map { row * elementCount + $0 } })
        XCTAssertGreaterThan(walked.pageCount, rowCount * elementCount * textByteCount / (8 << 20))
        XCTAssertLessThan(walked.largest, pageByteCountMax + (5 << 20))
        for (offset, limit) in [(0, 7), (20, 400)] {
            let part = try walk("\(query) LIMIT \(limit) OFFSET \(offset)", pageByteCountMax: pageByteCountMax, tables: [("t", table)], settings: settings)
            XCTAssertEqual(Set(part.firsts).count, limit, "\(offset)")
        }
    }

    /// Row groups wait in memory until they are whole: of the query's.
    func test_parquet_isChargedToItsQuery_andEndsRowGroupsEarly() throws {
        let query = "SELECT n, repeat('x', 900) || n AS a, repeat('y', 900) || n AS b FROM generate_series(1, 40000) AS s(n)"
        var groupCounts: [Int] = []
        for memory in [16 << 20, 256 << 20] {
            let engine = QueryEngine(QueryEngine.Settings(threadCount: 2, queryMemoryByteCountMax: memory))
            let runner = SQLRunner(engine: engine)
            let started = try runner.start(SQLRequest(query: query), in: QueryContext(catalog: FixedCatalog(tables: []), now: 0), cancellation: Cancellation())
            var (file, most) = ([UInt8](), 0)
            try runner.write(started, as: .parquet) { bytes in
                most = max(most, engine.memoryByteCounts.used)
                file += bytes
                bytes.removeAll(keepingCapacity: true)
            }
            XCTAssertGreaterThan(most, 4 << 20, "\(memory)")
            XCTAssertLessThan(most, memory + (16 << 20), "\(memory)")
            let read = try ParquetFile(MemoryBytes(file, name: "answer"))
            XCTAssertEqual(read.metadata.rowCount, 40_000)
            groupCounts.append(read.metadata.rowGroups.count)
        }
        XCTAssertGreaterThan(groupCounts[0], 2 * groupCounts[1], "\(groupCounts)")
    }
}
