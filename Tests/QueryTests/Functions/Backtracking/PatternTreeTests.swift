import XCTest

@testable import Query

/// Goal: only what looks around or back goes to ICU, as ICU writes it, and what is said of a pattern's matches holds. Method: examples of each rule.
final class PatternTreeTests: XCTestCase {
    private func tree(_ pattern: String, ignoringCase: Bool = false, flags: String = "") throws -> PatternTree? {
        try PatternReader.read(Array(pattern.utf8), ignoringCase: ignoringCase, flags: flags)
    }

    func test_read_whatRE2Has_isLeftToIt() throws {
        for pattern in ["a", "(a)(b)", "(?:a)", "(?i)a", "[(?=]", #"\\1"#, #"[\\1]"#, #"(a)\101"#, "a(?#(?=)b", "(?<n>a)", "(", #"\12"#, "***=(?=a)", "(?q)(?=a)"] { XCTAssertNil(try tree(pattern), pattern) }
        XCTAssertNil(try tree("(?=a)", flags: "q"))
        for pattern in ["(?=a)", "(?!a)", "(?<=a)", "(?<!a)", #"(a)\1"#, "***:(?=a)", "(?i)(?=a)"] { XCTAssertNotNil(try tree(pattern), pattern) }
    }

    func test_written_partsThatICUReadsOtherwise_areWrittenForIt() throws {
        let cases: [(String, String, Bool, String)] = [
            ("(?=a).$", "", false, #"(?=a)[\x{0}-\x{10ffff}]\z"#), ("(?=a).$", "n", false, #"(?=a)[^\n](?:\z|(?=\n))"#), ("^(?=a)[^b]", "p", false, #"\A(?=a)[^\x{62}\n]"#), (#"(a)\1"#, "", true, #"([\x{61}\x{41}])(?i:\1)"#),
            (#"(a)\1{2}3"#, "", false, #"(a)(?:\1){2}3"#), ("(?=(a))a{b", "", false, #"(?=(?:a))a\x{7b}b"#), ("(?=a) a # b", "x", false, "(?=a)a"),
        ]
        for (pattern, flags, ignoringCase, written) in cases {
            XCTAssertEqual(try tree(pattern, ignoringCase: ignoringCase, flags: flags)?.written, written, pattern)
        }
    }

    func test_isFirstMeant_andDividesAlike_holdWhereOneLengthIsFree() throws {
        let cases: [(String, Bool, Bool)] = [
            (#"(\w+)\s+\1"#, true, true), (#"(\d{4})-(\d{2})(?!\d)"#, true, true), ("(a|ab)(c|bcd)(?=d)", false, false), ("(?=.)a*(?:ab)?", false, true), ("a*(?:ab)?(b*)(?=c)", false, false), ("(category|cat)(?=.)", true, true),
            ("(cat|category)(?=.)", false, true), (#"(.*?)(?=.)"#, true, true), (#"(\w+).*?\1"#, false, true), ("(?:(a)|b)*(?=c)", true, false), ("(?:(a)b?)+(?=c)", false, false), (#"(\d)(?=(\d{3})+$)"#, true, true),
        ]
        for (pattern, isFirstMeant, dividesAlike) in cases {
            let tree = try XCTUnwrap(try tree(pattern), pattern)
            XCTAssertEqual(tree.isFirstMeant, isFirstMeant, pattern)
            XCTAssertEqual(tree.dividesAlike, dividesAlike, pattern)
        }
    }

    func test_prefersShortest_asTheFirstQuantifierSays() throws {
        for (pattern, prefers) in [("(?=a).*?b+", true), ("(?=a).+b*?", false), ("(?=a+)b*?", true), ("(?=a)a|b*?", false), ("(?=a)a{2}b*?", true), ("(?=a)(a|b)c*?", false), ("(?=a)a", false)] {
            XCTAssertEqual(try tree(pattern)?.prefersShortest, prefers, pattern)
        }
    }

    func test_isDisjoint_neverWhereACharacterIsInBoth() {
        let word = LetterSet(className: "word"), space = LetterSet(className: "space"), digit = LetterSet(className: "digit")
        guard let word, let space, let digit else { return XCTFail("no classes") }
        XCTAssertTrue(word.isDisjoint(with: space))
        XCTAssertTrue(word.isDisjoint(with: word.inverted))
        XCTAssertTrue(digit.isDisjoint(with: space.union(LetterSet(0x416...0x416))))
        XCTAssertFalse(word.isDisjoint(with: LetterSet(0x416...0x416)))
        XCTAssertFalse(LetterSet(0x416...0x416).inverted.isDisjoint(with: word))
        XCTAssertFalse(LetterSet(0x61...0x61).withBothCases.isDisjoint(with: LetterSet(0x41...0x41)))
        XCTAssertFalse(LetterSet(0x6B...0x6B).withBothCases.isDisjoint(with: LetterSet(0x212A...0x212A)))
        XCTAssertTrue(LetterSet.none.isDisjoint(with: .any))
    }
}
