import Query
import XCTest

@testable import Server

/// Goal: settings take what PostgreSQL's own take and are shown as there, and what a session keeps is bounded. Method: tables of values, shown and refused; sessions that keep too much.
final class SessionSettingsTests: XCTestCase {
    func test_values_areShownAsPostgreSQLDoes() throws {
        let table: [(name: String, value: String, shown: String)] = [
            ("statement_timeout", "60000", "1min"), ("statement_timeout", "1.5s", "1500ms"), ("statement_timeout", "100us", "0"), ("lock_timeout", "0", "0"), ("idle_session_timeout", "2 h", "2h"),
            ("work_mem", "4096", "4MB"), ("work_mem", "1.5GB", "1536MB"), ("enable_seqscan", "FALSE", "off"), ("jit", "t", "on"), ("client_min_messages", "ERROR", "error"),
            ("default_transaction_isolation", "Serializable", "serializable"), ("application_name", String(repeating: "a", count: 100), String(repeating: "a", count: 63)), ("application_name", "é\n", "???"),
            ("role", "none", "none"), ("role", "shop", "shop"), ("session_authorization", "shop", "shop"), ("random_page_cost", "1.1", "1.1"), ("a.b", "x", "x"), ("intervalstyle", "ISO_8601", "iso_8601"),
            ("datestyle", "German", "German, DMY"), ("datestyle", "german, mdy", "German, MDY"), ("datestyle", "MDY, German", "German, MDY"), ("datestyle", "sql", "SQL, MDY"), ("datestyle", "SQL,EUROPEAN", "SQL, DMY"),
            ("datestyle", "postgresql, european", "Postgres, DMY"), ("datestyle", "ymd", "ISO, YMD"), ("datestyle", "noneuro", "ISO, MDY"), ("datestyle", "iso, iso, us, mdy", "ISO, MDY"), ("datestyle", "default, ymd", "ISO, YMD"),
            ("datestyle", "", "ISO, MDY"), ("client_encoding", "sql_ascii", "SQL_ASCII"), ("client_encoding", "Unicode", "UTF8"), ("client_encoding", "utf-8", "UTF8"),
        ]
        for (name, value, shown) in table {
            var settings = try SessionSettings([], user: "shop")
            try settings.set(name, value)
            XCTAssertEqual(settings[name], shown, "\(name) = \(value)")
        }
    }

    func test_values_thatPostgreSQLRefuses_areRefused() throws {
        let table: [(name: String, value: String, state: String)] = [
            ("enable_seqscan", "bogus", "22023"), ("enable_seqscan", "o", "22023"), ("default_transaction_isolation", "bogus", "22023"), ("work_mem", "1XB", "22023"), ("work_mem", "1kB", "22023"),
            ("client_min_messages", "foo", "22023"), ("statement_timeout", "99999999999", "22023"), ("statement_timeout", "-1", "22023"), ("statement_timeout", "1 week", "22023"),
            ("session_authorization", "admin", "22023"), ("role", "admin", "22023"), ("server_version", "16", "55P02"), ("intervalstyle", "iso", "22023"), ("nothing", "1", "42704"), ("random_page_cost", "-1", "22023"),
            ("client_encoding", "LATIN1", "22023"), ("client_encoding", "ascii", "22023"), ("datestyle", "nope", "22023"), ("datestyle", "isox", "22023"), ("datestyle", "sq", "22023"), ("datestyle", "mdy, dmy", "22023"), ("datestyle", "iso, postgres", "22023"),
            ("a.b", String(repeating: "x", count: 70_000), "22023"), ("search_path", String(repeating: "x", count: 70_000), "22023"), ("a." + String(repeating: "b", count: 200), "x", "42704"),
        ]
        for (name, value, state) in table {
            var settings = try SessionSettings([], user: "shop")
            XCTAssertThrowsError(try settings.set(name, value), "\(name) = \(value.prefix(20))") { XCTAssertEqual(($0 as? PostgresFault)?.state.rawValue, state, "\(name) = \(value.prefix(20))") }
        }
        XCTAssertThrowsError(try SessionSettings([.init("role", "admin")], user: "shop"))
    }

    func test_refusals_sayWhatTheSettingTakes() throws {
        for (name, value, hint) in [
            ("bytea_output", "octal", "Available values: escape, hex."), ("extra_float_digits", "9", "It takes a number from -15 to 3."), ("jit", "maybe", "It takes on or off."),
            ("statement_timeout", "1 week", "Valid units for this parameter are \"us\", \"ms\", \"s\", \"min\", \"h\", and \"d\"."),
        ] {
            var settings = try SessionSettings([], user: "shop")
            XCTAssertThrowsError(try settings.set(name, value)) { XCTAssertEqual(($0 as? PostgresFault)?.hint, hint, name) }
        }
    }

