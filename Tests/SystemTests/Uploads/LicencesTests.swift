import Foundation
import TestSupport
import XCTest

/// Goal: the example of a licence board runs as it stands. Method: it, with the binary under test.
final class LicencesTests: XCTestCase {
    func test_run_goesThrough() throws {
        let run = try Subprocess(
            "/usr/bin/env", ["python3", Project.root.appendingPathComponent("examples/licences/run").path, "--count", "600", "--till", TillServer.binary.path],
            environment: TillServer.environment())
        let text = String(decoding: run.output, as: UTF8.self)
        XCTAssertEqual(run.status, 0, text + run.error)
        XCTAssertTrue(text.contains("600 licensees, as before"), text)
        XCTAssertTrue(text.contains("feedback.csv has all of them"), text)
        XCTAssertTrue(text.contains("licensees.xlsx: "), text)
    }
}
