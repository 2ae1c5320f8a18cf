import ColumnStore
import Documents
import Ingest
import Server
import TestSupport
import XCTest

/// Goal: a key is made for what it is meant for, shown once, and gone when it is revoked. Method: over HTTP.
final class KeyRoutesTests: XCTestCase {
    func test_keyRequests_everyFaultSaysWhatCame() throws {
        let server = try TestServer()
        let admin = server.client()
        XCTAssertEqual(try admin.put("/v1/contracts/shop", #"{"access":"read","scope":"own"}"#).status, 201)
        let table: [(path: String, body: String, says: [String])] = [
            ("/v1/admin/keys", "{}", ["/role", "admin, auditor or metrics is wanted"]),
            ("/v1/admin/keys", #"{"role":"root"}"#, [#"admin, auditor or metrics is wanted, not \"root\""#]),
            ("/v1/admin/keys", #"{"role":"contract"}"#, [#"not \"contract\""#]),
            ("/v1/admin/keys", #"{"role":"admin","label":"","expires_at":"soon"}"#, ["/label", "/expires_at", #"not \"soon\""#]),
            ("/v1/admin/keys", #"{"role":"admin","expires_at":"2020-01-01"}"#, ["2020-01-01T00:00:00.000000Z is past"]),
            ("/v1/contracts/shop/keys", #"{"role":"admin"}"#, ["contract is wanted", "/v1/admin/keys"]),
            ("/v1/contracts/shop/keys", #"{"lable":"x"}"#, ["lable"]),
        ]
        for row in table {
            let answer = try admin.post(row.path, row.body)
            XCTAssertEqual(answer.status, 400, "\(row.body): \(answer.text)")
            for text in row.says { XCTAssertTrue(answer.text.contains(text), "\(row.body): \(answer.text)") }
        }
        XCTAssertEqual(try admin.call("POST", "/v1/contracts/shop/keys").status, 201)
        XCTAssertEqual(try admin.post("/v1/contracts/shop/keys", #"{"label":"till 7","role":"contract"}"#).status, 201)
    }

    func test_keys_areMadeShownOnceAndRevoked() throws {
        let server = try TestServer()
        let admin = server.client()
        XCTAssertEqual(try admin.put("/v1/contracts/shop", #"{"access":"read","scope":"own"}"#).status, 201)
        let made = try admin.call("POST", "/v1/contracts/shop/keys")
        XCTAssertEqual(made.status, 201)
        let key = try JSONParser.parse(made.body)
        let text = try XCTUnwrap(key["key"]?.text)
        let id = try XCTUnwrap(key["id"]?.text)
        XCTAssertEqual(try server.client(key: text).get("/v1/types").status, 200)
        let list = try admin.get("/v1/contracts/shop/keys").text
        XCTAssertTrue(list.contains(id))
        XCTAssertFalse(list.contains(text))
        XCTAssertEqual(try admin.delete("/v1/contracts/shop/keys/\(id)").status, 204)
        XCTAssertEqual(try server.client(key: text).get("/v1/types").status, 401)
        XCTAssertEqual(try admin.delete("/v1/contracts/shop/keys/\(id)").status, 404)
        XCTAssertEqual(try admin.call("POST", "/v1/contracts/nobody/keys").status, 404)
    }
}
