import ColumnStore
import XCTest

@testable import Documents
@testable import Ingest

/// What the writer checks before a group is durable: an answer has one outcome for each row, and names only rows that there are.
final class SubmissionTests: XCTestCase {
    func test_takes_answersOfEachSize_onlyThoseOfItsRows() throws {
        for count in 0...3 {
            let rows = try (0..<count).map { try HotTierFixture.row("R-\($0)") }
            for isAtomic in [true, false] {
                let submission = Submission(rows: rows, earlier: rows.map { _ in nil }, generation: 0, isAtomic: isAtomic) { _ in }
                for outcomeCount in 0...4 {
                    let outcomes = (0..<outcomeCount).map { Submission.Outcome.conflict(ticketID: "T-\($0)") }
                    XCTAssertEqual(submission.takes(.done(outcomes)), outcomeCount == count, "\(outcomeCount) outcomes for \(count) rows")
                }
                for place in -1...4 {
                    let isKnown = submission.takes(.conflicts([.init(place: place, ticketID: "T")]))
                    XCTAssertEqual(isKnown, isAtomic && (0..<count).contains(place), "row \(place) of \(count)")
                }
                XCTAssertFalse(submission.takes(.conflicts([])))
                XCTAssertTrue(submission.takes(.refused(Fault(.overloaded, "a test"))))
            }
        }
    }
}
