import Foundation
import Synchronization
import TestSupport
import XCTest

/// Goal: a client's own issuer lets it in, and a contract that ended does not, whatever the issuer says. Method: the real binary, keys that
/// openssl made, an issuer on a port.
final class TokenAccessTests: XCTestCase {
    private func claims(_ client: String, for seconds: Int = 600) -> String {
        let now = Int(Date().timeIntervalSince1970)
        return #"{"iss":"https://issuer.example","aud":["till"],"client_id":"\#(client)","iat":\#(now),"nbf":\#(now),"exp":\#(now + seconds)}"#
    }

    func test_tokens_doWhatTheContractMay_overRotation_andEndWithIt() throws {
        let (old, new) = (try TokenKey(.rsa(bits: 2_048)), try TokenKey(.p256))
        let keys = Mutex("{\"keys\":[\(try old.jwk(kid: "old"))]}")
        let count = Mutex(0)
        let issuer = TestHTTPServer { _ in
            count.withLock { $0 += 1 }
            return .init(headers: [("Cache-Control", "max-age=3600")], body: keys.withLock { $0 })
        }
        defer { issuer.close() }
        let server = try TillServer(environment: [
            "TILL_JWT": #"{"issuer":"https://issuer.example","audience":"till","jwks":"http://127.0.0.1:\#(issuer.port)/keys"}"#,
            "TILL_OUTGOING_ALLOW": #"["127.0.0.1"]"#,
        ])
        defer { server.remove() }
        let admin = server.client()
        _ = try server.key("shop", more: #","rate_per_second":1000"#)
        _ = try server.key("reader", access: "read")
        let token = try old.token(kid: "old", claims: claims("shop"))
        let client = server.client(key: token)
        let posted = try client.post("/v1/receipts", Receipts.pos("R-1"))
        XCTAssertEqual(posted.status, 201, posted.text)
        XCTAssertEqual(Receipts.member("client_id", of: posted.text), "shop")
        XCTAssertNotNil(posted.headers["ratelimit"])
        XCTAssertEqual(try client.get("/v1/receipts").status, 200)
        XCTAssertEqual(try client.get("/v1/contracts").status, 403)
        XCTAssertEqual(try server.client(key: try old.token(kid: "old", claims: claims("reader"))).post("/v1/receipts", Receipts.pos("R-2")).status, 403)
        // Who the token names must have a contract; nobody becomes the administrator by it.
        for name in ["nobody", "", "admin"] {
            let answer = try server.client(key: try old.token(kid: "old", claims: claims(name))).get("/v1/receipts")
            XCTAssertEqual(answer.status, 401, name)
            XCTAssertNotNil(answer.headers["www-authenticate"])
        }
        // Rotation: a request with the new key waits for the new set, a large body included.
        let rotated = "{\"keys\":[\(try old.jwk(kid: "old")),\(try new.jwk(kid: "new"))]}"
        keys.withLock { $0 = rotated }
        let newToken = try new.token(kid: "new", claims: claims("shop"))
        let lines = (0..<200).map { Receipts.pos("N-\($0)") }.joined(separator: "\n")
        let many = try server.client(key: newToken).post("/v1/receipts", lines, type: "application/x-ndjson")
        XCTAssertEqual(many.status, 200, many.text)
        XCTAssertEqual(many.text.components(separatedBy: "\"status\":201").count - 1, 200)
        XCTAssertEqual(try client.get("/v1/receipts").status, 200, "the old key still counts")
        for number in 0..<10 {
            let answer = try server.client(key: try new.token(kid: "made-up-\(number)", claims: claims("shop"))).get("/v1/receipts")
            XCTAssertEqual(answer.status, 401, answer.text)
        }
        XCTAssertEqual(count.withLock { $0 }, 2, "one set at the start, one for the new key")
        XCTAssertEqual(try server.client(key: try new.token(kid: "new", claims: claims("shop", for: -61))).get("/v1/receipts").status, 401)
        // The contract's end is the token's.
        let past = #"{"access":"read-write","scope":"own","valid_to":"2026-01-01"}"#
        XCTAssertEqual(try admin.put("/v1/contracts/shop", past).status, 200)
        let ended = try client.get("/v1/receipts")
        XCTAssertEqual(ended.status, 403)
        XCTAssertTrue(ended.text.contains("contract-not-valid"), ended.text)
        XCTAssertEqual(try admin.delete("/v1/contracts/shop").status, 204)
        XCTAssertEqual(try client.get("/v1/receipts").status, 401)
        XCTAssertEqual(server.stop(), 0)
    }

    /// Secrets of every kind are used, wrongly too; neither the log at its most talkative nor any answer has one.
    func test_noSecret_isInAnyLogOrAnswer() throws {
        let key = try TokenKey(.p256)
        let folder = try Project.temporaryFolder("till-secrets")
        defer { try? FileManager.default.removeItem(at: folder) }
        let jwks = folder.appendingPathComponent("keys.json")
        try Data("{\"keys\":[\(try key.jwk(kid: "k"))]}".utf8).write(to: jwks)
        let tax = RegistrarSimulator(name: "tax", secret: "registrar-secret-7301", manners: [.callback])
        let receiver = WebhookReceiver(secrets: ["whsec_c2VjcmV0LXdlYmhvb2stNzMwMg=="])
        defer { for close in [tax.close, receiver.close] { close() } }
        var environment = RegistrationTests.environment([(tax, RegistrationTests.fast + #","previous_secret":"replaced-secret-7303""#)])
        environment.merge(["TILL_JWT_JWKS": jwks.path, "TILL_JWT_ISSUER": "https://issuer.example", "TILL_JWT_AUDIENCE": "till", "TILL_LOG_LEVEL": "debug"]) { $1 }
        let server = try TillServer(environment: environment)
        defer { server.remove() }
        let admin = server.client()
        XCTAssertEqual(try admin.put("/v1/types/sale", RegistrationTests.type(#"[["tax"]]"#)).status, 201)
        let webhook = #","webhook":{"url":"http://127.0.0.1:\#(receiver.port)/","secret":"whsec_c2VjcmV0LXdlYmhvb2stNzMwMg=="}"#
        let apiKey = try server.key("shop", more: webhook)
        let token = try key.token(kid: "k", claims: claims("shop"))
        let forged = try TokenKey(.p256).token(kid: "k", claims: claims("shop"))
        var answers = ""
        for credential in [apiKey, token, forged, TillServer.adminKey, "till_wrong-key-7304", TillServer.adminKey + "x"] {
            let client = server.client(key: credential)
            for path in ["/v1/receipts", "/v1/contracts", "/v1/contracts/shop", "/v1/contracts/shop/keys", "/v1/admin/audit", "/metrics", "/v1/nothing", "/v1/receipts?x=1"] {
                answers += try client.get(path).text
            }
            answers += try client.post("/v1/sql", #"{"query":"SELEC"}"#).text
            answers += try client.post("/v1/receipts?client=shop", RegistrationTests.sale("S-\(credential.count)"), [("Prefer", "wait=10")]).text
            answers += try client.put("/v1/contracts/shop", #"{"access":"rea","scope":"own"\#(webhook)}"#).text
            answers += try client.post("/v1/callbacks/tax", "{}", [("webhook-id", "m"), ("webhook-timestamp", "1"), ("webhook-signature", "v1,AAAA")]).text
        }
        XCTAssertEqual(try admin.call("POST", "/v1/admin/compact").status, 200)
        server.stop()
        let log = server.logText
        XCTAssertTrue(log.contains(#""event":"request""#) && log.contains(#""event":"audit""#))
        let secrets = [
            apiKey, token, forged, TillServer.adminKey, "registrar-secret-7301", "replaced-secret-7303", "c2VjcmV0LXdlYmhvb2stNzMwMg", "secret-webhook-7302",
            "till_wrong-key-7304", String(token.split(separator: ".")[2]), "PRIVATE KEY",
        ]
        for secret in secrets {
            XCTAssertFalse(log.contains(secret), "the log has \(secret)")
            XCTAssertFalse(answers.contains(secret), "an answer has \(secret)")
        }
    }
}
