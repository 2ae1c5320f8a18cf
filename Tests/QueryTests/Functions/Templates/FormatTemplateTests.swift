import XCTest

@testable import Query

/// Goal: parts of templates are cut where they end. Method: every quoted text of a few signs, every byte, and all numbers below ten thousand.
final class FormatTemplateTests: XCTestCase {
    private func texts(upTo length: Int) -> [[UInt8]] {
        var all: [[UInt8]] = [[]], last = all
        for _ in 0..<length {
            last = last.flatMap { text in "\"\\a".utf8.map { text + [$0] } }
            all += last
        }
        return all
    }

    func test_quoted_ofEveryTextThatWasQuoted_isTheText() {
        for text in texts(upTo: 5) {
            let quoted = text.flatMap { byte -> [UInt8] in byte == UInt8(ascii: "a") ? [byte] : [UInt8(ascii: "\\"), byte] }
            for rest in ["", "a", "\"\\"].map({ Array($0.utf8) }) {
                var bytes = Array("x\"".utf8)
                for part in [quoted, [UInt8(ascii: "\"")], rest] { bytes += part }
                // Places of a slice do not begin at 0.
                var slice = bytes.dropFirst()
                XCTAssertEqual(FormatTemplate.quoted(&slice), text)
                XCTAssertEqual(Array(slice), rest)
            }
        }
    }

    func test_quoted_withoutAnEnd_isTheRest() {
        for text in texts(upTo: 5) {
            var slice = ([UInt8(ascii: "\"")] + text)[...]
            let found = FormatTemplate.quoted(&slice)
            XCTAssertLessThanOrEqual(found.count + slice.count, text.count, "\(text)")
            if !text.contains(UInt8(ascii: "\"")) { XCTAssertTrue(slice.isEmpty, "\(text)") }
        }
    }

    func test_character_ofEveryByte_isItself_butABackslashBeforeAQuote() {
        let (backslash, quote) = (UInt8(ascii: "\\"), UInt8(ascii: "\""))
        for byte in UInt8.min...UInt8.max {
            var alone = [byte][...]
            XCTAssertEqual(FormatTemplate.character(&alone), [byte])
            XCTAssertTrue(alone.isEmpty)
            var behind = [backslash, byte][...]
            XCTAssertEqual(FormatTemplate.character(&behind), byte == quote ? [quote] : [backslash])
            XCTAssertEqual(Array(behind), byte == quote ? [] : [byte])
        }
        var empty: ArraySlice<UInt8> = []
        XCTAssertEqual(FormatTemplate.character(&empty), [])
    }

    func test_ordinal_ofAllNumbersBelowTenThousand_isEnglish() {
        for number in 0..<10_000 {
            let ending = (11...13).contains(number % 100) ? "th" : [1: "st", 2: "nd", 3: "rd"][number % 10] ?? "th"
            XCTAssertEqual(FormatTemplate.ordinal(Array("\(number)".utf8)[...], isUpper: false), ending, "\(number)")
            XCTAssertEqual(FormatTemplate.ordinal(Array("\(number)".utf8)[...], isUpper: true), ending.uppercased(), "\(number)")
        }
        XCTAssertEqual(FormatTemplate.ordinal([], isUpper: false), "th")
    }

    func test_checkLength_atTheBound() {
        XCTAssertNoThrow(try FormatTemplate.checkLength(FormatTemplate.byteCountMax))
        XCTAssertThrowsError(try FormatTemplate.checkLength(FormatTemplate.byteCountMax + 1))
    }
}
