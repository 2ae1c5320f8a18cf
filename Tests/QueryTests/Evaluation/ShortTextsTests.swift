import ColumnStore
import TestSupport
import XCTest

@testable import Query

/// IN over few short texts, and length, which both read a text eight bytes at a time: texts that are shorter, as long and longer, of characters of several bytes, flat and in dictionaries.
final class ShortTextsTests: XCTestCase {
    private func column(_ expression: String, of texts: [String?], usesDictionaries: Bool) throws -> String {
        let rows = texts.map { [$0.map { Value.string($0) } ?? .null] }
        let fixture = QueryFixture([("t", QueryFixture.table([Field("s", .string)], rows, batchRowCount: texts.count, usesDictionaries: usesDictionaries))])
        return try fixture.rows("SELECT coalesce((\(expression))::text, '-') FROM t")
    }

    func test_in_isEqualityWithOneOfThem() throws {
        let texts = ["", "a", "ab", "abcdefgh", "abcdefghi", "ä", nil, "b"]
        let answers = [
            ("s IN ('a', 'abcdefgh', '')", "true|true|false|true|false|false|-|false"),
            ("s NOT IN ('a', 'abcdefgh', '')", "false|false|true|false|true|true|-|true"),
            ("s IN ('ä', 'b', 'c')", "false|false|false|false|false|true|-|true"),
            ("s IN ('a', 'ab', NULL)", "-|true|true|-|-|-|-|-"),
            ("s NOT IN ('a', 'ab', NULL)", "-|false|false|-|-|-|-|-"),
            ("s IN ('a', 'abcdefghi')", "false|true|false|false|true|false|-|false"),
            ("left(s, 2) IN ('ab', 'b')", "false|false|true|true|true|false|-|true"),
        ]
        for usesDictionaries in [false, true] {
            for (expression, rows) in answers {
                XCTAssertEqual(try column(expression, of: texts, usesDictionaries: usesDictionaries), rows, "\(expression), in dictionaries: \(usesDictionaries)")
            }
        }
    }

    func test_length_countsCharacters() throws {
        let texts = ["", "a", "äöü", "погода карта", "👍a", "abcdefgä", String(repeating: "ä", count: 9), nil, "abcdefg\u{301}h", String(repeating: "x€", count: 20)]
        for usesDictionaries in [false, true] {
            XCTAssertEqual(try column("length(s)", of: texts, usesDictionaries: usesDictionaries), "0|1|3|12|2|8|9|-|9|40", "in dictionaries: \(usesDictionaries)")
        }
        XCTAssertEqual(try QueryFixture().rows("SELECT length('äb'), length('\\x00ff80'::bytea), length('')"), "2,3,0")
    }
}
