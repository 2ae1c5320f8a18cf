import Documents
import Ingest
import XCTest

@testable import Server

/// Goal: a fault of the store has PostgreSQL's code for its cause, and words that are this door's. Method: every code of the store, and the slugs of which one failed.
final class FaultStatesTests: XCTestCase {
    func test_faultsOfTheStore_areNoInternalErrors() {
        for slug in Problem.Slug.allCases where slug != .internalError {
            XCTAssertNotEqual(FaultStates.state(slug), .internalError, slug.rawValue)
        }
        let table: [(Problem.Slug, String)] = [
            (.notLeader, "57P03"), (.storageUnavailable, "58030"), (.sensitive, "42501"), (.notFound, "42704"), (.tooLarge, "54000"), (.requestTimeout, "57014"), (.overloaded, "53300"), (.internalError, "XX000"),
        ]
        for (slug, state) in table { XCTAssertEqual(FaultStates.state(slug).rawValue, state, slug.rawValue) }
    }

    /// In PostgreSQL's words and code, which drivers know; over HTTP it is asked again.
    func test_snapshotThatIsTooOld_isSaidAsPostgreSQLDoes() {
        let fault = FaultStates.fault(SnapshotTooOld())
        XCTAssertEqual(fault.state.rawValue, "72000")
        XCTAssertEqual(fault.severity, .error)
        XCTAssertTrue(fault.message.hasPrefix("snapshot too old"), fault.message)
        let problem = ProblemMapping.problem(for: SnapshotTooOld())
        XCTAssertEqual(problem.slug, .overloaded)
        XCTAssertEqual(problem.sqlState, "72000")
        XCTAssertTrue(problem.detail.hasPrefix("snapshot too old"), problem.detail)
    }

    func test_advice_namesNothingOfHTTP() {
        for advice in Fault.Advice.allCases {
            let fault = FaultStates.fault(Fault(.storageUnavailable, "cold receipts cannot be read", advice: advice))
            let words = fault.message + (fault.hint ?? "")
            for word in ["Retry-After", "?type", "/v1/"] { XCTAssertFalse(words.contains(word), words) }
        }
    }
}
