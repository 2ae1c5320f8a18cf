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

    /// Of several changes the first counts, whichever call found it; a row that was there is not lost.
    func test_reader_hasWhatTheMomentHas_howeverOftenItGoesOn() {
        let first = EarlierStates()
        var reader = EarlierStates.Reader(first)
        reader.goOn()
        XCTAssertTrue(reader.bySequence.isEmpty)
        var last = first.adding([row(1, .processing)], of: "a")
        reader.goOn()
        XCTAssertEqual(texts(reader.bySequence), ["101 PROCESSING 0"])
        last = last.adding([row(1, .failed, endedAt: 7), row(2, .processing)], of: "a")
        last = last.adding([row(2, .complete, endedAt: 9)], of: "a")
        for _ in 0..<2 {
            reader.goOn()
            XCTAssertEqual(texts(reader.bySequence), ["101 PROCESSING 0", "102 PROCESSING 0"])
            XCTAssertEqual(texts(first.bySequence), texts(reader.bySequence))
        }
    }

    /// What a reader has gone through is not kept for it.
    func test_reader_keepsNoMomentThatIsBehindIt() {
        var reader = EarlierStates.Reader(EarlierStates())
        weak var passed: EarlierStates?
        do {
            let first = EarlierStates()
            reader = EarlierStates.Reader(first)
            let second = first.adding([row(1, .processing)], of: "a")
            passed = second
            _ = second.adding([row(2, .processing)], of: "a")
            reader.goOn()
        }
        XCTAssertNil(passed)
        XCTAssertEqual(reader.bySequence.count, 2)
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
