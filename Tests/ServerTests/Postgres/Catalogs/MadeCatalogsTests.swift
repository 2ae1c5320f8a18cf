import ColumnStore
import Query
import XCTest

@testable import Server

/// Goal: a statement has one table of each relation of the catalogs, and who keeps its plan knows what that takes. Method: statements that name one once, and many times.
final class MadeCatalogsTests: XCTestCase {
    private static let engine = QueryEngine()

    /// What the catalogs made for so many mentions, in bytes.
    private func byteCount(_ query: String, _ count: Int) throws -> Int {
        let session = SystemSession(user: "shop", database: "till", processID: 7, settings: try SessionSettings([], user: "shop"))
        let base = FixedCatalog(tables: [("receipts", MemoryTable(schema: Schema([Field("ticket_id", .string)]), batches: []))])
        let context = QueryContext(catalog: SystemCatalog(base, session), now: 0)
        let plan = try Self.engine.prepare([String](repeating: query, count: count).joined(separator: " UNION ALL "), in: context)
        return withExtendedLifetime(plan) { context.made.byteCount }
    }

    func test_mentions_shareOneTable() throws {
        for query in [
            "SELECT name FROM pg_settings", "SELECT name FROM pg_catalog.pg_settings", "SELECT attname FROM pg_attribute", "SELECT relname FROM pg_class", "SELECT column_name::text FROM information_schema.columns",
            "SELECT name FROM pg_show_all_settings()",
        ] {
            let one = try byteCount(query, 1)
            XCTAssertGreaterThan(one, 0, query)
            XCTAssertEqual(try byteCount(query, 100), one, query)
        }
        XCTAssertEqual(try byteCount("SELECT 1", 3), 0)
        // Several names are several tables.
        XCTAssertGreaterThan(try byteCount("SELECT s.name FROM pg_settings s, pg_class c", 1), try byteCount("SELECT name FROM pg_settings", 1))
    }
}
