import XCTest

@testable import Server

/// Goal: `\if` and kin run what psql runs, and nothing else. Method: scripts of words, of which those that run are left in the statement; conditions that must not be looked at;
/// words that stand where none may.
final class ShellBranchesTests: XCTestCase {
    /// What is left of the statement. Behind `if` and `elif` stands what the condition is: `t`, `f`, or `!` where nobody may ask.
    private func left(of script: String) throws -> String {
        var branches = ShellBranches(), statement = StatementSplitter()
        var words = script.split(separator: " ").map(String.init)[...]
        while let text = words.popFirst() {
            guard let word = ShellBranches.Word(rawValue: "\\" + text) else {
                _ = statement.add(text)
                continue
            }
            let condition = word == .start || word == .next ? words.popFirst() : nil
            try branches.take(word, &statement, line: 1) {
                XCTAssertNotEqual(condition, "!", script)
                return condition == "t"
            }
        }
        XCTAssertNil(branches.openLine, script)
        return statement.rest
    }

    func test_branches_theFirstThatHolds_isLeft() throws {
        let wanted: [(script: String, left: String)] = [
            ("a if t b elif ! c else d endif e", "abe"), ("a if f b elif t c elif ! d else e endif f", "acf"), ("if f b elif f c else d endif", "d"), ("if f a endif b", "b"), ("if t endif", ""),
            ("if f if ! a else b endif elif t if f c else d endif endif e", "de"), ("if t if f a endif b else if ! c elif ! d endif e endif", "b"), ("a if f b; c endif d", "ad"), ("a if f 'b endif d", "ad"),
        ]
        for (script, left) in wanted { XCTAssertEqual(try self.left(of: script), left, script) }
    }

    func test_words_withoutTheirIf_areRefused() {
        for script in ["else", "endif", "elif t", "if t endif endif", "if t else else endif", "if f else elif ! endif", "if f if ! else elif ! endif endif"] {
            XCTAssertThrowsError(try left(of: script), script) { XCTAssertTrue($0 is CommandError, "\($0)") }
        }
    }

    func test_openLine_isTheInnermostIf() throws {
        var branches = ShellBranches(), statement = StatementSplitter()
        XCTAssertTrue(branches.isActive)
        try branches.take(.start, &statement, line: 3) { true }
        try branches.take(.start, &statement, line: 5) { false }
        XCTAssertEqual(branches.openLine, 5)
        XCTAssertFalse(branches.isActive)
        XCTAssertTrue(branches.leave())
        XCTAssertTrue(branches.isActive)
        XCTAssertEqual(branches.openLine, 3)
        XCTAssertTrue(branches.leave())
        XCTAssertFalse(branches.leave())
    }

    func test_truth_isOfPsqlsWords() {
        for text in ["true", "TRUE", "t", "tru", "yes", "y", "on", "On", "1"] { XCTAssertEqual(ShellBranches.truth(text), true, text) }
        for text in ["false", "f", "FALS", "no", "n", "off", "of", "0"] { XCTAssertEqual(ShellBranches.truth(text), false, text) }
        for text in ["", "o", "maybe", "truee", "10", "-1", "true false", "onn", "offf"] { XCTAssertNil(ShellBranches.truth(text), text) }
    }
}
