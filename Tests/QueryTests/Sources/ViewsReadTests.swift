import ColumnStore
import Query
import XCTest

/// Goal: a statement's code tells the views that it reads, however deep, from views of other texts, and from nothing else. Method: views over views, one of them put again.
final class ViewsReadTests: XCTestCase {
    private struct Catalog: QueryCatalog {
        var texts = ["below": "SELECT 1 AS x", "above": "SELECT x FROM below", "beside": "SELECT 2 AS x", "made": "SELECT 3 AS x"]
        var entryNames: [String] { texts.keys.sorted() }
        func entry(named name: String) throws -> CatalogEntry? { texts[name].map { .view(query: $0) } }
        /// One of them the catalog has made itself.
        func definition(ofView name: String) -> String? { name == "made" ? nil : texts[name] }
    }

    private func code(_ query: String, _ catalog: Catalog) throws -> [UInt8]? {
        let views = ViewsRead(catalog)
        _ = try Binder.bind(query, in: QueryContext(catalog: views, now: 0))
        return views.code
    }

    func test_code_isOfTheViewsThatAreRead() throws {
        let catalog = Catalog()
        let own = try XCTUnwrap(code("SELECT x FROM above", catalog))
        XCTAssertEqual(own.count, 8)
        XCTAssertEqual(try code("SELECT x + 1 FROM above a JOIN above b USING (x)", catalog), own)
        XCTAssertNotEqual(try code("SELECT x FROM below", catalog), own)
        XCTAssertNil(try code("SELECT x FROM made", catalog))
        XCTAssertNil(try code("SELECT 1", catalog))
        var changed = catalog
        changed.texts["beside"] = "SELECT 4 AS x"
        changed.texts["made"] = "SELECT 5 AS x"
        XCTAssertEqual(try code("SELECT x FROM above", changed), own)
        changed.texts["below"] = "SELECT -1 AS x"
        XCTAssertNotEqual(try code("SELECT x FROM above", changed), own)
        // Other bytes of the same letters.
        let codes = try ["\u{E9}", "e\u{301}"].map { letter in
            changed.texts["below"] = "SELECT '\(letter)' AS x"
            return try code("SELECT x FROM below", changed)
        }
        XCTAssertNotEqual(codes[0], codes[1])
    }
}
