import ColumnStore
import Server
import TestSupport
import XCTest

/// Goal: the console comes from the binary alone, each file under its URL never changes, and nothing of elsewhere runs in it. Method: ask for documents, files and
/// faults below /console/ over HTTP.
final class ConsoleRoutesTests: XCTestCase {
    private static let policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

    private func client() throws -> (server: TestServer, client: HTTPClient) {
        let server = try TestServer(extraRoutes: ConsoleRoutes.all)
        return (server, HTTPClient(port: server.listener.port))
    }

    func test_documentsAndErrors_bearThePolicy() throws {
        let (server, client) = try client()
        for (path, status) in [("/console", 308), ("/console/", 200), ("/console/sql", 200), ("/console/receipts/a/b%2Fc/d?client=x&unknown=1", 200), ("/console/assets/", 404), ("/console/assets/0/app.js", 404), ("/console/%zz", 200)] {
            let answer = try client.get(path)
            XCTAssertEqual(answer.status, status, path)
            XCTAssertEqual(answer.headers["content-security-policy"], Self.policy, path)
        }
        let posted = try client.post("/console/", "{}")
        XCTAssertEqual(posted.status, 405)
        XCTAssertEqual(posted.headers["content-security-policy"], Self.policy)
        XCTAssertNil(try client.get("/v1/nowhere").headers["content-security-policy"])
        _ = server
    }

    func test_files_haveTheHashInTheirPath_areCoded_andNeverChange() throws {
        let (server, client) = try client()
        let document = try client.get("/console/").text
        let marks = document.matches(of: #/(?:href|src)="(\/console\/assets\/[0-9a-f]{16}\/[^"]+)"/#).map { String($0.output.1) }
        XCTAssertGreaterThan(marks.count, 20, "the modules that the first page needs are named in the document")
        XCTAssertFalse(document.contains("{"), "what stands for something else was put in")
        XCTAssertTrue(document.contains("data-languages=\"en uk\""), "a language is a file")
        for path in Set(marks) {
            let plain = try client.get(path)
            XCTAssertEqual(plain.status, 200, path)
            XCTAssertEqual(plain.headers["cache-control"], "public, max-age=31536000, immutable", path)
            XCTAssertEqual(plain.headers["content-security-policy"], Self.policy, path)
            XCTAssertEqual(plain.headers["x-content-type-options"], "nosniff")
            let coded = try client.get(path, [("Accept-Encoding", "gzip")])
            XCTAssertEqual(coded.headers["content-encoding"], "gzip", path)
            XCTAssertEqual(try ContentCoding.decode(coded.body, coding: "gzip", byteCountMax: 1 << 24), plain.body, path)
        }
        XCTAssertEqual(try client.get(try XCTUnwrap(marks.first { $0.hasSuffix(".js") })).headers["content-type"], "text/javascript; charset=utf-8")
        _ = server
    }

    /// A browser has all styles after one answer, and asks for the words that it will show beside the modules; who has no session sees where the form will be.
    func test_document_isOfTheReader() throws {
        let (server, client) = try client()
        for (wanted, tag) in [(nil, "en"), ("uk-UA,uk;q=0.9,en;q=0.8", "uk"), ("de-DE, uk;q=0.7", "uk"), ("EN-gb", "en"), ("*", "en"), (";;,,-", "en")] as [(String?, String)] {
            let answer = try client.get("/console/sql", wanted.map { [("Accept-Language", $0)] } ?? [])
            XCTAssertTrue(answer.text.contains("<html lang=\"\(tag)\"") && answer.text.contains("/languages/\(tag).json\" as=\"fetch\" crossorigin>"), "\(wanted ?? "none"): \(answer.text)")
            XCTAssertEqual(answer.headers["vary"], "Accept-Language, Cookie")
            XCTAssertTrue(answer.text.contains("class=\"card sign-in begin\""))
        }
        XCTAssertFalse(try client.get("/console/", [("Cookie", "till-session=x")]).text.contains("card sign-in"))
        let sheet = try XCTUnwrap(try client.get("/console/").text.firstMatch(of: #/href="([^"]+console\.css)"/#)).output.1
        let styles = try client.get(String(sheet)).text
        XCTAssertFalse(styles.contains("@import"))
        for layer in ["reset", "tokens", "base", "layout", "components", "print"] { XCTAssertEqual(styles.components(separatedBy: "@layer \(layer) {").count, 2, layer) }
        _ = server
    }

    /// The vendored editor comes when an editor is shown; nothing that the first page loads is it.
    func test_firstPage_isLight() throws {
        let (server, client) = try client()
        let document = try client.get("/console/").text
        XCTAssertFalse(document.contains("vendor/"), "the editor is not for the first page")
        var byteCount = 0
        for mark in document.matches(of: #/(?:href|src)="(\/console\/assets\/[^"]+)"/#) {
            byteCount += try client.get(String(mark.output.1), [("Accept-Encoding", "gzip")]).body.count
        }
        XCTAssertLessThan(byteCount, 350 << 10)
        _ = server
    }
}
