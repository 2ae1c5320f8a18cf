import XCTest

/// Goal: pgbench runs against the door as against PostgreSQL, in each of its three protocols. Method: the real binary, scripts of one constant, of a look-up, of a transaction; rates are printed
/// and not judged, for they are the machine's.
final class PgbenchTests: XCTestCase {
    func test_transactions_allSucceed() throws { try PostgresDoorServer.compare("pgbench.py") }
}
