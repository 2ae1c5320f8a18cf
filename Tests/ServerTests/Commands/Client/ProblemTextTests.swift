import ColumnStore
import XCTest

@testable import Server

/// Goal: a problem of the server is a person's to read on the command line. Method: one with reasons of a member and of the whole.
final class ProblemTextTests: XCTestCase {
    func test_problem_saysItsReasons_withTheirPlaces() throws {
        let body = #"{"type":"/problems/invalid-document","detail":"two faults","errors":[{"pointer":"/total","code":"required","message":"a value is missing"},{"pointer":"","code":"duplicate-in-batch","message":"it came before"}]}"#
        XCTAssertEqual(
            APIClient.problemText(try JSONParser.parse(Array(body.utf8))), "invalid-document: two faults\n  /total: a value is missing (required)\n  it came before (duplicate-in-batch)")
    }
}
