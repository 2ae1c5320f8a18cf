import Ingest
import XCTest

/// Goal: a cursor is of use to whom it was given, for what it was given, as it was given. Method: another binding, each bit turned, each length.
final class CursorCoderTests: XCTestCase {
    private let coder = CursorCoder(key: Array("a key of a test".utf8))
    private let fields: [[UInt8]] = [[], [1, 2, 3], [UInt8](repeating: 7, count: 300)]

    func test_decode_whatWasEncoded_isTheSame() {
        XCTAssertEqual(coder.decode(coder.encode(fields, binding: ["page", "c1"]), binding: ["page", "c1"]), fields)
        XCTAssertEqual(coder.decode(coder.encode([], binding: []), binding: []), [])
    }

    func test_decode_underAnotherBindingOrKey_isNone() {
        let text = coder.encode(fields, binding: ["page", "c1"])
        // Parts of a binding do not run into each other.
        for binding in [["page", "c2"], ["page"], [], ["page", "c1", ""], ["pagec1"], ["pag", "ec1"], ["c1", "page"]] { XCTAssertNil(coder.decode(text, binding: binding), "\(binding)") }
        XCTAssertNil(CursorCoder(key: Array("another key".utf8)).decode(text, binding: ["page", "c1"]))
    }

    func test_decode_withAnyCharacterChangedOrLost_isNone() {
        let text = coder.encode([[1, 2, 3], [4]], binding: ["page"])
        let characters = Array(text)
        for place in characters.indices {
            for other in "Aa0-_=" where other != characters[place] {
                var changed = characters
                changed[place] = other
                XCTAssertNil(coder.decode(String(changed), binding: ["page"]), "\(place): \(other)")
            }
            XCTAssertNil(coder.decode(String(characters[..<place]), binding: ["page"]), "\(place)")
        }
        XCTAssertNil(coder.decode(text + "A", binding: ["page"]))
    }
}
