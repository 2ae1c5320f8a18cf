import ColumnStore
import Query
import XCTest

@testable import Server

/// Goal: catalogs show what a session has prepared and opened, and what it was asked, as PostgreSQL 15 shows it. Method: sessions hear messages of both protocols, whose questions a stand-in answers; the catalogs
/// over what they hold then are asked.
final class SessionHoldingsTests: XCTestCase {
    private static let engine = QueryEngine()

    /// A session that has heard these; a question with `$1` has a parameter, an int.
    private func session(_ messages: [FrontendMessage], columnCount: Int = 1, hold: @escaping (Int) throws(PostgresFault) -> Void = { _ in }) throws -> PostgresSession {
        var session = PostgresSession(try SessionSettings([], user: "shop"), hold: hold, clock: { 1_700_000_000_000_000 })
        for message in messages {
            var next: SessionInput? = .message(message)
            while let input = next {
                next = nil
                for effect in session.step(input) {
                    switch effect {
                    case .prepare(let wanted): next = .prepared(.success(.init(parameterTypes: wanted.text.contains("$1") ? [23] : [], columns: [WireField](repeating: WireField("x", type: 23), count: columnCount))))
                    case .open: next = .opened(nil)
                    case .run: next = .ran(.finished(rows: 0))
                    case .send(.error(let fault)): XCTFail(fault.message)
                    default: break
                    }
                }
            }
        }
        return session
    }

    private func rows(_ question: String, _ holdings: SessionHoldings?, asked: String? = nil) throws -> [[Value]] {
        let session = SystemSession(user: "shop", database: "till", processID: 7)
        let catalog = SystemCatalog(FixedCatalog(tables: []), session).with(try SessionSettings([], user: "shop"), holdings, asked: asked)
        let stream = try Self.engine.execute(try Self.engine.prepare(question, in: QueryContext(catalog: catalog, now: 0)))
        var found: [[Value]] = []
        while let batch = try stream.next() { for row in 0..<batch.rowCount { found.append(batch.columns.map { $0.value(at: row) }) } }
        return found
    }

    private static let statements = "SELECT name, statement, parameter_types, from_sql, prepare_time, generic_plans FROM pg_prepared_statements ORDER BY name"
    private static let cursors = "SELECT name, statement, is_holdable, is_binary, is_scrollable, creation_time FROM pg_cursors ORDER BY name"

    func test_preparedStatements_areThoseOfBothProtocols() throws {
        let then = Value.integer(1_700_000_000_000_000)
        let held = try session([
            .query("PREPARE a(int) AS SELECT $1 ;"), .query("PREPARE b AS SELECT 1; SELECT 2"), .parse(.init(name: "c", query: "SELECT 3;")), .parse(.init(name: "", query: "SELECT 4")), .sync, .query("DEALLOCATE b"),
            .query("PREPARE \"B d\" AS SELECT 5 -- with this"),
        ]).holdings
        XCTAssertEqual(
            try rows(Self.statements, held),
            [
                [.string("B d"), .string("PREPARE \"B d\" AS SELECT 5 -- with this"), .list([]), .boolean(true), then, .integer(0)],
                [.string("a"), .string("PREPARE a(int) AS SELECT $1 ;"), .list([.integer(23)]), .boolean(true), then, .integer(0)],
                [.string("c"), .string("SELECT 3;"), .list([]), .boolean(false), then, .integer(0)],
            ])
        XCTAssertTrue(held.wasSeen)
        XCTAssertEqual(try rows("SELECT name FROM pg_prepared_statement() ORDER BY 1", held), [[.string("B d")], [.string("a")], [.string("c")]])
        XCTAssertEqual(try rows(Self.statements, try session([.query("PREPARE a AS SELECT 1"), .query("DEALLOCATE ALL")]).holdings), [])
        XCTAssertEqual(try rows(Self.statements, nil), [])
    }

