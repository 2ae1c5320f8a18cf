import ColumnStore
import XCTest

@testable import Query

/// Goal: information_schema is there at every door with PostgreSQL's columns and names of types. Method: each relation is read over two tables and a view; types are compared one by one.
final class InformationSchemaTests: XCTestCase {
    private func rows(_ query: String) throws -> [[Value]] {
        let fields: [Field] = [
            Field("ticket_id", .string), Field("total", .decimal(precision: 18, scale: 4)), Field("at", .timestampTZ), Field("tags", .listOf(.string)),
            Field("lines", .listOf(.structure([Field("code", .string)]))),
        ]
        let table = MemoryTable(schema: Schema(fields), batches: [])
        let other = MemoryTable(schema: Schema([Field("n", .int32)]), batches: [])
        let catalog = FixedCatalog([
            ("receipts", .table(table, scope: [])), ("receipts_accepted", .table(table, scope: [])), ("other", .table(other, scope: [])), ("seen", .view(query: "SELECT n FROM other")),
        ])
        let engine = QueryEngine()
        let stream = try engine.execute(try engine.prepare(query, in: QueryContext(catalog: catalog, now: 0)))
        var found: [[Value]] = []
        while let batch = try stream.next() { for row in 0..<batch.rowCount { found.append(batch.columns.map { $0.value(at: row) }) } }
        return found
    }

    private func texts(_ query: String) throws -> [String] {
        try rows(query).map { row in
            row.map { value in
                switch value {
                case .bytes(let bytes): String(decoding: bytes, as: UTF8.self)
                case .integer(let number): "\(number)"
                default: "-"
                }
            }.joined(separator: " ")
        }
    }

    func test_relations_all_areRead() throws {
        XCTAssertEqual(InformationSchema.all.count, 69)
        for relation in InformationSchema.all { XCTAssertNoThrow(try rows("SELECT * FROM information_schema.\(relation.name)"), relation.name) }
    }

    func test_tables_andViews() throws {
        XCTAssertEqual(
            try texts("SELECT table_catalog, table_schema, table_name, table_type, is_insertable_into FROM information_schema.tables"),
            ["till public receipts BASE TABLE NO", "till public receipts_accepted VIEW NO", "till public other BASE TABLE NO", "till public seen VIEW NO"])
        XCTAssertEqual(try texts("SELECT table_name, check_option FROM information_schema.views ORDER BY 1"), ["receipts_accepted NONE", "seen NONE"])
        XCTAssertEqual(try texts("SELECT table_name, view_definition FROM information_schema.views ORDER BY 1"), ["receipts_accepted -", "seen SELECT n FROM other;"])
        XCTAssertEqual(try texts("SELECT schema_name FROM information_schema.schemata"), ["public", "information_schema"])
    }

    func test_columns_haveTypesAsPostgresCallsThem() throws {
        XCTAssertEqual(
            try texts("""
                SELECT column_name, ordinal_position, is_nullable, data_type, udt_name, numeric_precision, numeric_scale, datetime_precision FROM information_schema.columns
                WHERE table_name = 'receipts' ORDER BY ordinal_position
                """),
            [
                "ticket_id 1 NO text text - - -", "total 2 YES numeric numeric 18 4 -", "at 3 YES timestamp with time zone timestamptz - - 6", "tags 4 YES ARRAY _text - - -",
                "lines 5 YES jsonb jsonb - - -",
            ])
        XCTAssertEqual(try texts("SELECT data_type, numeric_precision FROM information_schema.columns WHERE table_name = 'seen'"), ["integer 32"])
        XCTAssertEqual(try texts("SELECT object_name, collection_type_identifier, data_type FROM information_schema.element_types WHERE object_type = 'TABLE'"), ["receipts 4 text"])
    }

    func test_keys_areThoseOfTables() throws {
        XCTAssertEqual(
            try texts("SELECT c.constraint_name, c.constraint_type, k.column_name, k.ordinal_position FROM information_schema.table_constraints c JOIN information_schema.key_column_usage k USING (constraint_name)"),
            ["receipts_pkey PRIMARY KEY ticket_id 1"])
        XCTAssertEqual(try texts("SELECT table_schema, table_name, constraint_schema, constraint_name FROM information_schema.constraint_table_usage"), ["public receipts public receipts_pkey"])
    }

    /// As psqlODBC's SQLColumnPrivileges asks.
    func test_rights_ofColumns_areThoseOfTheirRelations() throws {
        for relation in ["column_privileges", "role_column_grants"] {
            XCTAssertEqual(
                try texts("SELECT column_name, grantor, grantee, privilege_type, is_grantable FROM information_schema.\(relation) WHERE table_name IN ('other', 'seen') ORDER BY table_name"),
                ["n till PUBLIC SELECT NO", "n till PUBLIC SELECT NO"])
            XCTAssertEqual(try rows("SELECT count(*) FROM information_schema.\(relation) WHERE table_schema = 'public' AND table_name = 'receipts'"), [[.integer(5)]])
        }
    }

    func test_unknownRelation_isAnErrorWithAName() {
        XCTAssertThrowsError(try rows("SELECT * FROM information_schema.tablez")) { error in
            XCTAssertEqual((error as? QueryError)?.detail, "there is no table information_schema.tablez; did you mean tables?")
        }
    }

    func test_views_ofInformationSchema_hideNothing() throws {
        let table = MemoryTable(schema: Schema([Field("n", .int32), Field("m", .int32)]), batches: [])
        // Each view that were bound for another's rows would bind all of them again.
        let views: [(String, CatalogEntry)] = (0..<40).map { ("seen\($0)", .view(query: "SELECT count(*) AS n FROM information_schema.columns WHERE table_name <> 'seen\($0)'")) }
        let catalog = FixedCatalog([("things", .table(table, scope: []))] + views)
        let engine = QueryEngine()
        let stream = try engine.execute(try engine.prepare("SELECT count(*), count(DISTINCT table_name) FROM information_schema.columns", in: QueryContext(catalog: catalog, now: 0)))
        XCTAssertEqual(try stream.next().map { [$0.columns[0].value(at: 0), $0.columns[1].value(at: 0)] }, [.integer(42), .integer(41)])
        let read = try engine.execute(try engine.prepare("SELECT n FROM seen7", in: QueryContext(catalog: catalog, now: 0)))
        XCTAssertEqual(try read.next()?.columns[0].value(at: 0), .integer(41))
    }

    /// Columns that are kept with a view are listed without its text, which may not bind for everybody.
    private struct Kept: QueryCatalog {
        let base = FixedCatalog([("gone", .view(query: "SELECT a FROM nothing"))])
        var entryNames: [String] { base.entryNames }
        func entry(named name: String) -> CatalogEntry? { base.entry(named: name) }
        func storedColumns(ofView name: String) -> [Field]? { name == "gone" ? [Field("a", .int64), Field("b", .listOf(.string))] : nil }
    }

    func test_views_haveTheColumnsThatWereKept() throws {
        let engine = QueryEngine(), context = QueryContext(catalog: Kept(), now: 0)
        let stream = try engine.execute(try engine.prepare("SELECT column_name, udt_name FROM information_schema.columns ORDER BY ordinal_position", in: context))
        let batch = try XCTUnwrap(try stream.next())
        XCTAssertEqual((0..<batch.rowCount).map { row in batch.columns.map { $0.value(at: row) } }, [[.string("a"), .string("int8")], [.string("b"), .string("_text")]])
        XCTAssertThrowsError(try engine.prepare("SELECT a FROM gone", in: context)) { XCTAssertEqual(($0 as? QueryError)?.cause, .undefinedTable) }
    }
}
