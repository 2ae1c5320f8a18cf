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
        return FixedCatalog(tables.map { (name: $0.0, entry: $0.1) })
    }

    private func check(_ file: String) throws {
        let engine = QueryEngine(QueryEngine.Settings(threadCount: 2))
        let context = QueryContext(catalog: try Self.catalog(), now: TestTables.now)
        var golden = try GoldenFile(file)
        golden.check { sql in
            do {
                let stream = try engine.execute(try engine.prepare(sql, in: context))
                var encoder = CSVEncoder(columns: stream.columns)
                var buffer: [UInt8] = []
                while let batch = try stream.next() { encoder.append(batch, into: &buffer) }
                return String(decoding: buffer, as: UTF8.self).split(separator: "\r\n", omittingEmptySubsequences: false).dropLast()
                    // A row of one NULL would be an empty line, which ends a case.
                    .map { $0.isEmpty ? "NULL" : $0 }.joined(separator: "\n")
            } catch let error as QueryError {
                return "error: \(error.slug.rawValue) at \(error.position.map(String.init) ?? "no place")"
            }
        }
    }

    func test_answers_expressions() throws { try check("expressions.txt") }
    func test_answers_queries() throws { try check("queries.txt") }
}
