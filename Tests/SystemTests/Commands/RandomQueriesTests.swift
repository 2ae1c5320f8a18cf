import Foundation
import TestSupport
import XCTest

/// Goal: answers to queries that nobody thought of are PostgreSQL's. Method: `Tests/Reference/random_queries`, which says how; here a few
/// queries that are the same each time, and more that each change of the engine or of the generator makes anew (`SourceSeed`), whose seed is printed: over few
/// rows in files, over many rows with little memory, in other time zones of a server, in pages of one, and over
/// documents that changed. By hand:
/// `TILL_RANDOM_QUERIES=50000`, `TILL_RANDOM_SEED=7` or `=random`.
final class RandomQueriesTests: XCTestCase {
    private static let environment = ProcessInfo.processInfo.environment

    private func compare(_ arguments: [String]) throws {
        let run = try PythonReader.run("Reference/random_queries", ["--till", TillServer.binary.path] + arguments)
        print(run.output)
        XCTAssertEqual(run.exitCode, 0, run.output)
    }

    func test_knownQueries_agreeWithPostgreSQL() throws { try compare(["--queries", "100", "--seed", "1"]) }

    func test_newQueries_agreeWithPostgreSQL() throws { try compareNew(400) }

    func test_spillingQueries_agreeWithPostgreSQL() throws { try compareNew(18, ["--rows", "24000", "--batch", "56"]) }

    func test_queriesInOtherTimeZones_agreeWithPostgreSQL() throws { try compareNew(60, ["--zones", "--batch", "20"]) }

    func test_pagesWhileReceiptsArrive_areTheWholeAnswer() throws { try compareNew(30, ["--pages", "--batch", "30"]) }

    func test_queriesOverVersions_agreeWithPostgreSQL() throws { try compareNew(60, ["--versions", "--batch", "60"]) }

    private func compareNew(_ count: Int, _ arguments: [String] = []) throws {
        let sources = SourceSeed.of("Sources/ColumnStore", "Sources/Query", "Tests/Reference/random_queries")
        let seed = Self.environment["TILL_RANDOM_SEED"] ?? "\(sources % 1_000_000)"
        try compare(["--queries", Self.environment["TILL_RANDOM_QUERIES"] ?? "\(count)", "--seed", seed] + arguments)
    }
}
