import ColumnStore
import Documents
import Foundation
import Ingest
import Server
import Synchronization
import TestSupport
import XCTest

/// Goal: what is given in exchange for a credential works, and for as long as it says. Method: keys, tokens of an issuer and passes, exchanged at the REST catalog and for sessions.
final class TokenPassesTests: XCTestCase {
    /// A server that takes tokens, and one of them for the contract `shop`, good till 2100.
    private func serverAndToken() throws -> (server: TestServer, token: String) {
        let signer = try TokenKey(.p256), folder = try Project.temporaryFolder()
        addTeardownBlock { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appendingPathComponent("jwks.json")
        try Data("{\"keys\":[\(try signer.jwk(kid: "k"))]}".utf8).write(to: file)
        let source = KeySetSource(.init(file.path), policy: .publicOnly, log: Log(format: .json, level: .error, descriptor: -1))
        try source.start()
        let tokens = TokenVerifier(source: source, rules: TokenRules(issuer: nil, audience: nil, claim: "client_id"))
        let token = try signer.token(kid: "k", claims: #"{"client_id":"shop","exp":4102444800}"#)
        return (try TestServer(extraRoutes: IcebergRoutes.all, tokens: tokens), token)
    }

    private func grant(_ server: TestServer, _ secret: String) throws -> HTTPClient.Answer {
        try server.client(key: nil).post("/oauth2/token", "grant_type=client_credentials&client_secret=\(secret)", type: "application/x-www-form-urlencoded")
    }

    func test_exchanges_areOfKeysAlone_andOfTokensForSessions() throws {
        let (server, token) = try serverAndToken()
        let key = try server.key("shop", .read, .all)
        XCTAssertEqual(try server.client(key: token).get("/iceberg/v1/config").status, 200, "a token counts as it is")
        let given = try grant(server, key)
        XCTAssertEqual(given.status, 200, given.text)
        let pass = try XCTUnwrap(try JSONParser.parse(given.body)["access_token"]?.text)
        XCTAssertEqual(try server.client(key: pass).get("/iceberg/v1/config").status, 200)
        for secret in [token, pass, "till_unknown"] {
            let refused = try grant(server, secret)
            XCTAssertEqual(refused.status, 401, refused.text)
            XCTAssertTrue(refused.text.contains("invalid_client"), refused.text)
        }
        for (secret, status) in [(key, 200), (token, 200), (pass, 401)] {
            let answer = try server.client(key: nil).post("/v1/session", #"{"key":"\#(secret)"}"#)
            XCTAssertEqual(answer.status, status, answer.text)
            guard status == 200 else { continue }
            let cookie = try XCTUnwrap(answer.headers["set-cookie"]).prefix { $0 != ";" }
            XCTAssertEqual(try server.client(key: nil).get("/v1/me", [("Cookie", String(cookie))]).status, 200)
        }
    }

    func test_pass_saysTheEndOfAKeyThatEndsBefore() throws {
        let (server, _) = try serverAndToken()
        let key = try server.key("shop", .read, .all)
        func seconds() throws -> Int64? { try JSONParser.parse(try grant(server, key).body)["expires_in"]?.int64 }
        XCTAssertEqual(try seconds(), 3_600)
        _ = server.engine.state.withLock { $0.keys[APIKey.sha256(of: key)]?.key.expiresAt = CalendarText.now + 600_000_000 }
        XCTAssertLessThanOrEqual(try XCTUnwrap(try seconds()), 600)
    }
}
