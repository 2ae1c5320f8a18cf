import Ingest
import Synchronization
import TestSupport
import XCTest

@testable import Server

/// Goal: what is deleted is what was named, and nothing where nothing was. Method: over HTTP, an engine that writes down what it is asked for.
final class DeletionRoutesTests: XCTestCase {
    func test_filters_reachTheEngineAsTheyWereMeant() throws {
        let server = try TestServer()
        let admin = server.client()
        let day: Int64 = 86_400_000_000
        for (query, client, before) in [
            ("client=a", "a", nil), ("before=1970-01-02", nil, day), ("before=1970-01-02T00:00:01Z", nil, day + 1_000_000), ("client=b&before=1970-01-03", "b", 2 * day),
            ("before=1970-01-02T02:00:00%2B02:00", nil, day),
        ] as [(String, String?, Int64?)] {
            for path in ["quarantine", "dead-letters"] {
                XCTAssertEqual(try admin.delete("/v1/admin/\(path)?\(query)").text, #"{"deleted":0,"has_more":false}"#, query)
                let asked = server.engine.state.withLock { $0.deletions.removeLast() }
                XCTAssertEqual(asked.client, client, query)
                XCTAssertEqual(asked.before, before, query)
            }
        }
        for query in ["", "?client=", "?before=", "?before=soon", "?before=1970-13-01", "?before=99999999999999999999", "?clients=a", "?client=a&client=b"] {
            for path in ["quarantine", "dead-letters"] { XCTAssertEqual(try admin.delete("/v1/admin/\(path)\(query)").status, 400, query) }
        }
        XCTAssertTrue(server.engine.state.withLock { $0.deletions.isEmpty })
        XCTAssertEqual(try admin.delete("/v1/admin/quarantine/01JDABCDEFGHJKMNPQRSTVWXYZ").status, 204)
        XCTAssertEqual(try admin.delete("/v1/admin/dead-letters/x").status, 204)
    }
}
