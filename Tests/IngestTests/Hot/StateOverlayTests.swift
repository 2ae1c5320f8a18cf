import ColumnStore
import XCTest

@testable import Documents
@testable import Ingest

/// Goal: a state that changed while its row's columns were laid down is not forgotten with them. Method: changes before, at and after the sequence that
/// was laid down, over the blocks' borders.
final class StateOverlayTests: XCTestCase {
    func test_remove_leavesWhatChangedLater() {
        var overlay = StateOverlay()
        let rows: [Int64] = [1, 1_023, 1_024, 5_000]
        for (place, row) in rows.enumerated() { overlay.set(row, HotFile.StateChange(state: .complete, completedAt: Int64(place)), sequence: 10 + Int64(place)) }
        overlay.remove(1...2_000, through: 11)
        XCTAssertEqual(rows.map { overlay[$0]?.completedAt }, [nil, nil, 2, 3])
        overlay.set(1, HotFile.StateChange(state: .failed, completedAt: 7), sequence: 20)
        overlay.remove(0...10_000, through: 19)
        XCTAssertEqual(rows.map { overlay[$0]?.completedAt }, [7, nil, nil, nil])
        XCTAssertEqual(overlay[1]?.state, .failed)
        XCTAssertTrue(overlay.mayHaveChange(in: 0...5))
        overlay.remove(1...1, through: 20)
        XCTAssertTrue(overlay.isEmpty)
    }

    /// Rows of an image lie by client, so that their ids do not ascend.
    func test_changes_ofRowsInAnyOrder_standAtTheirPlaces() {
        var overlay = StateOverlay()
        let changed: [Int64] = [5, 70, 1_500, 9_000]
        for row in changed { overlay.set(row, HotFile.StateChange(state: .failed, completedAt: row), sequence: row) }
        for rows in [[5, 6, 70, 1_500, 1_501, 9_000], [9_000, 5, 1_501, 70, 6, 1_500], [8_999, 6, 7], []] as [[Int64]] {
            let found = overlay.changes(of: Column(type: .int64, count: rows.count, values: .int64(rows)))
            XCTAssertEqual(found.map(\.place), rows.indices.filter { changed.contains(rows[$0]) })
            for (place, change) in found { XCTAssertEqual(change.completedAt, rows[place]) }
        }
    }
}
