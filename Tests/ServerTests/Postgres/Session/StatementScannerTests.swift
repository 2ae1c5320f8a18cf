import XCTest

@testable import Server

/// Goal: statements end where PostgreSQL's lexer ends them, commands are recognised by their words, and no text makes more of itself than a bound. Method: examples of each rule.
final class StatementScannerTests: XCTestCase {
    private func texts(_ text: String) throws -> [String] { try StatementScanner.statements(text).map { $0.text.trimmingCharacters(in: .whitespacesAndNewlines) } }

    private func command(_ text: String) throws -> PostgresCommand {
        let statements = try StatementScanner.statements(text)
        return try CommandReader.command(try XCTUnwrap(statements.first))
    }

    func test_statements_endAtTheirSemicolons() throws {
        XCTAssertEqual(try texts("SELECT 'a;''b'; SELECT \";\" -- ;\n; /* ; /* ; */ ; */ SELECT $$;$$;; SELECT $t$ $$;$ $t$"), ["SELECT 'a;''b'", "SELECT \";\" -- ;", "/* ; /* ; */ ; */ SELECT $$;$$", "SELECT $t$ $$;$ $t$"])
        XCTAssertEqual(try texts("SELECT E'\\';', e'\\\\'; SELECT $1;"), ["SELECT E'\\';', e'\\\\'", "SELECT $1"])
        XCTAssertEqual(try texts(" ; ;; -- nothing"), [])
        XCTAssertEqual(try StatementScanner.statements("SELECT 'é'; x").last?.start, 11)
        for (bad, position) in [("SELECT 'a", 8), ("SELECT \"a", 8), ("/* /* */", 1), ("SELECT $a$ $b$", 8), ("é 'x", 3)] {
            XCTAssertThrowsError(try texts(bad), bad) { XCTAssertEqual(($0 as? PostgresFault)?.position, position, bad) }
        }
    }

    /// A line ends at CR as at LF, and a text that goes on behind one is still of escapes.
    func test_statements_endWhereTheLexerEndsThem() throws {
        XCTAssertEqual(try texts("SELECT 1 -- a ;\r; SELECT 2"), ["SELECT 1 -- a ;", "SELECT 2"])
        XCTAssertEqual(try texts("SELECT E'a' -- ;\n '\\'; b'; SELECT 2"), ["SELECT E'a' -- ;\n '\\'; b'", "SELECT 2"])
        XCTAssertEqual(try texts("SELECT E'a' '\\'; SELECT 2"), ["SELECT E'a' '\\'", "SELECT 2"], "on the same line it is a text of its own")
        XCTAssertEqual(try command("SET a.b = 'x'\r\n  'y'"), .set(name: "a.b", value: "xy", isLocal: false))
        XCTAssertEqual(try command("SET a.b = E'x'\n'\\n'"), .set(name: "a.b", value: "x\n", isLocal: false))
    }

