import ColumnStore
import Query
import Synchronization
import XCTest

@testable import Ingest

/// Goal: what comes out of a client's own part of a table does not depend on what lies beside it. Method: what the table beneath is asked for.
final class OwnTableTests: XCTestCase {
    private final class Asked: TableSource {
        let schema = Schema([Field("id", .int64)])
        let statistics = TableStatistics(rowCount: 1)
        let request = Mutex<ScanRequest?>(nil)

        func scan(_ request: ScanRequest) throws -> any TableScan {
            self.request.withLock { $0 = request }
            throw ColumnStoreError(.invalidRequest, "nobody scans")
        }
    }

    /// How far a bound has moved when a row is looked at follows from the batches before, which have others' rows too.
    func test_scan_ofOwnRows_hasNoBoundThatMoves() throws {
        let asked = Asked(), bound = MovingBound(isDescending: false, takesNulls: false, takesEqual: true)
        bound.draw(to: .integer(1))
        var request = ScanRequest(projection: ["id"])
        request.runtimeFilters = [RuntimeFilter("id", bound), RuntimeFilter("id", bounds: .isNotNull) { Bitmap(repeating: true, count: $0.count) }]
        XCTAssertThrowsError(try OwnTable(asked).scan(request))
        let inner = try XCTUnwrap(asked.request.withLock { $0 })
        XCTAssertEqual(inner.runtimeFilters.count, 1)
        XCTAssertNil(inner.runtimeFilters.first?.moving)
    }
}
