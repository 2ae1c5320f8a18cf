import ColumnStore
@testable import Query
import XCTest

/// Queries and their answers as CSV, or their errors. Answers are PostgreSQL's: `Tests/Reference/postgres_golden.py` compares the files with
/// a running server.
final class SQLGoldenTests: XCTestCase {
    private static func catalog() throws -> FixedCatalog {
        let tables = try GoldenFile("tables.txt").cases.map { block -> (String, CatalogEntry) in
            let parts = block.input.split(separator: ":", maxSplits: 1)
            return (String(parts[0]), .view(query: String(parts[1])))
        }
        let more: [(String, CatalogEntry)] = [("r", .table(receipts(), scope: [])), ("loop", .view(query: "select * from loop"))]
        return FixedCatalog((tables + more).map { (name: $0.0, entry: $0.1) })
    }

    /// Four receipts with 2, 1, 0 and 3 lines.
    private static func receipts() -> MemoryTable {
        let line = Field(
            "element",
            .structure([Field("code", .string), Field("category", .string), Field("qty", .int32), Field("amount", .decimal(precision: 18, scale: 4))]))
        let fields = [
            Field("id", .string), Field("day", .date), Field("total", .decimal(precision: 18, scale: 4)), Field("lines", .list(element: line)),
            Field("tags", .list(element: Field("element", .string))),
        ]
        func item(_ code: String, _ category: String?, _ qty: Int64, _ amount: Int128?) -> Value {
            .structure([.string(code), category.map { .string($0) } ?? .null, .integer(qty), amount.map { .decimal($0) } ?? .null])
        }
        let rows: [[Value]] = [
            [.string("R1"), .integer(20_000), .decimal(300_000), .list([item("a", "food", 1, 100_000), item("b", "food", 2, 200_000)]),
             .list([.string("x"), .string("y")])],
            [.string("R2"), .integer(20_001), .decimal(50_000), .list([item("a", "toys", 5, 50_000)]), .list([])],
            [.string("R3"), .integer(20_031), .decimal(0), .list([]), .list([.string("x"), .null])],
            [.string("R4"), .integer(20_400), .null, .list([item("c", nil, 1, nil), item("a", "food", 1, 10_000), item("d", "toys", 3, 70_000)]),
             .list([.string("z")])],
        ]
        return QueryFixture.table(fields, rows, batchRowCount: 2)
    }

    /// - Parameter describes: whether an error is written with its words, not its place alone.
    private func check(_ file: String, describes: Bool = false) throws {
        // Rows without an ORDER BY come in any order from two threads; what is written of errors doesn't depend on them.
        let engine = QueryEngine(QueryEngine.Settings(threadCount: describes ? 1 : 2))
        let context = QueryContext(catalog: try Self.catalog(), now: TestTables.now)
        var golden = try GoldenFile(file)
        golden.check { sql in
            do {
                _ = try VerifiedPlan.make(sql, in: context)
                let stream = try engine.execute(try engine.prepare(sql, in: context))
                var encoder = CSVEncoder(columns: stream.columns)
                var buffer: [UInt8] = []
                while let batch = try stream.next() { try encoder.append(batch, into: &buffer) }
                return String(decoding: buffer, as: UTF8.self).split(separator: "\r\n", omittingEmptySubsequences: false).dropLast()
                    // A row of one NULL would be an empty line, which ends a case.
                    .map { $0.isEmpty ? "NULL" : $0 }.joined(separator: "\n")
            } catch let error as QueryError {
                if describes { return error.description }
                return "error: \(error.slug.rawValue) at \(error.position.map(String.init) ?? "no place")"
            }
        }
    }

    func test_answers_expressions() throws { try check("expressions.txt") }
    func test_answers_queries() throws { try check("queries.txt") }
    func test_answers_times() throws { try check("times.txt") }
    func test_answers_documents() throws { try check("documents.txt") }
    /// Lists are ours alone: these answers were worked out by hand.
    func test_answers_lists() throws { try check("lists.txt") }
    /// What each fault of a user's says: its slug, its place and the name meant.
    func test_errors() throws { try check("errors.txt", describes: true) }
}
