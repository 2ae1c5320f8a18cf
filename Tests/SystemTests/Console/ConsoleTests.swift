import Foundation
import TestSupport
import XCTest

/// Goal: the console works in a real browser, for each kind of contract. Method: Playwright drives Debian's Chromium over the real binary, with one of
/// everything in its store (`Scripts/console_rig.py`); axe-core looks at every page.
final class ConsoleTests: XCTestCase {
    /// Where nobody answers, and given up at once: there are dead letters.
    private static let registrar = #"{"tax":{"url":"http://127.0.0.1:9/receipts","secret":"s","lock":"1s","backoff_min":"50ms","backoff_max":"100ms","max_attempts":2}}"#

    func test_console_holdsInABrowser() throws {
        let server = try TillServer(environment: ["TILL_REGISTRARS": Self.registrar, "TILL_OUTGOING_ALLOW": #"["127.0.0.1"]"#, "TILL_LIMITS_STATEMENT_ROWS": "1"])
        defer { server.remove() }
        let own = try server.key("c1", access: "read"), all = try server.key("c2", scope: "all")
        let pictures = try Project.temporaryFolder("till-console")
        defer { try? FileManager.default.removeItem(at: pictures) }
        let run = try PythonReader.run(
            "SystemTests/Scripts/console.py", [server.url, TillServer.adminKey, own, all, String(server.processID), pictures.path])
        XCTAssertEqual(run.exitCode, 0, run.output)
        XCTAssertTrue(run.output.hasSuffix("everything held\n"), run.output)
    }
}
