import ColumnStore
import Documents
import Foundation
import Ingest
import Server
import Synchronization
import TestSupport
import XCTest

/// Goal: an answer that streams goes on when the token has run out that its session stands for, and with nothing else of it. Method: a session of a token whose end lies behind it.
final class SessionStreamsTests: XCTestCase {
    func test_whatStreams_outlastsTheTokenOfItsSession_andNotTheContract() throws {
        let server = try TestServer()
        _ = try server.key("c", .read, .all)
        let (source, _) = try keySet([try TokenKey(.p256).jwk(kid: "k")])
        let authorizer = authorizer(server, source)
        let (credential, now) = (Credential("a session's secret", isSession: true), CalendarText.now)
        guard case .keys(let keys) = source.lookup(kid: nil, .es256, mayWait: false) else { return XCTFail("no keys") }
        let session = BrowserSession(.token(clientID: "c", expiresAt: now - 1_000_000, key: try XCTUnwrap(keys.first).thumbprint), usedAt: now)
        server.engine.state.withLock { $0.sessions[credential.sha256] = session }
        func slug(letInAt instant: Int64?) -> Problem.Slug? {
            do {
                if let instant { _ = try authorizer.principal(of: credential, for: .reader, letInAt: instant) } else { _ = try authorizer.principal(of: credential, for: .reader) }
                return nil
            } catch { return (error as? Denial)?.problem.slug }
        }
        XCTAssertEqual(slug(letInAt: nil), .unauthenticated, "it has run out")
        XCTAssertThrowsError(try authorizer.authorize(credential, for: .reader), "nobody begins anything with it")
        XCTAssertNil(slug(letInAt: now - 60_000_000))
        XCTAssertEqual(slug(letInAt: now - 500_000), .unauthenticated, "it had run out by then")
        _ = server.engine.state.withLock { $0.contracts["c"]?.validTo = 1 }
        XCTAssertEqual(slug(letInAt: now - 60_000_000), .contractNotValid)
        _ = server.engine.state.withLock { $0.contracts["c"]?.validTo = nil }
        XCTAssertNil(slug(letInAt: now - 60_000_000))
        XCTAssertTrue(try authorizer.end(session: credential), "what streams by it is to end")
        XCTAssertFalse(try authorizer.end(session: credential), "there is none any more")
        XCTAssertEqual(slug(letInAt: now - 60_000_000), .unauthenticated)
    }

    private func keySet(_ keys: [String]) throws -> (source: KeySetSource, file: URL) {
        let folder = try Project.temporaryFolder()
        addTeardownBlock { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appendingPathComponent("jwks.json")
        try Data("{\"keys\":[\(keys.joined(separator: ","))]}".utf8).write(to: file)
        let source = KeySetSource(.init(file.path), policy: .publicOnly, log: Log(format: .json, level: .error, descriptor: -1))
        try source.start()
        return (source, file)
    }

    private func authorizer(_ server: TestServer, _ source: KeySetSource) -> Authorizer {
        let tokens = TokenVerifier(source: source, rules: TokenRules(issuer: nil, audience: nil, claim: "client_id"))
        return Authorizer(credentials: server.engine, sessions: server.engine, adminKey: TestServer.adminKey, tokens: tokens)
    }

    /// Whoever has stolen a key of the issuer's has a token that never ends, and nothing by it once the issuer has withdrawn the key.
    func test_whatATokenHasBegun_endsWithTheKeyOfItsSignature() throws {
        let server = try TestServer()
        _ = try server.key("c", .readWrite, .all)
        let (first, second) = (try TokenKey(.p256), try TokenKey(.p256))
        let (source, file) = try keySet([try first.jwk(kid: "1")])
        let authorizer = authorizer(server, source)
        let token = Credential(try first.token(kid: "1", claims: #"{"client_id":"c","exp":4102444800}"#))
        let principal = try authorizer.principal(of: token, for: .writer)
        let session = Credential(try authorizer.beginSession(for: token, of: principal), isSession: true)
        let rights = try [token, session].map { try authorizer.lastingRights(of: $0, of: principal, for: .writer) }
        func check(_ isOpen: Bool, _ what: String) {
            for right in rights + [{ @Sendable in try authorizer.principal(of: session, for: .writer) }] {
                if isOpen { XCTAssertNoThrow(try right(), what) } else { XCTAssertThrowsError(try right(), what) { XCTAssertEqual(($0 as? Denial)?.problem.slug, .unauthenticated) } }
            }
        }
        func put(_ text: String) throws {
            try Data(text.utf8).write(to: file)
            source.checkNow(isForced: true)
        }
        check(true, "as it began")
        try put("{\"keys\":[\(try second.jwk(kid: "2")),\(try first.jwk(kid: "of another name"))]}")
        check(true, "the key is there, and others")
        try put("no set")
        check(true, "the last set goes on")
        try put("{\"keys\":[\(try second.jwk(kid: "1"))]}")
        check(false, "another key of the same name")
        XCTAssertNil(server.engine.state.withLock { $0.sessions[session.sha256] }, "it is over for good")
        // Of an earlier version, which did not note the key.
        server.engine.state.withLock { $0.sessions[session.sha256] = BrowserSession(.token(clientID: "c", expiresAt: .max, key: nil), usedAt: CalendarText.now) }
        try put("{\"keys\":[\(try first.jwk(kid: "1"))]}")
        XCTAssertThrowsError(try authorizer.principal(of: session, for: .writer))
        for right in rights { XCTAssertNoThrow(try right(), "it is there again") }
    }

    /// After a start whose issuer gives no answer nobody knows what it has withdrawn. Who was let in goes on, but nobody who was refused before.
    func test_sessionOfAToken_whileNoSetIsHere_goesOn_unlessItWasRefusedBefore() throws {
        let server = try TestServer()
        _ = try server.key("c", .readWrite, .all)
        let (first, second) = (try TokenKey(.p256), try TokenKey(.p256))
        let (source, file) = try keySet([try first.jwk(kid: "1")])
        let before = authorizer(server, source)
        let token = Credential(try first.token(kid: "1", claims: #"{"client_id":"c","exp":4102444800}"#))
        let principal = try before.principal(of: token, for: .writer)
        let sessions = try (0..<2).map { _ in Credential(try before.beginSession(for: token, of: principal), isSession: true) }
        try Data("{\"keys\":[\(try second.jwk(kid: "2"))]}".utf8).write(to: file)
        source.checkNow(isForced: true)
        XCTAssertThrowsError(try before.principal(of: sessions[0], for: .writer))
        // Never asked: as one whose issuer is silent.
        let silent = KeySetSource(.init("https://issuer.example/jwks"), policy: .publicOnly, log: Log(format: .json, level: .error, descriptor: -1))
        defer { silent.stop() }
        XCTAssertEqual(silent.generation, 0)
        let after = authorizer(server, silent)
        XCTAssertThrowsError(try after.principal(of: sessions[0], for: .writer)) { XCTAssertEqual(($0 as? Denial)?.problem.slug, .unauthenticated) }
        XCTAssertNoThrow(try after.principal(of: sessions[1], for: .writer))
        // Once the set is here nobody goes on by a key that it lacks.
        XCTAssertThrowsError(try before.principal(of: sessions[1], for: .writer))
        XCTAssertThrowsError(try after.principal(of: sessions[1], for: .writer))
    }
}
