import Foundation
import TestSupport
import XCTest

@testable import Ingest

/// Goal: what the writer knows of documents is that of one transaction: a file of nothing but repeats takes no more memory than a piece of it. Method: transactions
/// that meet documents and add nothing, and what is held after each.
final class VersionNumberingTests: XCTestCase {
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
