import ColumnStore
import XCTest

@testable import Query

/// Goal: an answer from sums has no error, and no value, that the rows do not have. Method: a table whose rows lie in files with sums and beside them, with values that a query fails on
/// where it computes them for rows that it keeps from them; each query is asked with sums and without.
final class RollupFailuresTests: XCTestCase {
    private struct Catalog: QueryCatalog {
        let base: FixedCatalog
        let offer: RollupOffer

        var entryNames: [String] { base.entryNames }
        func entry(named name: String) throws -> CatalogEntry? { base.entry(named: name) }
        func rollups(of table: String) -> [RollupOffer] { table == "t" ? [offer] : [] }
    }

    private static let fields = [Field("k", .int64), Field("x", .int64), Field("v", .int64), Field("w", .string), Field("day", .date)]
    /// `k` 1 is kept by the other tables' conditions; of the others nothing may be computed.
    private static let file = [row(1, 5, 7, "5"), row(1, 2, -3, "2"), row(2, 0, -4, "none"), row(3, 0, -9, "")]
    private static let hot = [row(1, 5, 1, "5"), row(1, 3, -8, "3"), row(2, 0, -6, "none"), row(4, 0, -1, "-")]
    private let engine = QueryEngine(QueryEngine.Settings(threadCount: 2))

    private static func row(_ k: Int64, _ x: Int64, _ v: Int64, _ w: String) -> [Value] {
        [.integer(k), .integer(x), .integer(v), .string(w), .integer(Int64(Calendar.days(year: 2026, month: 1 + Int(k), day: 3 + Int(x))))]
    }

    private static func statement(_ keys: [String], _ measures: [(name: String, text: String)], where condition: String? = nil) -> RollupStatement {
        RollupStatement(
            keys: keys.enumerated().map { .init(name: "key\($0)", text: $1) }, measures: measures.map { .init(name: $0.name, text: $0.text) }, condition: condition, list: nil)
    }

    /// `t` with sums of the rows of each file, and two tables to join.
    private func catalog(_ statement: RollupStatement, files: [[[Value]]] = [RollupFailuresTests.file], hot: [[Value]] = RollupFailuresTests.hot) throws -> Catalog {
        var batches: [ColumnBatch] = []
        for file in files {
            let stream = try engine.run(try statement.partialSums(of: "t", in: QueryFixture.table(Self.fields, file)))
            while let batch = try stream.next() { batches.append(batch) }
        }
        let partials = MemoryTable(schema: Schema(try statement.columns(of: "t", schema: Schema(Self.fields))), batches: batches)
        let some = [Field("k", .int64), Field("f", .boolean), Field("n", .int64)]
        let tables: [(name: String, source: any TableSource)] = [
            ("t", QueryFixture.table(Self.fields, files.flatMap { $0 } + hot)),
            ("d", QueryFixture.table(some, [[.integer(1), .boolean(true), .null], [.integer(2), .boolean(false), .integer(8)]])),
            ("e", QueryFixture.table(some, [[.integer(1), .boolean(true), .integer(6)]])),
        ]
        return Catalog(base: FixedCatalog(tables: tables), offer: RollupOffer(name: "sums", statement: statement, partials: partials, rest: QueryFixture.table(Self.fields, hot)))
    }

    private func rows(_ text: String, _ catalog: Catalog, rollups: Bool) throws -> [String] {
        var context = QueryContext(catalog: catalog, now: 0)
        context.usesRollups = rollups
        let stream = try engine.execute(try engine.prepare(text, in: context))
        var rows: [String] = []
        while let batch = try stream.next() {
            for row in 0..<batch.rowCount { rows.append(batch.columns.map { Self.text($0.value(at: row)) }.joined(separator: " ")) }
        }
        return rows.sorted()
    }

    private static func text(_ value: Value) -> String { if case .bytes(let bytes) = value { String(decoding: bytes, as: UTF8.self) } else { "\(value)" } }

    private func check(_ text: String, _ catalog: Catalog, isUsed: Bool, line: UInt = #line) {
        XCTAssertEqual(try rows(text, catalog, rollups: true), try rows(text, catalog, rollups: false), text, line: line)
        XCTAssertEqual(try rows("EXPLAIN \(text)", catalog, rollups: true).contains { $0.contains("Scan rollup_sums") }, isUsed, text, line: line)
    }

    // MARK: Joins

    private static let byValues = statement(["k", "x", "w"], [("n", "count(*)"), ("s", "sum(v)"), ("c", "count(v)")])

