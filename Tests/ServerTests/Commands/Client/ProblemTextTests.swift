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

    /// A document's own words come back in a reason: a terminal would set its title, or write over the lines above.
    func test_whatATerminalObeys_isShown() throws {
        let body = #"{"type":"/problems/invalid\u001b[2J","detail":"one\u009b31m\ntwo","errors":[{"pointer":"/\u001b]0;t\u0007","code":"c\u007f","message":"first\nrecord 9: second"}]}"#
        let problem = try JSONParser.parse(Array(body.utf8))
        XCTAssertEqual(APIClient.problemText(problem), "invalid·[2J: one·31m\ntwo\n  /·]0;t·: first·record 9: second (c·)")
        let answer = APIClient.Answer(status: 400, headers: [:], body: Array(body.utf8))
        XCTAssertEqual(APIClient.problemText(answer), APIClient.problemText(problem))
    }
}