    /// By them texts of lists and `x = NULL` would mean what they do not mean here.
    func test_values_thatWouldChangeAnswers_areRefused() throws {
        for (name, kept, refused) in [("array_nulls", "TRUE", "off"), ("transform_null_equals", "no", "on"), ("standard_conforming_strings", "1", "off")] {
            var settings = try SessionSettings([], user: "shop")
            XCTAssertNoThrow(try settings.set(name, kept), name)
            XCTAssertThrowsError(try settings.set(name, refused), name) { XCTAssertEqual(($0 as? PostgresFault)?.state.rawValue, "22023", name) }
        }
    }

    /// Words that say nothing of the style or of the order leave it as it is.
    func test_dateStyle_keepsWhatIsNotSaid() throws {
        var settings = try SessionSettings([.init("DateStyle", "SQL, DMY")], user: "shop")
        for (said, shown) in [("iso", "ISO, DMY"), ("mdy", "ISO, MDY"), ("german", "German, DMY"), ("postgres", "Postgres, DMY"), ("ymd", "Postgres, YMD"), ("default", "SQL, DMY"), ("german", "German, DMY"), ("mdy", "German, MDY"), ("default, ymd", "SQL, YMD")] {
            try settings.set("datestyle", said)
            XCTAssertEqual(settings["datestyle"], shown, said)
        }
        XCTAssertEqual(settings.reading.order, .ymd)
        XCTAssertEqual(settings.forms.dates, .sql(isDayFirst: false))
        XCTAssertThrowsError(try settings.set("datestyle", "mdy, dmy")) { XCTAssertEqual(($0 as? PostgresFault)?.detail, "Conflicting \"datestyle\" specifications.") }
        XCTAssertThrowsError(try settings.set("datestyle", "iso, Nope")) { XCTAssertEqual(($0 as? PostgresFault)?.detail, "Unrecognized key word: \"nope\".") }
    }

    func test_wordsOfCommands_areThoseOfPostgreSQL() throws {
        var session = PostgresSession(try SessionSettings([], user: "shop"))
        for (text, tag) in [
            ("DISCARD TEMPORARY", "DISCARD TEMP"), ("DISCARD TEMP", "DISCARD TEMP"), ("DISCARD PLANS", "DISCARD PLANS"), ("DISCARD ALL", "DISCARD ALL"), ("SET XML OPTION DOCUMENT", "SET"), ("SET xml.this = 1", "SET"),
            ("SET CONSTRAINTS ALL IMMEDIATE", "SET CONSTRAINTS"),
        ] { XCTAssertTrue(session.step(.message(.query(text))).contains(.send(.commandComplete(tag))), text) }
        XCTAssertEqual(session.settings["xmloption"], "document")
        XCTAssertEqual(session.settings["xml.this"], "1")
    }

    /// As libpq's `auto` asks for it in the C locale: psql could not connect there.
    func test_clientEncoding_ofTheCLocale_isTaken() throws {
        let settings = try SessionSettings([.init("client_encoding", "SQL_ASCII")], user: "shop")
        XCTAssertEqual(settings.reported.first { $0.name == "client_encoding" }?.value, "SQL_ASCII")
    }

    func test_ssl_isWhatTheDoorOffers() throws {
        XCTAssertEqual(try SessionSettings()["ssl"], "off")
        var settings = try SessionSettings([], user: "shop", offersTLS: true)
        XCTAssertThrowsError(try settings.set("ssl", "off")) { XCTAssertEqual(($0 as? PostgresFault)?.state.rawValue, "55P02") }
        settings.resetAll()
        XCTAssertEqual(settings["ssl"], "on")
    }

    // MARK: What a session keeps

    /// What is held in the end, and the codes of the errors.
    private func play(_ texts: [String], room: Int = .max) throws -> (held: Int, states: [String], rows: [[UInt8]?]) {
        var held = 0, states: [String] = [], rows: [[UInt8]?] = []
        var session = PostgresSession(
            try SessionSettings([], user: "shop"),
            hold: { (byteCount) throws(PostgresFault) in
                guard byteCount <= room else { throw PostgresFault(.outOfMemory, "no room") }
                held = byteCount
            })
        for text in texts {
            var next: SessionInput? = .message(.query(text))
            while let input = next {
                next = nil
                for effect in session.step(input) {
                    if case .send(.error(let fault)) = effect { states.append(fault.state.rawValue) }
                    if case .send(.dataRow(let values)) = effect { rows += values }
                    if case .goOn = effect { next = .goesOn }
                }
                XCTAssertLessThan(session.rowByteCount, 2 * PostgresSession.rowByteCountMax, "of one step")
            }
        }
        return (held, states, rows)
    }

