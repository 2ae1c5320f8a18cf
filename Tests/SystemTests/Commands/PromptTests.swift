import Foundation
import TestSupport
import XCTest

/// Goal: the prompt of `till sql` behaves as psql's does. Method: a real pseudo-terminal (`Scripts/prompt.py`): keys go in, and what a terminal would show is looked at;
/// scripts by a pipe and on the command line.
final class PromptTests: XCTestCase {
    func test_prompt_overTerminal() throws {
        let server = try TillServer()
        defer { server.remove() }
        _ = try server.key("shop")
        for index in 0..<3 { _ = try server.client().post("/v1/receipts?client=shop", Receipts.pos("R-\(index)")) }
        let folder = try TemporaryDirectory()
        let run = try PythonReader.run("SystemTests/Scripts/prompt.py", [TillServer.binary.path, server.data.path, folder.path])
        XCTAssertEqual(run.exitCode, 0, run.output)
        XCTAssertTrue(run.output.hasSuffix("ok\n"), run.output)
    }

    func test_scripts_areAnsweredAsPsqlDoes() throws {
        let opened = try PostgresDoorServer()
        defer { opened.remove() }
        try opened.run("Postgres/same_prompt.py", [opened.port, opened.server.url, TillServer.adminKey, TillServer.binary.path], endsWith: "the client is served")
    }

    /// As psql 16 has them: values for one statement, and a watch that ends by itself.
    func test_bindAndWatch_takeWhatTheySay() throws {
        let server = try TillServer()
        defer { server.remove() }
        let folder = try TemporaryDirectory()
        let base = ["sql", "--data", server.data.path, "--format", "csv"]
        let bound = try TillRun(base, input: Data("SELECT $1::int + $2::int AS sum, $3 AS word \\bind 40 2 'it''s' \\g\nSELECT $1 AS a \\bind x \\gset\n\\echo :a\nSELECT $1 AS b;\n".utf8))
        XCTAssertEqual(bound.status, 1)
        XCTAssertEqual(bound.text, "sum,word\r\n42,it's\r\nx\n", bound.error)
        // Where nothing takes a value nothing is asked, and no file is made.
        for (text, words) in [("SELECT $1 AS a \\bind 1 2 \\g \(folder.path)/a", "\\bind has 2 values, and the statement takes 1"), ("SELECT $1 \\; SELECT 2 \\bind 1 \\g", "\\bind is for one statement, not for 2 that are sent together")] {
            let run = try TillRun(base, input: Data((text + "\n").utf8))
            XCTAssertEqual([String(run.status), run.text, run.error], ["1", "", "till sql: \(words)\n"], text)
        }
        XCTAssertEqual(try FileManager.default.contentsOfDirectory(atPath: folder.path), [])
        let watched = try TillRun(base, input: Data("SELECT $1 AS a \\bind 5 \\watch i=0.1 c=2\nSELECT 6 AS b WHERE false \\watch 0.1 m=1\nSELECT 7 AS c;\n".utf8))
        XCTAssertEqual(watched.status, 0, watched.error)
        let lines = watched.text.replacingOccurrences(of: "\r\n", with: "\n").split(separator: "\n").filter { !$0.contains(" (every 0.1 s)") }
        XCTAssertEqual(lines, ["a", "5", "a", "5", "b", "c", "7"], watched.text)
        XCTAssertEqual(try TillRun(base, input: Data("SELECT 1 \\watch every=1\n".utf8)).error, "till sql: \\watch does not know every: interval, count and min_rows are what it takes\n")
        // What tells no number of rows leaves none of before.
        let counted = try TillRun(base, input: Data("SELECT g FROM generate_series(1, 3) t(g) \\g (format=ndjson) \(folder.path)/n\n\\echo :ROW_COUNT\nSELECT 1 AS a \\g (format=parquet) \(folder.path)/p\n\\echo :{?ROW_COUNT} :ERROR\n".utf8))
        XCTAssertEqual(counted.text, "3\nFALSE false\n", counted.error)
    }

