import ColumnStore
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

    /// Estimates past the range of a double: no order was the cheapest then, and relations were lost, or planning never ended. By each of the two searches.
    func test_productsOfManyTables_areOrdered() throws {
        func mentions(_ table: String, _ count: Int) -> String { (1...count).map { "\(table) \(table)\($0)" }.joined(separator: ", ") }
        let series = (1...10).map { "generate_series(1, 1) g\($0)" }.joined(separator: ", ")
        let large = "WITH a AS (SELECT 1 AS x FROM \(series)), b AS (SELECT 1 AS x FROM \(mentions("a", 9))), c AS (VALUES (1), (2))"
        XCTAssertEqual(try QueryFixture().rows("\(large) SELECT count(*) FROM \(mentions("b", 2))"), "1")
        XCTAssertEqual(try QueryFixture().rows("\(large) SELECT count(*) FROM \(mentions("b", 2)), \(mentions("c", 11))"), "2048")
    }

    // MARK: Keys of which a table knows a part

    /// A calendar of two hundred years, and sales of five of them.
    private static let sales = QueryContext(
        catalog: FixedCatalog(tables: [
            ("calendar", SchemaSource(
                [("d_day", .int64), ("d_year", .int32)], rowCount: 73_000, distinct: ["d_day": 73_000, "d_year": 200], bounds: ["d_day": 1...73_000, "d_year": 1_900...2_099])),
            ("sales", SchemaSource(
                [("s_day", .int64), ("s_customer", .int64)], rowCount: 3_000_000, distinct: ["s_day": 1_800, "s_customer": 90_000],
                bounds: ["s_day": 36_001...37_825, "s_customer": 1...100_000])),
            ("customer", SchemaSource([("c_key", .int64)], rowCount: 100_000, distinct: ["c_key": 100_000], bounds: ["c_key": 1...100_000])),
        ]), now: TestTables.now)

    private func rows(_ sql: String) throws -> Double {
        let plan = try VerifiedPlan.make(sql, in: Self.sales)
        return Cardinality(plan).rows(plan)
    }

    /// 365 days of the 1,825 that sales may name are a fifth of them.
    func test_rows_ofAYear_areThoseOfTheYearsThatHaveSales() throws {
        XCTAssertEqual(try rows("SELECT s_customer FROM calendar JOIN sales ON d_day = s_day WHERE d_year = 2001"), 600_000, accuracy: 1_000)
        XCTAssertEqual(try rows("SELECT s_customer FROM sales JOIN calendar ON s_day = d_day WHERE d_year = 2001"), 600_000, accuracy: 1_000)
        XCTAssertEqual(try rows("SELECT s_customer FROM sales WHERE s_day IN (SELECT d_day FROM calendar WHERE d_year = 2001)"), 600_000, accuracy: 1_000)
    }

    func test_rows_ofAllDays_areAllSales() throws {
        XCTAssertEqual(try rows("SELECT s_customer FROM calendar JOIN sales ON d_day = s_day"), 3_000_000, accuracy: 1)
        XCTAssertEqual(try rows("SELECT s_customer FROM customer JOIN sales ON c_key = s_customer"), 3_000_000, accuracy: 1)
    }

    /// A scan tests `d_year IN (2001, 2002)` too, which says no more than the condition does: 365 days and of 365 those of a range.
    func test_rows_ofAChoice_areThoseOfItsBranches() throws {
        XCTAssertEqual(try rows("SELECT d_day FROM calendar WHERE d_year = 2001 OR d_year = 2002 AND d_day > 5"), 365 * 1.35, accuracy: 1)
    }

    /// Not of the sales of the year, which are more.
    func test_join_withSalesOfAYear_isBuiltOfCustomers() throws {
        let sql = "SELECT s_customer FROM calendar, sales, customer WHERE d_day = s_day AND s_customer = c_key AND d_year = 2001"
        let shown = Explain.text(try VerifiedPlan.make(sql, in: Self.sales))
        XCTAssertTrue(shown.contains("Inner join on s_customer#4 = c_key"), shown)
    }
}
