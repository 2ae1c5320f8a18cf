import Foundation
import TestSupport
import XCTest

/// Goal: the clients say what the server does. Method: the Python package is installed, checked by mypy and tested against the real binary, as is the TypeScript one by
/// Debian's tsc and Node; the description that both follow is compared with the server's own.
final class ClientTests: XCTestCase {
    func test_python_isInstalled_checked_andWorks() throws {
        let server = try TillServer()
        defer { server.remove() }
        let folder = try Project.temporaryFolder("till-python")
        defer { try? FileManager.default.removeItem(at: folder) }
        let run = try PythonReader.run("SystemTests/Scripts/python_client.py", [server.url, TillServer.adminKey, folder.path])
        if run.exitCode == 77 { throw XCTSkip(run.output) }
        XCTAssertEqual(run.exitCode, 0, run.output)
        XCTAssertTrue(run.output.hasSuffix("the client is whole\n"), run.output)
    }

    func test_typescript_isChecked_andWorks() throws {
        let server = try TillServer()
        defer { server.remove() }
        let folder = try Project.temporaryFolder("till-typescript")
        defer { try? FileManager.default.removeItem(at: folder) }
        let run = try PythonReader.run("SystemTests/Scripts/typescript_client.py", [server.url, TillServer.adminKey, folder.path])
        if run.exitCode == 77 { throw XCTSkip(run.output) }
        XCTAssertEqual(run.exitCode, 0, run.output)
        XCTAssertTrue(run.output.hasSuffix("the client is whole\n"), run.output)
    }

    func test_description_isTheCommittedOne_andItsTypesToo() throws {
        let server = try TillServer()
        defer { server.remove() }
        let folder = try Project.temporaryFolder("till-description")
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appendingPathComponent("openapi.json")
        try Data(server.client().get("/openapi.json").body).write(to: file)
        let run = try PythonReader.run("../clients/describe", ["--check", file.path])
        XCTAssertEqual(run.exitCode, 0, run.output)
    }
}
