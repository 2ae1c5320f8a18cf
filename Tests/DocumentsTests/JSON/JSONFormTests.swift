import XCTest

@testable import Documents

/// Goal: what memory is charged by is never less than what is written. Method: a text with each scalar of two bytes at most, and with many of the longer ones.
final class JSONFormTests: XCTestCase {
    func test_quotedByteCount_isNoLessThanWhatIsQuoted_andTheSameWithoutControlCharacters() {
        let values = Array((0 as UInt32)..<0x800) + Array(stride(from: 0x800 as UInt32, through: 0x10FFFF, by: 97))
        for value in values {
            guard let scalar = Unicode.Scalar(value) else { continue }
            let text = "a\(scalar)b"
            let (written, counted) = (JSONForm.quoted(text).utf8.count, JSONForm.quotedByteCount(text.utf8))
            if value < 0x20 { XCTAssertLessThanOrEqual(written, counted, "\(value)") } else { XCTAssertEqual(written, counted, "\(value)") }
        }
        XCTAssertEqual(JSONForm.quotedByteCount("".utf8), JSONForm.quoted("").utf8.count)
    }
}
