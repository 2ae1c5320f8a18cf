import TestSupport
import XCTest

@testable import Query

/// Goal: a cell takes what it holds, however long its text is. Method: the process's memory, and texts whose escapes stand where the text is divided.
final class WorkbookTextTests: XCTestCase {
    func test_text_ofAnyLength_takesNoMoreThanACellHolds() throws {
        let count = 4 << 20
        let start = try PeakMemory.reset()
        // Laid down nowhere.
        let cell = WorkbookText(repeatElement(UInt8(ascii: "x"), count: count))
        XCTAssertLessThan(try PeakMemory.byteCount() - start, 16 << 20)
        let mark = " … [cut: \(count) characters]"
        XCTAssertTrue(cell.isCut)
        XCTAssertEqual(String(decoding: cell.bytes.dropLast(), as: UTF8.self), String(repeating: "x", count: WorkbookText.unitCountMax - mark.utf8.count) + mark)
    }

    /// Texts are gone through some thousand characters at a time.
    func test_escapes_areFound_whereverTheyStand() {
        for count in [0, 1, 4_080, 8_170, 32_730] {
            for before in count..<(count + 14) {
                let text = String(repeating: "a", count: before) + "_x0041_\u{1}"
                let cell = WorkbookText(Array(text.utf8))
                XCTAssertFalse(cell.isCut, "\(before)")
                XCTAssertEqual(String(decoding: cell.bytes.dropLast(), as: UTF8.self), String(repeating: "a", count: before) + "_x005F_x0041__x0001_", "\(before)")
            }
        }
    }
}
