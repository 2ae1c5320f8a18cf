import TestSupport
import XCTest

@testable import Ingest

/// Goal: a page of changes holds twice its changes in memory at most, however many its window has. Method: windows of random order against
/// their sorted list; exhaustively at small sizes.
final class ChangeWindowTests: XCTestCase {
    private static let receipt = ReceiptSummary(
        ticketID: "t", clientID: "c", receiptID: "r", type: "t", businessDay: 0, state: .complete, sequence: 1)

    private func change(_ sequence: Int64) -> ChangePage.Change { .init(sequence: sequence, at: 0, event: "e", receipt: Self.receipt) }

    func test_add_endsPastTwiceTheLimit_andTheBoundHoldsEnough() {
        var random = SplitMix64(state: 0x5EED)
        for limit in 1...6 {
            for count in 0...20 {
                let sequences = (1...Int64(max(count, 1))).prefix(count).shuffled(using: &random)
                var lowest = StoreReader.LowestChanges(limit: limit)
                var addedCount = 0
                for sequence in sequences {
                    addedCount += 1
                    XCTAssertGreaterThan(lowest.roomCount, 0)
                    if !lowest.add(change(sequence)) { break }
                }
                XCTAssertEqual(addedCount, min(count, 2 * limit + 1), "of \(count), limit \(limit)")
                guard count > 2 * limit else {
                    XCTAssertEqual(lowest.sorted().map(\.sequence), sequences.sorted().prefix(limit).map { $0 })
                    continue
                }
                // Up to the bound there are as many as wanted, and the window gets narrower.
                XCTAssertGreaterThanOrEqual(sequences.count { $0 <= lowest.bound }, limit)
                XCTAssertLessThan(lowest.bound, Int64(count))
            }
        }
    }

    func test_changes_ofAWindowWithManyMore_arePagedWithoutGap() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path)
        defer { XCTAssertNoThrow(try fixture.engine.close()) }
        for number in 0..<30 { _ = try fixture.taken(EngineFixture.receipt("R-\(number)")) }
        for limit in [1, 2, 7, 14, 15, 29, 30, 31] {
            var (after, seen): (Int64, [Int64]) = (0, [])
            while case let page = try fixture.engine.changes(after: after, limit: limit, as: .admin), !page.changes.isEmpty {
                XCTAssertLessThanOrEqual(page.changes.count, limit)
                seen += page.changes.map(\.sequence)
                after = page.nextAfter
            }
            XCTAssertEqual(seen, Array(1...30), "limit \(limit)")
        }
    }
}
