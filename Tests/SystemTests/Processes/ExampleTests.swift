import Foundation
import TestSupport
import XCTest

/// Goal: the examples run as they stand, by the binary under test, and show what their READMEs say. Method: each, as a user starts it.
final class ExampleTests: XCTestCase {
    private func run(_ name: String, _ wanted: [String], line: UInt = #line) throws {
        let run = try Subprocess(
            "/usr/bin/env", ["python3", Project.root.appendingPathComponent("examples/\(name)/run").path], environment: TillServer.environment(["TILL": TillServer.binary.path]))
        let text = String(decoding: run.output, as: UTF8.self)
        XCTAssertEqual(run.status, 0, text + run.error, line: line)
        for one in wanted { XCTAssertTrue(text.contains(one), "\(one) is missing: \(text)", line: line) }
    }

    func test_checks_areMarked_andARestartVoidsTheMark() throws {
        try run("checks", ["36 marks, each what its answers are worth", "school-form: ", "37 executions have ended well, 0 have not"])
    }

    func test_submissions_areReported_behindALinkThatEnds() throws {
        try run("submissions", ["403 contract-not-valid", "FAILED: InvalidCombinations", "a few seconds later: 410"])
    }

    func test_receipts_areRegistered_andCountedAtNewYear() throws {
        try run("receipts", ["what tax refused never comes there", "tax: REJECTED", "a workbook of 2 sheets"])
    }
}
