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

    private func exchange(_ server: TestServer, _ form: String, _ authorization: String? = nil) throws -> HTTPClient.Answer {
        let type = "urn:ietf:params:oauth:token-type:access_token"
        return try server.client(key: nil).post(
            "/iceberg/v1/oauth/tokens", "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange&scope=catalog&subject_token_type=\(type)&\(form)", type: "application/x-www-form-urlencoded",
            authorization.map { [("Authorization", $0)] } ?? [])
    }

    /// As Iceberg's clients in Java do before a token ends, with it, and after it has, with the credentials.
    func test_pass_isRenewed_asLongAsItsKeyCounts() throws {
        let (server, token) = try serverAndToken()
        let key = try server.key("shop", .read, .all)
        let pass = try XCTUnwrap(try JSONParser.parse(try grant(server, key).body)["access_token"]?.text)
        let basic = "Basic " + Data("shop:\(key)".utf8).base64EncodedString()
        var renewed: [String] = []
        for (subject, authorization) in [(pass, "Bearer \(pass)"), (pass, nil), (key, nil), ("till-pass.over", basic)] as [(String, String?)] {
            let given = try exchange(server, "subject_token=\(subject)", authorization)
            XCTAssertEqual(given.status, 200, given.text)
            let body = try JSONParser.parse(given.body)
            XCTAssertEqual(body["issued_token_type"]?.text, "urn:ietf:params:oauth:token-type:access_token")
            XCTAssertEqual(body["token_type"]?.text, "bearer")
            XCTAssertEqual(body["expires_in"]?.int64, 3_600)
            renewed.append(try XCTUnwrap(body["access_token"]?.text))
            XCTAssertEqual(try server.client(key: renewed.last).get("/iceberg/v1/config").status, 200)
        }
        for subject in [token, "till-pass.over", "till_unknown"] { XCTAssertEqual(try exchange(server, "subject_token=\(subject)", "Bearer \(subject)").status, 401, subject) }
        XCTAssertEqual(try exchange(server, "subject_token=\(pass)", "Basic " + Data("shop:wrong".utf8).base64EncodedString()).status, 401)
        XCTAssertEqual(try exchange(server, "subject_token=\(pass)&client_id=other").status, 401)
        XCTAssertEqual(try exchange(server, "subject_token=").status, 400)
        XCTAssertEqual(try grant(server, renewed[0]).status, 401, "a token is no secret of a client")
        _ = server.engine.state.withLock { $0.keys[APIKey.sha256(of: key)]?.key.expiresAt = CalendarText.now + 600_000_000 }
        let short = try XCTUnwrap(try JSONParser.parse(try exchange(server, "subject_token=\(renewed[0])").body)["expires_in"]?.int64)
        XCTAssertLessThanOrEqual(short, 600)
        server.engine.state.withLock { $0.keys = [:] }
        for pass in renewed {
            XCTAssertEqual(try exchange(server, "subject_token=\(pass)").status, 401)
            XCTAssertEqual(try server.client(key: pass).get("/iceberg/v1/config").status, 401)
        }
    }

    func test_grant_beyondTheContractsRate_saysWhenToComeAgain() throws {
        let (server, _) = try serverAndToken()
        let key = try server.key("shop", .read, .all) { $0.ratePerSecond = 0.001 }
        XCTAssertEqual(try grant(server, key).status, 200)
        let refused = try grant(server, key)
        XCTAssertEqual(refused.status, 429, refused.text)
        XCTAssertNotNil(refused.headers["ratelimit"])
        XCTAssertGreaterThan(try XCTUnwrap(refused.headers["retry-after"].flatMap { Int($0) }), 1)
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
