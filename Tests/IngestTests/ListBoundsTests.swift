import ColumnStore
import XCTest

@testable import Documents
@testable import Ingest

/// Goal: a page of a list holds no more than the page, however much there is. Method: what is collected for a page is counted, and pages of large entries are walked.
final class ListBoundsTests: XCTestCase {
    private func change(_ sequence: Int64) -> ChangePage.Change {
        ChangePage.Change(
            sequence: sequence, at: 0, event: "receipt.complete",
            receipt: ReceiptSummary(
                ticketID: "", clientID: "c", receiptID: "R", type: "t", businessDay: 0, state: .complete, sequence: sequence))
    }

    /// Of a window only twice as many changes as are wanted are held; then it is said how far a narrower one need go.
    func test_changes_ofAWindow_areHeldTwiceThePageAtMost() {
        var lowest = Engine.LowestChanges(limit: 3)
        for sequence in [60, 20, 50, 10, 40, 30] as [Int64] { XCTAssertTrue(lowest.add(change(sequence))) }
        XCTAssertEqual(lowest.roomCount, 1)
        XCTAssertFalse(lowest.add(change(70)), "more than twice the page are held")
        XCTAssertEqual(lowest.bound, 30)
        XCTAssertEqual(lowest.sorted().map(\.sequence), [10, 20, 30])
    }

    /// Windows that turn out too full are begun anew: nothing is skipped, and pages of one are right as well.
    func test_changes_pagesOfOne_skipNothing() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path)
        for number in 0..<30 { _ = try fixture.taken(EngineFixture.receipt("R-\(number)")) }
        var (after, seen): (Int64, [String]) = (0, [])
        while let change = try fixture.engine.changes(after: after, limit: 1, as: .admin).changes.first {
            seen.append(change.receipt.receiptID)
            after = change.sequence
        }
        XCTAssertEqual(seen, (0..<30).map { "R-\($0)" })
        try fixture.engine.close()
    }

    /// Thirty entries of 0.9 MB are no one page, whatever was asked for; and the pages together are all.
    func test_quarantine_largeEntries_makeShorterPages() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path)
        let count = 30
        for number in 0..<count {
            guard case .refused(let problem) = fixture.take(#"{"n":\#(number),"x":""# + String(repeating: "x", count: 900_000) + #""}"#) else { return XCTFail("taken") }
            XCTAssertNotNil(problem.ticketID)
        }
        var (cursor, sizes): (String?, [Int]) = (nil, [])
        repeat {
            let page = try fixture.engine.quarantine(client: nil, cursor: cursor, limit: 1_000, as: .admin)
            sizes.append(page.entries.count)
            XCTAssertLessThanOrEqual(page.entries.reduce(0) { $0 + $1.document.count }, Int(Quarantine.listByteCountMax))
            cursor = page.nextCursor
        } while cursor != nil
        XCTAssertEqual(sizes.reduce(0, +), count)
        XCTAssertGreaterThan(sizes.count, 1)
        try fixture.engine.close()
    }
}
