import TestSupport
import XCTest

/// Goal: a contract that could not work is refused when it is made, and the fault named. Method: contracts over HTTP, their members in a table.
final class ContractRoutesTests: XCTestCase {
    func test_callbackHosts_areHosts() throws {
        let server = try TestServer()
        let bad = ["https://shop.example", "shop.example/path", "*.shop.example", "a b", "user@host", "host:port", "..", "a..b", "[::1", "host:99999"]
        let good = ["shop.example", "Shop.Example:8443", "127.0.0.1", "localhost", "[::1]:80"]
        func body(_ hosts: [String]) -> String {
            #"{"access":"read","scope":"own","callback_hosts":[\#(hosts.map { "\"\($0)\"" }.joined(separator: ","))]}"#
        }
        for host in bad {
            let answer = try server.client().put("/v1/contracts/c1", body(["ok.example", host]))
            XCTAssertEqual(answer.status, 422, "\(host): \(answer.text)")
            XCTAssertTrue(answer.text.contains(#""/callback_hosts/1""#), "\(host): \(answer.text)")
        }
        for host in good {
            let status = try server.client().put("/v1/contracts/c1", body([host])).status
            XCTAssertTrue([200, 201].contains(status), "\(host): \(status)")
        }
    }
}
