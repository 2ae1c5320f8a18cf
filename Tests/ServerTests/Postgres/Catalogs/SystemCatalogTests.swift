import ColumnStore
import Query
import XCTest

@testable import Server

/// Goal: pg_catalog is relations like others, and its functions are expressions that mean something. Method: each relation is read, each function bound, over a store of two tables;
/// what is joined by numbers must meet.
final class SystemCatalogTests: XCTestCase {
    private static let engine = QueryEngine()

    private func catalog() -> SystemCatalog {
        let fields = [Field("ticket_id", .string), Field("total", .decimal(precision: 18, scale: 4)), Field("tags", .list(element: Field("element", .string)))]
        let table = MemoryTable(schema: Schema(fields), batches: [])
        let other = MemoryTable(schema: Schema([Field("n", .int32)]), batches: [])
        let base = FixedCatalog(tables: [("receipts", table), ("Odd \"name\"", other), ("receipts_accepted", table)])
        return SystemCatalog(base, SystemSession(user: "o'shop", database: "till", processID: 7, settings: try? SessionSettings()))
    }

    private func rows(_ query: String) throws -> [[Value]] {
        let prepared = try Self.engine.prepare(query, in: QueryContext(catalog: catalog(), now: 0))
        let stream = try Self.engine.execute(prepared)
        var found: [[Value]] = []
        while let batch = try stream.next() {
            for row in 0..<batch.rowCount { found.append(batch.columns.map { $0.value(at: row) }) }
        }
        return found
    }

    /// Each names its argument twice: thirty within each other would be a thousand million, in three hundred bytes.
    func test_functions_withinEachOther_doNotDoubleForEver() throws {
        func nested(_ count: Int) -> String { "SELECT " + String(repeating: "mxid_age(", count: count) + "3" + String(repeating: ")", count: count) }
        XCTAssertEqual(try rows(nested(3)), [[.integer(0)]])
        XCTAssertEqual(try rows(nested(4)), [[.integer(2_147_483_647)]])
        XCTAssertThrowsError(try rows(nested(30))) { XCTAssertEqual(($0 as? QueryError)?.slug, .unsupportedSQL) }
    }

    func test_relations_all_areRead() throws {
        XCTAssertGreaterThan(SystemRelation.all.count, 90)
        XCTAssertEqual(SystemType.all.count, 185)
        for relation in SystemRelation.all {
            XCTAssertNoThrow(try rows("SELECT * FROM pg_catalog.\(relation.name)"), relation.name)
            XCTAssertEqual(try rows("SELECT '\(relation.name)'::regclass::oid, '\(relation.name)'::regclass::oid::regclass::text, '\(relation.name)'::regclass::text"), [[.integer(relation.number), .string(relation.name), .string(relation.name)]])
        }
    }

    /// With comments on its first relation.
    private struct Commented: QueryCatalog {
        let base: FixedCatalog
        var entryNames: [String] { base.entryNames }
        func entry(named name: String) -> CatalogEntry? { base.entry(named: name) }
        func comments(on name: String) -> RelationComments? {
            name == "receipts" ? RelationComments(relation: "Sales.", columns: ["total": "In all,\0with tax.", "gone": "No column.", "tags": ""]) : nil
        }
    }

    func test_comments_areDescriptions() throws {
        let fields = [Field("ticket_id", .string), Field("total", .int64), Field("tags", .string)]
        let base = FixedCatalog(tables: [("receipts", MemoryTable(schema: Schema(fields), batches: [])), ("other", MemoryTable(schema: Schema(fields), batches: []))])
        let catalog = SystemCatalog(Commented(base: base), SystemSession(user: "shop", database: "till", processID: 7))
        func rows(_ query: String) throws -> [[Value]] {
            let stream = try Self.engine.execute(try Self.engine.prepare(query, in: QueryContext(catalog: catalog, now: 0)))
            var found: [[Value]] = []
            while let batch = try stream.next() { for row in 0..<batch.rowCount { found.append(batch.columns.map { $0.value(at: row) }) } }
            return found
        }
        XCTAssertEqual(
            try rows("SELECT objoid::regclass::text, classoid::regclass::text, objsubid, description FROM pg_description ORDER BY objsubid"),
            [[.string("receipts"), .string("pg_class"), .integer(0), .string("Sales.")], [.string("receipts"), .string("pg_class"), .integer(2), .string("In all, with tax.")]])
        XCTAssertEqual(
            try rows("SELECT obj_description('receipts'::regclass, 'pg_class'), obj_description('receipts'::regclass), col_description('receipts'::regclass, 2), col_description('other'::regclass, 2)"),
            [[.string("Sales."), .string("Sales."), .string("In all, with tax."), .null]])
    }

    /// One of its views was put with another text than stands for it, and a schema beside it has one of the same name.
    private struct Viewed: QueryCatalog {
        let base: FixedCatalog
        var entryNames: [String] { base.entryNames }
        func entry(named name: String) -> CatalogEntry? { base.entry(named: name) }
        /// Of rows that are made otherwise, too.
        func definition(ofView name: String) -> String? { name == "seen" ? "SELECT n FROM other; " : name == "other_accepted" ? "SELECT n FROM other WHERE n > 0" : nil }
        var schemas: [CatalogSchema] { [CatalogSchema(name: "own", entryNames: ["seen"])] }
        func entry(named name: String, inSchema schema: String) -> CatalogEntry? {
            schema == "own" && name == "seen" ? .view(query: "SELECT n + 1 AS n\nFROM other -- all") : nil
        }
    }

    func test_views_haveTheirTexts() throws {
        let table = MemoryTable(schema: Schema([Field("n", .int32)]), batches: [])
        let base = FixedCatalog([
            ("other", .table(table, scope: [])), ("other_accepted", .table(table, scope: [])), ("seen", .view(query: "SELECT \"n\" FROM (\nSELECT n FROM other\n) AS \"seen\"")),
            ("lines", .view(query: "SELECT '--' AS c")),
        ])
        let catalog = SystemCatalog(Viewed(base: base), SystemSession(user: "shop", database: "till", processID: 7))
        func rows(_ query: String) throws -> [[Value]] {
            let stream = try Self.engine.execute(try Self.engine.prepare(query, in: QueryContext(catalog: catalog, now: 0)))
            var found: [[Value]] = []
            while let batch = try stream.next() { for row in 0..<batch.rowCount { found.append(batch.columns.map { $0.value(at: row) }) } }
            return found
        }
        let seen = Value.string("SELECT n FROM other;"), own = Value.string("SELECT n + 1 AS n\nFROM other -- all\n;"), lines = Value.string("SELECT '--' AS c\n;")
        XCTAssertEqual(try rows("SELECT pg_get_viewdef('seen'), pg_get_viewdef('seen'::regclass), pg_get_viewdef('own.seen'::regclass::oid, true)"), [[seen, seen, own]])
        XCTAssertEqual(try rows("SELECT pg_get_viewdef('other_accepted')"), [[.string("SELECT n FROM other WHERE n > 0;")]])
        XCTAssertEqual(try rows("SELECT pg_get_viewdef('other'::regclass), pg_get_viewdef(1), pg_get_viewdef('seen', NULL)"), [[.null, .null, .null]])
        XCTAssertThrowsError(try rows("SELECT pg_get_viewdef('nothing')")) { XCTAssertEqual(($0 as? QueryError)?.cause, .undefinedTable) }
        XCTAssertEqual(try rows("SELECT pg_get_viewdef(c.oid, true) FROM pg_class c WHERE c.relname = 'seen' ORDER BY c.relnamespace::regnamespace::text"), [[own], [seen]])
        let wanted: [[Value]] = [
            [.string("own"), .string("seen"), own], [.string("public"), .string("lines"), lines], [.string("public"), .string("other_accepted"), .string("SELECT n FROM other WHERE n > 0;")], [.string("public"), .string("seen"), seen],
        ]
        XCTAssertEqual(try rows("SELECT schemaname, viewname, definition FROM pg_views ORDER BY 1, 2"), wanted)
        XCTAssertEqual(try rows("SELECT table_schema, table_name, view_definition FROM information_schema.views ORDER BY 1, 2"), wanted)
    }

