import ColumnStore
@testable import Query
import XCTest

/// Texts that are cast, as constants while a statement is bound and row by row.
final class TextCastKernelsTests: XCTestCase {
    /// They are numbers to PostgreSQL, so that whoever reads them is not told that they are none.
    func test_decimals_ofTextsThatAreNoFiniteNumbers_areNotSupported() {
        let type = ColumnType.decimal(precision: 9, scale: 2)
        for text in ["NaN", " nan ", "Infinity", "-inf"] {
            XCTAssertThrowsError(try TextCastKernels.value(Array(text.utf8)[...], type, zone: .utc), text) {
                XCTAssertEqual($0 as? KernelError, .outside(.notSupported, ValueText.noDecimal), text)
            }
            XCTAssertThrowsError(try LiteralCast.value(of: Array(text.utf8), as: type, at: 1), text) { XCTAssertEqual(($0 as? QueryError)?.slug, .unsupportedSQL, text) }
        }
        XCTAssertThrowsError(try TextCastKernels.value(Array("nano".utf8)[...], type, zone: .utc)) { XCTAssertEqual($0 as? KernelError, .invalidText("DECIMAL(9,2)")) }
        XCTAssertThrowsError(try LiteralCast.value(of: Array("nano".utf8), as: type, at: 1)) { XCTAssertEqual(($0 as? QueryError)?.cause, .invalidText) }
    }

    func test_uuids_haveHyphensBehindEachFourDigits_andBracesAroundAllOfIt() {
        let bytes = [UInt8](0..<16), digits = "000102030405060708090a0b0c0d0e0f"
        for text in [digits, digits.uppercased(), "00010203-0405-0607-0809-0a0b0c0d0e0f", "0001-0203-0405-0607-0809-0a0b-0c0d-0e0f", "{\(digits)}", "{00010203-04050607-0809-0a0b0c0d0e0f}"] {
            XCTAssertEqual(try TextCastKernels.value(Array(text.utf8)[...], .uuid, zone: .utc), .bytes(bytes), text)
            XCTAssertEqual(try LiteralCast.value(of: Array(text.utf8), as: .uuid, at: 1), .bytes(bytes), text)
        }
        let others = [
            "", "{", "{}", "0-0-0102030405060708090a0b0c0d0e0f", "000-102030405060708090a0b0c0d0e0f", "00010203--0405-0607-0809-0a0b0c0d0e0f", "-\(digits)", "\(digits)-", "{\(digits)", "\(digits)}", "{{\(digits)}}",
            "{\(digits)-}", " \(digits)", "\(digits) ", "\(digits)0", "\(digits)-00", String(digits.dropLast()),
        ]
        for text in others {
            XCTAssertThrowsError(try TextCastKernels.value(Array(text.utf8)[...], .uuid, zone: .utc), text) { XCTAssertEqual($0 as? KernelError, .invalidText("UUID"), text) }
            XCTAssertThrowsError(try LiteralCast.value(of: Array(text.utf8), as: .uuid, at: 1), text) { XCTAssertEqual(($0 as? QueryError)?.cause, .invalidText, text) }
        }
    }

    /// PostgreSQL reads DOUBLEs as C does, and NUMERICs by itself: there it is no number.
    func test_NaNsWithASign_areDoublesAlone() {
        for text in ["-NaN", " +nan "] {
            let bytes = Array(text.utf8)
            XCTAssertEqual(try NumberText.readDouble(bytes)?.isNaN, true, text)
            XCTAssertEqual(ValueText.double(bytes[...])?.isNaN, true, text)
            XCTAssertThrowsError(try TextCastKernels.value(bytes[...], .decimal(precision: 9, scale: 2), zone: .utc), text) { XCTAssertEqual($0 as? KernelError, .invalidText("DECIMAL(9,2)"), text) }
        }
    }
}
