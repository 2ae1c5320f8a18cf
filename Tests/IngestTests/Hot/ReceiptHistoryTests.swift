import XCTest

@testable import Documents
@testable import Ingest

/// Goal: a history says how its row was at a sequence, by what it notes of changes and by nothing else. Method: one that fails, is taken up again and is accepted.
final class ReceiptHistoryTests: XCTestCase {
    func test_state_throughASequence_isThatOfTheLastChangeByThen() {
        func changed(_ event: String, _ sequence: Int64) -> HistoryEvent { HistoryEvent(at: 0, event: event, details: [(name: "sequence", json: "\(sequence)")]) }
        var history = ReceiptHistory()
        XCTAssertNil(history.state(through: .max), "it was final as it came")
        history.events = [HistoryEvent(at: 0, event: "exhausted"), changed("failed", 7), HistoryEvent(at: 0, event: "redriven"), changed("processing", 9), changed("complete", 12)]
        XCTAssertEqual([6, 7, 8, 9, 11, 12, 40].map { history.state(through: $0) }, [.processing, .failed, .failed, .processing, .processing, .complete, .complete])
        XCTAssertEqual(history.lastChange, 12)
    }
}