    func test_cursors_areThoseOfDeclareAndBind() throws {
        let then = Value.integer(1_700_000_000_000_000)
        func row(_ name: String, _ statement: String, isHeld: Bool = false, isBinary: Bool = false, isScrollable: Bool = false) -> [Value] {
            [.string(name), .string(statement), .boolean(isHeld), .boolean(isBinary), .boolean(isScrollable), then]
        }
        let messages: [FrontendMessage] = [
            .query("BEGIN"), .query("DECLARE c1 CURSOR FOR SELECT 1;"), .query("DECLARE c2 SCROLL CURSOR WITH HOLD FOR SELECT 2"), .query("DECLARE c3 BINARY NO SCROLL CURSOR FOR SELECT 3"),
            .parse(.init(name: "", query: "DECLARE c4 CURSOR FOR SELECT 4")), .bind(.init(portal: "", statement: "")), .execute(portal: "", rowsMax: 0),
            .parse(.init(name: "s", query: "SELECT 5")), .bind(.init(portal: "p", statement: "s")), .bind(.init(portal: "", statement: "s")),
        ]
        XCTAssertEqual(
            try rows(Self.cursors, try session(messages).holdings),
            [
                row("", "SELECT 5"), row("c1", "DECLARE c1 CURSOR FOR SELECT 1;"), row("c2", "DECLARE c2 SCROLL CURSOR WITH HOLD FOR SELECT 2", isHeld: true, isScrollable: true),
                row("c3", "DECLARE c3 BINARY NO SCROLL CURSOR FOR SELECT 3", isBinary: true), row("c4", "DECLARE c4 CURSOR FOR SELECT 4"), row("p", "SELECT 5"),
            ])
        XCTAssertEqual(try rows("SELECT name FROM pg_cursors", try session(messages + [.sync, .query("COMMIT")]).holdings), [[.string("c2")]])
        XCTAssertEqual(try rows("SELECT name FROM pg_cursors", try session(messages + [.sync, .query("COMMIT"), .query("CLOSE c2")]).holdings), [])
    }

    func test_currentQuery_isAllThatWasSent() throws {
        let held = SessionHoldings(message: "SELECT 1; SELECT current_query();")
        XCTAssertFalse(held.wasSeen)
        XCTAssertEqual(try rows("SELECT current_query()", held, asked: "SELECT current_query()"), [[.string("SELECT 1; SELECT current_query();")]])
        XCTAssertTrue(held.wasSeen)
        XCTAssertEqual(try rows("SELECT current_query()", SessionHoldings(), asked: "SELECT current_query() -- o'clock"), [[.string("SELECT current_query() -- o'clock")]])
        XCTAssertEqual(try rows("SELECT current_query()", nil), [[.null]])
        let other = SessionHoldings(message: "SELECT 1")
        XCTAssertEqual(try rows("SELECT 1", other), [[.integer(1)]])
        XCTAssertFalse(other.wasSeen, "its plan may be kept")
    }

    /// As monitors ask what runs.
    func test_activity_isWhatWasSent() throws {
        let held = SessionHoldings(message: "SELECT 1; SELECT 2")
        XCTAssertEqual(try rows("SELECT query, state, query_start IS NOT NULL FROM pg_stat_activity", held), [[.string("SELECT 1; SELECT 2"), .string("active"), .boolean(true)]])
        XCTAssertTrue(held.wasSeen)
        XCTAssertEqual(try rows("SELECT backend_start <= xact_start, xact_start = query_start FROM pg_stat_activity", held), [[.boolean(true), .boolean(true)]])
        // Two bytes each: of 1,023 the last has no room for its second.
        let long = SessionHoldings(message: String(repeating: "ї", count: 1_000))
        XCTAssertEqual(try rows("SELECT query FROM pg_stat_activity", long), [[.string(String(repeating: "ї", count: 511))]])
    }

    /// The message is gone with its last answer.
    func test_message_isThatAtHand() throws {
        XCTAssertNil(try session([.query("SELECT 1")]).holdings.message)
        var other = PostgresSession(try SessionSettings([], user: "shop"))
        _ = other.step(.message(.query("SELECT 1;")))
        XCTAssertEqual(other.holdings.message, "SELECT 1;")
        _ = other.step(.prepared(.failure(PostgresFault(.undefinedTable, "no such table"))))
        XCTAssertNil(other.holdings.message)
    }

    /// What a text is kept for is charged: PREPARE with a long text around a short question.
    func test_textsThatAreShown_areCharged() throws {
        var held = 0
        let text = "PREPARE a AS SELECT 1; SELECT '" + String(repeating: "x", count: 100_000) + "'"
        _ = try session([.query(text)], hold: { held = $0 })
        XCTAssertGreaterThan(held, 100_000)
        _ = try session([.query(text), .query("DEALLOCATE a")], hold: { held = $0 })
        XCTAssertLessThan(held, 10_000)
    }

