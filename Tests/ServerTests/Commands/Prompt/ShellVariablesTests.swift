import XCTest

@testable import Server

/// Goal: variables mean what psql's do, and commands end where psql's do. Method: tables of texts and what becomes of them.
final class ShellVariablesTests: XCTestCase {
    func test_filled_namesOutsideQuotes() {
        var variables = ShellVariables()
        variables["n"] = "5"
        variables["word"] = "it's"
        variables["quote"] = "a\"b"
        let wanted: [(statement: String, filled: String)] = [
            ("select :n", "select 5"), ("select :n::int", "select 5::int"), ("select :'word', :\"quote\"", "select 'it''s', \"a\"\"b\""), ("select ':n', \":n\"", "select ':n', \":n\""),
            ("select a[1:n]", "select a[15]"), ("select a[1:m], x::n", "select a[1:m], x::n"), ("select 1 -- :n\n, :n", "select 1 -- :n\n, 5"), ("/* :n */ :word", "/* :n */ it's"),
            ("select $$:n$$, :", "select $$:n$$, :"), ("select :'n", "select :'n"), ("select :'nosuch'", "select :'nosuch'"), ("select :nn", "select :nn"), ("", ""),
            // A quote of a value opens none in the statement.
            ("select :word, :n", "select it's, 5"),
        ]
        for (statement, filled) in wanted { XCTAssertEqual(variables.filled(statement), filled) }
        XCTAssertEqual(ShellVariables().filled("select :n"), "select :n")
    }

    func test_cut_commandsOfOneLine() {
        let wanted: [(line: String, command: String, rest: String?)] = [
            ("\\x\n", "\\x\n", nil), ("\\x \\dt\n", "\\x ", "\\dt\n"), ("\\x \\\\ select 1;\n", "\\x ", " select 1;\n"), ("\\copy (select '\\') to '\\x'", "\\copy (select '\\') to '\\x'", nil),
            ("\\o |sed 's/\\n//'", "\\o |sed 's/\\n//'", nil), ("\\echo 'a\\b' \\q", "\\echo 'a\\b' ", "\\q"), ("\\! echo \\a", "\\! echo \\a", nil), ("\\", "\\", nil), ("\\echo it's \\x", "\\echo it's \\x", nil),
            ("\\echo 'it\\'s' \\q", "\\echo 'it\\'s' ", "\\q"), ("\\set x `a\\b` \\q", "\\set x `a\\b` ", "\\q"), ("\\if :x \\endif\n", "\\if :x ", "\\endif\n"),
        ]
        for (line, command, rest) in wanted {
            let cut = ShellArguments.cut(line[...])
            XCTAssertEqual(String(cut.command), command, line)
            XCTAssertEqual(cut.rest.map(String.init), rest, line)
        }
    }

    /// Under psql's names.
    func test_outcomes_areVariables() {
        var variables = ShellVariables()
        let all = ":'ERROR' :'SQLSTATE' :'ROW_COUNT' :'LAST_ERROR_SQLSTATE' :'LAST_ERROR_MESSAGE'"
        XCTAssertEqual(variables.filled(all), ":'ERROR' :'SQLSTATE' :'ROW_COUNT' '00000' ''")
        variables.keep(state: "42703", message: "it's none")
        XCTAssertEqual(variables.filled(all), "'true' '42703' '0' '42703' 'it''s none'")
        variables.keep(rowCount: 7)
        XCTAssertEqual(variables.filled(all), "'false' '00000' '7' '42703' 'it''s none'")
        // Where nothing tells, no number of before stands there.
        variables.keep(rowCount: nil)
        XCTAssertEqual(variables.filled(all), "'false' '00000' :'ROW_COUNT' '42703' 'it''s none'")
    }

    func test_filled_whetherThereIsAValue() {
        var variables = ShellVariables()
        XCTAssertEqual(variables.filled("select :{?n}, ':{?n}'"), "select FALSE, ':{?n}'")
        variables["n"] = "5"
        XCTAssertEqual(variables.filled("select :{?n}, :{?m}, :{?n, :{n}"), "select TRUE, FALSE, :{?n, :{n}")
    }
}
