import XCTest

/// Goal: a PostgreSQL 15 that reads tables by postgres_fdw: the foreign schema, conditions that it leaves to the server, joins, cursors. Method: it asks the real binary and PostgreSQL 15 with like tables the same, and the answers are compared.
final class ForeignTableTests: XCTestCase {
    func test_answers_areThoseOfPostgreSQL() throws { try PostgresDoorServer.compare("foreign.py") }
}
