import ColumnStore
import Query
import TestSupport
import XCTest

@testable import Server

/// Goal: pages of what is asked of a rollup's table are the whole sums of the rows, each row once, however files lie when each of them is asked. Method: before each page
/// rows are dealt to files of sums and to rows without at random; the answer is that of rows alone.
final class RollupPagesTests: XCTestCase {
    private static let fields = [Field("k", .string), Field("x", .int64)]
    private let engine = QueryEngine(QueryEngine.Settings(threadCount: 2))

    private static func statement(_ keys: [String], measures: [String: String] = [:]) -> RollupStatement {
        let own = [
            ("n", "count(*)"), ("total", "sum(x)"), ("few", "count(x) FILTER (WHERE x > 50)"), ("least", "min(x)"), ("greatest", "max(x)"), ("all_small", "bool_and(x < 190)"),
            ("people", "approx_count_distinct(x % 30)"),
        ]
        return RollupStatement(
            keys: keys.map { .init(name: $0, text: $0) }, measures: (own + measures.sorted { $0.key < $1.key }).map { .init(name: $0.0, text: $0.1) }, condition: nil, list: nil)
    }

    private static func table(_ rows: [[Value]]) -> MemoryTable {
        let columns = fields.indices.map { index in
            var builder = ColumnBuilder(type: fields[index].type)
            for row in rows { builder.append(row[index]) }
            return builder.finish()
        }
        return MemoryTable(schema: Schema(fields), batches: rows.isEmpty ? [] : [ColumnBatch(rowCount: rows.count, columns: columns)])
    }

    private func rows(_ random: inout SplitMix64) -> [[Value]] {
        (0..<200).map { number in [random.next() % 20 == 0 ? .null : .string("k\(random.next() % 9)"), random.next() % 12 == 0 ? .null : .integer(Int64(number))] }
    }

    /// Sums of some of the rows in up to four files, and the others.
    private func dealt(_ rows: [[Value]], _ statement: RollupStatement, _ random: inout SplitMix64) throws -> RollupRows {
        let fileCount = Int(random.next() % 5)
        var files = Array(repeating: [[Value]](), count: fileCount + 1)
        for row in rows { files[Int(random.next() % UInt64(fileCount + 1))].append(row) }
        if fileCount == 0 { return RollupRows(statement, of: "t", partials: nil, [], rest: Self.table(rows), []) }
        let schema = Schema(try statement.columns(of: "t", schema: Schema(Self.fields)))
        var batches: [ColumnBatch] = []
        for file in files.dropFirst() {
            let stream = try engine.run(try statement.partialSums(of: "t", in: Self.table(file)))
            while let batch = try stream.next() { batches.append(batch) }
        }
        return RollupRows(statement, of: "t", partials: MemoryTable(schema: schema, batches: batches), [], rest: Self.table(files[0]), [])
    }

    /// With the sums that the query names alone: they are made anew for each page.
    private func catalog(_ query: String, _ sums: (RollupStatement) throws -> RollupRows) rethrows -> FixedCatalog {
        var entries: [(name: String, entry: CatalogEntry)] = [(name: "seen", entry: .view(query: "SELECT n, k AS kind FROM rollup_k"))]
        if query.contains("rollup_none") { entries.append((name: "rollup_none", entry: .rows(try sums(Self.statement([]))))) }
        if query.contains("rollup_k") || query.contains("seen") { entries.append((name: "rollup_k", entry: .rows(try sums(Self.statement(["k"]))))) }
        return FixedCatalog(entries)
    }

    private func pages(_ query: String, limit: Int, pageByteCountMax: Int = 1 << 20, _ catalog: () throws -> FixedCatalog) throws -> [String] {
        var runner = SQLRunner(engine: engine)
        runner.pageByteCountMax = pageByteCountMax
        var request = SQLRequest(query: query)
        request.limit = limit
        var rows: [String] = []
        var position: WalkPosition?
        repeat {
            // As its cursor has it.
            position = try position.map { try XCTUnwrap(WalkPosition(fields: $0.fields)) }
            let page = try runner.page(
                request, in: QueryContext(catalog: try catalog(), now: 0), after: position, cancellation: { Cancellation() }, seal: { _ in "there is more" })
            rows += (try JSONParser.parse(page.bytes)["rows"]?.array ?? []).map { String(decoding: $0.serialized, as: UTF8.self) }
            position = page.position
        } while position != nil && rows.count < 1_000
        return rows
    }

