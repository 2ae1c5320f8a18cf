import XCTest

@testable import Server

/// Goal: a command has as many words as it takes, and the others are left over. Method: a table of commands; a reader of words that counts how often it is asked.
final class ShellOperandsTests: XCTestCase {
    func test_operands_asManyAsTheCommandTakes() throws {
        let wanted: [(name: String, line: String, words: [String], extra: [String])] = [
            ("\\pset", "border 1 x y;", ["border", "1"], ["x", "y"]), ("\\prompt", "a b c", ["a", "b"], ["c"]), ("\\x", "on off", ["on"], ["off"]), ("\\x", "", [], []), ("\\x", ";", [], []),
            ("\\a", "b", [], ["b"]), ("\\endif", "x", [], ["x"]), ("\\g", "a b", ["a"], ["b"]), ("\\g", "|cat `x` y", [], []), ("\\i", "|cat x", ["|cat"], ["x"]), ("\\dt+", "a b c", ["a"], ["b", "c"]),
            ("\\watch", "1 c=2 m=3 x", ["1", "c=2", "m=3"], ["x"]), ("\\crosstabview", "a b c d e", ["a", "b", "c", "d"], ["e"]), ("\\gexec", "x", [], ["x"]), ("\\out", "|cat `x` y", [], []),
            ("\\bind", "a b", [], []), ("\\echo", "a b", [], []), ("\\copy", "(a) TO 'it", [], []),
        ]
        for (name, line, words, extra) in wanted {
            var count = 0
            let operands = try ShellOperands(of: name, line) { text in
                count += 1
                return text.split(separator: " ").map(String.init)
            }
            XCTAssertEqual(operands.words, words, "\(name) \(line)")
            XCTAssertEqual(operands.extra, extra, "\(name) \(line)")
            XCTAssertEqual(operands.line, line)
            // What stands in backquotes runs once at most.
            XCTAssertLessThanOrEqual(count, 1, "\(name) \(line)")
        }
        XCTAssertTrue(try ShellOperands(of: "\\g", "|cat", read: { _ in [] }).isProgram)
    }

    /// As psql has them; a file of such a name was written.
    func test_options_standInParentheses_beforeAFileOrProgram() throws {
        func operands(_ name: String, _ line: String) throws -> ShellOperands { try ShellOperands(of: name, line) { $0.split(separator: " ").map(String.init) } }
        let file = try operands("\\g", "(format=csv fieldsep=')' ) a b")
        XCTAssertEqual(file.options, ["format=csv", "fieldsep=')'"])
        XCTAssertEqual([file.words, file.extra], [["a"], ["b"]])
        let program = try operands("\\gx", "(border=0)|sort (x)")
        XCTAssertEqual(program.options, ["border=0"])
        XCTAssertTrue(program.isProgram)
        XCTAssertEqual(program.line, "|sort (x)")
        XCTAssertEqual(try operands("\\g", "()").options, [])
        XCTAssertThrowsError(try operands("\\g", "(format=csv")) { XCTAssertEqual("\($0)", "\\g: the parenthesis of its options is not closed") }
        // Others have files of such names.
        XCTAssertEqual(try operands("\\o", "(a)").words, ["(a)"])
        XCTAssertNil(ShellArguments.cut("\\g (format=csv) |sed s,\\\\x,y,").rest)
    }
}
