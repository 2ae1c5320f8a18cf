import Foundation
import TestSupport
import XCTest

/// Goal: what a contract may do at an instant is what the subscription that covers it says. Method: the real binary, with subscriptions around now.
final class SubscriptionTests: XCTestCase {
    private func instant(_ seconds: Double) -> String { ISO8601DateFormatter().string(from: Date(timeIntervalSinceNow: seconds)) }

    func test_theSubscriptionOfNow_decides() throws {
        let server = try TillServer()
        defer { server.remove() }
        let admin = server.client()
        func put(_ subscriptions: String, _ status: Int = 200, line: UInt = #line) throws -> String {
            let answer = try admin.put("/v1/contracts/shop", #"{"access":"read-write","scope":"own","subscriptions":[\#(subscriptions)]}"#)
            XCTAssertEqual(answer.status, status, answer.text, line: line)
            return answer.text
        }
        let key = try server.key("shop")
        let shop = server.client(key: key)
        func me() throws -> [String: Any] { try XCTUnwrap(try JSONSerialization.jsonObject(with: Data(try shop.get("/v1/me").body)) as? [String: Any]) }
        XCTAssertEqual(try me()["roles"] as? [String], [])
        XCTAssertTrue(try me()["valid_to"] is NSNull)

        let (before, soon, later) = (instant(-3_600), instant(3_600), instant(7_200))
        let text = try put(#"{"from":"2020-01-01","to":"\#(before)","access":"read-write","scope":"own"},{"from":"\#(before)","to":"\#(soon)","access":"read","scope":"all","types":["pos-receipt"],"sensitive":true,"roles":["board","auditor"],"plan":"gold"},{"from":"\#(soon)","to":"\#(later)","access":"read-write"}"#)
        XCTAssertTrue(text.contains(#""plan":"gold""#) && text.contains(#""roles":["board","auditor"]"#), text)
        XCTAssertEqual(try admin.get("/v1/contracts/shop").text, text)
        var now = try me()
        XCTAssertEqual(now["access"] as? String, "read")
        XCTAssertEqual(now["scope"] as? String, "all")
        XCTAssertEqual(now["types"] as? [String], ["pos-receipt"])
        XCTAssertEqual(now["roles"] as? [String], ["board", "auditor"])
        XCTAssertEqual(now["plan"] as? String, "gold")
        XCTAssertEqual(now["sensitive"] as? Bool, true)
        XCTAssertEqual((now["valid_to"] as? String)?.prefix(19), soon.prefix(19))
        let refused = try shop.post("/v1/receipts", Receipts.pos("R-1", total: "1.00", name: "x"))
        XCTAssertEqual(refused.status, 403, refused.text)
        XCTAssertTrue(refused.text.contains("read-only"), refused.text)

        // Outside all of them; a restart forgets none.
        for subscriptions in [#"{"from":"2020-01-01","to":"\#(before)"}"#, #"{"from":"\#(soon)","to":"\#(later)"}"#] {
            _ = try put(subscriptions)
            for path in ["/v1/me", "/v1/receipts", "/v1/exports"] {
                let answer = try shop.get(path)
                XCTAssertEqual(answer.status, 403, answer.text)
                XCTAssertTrue(answer.text.contains("/problems/contract-not-valid"), answer.text)
            }
        }
        XCTAssertEqual(server.stop(), 0)
        let again = try TillServer(data: server.data)
        defer { again.kill() }
        XCTAssertEqual(try again.client(key: key).get("/v1/receipts").status, 403)
        XCTAssertEqual(try again.client().put("/v1/contracts/shop", #"{"access":"read-write","scope":"own","subscriptions":[]}"#).status, 200)
        let open = again.client(key: key)
        XCTAssertEqual(try open.post("/v1/receipts", Receipts.pos("R-1", total: "1.00", name: "x")).status, 201)
        now = try XCTUnwrap(try JSONSerialization.jsonObject(with: Data(try open.get("/v1/me").body)) as? [String: Any])
        XCTAssertEqual(now["access"] as? String, "read-write")
    }

    func test_faultySubscriptions_areRefusedWithTheirPlace() throws {
        let server = try TillServer()
        defer { server.remove() }
        let admin = server.client()
        for (subscriptions, pointer) in [
            (#"{"from":"2026-01-01","to":"2026-02-01"},{"from":"2026-01-31","to":"2026-03-01"}"#, "/subscriptions/1"), (#"{},{"from":"2026-01-31"}"#, "/subscriptions/1"),
            (#"{"from":"2026-02-01","to":"2026-02-01"}"#, "/subscriptions/0/to"), (#"{"from":"yesterday"}"#, "/subscriptions/0/from"), (#"{"access":"write"}"#, "/subscriptions/0/access"),
            (#"{"role":["x"]}"#, "/subscriptions/0/role"), (#"{"roles":[1]}"#, "/subscriptions/0/roles/0"), (#"{"sensitive":"yes"}"#, "/subscriptions/0/sensitive"), ("7", "/subscriptions/0"), (#"{"plan":7}"#, "/subscriptions/0/plan"),
        ] {
            let answer = try HTTPClient(port: server.port, key: TillServer.adminKey).put("/v1/contracts/shop", #"{"access":"read","scope":"own","subscriptions":[\#(subscriptions)]}"#)
            XCTAssertEqual(answer.status, 422, answer.text)
            XCTAssertTrue(answer.text.contains(#""pointer":"\#(pointer)""#) && answer.text.contains("invalid-contract"), answer.text)
        }
        // Two that touch do not overlap.
        let touching = #"{"from":"2026-01-01","to":"2026-02-01"},{"from":"2026-02-01"}"#
        XCTAssertEqual(try admin.put("/v1/contracts/shop", #"{"access":"read","scope":"own","subscriptions":[\#(touching)]}"#).status, 201)
        let run = try TillRun(
            ["contract", "put", "shop", "--access", "read", "--scope", "own", "--sensitive", "--subscriptions", "[\(touching)]", "--url", server.url],
            environment: ["TILL_KEY": TillServer.adminKey])
        XCTAssertTrue(run.text.contains(#""sensitive":true"#) && run.text.contains(#""from":"2026-02-01"#), run.text + run.error)
    }
}
