import ColumnStore
import XCTest

@testable import Ingest

/// Texts of the built-in views.
final class ListViewsTests: XCTestCase {
    private let schema = Schema([
        Field("receipt_id", .string), Field("amount", .int64), Field("document", .binary),
        Field("lines", .list(element: Field("element", .structure([Field("code", .string), Field("amount", .int32), Field("ordinal", .int32)])))),
        Field("tags", .list(element: Field("element", .string))),
    ])

    func test_lists_areThoseOfTheSchema() { XCTAssertEqual(ListViews.lists(of: schema), ["lines", "tags"]) }

    func test_namesThatCollide_getTheListsBeforeThem() {
        XCTAssertEqual(
            ListViews.query(table: "receipts", list: "lines", schema: schema),
            """
            SELECT t."receipt_id", t."amount", u."element ordinal"::integer AS ordinal, u."m0" AS "code", u."m1" AS "lines_amount", u."m2" AS "lines_ordinal" \
            FROM "receipts" AS t, unnest(t."lines") WITH ORDINALITY AS u("m0", "m1", "m2", "element ordinal")
            """)
    }

    func test_ofBareElements_theColumnIsTheList() {
        XCTAssertEqual(
            ListViews.query(table: "receipts", list: "tags", schema: schema),
            """
            SELECT t."receipt_id", t."amount", u."element ordinal"::integer AS ordinal, u."m0" AS "tags" FROM "receipts" AS t, \
            unnest(t."tags") WITH ORDINALITY AS u("m0", "element ordinal")
            """)
    }

    func test_otherColumns_haveNoView() { XCTAssertNil(ListViews.query(table: "receipts", list: "amount", schema: schema)) }
}
