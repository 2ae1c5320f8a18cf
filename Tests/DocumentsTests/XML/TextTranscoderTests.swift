import XCTest

@testable import Documents

/// Goal: where the pieces of a text end changes nothing of it, within a character neither. Method: every way to cut short texts into three pieces.
final class TextTranscoderTests: XCTestCase {
    /// What comes out of these pieces, one after the other.
    private func text(_ pieces: [ArraySlice<UInt8>], from encoding: String) throws -> [UInt8] {
        let transcoder = try TextTranscoder(from: encoding)
        var text: [UInt8] = []
        for piece in pieces { try piece.withUnsafeBytes { try transcoder.convert($0) { text += Array($0) } } }
        try transcoder.finish { text += Array($0) }
        return text
    }

    private func check(_ bytes: [UInt8], from encoding: String, _ wanted: [UInt8], line: UInt = #line) throws {
        for first in 0...bytes.count {
            for second in first...bytes.count {
                let pieces = [bytes[..<first], bytes[first..<second], bytes[second...]]
                XCTAssertEqual(try text(pieces, from: encoding), wanted, "\(encoding), cut at \(first) and \(second)", line: line)
            }
        }
    }

    func test_texts_cutAnywhere_areTheSame() throws {
        // a, Ж, 😀 (D83D DE00) and a line's end.
        try check([0x61, 0x00, 0x16, 0x04, 0x3D, 0xD8, 0x00, 0xDE, 0x0A, 0x00], from: "UTF-16LE", Array("aЖ😀\n".utf8))
        try check([0x00, 0x61, 0x04, 0x16, 0xD8, 0x3D, 0xDE, 0x00, 0x00, 0x0A], from: "UTF-16BE", Array("aЖ😀\n".utf8))
        try check([0x61, 0xE9, 0x0A], from: "ISO-8859-1", Array("aé\n".utf8))
    }

    /// Of these encodings a letter waits for a mark that may follow, at the text's end too.
    func test_lastLetters_areNotHeldBack() throws {
        try check(Array("x\nabc".utf8), from: "CP1258", Array("x\nabc".utf8))
        // a and an acute mark.
        try check([0x61, 0xEC], from: "CP1258", Array("\u{E1}".utf8))
        try check([0xF9, 0xEC, 0xE5, 0xED], from: "CP1255", Array("שלום".utf8))
        for (bytes, charset, wanted) in [(Array("x\nabc".utf8), "windows-1258", "x\nabc"), ([0xF9, 0xEC, 0xE5, 0xED], "windows-1255", "שלום")] as [([UInt8], String, String)] {
            XCTAssertEqual(try bytes.withUnsafeBytes { try TextCharset.utf8($0, charset: charset) }, Array(wanted.utf8), charset)
        }
    }

    /// A byte that is none of UTF-8 stands where no character was.
    func test_whatIsNoCharacter_isOneByteThatIsNone() throws {
        // The second half of a pair alone; the first half before a letter; a text that ends within a pair, and within a unit.
        try check([0x61, 0x00, 0x00, 0xDC, 0x62, 0x00], from: "UTF-16LE", [0x61, 0xFF, 0x62])
        try check([0x61, 0x00, 0x3D, 0xD8, 0x62, 0x00], from: "UTF-16LE", [0x61, 0xFF, 0x62])
        try check([0x61, 0x00, 0x3D, 0xD8], from: "UTF-16LE", [0x61, 0xFF])
        try check([0x61, 0x00, 0x62], from: "UTF-16LE", [0x61, 0xFF])
        XCTAssertThrowsError(try TextTranscoder(from: "NO-SUCH-ENCODING"))
    }
}
