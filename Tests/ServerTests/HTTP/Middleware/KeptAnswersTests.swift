import ColumnStore
import Documents
import Synchronization
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

    /// Nobody would read it, and whoever makes it has a thread until its patience with a slow client ends.
    func test_streamInWhosePlaceARefusalLeaves_isClosed() throws {
        let end = Mutex<String?>(nil)
        let streamed = Self.route("/test/streamed") { call in
            call.exchange.answer {
                WorkerThread(name: "stream", isDetached: true) { [exchange = call.exchange] in
                    let stream = ResponseStream()
                    exchange.whenGone { stream.close() }
                    exchange.complete { Response(status: 200, contentType: "text/plain", stream: stream) }
                    do {
                        while true { try stream.write([UInt8](repeating: 0x61, count: 64 << 10)) }
                    } catch {
                        end.withLock { $0 = error is ResponseStream.Closed ? "closed" : "\(error)" }
                    }
                }
            }
        }
        let server = try TestServer(extraRoutes: [streamed], isKeptElsewhere: true)
        server.engine.state.withLock { $0.keptFault = Fault(.overloaded, "the log gives no answer") }
        let answer = try server.client(key: nil).call("POST", "/test/streamed", body: Array("x".utf8))
        XCTAssertEqual(answer.status, 503, answer.text)
        XCTAssertTrue(answer.text.contains("the log gives no answer"), answer.text)
        XCTAssertEqual(Patience.value { end.withLock { $0 } }, "closed")
    }
}
