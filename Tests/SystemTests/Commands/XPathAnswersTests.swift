import TestSupport
import XCTest

/// Goal: `xpath` and `xpath_exists` answer as PostgreSQL's do. Method: random documents with all that XML has, and paths to all of it, asked by the real binary;
/// `Tests/Reference/xpath_answers.py` has both.
final class XPathAnswersTests: XCTestCase {
    func test_paths_selectWhatPostgreSQLSelects() throws {
        let run = try PythonReader.run("Reference/xpath_answers.py", ["--till", TillServer.binary.path])
        XCTAssertEqual(run.exitCode, 0, run.output)
    }
}
