import Documents
import Server
import XCTest

/// Goal: what the store says comes out of this API as its contract has it. Method: every code and every advice that there is.
final class ProblemTests: XCTestCase {
    func test_slug_ofEachCode_isItsOwnWord() {
        for code in Fault.Code.allCases { XCTAssertEqual(Problem.Slug(code).rawValue, code.rawValue) }
    }

    func test_problem_keepsTheFactsOfTheFault() {
        let violation = Fault.Violation(pointer: "/a", code: "c", message: "m")
        let problem = Problem(Fault(.differentDocument, "detail", errors: [violation], ticketID: "t", cause: "behind"))
        XCTAssertEqual(problem.slug, .differentDocument)
        XCTAssertEqual(problem.detail, "detail")
        XCTAssertEqual(problem.errors, [violation])
        XCTAssertEqual(problem.reasons, [violation])
        XCTAssertEqual(problem.ticketID, "t")
        XCTAssertEqual(problem.cause, "behind")
        XCTAssertEqual(Problem(Fault(.notFound, "gone")).reasons, [.init(pointer: "", code: "not-found", message: "gone")])
    }

    func test_advice_isSaidInHTTPsWords() {
        let words: [Fault.Advice: String] = [.sendAgainLater: "Retry-After", .nameType: "?type=", .listTypes: "GET /v1/types"]
        for advice in Fault.Advice.allCases {
            let detail = Problem(Fault(.unknownType, "what is wrong", advice: advice)).detail
            XCTAssertTrue(detail.hasPrefix("what is wrong; "), detail)
            XCTAssertTrue(detail.contains(words[advice] ?? "no words for \(advice)"), detail)
        }
    }
}
