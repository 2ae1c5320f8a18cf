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

    /// What is expected was asked of PostgreSQL 15, as in the next ones.
    func test_edges_besideWhatIsNoLetter_areThoseOfPostgreSQL() throws {
        let fixture = QueryFixture(threads: 1)
        for (text, pattern, isMatch) in [
            ("5€", #"\y€"#, true), ("€5", #"€\y"#, true), ("ab—cd", #"\y—"#, true), ("ab—cd", #"—\y"#, true), ("€5", #"\y€"#, false), ("5€", #"€\y"#, false), ("€", #"€\M"#, false), ("5 №", #"№\M"#, false),
            ("№5", #"\y№"#, false), ("ї€", #"\y€"#, true), ("€ї", #"€\y"#, true), ("€", #"\m€"#, false), ("їжак", #"\mї"#, true), ("їжак", #"к\M"#, true), ("їжак", #"ї\M"#, false), ("-", #"\m\w*"#, false),
            // The last digit of an escape is not the character.
            ("a ", #"\x20\M"#, false), ("a ", #"\x20\y"#, false), ("a -", #"\u0020\M"#, false), (" a", #"\x20\y"#, true), ("їж", #"\x456\M"#, false), ("їі", #"\x456\M"#, true), ("aA", #"\101\M"#, true),
            ("a\u{1}", #"\cA\M"#, false), (#"a\y"#, #"a\\y"#, true),
            // Braces leave a letter out where they begin with no times alone.
            ("їжак", #"\y\w{2,}"#, true), ("їжак", #"\m\w{3}"#, true), ("їж", #"\m\w{3}"#, false), ("їжак", #"\yї{1,2}ж"#, true), ("ї{", #"\yї{"#, true), ("aaaa-", #"\y\w{0,2}-"#, true),
            ("aaaa-", #"\y\w{00,2}-"#, true), ("aaaa-", #"\y\w{1,2}-"#, false),
        ] as [(String, String, Bool)] {
            XCTAssertEqual(try fixture.rows("SELECT '\(text)' ~ '\(pattern)'"), "\(isMatch)", "\(pattern) on \(text)")
        }
    }

    /// RE2 has meanings for some of them.
    func test_whatNeitherPostgreSQLNorRE2Has_isRefused() throws {
        let fixture = QueryFixture(threads: 1)
        for pattern in [#"\C"#, #"\i"#, #"\p{Nothing}"#, "(?<x>a", "a{1001}", "a{2", #"[\Q]"#] {
            for call in ["'a' ~ '\(pattern)'", "'a' ~* '\(pattern)'", "regexp_match('a', '\(pattern)')"] { XCTAssertEqual(fixture.error("SELECT \(call)")?.slug, .dataError, call) }
        }
        XCTAssertEqual(try fixture.rows(#"SELECT 'aB' ~ '(?i)Ab', 'a' ~ 'a{0,255}', 'aa' ~ '^a{02}$', 'é' ~ '\é', '_' ~ '\_', E'a\n' ~ 'a\12', 'a(?i)' ~ '\(\?i', 'a' ~ '***=a{256}'"#), "true,true,true,true,true,true,true,false")
        // Where a dash is itself, and counts with zeros before them.
        XCTAssertEqual(try fixture.rows(#"SELECT '-' ~ '^[\w-]$', '-' ~ '^[-\w]$', '-' ~ '^[a-c-]$', '-' ~ '^[+--]$', '.' ~ '^[+--/]$', '-' ~ '^[\w\-.]$'"#), "true,true,true,true,false,true")
        XCTAssertEqual(
            try fixture.rows(#"SELECT 'aaa' ~ '^a{02,003}$', 'a' ~ '^a{01,}$', '' ~ '^a{00}$', 'aaaa' ~ '^a{000,03}$', '{02}' ~ '^\{02}$', '{0' ~ '^[{0]{02}$', 'aa' ~* '^[A]{002}$'"#),
            "true,true,true,false,true,true,true")
    }

    /// As rules and conditions ask, which nobody ends, and as queries do.
    func test_whatIsNoPatternOfPostgreSQL_isRE2s() throws {
        for (text, pattern, ignoringCase, isMatch) in [
            ("Хліб", #"^\p{L}+$"#, false, true), ("5", #"[\pL]"#, false, false), ("a", #"a\z"#, false, true), ("aaa", "^a.{1,300}$", false, true), ("aB", "a(?i)b", false, true),
            ("ab", "(a)(?P<n>b)", false, true), ("a.b", #"a\Q.\Eb"#, false, true), ("axb", #"a\Q.\Eb"#, false, false), ("7", "^[[:^alpha:]]$", false, true), ("x", "^[[:^alpha:]]$", false, false),
            ("KISS", #"^k\p{L}(?P<sk>s)\Qs\E$"#, true, true), ("ſ", "s", true, false), ("S", "s", true, true),
            // ICU is not for them.
            ("їжак", #"\m\w{2,}"#, false, true), ("їжак", #"\m\w{3}"#, false, true), ("їжак", #"\m\w*"#, false, true), ("a-b", #"a-\m\w*b"#, false, true), ("a-b", #"a-\m\w?b"#, false, true),
            ("a--", #"a-\m\w*-"#, false, false), ("-", #"\y\w*"#, false, false), ("--", #"\y\w?-"#, false, false), ("a-", #"\y\w?-"#, false, true), ("aa", "^a{02}$", false, true),
            // Sets that PostgreSQL refuses.
            ("-", #"^[\w-.]$"#, false, true), ("-", "^[a-c-e]$", false, true),
        ] as [(String, String, Bool, Bool)] {
            // Edges of words are ICU's in queries.
            let hasEdge = pattern.contains(#"\m"#) || pattern.contains(#"\y"#)
            for context in [EvaluationContext()] + (hasEdge ? [] : [EvaluationContext(cancellation: Cancellation())]) {
                let meter = WorkMeter(context)
                let compiled = try PatternMemory().expression(Array(pattern.utf8), ignoringCase: ignoringCase, meter)
                let isFound = try Array(text.utf8).withUnsafeBufferPointer { try compiled.matches($0, meter) }
                XCTAssertEqual(isFound, isMatch, "\(pattern) on \(text)")
            }
        }
        let fixture = QueryFixture(threads: 1)
        XCTAssertEqual(
            try fixture.rows(#"SELECT regexp_match('Хліб 5', '(?P<word>\p{L}+)\s(\d)\z'), regexp_replace('aB', 'a(?i)b', 'x'), substring('a.b' from 'a\Q.\E'), regexp_count('aaa', 'a{1,300}')"#),
            #""[""Хліб"",""5""]",x,a.,1"#)
        for pattern in [#"\i"#, "a(", "a{2", #"\p{Nothing}"#] {
            XCTAssertThrowsError(try PatternMemory().expression(Array(pattern.utf8), ignoringCase: false, WorkMeter(EvaluationContext())), pattern)
        }
    }

    /// A dash behind what the flags add to a set would make a range with it.
    func test_setsThatLeaveOut_withDashesAndBrackets_takeNoLineEndsRange() throws {
        let fixture = QueryFixture(threads: 1)
        for (text, pattern, isMatch) in [
            ("5", "[^-0-9]", false), ("-", "[^-0-9]", false), ("a", "[^-0-9]", true), ("+", "[^-0-9]", true), ("5", "[^0-9-]", false), ("-", "[^0-9-]", false), ("+", "[^0-9-]", true),
            ("a", "[^]-b]", false), ("]", "[^]-b]", false), ("c", "[^]-b]", true), ("5", "[^]-b]", true), ("]", "[^]]", false), ("-", "[^]]", true), ("-", "[^--/]", false), (",", "[^--/]", true),
        ] as [(String, String, Bool)] {
            for flags in ["n", "p", "ni", ""] { XCTAssertEqual(try fixture.rows("SELECT regexp_like('\(text)', '\(pattern)', '\(flags)')"), "\(isMatch)", "\(pattern) \(flags) on \(text)") }
            for flags in ["", #" flag "i""#, #" flag "s""#] {
                XCTAssertEqual(try fixture.rows(#"SELECT jsonb_path_exists('"\#(text)"', '$ ? (@ like_regex "\#(pattern)"\#(flags))')"#), "\(isMatch)", "\(pattern)\(flags) on \(text)")
            }
        }
    }

    /// The limit is of what is given, and not of the letters in both cases.
    func test_ignoringCase_longPatterns_areTaken() throws {
        let fixture = QueryFixture(threads: 1)
        XCTAssertEqual(
            try fixture.rows("SELECT 'a' ~* repeat('k', 1700), repeat('K', 1700) ~* repeat('k', 1700), repeat('О', 800) ~* repeat('о', 800), 'ks' ~* repeat('[k]?', 2000), 'К' ~* ('***=' || repeat('о', 800))"),
            "false,true,true,true,false")
        for pattern in ["repeat('k', 17000)", "repeat('a', 17000)", "'***=' || repeat('k', 17000)", #"repeat('\W', 2000)"#] { XCTAssertNotNil(fixture.error("SELECT 'a' ~* (\(pattern))"), pattern) }
    }

    /// The letters that Unicode folds to one with others than their own two cases. RE2 finds the one pattern, and ICU the other.
    func test_ignoringCase_lettersHaveTheirOwnTwoCases() throws {
        let fixture = QueryFixture(threads: 1)
        for (text, pattern, isMatch) in [
            ("ς", "σ", false), ("σ", "ς", false), ("Σ", "ς", true), ("ς", "Σ", false), ("Σ", "σ", true), ("ſ", "s", false), ("s", "ſ", false), ("S", "ſ", true), ("S", "s", true), ("\u{212A}", "k", false),
            ("k", "\u{212A}", true), ("K", "\u{212A}", false), ("K", "k", true), ("ẞ", "ß", false), ("ß", "ẞ", true), ("СТВОК", "створ?", true), ("\u{1C84}", "т", false), ("\u{212A}", #"\x6b"#, false), ("KK", "^k{2}$", true),
            ("ς", "[σ]", false), ("ς", "[ρ-σ]", true), ("Σ", "[ρ-σ]", true), ("ſ", "[s]", false), ("S", "[s]", true), ("ſ", "[a-z]", false), ("Q", "[a-z]", true), ("q", "[A-Z]", true), ("\u{212A}", "[a-z]", false),
            ("k", "[\u{212A}]", true), ("Я", "[а-я]", true), ("я", "[^А-Я]", false), ("ς", "[^σ]", true), ("ſ", "[^s]", true), ("S", "[^s]", false), ("ſ", "[^a-z]", true), ("\u{212A}", "[[.k.]]", false), ("k", "a|[K]", true),
            ("K", "k|[k]", true), ("S", "a|s", true), ("Ж", "[[:lower:]]", true), ("]", "[]k]", true), ("-", "[a-]", true), ("K", "[-k]", true), ("B", "[]-b]", true), ("A", #"[\x61-\x63]"#, true),
        ] as [(String, String, Bool)] {
            for end in ["", "(?!x)"] where end.isEmpty || !pattern.contains("|") && !pattern.hasSuffix("$") {
                XCTAssertEqual(try fixture.rows("SELECT '\(text)' ~* '\(pattern)\(end)'"), "\(isMatch)", "\(pattern)\(end) on \(text)")
            }
        }
        XCTAssertEqual(try fixture.rows("SELECT 'ſ' ~* '***=s', 'S.K' ~* '***=s.k', 'SoK' ~* '***=s.k', regexp_replace('Kiosk', 'K', 'x', 'gi')"), "false,true,false,xiosx")
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
            let expression = try RegularExpression(AdvancedPattern.translated(Array(pattern.utf8), isTest: true, flags: flags, ignoringCase: false, for: .query))
            XCTAssertEqual(expression.matches(Array(text.utf8)), isMatch, "\(pattern) on \(text)")
        }
    }
}
