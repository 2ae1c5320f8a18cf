import ColumnStore
import XCTest

@testable import Documents
@testable import Ingest

/// Goal: documents of a hot file are read in batches that fit memory, wherever the long ones lie. Method: the same documents, the long ones among the others of one client, and a client's own,
/// which by client are neighbours.
final class HotBatchesTests: XCTestCase {
    /// - Parameter apart: whether the long documents are another client's.
    private func batchRowCount(apart: Bool) throws -> Int {
        let directory = TemporaryDirectory()
        let store = try HotTierFixture.Store(directory.path)
        defer { store.close() }
        let long = String(repeating: "x", count: 10_000)
        let rows = try (0..<400).map { number in
            let isLong = number % 20 == 0
            return try HotTierFixture.row("R-\(number)", client: isLong && apart ? "b" : "a", salt: isLong ? long : "")
        }
        _ = try store.stored(rows)
        let file = try XCTUnwrap(store.tier.boundary.snapshot().files.first)
        // About 600 bytes on average.
        return try file.batchRowCount(1...400, documentByteCount: 20_000)
    }

    func test_batches_haveFewerRows_whereLongDocumentsAreNeighbours() throws {
        XCTAssertGreaterThan(try batchRowCount(apart: false), 25)
        XCTAssertEqual(try batchRowCount(apart: true), 16)
    }
}
