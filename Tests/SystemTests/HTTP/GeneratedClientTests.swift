import Foundation
import TestSupport
import XCTest

/// Goal: an integrator's generated client works. Method: openapi-spec-validator over the description of the real binary, then
/// openapi-python-client makes a client of it, which puts a contract, a type, a receipt and a batch, and reads them.
final class GeneratedClientTests: XCTestCase {
    func test_generatedClient_postsAndReads() throws {
        let server = try TillServer()
        defer { server.remove() }
        let folder = try Project.temporaryFolder("till-client")
        defer { try? FileManager.default.removeItem(at: folder) }
        let run = try PythonReader.run("SystemTests/Scripts/generated_client.py", [server.url, TillServer.adminKey, folder.path])
        if run.exitCode == 77 { throw XCTSkip(run.output) }
        XCTAssertEqual(run.exitCode, 0, run.output)
        XCTAssertTrue(run.output.hasSuffix("everything was taken\n"), run.output)
        XCTAssertEqual(try server.client().get("/v1/receipts/G-2?client=shop&day=2026-11-19").status, 200)
    }
}
