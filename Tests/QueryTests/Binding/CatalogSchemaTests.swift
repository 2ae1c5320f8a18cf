import ColumnStore
@testable import Query
import XCTest

/// Goal: relations of a further schema are found by its name and by nothing else. Method: a catalog whose schema has a view of the name of a table that it
/// reads.
final class CatalogSchemaTests: XCTestCase {
    private struct Catalog: QueryCatalog {
        let tables = FixedCatalog(tables: [("things", TestTables.types)])
        var schemas: [CatalogSchema] { [CatalogSchema(name: "own", entryNames: ["things", "others"])] }
        var entryNames: [String] { tables.entryNames }
        func entry(named name: String) throws -> CatalogEntry? { tables.entry(named: name) }

        func entry(named name: String, inSchema schema: String) throws -> CatalogEntry? {
            guard schema == "own" else { return nil }
            return ["things": .view(query: "SELECT i FROM things"), "others": .view(query: "SELECT i + 1 AS i FROM own.things")][name]
        }
    }

    private func columns(_ query: String) throws -> [String] {
        guard case .query(let bound) = try Binder.bind(query, in: QueryContext(catalog: Catalog(), now: 0)) else { return [] }
        return bound.columns.map(\.name)
    }

    func test_relations_areFoundBySchemaAndName() throws {
        XCTAssertEqual(try columns("SELECT * FROM own.things"), ["i"])
        XCTAssertEqual(try columns("SELECT o.i FROM own.others AS o JOIN own.things USING (i)"), ["i"])
        XCTAssertGreaterThan(try columns("SELECT * FROM things").count, 1)
        XCTAssertEqual(try columns("SELECT * FROM public.things"), try columns("SELECT * FROM things"))
        for query in ["SELECT * FROM others", "SELECT * FROM public.others", "SELECT * FROM own.nothing", "SELECT * FROM none.things"] {
            XCTAssertThrowsError(try columns(query), query)
        }
        XCTAssertThrowsError(try columns("SELECT * FROM own.other")) { error in
            XCTAssertEqual((error as? QueryError)?.detail.contains("did you mean “own.others”?"), true)
        }
    }

    func test_informationSchema_tellsOfThem_asViews() throws {
        let engine = QueryEngine()
        let query = "SELECT table_schema || '.' || table_name || ' ' || table_type FROM information_schema.tables ORDER BY 1"
        let stream = try engine.execute(
            try engine.prepare(query, in: QueryContext(catalog: Catalog(), now: 0), cancellation: Cancellation()), cancellation: Cancellation())
        var found: [Value] = []
        while let batch = try stream.next() { for row in 0..<batch.rowCount { found.append(batch.columns[0].value(at: row)) } }
        XCTAssertEqual(found, ["own.others VIEW", "own.things VIEW", "public.things BASE TABLE"].map { .string($0) })
    }
}