    /// Whoever knows them from psql would wait for what they do there.
    func test_whatIsNotHere_saysSo() throws {
        let server = try TillServer()
        defer { server.remove() }
        let base = ["sql", "--data", server.data.path]
        let wanted = [
            "\\dT": "\\dT: types, casts", "\\c other": "\\c: another store", "\\lo_list": "\\lo_list: ", "\\nosuch": "there is no command \\nosuch", "\\pset nosuch 1": "\\pset does not know nosuch: border, ",
            "\\pset linestyle unicode": "\\pset linestyle is ascii here", "\\pset csv_fieldsep ab": "\\pset csv_fieldsep wants one sign", "\\set ECHO loud": "unrecognized value \"loud\" for ECHO",
            "EXPLAIN SELECT 1 \\gdesc": "\\gdesc is for queries", "SELECT 1) UNION (SELECT 2 \\gdesc": "a parenthesis of the query",
        ]
        for (command, words) in wanted {
            let run = try TillRun(base, input: Data((command + "\n").utf8))
            XCTAssertEqual(run.status, 1, command)
            XCTAssertTrue(run.error.hasPrefix("till sql: " + words), command + run.error)
        }
        let kept = try TillRun(base, input: Data("\\set AUTOCOMMIT off\n\\echo :AUTOCOMMIT\n".utf8))
        XCTAssertEqual([String(kept.status), kept.text, kept.error], ["0", "off\n", "till sql: AUTOCOMMIT is kept as a value, and changes nothing here\n"])
        // A place within a query that is asked in another is the query's own.
        let placed = try TillRun(base, input: Data("SELECT 1 AS a,\n  nosuch AS b \\gdesc\n".utf8))
        XCTAssertTrue(placed.error.contains(" at 18: ") && placed.error.hasSuffix("LINE 2:   nosuch AS b\n          ^\n"), placed.error)
    }

    func test_statements_severalInOneCall_untilTheFirstFault() throws {
        let server = try TillServer()
        defer { server.remove() }
        let base = ["sql", "--data", server.data.path, "--format", "csv"]
        let both = try TillRun(base + ["SELECT ';' AS a; SELECT 2 AS b"])
        XCTAssertEqual(both.text, "a\r\n;\r\nb\r\n2\r\n", both.error)
        let stopped = try TillRun(base + ["SELECT 1 AS a; SELECT nothing; SELECT 2 AS b"])
        XCTAssertEqual(stopped.status, 1)
        XCTAssertEqual(stopped.text, "a\r\n1\r\n")
        XCTAssertTrue(stopped.error.contains("LINE 1: SELECT nothing\n               ^"), stopped.error)
        let goesOn = try TillRun(base, input: Data("\\set ON_ERROR_STOP off\nSELECT nothing;\r\nSELECT 2 AS b;\n".utf8))
        XCTAssertEqual(goesOn.status, 1)
        XCTAssertEqual(goesOn.text, "b\r\n2\r\n", goesOn.error)
        // However many stand in one line, and however many backslashes in one text.
        let many = try TillRun(base, input: Data((String(repeating: "\\set n 1 ", count: 100_000) + "\\\\ SELECT :n AS n, length('\(String(repeating: "\\x", count: 20_000))') AS l;\n").utf8))
        XCTAssertEqual(many.text, "n,l\r\n1,40000\r\n", many.error)
        XCTAssertEqual(try TillRun(base + ["--time-zone", "europe/kyiv", "SHOW TIME ZONE"]).text, "Europe/Kyiv\n")
        let zoned = try TillRun(base, input: Data("SET TIME ZONE 'Europe/Kyiv'; SELECT extract(hour FROM TIMESTAMPTZ '2026-07-01 00:00Z') AS h;".utf8))
        XCTAssertEqual(zoned.text, "h\r\n3\r\n", zoned.error)
        XCTAssertEqual(try TillRun(base + ["--time-zone", "Nowhere", "SELECT 1"]).status, 2)
        // In each of the forms that PostgreSQL has.
        for (form, hours) in [
            ("TIME ZONE INTERVAL '+02:00' HOUR TO MINUTE", "2"), ("TIME ZONE INTERVAL '-08:30' HOUR TO MINUTE", "15"), ("SESSION TIME ZONE 'Europe/Kyiv'", "3"), ("timezone = 'Asia/Tokyo'", "9"), ("TimeZone TO UTC", "0"),
            ("TIME ZONE 5", "5"), ("TIME ZONE -3", "21"), ("TIME ZONE DEFAULT", "0"), ("TIME ZONE LOCAL", "0"),
        ] {
            let run = try TillRun(base, input: Data("SET \(form); SELECT extract(hour FROM TIMESTAMPTZ '2026-07-01 00:00Z') AS h;".utf8))
            XCTAssertEqual(run.text, "h\r\n\(hours)\r\n", form + run.error)
        }
        let months = try TillRun(base, input: Data("SET TIME ZONE INTERVAL '1 month';".utf8))
        XCTAssertEqual([String(months.status), months.error], ["1", "till sql: invalid interval value for time zone\n"])
    }

