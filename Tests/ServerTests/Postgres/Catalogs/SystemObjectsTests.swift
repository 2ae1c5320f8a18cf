import ColumnStore
import Query
import XCTest

@testable import Server

/// Goal: what catalogs and functions call objects and types is what PostgreSQL 15 calls them. Method: questions over a store of one table; what is expected was asked of PostgreSQL 15.
final class SystemObjectsTests: XCTestCase {
    private static let engine = QueryEngine()

    private func context() -> QueryContext {
        let base = FixedCatalog(tables: [("Odd \"name\"", MemoryTable(schema: Schema([Field("n", .int32), Field("My n", .int32)]), batches: []))])
        return QueryContext(catalog: SystemCatalog(base, SystemSession(user: "shop", database: "till", processID: 7)), now: 0)
    }

    private func rows(_ query: String) throws -> [[Value]] {
        let stream = try Self.engine.execute(try Self.engine.prepare(query, in: context()))
        var found: [[Value]] = []
        while let batch = try stream.next() { for row in 0..<batch.rowCount { found.append(batch.columns.map { $0.value(at: row) }) } }
        return found
    }

    private func types(_ query: String) throws -> [String?] { try Self.engine.prepare(query, in: context()).columns.map(\.declared) }

    func test_identifyObject_hasMembers() throws {
        let table = "'\"Odd \"\"name\"\"\"'::regclass"
        XCTAssertEqual(
            try rows("SELECT (pg_identify_object('pg_class'::regclass, \(table), 0)).identity, (pg_identify_object('pg_class'::regclass, \(table), 2)).type, (pg_identify_object('pg_class'::regclass, \(table), 2)).identity"),
            [[.string("public.\"Odd \"\"name\"\"\""), .string("table column"), .string("public.\"Odd \"\"name\"\"\".\"My n\"")]])
        XCTAssertEqual(
            try rows("SELECT (pg_identify_object(2615, 11, 0)).type, (pg_identify_object(2615, 11, 0)).identity, (pg_identify_object(1259, 3, 0)).name IS NULL"),
            [[.string("schema"), .string("pg_catalog"), .boolean(true)]])
    }

    /// Drivers look types up by the short name.
    func test_tablesNamedAsCatalogs_hideNone_unlessThePathSaysSo() throws {
        let table = CatalogEntry.table(MemoryTable(schema: Schema([Field("n", .int32)]), batches: []), scope: [])
        let base = FixedCatalog([("pg_type", table), ("till_settings", table), ("types", .view(query: "SELECT count(n) AS n FROM pg_type"))])
        func count(_ query: String, path: String? = nil) throws -> [Value] {
            var settings = try SessionSettings()
            if let path { try settings.set("search_path", path) }
            let catalog = SystemCatalog(base, SystemSession(user: "shop", database: "till", processID: 7)).with(settings, nil, asked: nil)
            let stream = try Self.engine.execute(try Self.engine.prepare(query, in: QueryContext(catalog: catalog, now: 0)))
            return try XCTUnwrap(try stream.next()).columns.map { $0.value(at: 0) }
        }
        XCTAssertEqual(try count("SELECT count(*) FROM pg_type WHERE typname = 'int4'"), [.integer(1)])
        XCTAssertEqual(try count("SELECT count(n) FROM public.pg_type"), [.integer(0)])
        XCTAssertEqual(try count("SELECT count(n) FROM pg_type", path: "public, pg_catalog"), [.integer(0)])
        XCTAssertEqual(try count("SELECT count(*) FROM pg_type WHERE typname = 'int4'", path: "pg_catalog, public"), [.integer(1)])
        // A view says what it says everywhere.
        XCTAssertEqual(try count("SELECT n FROM types"), [.integer(0)])
        XCTAssertEqual(try count("SELECT count(n) FROM till_settings"), [.integer(0)])
        XCTAssertEqual(try count("SELECT 'pg_type'::regclass = 1247"), [.boolean(true)])
        XCTAssertEqual(try count("SELECT 'pg_type'::regclass = 1247", path: "public, pg_catalog"), [.boolean(false)])
        XCTAssertEqual(try count("SELECT 'public.pg_type'::regclass = 1247"), [.boolean(false)])
    }

    func test_describeObject_saysWhatItIsCalled() throws {
        let table = "'\"Odd \"\"name\"\"\"'::regclass"
        XCTAssertEqual(
            try rows("SELECT pg_describe_object('pg_class'::regclass, \(table), 0), pg_describe_object(1259, \(table), 2), pg_describe_object(2615, 2200, 0), pg_describe_object(1247, 23, 0), pg_describe_object(1255, 870, 0), pg_describe_object(1259, 3, 0)"),
            [[
                .string("table \"Odd \"\"name\"\"\""), .string("column My n of table \"Odd \"\"name\"\"\""), .string("schema public"), .string("type integer"), .string("function lower(text)"), .null,
            ]])
        XCTAssertEqual(try rows("SELECT pg_relation_filenode(\(table)), pg_relation_filepath('pg_class'), pg_filenode_relation(0, 7)"), [[.null, .null, .null]])
    }

