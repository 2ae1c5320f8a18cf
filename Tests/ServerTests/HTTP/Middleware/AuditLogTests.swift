import ColumnStore
import Ingest
import Server
import Synchronization
import TestSupport
import XCTest

/// Goal: what the audit trail keeps and shows of an act is JSON, however long what was put is. Method: views over HTTP, and an entry of a program that cut it.
final class AuditLogTests: XCTestCase {
    func test_whatWasPut_isKeptWhole_orByItsSizeAndHash() throws {
        let server = try TestServer()
        defer { server.engine.executions.stop() }
        for (count, isWhole) in [(10, true), (20_000, true), (100_000, false)] {
            let query = "SELECT '\(String(repeating: "x", count: count))' AS a"
            let answer = try server.client().put("/v1/views/v", #"{"query":"\#(query)"}"#)
            XCTAssertEqual(answer.status, 201, answer.text)
            let kept = try XCTUnwrap(server.engine.state.withLock { $0.auditDetails.last ?? nil })
            let detail = try JSONParser.parse(Array(kept.utf8))
            XCTAssertEqual(detail["query"]?.text, isWhole ? query : nil)
            XCTAssertEqual(detail["sha256"] == nil, isWhole)
            if !isWhole { XCTAssertGreaterThan(try XCTUnwrap(detail["bytes"]?.integer), count) }
        }
    }

    func test_whatWasCut_isShownAsAText() throws {
        let server = try TestServer()
        defer { server.engine.executions.stop() }
        let cut = #"{"query":"SELECT 'x"#
        server.engine.state.withLock {
            $0.auditEntries = [
                AuditEntry(id: 2, at: 0, act: AuditAct(actor: "admin", action: "putView", target: "/v1/views/v"), outcome: .done, detail: cut),
                AuditEntry(id: 1, at: 0, act: AuditAct(actor: "admin", action: "putView", target: "/v1/views/w"), outcome: .done, detail: #"{"query":"SELECT 1"}"#),
            ]
        }
        let shown = try JSONParser.parse(try server.client().get("/v1/audit").body)["audit"]?.array ?? []
        XCTAssertEqual(shown.map { $0["detail"]?["text"]?.text }, [cut, nil])
        XCTAssertEqual(shown.map { $0["detail"]?["query"]?.text }, [nil, "SELECT 1"])
    }
}
