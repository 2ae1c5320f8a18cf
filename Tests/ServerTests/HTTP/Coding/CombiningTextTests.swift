import ColumnStore
import Documents
import Ingest
import TestSupport
import XCTest

@testable import Server

/// Goal: what anybody sends holds no thread by its combining marks. Method: megabytes of them, out of order, at each door where texts are compared: one comparison of Strings
/// would take minutes, and the test would not end.
final class CombiningTextTests: XCTestCase {
    private static func marks(_ count: Int) -> String { "a" + String(repeating: "\u{301}\u{316}", count: count / 2) }

    func test_sessions_keysOfMarks_areRefused() throws {
        let server = try TestServer(), client = HTTPClient(port: server.listener.port)
        defer { withExtendedLifetime(server) {} }
        let text = Self.marks(20_000)
        let answer = try client.post("/v1/session", #"{"key":"\#(text)"}"#)
        XCTAssertEqual(answer.status, 400, answer.text)
        XCTAssertTrue(answer.text.contains("combining marks"), answer.text)
        XCTAssertEqual(try client.post("/v1/session", #"{"\#(text)":"x"}"#).status, 400)
    }

    func test_credentials_areComparedByTheirBytes() throws {
        let server = try TestServer()
        let authorizer = Authorizer(credentials: server.engine, sessions: server.engine, adminKey: TestServer.adminKey, passes: server.engine)
        for text in [Self.marks(500_000), Self.marks(200_000) + ".." , "till-pass." + Self.marks(500_000)] {
            XCTAssertThrowsError(try authorizer.authorize(Credential(text), for: .known)) { XCTAssertEqual(($0 as? Denial)?.problem.slug, .unauthenticated) }
        }
        XCTAssertFalse(JSONWebToken.looksLike("a.\(Self.marks(2)).b"))
    }

    func test_questions_takeTextsOfMarks() throws {
        let server = try TestServer(), client = HTTPClient(port: server.listener.port, key: TestServer.adminKey)
        defer { withExtendedLifetime(server) {} }
        let text = Self.marks(200_000)
        let asked = try client.post("/v1/sql", #"{"query":"SELECT length($1), length('\#(text)')","params":["\#(text)"]}"#)
        XCTAssertEqual(asked.status, 200, String(asked.text.prefix(300)))
        XCTAssertTrue(asked.text.contains("[[200001,200001]]"), String(asked.text.prefix(300)))
        XCTAssertEqual(try client.post("/v1/sql", #"{"query":"SELECT 1","\#(text)":1}"#).status, 400)
        XCTAssertEqual(try client.post("/v1/sql", #"{"query":"SELECT 1","time_zone":"\#(text)"}"#).status, 400)
    }

    func test_methods_longWordsAreNone() {
        struct Fields: HeaderSource { func header(_ name: StaticString) -> String? { nil } }
        let request = Request(method: Self.marks(500_000), target: RequestTarget(Array("/".utf8)), headers: Fields())
        XCTAssertNil(request.method)
        XCTAssertNil(request.methodName)
        XCTAssertEqual(Request(method: "PROPFIND", target: request.target, headers: Fields()).methodName, "PROPFIND")
    }

    func test_exports_wordsHaveFewMarksInARow() throws {
        let text = Self.marks(200_000)
        for body in [
            #"{"query":"SELECT 1","format":"\#(text)"}"#, #"{"query":"SELECT 1","format":"csv","expires_in":"\#(text)"}"#, #"{"receipts":{"\#(text)":1},"format":"csv"}"#,
            #"{"sheets":[{"name":"\#(text)","query":"SELECT 1"}],"format":"xlsx"}"#, #"{"sheets":[{"\#(text)":"a","query":"SELECT 1"}],"format":"xlsx"}"#,
        ] {
            XCTAssertThrowsError(try ExportRequest(body: JSONParser.parse(Array(body.utf8)), as: .nobody), String(body.prefix(30))) { XCTAssertEqual(($0 as? Problem)?.slug, .badParameter) }
        }
    }

    func test_targets_haveFewMarksInARow() throws {
        let few = String(repeating: "%CC%81", count: 200), many = String(repeating: "%CC%81", count: 300)
        for (text, isTaken) in [("client=\(few)&client2=1", true), ("client=\(many)", false), ("\(many)=1", false)] {
            let target = RequestTarget(Array("/v1/receipts?\(text)".utf8))
            if isTaken { XCTAssertNoThrow(try target.parameters()) } else { XCTAssertThrowsError(try target.parameters()) { XCTAssertEqual(($0 as? Problem)?.slug, .badParameter) } }
        }
    }

    func test_heads_haveFewMarksInARow() throws {
        let server = try TestServer(), client = HTTPClient(port: server.listener.port, key: TestServer.adminKey)
        defer { withExtendedLifetime(server) {} }
        let answer = try client.get("/v1/me", [("Accept", Self.marks(4_000))])
        XCTAssertEqual(answer.status, 400, answer.text)
        XCTAssertTrue(answer.text.contains("combining marks"), answer.text)
        XCTAssertEqual(try client.get("/v1/me", [("X-Note", Self.marks(100))]).status, 200)
    }

    func test_postgres_namesAndSettingsHaveFewMarksInARow() throws {
        let text = Self.marks(500_000)
        for statement in ["SELECT 1 AS \"\(text)\"", "SELECT \(text)", "SAVEPOINT \(text)"] {
            XCTAssertThrowsError(try StatementScanner.statements(statement)) { XCTAssertEqual(($0 as? PostgresFault)?.state.rawValue, "42622") }
        }
        for statement in ["SET bytea_output = '\(text)'", "COPY (SELECT 1) TO STDOUT (FORMAT '\(text)')", "SET TIME ZONE '\(text)'"] {
            let found = try XCTUnwrap(StatementScanner.statements(statement).first)
            XCTAssertThrowsError(try CommandReader.command(found)) { XCTAssertEqual(($0 as? PostgresFault)?.state.rawValue, "42622") }
        }
        XCTAssertNoThrow(try StatementScanner.statements("SELECT '\(text)'"))
        var settings = try SessionSettings([], user: "shop")
        let long = Self.marks(20_000)
        XCTAssertThrowsError(try settings.set("timezone", long))
        XCTAssertThrowsError(try settings.set(text, "x"))
        XCTAssertNil(settings[text])
        XCTAssertNoThrow(try settings.set("application_name", long))
    }

    func test_postgres_messagesNameWithFewMarksInARow() throws {
        let text = Self.marks(500_000)
        for message in [FrontendMessage.parse(.init(name: text, query: "SELECT 1", parameterTypes: [])), .bind(.init(portal: text, statement: ""))] {
            var writer = FrontendWriter()
            writer.write(message)
            var decoder = FrontendDecoder()
            decoder.phase = .session
            decoder.append(writer.bytes)
            XCTAssertThrowsError(try decoder.next()) { XCTAssertEqual(($0 as? PostgresFault)?.state.rawValue, "42622") }
        }
        var writer = FrontendWriter(), start = FrontendDecoder()
        writer.startup([("user", Self.marks(4_000))])
        start.append(writer.bytes)
        XCTAssertThrowsError(try start.nextStartup()) { XCTAssertEqual($0 as? PostgresFault, PostgresFault(SQLState(rawValue: "42622"), "more than 256 combining marks in a row", severity: .fatal)) }
    }
}