    /// Of a question that ends in a semicolon the text is there twice: as it was said, and as it is asked. So it is of a cursor's.
    func test_textsOfQuestions_areChargedAsOftenAsTheyAreThere() throws {
        func held(_ messages: FrontendMessage...) throws -> Int {
            var held = 0
            _ = try session(messages, hold: { held = $0 })
            return held
        }
        let text = "SELECT '" + String(repeating: "x", count: 100_000) + "'"
        XCTAssertLessThan(try held(.parse(.init(name: "s", query: text)), .sync), 150_000)
        XCTAssertGreaterThan(try held(.parse(.init(name: "s", query: text + ";")), .sync), 200_000)
        XCTAssertLessThan(try held(.parse(.init(name: "s", query: text + ";")), .sync, .query("DEALLOCATE s")), 10_000)
        XCTAssertGreaterThan(try held(.query("BEGIN"), .query("DECLARE c CURSOR FOR " + text)), 200_000)
        XCTAssertLessThan(try held(.query("BEGIN"), .query("DECLARE c CURSOR FOR " + text), .query("CLOSE c")), 10_000)
    }

    /// Without a second copy it is asked as it was said.
    func test_textOfAQuestion_isOneText_whereNothingStandsBesideIt() throws {
        func asked(_ text: String) throws -> [SessionEffect] {
            var session = PostgresSession(try SessionSettings([], user: "shop"))
            return session.step(.message(.parse(.init(name: "", query: text))))
        }
        for (text, question, start) in [("SELECT 1", "SELECT 1", 0), (" SELECT 1 -- one", " SELECT 1 -- one", 0), ("SELECT 1;", "SELECT 1", 0), (";SELECT 1", "SELECT 1", 1)] {
            XCTAssertTrue(try asked(text).contains(.prepare(.init(statement: 1, text: question, parameterTypes: [], start: start))), text)
        }
    }

    /// Each portal has a list of its own, which stays when its statement goes.
    func test_columnsOfPortals_areCharged() throws {
        func held(_ columnCount: Int) throws -> Int {
            var held = 0
            var messages: [FrontendMessage] = [.query("BEGIN"), .parse(.init(name: "", query: "SELECT 1"))]
            for number in 0..<50 { messages.append(.bind(.init(portal: "p\(number)", statement: ""))) }
            _ = try session(messages, columnCount: columnCount, hold: { held = $0 })
            return held
        }
        XCTAssertGreaterThanOrEqual(try held(1_000) - held(1), 50 * 999 * PostgresSession.overhead)
    }

    /// 300 of 200 bytes, of which each is kept with the message that has all of them: 20 MB, of which they are 70 kB.
    func test_manyPreparedInOneMessage_areNotRefused_forTheTextThatTheyShare() throws {
        let filler = String(repeating: "x", count: 200)
        let text = (0..<300).map { "PREPARE s\($0) AS SELECT '\(filler)'" }.joined(separator: "; ")
        XCTAssertGreaterThan(300 * text.utf8.count, PostgresSession.Limits().textBytes)
        XCTAssertEqual(try rows("SELECT count(*) FROM pg_prepared_statements", try session([.query(text)]).holdings), [[.integer(300)]])
    }

    func test_abbreviationsOfZones_areThoseOfPostgreSQL() throws {
        func hours(_ count: Int64) -> Value { .interval(Interval(months: 0, days: 0, microseconds: count * 3_600_000_000)) }
        XCTAssertEqual(try rows("SELECT count(*), count(DISTINCT abbrev) FROM pg_timezone_abbrevs", nil), [[.integer(195), .integer(195)]])
        XCTAssertEqual(
            try rows("SELECT abbrev, utc_offset, is_dst FROM pg_timezone_abbrevs WHERE abbrev IN ('EET', 'EEST', 'MSK', 'MSD', 'UTC', 'Z', 'PST') ORDER BY abbrev", nil),
            [
                [.string("EEST"), hours(3), .boolean(true)], [.string("EET"), hours(2), .boolean(false)], [.string("MSD"), hours(4), .boolean(true)], [.string("MSK"), hours(3), .boolean(false)],
                [.string("PST"), hours(-8), .boolean(false)], [.string("UTC"), hours(0), .boolean(false)], [.string("Z"), hours(0), .boolean(false)],
            ])
    }
}
