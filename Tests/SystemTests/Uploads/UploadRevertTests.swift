import Foundation
import TestSupport
import XCTest

/// Goal: an upload that is taken back leaves every document as it was before, but for what is newer, and none half done, whenever the program is killed. Method:
/// documents whose versions are known, kill -9 while it is at work, a backup and its restore.
final class UploadRevertTests: UploadFixture {
    private func reverted(_ id: String, _ client: HTTPClient) throws -> [String: Any] {
        let reverted = try Patience.value {
            let upload = try object(try client.get("/v1/uploads/\(id)").body)
            return upload["state"] as? String == "REVERTED" ? upload : nil
        }
        return try XCTUnwrap(reverted, "the upload is not taken back")
    }

    func test_revert_givesTheVersionBefore_orRemoves_orLeaves() throws {
        let server = try running()
        XCTAssertEqual(try server.client().put("/v1/types/member", Self.member).status, 201)
        let one = server.client(key: try server.key("c1"))
        _ = try upload("id,name,age\n" + (0..<10).map { "M\($0),Ann,30\n" }.joined(), one, type: "member")
        XCTAssertEqual(try one.delete("/v1/receipts/M9?table=members").status, 204)
        let bad = try upload("id,name,age\n" + (3..<12).map { "M\($0),Bob,30\n" }.joined(), one, type: "member")
        let id = try XCTUnwrap(bad["upload_id"] as? String)
        XCTAssertEqual(counts(bad), [9, 9, 2, 7, 0, 0])
        _ = try upload("id,name,age\nM5,Cyd,30\n", one, type: "member")
        func used() throws -> [Int] {
            let spans = try object(try one.get("/v1/contracts/c1/usage").body)["usage"] as? [[String: Any]] ?? []
            return ["receipts", "bytes"].map { member in spans.reduce(0) { $0 + ($1[member] as? Int ?? 0) } }
        }
        let before = try used()
        XCTAssertEqual(before[0], 20, "ten, nine and one; a removal is none")
        let two = server.client(key: try server.key("c2"))
        XCTAssertEqual(try two.post("/v1/uploads/\(id)/revert", "").status, 404)
        let answer = try one.call("POST", "/v1/uploads/\(id)/revert")
        XCTAssertEqual(answer.status, 202, answer.text)
        let done = try reverted(id, one)
        XCTAssertEqual([done["reverted"] as? Int, done["left"] as? Int], [8, 1])
        XCTAssertEqual(try used(), before, "nobody has sent the versions that are had again")
        XCTAssertEqual(try server.client().post("/v1/admin/compact", "{}").status, 200)
        XCTAssertEqual(try used(), before, "from cold")
        XCTAssertEqual(try one.call("POST", "/v1/uploads/\(id)/revert").status, 202, "again: nothing")
        XCTAssertEqual(
            try rows("SELECT receipt_id, version, name FROM members ORDER BY 1", one),
            #"[["M0",1,"Ann"],["M1",1,"Ann"],["M2",1,"Ann"],["M3",3,"Ann"],["M4",3,"Ann"],["M5",3,"Cyd"],["M6",3,"Ann"],["M7",3,"Ann"],["M8",3,"Ann"]]"#)
        XCTAssertEqual(try rows("SELECT count(*) FROM members_history WHERE receipt_id = 'M9'", one), "[[4]]")
        XCTAssertEqual(try rows("SELECT count(*) FROM members_history WHERE upload_id = '\(id)'", one), "[[9]]")
        let versions = try object(try one.get("/v1/receipts/M4/versions?table=members").body)["versions"] as? [[String: Any]]
        XCTAssertTrue(versions?.first?["upload_id"] is NSNull)
        let ledger = try upload(Self.lines(1...1), one, name: "a.ndjson")
        let refused = try one.call("POST", "/v1/uploads/\(ledger["upload_id"] as? String ?? "")/revert")
        XCTAssertEqual(refused.status, 409)
        XCTAssertTrue(refused.text.contains("immutable-table"))
        let (waiting, _) = try announce(one, #"{"name":"a.csv","type":"member"}"#)
        XCTAssertEqual(try one.call("POST", "/v1/uploads/\(waiting)/revert").status, 409, "it has not ended")
    }

    /// What a registrar rejected has changed nothing: behind it an upload is taken back all the same, and a document that never was there cannot be removed.
    func test_revert_behindAVersionThatFailed_givesTheVersionBefore() throws {
        let registrar = TestHTTPServer { request in
            let isBad = String(decoding: request.body, as: UTF8.self).contains(#""name":"bad""#)
            return .init(status: 200, body: #"{"outcome":"\#(isBad ? "rejected" : "accepted")","reference":"r","errors":[]}"#)
        }
        defer { registrar.close() }
        let server = try TillServer(environment: [
            "TILL_REGISTRARS": #"{"tax":{"url":"http://127.0.0.1:\#(registrar.port)/","secret":"s"}}"#, "TILL_OUTGOING_ALLOW": #"["127.0.0.1"]"#,
        ])
        self.server?.remove()
        self.server = server
        XCTAssertEqual(
            try server.client().put(
                "/v1/types/member",
                #"{"name":"member","version":1,"table":"members","format":"json","on_repeat":"replace","receipt_id":"/id","match":{"/kind":"m"},"columns":{"name":{"path":"/name","type":"VARCHAR"}},"register":[["tax"]]}"#
            ).status, 201)
        let one = server.client(key: try server.key("c1"))
        func post(_ id: String, _ name: String) throws -> Int {
            try one.post("/v1/receipts", #"{"kind":"m","id":"\#(id)","name":"\#(name)"}"#, [("Prefer", "wait=30")]).status
        }
        XCTAssertEqual(try post("M1", "Ann"), 201)
        let bad = try upload(#"{"kind":"m","id":"M1","name":"Bob"}"# + "\n" + #"{"kind":"m","id":"M2","name":"Bob"}"# + "\n", one, name: "a.ndjson")
        XCTAssertTrue(try Patience.until { try rows("SELECT count(*) FROM members_accepted WHERE name = 'Bob'", one) == "[[2]]" })
        XCTAssertEqual(try post("M1", "bad"), 200, "FAILED")
        XCTAssertEqual(try post("M2", "bad"), 200, "FAILED")
        let id = try XCTUnwrap(bad["upload_id"] as? String)
        XCTAssertEqual(try one.call("POST", "/v1/uploads/\(id)/revert").status, 202)
        let done = try reverted(id, one)
        XCTAssertEqual([done["reverted"] as? Int, done["left"] as? Int], [2, 0])
        XCTAssertEqual(try rows("SELECT receipt_id, version, name FROM members ORDER BY 1", one), #"[["M1",4,"Ann"]]"#)
        XCTAssertEqual(
            try rows("SELECT receipt_id, version, removed FROM members_history WHERE version > 2 AND state = 'COMPLETE' ORDER BY 1", one), #"[["M1",4,false],["M2",3,true]]"#)
        // Removed already, whatever FAILED since; and what was never more than FAILED.
        XCTAssertEqual(try post("M2", "bad"), 200)
        XCTAssertEqual(try one.delete("/v1/receipts/M2?table=members").status, 204)
        XCTAssertEqual(try post("M3", "bad"), 200)
        XCTAssertEqual(try one.delete("/v1/receipts/M3?table=members").status, 404)
        XCTAssertEqual(try rows("SELECT receipt_id, count(*) FROM members_history WHERE removed OR receipt_id = 'M3' GROUP BY 1 ORDER BY 1", one), #"[["M2",1],["M3",1]]"#)
    }

    func test_revert_killed_isWholeInTheEnd() throws {
        let server = try running()
        XCTAssertEqual(try server.client().put("/v1/types/member", Self.member).status, 201)
        var one = server.client(key: try server.key("c1"))
        let key = String(try XCTUnwrap(one.authorization).dropFirst(7))
        _ = try upload("id,name,age\n" + (0..<6_000).map { "M\($0),Ann,30\n" }.joined(), one, type: "member")
        let bad = try upload("id,name,age\n" + (3_000..<9_000).map { "M\($0),Bob,30\n" }.joined(), one, type: "member")
        let id = try XCTUnwrap(bad["upload_id"] as? String)
        XCTAssertEqual(try one.call("POST", "/v1/uploads/\(id)/revert").status, 202)
        for round in 0..<6 {
            usleep(UInt32(20_000 + 40_000 * round))
            server.kill()
            try server.start()
            one = server.client(key: key)
        }
        let done = try reverted(id, one)
        XCTAssertEqual([done["reverted"] as? Int, done["left"] as? Int], [6_000, 0])
        XCTAssertEqual(try rows("SELECT count(*), min(name), max(name), max(version) FROM members", one), #"[[6000,"Ann","Ann",3]]"#)
        XCTAssertEqual(try rows("SELECT count(*) FROM members_history", one), "[[18000]]")
    }

    func test_backup_hasFilesAndFeedback() throws {
        let server = try running()
        let one = server.client(key: try server.key("c1"))
        let upload = try upload(Self.lines(1...3) + "broken\n", one, name: "a.ndjson")
        let id = try XCTUnwrap(upload["upload_id"] as? String)
        let folder = server.data.deletingLastPathComponent()
        let backup = folder.appendingPathComponent("backup")
        for _ in 0..<2 { XCTAssertEqual(try server.client().post("/v1/admin/backup", #"{"destination":"\#(backup.path)"}"#).status, 200) }
        let copy = folder.appendingPathComponent("restored")
        XCTAssertEqual(try TillRun(["restore", backup.path, "--data", copy.path]).status, 0)
        XCTAssertEqual(try Data(contentsOf: copy.appendingPathComponent("uploads/\(id)")), Data((Self.lines(1...3) + "broken\n").utf8))
        let restored = try TillServer(data: copy)
        defer { restored.remove() }
        let client = restored.client(key: String(try XCTUnwrap(one.authorization).dropFirst(7)))
        XCTAssertEqual(try client.get("/v1/uploads/\(id)/errors").text, try one.get("/v1/uploads/\(id)/errors").text)
    }
}
