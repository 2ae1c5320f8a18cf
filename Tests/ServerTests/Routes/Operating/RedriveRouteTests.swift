import ColumnStore
import Ingest
import Server
import TestSupport
import XCTest

/// Goal: a lot says whom it means and at what pace, and no number of it ends the server. Method: bodies with paces at the ends of their type, over HTTP.
final class RedriveRouteTests: XCTestCase {
    func test_paces_areOrdinaryNumbers() throws {
        let server = try TestServer()
        let client = server.client()
        for pace in ["0", "-1", "5e-324", "0.009", "1000.1", "1e308", "1e400", "\"10\"", "true"] {
            let answer = try client.post("/v1/dead-letters/redrive", #"{"ids":[],"per_second":\#(pace)}"#)
            XCTAssertEqual(answer.status, 400, "\(pace): \(answer.text)")
        }
        for pace in ["0.01", "1", "1000", "null"] {
            let answer = try client.post("/v1/dead-letters/redrive", #"{"ids":["a"],"per_second":\#(pace)}"#)
            XCTAssertEqual(answer.status, 200, "\(pace): \(answer.text)")
        }
    }

    func test_lots_sayWhomTheyMean() throws {
        let server = try TestServer()
        let client = server.client()
        XCTAssertEqual(try client.post("/v1/dead-letters/redrive", "{}").status, 400, "whoever names nothing does not mean everything")
        XCTAssertEqual(try client.post("/v1/dead-letters/redrive", #"{"filter":{"colour":"red"}}"#).status, 400)
        XCTAssertEqual(try client.post("/v1/dead-letters/redrive", #"{"filter":{"before":"yesterday"}}"#).status, 400)
        let counted = try client.post("/v1/dead-letters/redrive", #"{"filter":{},"dry_run":true}"#)
        XCTAssertEqual(try JSONParser.parse(counted.body)["count"]?.integer, 0, counted.text)
        let own = server.client(key: try server.key("c1", .readWrite, .own))
        XCTAssertEqual(try own.post("/v1/dead-letters/redrive", #"{"filter":{"client":"c2"}}"#).status, 403)
    }
}