    /// pg_dump puts a view behind what it reads by these rows.
    func test_views_areRulesThatDependOnWhatTheyRead() throws {
        let table = MemoryTable(schema: Schema([Field("n", .int32)]), batches: [])
        let base = FixedCatalog([
            ("sales", .table(table, scope: [])), ("a_large", .view(query: "SELECT n FROM b_all WHERE n > (SELECT avg(n) FROM sales)")), ("b_all", .view(query: "SELECT n FROM sales")),
        ])
        let catalog = SystemCatalog(base, SystemSession(user: "shop", database: "till", processID: 7))
        let query = """
            SELECT r.ev_class::regclass::text, r.rulename, r.ev_type::text, r.is_instead, d.refclassid::regclass::text, d.refobjid::regclass::text, d.deptype::text
            FROM pg_depend d JOIN pg_rewrite r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid ORDER BY 1, 7, 6
            """
        let stream = try Self.engine.execute(try Self.engine.prepare(query, in: QueryContext(catalog: catalog, now: 0)))
        var found: [[Value]] = []
        while let batch = try stream.next() { for row in 0..<batch.rowCount { found.append(batch.columns.map { $0.value(at: row) }) } }
        func row(_ view: String, _ other: String, _ kind: String) -> [Value] {
            [.string(view), .string("_RETURN"), .string("1"), .boolean(true), .string("pg_class"), .string(other), .string(kind)]
        }
        XCTAssertEqual(
            found,
            [
                row("a_large", "a_large", "i"), row("a_large", "a_large", "n"), row("a_large", "b_all", "n"), row("a_large", "sales", "n"), row("b_all", "b_all", "i"), row("b_all", "b_all", "n"),
                row("b_all", "sales", "n"),
            ])
    }

    /// As psqlODBC and Postgrex ask for the type beneath a domain.
    func test_numbersOfObjects_besideWholeNumbers_areThose() throws {
        XCTAssertEqual(
            try types("SELECT coalesce(oid, 0), CASE typtype WHEN 'd' THEN typbasetype ELSE 0 END, greatest(0, oid, 1::smallint), coalesce(oid::bigint, 0), coalesce(oid, NULL), coalesce(typelem, typbasetype) FROM pg_type"),
            ["oid", "oid", "oid", nil, "oid", "oid"])
        XCTAssertEqual(try types("SELECT coalesce('pg_class'::regclass, 0), coalesce(0, 'pg_class'::regclass)"), ["regclass", "regclass"])
        XCTAssertEqual(
            try rows("SELECT coalesce(NULL::oid, 7), coalesce(NULL::oid, -1), CASE WHEN false THEN 1::oid ELSE 4294967295 END, least(3::oid, 2), coalesce(NULL::oid, 2)::bigint + 1"),
            [[.integer(7), .integer(4_294_967_295), .integer(4_294_967_295), .integer(2), .integer(3)]])
        XCTAssertThrowsError(try rows("SELECT coalesce(NULL::oid, 4294967296)")) { XCTAssertEqual(($0 as? QueryError)?.slug, .numericOverflow) }
        XCTAssertThrowsError(try rows("SELECT coalesce(oid, 0) + 1 FROM pg_class")) { XCTAssertEqual(($0 as? QueryError)?.cause, .undefinedFunction) }
    }

    /// As Prometheus' exporter for PostgreSQL asks.
    func test_agesAndProgress_areWhatMonitorsAskFor() throws {
        XCTAssertEqual(try rows("SELECT mxid_age('1'::xid), mxid_age('0'::xid), mxid_age(NULL), mxid_age(datminmxid), age(datfrozenxid) FROM pg_database"), [[.integer(0), .integer(2_147_483_647), .null, .integer(0), .integer(0)]])
        XCTAssertEqual(try rows("SELECT relkind::text, max(age(relfrozenxid)), max(mxid_age(relminmxid)) FROM pg_class WHERE relkind = 'r' GROUP BY relkind"), [[.string("r"), .integer(0), .integer(0)]])
        XCTAssertEqual(try rows("SELECT DISTINCT relfrozenxid::text, relminmxid::text FROM pg_class WHERE relkind = 'v'"), [[.string("0"), .string("0")]])
        let names = (1...20).map { "param\($0)" }
        XCTAssertEqual(try rows("SELECT s.param1, s.param20 FROM pg_stat_get_progress_info('VACUUM') AS s(pid, datid, relid, \(names.joined(separator: ", ")))"), [])
    }

