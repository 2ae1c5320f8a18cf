import ColumnStore
import Ingest
import Server
import TestSupport
import XCTest

/// Goal: the table "who may do what", as far as the server decides it. Method: every call with every kind of credential, over HTTP.
final class AuthorizerTests: XCTestCase {
    private enum Who: String, CaseIterable { case nobody, stranger, ownRead, ownWrite, allRead, allWrite, admin }

    func test_everyCall_withEveryCredential() throws {
        let server = try TestServer()
        let keys: [Who: String] = [
            .stranger: "till_unknown", .ownRead: try server.key("a", .read, .own), .ownWrite: try server.key("b", .readWrite, .own),
            .allRead: try server.key("c", .read, .all), .allWrite: try server.key("d", .readWrite, .all), .admin: TestServer.adminKey,
        ]
        for route in APIRoutes.all {
            for who in Who.allCases {
                let client = server.client(key: keys[who])
                let path = route.path.replacing("{", with: "").replacing("}", with: "")
                let isPost = route.method != .get
                let answer = try client.call(
                    route.method.rawValue, path, headers: isPost ? [("Content-Type", "application/json")] : [], body: isPost ? Array("{}".utf8) : nil)
                let place = "\(route.method.rawValue) \(path) as \(who.rawValue): \(answer.text)"
                switch (route.access, who) {
                case (.open, _), (_, .admin): XCTAssertFalse([401, 403].contains(answer.status) && route.access != .signed, place)
                case (.signed, _): XCTAssertEqual(answer.status, 401, place)
                case (_, .nobody), (_, .stranger):
                    XCTAssertEqual(answer.status, 401, place)
                    XCTAssertTrue(answer.text.contains("/problems/unauthenticated"), place)
                    XCTAssertEqual(answer.headers["www-authenticate"], "Bearer realm=\"till\"", place)
                case (.admin, _):
                    XCTAssertEqual(answer.status, 403, place)
                    XCTAssertTrue(answer.text.contains("/problems/admin-only"), place)
                case (.writer, .ownRead), (.writer, .allRead):
                    XCTAssertEqual(answer.status, 403, place)
                    XCTAssertTrue(answer.text.contains("/problems/read-only"), place)
                default: XCTAssertFalse([401, 403].contains(answer.status), place)
                }
                if answer.status >= 400 { XCTAssertEqual(answer.headers["content-type"], "application/problem+json", place) }
            }
        }
    }