    func test_joins_whatAConditionOfTheOtherSideProtects_isNotComputedBeneath() throws {
        let catalog = try catalog(Self.byValues)
        for text in [
            "SELECT CASE WHEN d.f THEN 10 / t.x END, sum(t.v) FROM t JOIN d ON d.k = t.k GROUP BY 1",
            "SELECT d.f AND 10 / t.x > 1, count(*) FROM t JOIN d ON d.k = t.k GROUP BY 1",
            "SELECT NOT d.f OR 10 / t.x > 2, avg(t.v) FROM t JOIN d ON d.k = t.k GROUP BY 1",
            "SELECT coalesce(d.n, 10 / t.x), count(t.v) FROM t JOIN d ON d.k = t.k GROUP BY 1",
            "SELECT CASE WHEN d.f THEN t.w::BIGINT END, sum(t.v) FROM t JOIN d ON d.k = t.k GROUP BY 1",
            "SELECT d.k, count(*) FILTER (WHERE d.f AND 10 / t.x > 2), sum(t.v) FILTER (WHERE d.f AND 10 / t.x > 2) FROM t JOIN d ON d.k = t.k GROUP BY 1",
            "SELECT d.k, min(CASE WHEN d.f THEN 10 / t.x END), count(DISTINCT CASE WHEN d.f THEN 10 / t.x END) FROM t JOIN d ON d.k = t.k GROUP BY 1",
        ] { check(text, catalog, isUsed: true) }
        check("SELECT d.k, sum(CASE WHEN d.f THEN 10 / t.x END) FROM t JOIN d ON d.k = t.k GROUP BY 1", catalog, isUsed: false)
    }

    func test_joins_ofRowsWithoutAMatch_nothingIsComputedThatMayFail() throws {
        let catalog = try catalog(Self.byValues)
        for text in [
            "SELECT 10 / t.x, sum(t.v) FROM t JOIN e ON e.k = t.k GROUP BY 1", "SELECT t.w::BIGINT + e.n, count(*) FROM t JOIN e ON e.k = t.k GROUP BY 1",
            "SELECT e.f, sum(t.v), count(*) FROM t LEFT JOIN e ON e.k = t.k AND 10 / t.x > 2 GROUP BY 1",
            "SELECT e.n, min(10 / t.x), max(t.w::BIGINT) FROM t JOIN e ON e.k = t.k GROUP BY 1",
            "SELECT e.n, sum(t.v) FILTER (WHERE 10 / t.x > 2), avg(t.v) FILTER (WHERE 10 / t.x > 2), count(*) FILTER (WHERE t.w::BIGINT = 5) FROM t JOIN e ON e.k = t.k GROUP BY 1",
        ] { check(text, catalog, isUsed: true) }
        check("SELECT e.n, sum(10 / t.x), count(t.w::BIGINT) FROM t JOIN e ON e.k = t.k GROUP BY 1", catalog, isUsed: false)
    }

    /// Overflow is no reason to read rows.
    func test_joins_sumsOfProducts_areAnsweredStill() throws {
        let catalog = try catalog(Self.statement(["k", "x"], [("n", "count(*)"), ("s", "sum(v * x)")]))
        check("SELECT e.n, sum(t.v * t.x) FROM t JOIN e ON e.k = t.k GROUP BY 1", catalog, isUsed: true)
        check("SELECT t.x + 1, d.f, count(*) FROM t JOIN d ON d.k = t.k GROUP BY 1, 2", catalog, isUsed: true)
    }

    /// They fail of no value that a table has.
    func test_joins_stepsAndFieldsOfDates_areKeysStill() throws {
        let catalog = try catalog(Self.statement(["k", "date_trunc('month', day)"], [("n", "count(*)"), ("s", "sum(v)")]))
        for text in [
            "SELECT date_trunc('month', t.day), d.f, sum(t.v) FROM t JOIN d ON d.k = t.k GROUP BY 1, 2",
            "SELECT CASE WHEN d.f THEN EXTRACT(year FROM t.day) END, count(*) FROM t JOIN d ON d.k = t.k GROUP BY 1",
            "SELECT date_trunc('quarter', t.day)::DATE, d.f, sum(t.v) FROM t LEFT JOIN d ON d.k = t.k GROUP BY 1, 2",
        ] { check(text, catalog, isUsed: true) }
    }

