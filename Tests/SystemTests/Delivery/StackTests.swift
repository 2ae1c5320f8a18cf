import Foundation
import TestSupport
import XCTest

/// Goal: the stack for AWS is what its page says, and the committed template is what the app makes. Method: synthesis, cfn-lint, assertions each of which is seen to
/// mind a fault of its own, and both stacks made in moto; a machine's script run on a scratch root.
final class StackTests: XCTestCase {
    func test_stack_isSynthesisedLintedAndMade() throws {
        let run = try PythonReader.run("SystemTests/Scripts/stack.py", [])
        XCTAssertEqual(run.exitCode, 0, run.output)
        XCTAssertTrue(run.output.contains("everything held\n"), run.output)
    }

    func test_machines_makeThemselvesAPair() throws {
        let run = try PythonReader.run("SystemTests/Scripts/boot.py", [TillServer.binary.path])
        XCTAssertEqual(run.exitCode, 0, run.output)
        XCTAssertTrue(run.output.contains("everything held\n"), run.output)
    }
}