    func test_branches_ofFiles_runOrDoNot() throws {
        let server = try TillServer()
        defer { server.remove() }
        let folder = try TemporaryDirectory()
        let script = folder.path + "/branches.sql", ask = folder.path + "/ask.sql"
        let text = """
            \\if :{?word}
            SELECT 1 AS a;
            \\if no
            SELECT nothing :nosuch;
            \\set x `touch \(folder.path)/never`
            \\else
            SELECT 2 AS b \\; SELECT 3 AS c;
            \\endif
            \\else
            \\nosuch
            \\endif
            SELECT 4 \\if off \\else \\endif
            AS d;
            \\if true
            """
        try Data(text.utf8).write(to: URL(fileURLWithPath: script))
        let base = ["sql", "--data", server.data.path, "--format", "csv"]
        let run = try TillRun(base + ["--set", "word=x", "--file", script])
        XCTAssertEqual(run.status, 1)
        XCTAssertEqual(run.text, "a\r\n1\r\nb\r\n2\r\nc\r\n3\r\nd\r\n4\r\n", run.error)
        XCTAssertEqual(run.error, "till sql: \(script):14: this \\if has no \\endif\n")
        XCTAssertFalse(FileManager.default.fileExists(atPath: folder.path + "/never"))
        let other = try TillRun(base + ["--file", script])
        XCTAssertTrue(other.error.hasPrefix("till sql: \(script):10: there is no command \\nosuch"), other.error)
        XCTAssertEqual(try TillRun(base, input: Data("\\else\n".utf8)).status, 1)
        // Several statements sent together end with the first fault; a line of standard input; what a program writes.
        let together = try TillRun(base + ["SELECT 1 AS a \\; SELECT nothing AS b \\; SELECT 3 AS c;"])
        XCTAssertEqual(together.text, "a\r\n1\r\n", together.error)
        try Data("\\prompt 'Name? ' n\n\\set v `echo \"a  b\"`\n\\echo :n [:v] `echo :'v'`\n".utf8).write(to: URL(fileURLWithPath: ask))
        XCTAssertEqual(try TillRun(base + ["--file", ask], input: Data("Ann\n".utf8)).text, "Name? Ann [a  b] a  b\n")
        // A name that is none is reported before anything is asked.
        let unnamed = try TillRun(base + ["\\prompt 'Name? ' a-b"], input: Data("Ann\n".utf8))
        XCTAssertEqual(unnamed.text, "")
        XCTAssertTrue(unnamed.error.contains("a name for \\prompt has letters"), unnamed.error)
    }

    /// A value may be what a server answered: what has it in its place goes into a file, or nowhere. A program is one that was typed.
    func test_valuesOfVariables_nameNoPrograms() throws {
        let server = try TillServer()
        defer { server.remove() }
        let folder = try TemporaryDirectory()
        let base = ["sql", "--data", server.data.path, "--format", "csv"]
        let never = folder.path + "/never", made = folder.path + "/made"
        for command in ["\\o :v", "\\w :v", "SELECT 1 AS a \\g :v", "\\o `echo :'v'`"] {
            let run = try TillRun(base, input: Data("SELECT '|touch \(never)' AS v \\gset\n\(command)\n".utf8))
            XCTAssertEqual(run.status, 1, command)
            XCTAssertTrue(run.error.contains("names no program"), "\(command): \(run.error)")
        }
        // Nor does a terminal obey what is said of one.
        let named = try TillRun(base, input: Data("SELECT '\(folder.path)/no' || chr(27) || '[2J' AS v \\gset\n\\i :v\n".utf8))
        XCTAssertEqual(named.error, "till sql: open \(folder.path)/no·[2J: No such file or directory\n")
        // A program's line is the shell's: no value is put into it.
        let typed = try TillRun(base, input: Data("SELECT '$(touch \(never))' AS v \\gset\nSELECT 5 AS a \\g |cat > \(made); echo :v\n".utf8))
        XCTAssertEqual(typed.text, ":v\n", typed.error)
        let piped = try TillRun(base, input: Data("SELECT '$(touch \(never))' AS v \\gset\n\\o |cat; echo :v\nSELECT 5 AS a;\n".utf8))
        XCTAssertEqual(piped.text, "a\r\n5\r\n:v\n", piped.error)
        XCTAssertEqual(try String(contentsOfFile: made, encoding: .utf8), "a\r\n5\r\n")
        XCTAssertFalse(FileManager.default.fileExists(atPath: never))
    }