    func test_accessMethods_haveHandlers() throws {
        XCTAssertEqual(
            try rows("SELECT amname, amhandler::text, amhandler::oid::bigint FROM pg_am ORDER BY 1"),
            [[.string("btree"), .string("bthandler"), .integer(330)], [.string("heap"), .string("heap_tableam_handler"), .integer(3)]])
    }

    func test_textsOfSeveralTypes_areCalledAsPostgresChoosesAmongThem() throws {
        let chosen: [(String, [String?])] = [
            ("SELECT coalesce(n, t), coalesce(t, n), coalesce(v, n), coalesce(c, n), coalesce(v, t), coalesce(t, v), coalesce(v, c)", ["name", nil, "name", "name", "varchar", nil, "varchar"]),
            ("SELECT CASE WHEN true THEN t ELSE n END, CASE WHEN true THEN n ELSE t END, greatest(n, v)", ["name", nil, "name"]),
            ("SELECT nullif(n, t), nullif(c, v), nullif(v, c), nullif(v, t), nullif(t, n), nullif(c, t)", ["name", "bpchar(3)", "bpchar", nil, nil, nil]),
        ]
        for (query, names) in chosen {
            XCTAssertEqual(try types("\(query) FROM (SELECT 'a'::name AS n, 'a' || '' AS t, 'a'::varchar(5) AS v, 'a'::char(3) AS c) AS x"), names, query)
        }
    }

    func test_textsOfUnionsAndValues_areCalledAsTheFirstOfThem() throws {
        let chosen: [(query: String, name: String?)] = [
            ("VALUES ('a'::varchar), ('b'::char(3))", "varchar"), ("VALUES ('a'::varchar), ('b'::text)", "varchar"), ("VALUES ('a'::text), ('b'::varchar)", nil),
            ("SELECT 'a'::varchar(5) UNION ALL SELECT 'b'::char(3)", "varchar"), ("SELECT 'a'::varchar UNION SELECT 'b'::name UNION SELECT 'c' || ''", "name"),
        ]
        for (query, name) in chosen { XCTAssertEqual(try types(query), [name], query) }
    }

    func test_bitsOfASmallintAndNull_areSmallint() throws {
        XCTAssertEqual(try types("SELECT NULL | 2::smallint, 2::smallint & NULL, 2::smallint | 1"), ["int2", "int2", nil])
    }

    func test_textsOfRows_nameWhatConstantsName() throws {
        let names = "('INT4'), (' character varying(5) '), ('23'), ('99999999'), ('-'), (NULL)"
        XCTAssertEqual(try rows("SELECT n::regtype::text FROM (VALUES \(names)) AS t(n)"), [[.string("integer")], [.string("character varying")], [.string("integer")], [.string("99999999")], [.string("-")], [.null]])
        XCTAssertEqual(try rows("SELECT n::regtype, count(*) FROM (VALUES ('int4'), ('INTEGER')) AS t(n) GROUP BY n::regtype"), [[.integer(23), .integer(2)]])
        XCTAssertEqual(try types("SELECT n::regclass, n::regtype, n::regoper FROM (VALUES ('1259')) AS t(n)"), ["regclass", "regtype", "regoper"])
        XCTAssertEqual(
            try rows("SELECT (('acos'::regproc)::oid)::text::regproc::text, '11'::text::regnamespace::text, '1259'::name::regclass::text, 'till.pg_catalog.pg_class'::regclass::text, ' PG_CLASS'::text::regclass::text"),
            [[.string("acos"), .string("pg_catalog"), .string("pg_class"), .string("pg_class"), .string("pg_class")]])
    }

    /// PostgreSQL has a cast of TEXT to regclass, which takes no number.
    func test_textsThatNameNothing_areRefused_ofRowsToo() {
        let faults: [(text: String, registry: String, cause: QueryError.Cause)] = [
            ("nosuch", "regclass", .undefinedTable), ("1259", "regclass", .undefinedTable), ("-", "regclass", .undefinedTable), ("nosuch.x", "regclass", .undefinedSchema), ("till.nosuch.x", "regclass", .undefinedSchema),
            ("other.public.x", "regclass", .notSupported), ("nosuch", "regproc", .undefinedFunction), ("nosuch", "regoper", .undefinedFunction), ("nosuch", "regtype", .undefinedType),
            ("nosuch", "regnamespace", .undefinedSchema), ("nosuch", "regrole", .undefinedObject), ("nosuch", "regcollation", .undefinedObject),
        ]
        for (text, registry, cause) in faults {
            for query in ["SELECT '\(text)'::text::\(registry)", "SELECT n::\(registry) FROM (VALUES ('\(text)'), (NULL)) AS t(n)"] {
                XCTAssertThrowsError(try rows(query), query) { XCTAssertEqual(($0 as? QueryError)?.cause, cause, query) }
            }
        }
        for cast in ["'4294967296'::regclass", "'4294967296'::text::regtype"] { XCTAssertThrowsError(try rows("SELECT \(cast)"), cast) { XCTAssertEqual(($0 as? QueryError)?.slug, .numericOverflow, cast) } }
        XCTAssertThrowsError(try rows("SELECT '-1'::regclass")) { XCTAssertEqual(($0 as? QueryError)?.cause, .undefinedTable) }
    }

