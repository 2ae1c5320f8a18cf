import Foundation
import Synchronization
import TestSupport
import XCTest

/// Goal: a contract's webhook gets the end of each upload, and as often as the contract says a digest of refusals; signed, and again until it takes it. Method: a webhook that
/// refuses each delivery once, the real binary, a restart between.
final class UploadWebhookTests: UploadFixture {
    private final class Inbox: Sendable {
        private let state = Mutex((bodies: [[UInt8]](), refused: Set<String>(), isBad: false))
        private let server = Mutex<TestHTTPServer?>(nil)

        init() {
            server.withLock { server in
                server = TestHTTPServer { [unowned self] request in
                    guard Signatures.isValid(request, secret: "hook") else {
                        self.state.withLock { $0.isBad = true }
                        return .init(status: 400)
                    }
                    return self.state.withLock { state in
                        if state.refused.insert(request.headers["webhook-id"] ?? "").inserted { return .init(status: 503, headers: [("Retry-After", "0")]) }
                        state.bodies.append(Array(request.body))
                        return .init(status: 204)
                    }
                }
            }
        }

        var port: UInt16 { server.withLock { $0?.port ?? 0 } }
        func close() { server.withLock { $0 }?.close() }
        var isBad: Bool { state.withLock { $0.isBad } }
        var bodies: [[String: Any]] {
            state.withLock { $0.bodies }.compactMap { try? JSONSerialization.jsonObject(with: Data($0)) as? [String: Any] }
        }
        func of(_ event: String) -> [[String: Any]] { bodies.filter { $0["event"] as? String == event } }
    }

    private func wait(_ what: String, until isTrue: () throws -> Bool) throws {
        XCTAssertTrue(try Patience.until(isTrue), "never: \(what)")
    }

    func test_endsAndDigests_areTold() throws {
        let inbox = Inbox()
        defer { inbox.close() }
        server?.remove()
        let server = try TillServer(environment: ["TILL_OUTGOING_ALLOW": #"["127.0.0.1"]"#])
        self.server = server
        let more = #","webhook":{"url":"http://127.0.0.1:\#(inbox.port)/x","secret":"hook"},"digest":"1s""#
        let key = try server.key("c1", more: more)
        var one = server.client(key: key)
        XCTAssertEqual(try object(try server.client().get("/v1/contracts/c1").body)["digest"] as? String, "1s")
        let good = try upload(Self.lines(1...3) + "broken\n", one, name: "a.ndjson")
        let bad = try upload("", one, name: "b.csv")
        XCTAssertEqual(try one.post("/v1/receipts", "{").status, 400)
        try wait("both ends") { inbox.of("upload.processed").count == 1 && inbox.of("upload.error").count == 1 }
        let told = try XCTUnwrap(inbox.of("upload.processed")[0]["upload"] as? [String: Any])
        XCTAssertEqual(NSDictionary(dictionary: told), NSDictionary(dictionary: try object(try one.get("/v1/uploads/\(good["upload_id"] as? String ?? "")").body)))
        XCTAssertEqual((inbox.of("upload.error")[0]["upload"] as? [String: Any])?["upload_id"] as? String, bad["upload_id"] as? String)
        try wait("both refusals") { inbox.of("feedback.digest").reduce(0) { $0 + ($1["rejected"] as? Int ?? 0) } == 2 }
        let kinds = inbox.of("feedback.digest").flatMap { $0["by"] as? [[String: Any]] ?? [] }
        XCTAssertEqual(kinds.reduce(0) { $0 + ($1["count"] as? Int ?? 0) }, 2)
        XCTAssertEqual(Set(kinds.compactMap { $0["code"] as? String }), ["bad-json"])
        XCTAssertEqual(inbox.of("feedback.digest").flatMap { $0["uploads"] as? [String] ?? [] }, [good["upload_id"] as? String])
        // Whatever was delivered is the contract's usage.
        try wait("the usage") {
            let usage = try object(try one.get("/v1/contracts/c1/usage").body)["usage"] as? [[String: Any]] ?? []
            return usage.reduce(0) { $0 + ($1["webhooks"] as? Int ?? 0) } == inbox.bodies.count
        }
        // What a stopped server owes it tells after its next start.
        inbox.close()
        let last = try upload(Self.lines(7...7), one, name: "a.ndjson")
        server.kill()
        let again = Inbox()
        defer { again.close() }
        try server.start(environment: ["TILL_OUTGOING_ALLOW": #"["127.0.0.1"]"#])
        _ = try server.client().put("/v1/contracts/c1", #"{"access":"read-write","scope":"own","webhook":{"url":"http://127.0.0.1:\#(again.port)/x","secret":"hook"}}"#)
        one = server.client(key: key)
        try wait("the end before the stop") {
            (again.of("upload.processed").first?["upload"] as? [String: Any])?["upload_id"] as? String == last["upload_id"] as? String
        }
        XCTAssertFalse(inbox.isBad || again.isBad)
        for span in ["0s", "900ms", "25h", "x", "1.5s"] {
            XCTAssertEqual(try server.client().put("/v1/contracts/c9", #"{"access":"read","scope":"own","digest":"\#(span)"}"#).status, 422, span)
        }
    }
}
