import Foundation
import Ingest
import Synchronization
import TestSupport
import XCTest

@testable import Server

/// Goal: neither calls that hold every connection's thread nor clients that take no answer keep the server from others. Method: a listener of
/// two threads, and a call that stays until it is let go.
final class HeldUpTests: XCTestCase {
    private static func route(_ path: String, place: Route.Place, _ handle: @escaping @Sendable (Call) throws -> Response?) -> Route {
        Route(.get, path, access: .open, place: place, operation: Operation("held", "A test.", answers: [.init(200, "Done.")]), handle: handle)
    }

    func test_allThreadsHeld_theStandInAnswersWhetherTheServerLives() throws {
        let entered = Mutex(0)
        let gate = DispatchSemaphore(value: 0)
        let server = try TestServer(extraRoutes: [
            Self.route("/test/hold", place: .connection) { _ in
                entered.withLock { $0 += 1 }
                gate.wait()
                return Response(status: 200, contentType: "text/plain", bytes: [])
            }
        ])
        defer { for _ in 0..<8 { gate.signal() } }
        var holding: [HTTPClient] = []
        // One after the other: the second is taken by the thread that the first has left.
        for count in 1...2 {
            let client = server.client()
            try client.send(Array("GET /test/hold HTTP/1.1\r\nHost: x\r\n\r\n".utf8))
            holding.append(client)
            for _ in 0..<2_000 where entered.withLock({ $0 }) < count { usleep(5_000) }
            XCTAssertEqual(entered.withLock { $0 }, count)
        }
        for _ in 0..<5 {
            XCTAssertEqual(try server.client().get("/healthz").status, 200)
            XCTAssertEqual(try server.client().get("/v1/types").status, 200)
        }
        for _ in 0..<2 { gate.signal() }
        for client in holding { XCTAssertEqual(try client.answer().status, 200) }
    }

    /// A whole answer, which no maker waits for: its bytes are held for the client.
    func test_answerThatNobodyTakes_isCutWhenItsTimeIsOver() throws {
        let isMade = Mutex(false)
        let server = try TestServer(extraRoutes: [
            Self.route("/test/large", place: .reads) { _ in
                isMade.withLock { $0 = true }
                return Response(status: 200, contentType: "text/plain", bytes: [UInt8](repeating: 0x61, count: 64 << 20))
            }
        ], slowSeconds: 0.6, byteRate: 1e12)
        let client = server.client()
        try client.send(Array("GET /test/large HTTP/1.1\r\nHost: x\r\n\r\n".utf8))
        for _ in 0..<2_000 where !isMade.withLock({ $0 }) { usleep(5_000) }
        // Far from the end of the connection's idle time.
        XCTAssertTrue(server.listener.waitUntilIdle(seconds: 30))
        let answer = try client.answer()
        XCTAssertTrue(answer.isCut)
        XCTAssertLessThan(answer.body.count, 64 << 20)
        // Whoever takes it in time gets it whole.
        XCTAssertEqual(try server.client().get("/test/large").body.count, 64 << 20)
    }
}
