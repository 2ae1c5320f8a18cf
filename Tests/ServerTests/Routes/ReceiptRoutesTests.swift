import ColumnStore
import Documents
import Ingest
import Server
import TestSupport
import Synchronization
import XCTest

/// Goal: what others have put into the store is shown by no browser as the console's own, and kept by no cache that others share. Method: header fields of answers.
final class ReceiptRoutesTests: XCTestCase {
    private static let schema = Schema([Field("receipt_id", .string), Field("content_type", .string), Field("sequence", .int64), Field("document", .binary)])

    /// A document that is XHTML, whatever it is called.
    private static func row() -> ColumnBatch {
        let document = #"<r xmlns:x="http://www.w3.org/1999/xhtml"><x:script>alert(1)</x:script></r>"#
        let values: [Value] = [.bytes(Array("R-0".utf8)), .bytes(Array("application/xml".utf8)), .integer(1), .bytes(Array(document.utf8))]
        var columns: [Column] = []
        for (field, value) in zip(schema.fields, values) {
            var builder = ColumnBuilder(type: field.type)
            builder.append(value)
            columns.append(builder.finish())
        }
        return ColumnBatch(rowCount: 1, columns: columns)
    }

    func test_document_runsNowhere_andIsAFile() throws {
        let server = try TestServer()
        server.engine.state.withLock { $0.receipt = .found(schema: Self.schema, row: Self.row()) }
        // Not held to the description: this row has few columns.
        let client = HTTPClient(port: server.listener.port, key: TestServer.adminKey)
        // As a browser asks, and as a program does.
        for (path, accept) in [("/v1/receipts/R-0", "text/html,application/xhtml+xml,application/xml;q=0.9"), ("/v1/receipts/R-0", "application/xml"), ("/v1/receipts/R-0?raw=1", "*/*")] {
            let answer = try client.get(path, [("Accept", accept)])
            XCTAssertEqual(answer.status, 200, answer.text)
            XCTAssertEqual(answer.headers["content-type"], "application/xml")
            XCTAssertEqual(answer.headers["content-security-policy"], "sandbox; default-src 'none'")
            XCTAssertEqual(answer.headers["content-disposition"], "attachment")
            XCTAssertEqual(answer.headers["x-content-type-options"], "nosniff")
            XCTAssertEqual(answer.headers["vary"], "Accept")
            XCTAssertEqual(answer.headers["cache-control"], "private, no-cache")
        }
        let json = try client.get("/v1/receipts/R-0")
        XCTAssertEqual(json.headers["content-type"], "application/json")
        XCTAssertEqual(json.headers["vary"], "Accept")
        XCTAssertNil(json.headers["content-disposition"])
        withExtendedLifetime(server) {}
    }

    func test_answersToSomebody_areKeptByNoSharedCache_andAllAreWhatTheySay() throws {
        let own = Route(.get, "/test/own", access: .reader, operation: .undocumented("own")) { _ in Response(status: 200).adding("Cache-Control", "no-store") }
        let server = try TestServer(extraRoutes: [own])
        let cases: [(path: String, key: String?, status: Int, cache: String?)] = [
            ("/v1/changes", TestServer.adminKey, 200, "private, no-cache"), ("/v1/tickets/t", TestServer.adminKey, 404, "private, no-cache"), ("/v1/changes", nil, 401, "private, no-cache"),
            ("/test/own", TestServer.adminKey, 200, "no-store"), ("/healthz", nil, 200, nil), ("/nowhere", nil, 404, nil),
        ]
        for row in cases {
            let answer = try HTTPClient(port: server.listener.port, key: row.key).get(row.path)
            XCTAssertEqual(answer.status, row.status, row.path)
            XCTAssertEqual(answer.headers["cache-control"], row.cache, row.path)
            XCTAssertEqual(answer.headers["x-content-type-options"], "nosniff", row.path)
        }
        withExtendedLifetime(server) {}
    }
}