    func test_savepoints_areCountedAndCharged() throws {
        let fewer = try play(["BEGIN"] + (0..<1_001).map { "SAVEPOINT s\($0)" })
        XCTAssertEqual(fewer.states, ["54000"])
        let value = String(repeating: "x", count: 60_000)
        let steps = ["BEGIN"] + (0..<40).flatMap { ["SAVEPOINT s\($0)", "SET a.b = '\($0)\(value)'"] }
        XCTAssertEqual(try play(steps, room: 1 << 20).states.first, "53200")
        let free = try play(steps)
        XCTAssertEqual(free.states, [])
        XCTAssertGreaterThan(free.held, 40 * 60_000)
        XCTAssertLessThan(try play(steps + ["ROLLBACK"]).held, 10_000)
        XCTAssertLessThan(try play(steps + ["ROLLBACK TO s0", "RELEASE s0", "COMMIT"]).held, 10_000)
    }

    /// What SET LOCAL has put something else before is there all the same: until the end of the transaction, and in each of its savepoints.
    func test_settingsThatAreHidden_areCountedAndCharged() throws {
        let value = String(repeating: "x", count: 60_000)
        let steps = ["BEGIN"] + (0..<40).flatMap { ["SET a.b = '\($0)\(value)'", "SET LOCAL a.b = ''", "SAVEPOINT s"] }
        XCTAssertEqual(try play(steps, room: 1 << 20).states.first, "53200")
        let free = try play(steps)
        XCTAssertEqual(free.states, [])
        XCTAssertGreaterThan(free.held, 40 * 60_000)
        XCTAssertLessThan(try play(steps + ["ROLLBACK"]).held, 10_000)
        XCTAssertLessThan(try play(steps + ["COMMIT"]).held, 80_000)
        // What they were when it began, to which a failure comes back.
        let settings = (0..<10).map { "SET a.n\($0) = '\(value)'" }
        XCTAssertGreaterThan(try play(settings + ["BEGIN", "RESET ALL"]).held, 10 * 60_000)
        XCTAssertLessThan(try play(settings + ["BEGIN", "RESET ALL", "COMMIT"]).held, 10_000)
        // One of both is there where both are the same.
        XCTAssertLessThan(try play(settings).held, 12 * 60_000)
    }

    /// So many settings as a session may have, as long as they may be, in each of its savepoints: they were gigabytes.
    func test_aSession_keepsNoMoreThanItMay_whateverItsSavepointsHide() throws {
        var limits = PostgresSession.Limits()
        limits.heldBytes = 1 << 20
        var session = PostgresSession(try SessionSettings([], user: "shop"), limits: limits), states: [String] = []
        let value = String(repeating: "x", count: 10_000)
        let names = (0..<8).map { "a.n\($0)" }
        let round = names.map { "SET \($0) = '\(value)'" } + names.map { "SET LOCAL \($0) = ''" } + ["SAVEPOINT s"]
        for text in ["BEGIN"] + (0..<20).flatMap({ _ in round }) where states.isEmpty {
            for effect in session.step(.message(.query(text))) { if case .send(.error(let fault)) = effect { states.append(fault.state.rawValue) } }
        }
        XCTAssertEqual(states, ["53200"])
    }

    /// A text is there several times over while it is cut into statements: that is asked for first, and given back.
    func test_textsOfStatements_areChargedWhileTheyAreCut() throws {
        let text = "SHOW transaction_isolation -- " + String(repeating: "x", count: 100_000)
        XCTAssertEqual(try play([text], room: 500_000).states, ["53200"])
        let free = try play([text])
        XCTAssertEqual(free.states, [])
        XCTAssertLessThan(free.held, 10_000)
        XCTAssertEqual(try play([text, text], room: 700_000).states, [], "what was asked for is given back")
        XCTAssertEqual(try play([String(repeating: " ", count: StatementScanner.textMax + 1)]).states, ["54000"])
    }

    /// Two bytes of text are two tokens of forty.
    func test_tokensOfStatements_areChargedWhileTheyAreThere() throws {
        let text = "SET a.b = " + [String](repeating: "x", count: 4_000).joined(separator: ",")
        XCTAssertLessThan(text.utf8.count * StatementScanner.heldPerByte, 100_000)
        XCTAssertEqual(try play([text], room: 200_000).states, ["53200"])
        let free = try play([text])
        XCTAssertEqual(free.states, [])
        XCTAssertLessThan(free.held, 30_000)
    }

