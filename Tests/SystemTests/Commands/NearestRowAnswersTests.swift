import TestSupport
import XCTest

/// Goal: to each row the nearest of another table, by LATERAL, by a subquery in SELECT and by ASOF JOIN, is that of PostgreSQL and of DuckDB. Method: random
/// tables with ties, NULL keys, NULL times and keys without partner, in files, asked by the real binary; `Tests/Reference/nearest_rows.py` says which questions.
final class NearestRowAnswersTests: XCTestCase {
    func test_nearestRows_areThoseOfPostgreSQLAndDuckDB() throws {
        let run = try PythonReader.run("Reference/nearest_rows.py", ["--till", TillServer.binary.path, "--rounds", "6"])
        XCTAssertEqual(run.exitCode, 0, run.output)
    }
}
