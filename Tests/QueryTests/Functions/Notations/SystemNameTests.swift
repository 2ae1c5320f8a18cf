import XCTest

@testable import Query

/// Goal: names of the catalogs keep the characters that fit, and "char" every byte. Method: texts of characters of each width around the bound, and all bytes.
final class SystemNameTests: XCTestCase {
    func test_cut_ofCharactersOfEachWidth_keepsThoseThatFit() {
        for character in ["a", "é", "€", "😀"] {
            for lead in 0...4 {
                for count in 0...70 {
                    let text = String(repeating: "x", count: lead) + String(repeating: character, count: count)
                    // From the middle of a slice: places do not begin at 0.
                    let bytes = Array("yy".utf8) + Array(text.utf8)
                    let found = String(decoding: SystemName.cut(bytes.dropFirst(2)), as: UTF8.self)
                    var wanted = ""
                    for one in text {
                        guard wanted.utf8.count + String(one).utf8.count <= SystemName.byteCountMax else { break }
                        wanted.append(one)
                    }
                    if found != wanted { XCTFail("\(text) is cut to \(found)") }
                }
            }
        }
    }

    func test_cut_ofWhatIsNoUTF8_endsToo() {
        XCTAssertTrue(SystemName.cut([UInt8](repeating: 0x80, count: 100)[...]).isEmpty)
    }

    func test_letter_ofEveryByte_isReadAgain() {
        for byte in UInt8.min...UInt8.max {
            let text = SystemName.letter(byte)
            XCTAssertEqual(SystemName.byte(of: text[...]), byte)
            XCTAssertEqual(text.count, byte == 0 ? 0 : byte < 128 ? 1 : 4, "\(byte)")
        }
    }

    func test_byte_ofOtherTexts_isTheirFirst() {
        for (text, byte) in [("abc", "a"), ("\\10", "\\"), ("\\1011", "\\"), ("\\108", "\\"), ("\\101", "A")] as [(String, Character)] {
            XCTAssertEqual(SystemName.byte(of: Array(text.utf8)[...]), byte.asciiValue, text)
        }
    }
}
