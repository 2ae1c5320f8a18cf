@testable import Query
import XCTest

/// Which side of a join is read whole, and in which order rows come therefore. Method: plans over the statistics of TPC-H.
final class JoinOrderTests: XCTestCase {
    private func plan(_ sql: String) throws -> String {
        Explain.text(try VerifiedPlan.make(sql, in: QueryContext(catalog: TPCHTables.catalog, now: TestTables.now)))
    }

    /// psql's `\gdesc` reads the columns of an answer in the order in which it says them.
    func test_leftJoin_ofRowsThatAreWritten_keepsTheirOrder() throws {
        let written = "(VALUES (3), (1)) v(x)"
        for query in [
            "SELECT x, n_name FROM \(written) LEFT JOIN nation ON n_nationkey = x",
            "SELECT x, (SELECT max(n_name) FROM nation WHERE n_nationkey = x), (SELECT min(r_name) FROM region WHERE r_regionkey = x) FROM \(written)",
        ] {
            let shown = try plan(query)
            XCTAssertTrue(shown.contains("Left join"), shown)
            XCTAssertFalse(shown.contains("Right join"), shown)
        }
    }

    func test_leftJoin_ofFewRowsWithALargeTable_isBuiltOfTheFew() throws {
        let shown = try plan("SELECT x, l_comment FROM (VALUES (3), (1)) v(x) LEFT JOIN lineitem ON l_orderkey = x")
        XCTAssertTrue(shown.contains("Right join"), shown)
    }
}
