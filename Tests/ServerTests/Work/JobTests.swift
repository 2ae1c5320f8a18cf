import ColumnStore
import Documents
import Foundation
import Ingest
import Server
import Synchronization
import TestSupport
import XCTest

/// Goal: long work holds nobody up, is seen while it runs, and tells what came of it. Method: an engine whose work ends when the test says so.
final class JobTests: XCTestCase {
    private func job(_ answer: HTTPClient.Answer) throws -> JSONValue { try JSONParser.parse(answer.body) }

    /// Asks until the job stands so.
    private func wait(_ client: HTTPClient, _ id: String, for state: String) throws -> JSONValue {
        let found = try Patience.value {
            let job = try job(try client.get("/v1/admin/jobs/\(id)"))
            return job["state"]?.text == state ? job : nil
        }
        return try XCTUnwrap(found, "the job never was \(state)")
    }

    func test_verify_isAJob_withProgressAndResult() throws {
        let server = try TestServer()
        let admin = server.client()
        server.engine.state.withLock { $0.isVerifyHeld = true }
        let answer = try admin.call("POST", "/v1/admin/verify")
        XCTAssertEqual(answer.status, 202, answer.text)
        let id = try XCTUnwrap(try job(answer)["id"]?.text)
        XCTAssertEqual(answer.headers["location"], "/v1/admin/jobs/\(id)")
        let running = try wait(admin, id, for: "running")
        XCTAssertEqual(running["result"], .null)
        try Patience.until { try job(try admin.get("/v1/admin/jobs/\(id)"))["progress"] != .null }
        XCTAssertEqual(try job(try admin.get("/v1/admin/jobs/\(id)"))["progress"]?["done"]?.integer, 17)
        // A wait that ends before the job does says how it stands; so does one of the call itself.
        XCTAssertEqual(try job(try admin.get("/v1/admin/jobs/\(id)?wait=1"))["state"]?.text, "running")
        server.engine.state.withLock { $0.isVerifyHeld = false }
        let done = try job(try admin.get("/v1/admin/jobs/\(id)?wait=60"))
        XCTAssertEqual(done["state"]?.text, "done", "\(done)")
        XCTAssertEqual(done["result"]?["fault_count"]?.integer, 1)
        XCTAssertEqual(try admin.get("/v1/admin/jobs").status, 200)
        let whole = try admin.call("POST", "/v1/admin/verify?wait=60")
        XCTAssertEqual(whole.status, 200, whole.text)
        XCTAssertEqual(try job(whole)["receipts"]?.integer, 17)
        XCTAssertEqual(try admin.get("/v1/admin/jobs/j_none").status, 404)
    }