    func test_validity_rateAndSchemes() throws {
        let server = try TestServer()
        let now = CalendarText.now
        let early = try server.key("early", .read, .own) { $0.validFrom = now + 3_600_000_000 }
        let late = try server.key("late", .read, .own) { $0.validTo = now - 1 }
        let slow = try server.key("slow", .read, .own) { $0.ratePerSecond = 2 }
        for key in [early, late] {
            let answer = try server.client(key: key).get("/v1/types")
            XCTAssertEqual(answer.status, 403)
            XCTAssertTrue(answer.text.contains("contract-not-valid"))
        }
        let client = server.client(key: slow)
        let statuses = try (0..<4).map { _ in try client.get("/v1/types").status }
        XCTAssertEqual(statuses, [200, 200, 429, 429])
        let refused = try client.get("/v1/types")
        XCTAssertEqual(refused.headers["retry-after"], "1")
        XCTAssertEqual(refused.headers["ratelimit-policy"], #""contract";q=2;w=1"#)
        XCTAssertEqual(refused.headers["ratelimit"], #""contract";r=0;t=1"#)
        // What is left stands on every answer of a contract that has a rate: successes, and what is refused for another reason.
        let left = try server.key("left", .read, .own) { $0.ratePerSecond = 100 }
        let path: [(method: String, path: String, status: Int)] = [("GET", "/v1/types", 200), ("GET", "/v1/contracts", 403), ("POST", "/v1/receipts", 403)]
        for (index, call) in path.enumerated() {
            let answer = try server.client(key: left).call(call.method, call.path)
            XCTAssertEqual(answer.status, call.status)
            XCTAssertEqual(answer.headers["ratelimit-policy"], #""contract";q=100;w=1"#, call.path)
            // It fills by one in ten milliseconds.
            let expected = (99 - index)...99
            XCTAssertTrue(expected.contains { answer.headers["ratelimit"] == #""contract";r=\#($0);t=1"# }, "\(call.path): \(answer.headers)")
        }
        XCTAssertNil(try server.client().get("/v1/types").headers["ratelimit"])
        for header in ["Basic YTpi", "Bearer", "Bearer ", TestServer.adminKey] {
            XCTAssertEqual(try server.client(key: nil).get("/v1/types", [("Authorization", header)]).status, 401, header)
        }
        XCTAssertEqual(try server.client(key: nil).get("/v1/types", [("Authorization", "bearer \(TestServer.adminKey)")]).status, 200)
        // Another client's id: refused before it is looked up.
        let own = try server.key("own", .readWrite, .own)
        let other = try server.client(key: own).get("/v1/receipts?client=somebody")
        XCTAssertEqual(other.status, 403)
        XCTAssertTrue(other.text.contains("wrong-client"))
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

    func test_contract_everyFaultIsNamed() throws {
        let admin = try TestServer().client()
        let table: [(body: String, status: Int, slug: String, pointers: [String])] = [
            (#"{}"#, 422, "invalid-contract", ["/access", "/scope"]),
            (#"{"access":"write","scope":"some"}"#, 422, "invalid-contract", ["/access", "/scope"]),
            (#"{"access":"read","scope":"own","types":["a",1]}"#, 422, "invalid-contract", ["/types/1"]),
            (#"{"access":"read","scope":"own","valid_from":"yesterday"}"#, 422, "invalid-contract", ["/valid_from"]),
            (#"{"access":"read","scope":"own","valid_from":"2026-01-02","valid_to":"2026-01-01"}"#, 422, "invalid-contract", ["/valid_to"]),
            (#"{"access":"read","scope":"own","rate_per_second":0}"#, 422, "invalid-contract", ["/rate_per_second"]),
            (#"{"access":"read","scope":"own","webhook":{"url":"ftp://x"}}"#, 422, "invalid-contract", ["/webhook/url", "/webhook/secret"]),
            (#"{"access":"read","scope":"own","webhook":{"url":"https://me:word@shop.example/","secret":"s"}}"#, 422, "invalid-contract", ["/webhook/url"]),
            (#"{"access":"read","scope":"own","webhook":{"url":"https://","secret":"whsec_no base64"}}"#, 422, "invalid-contract", ["/webhook/url", "/webhook/secret"]),
            (#"{"access":"read","scope":"own","colour":"red"}"#, 400, "bad-parameter", ["/colour"]),
            (#"{"access":"read","access":"read","scope":"own"}"#, 400, "bad-json", []),
            (#"[]"#, 400, "bad-parameter", []), ("", 400, "bad-json", []),
        ]
        for row in table {
            let answer = try admin.put("/v1/contracts/c", row.body)
            XCTAssertEqual(answer.status, row.status, row.body)
            XCTAssertTrue(answer.text.contains("/problems/\(row.slug)"), "\(row.body): \(answer.text)")
            for pointer in row.pointers { XCTAssertTrue(answer.text.contains(#""pointer":"\#(pointer)""#), "\(row.body): \(answer.text)") }
        }
        let whole = try admin.put("/v1/contracts/c", #"{"access":"read-write","scope":"all","valid_from":"2026-01-01","types":null}"#)
        XCTAssertEqual(whole.status, 201)
        XCTAssertTrue(whole.text.contains(#""valid_from":"2026-01-01T00:00:00.000000Z""#), whole.text)
        XCTAssertEqual(try admin.get("/v1/contracts/c").text, whole.text)
        XCTAssertEqual(try admin.put("/v1/contracts/" + String(repeating: "x", count: 201), #"{"access":"read","scope":"own"}"#).status, 400)
        XCTAssertEqual(try admin.put("/v1/contracts/a%0Ab", #"{"access":"read","scope":"own"}"#).status, 400)
    }
}
