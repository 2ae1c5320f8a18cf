import XCTest

@testable import Server

/// Goal: the words behind a command are psql's. Method: a table of texts and their words, with variables and a program that says what it was called with.
final class ShellWordsTests: XCTestCase {
    private func words(_ text: String) throws -> [String] {
        var variables = ShellVariables()
        variables["v"] = "a b"
        variables["q"] = "it's"
        return try ShellWords(variables: variables, run: { "<\($0)>\n" }).words(text)
    }

    func test_words_quotesValuesAndPrograms() throws {
        let wanted: [(text: String, words: [String])] = [
            (" null  'no value' ''  'it''s' a'b c'd\n", ["null", "no value", "", "it's", "ab cd"]), ("", []), (#"'a\tb\\' '\101\x42\'\q' x\y"#, ["a\tb\\", "AB'q", #"x\y"#]),
            (#"'\342\202\254' '\x'"#, ["€", "x"]), ("\"d  e\" x\"y z\" \"\"", ["\"d  e\"", "x\"y z\"", "\"\""]),
            (#":v :'q' :"v" pre:v':v' :nosuch a::v"#, ["a b", "'it''s'", #""a b""#, "prea b:v", ":nosuch", "a:a b"]), (":{?v} :{?w} :{?} :{", ["TRUE", "FALSE", ":{?}", ":{"]),
            ("`x :v :'q'`y z", ["<x a b 'it'\\''s'>y", "z"]), ("'`no`'", ["`no`"]),
        ]
        for (text, words) in wanted { XCTAssertEqual(try self.words(text), words, text) }
        for open in ["it's", "\"a", "`b", #"'a\'"#] { XCTAssertThrowsError(try words(open), open) }
    }

    func test_program_saysAllThatItWrites() throws {
        XCTAssertEqual(try ShellProgram.output(of: "printf 'a b\\n\\n'; exit 3"), "a b\n\n")
        XCTAssertThrowsError(try ShellProgram.output(of: "yes"))
    }
}
