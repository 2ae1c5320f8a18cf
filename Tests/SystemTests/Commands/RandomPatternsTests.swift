import TestSupport
import XCTest

/// Goal: what groups of a pattern capture is what they capture in PostgreSQL. Method: random patterns over random texts, asked by the real binary, other ones with each change of what divides them
/// (`SourceSeed`); `Tests/Reference/random_patterns.py` says which. By hand: `--count 20000`.
final class RandomPatternsTests: XCTestCase {
    func test_groupsOfRandomPatterns_areThoseOfPostgreSQL() throws {
        let seed = SourceSeed.of("Sources/Query/Functions/Backtracking", "Sources/Query/Functions/Patterns") % 1_000_000
        let run = try PythonReader.run("Reference/random_patterns.py", ["--till", TillServer.binary.path, "--count", "160", "--seed", "\(seed)"])
        print(run.output)
        XCTAssertEqual(run.exitCode, 0, run.output)
    }
}
