import ColumnStore
import TestSupport
import XCTest

@testable import Server

/// Goal: an answer that waits for the log comes, however its handler gives it and however soon the log has it. Method: a log that has everything at once.
final class KeptAnswersTests: XCTestCase {
    private static func route(_ path: String, _ handle: @escaping @Sendable (Call) throws -> Response?) -> Route {
        Route(.post, path, access: .open, body: .documents, operation: Operation("test", "", answers: []), handle: handle)
    }

    private static func response(_ text: String) -> Response { Response(status: 200, contentType: "text/plain", bytes: Array(text.utf8)) }

    func test_answers_comeHoweverTheyAreGiven() throws {
        let routes = [
            Self.route("/test/returned") { _ in Self.response("returned") },
            Self.route("/test/ready") { call in call.exchange.answer { call.exchange.complete { Self.response("ready") } } },
            Self.route("/test/later") { call in
                call.exchange.answer { WorkerThread(name: "later", isDetached: true) { [exchange = call.exchange] in exchange.complete { Self.response("later") } } }
            },
            Self.route("/test/refused") { _ in throw Problem(.notFound, "nothing") },
        ]
        let server = try TestServer(extraRoutes: routes, isKeptElsewhere: true)
        let client = server.client(key: nil)
        for _ in 0..<20 {
            for (path, wanted) in [("returned", "returned"), ("ready", "ready"), ("later", "later"), ("refused", "nothing")] {
                XCTAssertTrue(try client.call("POST", "/test/\(path)", body: Array("x".utf8)).text.contains(wanted), path)
            }
        }
    }
}
