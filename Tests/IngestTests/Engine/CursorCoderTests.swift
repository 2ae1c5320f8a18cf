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

    /// A field at the end is no part of what the cursor is bound to, nor the other way about: lengths alone would have them be the same bytes.
    func test_decode_ofAFieldTakenForABinding_isNone() throws {
        let bytes = try XCTUnwrap(Base64URL.decode(coder.encode([[1], [2]], binding: ["c1"])))
        let field: [UInt8] = [0, 0, 0, 1, 2]
        XCTAssertEqual(Array(bytes.dropLast(16).suffix(5)), field)
        let cut = Base64URL.encode(Array(bytes.dropLast(21)) + Array(bytes.suffix(16)))
        XCTAssertNil(coder.decode(cut, binding: ["\u{2}", "c1"]))
        let other = try XCTUnwrap(Base64URL.decode(coder.encode([[1]], binding: ["\u{2}", "c1"])))
        let longer = Base64URL.encode(Array(other.dropLast(16)) + field + Array(other.suffix(16)))
        XCTAssertNil(coder.decode(longer, binding: ["c1"]))
    }

    /// Cursors never expire: one of the first version is read.
    func test_decode_ofTheFirstVersion_isWhatWasEncoded() {
        let text = "AQAAAAAAAAADAQIDororGY6E-nOIcU0BHgvLGA"
        XCTAssertEqual(coder.decode(text, binding: ["page", "c1"]), [[], [1, 2, 3]])
        for binding in [["page", "c2"], ["page"], []] { XCTAssertNil(coder.decode(text, binding: binding)) }
        let present = coder.encode([[], [1, 2, 3]], binding: ["page", "c1"])
        XCTAssertNotEqual(present, text)
        // But where that is not wanted.
        XCTAssertNil(coder.decode(text, binding: ["page", "c1"], withFirstVersion: false))
        XCTAssertEqual(coder.decode(present, binding: ["page", "c1"], withFirstVersion: false), [[], [1, 2, 3]])
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
