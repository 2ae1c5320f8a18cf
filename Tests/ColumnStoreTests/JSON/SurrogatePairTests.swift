import ColumnStore
import XCTest

/// Against the standard library's UTF-16, all of it.
final class SurrogatePairTests: XCTestCase {
    func test_codePoint_ofEveryCharacterPastTheFirstPlane_isTheCharacter() {
        var isRight = true
        for value in UInt32(0x10000)...0x10FFFF {
            guard let units = Unicode.Scalar(value).map({ Array(String(Character($0)).utf16).map(UInt32.init) }), units.count == 2 else { return XCTFail("\(value)") }
            isRight = isRight && SurrogatePair.isHigh(units[0]) && SurrogatePair.isLow(units[1]) && SurrogatePair.codePoint(units[0], units[1]) == value
        }
        XCTAssertTrue(isRight)
    }

    func test_halves_areTheThousandEach_andNothingBeside() {
        let values = Array(UInt32(0)...0x1FFFF) + [0xFFFF_D800, 0xFFFF_DC00, .max]
        XCTAssertEqual(values.filter(SurrogatePair.isHigh), Array(0xD800...0xDBFF))
        XCTAssertEqual(values.filter(SurrogatePair.isLow), Array(0xDC00...0xDFFF))
    }
}
