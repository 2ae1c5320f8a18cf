import XCTest

/// Goal: pgjdbc, unpatched: the metadata that tools browse by, values of all types, pages, cancelling, faults. Method: it asks the real binary and PostgreSQL 15 with like tables the same, and the answers are compared.
final class JDBCTests: XCTestCase {
    func test_answers_areThoseOfPostgreSQL() throws { try PostgresDoorServer.compare("jdbc.py") }
}
