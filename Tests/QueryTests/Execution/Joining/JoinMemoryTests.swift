import ColumnStore
import TestSupport
import XCTest

@testable import Query

/// Joins whose right side is many times the budget give what they give in memory: divided once, divided again, and in blocks where one key has
/// most of the rows or no key must be equal.
final class JoinMemoryTests: XCTestCase {
    private static func table(_ count: Int, factor: Int) -> MemoryTable {
        let fields = [Field("k", .int64), Field("s", .int64), Field("v", .int64), Field("t", .string)]
        let rows = (0..<count).map { row -> [Value] in
            [
                row % 11 == 0 ? .null : .integer(Int64(row * factor % 5_003)), .integer(row % 10 == 0 ? Int64(row) : 1), .integer(Int64(row)),
                .string("text \(row % 97)"),
            ]
        }
        return QueryFixture.table(fields, rows, batchRowCount: 500)
    }

    private static let tables: [(name: String, source: any TableSource)] = [("x", table(6_000, factor: 7)), ("y", table(20_000, factor: 13))]

    private func check(_ queries: [String], line: UInt = #line) throws {
        let ample = QueryFixture(Self.tables, threads: 2)
        let folder = FileManager.default.temporaryDirectory.path
        let scarce = [30_000, 150_000].map { budget in
            QueryFixture(Self.tables, settings: QueryEngine.Settings(threadCount: 2, queryMemoryByteCountMax: budget, spillDirectory: folder))
        }
        for query in queries {
            let expected = try ample.rows(query)
            for fixture in scarce {
                XCTAssertEqual(try fixture.rows(query), expected, "\(query) with \(fixture.engine.settings.queryMemoryByteCountMax) bytes", line: line)
            }
        }
    }

    func test_equalKeys() throws {
        let sums = "count(*), sum(x.v), sum(y.v), min(x.t), max(y.t)"
        try check([
            "SELECT \(sums) FROM x JOIN y ON x.k = y.k", "SELECT \(sums) FROM x LEFT JOIN y ON x.k = y.k AND y.v % 3 = 0",
            "SELECT \(sums) FROM x RIGHT JOIN y ON x.k = y.k AND x.v % 3 = 0", "SELECT \(sums) FROM x FULL JOIN y ON x.k = y.k AND x.t = y.t",
            "SELECT count(*), sum(v) FROM x WHERE EXISTS (SELECT 1 FROM y WHERE y.k = x.k AND y.v <> x.v)",
            "SELECT count(*), sum(v) FROM y WHERE NOT EXISTS (SELECT 1 FROM x WHERE x.k = y.k AND x.v > y.v)",
            "SELECT count(*), sum(v) FROM x WHERE v IN (SELECT k FROM y)", "SELECT count(*), sum(v) FROM x WHERE v NOT IN (SELECT k FROM y WHERE k > 7)",
        ])
    }

    func test_oneKeyWithMostOfTheRows() throws {
        try check([
            "SELECT count(*), sum(v) FROM x WHERE EXISTS (SELECT 1 FROM y WHERE y.s = x.s AND y.v <> x.v)",
            "SELECT count(*), sum(v) FROM x WHERE NOT EXISTS (SELECT 1 FROM y WHERE y.s = x.s AND y.v <> x.v)",
            "SELECT count(*), sum(y.v), sum(z.v) FROM y LEFT JOIN (SELECT * FROM x WHERE v < 40) z ON z.s = y.s AND z.v % 10 = y.v % 7",
        ])
    }

    func test_noEqualKeys() throws {
        let few = "(SELECT * FROM x WHERE v % 200 = 3)", many = "(SELECT * FROM y WHERE v % 4 = 1)"
        let sums = "count(*), sum(a.v), sum(b.v)"
        try check([
            "SELECT \(sums) FROM \(few) a JOIN \(many) b ON a.k < b.k", "SELECT \(sums) FROM \(few) a LEFT JOIN \(many) b ON a.k > b.k AND b.v < 9",
            "SELECT \(sums) FROM \(many) a LEFT JOIN \(few) b ON a.k > b.k + 3000", "SELECT \(sums) FROM \(few) a FULL JOIN \(many) b ON a.k > b.k + 4000",
            "SELECT \(sums) FROM \(many) a RIGHT JOIN \(few) b ON a.k > b.k + 3000", "SELECT \(sums) FROM \(few) a CROSS JOIN \(many) b",
            "SELECT count(*), sum(v) FROM \(few) a WHERE EXISTS (SELECT 1 FROM \(many) b WHERE b.k > a.k + 4990)",
            "SELECT count(*), sum(v) FROM \(few) a WHERE NOT EXISTS (SELECT 1 FROM \(many) b WHERE b.k > a.k + 4990)",
            "SELECT count(*) FROM \(few) a WHERE EXISTS (SELECT 1 FROM \(many) b WHERE b.k > a.k + 4990) OR a.v < 2000",
        ])
    }

