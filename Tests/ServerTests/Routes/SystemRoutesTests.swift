import ColumnStore
import Documents
import Ingest
import Synchronization
import TestSupport
import XCTest

@testable import Server

/// Goal: monitoring of the server gets what is so, and needs no key where a load balancer has none. Method: over HTTP, an engine whose state is
/// set here.
final class SystemRoutesTests: XCTestCase {
    func test_readyz_saysEveryReason_andIsWellAgain() throws {
        let server = try TestServer()
        let client = server.client(key: nil)
        XCTAssertEqual(try client.get("/readyz").text, #"{"status":"ready"}"#)
        server.engine.state.withLock { $0.refusals = [Fault(.diskFull, "9 MiB are free"), Fault(.overloaded, "a write was not confirmed")] }
        let refused = try client.get("/readyz")
        XCTAssertEqual(refused.status, 503)
        XCTAssertNotNil(refused.headers["retry-after"])
        for says in ["/problems/disk-full", "9 MiB are free; a write was not confirmed", #""code":"overloaded""#] { XCTAssertTrue(refused.text.contains(says), refused.text) }
        XCTAssertTrue(try server.client().get("/metrics").text.contains("\ntill_ready 0\n"))
        XCTAssertEqual(try client.get("/healthz").status, 200, "the process lives")
        server.engine.state.withLock { $0.refusals = [] }
        XCTAssertEqual(try client.get("/readyz").status, 200)
        XCTAssertTrue(try server.client().get("/metrics").text.contains("\ntill_degraded 0\n"))
        server.engine.state.withLock { $0.degradations = ["a file is damaged", "the log lags"] }
        XCTAssertEqual(try client.get("/readyz").text, #"{"status":"ready","degraded":["a file is damaged","the log lags"]}"#)
        XCTAssertTrue(try server.client().get("/metrics").text.contains("\ntill_degraded 2\n"))
        server.engine.state.withLock { $0.isReady = false }
        XCTAssertTrue(try client.get("/readyz").text.contains("the server is starting"))
        server.engine.state.withLock { $0.isReady = true }
        server.context.beginStopping()
        let stopping = try client.get("/readyz")
        XCTAssertEqual(stopping.status, 503)
        XCTAssertTrue(stopping.text.contains("the server is stopping"), stopping.text)
    }

    func test_problems_everySlug_isExplained() throws {
        let client = try TestServer().client(key: nil)
        for slug in Problem.Slug.allCases {
            let answer = try JSONParser.parse(try client.get("/problems/\(slug.rawValue)").body)
            XCTAssertEqual(answer["type"]?.text, "/problems/\(slug.rawValue)")
            XCTAssertGreaterThan(answer["meaning"]?.text?.count ?? 0, 10, slug.rawValue)
        }
        XCTAssertEqual(try client.get("/problems/no-such").status, 404)
    }
}