    /// They are ended by the signal of a pipe that nobody reads: what does not look at faults of its output would go on for good.
    func test_programs_haveTheSignalOfPipes() throws {
        let server = try TillServer()
        defer { server.remove() }
        let status = "cat /proc/self/status"
        let run = try TillRun(["sql", "--data", server.data.path], input: Data("\\! \(status)\n\\echo `\(status)`\nSELECT 1 \\g |\(status)\n".utf8))
        let ignored = run.text.split(separator: "\n").filter { $0.hasPrefix("SigIgn:") }.compactMap { UInt64($0.dropFirst("SigIgn:".count).drop { $0 == "\t" }, radix: 16) }
        XCTAssertEqual(ignored.count, 3, run.text + run.error)
        for mask in ignored { XCTAssertEqual(mask >> UInt64(SIGPIPE - 1) & 1, 0, run.text) }
    }

    /// Most of these have ended before the answer is there.
    func test_programs_thatReadNothing_areNoFault() throws {
        let server = try TillServer()
        defer { server.remove() }
        let base = ["sql", "--data", server.data.path]
        for line in ["SELECT 1 AS a \\g |true\n", "\\copy (SELECT 1 AS a) TO PROGRAM 'true'\n", "\\o |true\nSELECT 1 AS a;\n\\o\n"] {
            let run = try TillRun(base, input: Data(String(repeating: line, count: 10).utf8))
            XCTAssertEqual(run.status, 0, line + run.error)
        }
        let failed = try TillRun(base, input: Data("SELECT 1 AS a \\g | exit 3\n".utf8))
        XCTAssertEqual(failed.status, 1)
        XCTAssertEqual(failed.error, "till sql: exit 3 ended with status 3\n")
    }

