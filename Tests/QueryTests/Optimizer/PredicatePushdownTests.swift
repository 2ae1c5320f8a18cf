import ColumnStore
import XCTest

@testable import Query

/// Goal: a condition goes where it leaves the answer as it was. Method: plans as EXPLAIN shows them, by how often they have the condition; answers are asked of PostgreSQL by the golden
/// statements.
final class PredicatePushdownTests: XCTestCase {
    private let fixture: QueryFixture = {
        let table = QueryFixture.table([Field("x", .int64), Field("f", .double)], [[.integer(1), .double(1)], [.integer(2), .double(0)]])
        return QueryFixture([("a", table), ("b", table)])
    }()

    /// How often the plan asks for `text` where it reads the column of both tables by the operation.
    private func count(_ text: String, _ operation: String, _ column: String, _ condition: String) throws -> Int {
        let plan = try fixture.rows("EXPLAIN SELECT * FROM (SELECT \(column) FROM a \(operation) SELECT \(column) FROM b) s WHERE \(condition)")
        return plan.ranges(of: text).count
    }

    func test_setOperations_takeWhatHoldsOfEqualRowsAlike() throws {
        for operation in ["UNION ALL", "UNION", "INTERSECT", "INTERSECT ALL", "EXCEPT", "EXCEPT ALL"] {
            let isUnion = operation.hasPrefix("UNION")
            XCTAssertEqual(try count("= 1", operation, "x", "x = 1"), 2, operation)
            // Of doubles 0 and -0 are equal, and not the same.
            XCTAssertEqual(try count("= 1", operation, "f", "f = 1"), isUnion ? 2 : 1, operation)
            // Rows of the second table need not come out, and are not asked what may fail.
            XCTAssertEqual(try count("10 / ", operation, "x", "10 / x > 3"), isUnion ? 2 : 1, operation)
        }
    }
}
