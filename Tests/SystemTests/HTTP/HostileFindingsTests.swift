import Foundation
import TestSupport
import XCTest

/// Goal: what once ended the server, held it up, hid data or was read as something else does so no more. Method: `Tests/Reference/hostile_findings.py` tries each
/// again against the real binary, and others of its class; here without what takes a debug build long. By hand without `--quick`.
final class HostileFindingsTests: XCTestCase {
    private func run(_ part: String) throws {
        let run = try PythonReader.run("Reference/hostile_findings.py", ["--binary", TillServer.binary.path, "--part", part, "--quick"])
        XCTAssertEqual(run.exitCode, 0, run.output)
    }

    func test_statements_areAnsweredOrRefused() throws { try run("statements") }

    func test_bodiesAndTypes_costWhatTheyMay() throws { try run("bodies") }

    func test_damagedMovedAndMistypedStores_loseNothing() throws { try run("stores") }
}
