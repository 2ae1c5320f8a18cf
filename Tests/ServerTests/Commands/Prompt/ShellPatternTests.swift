import XCTest

@testable import Server

/// Goal: names of \d and kin mean what psql's do. Method: a table of patterns and the conditions that they are.
final class ShellPatternTests: XCTestCase {
    func test_patterns_areConditions() {
        let wanted: [(pattern: String, schema: String?, name: String?, hasWildcard: Bool)] = [
            ("", nil, nil, false), ("receipts", nil, "receipts", false), ("Receipts", nil, "receipts", false), ("public.receipts", "public", "receipts", false),
            ("till.*", "till", "%", true), ("rec*", nil, "rec%", true), ("r?c", nil, "r_c", true), ("receipts_lines", nil, "receipts\\_lines", false), ("a%b", nil, "a\\%b", false),
            (#""Odd"."t*""#, "Odd", "t*", false), (#""a""b""#, nil, "a\"b", false), (#""a.b".c"#, "a.b", "c", false), ("till.public.receipts", "public", "receipts", false), ("till.", "till", nil, false),
            (#"a\b"#, nil, #"a\\b"#, false), (#""open"#, nil, "open", false),
        ]
        for (text, schema, name, hasWildcard) in wanted {
            let pattern = ShellPattern(text)
            XCTAssertEqual(pattern.schema, schema, text)
            XCTAssertEqual(pattern.name, name, text)
            XCTAssertEqual(pattern.hasWildcard, hasWildcard, text)
        }
        XCTAssertEqual(ShellPattern("o'a.b").condition(name: "table_name"), " AND table_schema LIKE 'o''a' AND table_name LIKE 'b'")
        XCTAssertEqual(ShellPattern("").condition(name: "table_name"), "")
    }
}
