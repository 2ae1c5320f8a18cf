import XCTest

@testable import Ingest

/// Goal: whoever holds a moment finds how rows were at it, and what nobody holds any more goes. Method: moments of a chain of commits, and a chain too long for a stack.
final class EarlierStatesTests: XCTestCase {
    private func row(_ row: Int64, _ state: ReceiptState, endedAt: Int64? = nil) -> EarlierStates.Row {
        EarlierStates.Row(row: row, sequence: 100 + row, state: state, completedAt: endedAt)
    }

    private func texts(_ rows: [Int64: EarlierStates.Row]) -> [String] {
        rows.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value.state.rawValue) \($0.value.completedAt ?? 0)" }
    }

    func test_rows_areAsTheyWereAtTheMoment_whateverCameAfter() {
        let first = EarlierStates()
        let second = first.adding([row(1, .processing), row(2, .processing)], of: "a")
        let third = second.adding([row(1, .failed, endedAt: 7)], of: "a").adding([row(1, .complete, endedAt: 9)], of: "b")
        XCTAssertEqual(texts(first.rows(of: "a")), ["1 PROCESSING 0", "2 PROCESSING 0"])
        XCTAssertEqual(texts(second.rows(of: "a")), ["1 FAILED 7"])
        XCTAssertEqual(texts(second.rows(of: "b")), ["1 COMPLETE 9"])
        XCTAssertEqual(texts(first.bySequence), ["101 PROCESSING 0", "102 PROCESSING 0"])
        XCTAssertTrue(third.rows(of: "a").isEmpty && third.rows(of: "b").isEmpty && third.bySequence.isEmpty)
    }

    /// Each by the one before it would be a call within a call.
    func test_longChain_isLetGoOfWithoutAStackAsLong() throws {
        var first: EarlierStates? = EarlierStates()
        var last = try XCTUnwrap(first)
        weak var middle: EarlierStates?
        for number in 0..<300_000 {
            last = last.adding([row(Int64(number), .processing)], of: "a")
            if number == 150_000 { middle = last }
        }
        XCTAssertEqual(first?.rows(of: "a").count, 300_000)
        XCTAssertNotNil(middle)
        first = nil
        XCTAssertNil(middle, "what came before the last moment is nobody's any more")
        XCTAssertTrue(last.rows(of: "a").isEmpty)
    }
}
