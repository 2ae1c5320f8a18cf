import Foundation
import TestSupport
import XCTest

/// Goal: the console works in a real browser, for each kind of contract. Method: Playwright drives Debian's Chromium over the real binary; axe-core looks at
/// every page.
final class ConsoleTests: XCTestCase {
    func test_console_holdsInABrowser() throws {
        let server = try TillServer()
        defer { server.remove() }
        let own = try server.key("c1", access: "read"), all = try server.key("c2", scope: "all")
        try fill(server)
        let pictures = try Project.temporaryFolder("till-console")
        defer { try? FileManager.default.removeItem(at: pictures) }
        let run = try PythonReader.run(
            "SystemTests/Scripts/console.py", [server.url, TillServer.adminKey, own, all, String(server.processID), pictures.path])
        XCTAssertEqual(run.exitCode, 0, run.output)
        XCTAssertTrue(run.output.hasSuffix("everything held\n"), run.output)
    }

    /// Receipts, refused documents, and names that would be markup.
    private func fill(_ server: TillServer) throws {
        let admin = server.client()
        let hostile = #"<img src=x onerror=\"document.title=1\">"#
        XCTAssertEqual(try admin.put("/v1/contracts/%3Cscript%3E", #"{"access":"read","scope":"own","name":"\#(hostile)"}"#).status, 201)
        for number in 1...40 {
            let day = String(format: "2025-%02d-%02d", number % 12 + 1, number % 28 + 1)
            let receipt = #"{"schema":"pos/1","id":"R-\#(number)","issued_at":"\#(day)T10:00:00Z","store":{"id":"\#(hostile)"},"currency":"UAH","lines":[{"code":"1","name":"\#(hostile)","qty":1,"price":10.5,"amount":10.50}],"total":10.50}"#
            XCTAssertEqual(try admin.post("/v1/receipts?client=c1", receipt).status, 201)
        }
        XCTAssertEqual(try admin.post("/v1/receipts?client=c1", #"{"schema":"pos/1","id":"\#(hostile)","lines":[],"total":"\#(hostile)"}"#).status, 422)
        XCTAssertEqual(try admin.post("/v1/receipts?client=c1", "{\"oops\":").status, 400)
    }
}
