import ColumnStore
import Documents
import XCTest

@testable import Ingest

/// Goal: a page of the quarantine's list holds no more than a page, however large its entries. Method: pages of large ones are walked.
final class QuarantinePageTests: XCTestCase {
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
        // Without the documents, as a list of tickets wants them, they are no page.
        let tickets = try fixture.engine.quarantine(client: nil, received: ReceivedSpan(), cursor: nil, limit: 1_000, withDocuments: false, as: .admin) { _ in }
        XCTAssertEqual(tickets.entries.count, count)
        XCTAssertNil(tickets.nextCursor)
        XCTAssertTrue(tickets.entries.allSatisfy { $0.document.isEmpty })
        try fixture.engine.close()
    }
}
