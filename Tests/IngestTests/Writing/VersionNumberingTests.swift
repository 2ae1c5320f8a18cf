import Foundation
import TestSupport
import XCTest

@testable import Ingest

/// Goal: what the writer knows of documents is that of one transaction: a file of nothing but repeats takes no more memory than a piece of it. Method: transactions
/// that meet documents and add nothing, and what is held after each.
final class VersionNumberingTests: XCTestCase {
    /// An array that is refused as a whole has added nothing, for those who come in the same transaction either.
    func test_undo_leavesWhatWasThereBefore() throws {
        let folder = try Project.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let index = try VersionIndex.open(path: folder.path + "/versions.sqlite", store: "S", sequence: 0)
        defer { try? index.close() }
        let numbering = VersionNumbering(index: index, boundary: TierBoundary())
        func entry(_ version: Int32, _ sequence: Int64) -> VersionEntry {
            VersionEntry(
                version: version, sequence: sequence, ticket: ULID(high: 0, low: UInt64(sequence)), receivedAt: sequence, businessDay: 20_000, state: .complete, isRemoval: false,
                content: [UInt8(version)], type: "t", typeVersion: 1)
        }
        let (one, other) = (VersionKey(table: "t_history", client: [1], receipt: [1]), VersionKey(table: "t_history", client: [1], receipt: [2]))
        try numbering.add(entry(1, 1), of: one)
        let count = numbering.count
        try numbering.add(entry(2, 2), of: one)
        try numbering.add(entry(1, 3), of: other)
        XCTAssertEqual(try [one, other].map { try numbering.newest($0)?.version }, [2, 1])
        numbering.undo(count: count)
        XCTAssertEqual(try [one, other].map { try numbering.newest($0)?.version }, [1, nil])
        // What is known in the end is what was not taken back.
        _ = try numbering.publish(through: 3)
        XCTAssertEqual(try [one, other].map { try index.newest($0)?.version }, [1, nil])
        // Looked for together, they are found as they are one by one.
        try numbering.meet([one, other])
        XCTAssertEqual(try [one, other].map { try numbering.newest($0)?.version }, [1, nil])
    }

    func test_publish_ofRepeatsAlone_holdsNothing() throws {
        let folder = try Project.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let index = try VersionIndex.open(path: folder.path + "/versions.sqlite", store: "S", sequence: 0)
        defer { try? index.close() }
        let numbering = VersionNumbering(index: index, boundary: TierBoundary())
        for round in 0..<3 {
            try numbering.meet((0..<200).map { VersionKey(table: "t_history", client: [1], receipt: Array("R-\(round)-\($0)".utf8)) })
            XCTAssertEqual(numbering.heldCount, 200)
            XCTAssertNil(try numbering.publish(through: 0))
            XCTAssertEqual(numbering.heldCount, 0, "round \(round)")
        }
    }
}
