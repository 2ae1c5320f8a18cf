import ColumnStore
import Query
import TestSupport
import XCTest

/// A query that is over holds nothing: no memory of the budget, and not the table that it read, whose files may be waiting to go.
final class LifetimeTests: XCTestCase {
    private static let queries = [
        "SELECT count(*), sum(v) FROM x", "SELECT k, sum(v), count(DISTINCT t) FROM x GROUP BY k", "SELECT t, k, sum(v) FROM x GROUP BY ROLLUP (t, k)",
        "SELECT DISTINCT k FROM x", "SELECT k, v FROM x ORDER BY v DESC LIMIT 7", "SELECT k, v FROM x ORDER BY v", "SELECT * FROM x LIMIT 1",
        "SELECT a.k, sum(b.v) FROM x a JOIN x b ON a.k = b.k GROUP BY a.k", "SELECT count(*) FROM x a FULL JOIN x b ON a.v = b.v + 17",
        "SELECT count(*) FROM x WHERE v NOT IN (SELECT k FROM x WHERE k > 7)", "SELECT v, (SELECT max(b.v) FROM x b WHERE b.k = a.k) FROM x a",
        "SELECT count(*) FROM x a JOIN x b ON a.v < b.v WHERE a.v < 20 AND b.v < 20", "SELECT v, sum(v) OVER (PARTITION BY t ORDER BY v) FROM x",
        "WITH c AS (SELECT k, count(*) AS n FROM x GROUP BY k) SELECT count(*) FROM c a JOIN c b ON a.n = b.n AND a.k = b.k",
        "SELECT k FROM x EXCEPT SELECT v FROM x", "SELECT k FROM x UNION SELECT v FROM x", "SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY v) FROM x",
        "EXPLAIN ANALYZE SELECT k, sum(v) FROM x GROUP BY k",
    ]

    private static func table() -> MemoryTable {
        let rows = (0..<4_000).map { row -> [Value] in [.integer(Int64(row % 997)), .integer(Int64(row)), .string("text \(row % 37)")] }
        return QueryFixture.table([Field("k", .int64), Field("v", .int64), Field("t", .string)], rows, batchRowCount: 300)
    }

    func test_query_thatIsOver_holdsNothing() throws {
        let folder = FileManager.default.temporaryDirectory.path
        for budget in [256 << 20, 60_000] {
            for query in Self.queries {
                weak var table: MemoryTable?
                let engine = QueryEngine(QueryEngine.Settings(threadCount: 2, queryMemoryByteCountMax: budget, spillDirectory: folder))
                try inScope {
                    let source = Self.table()
                    table = source
                    var fixture = QueryFixture([("x", source)])
                    fixture.engine = engine
                    _ = try fixture.rows(query)
                }
                // A worker may be on its way out of its last step.
                Patience.until { table == nil && engine.memoryByteCounts.used == 0 }
                XCTAssertNil(table, "\(query) with \(budget) bytes")
                XCTAssertEqual(engine.memoryByteCounts.used, 0, "\(query) with \(budget) bytes")
            }
        }
    }

    /// An engine of one job ends with it, and so do its threads.
    func test_engine_thatIsOver_hasNoThreads() throws {
        func threadCount() throws -> Int {
            try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count { (try? String(contentsOfFile: "/proc/self/task/\($0)/comm", encoding: .utf8)) == "query\n" }
        }
        let before = try threadCount()
        for query in Self.queries.prefix(6) {
            var fixture = QueryFixture([("x", Self.table())])
            fixture.engine = QueryEngine(QueryEngine.Settings(threadCount: 3))
            _ = try fixture.rows(query)
        }
        XCTAssertTrue(try Patience.until { try threadCount() <= before })
    }

    private func inScope(_ body: () throws -> Void) rethrows { try body() }
}
