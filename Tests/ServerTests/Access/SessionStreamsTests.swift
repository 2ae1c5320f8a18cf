import ColumnStore
import Documents
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
        let authorizer = Authorizer(credentials: server.engine, sessions: server.engine, adminKey: TestServer.adminKey)
        let (credential, now) = (Credential("a session's secret", isSession: true), CalendarText.now)
        let session = BrowserSession(.token(clientID: "c", expiresAt: now - 1_000_000), usedAt: now)
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
}
