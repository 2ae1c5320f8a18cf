import XCTest

/// Goal: ADBC, unpatched, which reads by binary COPY and knows types by the functions that read them. Method: it asks the real binary and PostgreSQL 15 with like tables the same, and the answers are compared.
final class ADBCTests: XCTestCase {
    func test_answers_areThoseOfPostgreSQL() throws { try PostgresDoorServer.compare("adbc.py") }
}