    func test_rowsOfTables_haveTypesAndListsOfThem() throws {
        let own = Value.string("receipts")
        XCTAssertEqual(
            try rows("""
                SELECT t.typname, t.typtype, t.typcategory, t.typrelid = c.oid, a.typname, a.typelem = t.oid, a.typcategory FROM pg_class c JOIN pg_type t ON t.oid = c.reltype JOIN pg_type a ON a.oid = t.typarray
                WHERE c.relname = 'receipts'
                """),
            [[own, .string("c"), .string("C"), .boolean(true), .string("_receipts"), .boolean(true), .string("A")]])
        XCTAssertEqual(
            try rows("""
                SELECT 'receipts'::regtype::oid = reltype, 'public.receipts[]'::regtype::oid = (SELECT typarray FROM pg_type WHERE oid = reltype), reltype::regtype::text, format_type(reltype, NULL),
                    format_type((SELECT typarray FROM pg_type WHERE oid = reltype), NULL), to_regtype('receipts') = reltype, pg_type_is_visible(reltype) FROM pg_class WHERE relname = 'receipts'
                """),
            [[.boolean(true), .boolean(true), own, own, .string("receipts[]"), .boolean(true), .boolean(true)]])
        XCTAssertEqual(try rows("SELECT 'int4'::regtype::oid, to_regtype('nothing'), format_type(23, NULL)"), [[.integer(23), .null, .string("integer")]])
        XCTAssertThrowsError(try rows("SELECT 'nothing'::regtype"))
    }

    func test_columns_haveTheNumbersOfTheirTables() throws {
        let prepared = try Self.engine.prepare("SELECT r.total, r.total + 1, n, (SELECT 1) FROM receipts r, \"Odd \"\"name\"\"\"", in: QueryContext(catalog: catalog(), now: 0))
        let fields = try AnswerColumns.fields(prepared.columns)
        let numbers = try rows("SELECT 'receipts'::regclass::oid, '\"Odd \"\"name\"\"\"'::regclass::oid")[0]
        XCTAssertEqual(fields.map { Value.integer(Int64($0.table)) }, [numbers[0], .integer(0), numbers[1], .integer(0)])
        XCTAssertEqual(fields.map(\.column), [2, 0, 1, 0])
    }

    func test_informationSchema_isThereToo() throws {
        XCTAssertEqual(
            try rows("SELECT 'information_schema.columns'::regclass::oid::regclass::text, 'information_schema.columns'::regclass::oid = to_regclass('information_schema.columns')"),
            [[.string("information_schema.columns"), .boolean(true)]])
        XCTAssertEqual(
            try rows("SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = 'information_schema.tables'::regclass AND attname IN ('table_name', 'table_type') ORDER BY attnum"),
            [[.string("name")], [.string("character varying")]])
        XCTAssertEqual(try rows("SELECT count(*) FROM pg_class WHERE relnamespace = 'information_schema'::regnamespace AND pg_table_is_visible(oid)"), [[.integer(0)]])
    }

    func test_types_ofRelations_areKnown() {
        for relation in SystemRelation.all {
            for column in relation.columns where column.typeName.hasSuffix("[]") == false {
                guard !["anyarray", "inet", "pg_lsn", "pg_ndistinct", "pg_dependencies", "pg_mcv_list", "cid", "xid8", "_pg_statistic"].contains(column.typeName) else { continue }
                XCTAssertNotNil(SystemType.number(named: column.typeName), "\(relation.name).\(column.name): \(column.typeName)")
            }
        }
    }

    func test_functions_all_areBound() throws {
        for (name, count) in SystemFunctions.all {
            let takesList = name.hasPrefix("array_") || name == "cardinality" || name == "oidvectortypes"
            let arguments = (0..<count).map { index in
                // A name in an object is never NULL.
                guard takesList else { return name == "json_build_object" && index % 2 == 0 ? "'name'" : "NULL" }
                if index == 0 { return "ARRAY[1, 2]::integer[]" }
                return name == "array_cat" ? "ARRAY[3]" : name == "array_to_string" ? "NULL" : "1"
            }
            // What takes rows takes no NULL.
            guard !name.contains("_name"), !name.hasSuffix("_in"), !name.hasPrefix("_pg_true") else { continue }
            XCTAssertNoThrow(try rows("SELECT pg_catalog.\(name)(\(arguments.joined(separator: ", ")))"), "\(name) of \(count)")
        }
    }

    func test_objects_meetByTheirNumbers() throws {
        let key = try rows("""
            SELECT c.relname, i.relname, a.attname, pg_get_constraintdef(o.oid), o.conname
            FROM pg_class c JOIN pg_index x ON x.indrelid = c.oid JOIN pg_class i ON i.oid = x.indexrelid
                JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (x.indkey) JOIN pg_constraint o ON o.conindid = i.oid
            """)
        XCTAssertEqual(key, [[.string("receipts"), .string("receipts_pkey"), .string("ticket_id"), .string("PRIMARY KEY (ticket_id)"), .string("receipts_pkey")]])
        let columns = try rows("SELECT attname, format_type(atttypid, atttypmod), attnotnull FROM pg_attribute WHERE attrelid = 'receipts'::regclass ORDER BY attnum")
        XCTAssertEqual(columns, [
            [.string("ticket_id"), .string("text"), .boolean(true)], [.string("total"), .string("numeric(18,4)"), .boolean(false)], [.string("tags"), .string("text[]"), .boolean(false)],
        ])
        XCTAssertEqual(try rows("SELECT count(*) FROM pg_type t JOIN pg_type e ON e.oid = t.typarray WHERE e.typelem <> t.oid"), [[.integer(0)]])
        XCTAssertEqual(try rows("SELECT count(*) - count(DISTINCT oid) FROM pg_class"), [[.integer(0)]])
    }

