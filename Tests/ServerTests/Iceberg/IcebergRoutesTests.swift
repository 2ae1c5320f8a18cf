import ColumnStore
import Documents
import Ingest
import Server
import Synchronization
import TestSupport
import XCTest

/// Goal: the REST catalog changes nothing, and so waits for nothing that changes wait for. Method: its calls to a store whose log gives no answer.
final class IcebergRoutesTests: XCTestCase {
    private func form(_ secret: String) -> String { "grant_type=client_credentials&client_secret=\(secret)" }

    func test_whileTheLogIsStuck_writesAre403_andTokensAreGiven() throws {
        let server = try TestServer(extraRoutes: IcebergRoutes.all, isKeptElsewhere: true)
        server.engine.state.withLock { $0.changeRefusal = Fault(.storageUnavailable, "the log gives no answer") }
        let key = try server.key("shop", .readWrite, .all), client = HTTPClient(port: server.listener.port, key: key)
        XCTAssertEqual(try client.post("/v1/receipts", "{}").status, 503, "what changes the store is refused")
        let table = "/iceberg/v1/namespaces/till/tables/receipts"
        for (method, path) in [("POST", "/iceberg/v1/namespaces"), ("PUT", table), ("DELETE", table), ("POST", table), ("PATCH", "/iceberg/v1/anything"), ("POST", "/iceberg/v1/transactions/commit")] {
            let answer = try client.call(method, path, headers: [("Content-Type", "application/json")], body: Array("{}".utf8))
            XCTAssertEqual(answer.status, 403, "\(method) \(path): \(answer.text)")
            XCTAssertTrue(answer.text.contains("ForbiddenException"), "\(method) \(path): \(answer.text)")
        }
        XCTAssertEqual(try client.post(table + "/metrics", "{}").status, 404, "there is no such table, whatever is told of it")
        for path in ["/iceberg/v1/oauth/tokens", "/iceberg/v1/oauth2/token", "/oauth2/token"] {
            let answer = try server.client(key: nil).post(path, form(key), type: "application/x-www-form-urlencoded")
            XCTAssertEqual(answer.status, 200, "\(path): \(answer.text)")
        }
    }
}
