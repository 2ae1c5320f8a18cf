import ColumnStore
import Query
import XCTest

@testable import Server

/// Goal: vectors of numbers, by which catalogs tell the columns of keys and the arguments of functions, are lists that count from 0 and are written without braces. Method: those of the catalogs, over a
/// store of a table with a key.
final class SystemVectorsTests: XCTestCase {
    private static let engine = QueryEngine()

    private func context() -> QueryContext {
        let table = MemoryTable(schema: Schema([Field("ticket_id", .string), Field("total", .int64)]), batches: [])
        return QueryContext(catalog: SystemCatalog(FixedCatalog(tables: [("receipts", table)]), SystemSession(user: "shop", database: "till", processID: 7)), now: 0)
    }

    private func rows(_ query: String) throws -> [[Value]] {
        let stream = try Self.engine.execute(try Self.engine.prepare(query, in: context()))
        var found: [[Value]] = []
        while let batch = try stream.next() { for row in 0..<batch.rowCount { found.append(batch.columns.map { $0.value(at: row) }) } }
        return found
    }

    private func types(_ query: String) throws -> [String?] { try Self.engine.prepare(query, in: context()).columns.map(\.declared) }

    func test_vectors_countFromZero() throws {
        XCTAssertEqual(try rows("SELECT indkey[0], indkey[1], indclass[0] FROM pg_index"), [[.integer(1), .null, .integer(3_126)]])
        XCTAssertEqual(try rows("SELECT conkey[0], conkey[1] FROM pg_constraint"), [[.null, .integer(1)]])
    }

    func test_vectors_haveTheirOwnPlaces() throws {
        XCTAssertEqual(
            try rows("SELECT array_lower(indkey, 1), array_upper(indkey, 1), array_length(indkey, 1), array_dims(indkey), array_position(indkey, 1), array_lower(indclass, 1), array_lower(indkey, 2) FROM pg_index"),
            [[.integer(0), .integer(0), .integer(1), .string("[0:0]"), .integer(0), .integer(0), .null]])
        XCTAssertEqual(try rows("SELECT generate_subscripts(indkey, 1), generate_subscripts(indkey, 1, true) FROM pg_index"), [[.integer(0), .integer(0)]])
        XCTAssertEqual(try rows("SELECT s FROM pg_index, generate_subscripts(indkey, 1) AS s"), [[.integer(0)]])
        XCTAssertEqual(try rows("SELECT array_lower(conkey, 1), array_upper(conkey, 1), generate_subscripts(conkey, 1) FROM pg_constraint"), [[.integer(1), .integer(1), .integer(1)]])
        let key = """
            SELECT a.attname FROM (SELECT indrelid, indkey, generate_subscripts(indkey, 1) idx FROM pg_index WHERE indrelid = '"receipts"'::regclass AND indisprimary) i
                JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[i.idx] ORDER BY i.idx
            """
        XCTAssertEqual(try rows(key), [[.string("ticket_id")]])
    }

    func test_vectors_asText_haveNoBraces() throws {
        XCTAssertEqual(
            try rows("SELECT indkey::text, indclass::varchar, concat(indkey, 'x'), string_to_array(indkey::text, ' '), max(indkey::text) OVER () FROM pg_index"),
            [[.string("1"), .string("3126"), .string("1x"), .list([.string("1")]), .string("1")]])
        XCTAssertEqual(try rows("SELECT proargtypes::text, oidvectortypes(proargtypes) FROM pg_proc WHERE oid = 1622"), [[.string("25 23"), .string("text, integer")]])
        XCTAssertEqual(try rows("SELECT conkey::text FROM pg_constraint"), [[.string("{1}")]])
        XCTAssertEqual(try rows("SELECT CAST(v AS text) FROM (SELECT indkey AS v FROM pg_index UNION ALL SELECT indkey FROM pg_index) AS t"), [[.string("1")], [.string("1")]])
    }

    /// PostgreSQL has lists whose elements they are; here their numbers would be the elements.
    func test_listsOfVectors_areRefused() throws {
        for query in ["SELECT ARRAY[indkey] FROM pg_index", "SELECT ARRAY(SELECT indclass FROM pg_index)"] {
            XCTAssertThrowsError(try rows(query), query) { XCTAssertEqual(($0 as? QueryError)?.slug, .unsupportedSQL, query) }
        }
    }

    /// Past its dimensions a list has nothing, and a row has no part by number.
    func test_subscripts_pastDimensions() throws {
        XCTAssertEqual(try rows("SELECT (ARRAY[1, 2])[1][1], (ARRAY['x'])[1][3][1], indkey[0][1] FROM pg_index"), [[.null, .null, .null]])
        XCTAssertThrowsError(try rows("SELECT (ROW(42, 84))[1]")) { XCTAssertEqual(($0 as? QueryError)?.cause, .typeMismatch) }
    }

    /// As Sequelize takes an index's keys apart, and Rails looks for a function by the types that it takes.
    func test_partsOfVectors_areLists_andListsBecomeVectors() throws {
        XCTAssertEqual(
            try rows("SELECT indkey[:indnkeyatts - 1]::text, indkey[indnkeyatts:]::text, array_length(indkey[0:5], 1), ('10 20 30'::int2vector)[1:]::text FROM pg_index"),
            [[.string("{1}"), .string("{}"), .integer(1), .string("{20,30}")]])
        XCTAssertEqual(try types("SELECT indkey[:0], indclass[0:], indkey[0], indclass[0], '25'::oidvector FROM pg_index"), ["int2[]", "oid[]", "int2", "oid", "oidvector"])
        XCTAssertEqual(try types("SELECT unnest(indkey), unnest(indclass), k, c FROM pg_index, unnest(indkey) AS k, unnest(indclass) WITH ORDINALITY AS u(c, n)"), ["int2", "oid", "int2", "oid"])
        XCTAssertEqual(
            try rows("SELECT '25  23'::oidvector::text, (ARRAY['text'::regtype, 'int4'::regtype]::oidvector)[1]::text, NULL::oidvector, ''::int2vector::text"),
            [[.string("25 23"), .string("23"), .null, .string("")]])
        func exists(_ type: String) -> String { "exists(SELECT * FROM pg_proc WHERE proname = 'lower' AND proargtypes = ARRAY['\(type)'::regtype]::oidvector)" }
        XCTAssertEqual(try rows("SELECT \(exists("text")), \(exists("boolean"))"), [[.boolean(true), .boolean(false)]])
    }

    /// As HeidiSQL and scripts look for a function by the numbers of the types that it takes.
    func test_literals_besideVectors_areVectors() throws {
        XCTAssertEqual(
            try rows("SELECT indkey = '1', ' 1 ' = indkey, indkey <> '1 2', indkey IS DISTINCT FROM '1', CASE indkey WHEN '1' THEN 'one' END, indkey = '', indkey IN ('2', '1') FROM pg_index"),
            [[.boolean(true), .boolean(true), .boolean(true), .boolean(false), .string("one"), .boolean(false), .boolean(true)]])
        XCTAssertEqual(try rows("SELECT count(*) FROM pg_proc WHERE proname = 'left' AND proargtypes = '25 23'"), [[.integer(1)]])
        XCTAssertEqual(try rows("SELECT conkey = '{1}' FROM pg_constraint"), [[.boolean(true)]])
        for text in ["{1}", "1,2", "x", "1\"2"] {
            for query in ["SELECT indkey = '\(text)' FROM pg_index", "SELECT '\(text)'::int2vector"] { XCTAssertThrowsError(try rows(query), query) { XCTAssertEqual(($0 as? QueryError)?.slug, .dataError, query) } }
        }
    }
}
