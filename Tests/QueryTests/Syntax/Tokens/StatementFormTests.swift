import XCTest

@testable import Query

/// Goal: of a statement that is kept nothing is left of what was asked for. Method: constants of every kind, and what a statement may hold besides.
final class StatementFormTests: XCTestCase {
    func test_text_leavesOutEveryConstant() {
        let forms = [
            ("SELECT sum(total) FROM receipts WHERE client_id = 'C00001'", "select sum(total) from receipts where client_id = ?"),
            ("SELECT  1,2 , 3", "select ?"),
            ("SELECT a FROM t WHERE a IN ('x', 'y', $3) AND b = -5.5e3", "select a from t where a in (?) and b = -?"),
            ("SELECT 'it''s' -- a secret\n, E'\\n', $tag$secret$tag$ /* secret */ FROM t", "select ? from t"),
            ("SELECT total AS \"Іван\", \"Total\" FROM receipts WHERE business_day >= DATE '2026-01-01'", "select total as \"?\", \"Total\" from receipts where business_day >= date ?"),
            ("SELECT '", nil),
        ]
        for (query, form) in forms { XCTAssertEqual(StatementForm.text(query), form, query) }
    }

    func test_text_ofALongStatement_isItsBeginning() throws {
        let form = try XCTUnwrap(StatementForm.text("SELECT " + (0..<2_000).map { "column_\($0)" }.joined(separator: ", ") + " FROM t"))
        XCTAssertLessThan(form.utf8.count, 2_010)
        XCTAssertTrue(form.hasSuffix("…"))
    }
}
