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
