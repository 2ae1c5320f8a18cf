import Foundation
import TestSupport
import XCTest

/// Goal: no request gets a server error, or an answer that /openapi.json does not describe. Method: schemathesis, which makes requests from
/// the description, against the real binary; those that chance makes are new with each change of the sources. `TILL_FUZZ_SECONDS` sets how long; by hand longer than in CI.
final class DescriptionTests: XCTestCase {
    func test_everyAnswer_isDescribed() throws {
        let server = try TillServer(environment: [
            "TILL_REGISTRARS": #"{"tax":{"url":"http://127.0.0.1:9/","secret":"s"}}"#, "TILL_OUTGOING_ALLOW": #"["127.0.0.1"]"#,
        ])
        defer { server.remove() }
        let environment = ProcessInfo.processInfo.environment
        let run = try PythonReader.run(
            "SystemTests/Scripts/describe.py",
            [server.url, TillServer.adminKey, environment["TILL_FUZZ_SECONDS"] ?? "8", environment["TILL_FUZZ_SEED"] ?? "\(SourceSeed.of("Sources/Server") % 1_000_000)"])
        XCTAssertEqual(run.exitCode, 0, run.output)
        XCTAssertTrue(run.output.contains("Test cases:"), run.output)
        XCTAssertTrue(server.isRunning)
        XCTAssertEqual(server.stop(), 0)
        let faults = server.logText.split(separator: "\n").filter { $0.contains(#""event":"request failed""#) }
        XCTAssertEqual(faults, [])
    }
}
