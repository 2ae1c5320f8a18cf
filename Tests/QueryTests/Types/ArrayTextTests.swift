import XCTest

@testable import Query

/// Goal: a list's text says what PostgreSQL reads of it. Method: blanks at the ends of elements, bare and behind a backslash.
final class ArrayTextTests: XCTestCase {
    func test_elements_blanksBehindABackslash_stay() {
        let cases: [(String, [String?]?)] = [
            (#"{a\ ,b}"#, ["a ", "b"]), (#"{\ }"#, [" "]), (#"{a \ b  ,\  c }"#, ["a  b", "  c"]), (#"{ a , b }"#, ["a", "b"]), (#"{a\  }"#, ["a "]), ("{null, NULL }", [nil, nil]), (#"{\null}"#, ["null"]), ("{ , }", nil), (#"{a\}"#, nil),
        ]
        for (text, elements) in cases { XCTAssertEqual(ArrayText.elements(Array(text.utf8)), elements, text) }
    }
}
