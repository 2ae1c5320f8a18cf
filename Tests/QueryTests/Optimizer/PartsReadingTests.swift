import ColumnStore
import TestSupport
import XCTest

@testable import Query

/// Goal: pages put rows of sums together where an answer tells them apart, and nowhere else: it takes as long as the grouping of all of them. Method: statements of both kinds.
final class PartsReadingTests: XCTestCase {
    private static let statement = RollupStatement(
        keys: [.init(name: "k", text: "k"), .init(name: "w", text: "w")],
        measures: [("n", "count(*)"), ("total", "sum(x)"), ("least", "min(x)"), ("all_small", "bool_and(x < 9)"), ("people", "approx_count_distinct(x)")].map { .init(name: $0.0, text: $0.1) },
        condition: nil, list: nil)

    private func bound(_ text: String, hasParts: Bool = true, isWhole: Bool = false) throws -> BoundQuery {
        let fields = [Field("k", .string), Field("w", .double), Field("x", .int64)]
        let rest = MemoryTable(schema: Schema(fields), batches: [])
        let parts = MemoryTable(schema: Schema(try Self.statement.columns(of: "t", schema: rest.schema)), batches: [])
        let sums = RollupRows(Self.statement, of: "t", partials: hasParts ? parts : nil, [], rest: rest, [])
        var context = QueryContext(catalog: FixedCatalog([(name: "r", entry: .rows(sums)), (name: "t", entry: .table(rest, scope: []))]), now: 0)
        context.readsWholeSums = isWhole
        guard case .query(let query) = try Binder.bind(text, in: context) else { throw QueryError(.badSQL, "this is no query") }
        return query
    }

    private static let telling = [
        "SELECT n FROM r", "SELECT * FROM r", "SELECT DISTINCT k, n FROM r", "SELECT count(*) FROM r", "SELECT k, count(n) FROM r GROUP BY k", "SELECT avg(n) FROM r", "SELECT sum(n) FROM r WHERE n > 3",
        "SELECT n, sum(total) FROM r GROUP BY n", "SELECT max(least) FROM r", "SELECT sum(n) FILTER (WHERE total > 1) FROM r", "SELECT sum(n * 2) FROM r", "SELECT sum(DISTINCT n) FROM r", "SELECT w::VARCHAR, sum(n) FROM r GROUP BY 1",
        "SELECT k, sum(n) FROM r GROUP BY k, least", "SELECT sum(a.n) FROM r a JOIN r b ON a.k = b.k", "SELECT sum(n) FROM (SELECT n FROM r LIMIT 5) AS s", "SELECT x FROM t WHERE EXISTS (SELECT 1 FROM r WHERE n = x)",
        "SELECT sum(n), (SELECT count(*) FROM r) FROM r", "SELECT sum(n) FROM (SELECT n FROM r UNION ALL SELECT n FROM r) AS s", "SELECT string_agg(k, ',') FROM r",
        "WITH RECURSIVE c AS (SELECT n FROM r UNION ALL SELECT n + 1 FROM c WHERE n < 9) SELECT n FROM c",
    ]
    private static let adding = [
        "SELECT sum(n) FROM r", "SELECT k, sum(n), sum(total), min(least), bool_and(all_small) FROM r GROUP BY k", "SELECT upper(k), sum(total) FROM r WHERE k LIKE 'a%' GROUP BY 1 HAVING sum(n) > 3 ORDER BY 2",
        "SELECT approx_count_distinct_merge(people) FROM r", "SELECT w, sum(n) FROM r GROUP BY w", "SELECT sum(n) FILTER (WHERE k = 'a') FROM r", "SELECT min(k), count(DISTINCT k) FROM r",
        "SELECT k, sum(n) FROM (SELECT k, n FROM r WHERE k <> 'b') AS s GROUP BY k", "SELECT x, (SELECT sum(n) FROM r) FROM t", "SELECT sum(n) FROM (SELECT sum(n) AS n FROM r GROUP BY k) AS s", "SELECT x FROM t", "SELECT DISTINCT k FROM r",
    ]

    func test_rowsOfSums_areToldApart_byWhateverDoesNotAddThemUp() throws {
        for text in Self.telling {
            XCTAssertTrue(try bound(text).tellsPartsApart, text)
            XCTAssertFalse(try bound(text, hasParts: false).tellsPartsApart, text)
            XCTAssertFalse(try bound(text, isWhole: true).tellsPartsApart, text)
        }
        for text in Self.adding { XCTAssertFalse(try bound(text).tellsPartsApart, text) }
    }

    func test_code_isOfWhatIsRead_howeverFilesLie() throws {
        let code = try bound("SELECT n FROM r").sumsCode
        XCTAssertNotNil(code)
        XCTAssertEqual(try bound("SELECT sum(n) FROM r", hasParts: false).sumsCode, code)
        XCTAssertEqual(try bound("SELECT n FROM r UNION ALL SELECT n FROM r", isWhole: true).sumsCode, code)
        XCTAssertNil(try bound("SELECT x FROM t").sumsCode)
    }
}
