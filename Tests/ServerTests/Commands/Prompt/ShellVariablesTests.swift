import XCTest

@testable import Server

/// Goal: variables and the words of commands mean what psql's do. Method: tables of texts and what becomes of them.
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
        ]
        for (line, command, rest) in wanted {
            let cut = ShellArguments.cut(line[...])
            XCTAssertEqual(String(cut.command), command, line)
            XCTAssertEqual(cut.rest.map(String.init), rest, line)
        }
    }

    func test_words_quotesAndBlanks() {
        XCTAssertEqual(ShellArguments.words(" null  'no value' ''  'it''s' a'b c'd\n"), ["null", "no value", "", "it's", "ab cd"])
        XCTAssertEqual(ShellArguments.words(""), [])
    }
}