    func test_session_saysWhoAsks() throws {
        XCTAssertEqual(
            try rows("SELECT current_user, current_database(), current_schema, current_schemas(false), current_setting('TimeZone'), pg_backend_pid()"),
            [[.string("o'shop"), .string("till"), .string("public"), .list([.string("public")]), .string("UTC"), .integer(7)]])
        XCTAssertEqual(try rows(#"SELECT '"Odd ""name"""'::regclass::oid::regclass::text"#), [[.string("Odd \"name\"")]])
        XCTAssertThrowsError(try rows("SELECT 'nothing'::regclass"))
    }

    func test_moments_ofTheServer() throws {
        XCTAssertEqual(try rows("SELECT pg_postmaster_start_time() > TIMESTAMPTZ '2020-01-01Z', txid_current() > 0, count(*) = 0 FROM information_schema._pg_foreign_tables"), [[.boolean(true), .boolean(true), .boolean(true)]])
    }

    func test_server_beganWhenItsDoorWasOpened() throws {
        let catalog = SystemCatalog(FixedCatalog(tables: []), SystemSession(user: "shop", database: "till", processID: 7, serverBeganAt: 1_000_000))
        let plan = try Self.engine.prepare("SELECT extract(epoch FROM now() - pg_postmaster_start_time())::integer", in: QueryContext(catalog: catalog, now: 61_000_000))
        XCTAssertEqual(try Self.engine.execute(plan).next()?.columns.first?.value(at: 0), .integer(60))
    }

    func test_session_saysHowItIsConnected() throws {
        XCTAssertEqual(
            try rows("SELECT s.ssl, s.version IS NULL, g.encrypted FROM pg_stat_ssl s JOIN pg_stat_gssapi g USING (pid) WHERE pid = pg_backend_pid()"), [[.boolean(false), .boolean(true), .boolean(false)]])
        let encrypted = SystemCatalog(FixedCatalog(tables: []), SystemSession(user: "shop", database: "till", processID: 7, isEncrypted: true))
        let plan = try Self.engine.prepare("SELECT ssl FROM pg_stat_ssl", in: QueryContext(catalog: encrypted, now: 0))
        XCTAssertEqual(try Self.engine.execute(plan).next()?.columns.first?.value(at: 0), .boolean(true))
    }

    func test_names_inQuotes_areTheSame() throws {
        let casts = #"'"int4"'::regtype = 'int4'::regtype, '"pg_catalog"."text"'::regtype = 'text'::regtype, 'pg_catalog."char"'::regtype = '"char"'::regtype"#
        XCTAssertEqual(try rows("SELECT \(casts)"), [[.boolean(true), .boolean(true), .boolean(true)]])
        let schemas = #"'"public"'::regnamespace = 'public'::regnamespace, 'PUBLIC'::regnamespace = 'public'::regnamespace, to_regnamespace('"information_schema"') IS NOT NULL"#
        XCTAssertEqual(try rows("SELECT \(schemas)"), [[.boolean(true), .boolean(true), .boolean(true)]])
        let rest = #"to_regproc('"array_in"') = to_regproc('array_in'), to_regproc('pg_catalog."array_in"') IS NOT NULL, to_regrole('"till"') IS NOT NULL, to_regtype('"integer"') IS NULL"#
        XCTAssertEqual(try rows("SELECT \(rest)"), [[.boolean(true), .boolean(true), .boolean(true), .boolean(true)]])
        // Names that rows say.
        let named = #"SELECT to_regnamespace(v.x)::oid = 'public'::regnamespace::oid FROM (VALUES ('"public"'), ('public')) v(x)"#
        XCTAssertEqual(try rows(named), [[.boolean(true)], [.boolean(true)]])
    }

    func test_names_ofNothing_andOfLetters() throws {
        XCTAssertEqual(try rows("SELECT '-'::regclass::oid, '-'::regproc::oid, typname[0], typname[1] = 'n' FROM pg_type WHERE oid = 23"), [[.integer(0), .integer(0), .string("i"), .boolean(true)]])
        XCTAssertThrowsError(try rows("SELECT 'nope'::regclass")) { XCTAssertEqual(($0 as? QueryError)?.position, 8) }
    }

    /// As TypeORM asks.
    func test_functions_ofTheSession_standInFrom() throws {
        XCTAssertEqual(try rows("SELECT * FROM current_schema()"), [[.string("public")]])
        XCTAssertEqual(try rows("SELECT d.* FROM current_database() AS d, pg_backend_pid() AS p WHERE p = 7"), [[.string("till")]])
        XCTAssertThrowsError(try rows("SELECT * FROM nothing_known()"))
    }

    func test_names_thatARowSays_mayHaveTheirDatabaseAndSchema() throws {
        XCTAssertEqual(
            try rows("SELECT (n.name)::regclass = 'receipts'::regclass FROM (VALUES ('\"till\".\"public\".\"receipts\"'), ('public.receipts'), (NULL)) AS n(name)"),
            [[.boolean(true)], [.boolean(true)], [.null]])
        XCTAssertEqual(
            try rows("SELECT (n.name)::regtype::text FROM (VALUES ('\"pg_catalog\".\"text\"'), ('int4'), ('timestamp with time zone'), ('_text')) AS n(name)"),
            [[.string("text")], [.string("integer")], [.string("timestamp with time zone")], [.string("text[]")]])
    }

    func test_rows_haveTheTransactionThatAsks() throws {
        XCTAssertEqual(
            try rows("SELECT n.xmin, age(n.xmin), n.xmax, pg_catalog.age(d.datfrozenxid), age('3'::xid) FROM pg_namespace n, pg_database d WHERE n.nspname = 'public'"),
            [[.integer(3), .integer(0), .integer(0), .integer(0), .integer(0)]])
        XCTAssertEqual(try types("SELECT c.xmin, xmax FROM pg_class c"), ["xid", "xid"])
        XCTAssertEqual(try rows("SELECT count(*) FROM pg_namespace WHERE xmin::varchar::bigint <> txid_current()"), [[.integer(0)]])
        XCTAssertThrowsError(try rows("SELECT xmin"))
        // As Airbyte asks where it goes on.
        XCTAssertEqual(
            try rows("SELECT txid_snapshot_xmin(txid_current_snapshot()) >> 32, txid_snapshot_xmin(txid_current_snapshot()), txid_snapshot_xmin(txid_current_snapshot()) % (2^32)::bigint, pg_snapshot_xmax(pg_current_snapshot()) = txid_current()"),
            [[.integer(0), .integer(3), .integer(3), .boolean(true)]])
    }

    func test_numbers_areStable() {
        // Clients keep them: another number after an upgrade would be another table.
        XCTAssertEqual(SystemNumber.relation("receipts"), SystemNumber.relation("receipts"))
        XCTAssertNotEqual(SystemNumber.relation("receipts"), SystemNumber.index(of: "receipts"))
        for name in ["", "receipts", "ї", String(repeating: "x", count: 10_000)] { XCTAssertTrue((16_384...Int64(Int32.max)).contains(SystemNumber.relation(name))) }
    }

    func test_rowFunctions_stepTogether() throws {
        XCTAssertEqual(
            try rows("SELECT unnest(ARRAY[1, 2, 3]) AS a, unnest(ARRAY['x']) AS b, generate_subscripts(ARRAY[7, 8], 1) AS c"),
            [[.integer(1), .string("x"), .integer(1)], [.integer(2), .null, .integer(2)], [.integer(3), .null, .null]])
    }

    private func types(_ query: String) throws -> [String?] {
        try Self.engine.prepare(query, in: QueryContext(catalog: catalog(), now: 0)).columns.map(\.declared)
    }

    func test_types_asPostgresCallsThem_goWithTheColumns() throws {
        let query = "SELECT c.oid, relname AS name, relkind, relnatts, reltuples, relhasindex FROM pg_class c"
        let wanted = ["oid", "name", "char", "int2", "float4", "bool"]
        XCTAssertEqual(try types(query), wanted)
        XCTAssertEqual(try types("SELECT * FROM (\(query)) AS t ORDER BY 1"), wanted)
        XCTAssertEqual(try types("WITH t AS (\(query)) SELECT * FROM t UNION ALL SELECT * FROM t"), wanted)
        XCTAssertEqual(try types("SELECT oid, relname FROM pg_class GROUP BY 1, 2"), ["oid", "name"])
        XCTAssertEqual(try types("SELECT (SELECT oid FROM pg_class LIMIT 1), 7::oid, 'x'::name, 1::smallint, 1::real"), ["oid", "oid", "name", "int2", "float4"])
        XCTAssertEqual(try types("SELECT oid::bigint + 1, relname || 'x', count(*) OVER (), oid::bigint FROM pg_class"), [nil, nil, nil, nil])
        XCTAssertEqual(try types("SELECT nullif('pg_class'::regclass, 1::oid), nullif(1::oid, 1), nullif('x'::varchar(5), 'y'), nullif('x'::name, 'y')"), ["oid", "oid", nil, "name"])
        XCTAssertEqual(
            try types("SELECT coalesce('pg_class'::regclass, 1::oid), coalesce(1::oid, 'pg_class'::regclass), CASE WHEN true THEN 'pg_class'::regclass ELSE 1::oid END"),
            ["regclass", "oid", "oid"])
        XCTAssertEqual(try types("SELECT table_name, data_type, ordinal_position FROM information_schema.columns"), ["name", "varchar", nil])
    }

    func test_numbersOfObjects_areNotReckonedWith() {
        for text in ["'pg_class'::regclass + 0", "1 - 'pg_class'::regclass", "oid * 2", "-oid", "oid & 1", "oid ^ 2", "~oid"] {
            XCTAssertThrowsError(try rows("SELECT \(text) FROM pg_class"), text) { XCTAssertEqual(($0 as? QueryError)?.cause, .undefinedFunction, text) }
        }
    }

    func test_documentsOverAWindow_haveNames() throws {
        let found = try rows("SELECT json_agg('pg_class'::regclass) OVER ()::text, json_object_agg('pg_class'::regclass, 'pg_type'::regclass) OVER ()::text")
        XCTAssertEqual(found, [[.string("[\"pg_class\"]"), .string("{ \"pg_class\" : \"pg_type\" }")]])
    }

    func test_procedures_areNumbersWithNames() throws {
        XCTAssertEqual(SystemProcedure.ofPostgres.count, 996)
        XCTAssertEqual(Set(SystemProcedure.all.map(\.number)).count, SystemProcedure.all.count)
        for type in SystemType.all {
            for name in type.functions { XCTAssertNotNil(SystemProcedure.number(named: name), "\(type.name): \(name)") }
        }
        XCTAssertEqual(try rows("SELECT typreceive::text, typmodin::text, typinput <> 0 FROM pg_type WHERE typname = 'bool'"), [[.string("boolrecv"), .string("-"), .boolean(true)]])
        let arrays = try rows("SELECT count(*) FROM pg_type WHERE typinput = 'array_in'")
        XCTAssertEqual(arrays, try rows("SELECT count(*) FROM pg_type WHERE typinput = 'pg_catalog.array_in'::regproc"))
        XCTAssertEqual(arrays, try rows("SELECT count(*) FROM pg_type t JOIN pg_proc p ON p.oid = t.typinput WHERE p.proname = 'array_in'"))
        XCTAssertGreaterThan(try rows("SELECT typname FROM pg_type WHERE typinput = 'array_in'").count, 20)
        XCTAssertThrowsError(try rows("SELECT 1 FROM pg_type WHERE typinput = 'nothing'"))
        // psql's \dft and \dfn name the type, though no function gives one.
        XCTAssertEqual(try rows("SELECT count(*) FROM pg_proc p WHERE p.prorettype = 'pg_catalog.trigger'::pg_catalog.regtype AND p.proname <> 'trigger_in'"), [[.integer(0)]])
        XCTAssertEqual(try rows("SELECT 'event_trigger'::regtype::oid"), [[.integer(3_838)]])
    }

    /// What PostgreSQL does not have is listed as the registry has it, and what it reads as words of its grammar is not listed.
    func test_procedures_areEveryFunctionThatThereIs() throws {
        let known = Set(try rows("SELECT proname FROM pg_proc").map { $0[0] })
        let grammar = ["coalesce", "current_date", "current_timestamp", "greatest", "grouping", "least", "localtime", "localtimestamp", "nullif", "trim"]
        // Of those that give rows PostgreSQL has all but one, which is in another schema there.
        let missing = FunctionRegistry.names.filter { !known.contains(.string($0)) }
        XCTAssertEqual(missing.sorted(), (grammar + ["_pg_expandarray"]).sorted())
        XCTAssertEqual(
            try rows("SELECT pg_get_function_result(oid), pg_get_function_arguments(oid), prokind::text, provolatile::text, proisstrict FROM pg_proc WHERE proname = 'list_sum'"),
            [[.string("bigint"), .string("integer[]"), .string("f"), .string("i"), .boolean(true)]])
        XCTAssertEqual(try rows("SELECT prokind::text, prorettype::bigint FROM pg_proc WHERE proname = 'approx_count_distinct'"), [[.string("a"), .integer(20)]])
    }

    func test_indexes_haveDefinitions() throws {
        XCTAssertEqual(
            try rows("SELECT schemaname, tablename, indexname, tablespace, indexdef, indexdef = pg_get_indexdef('receipts_pkey'::regclass) FROM pg_indexes"),
            [[.string("public"), .string("receipts"), .string("receipts_pkey"), .null, .string("CREATE UNIQUE INDEX receipts_pkey ON public.receipts USING btree (ticket_id)"), .boolean(true)]])
    }

    func test_rights_areOfWhatIsThere() throws {
        XCTAssertEqual(
            try rows("SELECT has_table_privilege('receipts', 'SELECT'), has_table_privilege('receipts', 'INSERT'), has_table_privilege('receipts'::regclass, 'SELECT'), has_table_privilege('receipts'::regclass::oid::regclass, 'SELECT')"),
            [[.boolean(true), .boolean(false), .boolean(true), .boolean(true)]])
        XCTAssertEqual(
            try rows("SELECT has_table_privilege(current_user, 'pg_class', 'SELECT'), has_column_privilege('receipts', 'total', 'SELECT'), has_column_privilege(current_user, 'receipts', 2::smallint, 'SELECT'), has_any_column_privilege('receipts', 'SELECT')"),
            [[.boolean(true), .boolean(true), .boolean(true), .boolean(true)]])
        XCTAssertEqual(
            try rows("SELECT has_schema_privilege('public', 'USAGE'), has_schema_privilege('public', 'CREATE'), has_database_privilege('till', 'CONNECT'), has_type_privilege('integer', 'USAGE'), has_function_privilege('array_in', 'EXECUTE')"),
            [[.boolean(true), .boolean(false), .boolean(true), .boolean(true), .boolean(true)]])
        XCTAssertEqual(
            try rows("SELECT has_table_privilege(999::oid, 'SELECT'), has_column_privilege('receipts', 'nope', 'SELECT'), has_schema_privilege(7::oid, 'USAGE'), pg_has_role(NULL::name, 'USAGE'), has_table_privilege(NULL, 'SELECT')"),
            [[.null, .null, .null, .null, .null]])
        XCTAssertEqual(try rows("SELECT pg_has_role('till', 'USAGE'), pg_has_role(10::oid, current_user, 'MEMBER'), bool_and(pg_has_role(r.rolname, r.oid, 'USAGE')) FROM pg_roles r"), [[.boolean(true), .boolean(true), .boolean(true)]])
        XCTAssertEqual(try rows("SELECT count(*) FROM pg_class c WHERE NOT has_table_privilege(c.oid, 'SELECT') OR has_table_privilege(c.oid, 'SELECT') IS NULL"), [[.integer(0)]])
        XCTAssertEqual(try rows("SELECT has_table_privilege('receipts', 'SELECT, TRIGGER, MAINTAIN'), has_table_privilege('receipts', 'MAINTAIN')"), [[.boolean(true), .boolean(false)]])
        XCTAssertEqual(try rows("SELECT has_table_privilege(name, 'SELECT') FROM (VALUES ('receipts'), ('nope')) AS t(name)"), [[.boolean(true)], [.null]])
        XCTAssertEqual(
            try rows("SELECT has_table_privilege('receipts', 'insert, select'), has_table_privilege('receipts', ' Select , Trigger'), has_table_privilege('public', 'receipts', 'SELECT'), has_table_privilege('receipts', 'SELECT WITH GRANT OPTION')"),
            [[.boolean(true), .boolean(true), .boolean(true), .boolean(false)]])
        let faults: [(String, QueryError.Cause)] = [
            ("has_table_privilege('nope', 'SELECT')", .undefinedTable), ("has_any_column_privilege('nope', 'SELECT')", .undefinedTable), ("has_schema_privilege('nope', 'USAGE')", .undefinedSchema),
            ("has_type_privilege('nope', 'USAGE')", .undefinedType), ("has_function_privilege('nope()', 'EXECUTE')", .undefinedFunction), ("'nope'::regrole", .undefinedObject),
            ("has_table_privilege('receipts', 'BOGUS')", .badValue), ("has_table_privilege('receipts', 'SELECT, BOGUS')", .badValue), ("has_table_privilege('receipts', '')", .badValue),
            ("has_schema_privilege('public', 'SELECT')", .badValue), ("has_function_privilege('array_in', 'SELECT')", .badValue), ("has_database_privilege('till', 'x')", .badValue),
            ("has_any_column_privilege('receipts', 'DELETE')", .badValue), ("pg_has_role('till', 'BOGUS')", .badValue),
            ("has_table_privilege('nobody', 'receipts', 'SELECT')", .undefinedObject),
        ]
        for (call, cause) in faults { XCTAssertThrowsError(try rows("SELECT \(call)"), call) { XCTAssertEqual(($0 as? QueryError)?.cause, cause, call) } }
    }

    /// As Metabase asks for its table of rights: names made of each relation's, four times, and its schema's.
    func test_rights_ofNamesThatRowsSay_areJoins() throws {
        let name = "'\"' || replace(t.space, '\"', '\"\"') || '\"' || '.' || '\"' || replace(t.relation, '\"', '\"\"') || '\"'"
        let rights = ["update", "select", "insert"].map { "has_any_column_privilege(current_user, \(name), '\($0)')" } + ["has_table_privilege(current_user, \(name), 'delete')"]
        let query = """
            WITH rights AS (
                SELECT t.relation, \(rights.joined(separator: ", "))
                FROM (SELECT schemaname AS space, tablename AS relation FROM pg_tables UNION SELECT schemaname, viewname FROM pg_views UNION SELECT schemaname, matviewname FROM pg_matviews) t
                WHERE t.space !~ '^pg_' AND t.space <> 'information_schema' AND has_schema_privilege(current_user, t.space, 'usage'))
            SELECT * FROM rights ORDER BY 1
            """
        let may: [Value] = [.boolean(false), .boolean(true), .boolean(false), .boolean(false)]
        XCTAssertEqual(try rows(query), ["Odd \"name\"", "receipts", "receipts_accepted"].map { [.string($0)] + may })
        XCTAssertEqual(
            try rows("SELECT n, has_table_privilege(n, 'SELECT'), has_sequence_privilege('o''shop', n, 'SELECT'), CASE WHEN to_regclass(n) IS NOT NULL THEN n::regclass = to_regclass(n) END FROM (VALUES ('till.public.receipts'), ('receipts_pkey'), ('receipts_accepted_pkey'), ('pg_class'), ('tables')) AS t(n) ORDER BY 1"),
            [
                [.string("pg_class"), .boolean(true), .boolean(true), .boolean(true)], [.string("receipts_accepted_pkey"), .null, .null, .null],
                [.string("receipts_pkey"), .boolean(true), .boolean(true), .boolean(true)], [.string("tables"), .null, .null, .null],
                [.string("till.public.receipts"), .boolean(true), .boolean(true), .boolean(true)],
            ])
        XCTAssertEqual(
            try rows("SELECT n, has_schema_privilege(n, 'USAGE'), has_schema_privilege(NULL, n, 'USAGE'), has_schema_privilege(n, NULL) FROM (VALUES ('public'), ('nope')) AS t(n) ORDER BY 1"),
            [[.string("nope"), .null, .null, .null], [.string("public"), .boolean(true), .null, .null]])
    }

    func test_settings_areSpelledAndMeasuredAsPostgresHasThem() throws {
        XCTAssertEqual(
            try rows("SELECT name, setting, vartype, unit FROM pg_settings WHERE name IN ('TimeZone', 'DateStyle', 'IntervalStyle', 'statement_timeout', 'work_mem', 'shared_buffers', 'jit', 'random_page_cost') ORDER BY lower(name)"),
            [
                [.string("DateStyle"), .string("ISO, MDY"), .string("string"), .null], [.string("IntervalStyle"), .string("postgres"), .string("enum"), .null],
                [.string("jit"), .string("off"), .string("bool"), .null], [.string("random_page_cost"), .string("4"), .string("real"), .null],
                [.string("shared_buffers"), .string("16384"), .string("integer"), .string("8kB")], [.string("statement_timeout"), .string("0"), .string("integer"), .string("ms")],
                [.string("TimeZone"), .string("UTC"), .string("string"), .null], [.string("work_mem"), .string("4096"), .string("integer"), .string("kB")],
            ])
        XCTAssertEqual(try rows("SELECT current_setting(n) FROM (VALUES ('TimeZone'), ('work_mem')) AS t(n)"), [[.string("UTC")], [.string("4MB")]])
        // psql's Tab key offers the words.
        XCTAssertEqual(
            try rows("SELECT name, min_val, max_val, enumvals FROM pg_settings WHERE name IN ('TimeZone', 'IntervalStyle', 'extra_float_digits', 'jit', 'work_mem', 'xmloption') ORDER BY lower(name)"),
            [
                [.string("extra_float_digits"), .string("-15"), .string("3"), .null],
                [.string("IntervalStyle"), .null, .null, .list([.string("postgres"), .string("postgres_verbose"), .string("sql_standard"), .string("iso_8601")])], [.string("jit"), .null, .null, .null],
                [.string("TimeZone"), .null, .null, .null], [.string("work_mem"), .string("64"), .string("2147483647"), .null],
                [.string("xmloption"), .null, .null, .list([.string("content"), .string("document")])],
            ])
        // What nobody has set is not what psql's dconfig shows.
        XCTAssertEqual(
            try rows("SELECT boot_val, source FROM pg_settings WHERE name IN ('work_mem', 'synchronize_seqscans') ORDER BY name"),
            [[.string("on"), .string("default")], [.string("4096"), .string("default")]])
        for (value, number) in [("30s", "30000"), ("5min", "300000"), ("x", "x")] { XCTAssertEqual(SystemSetting("statement_timeout", value).value, number) }
        for (value, number) in [("1GB", "131072"), ("7", "7"), ("9223372036854775807GB", "9223372036854775807GB")] { XCTAssertEqual(SystemSetting("shared_buffers", value).value, number) }
    }

    func test_columns_ofCatalogs_areRequiredAsPostgresHasThem() throws {
        let query = "SELECT attname FROM pg_attribute WHERE attnum > 0 AND NOT attnotnull AND attrelid ="
        XCTAssertEqual(try rows("\(query) 'pg_index'::regclass ORDER BY attnum"), [[.string("indexprs")], [.string("indpred")]])
        XCTAssertEqual(try rows("\(query) 'pg_description'::regclass"), [])
        XCTAssertEqual(try rows("\(query) 'pg_namespace'::regclass"), [[.string("nspacl")]])
        XCTAssertEqual(try rows("SELECT count(*) FROM pg_attribute WHERE attnotnull AND attrelid = 'pg_tables'::regclass"), [[.integer(0)]])
    }

    func test_expandedArrays_areKeysColumns() throws {
        // As pgjdbc looks for primary keys.
        let query = """
            SELECT r.table_name, r.column_name, r.key_seq FROM (SELECT ct.relname AS table_name, a.attname AS column_name, (information_schema._pg_expandarray(i.indkey)).n AS key_seq,
                information_schema._pg_expandarray(i.indkey) AS keys, a.attnum AS place FROM pg_class ct JOIN pg_attribute a ON ct.oid = a.attrelid JOIN pg_index i ON a.attrelid = i.indrelid
                WHERE i.indisprimary) r WHERE r.place = (r.keys).x
            """
        XCTAssertEqual(try rows(query), [[.string("receipts"), .string("ticket_id"), .integer(1)]])
        XCTAssertEqual(try rows("SELECT (information_schema._pg_expandarray(ARRAY[7, NULL, 9])).x"), [[.integer(7)], [.null], [.integer(9)]])
        XCTAssertEqual(try rows("SELECT x, n FROM information_schema._pg_expandarray(ARRAY['a', 'b'])"), [[.string("a"), .integer(1)], [.string("b"), .integer(2)]])
        XCTAssertThrowsError(try rows("SELECT information_schema._pg_expandarray(7)"))
        XCTAssertThrowsError(try rows("SELECT information_schema.lower('A')"))
    }

    /// As pg_dump asks for the tables that `-t` names.
    func test_namedOperators_takeAnyOfAList() throws {
        let query = """
            SELECT c.relname FROM pg_catalog.pg_class c LEFT JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
            WHERE c.relkind OPERATOR(pg_catalog.=) ANY (array['r', 'S', 'v', 'm', 'f', 'p']) AND c.relname OPERATOR(pg_catalog.~) '^(receipts)$' COLLATE pg_catalog.default AND pg_catalog.pg_table_is_visible(c.oid)
            """
        XCTAssertEqual(try rows(query), [[.string("receipts")]])
        XCTAssertEqual(
            try rows("SELECT 1 OPERATOR(pg_catalog.<) ALL (SELECT 2), 1 OPERATOR(=) SOME (ARRAY[2]), 'abc' OPERATOR(pg_catalog.~) ANY (ARRAY['x', 'b'])"),
            [[.boolean(true), .boolean(false), .boolean(true)]])
    }

    /// As PostgREST asks for lengths of columns.
    func test_functionsOfInformationSchema_sayWhatTypmodsMean() throws {
        let query = """
            SELECT a.attname, information_schema._pg_char_max_length(information_schema._pg_truetypid(a.*, t.*), information_schema._pg_truetypmod(a.*, t.*))::integer,
                information_schema._pg_numeric_precision(information_schema._pg_truetypid(a.*, t.*), information_schema._pg_truetypmod(a.*, t.*))
            FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid WHERE a.attrelid = 'receipts'::regclass ORDER BY a.attnum
            """
        XCTAssertEqual(try rows(query), [[.string("ticket_id"), .null, .null], [.string("total"), .null, .integer(18)], [.string("tags"), .null, .null]])
        func values(_ function: String, _ arguments: [String]) throws -> [Value] {
            try rows("SELECT \(arguments.map { "information_schema._pg_\(function)(\($0))" }.joined(separator: ", "))")[0]
        }
        XCTAssertEqual(try values("char_max_length", ["1043, 9", "1043, -1", "1560, 3", "25, -1", "NULL, 9"]), [.integer(5), .null, .integer(3), .null, .null])
        XCTAssertEqual(try values("char_octet_length", ["1043, 9", "25, -1", "23, -1"]), [.integer(20), .integer(1_073_741_824), .null])
        XCTAssertEqual(try values("numeric_precision", ["1700, 1179656", "1700, -1", "21, -1", "701, -1", "23, NULL"]), [.integer(18), .null, .integer(16), .integer(53), .null])
        XCTAssertEqual(try values("numeric_precision_radix", ["1700, -1", "20, -1", "25, -1"]), [.integer(10), .integer(2), .null])
        XCTAssertEqual(try values("numeric_scale", ["1700, 1179656", "1700, -1", "20, -1", "701, -1"]), [.integer(4), .null, .integer(0), .null])
        XCTAssertEqual(try values("datetime_precision", ["1082, -1", "1114, -1", "1184, 3", "1186, 470286337", "1186, 327679", "25, -1"]), [.integer(0), .integer(6), .integer(3), .integer(1), .integer(6), .null])
        XCTAssertEqual(try values("interval_type", ["1186, 470286337", "1186, 327679", "1186, -1", "1114, 3"]), [.string("DAY TO SECOND(1)"), .string("YEAR"), .null, .null])
    }

    /// As pgAdmin 4 asks for rights and settings.
    func test_functionsThatGiveRows_inTheList_areRows() throws {
        XCTAssertEqual(try rows("SELECT aclexplode(relacl), (aclexplode(relacl)).grantee FROM pg_class"), [])
        XCTAssertEqual(try rows("SELECT (aclexplode(datacl)).* FROM pg_database"), [])
        XCTAssertEqual(try rows("SELECT (aclexplode(coalesce(a.attacl, acldefault('c', c.relowner)))).grantee FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid"), [])
        XCTAssertEqual(try types("SELECT acldefault('n', nspowner), coalesce(nspacl, acldefault('n', nspowner)) FROM pg_namespace"), ["aclitem[]", "aclitem[]"])
        XCTAssertEqual(try rows("SELECT (d).grantee, CASE (d).privilege_type WHEN 'CONNECT' THEN 'c' ELSE 'UNKNOWN' END FROM (SELECT aclexplode(db.datacl) AS d FROM pg_database db) AS a"), [])
        XCTAssertEqual(try rows("SELECT (pg_get_keywords()).word ORDER BY 1 LIMIT 2"), [[.string("abort")], [.string("absolute")]])
        XCTAssertEqual(try rows("SELECT (information_schema._pg_expandarray(ARRAY[7, 8])).*"), [[.integer(7), .integer(1)], [.integer(8), .integer(2)]])
        XCTAssertEqual(try rows("SELECT (json_each('{\"a\": 1}')).key, (jsonb_each_text('{\"a\": 1}')).*"), [[.string("a"), .string("a"), .string("1")]])
        XCTAssertEqual(try rows("SELECT setting FROM pg_show_all_settings() WHERE name = 'server_encoding'"), [[.string("UTF8")]])
        XCTAssertEqual(try rows("SELECT count(*) FROM pg_lock_status()"), [[.integer(0)]])
        XCTAssertEqual(try rows("SELECT alias FROM ts_token_type(3722)"), [])
        XCTAssertEqual(try rows("SELECT host(client_addr) FROM pg_stat_replication"), [])
        XCTAssertEqual(try rows("SELECT host('10.0.0.1/8'), host(NULL)"), [[.string("10.0.0.1"), .null]])
        XCTAssertEqual(try rows("SELECT pg_partition_ancestors(oid), pg_listening_channels() FROM pg_class"), [])
        let described = try Self.engine.describe("SELECT (aclexplode(relacl)).*, aclexplode(relacl), json_each('{}') FROM pg_class", in: QueryContext(catalog: catalog(), now: 0))
        XCTAssertEqual(described.columns.map { AnswerColumns.described($0).type }, [26, 26, 25, 16, 2_249, 2_249])
    }

    func test_sleeping_endsWithItsTime_andWithTheQuery() throws {
        XCTAssertEqual(try rows("SELECT pg_sleep(0), pg_sleep(NULL), pg_sleep(-1), pg_sleep_for('1 microsecond'), pg_sleep_until(now())"), [[.string(""), .null, .string(""), .string(""), .string("")]])
        XCTAssertEqual(try rows("SELECT 1 FROM pg_sleep(0)"), [[.integer(1)]])
        XCTAssertThrowsError(try rows("SELECT till_pause(0)")) { XCTAssertEqual(($0 as? QueryError)?.cause, .undefinedFunction) }
        let prepared = try Self.engine.prepare("SELECT pg_sleep(600)", in: QueryContext(catalog: catalog(), now: 0))
        let stream = try Self.engine.execute(prepared, cancellation: Cancellation(timeLimitSeconds: 0.2))
        XCTAssertThrowsError(try { while try stream.next() != nil {} }()) { XCTAssertEqual(($0 as? QueryError)?.slug, .queryTimeout) }
        let described = try Self.engine.describe("SELECT pg_sleep($1)", in: QueryContext(catalog: catalog(), now: 0))
        XCTAssertEqual(described.columns.map { AnswerColumns.described($0).type }, [2_278])
        XCTAssertEqual(described.parameters.map { parameter in parameter.map { AnswerColumns.described($0).type } }, [701])
    }

    /// A text that names its argument twice takes a subquery once: a plan has each once.
    func test_namesOfWhatSubqueriesGive_areTheirs() throws {
        XCTAssertEqual(
            try rows("SELECT (SELECT max(x)::regtype FROM generate_series(20, 23) x)::text, to_regtype((SELECT to_regtype('int4'))::text)::text, (SELECT 1259::regclass)::text"),
            [[.string("integer"), .string("integer"), .string("pg_class")]])
        XCTAssertEqual(
            try rows("SELECT g, (SELECT (g + 22)::regtype)::text FROM generate_series(1, 3) g ORDER BY g").map { $0[1] }, [.string("integer"), .string("regproc"), .string("text")])
    }

    func test_collations_haveNamesAndNumbers() throws {
        XCTAssertEqual(
            try rows("SELECT to_regcollation('\"POSIX\"')::text, to_regcollation('nosuch'), '\"C\"'::regcollation::oid, 100::regcollation::text, to_regcollation(collname::text) FROM pg_collation WHERE oid = 951"),
            [[.string("\"POSIX\""), .null, .integer(950), .string("\"default\""), .integer(951)]])
        XCTAssertThrowsError(try rows("SELECT 'nosuch'::regcollation")) { XCTAssertEqual(($0 as? QueryError)?.cause, .undefinedObject) }
    }

    /// As PostGraphile and Supabase ask of each relation.
    func test_bitsOfNumbers_andCountsOfRelations_areNumbers() throws {
        XCTAssertEqual(
            try rows("SELECT 255::bit(4)::int4, (-1)::bit(8)::int4, 5::bit(8)::bigint, 7::bigint::bit(2)::int, pg_relation_is_updatable(1259, true)::bit(8)::int4"),
            [[.integer(15), .integer(255), .integer(5), .integer(3), .integer(0)]])
        XCTAssertEqual(try rows("SELECT 5::bit(8)::text, '101'::bit(3)::int4, 5::bit(32)::int4"), [[.string("00000101"), .integer(5), .integer(5)]])
        for text in ["1.5::bit(3)::int4", "5::bit varying", "b'101'::numeric"] {
            XCTAssertThrowsError(try rows("SELECT \(text)"), text) { XCTAssertEqual(($0 as? QueryError)?.cause, .noCast, text) }
        }
        XCTAssertEqual(try rows("SELECT pg_stat_get_live_tuples(1259), pg_stat_get_last_vacuum_time(1259), pg_last_xact_replay_timestamp()"), [[.integer(0), .null, .null]])
    }

    /// As dashboards ask: counts that there is one row of in every server.
    func test_statistics_ofTheServer_haveARow() throws {
        XCTAssertEqual(try rows("SELECT datname, numbackends, xact_commit, stats_reset FROM pg_stat_database"), [[.string("till"), .integer(1), .integer(0), .null]])
        XCTAssertEqual(try rows("SELECT checkpoints_timed, archived_count, wal_records FROM pg_stat_bgwriter, pg_stat_archiver, pg_stat_wal"), [[.integer(0), .integer(0), .integer(0)]])
    }

    func test_zones_areThoseOfTheSystem() throws {
        XCTAssertEqual(
            try rows("SELECT name, utc_offset, abbrev, is_dst FROM pg_timezone_names WHERE name IN ('UTC', 'Asia/Kolkata') ORDER BY name"),
            [
                [.string("Asia/Kolkata"), .interval(Interval(months: 0, days: 0, microseconds: 19_800_000_000)), .string("IST"), .boolean(false)],
                [.string("UTC"), .interval(Interval(months: 0, days: 0, microseconds: 0)), .string("UTC"), .boolean(false)],
            ])
        XCTAssertEqual(try rows("SELECT count(*) > 300, count(DISTINCT name) = count(*) FROM pg_timezone_names()"), [[.boolean(true), .boolean(true)]])
    }

    func test_classesOfIndexes_areThere() throws {
        XCTAssertEqual(try rows("SELECT o.opcname, f.opfname, a.amname FROM pg_index i JOIN pg_opclass o ON o.oid = ANY (i.indclass) JOIN pg_opfamily f ON f.oid = o.opcfamily JOIN pg_am a ON a.oid = o.opcmethod"), [[.string("text_ops"), .string("text_ops"), .string("btree")]])
    }

    /// As drivers load types: ranges with what they are of, and arrays with their elements.
    func test_types_areThoseOfPostgreSQL() throws {
        XCTAssertEqual(
            try rows("SELECT t.typname, t.typtype, e.typname, m.typname, r.rngsubdiff::text FROM pg_range r JOIN pg_type t ON t.oid = r.rngtypid JOIN pg_type e ON e.oid = r.rngsubtype JOIN pg_type m ON m.oid = r.rngmultitypid WHERE t.typname = 'daterange'"),
            [[.string("daterange"), .string("r"), .string("date"), .string("datemultirange"), .string("daterange_subdiff")]])
        XCTAssertEqual(try rows("SELECT count(*) FROM pg_range"), [[.integer(6)]])
        XCTAssertEqual(try rows("SELECT a.typname FROM pg_type a LEFT JOIN pg_type e ON e.oid = a.typelem WHERE a.typelem <> 0 AND e.oid IS NULL"), [])
        XCTAssertEqual(try rows("SELECT e.typname FROM pg_type e LEFT JOIN pg_type a ON a.oid = e.typarray WHERE e.typarray <> 0 AND a.typelem IS DISTINCT FROM e.oid"), [])
        let names = "'tsvector'::regtype::text, 'int4range[]'::regtype::text, 'time(3) with time zone'::regtype::text, to_regtype('point')::text, 'pg_lsn'::regtype::oid, format_type(1561, -1)"
        XCTAssertEqual(try rows("SELECT \(names)"), [[.string("tsvector"), .string("int4range[]"), .string("time with time zone"), .string("point"), .integer(3_220), .string("bit[]")]])
    }

    /// As Metabase measures documents before it looks for their members.
    func test_listsOfStructs_areDocuments_whereATextIsMadeOfThem() throws {
        let type = ColumnType.list(element: Field("element", .structure([Field("name", .string), Field("count", .int32)])))
        var builder = ColumnBuilder(type: type)
        builder.append(.list([.structure([.string("bread"), .integer(2)])]))
        builder.append(.null)
        let table = MemoryTable(schema: Schema([Field("lines", type)]), batches: [ColumnBatch(rowCount: 2, columns: [builder.finish()])])
        let base = FixedCatalog([("sales", .table(table, scope: [])), ("seen", .view(query: "SELECT lines::text AS t FROM sales"))])
        let catalog = SystemCatalog(base, SystemSession(user: "shop", database: "till", processID: 7))
        let query = "SELECT lines::text, CAST(lines AS varchar(4)), length(lines::text) > 5, (lines || '[1]'::jsonb)::text, coalesce(lines, '[]')::text, CASE WHEN lines IS NULL THEN '{}'::jsonb ELSE lines END::text FROM sales"
        let stream = try Self.engine.execute(try Self.engine.prepare(query, in: QueryContext(catalog: catalog, now: 0)))
        var found: [[Value]] = []
        while let batch = try stream.next() { for row in 0..<batch.rowCount { found.append(batch.columns.map { $0.value(at: row) }) } }
        let text = Value.string("[{\"name\": \"bread\", \"count\": 2}]")
        XCTAssertEqual(found, [[text, .string("[{\"n"), .boolean(true), .string("[{\"name\": \"bread\", \"count\": 2}, 1]"), text, text], [.null, .null, .null, .null, .string("[]"), .string("{}")]])
        XCTAssertThrowsError(try Self.engine.prepare("SELECT * FROM seen", in: QueryContext(catalog: catalog, now: 0)))
        XCTAssertThrowsError(try Self.engine.prepare(query, in: QueryContext(catalog: base, now: 0)))
    }

    /// As Prisma asks for columns: of relations whose rows have a type.
    func test_rowsOfRelations_haveATypeEach() throws {
        XCTAssertEqual(
            try rows("SELECT c.relname, t.typname, t.typtype, t.typcategory, t.typrelid = c.oid, t.typnamespace::regnamespace::text, t.typinput::text FROM pg_class c JOIN pg_type t ON t.oid = c.reltype ORDER BY 1"),
            ["Odd \"name\"", "receipts", "receipts_accepted"].map { [.string($0), .string($0), .string("c"), .string("C"), .boolean(true), .string("public"), .string("record_in")] })
        XCTAssertEqual(
            try rows("SELECT i.column_name FROM information_schema.columns i JOIN pg_attribute a ON a.attname = i.column_name JOIN (SELECT oid, relname FROM pg_class WHERE reltype > 0) c ON c.oid = a.attrelid AND c.relname = i.table_name WHERE i.table_name = 'receipts' ORDER BY a.attnum"),
            [[.string("ticket_id")], [.string("total")], [.string("tags")]])
        // What psql shows as types people made: none of these.
        XCTAssertEqual(
            try rows("SELECT typname FROM pg_type t WHERE t.typnamespace <> 11 AND (t.typrelid = 0 OR (SELECT c.relkind = 'c' FROM pg_class c WHERE c.oid = t.typrelid)) AND NOT EXISTS (SELECT 1 FROM pg_type el WHERE el.oid = t.typelem AND el.typarray = t.oid)"),
            [])
        XCTAssertEqual(try rows("SELECT count(*) - count(DISTINCT oid) FROM pg_type"), [[.integer(0)]])
    }

    /// As Sequelize finds comments on columns, and Drizzle which indexes are keys.
    func test_countsOfRelations_haveARowForEachTable() throws {
        XCTAssertEqual(
            try rows("SELECT s.schemaname, s.relname, s.relid = c.oid, s.seq_scan, s.n_live_tup, s.last_analyze FROM pg_stat_user_tables s JOIN pg_class c ON c.relname = s.relname ORDER BY 2"),
            ["Odd \"name\"", "receipts"].map { [.string("public"), .string($0), .boolean(true), .integer(0), .integer(0), .null] })
        XCTAssertEqual(
            try rows("SELECT s.relname, s.indexrelname, s.idx_scan, con.contype FROM pg_stat_user_indexes s JOIN pg_constraint con ON con.conindid = s.indexrelid"),
            [[.string("receipts"), .string("receipts_pkey"), .integer(0), .string("p")]])
        XCTAssertEqual(
            try rows("SELECT (SELECT count(*) FROM pg_statio_all_tables) - (SELECT count(*) FROM pg_statio_sys_tables), (SELECT count(*) FROM pg_stat_sys_tables WHERE relid = 'pg_class'::regclass)"),
            [[.integer(2), .integer(1)]])
    }

    func test_argument_namedLikeAColumnWithin_isTheCallersOwn() throws {
        // The function looks in a relation that has an oid too.
        XCTAssertEqual(try rows("SELECT format_type(oid, NULL) FROM (SELECT 23 AS oid) AS t"), [[.string("integer")]])
        XCTAssertEqual(try rows("SELECT (SELECT pg_get_userbyid(t.oid)) FROM (SELECT 10 AS oid) AS t"), [[.string("till")]])
    }
}
