import XCTest

@testable import Query

/// Goal: what groups take of a match, and what marks of SIMILAR take of a text, is what they take in PostgreSQL, or is refused. Method: answers that PostgreSQL 15.18 gave, where RE2 alone gives others.
final class PatternDivisionTests: XCTestCase {
    private let fixture = QueryFixture(threads: 1)

    /// Groups of the first match, joined by `|`; a star for one that took no part.
    private func check(_ cases: [(text: String, pattern: String, groups: String)], file: StaticString = #filePath, line: UInt = #line) throws {
        for (text, pattern, groups) in cases {
            XCTAssertEqual(try fixture.rows("SELECT '<' || array_to_string(regexp_match('\(text)', '\(pattern)'), '|', '*') || '>'"), "<\(groups)>", "\(pattern) on \(text)", file: file, line: line)
        }
    }

    func test_groups_behindAChoice_takeAsMuchAsLeavesTheRestAMatch() throws {
        try check([
            ("https://x", "(http|https)(.*)", "https|://x"), ("INVOICE-12", "(INV|INVOICE)[ -]?(.*)", "INVOICE|12"), ("123", #"^(\d|\d\d)(\d*)$"#, "12|3"), ("xab", "x(a|ab)(b?)", "ab|"),
            ("foo bar", #"\y(fo|foo)(o?)\y"#, "foo|"), ("їїж", "(ї|її)(.*)", "її|ж"), ("HTTPS://x", "(?i)(http|https)(.*)", "HTTPS|://x"), ("abab", "(a|ab)(c|bab)?", "a|bab"), ("aabb", "(a*(?:ab)?)(b*)", "aab|b"),
            ("a\nabb", "(?n)^(a|ab)(b*)$", "a|"), ("xA", "(?i)(x|[xX]a)(a*)", "xA|"),
            // Letters have their own two cases in parts, too.
            ("sſ", "(?i)(s|ss)(.*)", "s|ſ"), ("sSx", "(?i)(s|ss)(.*)", "sS|x"), ("kK\u{212A}", "(?i)(k|k[k])(.*)", "kK|\u{212A}"),
        ])
        XCTAssertEqual(try fixture.rows(#"SELECT regexp_replace('foobar', '(fo|foo)(.*)', '<\1>[\2]'), regexp_substr('https://x', '(http|https)(.*)', 1, 1, '', 2), substring('https', '(http|https)s?')"#), "<foo>[bar],://x,https")
    }

    /// What is free in two ways and comes out alike is answered too.
    func test_groups_whatCannotBeProved_isDividedPartByPart() throws {
        try check([
            ("Anna Maria 12", #"^(\w+(?: \w+)*) (\d+)$"#, "Anna Maria|12"), ("a.b.c", #"((?:\w+\.)*)(\w+)$"#, "a.b.|c"), ("xyz", #"(\w*\d*)(.*)"#, "xyz|"),
            ("aXbXc", #"((?:\w+?X)*?)(\w+?)$"#, "|aXbXc"), ("aab", "^(a+?a??)(a??b??)$", "a|ab"),
        ])
        // Row by row, with another pattern each time.
        XCTAssertEqual(
            try fixture.rows("SELECT array_to_string(regexp_match(s, p), '|') FROM (VALUES (1, 'abc', '(a|ab)(.*)'), (2, 'abc', '(ab|a)(.*)'), (3, 'abc', '(.)(.*)')) v(n, s, p) ORDER BY n"), "ab|c|ab|c|a|bc")
    }

    func test_groups_ofEarlierTurns_areForgotten() throws {
        try check([
            ("ab", "((a)|b)*", "b|*"), ("ab", "((a)|(b))+", "b|*|b"), ("ab", "(?:(a)|b)+", "*"), ("abcd", "(ab|a|bc|cd|d)*", "cd"), ("abcd", "(ab|a|bc|cd|d)+", "d"), ("abcd", "(ab|a|bc|cd|d){0,4}", "cd"),
            ("a1b2", #"(?:(\w)(\d)?)*"#, "b|2"), ("aab", "(?:(a)|b){2,3}", "*"), ("abc", "(?:(a)|(b)|c){0,9}", "*|*"), ("", "(a*)*", ""), ("", "(a)*", "*"),
        ])
    }

    func test_marksOfSimilar_theFirstPartIsShortest_andTheMarkedOneLongest() throws {
        for (text, pattern, part) in [
            ("abc", "(ab|a)#\"%#\"", "bc"), ("xabc", "%(ab|a)#\"%#\"", "bc"), ("abab", "%#\"(a|ab)#\"%", "ab"), ("abc", "(a#\"b#\"c)", "b"), ("xaab", "x(a|aa)#\"(a|ab|b)*#\"", "ab"), ("abcdef", "a#\"b_d#\"%", "bcd"),
        ] {
            XCTAssertEqual(try fixture.rows("SELECT substring('\(text)' SIMILAR '\(pattern)' ESCAPE '#')"), part, pattern)
        }
    }

    /// The longest match, also where a question mark only looks as if it were of a lazy quantifier.
    func test_wholeMatches_areTheLongest() throws {
        try check([("ab*", #"(a|ab)\*?"#, "ab"), ("aa", "(a{1}?|aa)", "aa"), ("ab", "a|ab[*?]?", "ab")])
    }

    /// Of logs and addresses: many groups, of which each has one end.
    func test_groups_ofCommonPatterns_areMany() throws {
        let line = "2024-01-02 03:04:05 INFO api started"
        XCTAssertEqual(
            try fixture.rows(#"SELECT array_to_string(regexp_match('\#(line)', '^(\d{4})-(\d{2})-(\d{2}) (\d{2}):(\d{2}):(\d{2}) (INFO|WARN|ERROR|DEBUG|INFORM) (\S+) (.*)$'), ';')"#),
            "2024;01;02;03;04;05;INFO;api;started")
        XCTAssertEqual(try fixture.rows(#"SELECT array_to_string(regexp_match('https://x', '^(http|https)://([\s\S]*)$'), ';')"#), "https;x")
        XCTAssertEqual(try fixture.rows(#"SELECT array_to_string(regexp_match('httpsx y', '^(http|https)([^\S\n]*)([\W\w]*)$'), ';')"#), "https;;x y")
        XCTAssertEqual(try fixture.rows(#"SELECT array_to_string(regexp_match('7 GET /a 200', '^(\d+) (GET|POST|GETS) (\S+) (\d+)$'), ';')"#), "7;GET;/a;200")
    }

    func test_groups_inTooManyWays_areRefused_andAreNotLookedAtWhereNobodyWantsThem() throws {
        let pattern = "(?:(a)|(b)|c){0,40}"
        XCTAssertEqual(fixture.error("SELECT regexp_match('abc', '\(pattern)')")?.cause, .notSupported)
        XCTAssertEqual(fixture.error(#"SELECT regexp_replace('abc', '\#(pattern)', '\1')"#)?.cause, .notSupported)
        XCTAssertEqual(try fixture.rows("SELECT regexp_like('abc', '\(pattern)'), regexp_replace('abc', '\(pattern)', 'x'), regexp_substr('abc', '\(pattern)'), regexp_instr('xabc', '\(pattern)')"), "true,x,abc,1")
    }
}