    func test_command_isToldByItsWords() throws {
        let expected: [(String, PostgresCommand)] = [
            ("(SELECT 1)", .question(tag: "SELECT")), ("with x as (select 1) table x", .question(tag: "SELECT")), ("explain select 1", .question(tag: "EXPLAIN")), ("SHOW TABLES", .question(tag: "SHOW")),
            ("BEGIN ISOLATION LEVEL READ COMMITTED, READ ONLY, NOT DEFERRABLE", .begin(tag: "BEGIN", level: "read committed")), ("end and no chain", .commit(isChained: false)), ("ROLLBACK WORK TO SAVEPOINT \"A b\"", .rollbackTo("A b")),
            ("SET TIME ZONE 'Europe/Kyiv'", .set(name: "timezone", value: "Europe/Kyiv", isLocal: false)), ("set local search_path to a, \"B\"", .set(name: "search_path", value: "a, \"B\"", isLocal: true)),
            ("SET SESSION my.thing = -1", .set(name: "my.thing", value: "-1", isLocal: false)), ("SET x TO DEFAULT", .set(name: "x", value: nil, isLocal: false)), ("RESET ALL", .reset(nil)), ("SHOW ALL", .show(nil)),
            ("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY", .setTransaction(isOfSession: true)), ("show transaction isolation level", .show("transaction_isolation")), ("DEALLOCATE PREPARE q", .deallocate("q")),
            ("PREPARE q (int, text) AS SELECT $1", .prepare(name: "q", types: [.init("int", start: 11), .init(" text", start: 15)], query: .init("SELECT $1", start: 25))),
            ("PREPARE q (numeric(10, 2)[], \"char\") AS SELECT", .prepare(name: "q", types: [.init("numeric(10, 2)[]", start: 11), .init(" \"char\"", start: 28)], query: .init("SELECT", start: 40))),
            ("EXECUTE q(f(1, 2), 'a,b')", .execute(name: "q", arguments: [.init("f(1, 2)", start: 10), .init(" 'a,b'", start: 18)])), ("EXECUTE q", .execute(name: "q", arguments: [])),
            ("EXECUTE q(ARRAY[1,2], (3, 4), 'x' || 'y')", .execute(name: "q", arguments: [.init("ARRAY[1,2]", start: 10), .init(" (3, 4)", start: 21), .init(" 'x' || 'y'", start: 29)])),
            ("SET SESSION AUTHORIZATION DEFAULT", .set(name: "session_authorization", value: nil, isLocal: false)), ("SET role = 'none'", .set(name: "role", value: "none", isLocal: false)), ("SET ROLE none", .set(name: "role", value: "none", isLocal: false)),
            ("SET SCHEMA 'public'", .set(name: "search_path", value: "public", isLocal: false)), ("SET search_path = '$user', \"A\", ''", .set(name: "search_path", value: "\"$user\", \"A\", \"\"", isLocal: false)),
            ("FETCH FORWARD ALL IN c", .fetch(.forward(nil), cursor: "c", isMove: false)), ("MOVE BACKWARD 2 FROM c", .fetch(.backward(2), cursor: "c", isMove: true)), ("FETCH -1 c", .fetch(.forward(-1), cursor: "c", isMove: false)),
            ("FETCH ABSOLUTE 3 FROM c", .fetch(.absolute(3), cursor: "c", isMove: false)), ("FETCH LAST c", .fetch(.absolute(-1), cursor: "c", isMove: false)), ("CLOSE ALL", .close(nil)), ("UNLISTEN *", .listen(tag: "UNLISTEN")),
            ("explain analyze delete from t", .write(tag: "DELETE")), ("EXPLAIN (ANALYZE, COSTS off) CREATE TABLE t AS SELECT 1", .write(tag: "CREATE")), ("explain (costs off) values (1)", .question(tag: "EXPLAIN")),
            ("INSERT INTO t VALUES (1)", .write(tag: "INSERT")), ("create temp table t ()", .write(tag: "CREATE TEMP")), ("COPY t FROM STDIN", .write(tag: "COPY FROM")), ("", .empty),
        ]
        for (text, command) in expected where !text.isEmpty { XCTAssertEqual(try self.command(text), command, text) }
        guard case .declare(let cursor) = try command("DECLARE c BINARY NO SCROLL CURSOR WITH HOLD FOR SELECT 1") else { return XCTFail("no cursor") }
        XCTAssertEqual(cursor, PostgresCommand.Cursor(name: "c", isBinary: true, isForwardOnly: true, isHeld: true, query: .init("SELECT 1", start: 48)))
        for bad in ["BEGIN now", "SET x", "FETCH", "EXECUTE q(1", "PREPARE q", "DECLARE c FOR SELECT 1", "SAVEPOINT 1", "COPY (SELECT 1 TO STDOUT", "COMMIT AND", "DISCARD", "COPY t TO STDOUT (nothing)", "COPY t TO STDOUT (FORMAT csv, DELIMITER 'ab')", "EXECUTE q()", "EXECUTE q(1,)", "EXECUTE q(,1)", "PREPARE q() AS SELECT 1",
            "PREPARE q(int,) AS SELECT 1", "DECLARE c SCROLL NO SCROLL CURSOR FOR SELECT 1", "DECLARE c INSENSITIVE ASENSITIVE CURSOR FOR SELECT 1", "DECLARE \"\" CURSOR FOR SELECT 1", "DECLARE c CURSOR FOR EXPLAIN SELECT 1",
            "COPY t TO STDOUT ()", "COPY t TO STDOUT (FORMAT csv,)", "COPY t TO STDOUT (ENCODING 'LATIN1')", "COPY t TO STDOUT (FORMAT csv, HEADER 2)", "COPY t TO STDOUT (FORMAT binary, HEADER)"] {
            XCTAssertThrowsError(try command(bad), bad)
        }
    }

    /// Transactions of two phases are what nobody has switched on, and constraints what nothing is checked by.
    func test_whatIsOfWritesAlone_isRefusedAsPostgreSQLDoes() throws {
        for (text, state) in [("PREPARE TRANSACTION 'x'", "55000"), ("COMMIT PREPARED 'x'", "42704"), ("rollback prepared E'x'", "42704"), ("COMMIT PREPARED", "42601"), ("ABORT PREPARED 'x'", "42601"), ("SET CONSTRAINTS a.b, c DEFERRED", "42704"), ("SET CONSTRAINTS ALL", "42601")] {
            XCTAssertThrowsError(try command(text), text) { XCTAssertEqual(($0 as? PostgresFault)?.state.rawValue, state, text) }
        }
        for text in ["SET CONSTRAINTS ALL DEFERRED", "set constraints all immediate"] { XCTAssertEqual(try command(text), .constraints) }
        XCTAssertEqual(try command("PREPARE transaction AS SELECT 1"), .prepare(name: "transaction", types: [], query: .init("SELECT 1", start: 23)))
    }

