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

    /// Each is there, however many have its name.
    func test_namesThatCollideTwice_getTheListsAgain() {
        let schema = Schema([
            Field("amount", .int64), Field("items_amount", .int64), Field("items_ordinal", .int64),
            Field("items", .list(element: Field("element", .structure([Field("amount", .int32), Field("ordinal", .int32), Field("items_items_amount", .int32)])))),
        ])
        XCTAssertEqual(
            ListViews.query(table: "t", list: "items", schema: schema),
            """
            SELECT t."amount", t."items_amount", t."items_ordinal", u."element ordinal"::integer AS ordinal, u."m0" AS "items_items_amount", u."m1" AS "items_items_ordinal", \
            u."m2" AS "items_items_items_amount" FROM "t" AS t, unnest(t."items") WITH ORDINALITY AS u("m0", "m1", "m2", "element ordinal")
            """)
        XCTAssertEqual(ListViews.paths(list: "items", schema: schema)["items_items_ordinal"], ColumnPath(["items", "ordinal"]))
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
