import Foundation
import TestSupport
import XCTest

/// Goal: answers to queries that nobody thought of are PostgreSQL's. Method: `Tests/Reference/random_queries`, which says how; here the same
/// queries each time, and some that each change of the engine or of the generator makes anew (`SourceSeed`), whose seed is printed. By hand:
/// `TILL_RANDOM_QUERIES=50000`, `TILL_RANDOM_SEED=7` or `=random`.
final class RandomQueriesTests: XCTestCase {
    private static let environment = ProcessInfo.processInfo.environment

    private func compare(_ arguments: [String]) throws {
        let run = try PythonReader.run("Reference/random_queries", ["--till", TillServer.binary.path] + arguments)
        print(run.output)
        XCTAssertEqual(run.exitCode, 0, run.output)
    }

    func test_knownQueries_agreeWithPostgreSQL() throws { try compare(["--queries", "1200", "--seed", "1"]) }

    func test_newQueries_agreeWithPostgreSQL() throws {
        let seed = Self.environment["TILL_RANDOM_SEED"] ?? "\(SourceSeed.of("Sources/ColumnStore", "Sources/Query", "Tests/Reference/random_queries") % 1_000_000)"
        try compare(["--queries", Self.environment["TILL_RANDOM_QUERIES"] ?? "600", "--seed", seed])
    }
}
