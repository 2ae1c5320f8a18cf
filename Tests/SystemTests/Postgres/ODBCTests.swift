import XCTest

/// Goal: psqlODBC, unpatched, by pyodbc: its catalog functions, parameters, cursors, faults. Method: it asks the real binary and PostgreSQL 15 with like tables the same, and the answers are compared.
final class ODBCTests: XCTestCase {
    func test_answers_areThoseOfPostgreSQL() throws { try PostgresDoorServer.compare("odbc.py") }
}
