import XCTest

@testable import Query

/// RE2 behind Swift, and ECMA-262 patterns in its syntax.
final class RegularExpressionTests: XCTestCase {
    func test_matches_ecmaPatterns_meanWhatECMASays() throws {
        let cases: [(String, String, Bool)] = [
            ("^a.c$", "abc", true), ("^a.c$", "a\u{2028}c", false), (#"^\s$"#, "\u{A0}", true), (#"^[\s\S]$"#, "\u{3000}", true),
            (#"^[\S]$"#, "\u{3000}", false), (#"^\u0041$"#, "A", true), (#"^\ud83d\ude00$"#, "😀", true), (#"^\u{1F600}$"#, "😀", true),
            ("^[[]$", "[", true), ("^[^]$", "x", true), ("^[]$", "x", false), (#"^\cA$"#, "\u{1}", true), (#"^[\b]$"#, "\u{8}", true),
            (#"^\p{Letter}+$"#, "Хліб", true), (#"\p{Script=Greek}"#, "λ", true), (#"^\d+$"#, "٣", false), (#"a\/b"#, "a/b", true),
            ("(?<year>\\d{4})", "2026", true), ("a$", "a\n", false), ("^\\W$", "é", true), ("", "", true),
        ]
        for (pattern, text, isMatch) in cases {
            XCTAssertEqual(try RegularExpression(pattern, syntax: .ecma).matches(Array(text.utf8)), isMatch, "\(pattern) on \(text)")
        }
    }

    func test_init_patternsWithoutLinearMatch_areRefusedWithAReason() {
        for pattern in ["(?=a)", "(?<!a)", #"(a)\1"#, #"\Aa"#, "(", "a{2,1}", #"\u12"#, "[", #"\"#, "*"] {
            XCTAssertThrowsError(try RegularExpression(pattern, syntax: .ecma), pattern) { error in
                XCTAssertFalse((error as? RegularExpression.Fault)?.reason.isEmpty ?? true)
            }
        }
    }

    /// RE2 of 2022 loses one of two letters that a class has in both cases, where a choice has the other one before it.
    func test_matches_classOfALetterInBothCases_takesBoth() throws {
        for syntax in [RegularExpression.Syntax.re2, .re2Longest, .ecma] {
            for (pattern, text, isMatch) in [
                ("^(?:a|[aA])$", "A", true), ("^(?:0a|0[aA])$", "0A", true), ("^(?:a|[Aa]+)$", "AaA", true), ("^x(?:y|[yY])z$", "xYz", true), ("^(?:a|[aA])$", "b", false),
                ("^(?:a|[^aA])$", "A", false), ("^(?:a|[aA]b|[]aA])$", "A", true), ("^(?:a|[[:digit:]aA])$", "A", true), (#"^(?:a|\\[aA])$"#, #"\A"#, true), (#"^(?:a|\[aA\])$"#, "[aA]", true),
            ] where syntax != .ecma || !pattern.contains("[]") && !pattern.contains("[[") {
                XCTAssertEqual(try RegularExpression(pattern, syntax: syntax).matches(Array(text.utf8)), isMatch, "\(pattern) on \(text)")
            }
            XCTAssertThrowsError(try RegularExpression("a|[aAb", syntax: syntax))
        }
    }

    func test_firstMatchGroups_groupsAndAbsentOnes_haveTheirBounds() throws {
        let expression = try RegularExpression("(a)|(b)")
        let text = Array("xxb".utf8)
        text.withUnsafeBufferPointer { bytes in
            XCTAssertEqual(expression.firstMatchGroups(in: bytes), [2..<3, nil, 2..<3])
            XCTAssertEqual(expression.firstMatch(in: bytes), 2..<3)
            XCTAssertNil(expression.firstMatch(in: bytes, from: 3))
        }
    }

    /// They ended the process: what stands behind the backslash was looked at.
    func test_setsThatEndInABackslash_areRefused() throws {
        let fixture = QueryFixture(threads: 1)
        for pattern in ["[\\", "[a\\", "[^\\", "[]\\", "a|[[:alpha:]\\", "(?x)[\\", "(?x)a [b\\"] {
            for call in ["'a' ~ '\(pattern)'", "regexp_match('a', '\(pattern)')", "regexp_replace('a', '\(pattern)', 'b')", "regexp_count('a', '\(pattern)', 1, 'x')"] {
                XCTAssertNotNil(fixture.error("SELECT \(call)"), call)
            }
        }
        // A bracket behind a backslash begins nothing.
        XCTAssertEqual(try fixture.rows("SELECT '[' ~ '^[\\[:alph]$', 'x' ~ '^[\\[:alph]$', regexp_match('a]+', '[\\[:a]]\\+')"), "true,false,\"[\"\"a]+\"\"]\"")
    }

    /// As PostgreSQL's patterns mean them in a database of UTF-8.
    func test_translated_classesAndEdges_knowLettersBeyondASCII() throws {
        let cases: [(String, String, String, Bool)] = [
            (#"^\w+$"#, "", "їжак_1", true), (#"^[[:upper:]][[:lower:]]+$"#, "", "Їжак", true), (#"\W"#, "", "їжак", false), (#"[^\w]"#, "", "їжак", false), (#"^\d$"#, "", "٣", false),
            (#"^[\W]$"#, "", "€", true), (#"^\s$"#, "", "\u{2003}", true), (#"^[\S]$"#, "", "\u{2003}", false), (#"\mслово\M"#, "", "це слово", true), (#"\mслово\M"#, "", "словом", false),
            (#"\ykg\y"#, "", "5 kg", true), (#"\ykg\y"#, "", "молокоkg", false), ("[]]", "", "]", true), ("[^]a]", "", "]", false), ("^b", "n", "a\nb", true), ("a.b", "n", "a\nb", false),
            ("[[:<:]]слово[[:>:]]", "", "це слово", true), ("[[:<:]]слово[[:>:]]", "", "словом", false), ("a [[:<:]]b", "", "a b", true), ("b[[:>:]]. # c", "x", "ab-", true), (#"\[[:<]"#, "", "[:", true),
            ("a[^c]b", "p", "a\nb", false), ("a[^c]b", "", "a\nb", true), ("a.b", "w", "a\nb", true), ("a b # c", "x", "ab", true),
        ]
        for (pattern, flags, text, isMatch) in cases {
            let expression = try RegularExpression(AdvancedPattern.translated(Array(pattern.utf8), isTest: true, flags: flags))
            XCTAssertEqual(expression.matches(Array(text.utf8)), isMatch, "\(pattern) on \(text)")
        }
    }
}
