import ColumnStore
import Query
import XCTest

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
