import Foundation
import TestSupport
import XCTest

/// Goal: answers to queries that nobody thought of are PostgreSQL's. Method: `Tests/Reference/random_queries`, which says how; here the same
/// queries each time, and as many that nobody has seen, whose seed is printed. By hand: `TILL_RANDOM_QUERIES=50000`, `TILL_RANDOM_SEED=7`.
final class RandomQueriesTests: XCTestCase {
    private static let environment = ProcessInfo.processInfo.environment

    private func compare(_ arguments: [String]) throws {
        let run = try PythonReader.run("Reference/random_queries", ["--till", TillServer.binary.path] + arguments)
        print(run.output)
        XCTAssertEqual(run.exitCode, 0, run.output)
    }

    func test_knownQueries_agreeWithPostgreSQL() throws { try compare(["--queries", "1200", "--seed", "1"]) }

    func test_newQueries_agreeWithPostgreSQL() throws {
        try compare(["--queries", Self.environment["TILL_RANDOM_QUERIES"] ?? "600", "--seed", Self.environment["TILL_RANDOM_SEED"] ?? "random"])
    }
}