    /// Eight calls more than all control threads, each waiting for the first: figures, health, readers and other administration go on.
    func test_waitingCalls_holdNobodyUp() throws {
        let server = try TestServer()
        server.engine.state.withLock { $0.isBackupHeld = true }
        let waiting = (0..<8).map { _ in server.client() }
        let body = #"{"destination":"/backup"}"#
        let head = "POST /v1/admin/backup HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(TestServer.adminKey)\r\nContent-Type: application/json\r\n"
        for client in waiting { try client.send(Array("\(head)Content-Length: \(body.utf8.count)\r\n\r\n\(body)".utf8)) }
        let admin = server.client()
        for path in ["/healthz", "/metrics", "/v1/contracts", "/v1/types", "/v1/admin/jobs"] { XCTAssertEqual(try admin.get(path).status, 200, path) }
        XCTAssertEqual(try admin.post("/v1/admin/compact", "{}").status, 200, "another kind of work has its own thread")
        XCTAssertEqual(try job(try admin.post("/v1/admin/backup?wait=0", #"{"destination":"/b"}"#))["state"]?.text, "queued")
        server.engine.state.withLock { $0.isBackupHeld = false }
        XCTAssertEqual(try admin.post("/v1/admin/backup", #"{"destination":"/b"}"#).status, 200)
    }

    /// Whoever waits for a job that another takes out of the queue is not told that it goes on.
    func test_callThatWaitsForAJobThatIsDropped_isToldSo() throws {
        let server = try TestServer()
        let admin = server.client()
        server.engine.state.withLock { $0.isVerifyHeld = true }
        defer { server.engine.state.withLock { $0.isVerifyHeld = false } }
        let first = try XCTUnwrap(try job(try admin.call("POST", "/v1/admin/verify"))["id"]?.text)
        _ = try wait(admin, first, for: "running")
        let patient = server.client()
        try patient.send(Array("POST /v1/admin/verify?wait=600 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(TestServer.adminKey)\r\n\r\n".utf8))
        let queued = try Patience.value {
            let jobs = try job(try admin.get("/v1/admin/jobs"))["jobs"]?.array ?? []
            return jobs.first { $0["state"]?.text == "queued" }?["id"]?.text
        }
        XCTAssertEqual(try admin.delete("/v1/admin/jobs/\(try XCTUnwrap(queued))").status, 204)
        let answer = try patient.answer()
        XCTAssertEqual(answer.status, 503, answer.text)
        XCTAssertTrue(answer.text.contains("the job was ended before it was done"), answer.text)
    }

    func test_failures_queuesAndCancelling() throws {
        let server = try TestServer()
        let admin = server.client()
        let failed = try admin.post("/v1/admin/backup", #"{"destination":"/fails"}"#)
        XCTAssertEqual(failed.status, 500)
        XCTAssertEqual(failed.headers["content-type"], "application/problem+json")
        let kept = try job(try admin.get("/v1/admin/jobs"))["jobs"]
        guard case .array(let jobs)? = kept else { return XCTFail("no jobs") }
        XCTAssertEqual(jobs.first?["state"]?.text, "failed")
        XCTAssertEqual(jobs.first?["problem"]?["type"]?.text, "/problems/internal-error")
        server.engine.state.withLock { $0.isVerifyHeld = true }
        let first = try XCTUnwrap(try job(try admin.call("POST", "/v1/admin/verify"))["id"]?.text)
        _ = try wait(admin, first, for: "running")
        var waiting: [String] = []
        for _ in 0..<16 { waiting.append(try XCTUnwrap(try job(try admin.call("POST", "/v1/admin/verify"))["id"]?.text)) }
        let refused = try admin.call("POST", "/v1/admin/verify")
        XCTAssertEqual(refused.status, 503, refused.text)
        XCTAssertEqual(try admin.delete("/v1/admin/jobs/\(waiting[3])").status, 204)
        XCTAssertEqual(try job(try admin.get("/v1/admin/jobs/\(waiting[3])"))["state"]?.text, "cancelled")
        XCTAssertEqual(try admin.delete("/v1/admin/jobs/\(first)").status, 204)
        _ = try wait(admin, first, for: "cancelled")
        // So do a backup and a compaction, and callers that wait for them are answered so.
        server.engine.state.withLock { ($0.isBackupHeld, $0.isCompactionHeld) = (true, true) }
        for (path, body) in [("backup", #"{"destination":"/b"}"#), ("compact", "{}")] {
            let id = try XCTUnwrap(try job(try admin.post("/v1/admin/\(path)?wait=0", body))["id"]?.text)
            _ = try wait(admin, id, for: "running")
            let waiting = server.client()
            try waiting.send(Array("GET /v1/admin/jobs/\(id)?wait=600 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(TestServer.adminKey)\r\n\r\n".utf8))
            XCTAssertEqual(try admin.delete("/v1/admin/jobs/\(id)").status, 204)
            XCTAssertEqual(try job(try waiting.answer())["state"]?.text, "cancelled", path)
        }
        // A stop ends what runs, drops what waits, and answers who waits for it.
        let patient = server.client()
        try patient.send(Array("POST /v1/admin/verify?wait=600 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(TestServer.adminKey)\r\n\r\n".utf8))
        try Patience.until { try admin.get("/v1/admin/jobs").text.contains("\"queued\"") }
        server.context.beginStopping()
        XCTAssertTrue(server.context.jobs.waitUntilIdle(seconds: 60))
        XCTAssertEqual(try patient.answer().status, 503)
    }
}
