import ColumnStore
import XCTest

/// Every byte alone, every short path of parts, and the lengths around each limit.
final class ObjectKeyTests: XCTestCase {
    func test_isValid_everyByte_isThatOfThePlainOnes() {
        let allowed = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._=-".utf8)
        for byte in UInt8.min..<0x80 {
            let text = "a" + String(decoding: [byte], as: UTF8.self) + "a"
            XCTAssertEqual(ObjectKey.isValid(text), allowed.contains(byte) || byte == UInt8(ascii: "/"), text)
        }
        XCTAssertFalse(ObjectKey.isValid("ключ"))
    }

    func test_isValid_everyShortPath_staysWithinItsRoot() {
        let parts = ["", ".", "..", "a", "...", "a.b"]
        for first in parts {
            XCTAssertEqual(ObjectKey.isValid(first), !["", ".", ".."].contains(first), first)
            for second in parts {
                let path = "\(first)/\(second)"
                XCTAssertEqual(ObjectKey.isValid(path), !["", ".", ".."].contains(first) && !["", ".", ".."].contains(second), path)
            }
        }
    }

    func test_check_lengths_endAtTheLimits() {
        let part = String(repeating: "a", count: 255)
        XCTAssert(ObjectKey.isValid(part))
        XCTAssertFalse(ObjectKey.isValid(part + "a"))
        let most = [part, part, part, String(repeating: "a", count: ObjectKey.byteCountMax - 3 * 256)].joined(separator: "/")
        XCTAssertEqual(most.utf8.count, ObjectKey.byteCountMax)
        XCTAssertNoThrow(try ObjectKey.check(most))
        XCTAssertThrowsError(try ObjectKey.check(most + "a"))
    }
}