    func test_files_runInTurn_withVariables() throws {
        let server = try TillServer()
        defer { server.remove() }
        let folder = try TemporaryDirectory()
        let first = folder.path + "/first.sql", second = folder.path + "/second.sql"
        try Data("SELECT :'word' AS a;\n\\q\nSELECT 2 AS never;\n".utf8).write(to: URL(fileURLWithPath: first))
        try Data("SELECT :n + 1 AS b;\nSELECT nothing;\nSELECT 3 AS c;\n".utf8).write(to: URL(fileURLWithPath: second))
        let base = ["sql", "--data", server.data.path, "--format", "csv", "--set", "word=it's", "--set", "n=4"]
        let stopped = try TillRun(base + ["--file", first, "--file", second])
        XCTAssertEqual(stopped.status, 1)
        XCTAssertEqual(stopped.text, "a\r\nit's\r\nb\r\n5\r\n", stopped.error)
        XCTAssertTrue(stopped.error.hasPrefix("till sql: \(second):2: "), stopped.error)
        let goesOn = try TillRun(base + ["--set", "ON_ERROR_STOP=off", "--file", second])
        XCTAssertEqual(goesOn.status, 1)
        XCTAssertEqual(goesOn.text, "b\r\n5\r\nc\r\n3\r\n", goesOn.error)
        XCTAssertTrue(goesOn.error.hasPrefix("till sql: \(second):2: "), goesOn.error)
        // Of files within each other the one where it happened, once; a file that names itself comes to an end.
        let outer = folder.path + "/outer.sql"
        try Data("\n\\ir second.sql\n\\pset nosuch\n\\ir outer.sql\n".utf8).write(to: URL(fileURLWithPath: outer))
        let within = try TillRun(base + ["--set", "ON_ERROR_STOP=off", "--file", outer])
        XCTAssertEqual(within.status, 1)
        let faults = within.error.split(separator: "\n").filter { $0.hasPrefix("till sql: ") }.map { $0.dropFirst("till sql: \(folder.path)/".count).prefix { $0 != " " } }
        XCTAssertEqual(faults.prefix(4), ["second.sql:2:", "outer.sql:3:", "second.sql:2:", "outer.sql:3:"], within.error)
        XCTAssertTrue(within.error.hasSuffix("outer.sql:4: files of statements name each other more than 16 deep\n"), within.error)
        XCTAssertEqual(try TillRun(base + ["--file", "-"], input: Data("SELECT :n AS d".utf8)).text, "d\r\n4\r\n")
        // A mark in front, as editors of Windows write it, is none of it; letters of another encoding are refused, as from a program.
        try Data("\u{FEFF}SELECT :n AS d;\n".utf8).write(to: URL(fileURLWithPath: first))
        XCTAssertEqual(try TillRun(base + ["--file", first]).text, "d\r\n4\r\n")
        try Data(Array("SELECT 1 AS a;\nSELECT 'caf".utf8) + [0xE9] + Array("' AS b;\n".utf8)).write(to: URL(fileURLWithPath: first))
        let strange = try TillRun(base + ["--file", first])
        XCTAssertEqual(strange.text, "")
        XCTAssertTrue(strange.error.hasPrefix("till sql: \(first):2: these bytes are no UTF-8"), strange.error)
        XCTAssertTrue(try TillRun(base, input: Data("\\set v `printf 'caf\\351'`\n".utf8)).error.hasSuffix("what it writes is no UTF-8\n"))
        // Faults of standard input say their line too.
        let given = try TillRun(base + ["--file", "-"], input: Data("SELECT :n AS d;\n\\nosuch\n".utf8))
        XCTAssertEqual(given.status, 1)
        XCTAssertTrue(given.error.hasPrefix("till sql: <stdin>:2: there is no command \\nosuch"), given.error)
        XCTAssertEqual(try TillRun(base + ["--file", folder.path + "/none.sql"]).status, 1)
        for wrong in [["--file", first, "SELECT 1"], ["--set", "no value", "SELECT 1"], ["--set", "a-b=c", "SELECT 1"]] { XCTAssertEqual(try TillRun(base + wrong).status, 2, "\(wrong)") }
    }
    /// As psql tells of them: the command has run, and the script goes on.
    func test_wordsThatNoCommandTakes_areToldOf() throws {
        let server = try TillServer()
        defer { server.remove() }
        let folder = try TemporaryDirectory()
        let script = folder.path + "/extra.sql", once = folder.path + "/once"
        let text = """
            \\pset null none x `echo y | tee -a \(once)`
            \\if true
            \\else foo
            \\endif bar
            \\unset a b
            SELECT NULL AS a \\g \(folder.path)/answer.txt more
            SELECT 5 AS "ON_ERROR_STOP", 6 AS q \\gset p_ q_
            SELECT 7 AS "ON_ERROR_STOP", 8 AS r \\gset
            \\echo :p_q :r
            \\if true false
            \\echo never
            \\endif
            """
        try Data(text.utf8).write(to: URL(fileURLWithPath: script))
        let run = try TillRun(["sql", "--data", server.data.path, "--file", script])
        XCTAssertEqual(run.status, 0, run.error)
        XCTAssertEqual(run.text, "6 8\n", run.error)
        let told = run.error.split(separator: "\n").map { $0.replacingOccurrences(of: "till sql: \(script):", with: "") }
        func extra(_ line: Int, _ name: String, _ word: String) -> String { "\(line): \(name): extra argument \"\(word)\" ignored" }
        XCTAssertEqual(
            told.dropLast(),
            [
                extra(1, "\\pset", "x"), extra(1, "\\pset", "y"), extra(4, "\\endif", "bar"), extra(5, "\\unset", "b"), extra(6, "\\g", "more"), extra(7, "\\gset", "q_"),
                "8: ON_ERROR_STOP is set by \\set alone: \\gset ignored it",
            ])
        XCTAssertTrue(told.last?.hasPrefix("10: unrecognized value “true false” for \\if") ?? false, run.error)
        XCTAssertEqual(try String(contentsOfFile: once, encoding: .utf8), "y\n")
        XCTAssertTrue(try String(contentsOfFile: folder.path + "/answer.txt", encoding: .utf8).contains("none"))
        for (command, words) in [("\\ir", "\\ir wants a file"), ("\\include", "\\include wants a file"), ("\\sv receipts_l*", "there is no view receipts_l*")] {
            let wrong = try TillRun(["sql", "--data", server.data.path, command])
            XCTAssertEqual([String(wrong.status), wrong.error], ["1", "till sql: \(words)\n"], command)
        }
    }