    /// Streams that begin together read one right file, whose last bytes are written once.
    func test_noEqualKeys_leaveNoDiskTaken() throws {
        let settings = QueryEngine.Settings(threadCount: 8, queryMemoryByteCountMax: 30_000, spillDirectory: FileManager.default.temporaryDirectory.path)
        let fixture = QueryFixture(Self.tables, settings: settings)
        let query = "SELECT count(*), sum(a.v), sum(b.v) FROM (SELECT * FROM x WHERE v % 400 = 3) a LEFT JOIN (SELECT * FROM y WHERE v % 4 = 1) b ON a.k > b.k"
        let expected = try QueryFixture(Self.tables, threads: 2).rows(query)
        for _ in 0..<30 {
            XCTAssertEqual(try fixture.rows(query), expected)
            XCTAssertTrue(Patience.until(pauseMilliseconds: 1) { fixture.engine.spilledByteCount == 0 }, "\(fixture.engine.spilledByteCount) bytes")
        }
    }

    // MARK: What the right side is charged with

    private static func texts(_ values: [Value]) -> Column {
        var builder = ColumnBuilder(type: .string)
        for value in values { builder.append(value) }
        return builder.finish()
    }

    private func values(_ column: Column) -> [Value] { (0..<column.count).map { column.value(at: $0) } }

    func test_stackedTexts_ofEveryForm_becomeOneDictionary() {
        let long = String(repeating: "x", count: 1_000)
        let dictionary = DictionaryValues(values: Self.texts([.string("\(long)a"), .string("\(long)b")]))
        func coded(_ codes: [UInt32], _ validity: Bitmap? = nil) -> Column {
            Column(type: .string, count: codes.count, validity: validity, values: .dictionary(codes: codes, dictionary))
        }
        let parts = [
            Column.constant(.string(long), type: .string, count: 50), coded([0, 1, 1, 0], .computed(count: 4) { $0 != 2 }), Self.texts([.string("c"), .null, .string("")]),
            Column.constant(.null, type: .string, count: 3), coded([1]),
        ]
        let stacked = StackedColumn.joining(parts, type: .string)
        XCTAssertEqual(values(stacked), parts.flatMap { values($0) })
        XCTAssertNil(BatchInvariants.fault(in: ColumnBatch(rowCount: stacked.count, columns: [stacked]), types: [.string]))
        guard case .dictionary(_, let entries) = stacked.values else { return XCTFail("texts of several forms were laid out") }
        // Each once: the constant, the entries, the flat rows and one for NULL.
        XCTAssertEqual(entries.count, 1 + 2 + 3 + 1)
        // Flat texts lie flat, and codes into one dictionary stay what they are.
        let flat = StackedColumn.joining([parts[2], parts[2]], type: .string), shared = StackedColumn.joining([parts[1], parts[4]], type: .string)
        if case .bytes = flat.values {} else { XCTFail("flat texts have codes") }
        if case .dictionary(_, let entries) = shared.values { XCTAssertTrue(entries === dictionary) } else { XCTFail("codes were laid out") }
    }

    /// 2.4 GB, were each row's text written out.
    func test_oneTextOfAllRows_onEitherSide_isJoinedAsOne() throws {
        let rows = "(SELECT g AS k, repeat('x', 60000) AS c FROM generate_series(1, 40000) s(g))"
        let query = "SELECT max(octet_length(l.c)), max(octet_length(r.c)), count(*) FROM \(rows) l FULL JOIN \(rows) r ON l.k = r.k"
        XCTAssertEqual(try QueryFixture().rows(query), "60000,60000,40000")
    }

