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
}
