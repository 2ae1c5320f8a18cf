import ColumnStore
import XCTest

/// Goal: no operation on numbers from outside traps, and each says what the exact result says. Method: all pairs of eight bits, and the
/// ends of 64, against a wider type.
final class CheckedArithmeticTests: XCTestCase {
    func test_allPairsOfEightBits_agreeWithWiderArithmetic() {
        for left in Int8.min...Int8.max {
            for right in Int8.min...Int8.max {
                let (wideLeft, wideRight) = (Int(left), Int(right))
                XCTAssertEqual(left.addingOrNil(right), Int8(exactly: wideLeft + wideRight))
                XCTAssertEqual(left.subtractingOrNil(right), Int8(exactly: wideLeft - wideRight))
                XCTAssertEqual(left.multipliedOrNil(by: right), Int8(exactly: wideLeft * wideRight))
                XCTAssertEqual(left.dividedOrNil(by: right), right == 0 ? nil : Int8(exactly: wideLeft / wideRight))
                XCTAssertEqual(left.addingSaturating(right), Int8(clamping: wideLeft + wideRight))
                XCTAssertEqual(left.subtractingSaturating(right), Int8(clamping: wideLeft - wideRight))
                XCTAssertEqual(left.multipliedSaturating(by: right), Int8(clamping: wideLeft * wideRight))
            }
            XCTAssertEqual(left.negatedOrNil, Int8(exactly: -Int(left)))
        }
        for left in UInt8.min...UInt8.max {
            for right in UInt8.min...UInt8.max {
                XCTAssertEqual(left.subtractingSaturating(right), UInt8(clamping: Int(left) - Int(right)))
                XCTAssertEqual(left.addingSaturating(right), UInt8(clamping: Int(left) + Int(right)))
                XCTAssertEqual(left.multipliedSaturating(by: right), UInt8(clamping: Int(left) * Int(right)))
            }
        }
    }

    func test_doubles_atTheEndsOfTheirRange_giveNilOrTheEnd() {
        XCTAssertEqual(Int8(wholePartOf: -128.999), -128)
        XCTAssertNil(Int8(wholePartOf: -129))
        XCTAssertEqual(Int8(wholePartOf: 127.999), 127)
        XCTAssertNil(Int8(wholePartOf: 128))
        XCTAssertEqual(UInt8(wholePartOf: -0.5), 0)
        XCTAssertNil(UInt8(wholePartOf: -1))
        XCTAssertEqual(Int(wholePartOf: -0x1p63), .min)
        XCTAssertNil(Int(wholePartOf: 0x1p63))
        XCTAssertNil(Int(wholePartOf: -0x1.0000000000001p63))
        XCTAssertEqual(Int(wholePartOf: 0x1.fffffffffffffp62), 0x7FFF_FFFF_FFFF_FC00)
        XCTAssertEqual(UInt64(wholePartOf: 0x1.fffffffffffffp63), 0xFFFF_FFFF_FFFF_F800)
        for value in [Double.nan, .infinity, -.infinity, .greatestFiniteMagnitude] { XCTAssertNil(Int64(wholePartOf: value)) }
        XCTAssertEqual(Int64(saturating: .nan), 0)
        XCTAssertEqual(Int64(saturating: -.infinity), .min)
        XCTAssertEqual(Int64(saturating: 1e300), .max)
        XCTAssertEqual(Int128(saturating: 0x1p127), .max)
        XCTAssertEqual(Int128(saturating: -0x1p127), .min)
    }
}