    /// Those behind the one that runs are there as long as it does.
    func test_statementsOfAMessage_areChargedUntilItsEnd() throws {
        var held = 0
        var session = PostgresSession(try SessionSettings([], user: "shop"), hold: { held = $0 })
        let arguments = [String](repeating: "1", count: 4_000).joined(separator: ",")
        _ = session.step(.message(.query("SELECT 1; SELECT '\(String(repeating: "x", count: 100_000))'; EXECUTE q(\(arguments))")))
        XCTAssertTrue(session.isWaiting)
        XCTAssertGreaterThan(held, 100_000 + 4_000 * 2 * 24)
        _ = session.step(.prepared(.failure(PostgresFault(.undefinedTable, "no such table"))))
        XCTAssertFalse(session.isWaiting)
        XCTAssertLessThan(held, 10_000)
    }

    /// A kilobyte of them, with settings of its own that are as long as they may be, would be hundreds of megabytes before the first is sent.
    func test_rowsOfManyShows_areSaidStepByStep() throws {
        let value = String(repeating: "x", count: 10_000)
        let all = try play(["SET a.b = '\(value)'", "SHOW ALL"]).rows.count
        XCTAssertEqual(try play(["SET a.b = '\(value)'", String(repeating: "SHOW ALL;", count: 40)]).rows.count, 40 * all)
        XCTAssertEqual(try play([String(repeating: "SHOW ALL;", count: 20) + "SHOW no.such; SHOW ALL"]).states, ["42704"], "the rest of the message is not run")
    }

    /// Two bytes of an argument's text are a place in a list, and a list is as long as it has grown.
    func test_argumentsThatAreKept_areChargedByWhatTheyTake() throws {
        let text = "PREPARE p AS SELECT 1; " + "EXECUTE q(" + [String](repeating: "1", count: 4_000).joined(separator: ",") + ")"
        let command = try XCTUnwrap(try StatementScanner.statements(text).last.map { (statement) throws(PostgresFault) in try CommandReader.command(statement) })
        XCTAssertGreaterThanOrEqual(command.heldByteCount, 4_000 * 2 * 24)
        XCTAssertEqual(PostgresCommand.show(nil).heldByteCount, 0)
    }

    func test_transactionIsolation_isShownAsItWasSet() throws {
        func shown(_ texts: String...) throws -> [String] { try play(texts).rows.map { String(decoding: $0 ?? [], as: UTF8.self) } }
        XCTAssertEqual(try shown("SHOW transaction_isolation"), ["repeatable read"])
        XCTAssertEqual(try shown("BEGIN ISOLATION LEVEL READ COMMITTED", "SHOW transaction_isolation", "COMMIT", "SHOW transaction_isolation"), ["read committed", "repeatable read"])
        XCTAssertEqual(try shown("BEGIN", "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE", "SHOW TRANSACTION ISOLATION LEVEL", "ROLLBACK", "SHOW TRANSACTION ISOLATION LEVEL"), ["serializable", "repeatable read"])
        let level = "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL READ UNCOMMITTED"
        XCTAssertEqual(try shown(level, "SHOW transaction_isolation", "SHOW default_transaction_isolation"), ["read uncommitted", "read uncommitted"])
        XCTAssertEqual(try shown("BEGIN", level, "SHOW transaction_isolation", "COMMIT", "SHOW transaction_isolation"), ["repeatable read", "read uncommitted"])
        XCTAssertEqual(try play(["RESET server_version"]).states, ["55P02"])
        // RESET ALL leaves a transaction what it was begun with, and nothing of it to later ones.
        XCTAssertEqual(
            try shown("SET work_mem = '1MB'", "BEGIN ISOLATION LEVEL SERIALIZABLE", "RESET ALL", "SHOW transaction_isolation", "SHOW work_mem", "COMMIT", "SHOW transaction_isolation", "SHOW work_mem"),
            ["serializable", "4MB", "repeatable read", "4MB"])
        XCTAssertEqual(try shown(level, "RESET ALL", "SHOW transaction_isolation", "SHOW default_transaction_isolation"), ["repeatable read", "repeatable read"])
        XCTAssertEqual(try shown("BEGIN", level, "RESET ALL", "COMMIT", "SHOW transaction_isolation"), ["repeatable read"])
    }

    func test_settings_haveWhatPostgreSQLSaysOfThem() throws {
        for (name, _) in try SessionSettings().all { XCTAssertFalse((SettingTexts.text(name)?.description ?? "").isEmpty, name) }
        XCTAssertEqual(SettingTexts.text("TimeZone")?.category, "Client Connection Defaults / Locale and Formatting")
        XCTAssertNil(SettingTexts.text("my.own"))
        let said = String(decoding: try SessionPlay.play([.query("SHOW ALL"), .terminate]), as: UTF8.self)
        XCTAssertTrue(said.contains("Sets the display format for interval values."), said)
    }
}
