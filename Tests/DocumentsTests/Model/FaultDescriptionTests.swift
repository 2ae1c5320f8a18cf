import ColumnStore
import Documents
import XCTest

/// Goal: a fault that is shown where an error of any kind may stand is words, and no dump of its members. Method: examples.
final class FaultDescriptionTests: XCTestCase {
    func test_faults_asText_areWords_withoutWhatIsForTheLogAlone() {
        let plain: any Error = Fault(.badParameter, "a place is wanted", cause: "/srv/secret")
        XCTAssertEqual("\(plain)", "bad-parameter: a place is wanted")
        XCTAssertEqual(StoreLog.text(plain), "bad-parameter: a place is wanted [/srv/secret]")
        XCTAssertEqual(StoreLog.text(Fault(.badParameter, "a place is wanted")), "bad-parameter: a place is wanted")
        let reasons = [Fault.Violation(pointer: "/to", code: "bad-destination", message: "is within the store"), .init(pointer: "", code: "required", message: "a place")]
        XCTAssertEqual("\(Fault(.badParameter, "wrong", errors: reasons))", "bad-parameter: wrong (/to: is within the store; a place)")
    }

    func test_shorten_pastWhatABodyMayHave_leavesTheFirst_andNoMoreThanSomeWordsOfIt() {
        let reasons = [Fault.Violation(pointer: "/" + String(repeating: "ї", count: 5_000), code: "a", message: "m"), .init(pointer: "/b", code: "b", message: "n")]
        var byteCount = 0
        var first = Fault(.invalidDocument, "two faults", errors: reasons)
        first.shorten(&byteCount)
        XCTAssertEqual(first.errors, reasons)
        XCTAssertEqual(first.detail, "two faults")
        XCTAssertEqual(byteCount, 10_001 + 1 + 64 + 2 + 1 + 64)
        byteCount = Fault.bodyByteCountMax + 1
        var later = Fault(.invalidDocument, "two faults", errors: reasons)
        later.shorten(&byteCount)
        XCTAssertEqual(later.errors.map(\.code), ["a"])
        XCTAssertEqual(later.errors.first?.pointer, "/" + String(repeating: "ї", count: 999) + " …")
        let hint = " (the first of 2 is shown: the faults of this body are too many)"
        XCTAssertEqual(later.detail, "two faults" + hint)
        XCTAssertEqual(later.errors.first?.message, "m" + hint)
        XCTAssertLessThan(byteCount, Fault.bodyByteCountMax + 3_000)
        // In an answer that shortens what its reader has shortened.
        let shortened = later
        later.shorten(&byteCount)
        XCTAssertEqual([later.detail, later.errors[0].pointer, later.errors[0].message], [shortened.detail, shortened.errors[0].pointer, shortened.errors[0].message])
        var plain = Fault(.tooLarge, "too large")
        plain.shorten(&byteCount)
        XCTAssertEqual("\(plain)", "too-large: too large")
    }
}
