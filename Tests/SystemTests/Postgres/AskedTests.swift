import XCTest

/// Goal: what any client of PostgreSQL may say means here what it means there. Method: parameters in text, names of objects, options of COPY, faults and psql's commands,
/// of this server and of PostgreSQL 15 alike.
final class AskedTests: XCTestCase {
    func test_answersAndFaults_areThoseOfPostgreSQL() throws { try PostgresDoorServer.compare("asked.py") }
}
