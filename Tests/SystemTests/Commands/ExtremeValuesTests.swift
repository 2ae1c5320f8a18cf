import Foundation
import TestSupport
import XCTest

/// Goal: no value of SQL ends the process, and where PostgreSQL answers, the answer is its own or a clear refusal. Method:
/// `Tests/Reference/extreme_values`: values at the ends of every type through every function, operator, cast, aggregate, frame and limit; the
/// same statements each time, and some that each change of the engine makes anew. By hand: `TILL_EXTREME_STATEMENTS=1000000`,
/// `TILL_EXTREME_SEED=7` or `=random`.
final class ExtremeValuesTests: XCTestCase {
    private static let environment = ProcessInfo.processInfo.environment

    private func compare(_ statements: String, seed: String) throws {
        let run = try PythonReader.run("Reference/extreme_values", ["--till", TillServer.binary.path, "--statements", statements, "--seed", seed])
        print(run.output)
        XCTAssertEqual(run.exitCode, 0, run.output)
    }

    func test_knownStatements_agreeWithPostgreSQL() throws { try compare("400", seed: "1") }

    func test_newStatements_agreeWithPostgreSQL() throws {
        let sources = SourceSeed.of("Sources/ColumnStore", "Sources/Query", "Tests/Reference/extreme_values")
        try compare(Self.environment["TILL_EXTREME_STATEMENTS"] ?? "800", seed: Self.environment["TILL_EXTREME_SEED"] ?? "\(sources % 1_000_000)")
    }
}