    private static let statements = [
        "SELECT n FROM rollup_none", "SELECT * FROM rollup_none", "SELECT k, n FROM rollup_k", "SELECT n, k FROM rollup_k", "SELECT n FROM rollup_k", "SELECT all_small FROM rollup_k",
        "SELECT people, least FROM rollup_k", "SELECT k, n, total, few, least, greatest, all_small, people FROM rollup_k", "SELECT n FROM rollup_k WHERE n > 20",
        "SELECT k, total FROM rollup_k WHERE k <> 'k1'", "SELECT greatest FROM rollup_k WHERE k IS NULL OR total > 100", "SELECT kind, n FROM seen", "SELECT n * 2 AS n, upper(k) AS k FROM rollup_k",
        "SELECT k, count(*) FROM rollup_k GROUP BY k", "SELECT k, sum(n), sum(total), approx_count_distinct_merge(people) FROM rollup_k GROUP BY k", "SELECT count(*) AS c, n FROM rollup_k GROUP BY n",
        "SELECT n % 3, max(total) FROM rollup_k GROUP BY 1", "SELECT k, sum(n) FILTER (WHERE n > 3) FROM rollup_k GROUP BY k", "SELECT DISTINCT k FROM rollup_k", "SELECT DISTINCT n % 7 FROM rollup_k",
        "SELECT k, (SELECT count(*) FROM rollup_k) FROM rollup_k", "SELECT k FROM rollup_k WHERE n > (SELECT avg(n) FROM rollup_k)", "SELECT n FROM rollup_k UNION ALL SELECT n FROM rollup_none",
        "WITH c AS (SELECT k, n FROM rollup_k) SELECT a.k, b.n FROM c a JOIN c b ON a.n = b.n", "SELECT k, row_number() OVER (PARTITION BY k) FROM rollup_k",
        "WITH RECURSIVE c AS (SELECT n FROM rollup_k UNION ALL SELECT n + 1000 FROM c WHERE n < 2000) SELECT n FROM c",
    ]
    private static let orderedStatements = [
        "SELECT k, n FROM rollup_k ORDER BY total DESC, k", "SELECT * FROM rollup_k ORDER BY n, k", "SELECT n FROM rollup_k ORDER BY k NULLS FIRST", "SELECT k FROM rollup_k ORDER BY n DESC, k LIMIT 7 OFFSET 1",
        "SELECT k, sum(n) FROM rollup_k GROUP BY k HAVING sum(n) > 5 ORDER BY 2, 1",
    ]

    func test_pages_areTheSumsOfTheRows_howeverFilesLieMeanwhile() throws {
        var random = SplitMix64(state: 6)
        let rows = rows(&random)
        // How long a statement's pages are, and how files lie at each of them, is drawn anew with each change of the sources.
        let seed = SourceSeed.of("Sources/Query", "Sources/Server/Queries")
        random = SplitMix64(state: seed)
        for (statements, isOrdered) in [(Self.statements, false), (Self.orderedStatements, true)] {
            for statement in statements {
                let plain = catalog(statement) { RollupRows($0, of: "t", partials: nil, [], rest: Self.table(rows), []) }
                let whole = try pages(statement, limit: 1_000) { plain }
                let limit = [1, 2, 3].randomElement(using: &random) ?? 1
                let walked = try pages(statement, limit: limit) { try catalog(statement) { try dealt(rows, $0, &random) } }
                XCTAssertEqual(isOrdered ? walked : walked.sorted(), isOrdered ? whole : whole.sorted(), "\(statement), pages of \(limit), seed \(seed)")
            }
        }
    }

    /// The query's own LIMIT is a page's: only its bytes make it two.
    func test_pagesThatEndAtTheirBytes_areTheSumsOfTheRows() throws {
        var random = SplitMix64(state: 7)
        let rows = rows(&random)
        let statement = "SELECT repeat(coalesce(k, ''), 200000), n, total FROM rollup_k LIMIT 40"
        let plain = catalog(statement) { RollupRows($0, of: "t", partials: nil, [], rest: Self.table(rows), []) }
        let walked = try pages(statement, limit: 40, pageByteCountMax: 1 << 20) { try catalog(statement) { try dealt(rows, $0, &random) } }
        XCTAssertEqual(walked.sorted(), try pages(statement, limit: 40) { plain }.sorted())
    }

    /// No page of another rollup follows one of the first, whatever its columns are; the same one, put anew, goes on.
    func test_aRollupThatWasChanged_endsTheWalk() throws {
        var random = SplitMix64(state: 8)
        let rows = rows(&random)
        func walk(_ later: RollupStatement, _ query: String) throws -> [String] {
            var pageCount = 0
            return try pages(query, limit: 2) {
                pageCount += 1
                return FixedCatalog([(name: "rollup_k", entry: .rows(try dealt(rows, pageCount == 1 ? Self.statement(["k"]) : later, &random)))])
            }
        }
        for query in ["SELECT * FROM rollup_k", "SELECT k, n FROM rollup_k", "SELECT k, sum(n) FROM rollup_k GROUP BY k", "SELECT k FROM rollup_k WHERE EXISTS (SELECT 1 FROM rollup_k WHERE n > 0)"] {
            XCTAssertEqual(try walk(Self.statement(["k"]), query).count, try walk(Self.statement(["k"]), query + " ORDER BY 1").count, query)
            for later in [Self.statement(["k"], measures: ["z": "max(x)"]), RollupStatement(keys: Self.statement(["k"]).keys, measures: Self.statement([]).measures, condition: "x > 3", list: nil)] {
                XCTAssertThrowsError(try walk(later, query), query) { XCTAssertEqual(($0 as? Problem)?.slug, .badCursor, "\($0)") }
            }
        }
    }
}
