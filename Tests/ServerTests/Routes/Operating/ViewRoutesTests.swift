import ColumnStore
import Ingest
import Query
import XCTest

@testable import Server

/// Goal: a page of views is bound in the time of one call, and says of each view on it what is true. Method: views over no tables, and a time that is over.
final class ViewRoutesTests: XCTestCase {
    func test_bodies_timeIsOver_endsThePageAfterTheFirst() {
        let views = ["a", "b", "c"].map { SavedView(name: $0, query: "SELECT 1 AS x", description: nil, columns: [.init(name: "x", type: "INTEGER")], reads: []) }
        let context = QueryContext(catalog: FixedCatalog([]), now: 0)
        let all = ViewRoutes.bodies(views, context, Cancellation(timeLimitSeconds: 3_600))
        XCTAssertEqual(all.map(\.view.name), ["a", "b", "c"])
        let cut = ViewRoutes.bodies(views, context, Cancellation(timeLimitSeconds: -1, ending: "binding the view"))
        XCTAssertEqual(cut.map(\.view.name), ["a"], "those behind it are asked for by the cursor")
        XCTAssertEqual(cut.first?.fault, "binding the view ran out of time: ask for less, or raise limits.query_time")
    }
}
