import ColumnStore
import Documents
import Query
import XCTest

@testable import Ingest

/// Goal: what types say of their columns is what the catalog says of the table's, of its views and lists. Method: an engine, types put into it, and its catalog.
final class ColumnCommentsTests: XCTestCase {
    private static func type(_ version: Int, _ description: String, label: String) -> String {
        """
        {"name": "shelf", "version": \(version), "table": "shelves", "format": "json", "description": "\(description)", "receipt_id": "/id", "issued_at": "/at",
         "columns": {"label": {"path": "/label", "type": "VARCHAR", "description": "\(label)"}, "bare": {"path": "/bare", "type": "VARCHAR"},
            "help": {"path": "/help", "type": "VARCHAR", "stored": false, "description": "Not stored."},
            "places": {"path": "/places", "description": "Where.", "columns": {"code": {"path": "/code", "type": "VARCHAR", "description": "Of the place."},
                "label": {"path": "/label", "type": "VARCHAR", "description": "On the place."}}}}}
        """
    }

    func test_descriptions_areTheTablesAndItsViews() throws {
        let folder = TemporaryDirectory()
        let fixture = try EngineFixture(folder.path)
        defer { XCTAssertNoThrow(try fixture.engine.close()) }
        XCTAssertEqual(try fixture.engine.putType(name: "shelf", body: Array(Self.type(1, "Stock.", label: "As printed.").utf8)), .created)
        func comments(_ name: String) throws -> RelationComments? { try fixture.engine.catalog(as: .admin, upTo: nil).catalog.comments(on: name) }
        let table = try XCTUnwrap(comments("shelves"))
        XCTAssertEqual(table.relation, "Stock.")
        XCTAssertEqual([table.columns["label"], table.columns["places"], table.columns["bare"], table.columns["help"]], ["As printed.", "Where.", "From documents of the type shelf.", nil])
        for field in StandardColumns.fields + [VersionColumns.upload] { XCTAssertNotNil(table.columns[field.name], field.name) }
        XCTAssertEqual(try comments("shelves_accepted")?.columns, table.columns)
        XCTAssertEqual(try comments("shelves_accepted")?.relation, "The rows of shelves that are COMPLETE.")
        let list = try XCTUnwrap(comments("shelves_places"))
        XCTAssertEqual([list.columns["code"], list.columns["label"], list.columns["places_label"]], ["Of the place.", "As printed.", "On the place."])
        XCTAssertNotNil(list.columns["ordinal"])
        let receipts = try XCTUnwrap(comments("receipts"))
        let fields = StandardColumns.fields + fixture.engine.tier.tables.columns(of: "receipts")
        for field in fields { XCTAssertNotNil(receipts.columns[field.name], field.name) }
        XCTAssertNil(try comments("nothing"))
        // What types there are is not for everybody.
        let own = Principal(clientID: "c1", access: .read, scope: .own)
        XCTAssertEqual(try fixture.engine.catalog(as: own, upTo: nil).catalog.comments(on: "shelves")?.columns["bare"], "From the documents.")
        // Another word for the same column is no other column.
        XCTAssertEqual(try fixture.engine.putType(name: "shelf", body: Array(Self.type(2, "All stock.", label: "As sold.").utf8)), .replaced)
        XCTAssertEqual(try comments("shelves")?.columns["label"], "As sold.")
        XCTAssertEqual(try comments("shelves")?.relation, "All stock.")
        // A second type of the table adds to it.
        let other = Self.type(1, "More.", label: "Unheard.").replacing("\"name\": \"shelf\"", with: "\"name\": \"shelf-2\"").replacing("\"path\": \"/bare\",", with: "\"path\": \"/bare\", \"description\": \"Told.\",")
        XCTAssertEqual(try fixture.engine.putType(name: "shelf-2", body: Array(other.utf8)), .created)
        XCTAssertEqual(try comments("shelves")?.relation, "shelf: All stock.\nshelf-2: More.")
        XCTAssertEqual([try comments("shelves")?.columns["label"], try comments("shelves")?.columns["bare"]], ["As sold.", "Told."])
    }

    func test_descriptionsThatNobodyCanShow_areRefused() throws {
        let folder = TemporaryDirectory()
        let fixture = try EngineFixture(folder.path)
        defer { XCTAssertNoThrow(try fixture.engine.close()) }
        for (text, label, place) in [("a\\u0000b", "ok", "/description"), ("ok", String(repeating: "x", count: 4_097), "/columns/label/description"), ("ok", "\\u001b[2J", "/columns/label/description")] {
            XCTAssertThrowsError(try fixture.engine.putType(name: "shelf", body: Array(Self.type(1, text, label: label).utf8))) {
                XCTAssertEqual(($0 as? Fault)?.errors.map(\.pointer), [place])
            }
        }
        XCTAssertEqual(try fixture.engine.putType(name: "shelf", body: Array(Self.type(1, "Two\\nlines.", label: String(repeating: "x", count: 4_096)).utf8)), .created)
    }
}