    func test_copy_readsBothFormsOfItsOptions() throws {
        guard case .copyOut(let query, let options) = try command("COPY (SELECT ')' FROM (VALUES (1)) v) TO STDOUT WITH (FORMAT csv, HEADER, DELIMITER ';', NULL 'x', QUOTE '''', ESCAPE '\\')") else { return XCTFail("no copy") }
        XCTAssertEqual(query, .init("SELECT ')' FROM (VALUES (1)) v", start: 6))
        XCTAssertEqual([options.delimiterByte, options.quote, options.escape], [UInt8(ascii: ";"), UInt8(ascii: "'"), UInt8(ascii: "\\")])
        XCTAssertTrue(options.form == .csv && options.hasHeader && options.nullText == "x")
        guard case .copyOut(.init("SELECT \"a\", \"B\" FROM \"s\".\"t\""), let old) = try command("COPY s.t (a, \"B\") TO STDOUT CSV HEADER") else { return XCTFail("no copy") }
        XCTAssertTrue(old.form == .csv && old.hasHeader)
        for (flag, wanted) in [("1", true), ("'true'", true), ("0", false), ("off", false)] {
            guard case .copyOut(_, let options) = try command("COPY t TO STDOUT (FORMAT csv, HEADER \(flag), ENCODING 'utf-8')") else { return XCTFail("no copy") }
            XCTAssertEqual(options.hasHeader, wanted, flag)
        }
        XCTAssertNoThrow(try command("COPY t TO STDOUT (FORMAT binary, HEADER false)"))
        for (text, state, position) in [("COPY t TO STDOUT (FORMAT xml)", "22023", 19), ("COPY t TO STDOUT (NOTHING 1)", "42601", 19), ("COPY t TO STDOUT (DELIMITER ',', NULL ',')", "0A000", nil)] as [(String, String, Int?)] {
            XCTAssertThrowsError(try command(text), text) {
                XCTAssertEqual(($0 as? PostgresFault)?.state.rawValue, state, text)
                XCTAssertEqual(($0 as? PostgresFault)?.position, position, text)
            }
        }
    }

    /// As questions' own lexer reads them.
    func test_escapes_areWhatTheyAreInQuestions() throws {
        XCTAssertEqual(try command("SET a.b = E'\\x41\\102\\u0043\\ud83d\\ude00\\n\\'\\q''é'"), .set(name: "a.b", value: "ABC\u{1F600}\n'q'é", isLocal: false))
        for (delimiter, byte) in [("E'\\x01'", 1), ("e'\\1'", 1), ("E'\\u0007'", 7), ("E'\\t'", 9)] as [(String, UInt8)] {
            guard case .copyOut(_, let options) = try command("COPY (SELECT E'\\x02') TO STDOUT (DELIMITER \(delimiter))") else { return XCTFail("no copy") }
            XCTAssertEqual(options.delimiterByte, byte, delimiter)
        }
        let refused: [(String, String, Int)] = [
            ("é; SET a.b = E'\\u12'", "22025", 16), ("SELECT E'\\U0000004'", "22025", 10), ("SET a.b = E'\\0'", "22021", 13), ("SET a.b = E'\\xff'", "22021", 11), ("SET a.b = E'\\ud83d'", "42601", 13),
            ("SET a.b = E'\\u0000'", "42601", 13), ("SET a.b = E'x\\'", "42601", 12),
        ]
        for (text, state, position) in refused {
            XCTAssertThrowsError(try StatementScanner.statements(text), text) {
                XCTAssertEqual(($0 as? PostgresFault)?.state.rawValue, state, text)
                XCTAssertEqual(($0 as? PostgresFault)?.position, position, text)
            }
        }
    }