    /// As psql has it: what was answered is kept whatever ends the script, and can be read before that.
    func test_answersOfO_areKept_whereALaterStatementFails() throws {
        let server = try TillServer()
        defer { server.remove() }
        let folder = try TemporaryDirectory()
        let base = ["sql", "--data", server.data.path, "--format", "csv"]
        let path = folder.path + "/answers.csv", other = folder.path + "/other.csv"
        try Data("what was before".utf8).write(to: URL(fileURLWithPath: path))
        let run = try TillRun(base, input: Data("\\o \(path)\nSELECT 1 AS a;\n\\! cat \(path)\nSELECT 2 AS b;\nSELECT nosuch;\n".utf8))
        XCTAssertEqual(run.status, 1)
        XCTAssertEqual(run.text, "a\r\n1\r\n", run.error)
        XCTAssertEqual(try String(contentsOfFile: path, encoding: .utf8), "a\r\n1\r\nb\r\n2\r\n")
        // A program has its end, and is waited for.
        let piped = try TillRun(base, input: Data("\\o |sleep 0.2; cat\nSELECT 1 AS a;\nSELECT nosuch;\n".utf8))
        XCTAssertEqual(piped.text, "a\r\n1\r\n", piped.error)
        // Where a file cannot be had, answers go on to the one before.
        let refused = try TillRun(base + ["--set", "ON_ERROR_STOP=off"], input: Data("\\o \(path)\n\\o \(folder.path)/no/file\nSELECT 3 AS c;\n".utf8))
        XCTAssertEqual(refused.text, "", refused.error)
        XCTAssertEqual(try String(contentsOfFile: path, encoding: .utf8), "c\r\n3\r\n")
        // Of statements that are sent together those before the fault; where it is the first, the file that was there.
        for (text, wanted) in [("SELECT 1 AS a \\; SELECT nosuch", "a\r\n1\r\n"), ("SELECT nosuch \\; SELECT 1 AS a", "what was before")] {
            try Data("what was before".utf8).write(to: URL(fileURLWithPath: other))
            XCTAssertEqual(try TillRun(base, input: Data("\(text) \\g \(other)\n".utf8)).status, 1)
            XCTAssertEqual(try String(contentsOfFile: other, encoding: .utf8), wanted, text)
        }
        XCTAssertEqual(Set(try FileManager.default.contentsOfDirectory(atPath: folder.path)), ["answers.csv", "other.csv"])
        // Standard output is a file here.
        let standard = try TillRun(base, input: Data("SELECT 1 AS a;\n\\o /dev/stdout\nSELECT 2 AS b;\n\\o\nSELECT 3 AS c;\n".utf8))
        XCTAssertEqual(standard.text, "a\r\n1\r\nb\r\n2\r\nc\r\n3\r\n", standard.error)
    }