    func test_whatIsLaidOut_isCharged() {
        let node = JoinNode(kind: .cross, left: .values(columns: [], rows: []), right: .values(columns: [], rows: []))
        func byteCount(_ columns: [Column]) -> Int {
            var bytes = JoinBytes()
            bytes.add(ColumnBatch(rowCount: columns[0].count, columns: columns), [], node)
            return bytes.byteCount([], node, streamCount: 1)
        }
        let numbers = (Int64(0)..<10).map { Column.constant(.integer($0), type: .int64, count: 8_192) }
        XCTAssertGreaterThanOrEqual(byteCount(numbers), 10 * 8_192 * 8)
        // One text for all of them is one text.
        let long = Value.string(String(repeating: "x", count: 10_000))
        XCTAssertLessThan(byteCount([.constant(long, type: .string, count: 8_192)]), 100_000)
        let dictionary = DictionaryValues(values: Self.texts([long]))
        let element = Column(type: .string, count: 1_000, values: .dictionary(codes: [UInt32](repeating: 0, count: 1_000), dictionary))
        let lists = Column(type: .list(element: Field("element", .string)), count: 1_000, values: .list(offsets: Array(Int32(0)...1_000), element: element))
        XCTAssertGreaterThanOrEqual(byteCount([lists]), 10_000_000)
    }

    // MARK: Rows that are marked, and rows without columns

    private static func node(_ kind: JoinNode.Kind, residual: [Query.Expression] = []) -> JoinNode {
        JoinNode(kind: kind, left: .values(columns: [], rows: []), right: .values(columns: [], rows: []), residual: residual)
    }

    private static func bytes(_ rowCounts: [Int], _ node: JoinNode) -> JoinBytes {
        var bytes = JoinBytes()
        for rowCount in rowCounts { bytes.add(ColumnBatch(rowCount: rowCount, columns: []), [], node) }
        return bytes
    }

    func test_marksOfRightRows_areChargedForEachStream() {
        let rowCount = 1_000_000, always = Query.Expression.literal(.boolean(true), .boolean)
        func byteCount(_ kind: JoinNode.Kind, residual: [Query.Expression] = [], streamCount: Int) -> Int {
            let node = Self.node(kind, residual: residual)
            return Self.bytes([rowCount], node).byteCount([], node, streamCount: streamCount)
        }
        for kind in [JoinNode.Kind.right, .full, .rightSemi, .rightAnti] {
            XCTAssertGreaterThanOrEqual(byteCount(kind, streamCount: 1), rowCount, "\(kind)")
            XCTAssertGreaterThanOrEqual(byteCount(kind, streamCount: 8), 8 * rowCount, "\(kind)")
        }
        for kind in [JoinNode.Kind.rightSemi, .rightAnti] {
            XCTAssertGreaterThanOrEqual(byteCount(kind, residual: [always], streamCount: 8), 8 * 5 * rowCount, "\(kind)")
        }
        for kind in [JoinNode.Kind.inner, .cross, .left, .semi, .anti] {
            XCTAssertLessThan(byteCount(kind, residual: [always], streamCount: 8), 1_000, "\(kind)")
            XCTAssertGreaterThan(byteCount(kind, streamCount: 1), 0, "\(kind)")
        }
    }

    /// Rows without columns take nothing but what says whether they have matched.
    func test_markedRowsWithoutColumns_takeOfTheMemory_orGoToFiles() throws {
        let side = "generate_series(1, (SELECT 1500))", rowCount = 1_500 * 1_500
        let query = "SELECT count(*) FROM (SELECT 1 FROM generate_series(1, 2000) x WHERE x < 0) b FULL JOIN (SELECT 1 FROM \(side) x, \(side) y) a ON true"
        let ample = QueryFixture(threads: 2)
        let stream = try ample.engine.execute(try ample.engine.prepare(query, in: QueryContext(catalog: ample.catalog, timeZone: "UTC", now: ample.now)))
        var counts: [Value] = []
        while let batch = try stream.next() { counts += values(batch.columns[0]) }
        XCTAssertEqual(counts, [.integer(Int64(rowCount))])
        XCTAssertGreaterThanOrEqual(stream.peakMemoryByteCount, rowCount)
        let scarce = QueryFixture(
            settings: QueryEngine.Settings(threadCount: 2, queryMemoryByteCountMax: 1 << 20, spillDirectory: FileManager.default.temporaryDirectory.path))
        XCTAssertEqual(try scarce.rows(query), "\(rowCount)")
        let plan = try scarce.rows("EXPLAIN ANALYZE \(query)")
        XCTAssertTrue(plan.contains("bytes spilled"), plan)
    }