    func test_copyWriter_writesThreeForms() throws {
        var options = CopyOptions()
        let values: [[UInt8]?] = [Array("a\tb\\\n".utf8), nil, Array("é".utf8), []]
        XCTAssertEqual(String(decoding: CopyWriter(options).row(values), as: UTF8.self), "a\\tb\\\\\\n\t\\N\té\t\n")
        options.form = .csv
        options.hasHeader = true
        XCTAssertEqual(String(decoding: CopyWriter(options).row([Array("a,\"b\"".utf8), nil, [], Array("x".utf8)]), as: UTF8.self), "\"a,\"\"b\"\"\",,\"\",x\n")
        XCTAssertEqual(String(decoding: CopyWriter(options).row([Array("\\.".utf8)]), as: UTF8.self), "\"\\.\"\n")
        XCTAssertEqual(CopyWriter(options).head(["a", "b,"]).map { String(decoding: $0, as: UTF8.self) }, "a,\"b,\"\n")
        options.form = .binary
        XCTAssertEqual(CopyWriter(options).row([[1], nil]), [0, 2, 0, 0, 0, 1, 1, 0xFF, 0xFF, 0xFF, 0xFF])
        XCTAssertEqual(CopyWriter(options).head([])?.count, 19)
        XCTAssertEqual(CopyWriter(options).tail, [0xFF, 0xFF])
    }

    func test_columnsInQuotes_areThoseOfTheSameBytes() throws {
        var options = CopyOptions()
        options.form = .csv
        options.quoted = .columns(["\u{E9}"])
        XCTAssertNoThrow(try CopyWriter.check(options, ["\u{E9}"]))
        XCTAssertThrowsError(try CopyWriter.check(options, ["e\u{301}"])) { XCTAssertEqual(($0 as? PostgresFault)?.state.rawValue, "42703") }
        let writer = CopyWriter(options, columns: ["e\u{301}", "\u{E9}"])
        XCTAssertEqual(String(decoding: writer.row([Array("a".utf8), Array("b".utf8)]), as: UTF8.self), "a,\"b\"\n")
    }

    /// All arguments are cut out in one walk: each from the front would be the square of them behind so long a comment.
    func test_argumentsBehindALongComment_areWhatWasWritten_eachInItsPlace() throws {
        let comment = "/* \(String(repeating: "їжак ", count: 800_000))*/"
        let values = (0..<3_000).map { $0 % 3 == 0 ? " '\($0) ї'" : "\($0)" }
        let start = comment.unicodeScalars.count
        let text = "\(comment)EXECUTE q(\(values.joined(separator: ",")))"
        let statement = try XCTUnwrap(try StatementScanner.statements(text).first)
        guard case .execute("q", let arguments) = try CommandReader.command(statement) else { return XCTFail("no EXECUTE") }
        XCTAssertEqual(arguments.map(\.text), values)
        var place = start + "EXECUTE q(".count
        for (argument, value) in zip(arguments, values) {
            XCTAssertEqual(argument.start, place)
            place += value.unicodeScalars.count + 1
        }
        // What goes back is cut as well.
        guard case .explain("EXPLAIN (costs off) ", "q", let explained) = try CommandReader.command(try StatementScanner.statements("EXPLAIN (costs off) EXECUTE q(1, 'ї', 2)")[0]) else { return XCTFail("no EXPLAIN") }
        XCTAssertEqual(explained.map(\.text), ["1", " 'ї'", " 2"])
    }

    func test_statements_pastTheirBounds_areRefused_orCut() throws {
        XCTAssertThrowsError(try StatementScanner.statements(String(repeating: "a;", count: StatementScanner.statementsMax + 1))) { XCTAssertEqual(($0 as? PostgresFault)?.state, .programLimitExceeded) }
        let many = String(repeating: "1,", count: 20_000) + "1"
        let long = try StatementScanner.statements("SELECT \(many); COPY (SELECT \(many)) TO STDOUT; SET a.b = 'x'; EXECUTE q(ARRAY[\(many)]); DECLARE c CURSOR FOR SELECT \(many); COMMIT")
        let commands = try long.map { (statement) throws(PostgresFault) in try CommandReader.command(statement) }
        XCTAssertEqual(commands[0], .question(tag: "SELECT"))
        guard case .copyOut(.init("SELECT " + many, start: 7), _) = commands[1] else { return XCTFail("no copy") }
        XCTAssertEqual(commands[2], .set(name: "a.b", value: "x", isLocal: false))
        XCTAssertEqual(commands[3], .execute(name: "q", arguments: [.init("ARRAY[\(many)]", start: 11)]))
        XCTAssertEqual(commands[5], .commit(isChained: false))
        XCTAssertLessThan(long.reduce(0) { $0 + $1.tokens.count }, 60)
        // What a session reads itself is short.
        for text in ["SET a.b = \(many)", "EXECUTE q(\(many))", String(repeating: "SET a.b = \(String(repeating: "1,", count: 4_900))1;", count: 12)] {
            XCTAssertThrowsError(try StatementScanner.statements(text)) { XCTAssertEqual(($0 as? PostgresFault)?.state, .programLimitExceeded) }
        }
    }
}
