import Documents
import XCTest

@testable import Server

/// Goal: whatever found a fault, its reasons read alike on the command line. Method: one of a member and one of the whole, as the store, an API and an answer say them.
final class ErrorTextTests: XCTestCase {
    private static let reasons = [
        Fault.Violation(pointer: "/total", code: "required", message: "a value is missing"), Fault.Violation(pointer: "", code: "duplicate-in-batch", message: "it came before"),
    ]

    /// The empty pointer is the whole document: a lone colon stood before what is wrong with it.
    func test_reasons_ofTheWhole_haveNoPlace() {
        let wanted = "\n  /total: a value is missing (required)\n  it came before (duplicate-in-batch)"
        XCTAssertEqual(ErrorText.reasons(Self.reasons), wanted)
        XCTAssertEqual(ErrorText.describe(Fault(.invalidDocument, "two faults", errors: Self.reasons)), "invalid-document: two faults" + wanted)
        XCTAssertEqual(ErrorText.describe(Problem(.invalidDocument, "two faults", errors: Self.reasons)), "invalid-document: two faults" + wanted)
        XCTAssertEqual(ErrorText.reasons([]), "")
    }
}
