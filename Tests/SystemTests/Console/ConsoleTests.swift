import Foundation
import TestSupport
import XCTest

/// Goal: the console works in a real browser, for each kind of contract. Method: Playwright drives Debian's Chromium over the real binary, with one of
/// everything in its store (`Scripts/console_rig.py`); axe-core looks at every page.
final class ConsoleTests: XCTestCase {
    /// Where nobody answers, and given up at once: there are dead letters.
    private static let registrar = #"{"tax":{"url":"http://127.0.0.1:9/receipts","secret":"s","lock":"1s","backoff_min":"50ms","backoff_max":"100ms","max_attempts":2}}"#

    func test_console_holdsInABrowser() throws {
        let server = try TillServer(environment: ["TILL_REGISTRARS": Self.registrar, "TILL_OUTGOING_ALLOW": #"["127.0.0.1"]"#, "TILL_LIMITS_STATEMENT_ROWS": "1", "TILL_LIMITS_QUERY_TIME": "20m"])
        defer { server.remove() }
        let own = try server.key("c1", access: "read"), all = try server.key("c2", scope: "all")
        let pictures = try Project.temporaryFolder("till-console")
        defer { try? FileManager.default.removeItem(at: pictures) }
        let run = try PythonReader.run(
            "SystemTests/Scripts/console.py", [server.url, TillServer.adminKey, own, all, String(server.processID), pictures.path])
        XCTAssertEqual(run.exitCode, 0, run.output)
        XCTAssertTrue(run.output.hasSuffix("everything held\n"), run.output)
    }

    /// By a key and by a token of the issuer, over twelve hours without use and restarts of the server.
    func test_sessions_beginAndEnd_inABrowser() throws {
        let key = try TokenKey(.p256)
        let folder = try Project.temporaryFolder("till-console-keys")
        defer { try? FileManager.default.removeItem(at: folder) }
        let keySet = folder.appendingPathComponent("keys.json")
        try Data("{\"keys\":[\(try key.jwk(kid: "k"))]}".utf8).write(to: keySet)
        let now = Int(Date().timeIntervalSince1970)
        let token = try key.token(kid: "k", claims: #"{"iss":"https://issuer.example","aud":["till"],"client_id":"shop","iat":\#(now),"nbf":\#(now),"exp":\#(now + 86_400)}"#)
        let run = try PythonReader.run("SystemTests/Scripts/console_sessions.py", [TillServer.binary.path, token, keySet.path])
        XCTAssertEqual(run.exitCode, 0, run.output)
        XCTAssertTrue(run.output.hasSuffix("everything held\n"), run.output)
    }
}