    /// Counts how often its names are asked for; they may become more.
    private struct Counted: QueryCatalog {
        let names = Monitor((all: ["sales"], askedCount: 0))
        var entryNames: [String] {
            names.withLock { names in
                names.askedCount += 1
                return names.all
            }
        }
        func entry(named name: String) -> CatalogEntry? { nil }
    }

    func test_textsOfRows_askTheStoreForItsNamesOnce() throws {
        func count(_ textCount: Int, _ registry: String) throws -> Int {
            let counted = Counted(), catalog = SystemCatalog(counted, SystemSession(user: "shop", database: "till", processID: 7))
            let query = "SELECT (repeat(' ', i) || 'sales')::\(registry) FROM generate_series(1, \(textCount)) s(i)"
            let stream = try Self.engine.execute(try Self.engine.prepare(query, in: QueryContext(catalog: catalog, now: 0)))
            while try stream.next() != nil {}
            return counted.names.withLock { $0.askedCount }
        }
        for registry in ["regclass", "regtype"] { XCTAssertEqual(try count(200, registry), try count(1, registry), registry) }
    }

    func test_tablesThatCome_areFoundByTheNextQuestion_andByPlansThatAreKept() throws {
        let counted = Counted(), catalog = SystemCatalog(counted, SystemSession(user: "shop", database: "till", processID: 7))
        let first = catalog.with(try SessionSettings(), nil, asked: nil)
        XCTAssertNotNil(try first.object(named: "sales", in: "regclass"))
        counted.names.withLock { $0.all.append("more") }
        let second = catalog.with(try SessionSettings(), nil, asked: nil)
        for registry in ["regclass", "regtype"] {
            XCTAssertNotNil(try second.object(named: "more", in: registry), registry)
            XCTAssertNotNil(try first.object(named: "more", in: registry), registry)
        }
    }

    /// `pg_class` has none of them.
    func test_keysThatAreNotThere_haveNoNumber() throws {
        let key = #"'"Odd ""name""_pkey"'"#
        for cast in ["\(key)::regclass", "\(key)::text::regclass"] { XCTAssertThrowsError(try rows("SELECT \(cast)"), cast) { XCTAssertEqual(($0 as? QueryError)?.cause, .undefinedTable, cast) } }
        XCTAssertEqual(try rows("SELECT to_regclass(\(key)), to_regclass(n) FROM (VALUES (\(key))) AS t(n)"), [[.null, .null]])
    }

    func test_numbersWithAFraction_areNoObjects() {
        for cast in ["1.5::oid", "(-0.5)::numeric::oid", "1::float8::oid", "1::real::xid", "1.5::xid", "1.5::regclass"] {
            XCTAssertThrowsError(try rows("SELECT \(cast)"), cast) { XCTAssertEqual(($0 as? QueryError)?.cause, .noCast, cast) }
        }
        XCTAssertEqual(try rows("SELECT pg_get_userbyid(-450373579), pg_get_userbyid(10)"), [[.string("unknown (OID=3844593717)"), .string("till")]])
    }

    func test_setseed_givesVoid() throws { XCTAssertEqual(try types("SELECT setseed(0.5)"), ["void"]) }

    /// PostgreSQL's 42804: such a letter is of no kind with them.
    func test_lettersBesideTexts_haveNoTypeInCommon() throws {
        for call in ["coalesce(n, c)", "coalesce(c, t)", "greatest(c, n)", "least(t, c, NULL)"] {
            let query = "SELECT \(call) FROM (SELECT 'a'::name AS n, 'a' || '' AS t, 'r'::\"char\" AS c) AS x"
            XCTAssertThrowsError(try types(query), query) { XCTAssertEqual(($0 as? QueryError)?.cause, .typeMismatch, query) }
        }
        XCTAssertNoThrow(try types("SELECT coalesce(c, 'x'), coalesce(c, NULL), coalesce(c, c), coalesce(c::text, n) FROM (SELECT 'a'::name AS n, 'r'::\"char\" AS c) AS x"))
    }
}