    /// Wherever they stand in what is summed, and in what filters it: only within the grouping is a measure's own filter found.
    func test_joins_fieldsOfDatesWithinAggregates_goInWithThem() throws {
        let byMonth = try catalog(Self.statement(["k", "date_trunc('month', day)"], [("n", "count(*)"), ("s", "sum(v)")]))
        for text in [
            "SELECT d.f, sum(CASE WHEN EXTRACT(year FROM t.day) = 2026 THEN t.v ELSE 0 END) FROM t JOIN d ON d.k = t.k GROUP BY 1",
            "SELECT d.f, sum(CASE WHEN EXTRACT(year FROM t.day)::DOUBLE > 2025.5 THEN t.v ELSE 0 END) FROM t JOIN d ON d.k = t.k GROUP BY 1",
        ] { check(text, byMonth, isUsed: true) }
        let filtered = try catalog(Self.statement(["k"], [("n", "count(*)"), ("s", "sum(v) FILTER (WHERE EXTRACT(year FROM day) = 2026)")]))
        check("SELECT d.f, sum(t.v) FILTER (WHERE EXTRACT(year FROM t.day) = 2026) FROM t JOIN d ON d.k = t.k GROUP BY 1", filtered, isUsed: true)
        // Of what is computed nobody knows that it is finite.
        check(
            "SELECT d.f, sum(CASE WHEN EXTRACT(year FROM CASE WHEN t.k > 0 THEN t.day ELSE 'infinity' END) = 2026 THEN t.v ELSE 0 END) FROM t JOIN d ON d.k = t.k GROUP BY 1",
            try catalog(Self.statement(["k", "day"], [("n", "count(*)"), ("s", "sum(v)")])), isUsed: false)
    }

    // MARK: Filters

    func test_filters_whatStandsBehindAMeasuresOwnCondition_isNotAskedOfAllSums() throws {
        let catalog = try catalog(
            Self.statement(["k", "x"], [("n", "count(*)"), ("s", "sum(v) FILTER (WHERE v > 0)"), ("u", "approx_count_distinct(v) FILTER (WHERE v > 0)")]))
        check("SELECT k, sum(v) FILTER (WHERE v > 0 AND 10 / x > 1) FROM t GROUP BY 1", catalog, isUsed: false)
        check("SELECT k, approx_count_distinct(v) FILTER (WHERE v > 0 AND 10 / x > 1) FROM t GROUP BY 1", catalog, isUsed: false)
        // What cannot fail, and what was asked of every row.
        check("SELECT k, sum(v) FILTER (WHERE v > 0 AND x > 1) FROM t GROUP BY 1", catalog, isUsed: true)
        check("SELECT k, sum(v) FILTER (WHERE x <> 0 AND 10 / x > 1 AND v > 0) FROM t GROUP BY 1", catalog, isUsed: true)
        check("SELECT k, approx_count_distinct(v) FILTER (WHERE v > 0 AND x > 1) FROM t GROUP BY 1", catalog, isUsed: true)
    }

    /// As of joins: overflow does not count, and no table's date is infinite.
    func test_filters_whatOnlyOverflows_andFieldsOfDates_areAskedBehindAMeasuresOwnCondition() throws {
        for day in ["day", "date_trunc('month', day)"] {
            let catalog = try catalog(Self.statement(["k", "x", day], [("n", "count(*)"), ("s", "sum(v) FILTER (WHERE v > 0)")]))
            for condition in ["x + 1 > 2", "(x + 1)::DECIMAL(38,2) > 2.5", "EXTRACT(year FROM day) = 2026", "EXTRACT(year FROM day) + x > 2026"] {
                check("SELECT k, sum(v) FILTER (WHERE v > 0 AND \(condition)) FROM t GROUP BY 1", catalog, isUsed: true)
            }
            check("SELECT k, sum(v) FILTER (WHERE v > 0 AND 10 / x + EXTRACT(year FROM day) > 2026) FROM t GROUP BY 1", catalog, isUsed: false)
        }
    }

    // MARK: No keys

    func test_sumsWithoutKeys_ofNoRows_giveNoValues() throws {
        let statement = Self.statement(
            [], [("n", "count(*)"), ("s", "sum(v)"), ("c", "count(v)"), ("g", "max(v)"), ("b", "bool_or(v > 0)"), ("u", "approx_count_distinct(v)")], where: "x > 0")
        let none = [Self.row(2, 0, 4, "a"), Self.row(3, 0, 5, "b")]
        let one = [Self.row(1, 2, 6, "c")]
        for (files, hot) in [([none], []), ([none, none], none), ([none, one], none), ([none], one)] as [([[[Value]]], [[Value]])] {
            let catalog = try catalog(statement, files: files, hot: hot)
            for value in [
                "sum(1)", "sum(0)", "sum(NULL::BIGINT)", "sum(coalesce(v, 0))", "avg(2)", "max(5)", "min('a')", "bool_and(true)", "bool_or(false)", "count(DISTINCT 5)", "sum(DISTINCT 5)",
                "approx_count_distinct(7)", "sum(CASE WHEN x > 0 THEN 1 ELSE 0 END)",
            ] {
                let text = "SELECT \(value) FROM t WHERE x > 0"
                XCTAssertEqual(try rows(text, catalog, rollups: true), try rows(text, catalog, rollups: false), text)
            }
            check("SELECT count(*), count(1), count(v), sum(v), avg(v), max(v), bool_or(v > 0), approx_count_distinct(v) FROM t WHERE x > 0", catalog, isUsed: true)
        }
    }
}
