import Documents
import Ingest
import Processes
import Synchronization
import TestSupport
import XCTest

@testable import Server

/// Goal: queues and topics are answered for as they were put, whatever another call does meanwhile. Method: a store in which everything is gone at the next look.
final class MessagePutRoutesTests: XCTestCase {
    private func begin() throws -> (server: TestServer, topics: FakeTopics) {
        let server = try TestServer()
        let topics = try XCTUnwrap(server.engine.topics as? FakeTopics)
        topics.state.withLock { $0.takesAll = true }
        server.engine.fakeQueues.state.withLock { $0.takesQueues = true }
        return (server, topics)
    }

    func test_whatIsGoneByTheAnswer_wasPutAllTheSame() throws {
        let (server, _) = try begin()
        let admin = server.client()
        for (path, body) in [("queues/jobs", "{}"), ("topics/news", "{}"), ("topics/news/subscriptions/all", #"{"target":{"log":"l"}}"#)] {
            let answer = try admin.put("/v1/\(path)", body)
            XCTAssertEqual(answer.status, 201, "\(path): \(answer.text)")
        }
        let list = try admin.get("/v1/topics")
        XCTAssertEqual(list.status, 200, list.text)
        XCTAssertTrue(list.text.contains(#""news""#) && list.text.contains(#""all""#), list.text)
    }

    /// Whoever leaves it out does not say which one it is: the store knows when it is put.
    func test_secretThatIsLeftOut_isLeftToTheStore() throws {
        let (server, topics) = try begin()
        for (more, secret, keepsSecret) in [("", nil, true), (#","secret":"s""#, "s", false), (#","secret":null"#, nil, false)] as [(String, String?, Bool)] {
            let answer = try server.client().put("/v1/topics/news/subscriptions/all", #"{"target":{"webhook":"https://shop.example/"\#(more)}}"#)
            XCTAssertEqual(answer.status, 201, answer.text)
            let put = try XCTUnwrap(topics.state.withLock { $0.puts.last })
            XCTAssertEqual(put.subscription.target, .webhook(url: "https://shop.example/", secret: secret), more)
            XCTAssertEqual(put.keepsSecret, keepsSecret, more)
        }
    }
}
