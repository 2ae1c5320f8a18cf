import ColumnStore
import Ingest
import Server
import TestSupport
import XCTest

/// Goal: what a body is read into is paid for before it is read. Method: bodies of small values, which take fifty times their bytes, and of long texts, to a server that has
/// little memory for requests.
final class BodyValueTests: XCTestCase {
    /// One credential has 8 MiB.
    private func server() throws -> TestServer {
        var limits = DoorLimits()
        (limits.memory.all, limits.memory.bodyByteCount, limits.body) = (16 << 20, 1 << 20, 1 << 20)
        return try TestServer(limits: limits)
    }

    private let ones = "[" + String(repeating: "1,", count: 200_000) + "1]"

    func test_aBodyOfManyValues_isRefusedBeforeItIsRead() throws {
        let server = try server()
        defer { server.engine.executions.stop() }
        let worker = server.client(key: try server.key("c", .read, .own))
        func end(_ output: String) throws -> HTTPClient.Answer { try worker.post("/v1/tasks/nobodys/success", #"{"output":\#(output)}"#) }
        // There is no such task: what says so was read.
        XCTAssertEqual(try end("[1]").status, 404)
        let refused = try end(ones)
        XCTAssertEqual(refused.status, 413, refused.text)
        XCTAssertTrue(refused.text.contains("so many values"), refused.text)
        // A text of as many bytes takes little more than them.
        XCTAssertEqual(try end("\"\(ones)\"").status, 404)
    }

    func test_definitionsAndTypes_ofManyValues_areRefusedBeforeTheyAreRead() throws {
        let server = try server()
        defer { server.engine.executions.stop() }
        for path in ["/v1/types/t", "/v1/processes/p", "/v1/rollups/r"] {
            let refused = try server.client().put(path, #"{"x":\#(ones)}"#)
            XCTAssertEqual(refused.status, 413, "\(path): \(refused.text)")
        }
    }

    func test_whatABodyHeld_isGivenBack() throws {
        let server = try server()
        defer { server.engine.executions.stop() }
        let worker = server.client(key: try server.key("c", .read, .own))
        let few = "[" + String(repeating: "1,", count: 20_000) + "1]"
        // Two MiB each time: were they not given back, the fifth would find none.
        for _ in 0..<12 { XCTAssertEqual(try worker.post("/v1/tasks/nobodys/success", #"{"output":\#(few)}"#).status, 404) }
    }
}
