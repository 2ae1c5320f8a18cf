import XCTest

@testable import Query

/// Goal: an escape is its character, and what is none is refused. Method: all 65,536 short ones, the ends of the long ones, halves of pairs in every order, every cut.
final class UnicodeEscapesTests: XCTestCase {
    private func decoded(_ text: String, mark: Character = "\\") -> String? {
        try? UnicodeEscapes.decoded(text, mark: mark.asciiValue ?? 0, at: 1)
    }

    private func padded(_ value: UInt32, _ count: Int) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: count - digits.count) + digits
    }

    func test_decoded_ofEveryShortEscape_isItsCharacter() {
        for value in UInt32(0)...0xFFFF {
            let wanted = value == 0 ? nil : Unicode.Scalar(value).map { String(Character($0)) }
            let found = decoded("\\" + padded(value, 4))
            // By scalars: texts of combining characters are compared by what they mean.
            if found.map({ Array($0.unicodeScalars) }) != wanted.map({ Array($0.unicodeScalars) }) { XCTFail("\(value): \(String(describing: found))") }
        }
    }

    func test_decoded_ofLongEscapes_isUpToTheLastCharacter() {
        for value in [1, 0x41, 0xD7FF, 0xE000, 0xFFFF, 0x1_0000, 0x1_F600, 0x10_FFFF] as [UInt32] {
            XCTAssertEqual(decoded("\\+" + padded(value, 6)), Unicode.Scalar(value).map { String(Character($0)) })
            XCTAssertEqual(decoded("\\+" + padded(value, 6).uppercased()), Unicode.Scalar(value).map { String(Character($0)) })
        }
        for value in [0, 0xD800, 0xDFFF, 0x11_0000, 0xFF_FFFF] as [UInt32] { XCTAssertNil(decoded("\\+" + padded(value, 6))) }
    }

    func test_decoded_ofPairs_isOneCharacter_andOfHalvesNone() {
        XCTAssertEqual(decoded("a\\d83d\\de00b"), "a\u{1F600}b")
        XCTAssertEqual(decoded("\\+00d83d\\+00de00"), "\u{1F600}")
        XCTAssertEqual(decoded("\\D800\\DC00"), "\u{10000}")
        XCTAssertEqual(decoded("\\DBFF\\DFFF"), "\u{10FFFF}")
        for text in ["\\d83d", "\\de00", "\\d83d\\d83d", "\\de00\\d83d", "\\d83da", "\\d83d\\\\", "\\d83d\\0041", "a\\d83d a"] { XCTAssertNil(decoded(text), text) }
    }

    func test_decoded_ofMarks_isThemselvesWhereTheyStandTwice() {
        XCTAssertEqual(decoded("a\\\\b"), "a\\b")
        XCTAssertEqual(decoded("\\\\0041"), "\\0041")
        XCTAssertEqual(decoded("!0041!!\\0041", mark: "!"), "A!\\0041")
        for text in ["\\", "\\0", "\\00", "\\004", "\\004g", "\\+", "\\+00004", "\\+00004g", "\\ 041", "\\é"] { XCTAssertNil(decoded(text), text) }
    }

    func test_isMark_ofEveryByte_isASignThatNoEscapeHas() {
        for byte in UInt8.min...UInt8.max {
            let isSign = (0x21...0x7F).contains(byte) && !"+'\"0123456789abcdefABCDEF".utf8.contains(byte)
            XCTAssertEqual(UnicodeEscapes.isMark(byte), isSign, "\(byte)")
        }
    }
}