    /// Marks of several streams come together, and rows come out of them in batches.
    func test_rightRowsOfSeveralBatches_comeOutOnce() throws {
        let fields = [Field("k", .int64)]
        let left = QueryFixture.table(fields, (0..<30_000).map { [.integer(Int64($0 * 3))] }, batchRowCount: 500)
        let right = QueryFixture.table(fields, (0..<60_000).map { [.integer(Int64($0))] }, batchRowCount: 500)
        for threads in [1, 4] {
            let fixture = QueryFixture([("l", left), ("r", right)], threads: threads)
            let counts = "count(*), count(l.k), count(r.k), count(DISTINCT r.k)"
            XCTAssertEqual(try fixture.rows("SELECT \(counts) FROM l RIGHT JOIN r ON l.k = r.k"), "60000,20000,60000,60000", "\(threads) threads")
            XCTAssertEqual(try fixture.rows("SELECT \(counts) FROM l FULL JOIN r ON l.k = r.k"), "70000,30000,60000,60000", "\(threads) threads")
            XCTAssertEqual(try fixture.rows("SELECT count(*), sum(k % 3) FROM r WHERE EXISTS (SELECT 1 FROM l WHERE l.k = r.k)"), "20000,0", "\(threads) threads")
            XCTAssertEqual(try fixture.rows("SELECT count(*), sum(k % 3) FROM r WHERE NOT EXISTS (SELECT 1 FROM l WHERE l.k = r.k)"), "40000,60000", "\(threads) threads")
        }
    }

    /// Rows without columns, as many as a test says.
    private final class CountedRows: PreparedOperator, @unchecked Sendable {
        // Safe to share: nothing changes.
        private let rowCounts: [Int]

        init(_ rowCounts: [Int]) {
            self.rowCounts = rowCounts
            super.init(columns: [], inputs: [])
        }

        override var streamCountMax: Int { 1 }

        override func makeStream(_ run: QueryRun, worker: Int) throws -> any BatchStream {
            ArrayStream(rowCounts.map { ColumnBatch(rowCount: $0, columns: []) })
        }
    }

    /// Their numbers have 32 bits: what comes behind the last one was left out.
    func test_moreRightRowsThanHaveNumbers_areJoinedInBlocks() throws {
        let node = Self.node(.left)
        XCTAssertTrue(Self.bytes([1 << 30], node).fitsColumns)
        XCTAssertTrue(Self.bytes([Int(Int32.max) - 1], node).fitsColumns)
        XCTAssertFalse(Self.bytes([Int(Int32.max)], node).fitsColumns)
        XCTAssertFalse(Self.bytes([1 << 30, 1 << 30], node).fitsColumns)
        let run = QueryRun(pool: WorkerPool(threadCount: 2))
        for (rowCounts, isDivided) in [([1 << 30, 7], false), ([1 << 30, 1 << 30], true)] {
            let join = JoinOperator(CountedRows([1]), CountedRows(rowCounts), node)
            try join.prepare(run)
            // Of parts there may be as many streams as are asked for; of one table as many as the left side has.
            XCTAssertEqual(join.streamCountMax, isDivided ? .max : 1)
        }
    }

    /// NOT IN over several columns: a NULL on either side leaves open what only the right rows can tell, all of them.
    func test_notInOverSeveralColumns() throws {
        let few = "(SELECT * FROM x WHERE v % 40 = 3)", keys = "k, v % 3"
        try check([
            "SELECT count(*), sum(v) FROM \(few) a WHERE (k, v % 3) NOT IN (SELECT \(keys) FROM y)",
            "SELECT count(*), sum(v) FROM \(few) a WHERE (k, v % 3) NOT IN (SELECT \(keys) FROM y WHERE k IS NOT NULL AND k < 4000)",
            "SELECT count(*), sum(v) FROM \(few) a WHERE (k, v % 3) NOT IN (SELECT k, CASE WHEN v % 97 = 1 THEN NULL ELSE v % 3 END FROM y WHERE k % 5 < 3)",
            "SELECT count(*), sum(v) FROM \(few) a WHERE (k, v % 3) NOT IN (SELECT \(keys) FROM y WHERE k > 100) OR v < 900",
            "SELECT v, (k, v % 3) IN (SELECT k, nullif(v % 3, 1) FROM y WHERE k > 100) FROM \(few) a ORDER BY v",
            "SELECT v, k IN (SELECT k FROM y WHERE y.v % 7 = a.v % 7) FROM \(few) a ORDER BY v",
        ])
    }
}
