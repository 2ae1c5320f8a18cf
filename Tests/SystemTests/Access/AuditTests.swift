import Foundation
import TestSupport
import XCTest

/// Goal: every administrative act can be read later, by whom, when and with what outcome. Method: each kind of act through the real binary,
/// a kill -9 after, then the trail.
final class AuditTests: XCTestCase {
    func test_everyAct_isWrittenDown_andOutlivesTheProcess() throws {
        let server = try TillServer()
        defer { server.remove() }
        let admin = server.client()
        let secret = "webhook-secret-8812"
        let contract = #"{"access":"read","scope":"own","webhook":{"url":"https://shop.example/","secret":"\#(secret)"}}"#
        XCTAssertEqual(try admin.call("PUT", "/v1/contracts/shop", headers: [("Content-Type", "application/json"), ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")], body: Array(contract.utf8)).status, 201)
        let made = try admin.call("POST", "/v1/contracts/shop/keys").text
        let (id, key) = (try XCTUnwrap(Receipts.member("id", of: made)), try XCTUnwrap(Receipts.member("key", of: made)))
        XCTAssertEqual(try admin.delete("/v1/contracts/shop/keys/\(id)").status, 204)
        XCTAssertEqual(try admin.delete("/v1/contracts/nobody").status, 404)
        XCTAssertEqual(try admin.put("/v1/contracts/shop", "{}").status, 422)
        XCTAssertEqual(try admin.put("/v1/types/sale", RegistrationTests.type("[]").replacingOccurrences(of: #","register":[]"#, with: "")).status, 201)
        XCTAssertEqual(try admin.delete("/v1/types/sale").status, 204)
        XCTAssertEqual(try admin.post("/v1/admin/compact", "{}").status, 200)
        XCTAssertEqual(try admin.call("POST", "/v1/dead-letters/none/redrive").status, 404)
        XCTAssertEqual(try admin.get("/v1/contracts").status, 200)
        server.kill()
        let local = try TillRun(["key", "create", "shop", "--data", server.data.path])
        XCTAssertEqual(local.status, 0, local.error)
        try server.start()
        let answer = try server.client().get("/v1/admin/audit")
        XCTAssertEqual(answer.status, 200, answer.text)
        XCTAssertFalse(answer.text.contains(secret) || answer.text.contains(key))
        let root = try XCTUnwrap(try JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any])
        let entries = try XCTUnwrap(root["audit"] as? [[String: Any]])
        XCTAssertEqual(
            entries.reversed().filter { $0["action"] as? String != "adminKey" }
                .map { "\($0["action"] ?? "") \($0["outcome"] ?? "") \($0["status"] ?? "") \($0["target"] ?? "")" },
            [
                "putContract done 201 /v1/contracts/shop", "makeKey done 201 /v1/contracts/shop/keys", "deleteKey done 204 /v1/contracts/shop/keys/\(id)",
                "deleteContract refused 404 /v1/contracts/nobody", "putContract refused 422 /v1/contracts/shop", "putType done 201 /v1/types/sale",
                "deleteType done 204 /v1/types/sale", "compact done 200 /v1/admin/compact", "redrive refused 404 /v1/dead-letters/none/redrive",
                "makeKey done 201 /v1/contracts/shop/keys",
            ])
        let put = entries.last { $0["action"] as? String == "putContract" }
        XCTAssertEqual(put?["actor"] as? String, "admin")
        XCTAssertEqual(put?["origin"] as? String, "127.0.0.1")
        XCTAssertEqual(put?["request_id"] as? String, "0af7651916cd43dd8448eb211c80319c")
        XCTAssertEqual((put?["detail"] as? [String: Any])?["access"] as? String, "read")
        XCTAssertTrue((entries.first?["actor"] as? String)?.hasPrefix("directory, uid ") ?? false)
        // Page by page, the same.
        var (cursor, ids): (String?, [Int]) = (nil, [])
        repeat {
            let page = try server.client().get("/v1/admin/audit?limit=3" + (cursor.map { "&cursor=\($0)" } ?? ""))
            let body = try XCTUnwrap(try JSONSerialization.jsonObject(with: Data(page.body)) as? [String: Any])
            ids += (body["audit"] as? [[String: Any]] ?? []).compactMap { $0["id"] as? Int }
            cursor = body["next_cursor"] as? String
        } while cursor != nil
        XCTAssertEqual(ids, entries.compactMap { $0["id"] as? Int })
        XCTAssertEqual(try server.client(key: try server.key("other", scope: "all")).get("/v1/admin/audit").status, 403)
        XCTAssertEqual(try server.client().get("/v1/admin/audit?cursor=AAAA").status, 400)
    }

    /// Goal: who takes over the store leaves a trace. The key is made, changed by the environment, and its file replaced, each between two starts.
    func test_changesOfTheAdminKey_areWrittenDown_andInTheLog() throws {
        let server = try TillServer()
        defer { server.remove() }
        func changes(_ key: String) throws -> [String] {
            let answer = try server.client(key: key).get("/v1/audit")
            let root = try XCTUnwrap(try JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any], answer.text)
            let entries = try XCTUnwrap(root["audit"] as? [[String: Any]])
            XCTAssertFalse(answer.text.contains(key))
            return entries.reversed().filter { $0["action"] as? String == "adminKey" && $0["outcome"] as? String == "done" }
                .compactMap { ($0["detail"] as? [String: Any])?["change"] as? String }
        }
        XCTAssertEqual(try changes(TillServer.adminKey), ["made"])
        server.stop()
        try server.start()
        XCTAssertEqual(try changes(TillServer.adminKey), ["made"], "the same key is no change")
        server.stop()
        let second = "another-admin-key-of-the-tests"
        try server.start(environment: ["TILL_ADMIN_KEY": second])
        XCTAssertEqual(try changes(second), ["made", "replaced-by-environment"])
        XCTAssertTrue(Patience.until { server.logText.contains("replaced-by-environment") })
        server.stop()
        let third = "a-third-admin-key-from-a-thief"
        try Data("\(third)\n".utf8).write(to: server.data.appendingPathComponent("admin.key"))
        try server.start(environment: ["TILL_ADMIN_KEY": ""])
        XCTAssertEqual(try changes(third), ["made", "replaced-by-environment", "file-replaced"])
        XCTAssertTrue(Patience.until { server.logText.contains("file-replaced") })
    }
}
