import XCTest

@testable import Query

/// Goal: an escape in E'…' is what PostgreSQL 15 takes it for, and what is none is refused with its cause and place. Method: strings through the lexer.
final class EscapedTextTests: XCTestCase {
    private func text(_ inside: String) throws -> [Unicode.Scalar] { try Array(Lexer.tokens(of: "E'\(inside)'")[0].text.unicodeScalars) }

    func test_escapes_areTheirCharacters() throws {
        let expected: [(String, String)] = [
            ("\\b\\f\\n\\r\\t\\q\\\\\\'''", "\u{8}\u{C}\n\r\tq\\''"), ("\\x41\\x4\\x411\\xg\\x", "A\u{4}A1xgx"), ("\\101\\1018\\7\\18", "AA8\u{7}\u{1}8"), ("\\541", "a"), ("\\xd0\\x90\\320\\220", "\u{410}\u{410}"),
            ("\\u0041\\U00000041\\u00e9", "AA\u{E9}"), ("\\ud83d\\ude00\\U0000D83D\\uDE00\\ud83d\\U0000de00\\U0001F600", "\u{1F600}\u{1F600}\u{1F600}\u{1F600}"), ("\\uDBFF\\uDFFF", "\u{10FFFF}"), ("\\é", "é"),
        ]
        // By scalars: texts of combining characters are compared by what they mean.
        for (inside, wanted) in expected { XCTAssertEqual(try text(inside), Array(wanted.unicodeScalars), inside) }
    }

    func test_whatIsNoEscape_isRefused() {
        let refused: [(String, QueryError.Cause?, Int)] = [
            ("\\u12", .invalidEscape, 3), ("a\\u", .invalidEscape, 4), ("\\U0000004", .invalidEscape, 3), ("\\ud83d\\u12", .invalidEscape, 9), ("\\u0000", nil, 3), ("\\U00110000", nil, 3), ("\\0", .badEncoding, 3),
            ("a\\x00", .badEncoding, 4), ("\\400", .badEncoding, 3), ("\\xff", .badEncoding, 1), ("\\xc3x", .badEncoding, 1), ("\\ud83d", nil, 3), ("\\ude00", nil, 3), ("\\ud83d\\ud83d", nil, 3), ("\\ud83da", nil, 3),
            ("\\ud83d\\n", nil, 3), ("\\ud83d\\x41", nil, 3), ("\\ud83d\\\\", nil, 3), ("\\ud83d''", nil, 3), ("\\ud83d'\n'\\ude00", nil, 3), ("\\ude00\\ud83d", nil, 3),
        ]
        for (inside, cause, position) in refused {
            XCTAssertThrowsError(try text(inside), inside) { error in
                XCTAssertEqual((error as? QueryError)?.slug, .badSQL, inside)
                XCTAssertEqual((error as? QueryError)?.cause, cause, inside)
                XCTAssertEqual((error as? QueryError)?.position, position, inside)
            }
        }
    }
}
