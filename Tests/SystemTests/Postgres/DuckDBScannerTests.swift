import XCTest

/// Goal: DuckDB with its extension for PostgreSQL, unpatched: attached, filtered, joined. Method: it asks the real binary and PostgreSQL 15 with like tables the same, and the answers are compared.
final class DuckDBScannerTests: XCTestCase {
    func test_answers_areThoseOfPostgreSQL() throws { try PostgresDoorServer.compare("duckdb_scanner.py") }
}