    /// As psql has it: `\t` leaves the names of columns out, `\x` gives each value a line, in CSV and unaligned, too; and what a program reads is what the server has.
    func test_formats_behindRowsAlone_andAValueALine() throws {
        let server = try TillServer()
        defer { server.remove() }
        let folder = try TemporaryDirectory()
        let base = ["sql", "--data", server.data.path]
        let csv = try TillRun(base + ["--format", "csv"], input: Data("\\t\nSELECT 1 AS a;\n\\x\nSELECT 2 AS b, NULL AS c;\n\\t \\x\nSELECT 3 AS d;\nSELECT 4 AS e \\gx\n".utf8))
        XCTAssertEqual(csv.text, "1\r\nb,2\r\nc,\r\nd\r\n3\r\ne,4\r\n", csv.error)
        let plain = try TillRun(base, input: Data("\\t \\a\nSELECT 'a' || chr(9) || 'b' || chr(10) || 'c' AS v;\n\\x\nSELECT 1 AS a, 2 AS b;\n".utf8))
        XCTAssertEqual(plain.text, "a\tb\nc\na|1\nb|2\n", plain.error)
        let counted = try TillRun(base, input: Data("\\x\nSELECT 1 AS a;\nSELECT 1 AS a WHERE false;\n".utf8))
        XCTAssertEqual(counted.text, "-[ RECORD 1 ]\na | 1\n(0 rows)\n", counted.error)
        // For one answer alone.
        let held = try TillRun(base, input: Data("\\f ';'\nSELECT 1 AS a, 2 AS b \\g (format=unaligned tuples_only=on) \(folder.path)/held\nSELECT 3 AS c \\g (format=csv) |cat\nSELECT 4 AS d \\gx (border=2)\n".utf8))
        XCTAssertEqual(held.text, "c\r\n3\r\n+-[ RECORD 1 ]-+\n| d | 4 |\n+---+---+\n", held.error)
        XCTAssertEqual(try String(contentsOfFile: folder.path + "/held", encoding: .utf8), "1;2\n")
        // However many rows there are: from ten thousand on they come in parts.
        let many = try TillRun(base, input: Data("\\a\nSELECT g AS n FROM generate_series(1, 20001) t(g);\n".utf8))
        XCTAssertEqual(many.text, "n\n" + (1...20_001).map { "\($0)\n" }.joined() + "(20001 rows)\n", many.error)
        // Nothing is cut, or laid otherwise, for a screen that is none.
        let wide = try TillRun(base, input: Data("\\x auto \\pset format wrapped\nSELECT repeat('a', 300) AS a, 1 AS b;\n".utf8), environment: ["COLUMNS": "40"])
        XCTAssertTrue(wide.text.contains(String(repeating: "a", count: 300) + " | 1 \n"), wide.text)
        // Of two files of Parquet in one readers find the last.
        let twice = try TillRun(base + ["--format", "parquet", "SELECT 1 AS a; SELECT 2 AS b"])
        XCTAssertEqual(twice.status, 1)
        XCTAssertEqual(twice.error, "till sql: parquet is one answer in one file: send each to its own, as by \\g FILE\n")
        XCTAssertEqual(twice.output, try TillRun(base + ["--format", "parquet", "SELECT 1 AS a"]).output)
        // Behind \o, which stdout follows.
        let path = folder.path + "/answers"
        let past = try TillRun(base, input: Data("\\o \(path)\n\\copy (SELECT 1 AS a) TO pstdout csv\n\\copy (SELECT 2 AS a) TO STDOUT csv\n".utf8))
        XCTAssertEqual(past.text, "1\r\n", past.error)
        XCTAssertEqual(try String(contentsOfFile: path, encoding: .utf8), "2\r\n")
    }

    /// As psql reads them: two quotes within quotes are one, `'stdout'` is a file, a header may be said not to be there, and some of a table's columns may be named.
    func test_copy_readsQuotesOptionsAndColumns() throws {
        let server = try TillServer()
        defer { server.remove() }
        let folder = try TemporaryDirectory()
        func copy(_ text: String) throws -> TillRun {
            try TillRun(["sql", "--data", server.data.path], input: Data("\\copy \(text)\n".utf8), folder: URL(fileURLWithPath: folder.path))
        }
        let wanted = [
            "(SELECT 1 AS a) TO stdout WITH (FORMAT csv, HEADER false)": "1\r\n", "(SELECT 1 AS a) TO stdout (FORMAT 'csv', HEADER on)": "a\r\n1\r\n", "(SELECT 1 AS a) TO STDOUT csv header;": "a\r\n1\r\n",
            "receipts (receipt_id, \"state\") TO stdout csv header": "receipt_id,state\r\n", "public.receipts(state)TO stdout header": "state\r\n",
            "(SELECT 1 AS a) TO PROGRAM 'sed ''s/1/2 (3)/''' csv": "2 (3)\r\n",
            // Where nothing names a form it is CSV, with the names of columns, whatever a value says.
            "(SELECT 1 AS a, NULL AS b) TO stdout delimiter ';' null 'text'": "a;b\r\n1;text\r\n", "(SELECT 1 AS a, NULL AS b) TO stdout (NULL 'parquet')": "a,b\r\n1,parquet\r\n",
            "(SELECT 1 AS a, NULL AS b) TO stdout WITH (FORMAT text)": "1\t\\N\n", "(SELECT 1 AS a) TO stdout (FORMAT 'ndjson')": "{\"a\":1}\n",
        ]
        for (text, shown) in wanted {
            let run = try copy(text)
            XCTAssertEqual(run.text, shown, text + run.error)
        }
        for name in ["it's (1), x", "stdout", "program"] {
            let quoted = name.replacingOccurrences(of: "'", with: "''")
            XCTAssertEqual(try copy("(SELECT 1 AS a) TO '\(quoted)' csv").status, 0, name)
        }
        XCTAssertEqual(Set(try FileManager.default.contentsOfDirectory(atPath: folder.path)), ["it's (1), x", "stdout", "program"])
        for (text, words) in [
            ("(SELECT 1 AS a) TO 'out", "a quote of \\copy is not closed"), ("(SELECT 1 AS a) TO out nosuch ';'", "\\copy: option \"nosuch\" not recognized"),
            ("(SELECT 1 AS a) TO out.parquet (DELIMITER ';')", "\\copy: parquet takes no options: FORMAT csv or text has them"), ("(SELECT 1 AS a) TO out parquet header", "\\copy: parquet takes no option, as header"),
            ("(SELECT 1 AS a) TO out binary", "\\copy has no binary form here: parquet and arrow are binary"), ("(SELECT 1 AS a) TO stdout (FORMAT csv, FORCE_QUOTE (b))", "\\copy: FORCE_QUOTE column \"b\" not referenced by COPY"),
        ] {
            let run = try copy(text)
            XCTAssertEqual([String(run.status), run.error], ["1", "till sql: \(words)\n"])
        }
    }

    /// They stand within quotes, too, and went.
    func test_edit_keepsBlankLines() throws {
        let server = try TillServer()
        defer { server.remove() }
        let folder = try TemporaryDirectory()
        let run = try TillRun(
            ["sql", "--data", server.data.path], input: Data("\\t \\a\nSELECT 'a\n\n\nb' AS t;\n\\e\n".utf8), environment: ["HOME": folder.path, "EDITOR": "true", "VISUAL": "true"])
        XCTAssertEqual(run.text, "a\n\n\nb\na\n\n\nb\n", run.error)
    }

    /// Each would hold the prompt up: a pipe without a reader, and an editor without a terminal, whose standard input stays open.
    func test_whatNobodyReadsOrTypes_isNotWaitedFor() throws {
        let server = try TillServer()
        defer { server.remove() }
        let folder = try TemporaryDirectory()
        let pipe = folder.path + "/pipe"
        XCTAssertEqual(mkfifo(pipe, 0o600), 0)
        for command in ["SELECT 1 AS a \\g \(pipe)", "\\o \(pipe)", "\\copy (SELECT 1 AS a) TO '\(pipe)'"] {
            let run = try TillRun(["sql", "--data", server.data.path], input: Data((command + "\n").utf8))
            XCTAssertEqual([String(run.status), run.error], ["1", "till sql: \(pipe): a pipe that nobody reads: start its reader first\n"], command)
        }
        let script = folder.path + "/edit.sql"
        try Data("SELECT 1 AS a;\n\\e\n".utf8).write(to: URL(fileURLWithPath: script))
        // The shell's `read` stands for an editor that waits for keys; the pipe is held open by its other end.
        let held = try Subprocess(
            "/bin/sh", ["-c", "exec 3<>\"$4\"; \"$1\" sql --data \"$2\" --file \"$3\" <&3", "sh", TillServer.binary.path, server.data.path, script, pipe],
            environment: TillServer.environment(["HOME": folder.path, "EDITOR": "read line; echo"], data: server.data.path))
        XCTAssertEqual(held.status, 0, held.error)
    }
}
