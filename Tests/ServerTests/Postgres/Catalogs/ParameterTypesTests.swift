import ColumnStore
import Query
import XCTest

@testable import Server

/// Goal: a parameter without a type is of the type that PostgreSQL 15 takes it for. Method: questions are described without values; the numbers expected are what PostgreSQL 15 says of
/// the same texts.
final class ParameterTypesTests: XCTestCase {
    private static let engine = QueryEngine()

    private func types(_ query: String) throws -> [UInt32] {
        let fields = [
            Field("receipt_id", .string), Field("total", .decimal(precision: 18, scale: 4)), Field("sequence", .int64), Field("business_day", .date), Field("document", .jsonb),
        ]
        let base = FixedCatalog(tables: [("receipts", MemoryTable(schema: Schema(fields), batches: []))])
        let catalog = SystemCatalog(base, SystemSession(user: "shop", database: "till", processID: 7))
        let described = try Self.engine.describe(query, in: QueryContext(catalog: catalog, now: 0))
        return described.parameters.map { parameter in parameter.map { AnswerColumns.described($0).type } ?? 0 }
    }

    func test_parameters_besideColumnsOfCatalogs_areOfTheirTypes() throws {
        let expected: [(String, [UInt32])] = [
            ("SELECT 1 FROM pg_class WHERE oid IN ($1, $2)", [26, 26]), ("SELECT 1 FROM pg_class WHERE oid = ANY($1)", [1028]), ("SELECT 1 FROM pg_class WHERE $1 IN (oid)", [26]),
            ("SELECT 1 FROM pg_class WHERE relname = ANY($1)", [1003]), ("SELECT 1 FROM pg_class WHERE relname NOT IN ($1, 'a')", [19]), ("SELECT 1 FROM pg_class WHERE relkind = $1", [18]),
            ("SELECT 1 FROM pg_class WHERE relkind IN ($1, 'v')", [18]), ("SELECT 1 FROM pg_class WHERE relkind = ANY($1)", [1002]), ("SELECT 1 FROM pg_attribute WHERE attnum = ANY($1)", [1005]),
            ("SELECT 1 FROM pg_attribute WHERE attnum IN ($1)", [21]), ("SELECT coalesce($1, relname), coalesce(oid, $2) FROM pg_class", [19, 26]),
            ("SELECT 1 FROM pg_type WHERE typinput = $1 OR typinput IN ($2) OR $3 <> typinput OR typinput = ANY($4)", [26, 26, 26, 1028]),
            ("SELECT 1 FROM pg_class WHERE oid IN (SELECT $1::int8) AND oid::regclass = $2", [20, 26]), ("SELECT CASE WHEN true THEN oid ELSE $1 END FROM pg_class", [26]), ("SELECT 1 FROM pg_class WHERE oid IS DISTINCT FROM $1 AND reltuples > $2", [26, 700]), ("SELECT 1 FROM information_schema.tables WHERE table_schema IN ($1)", [19]),
        ]
        for (query, numbers) in expected { XCTAssertEqual(try types(query), numbers, query) }
    }

    func test_parameters_ofTheCatalogsFunctions_areWhatTheyTake() throws {
        let expected: [(String, [UInt32])] = [
            ("SELECT format_type($1, $2)", [26, 23]), ("SELECT pg_get_userbyid($1)", [26]), ("SELECT obj_description($1, $2)", [26, 19]), ("SELECT has_table_privilege($1, 'SELECT')", [25]),
            ("SELECT has_table_privilege($1, $2, 'SELECT')", [19, 25]), ("SELECT pg_has_role($1, 'USAGE'), pg_has_role($2, $3, 'USAGE')", [19, 19, 19]), ("SELECT pg_total_relation_size($1), pg_cancel_backend($2)", [2_205, 23]), ("SELECT pg_advisory_lock($1), pg_try_advisory_lock($2, $3)", [20, 23, 23]), ("SELECT pg_table_is_visible($1)", [26]), ("SELECT current_schemas($1)", [16]), ("SELECT quote_ident($1)", [25]),
        ]
        for (query, numbers) in expected { XCTAssertEqual(try types(query), numbers, query) }
    }

    /// As JDBC calls functions: `{? = call upper(?)}` has a parameter for what comes out.
    func test_parameters_ofTypeVoid_areNoArguments() throws {
        let catalog = SystemCatalog(FixedCatalog(tables: []), SystemSession(user: "shop", database: "till", processID: 7))
        var context = QueryContext(catalog: catalog, parameters: [.typed(.null, .string), .string("bread")], now: 0)
        context.declaredParameters = [1: "void"]
        for query in ["SELECT * FROM upper($1, $2) AS result", "SELECT upper($1, $2)", "SELECT quote_ident(upper($1, $2), $1)"] {
            let batch = try XCTUnwrap(try Self.engine.execute(try Self.engine.prepare(query, in: context)).next(), query)
            XCTAssertEqual(batch.columns[0].value(at: 0), .string(query.contains("quote_ident") ? "\"BREAD\"" : "BREAD"), query)
        }
        context.declaredParameters = [:]
        XCTAssertThrowsError(try Self.engine.prepare("SELECT upper($1, $2)", in: context)) { XCTAssertEqual(($0 as? QueryError)?.cause, .undefinedFunction) }
    }

    func test_parameters_inRanges_lists_andFunctions_areOfTheOthersTypes() throws {
        let expected: [(String, [UInt32])] = [
            ("SELECT 1 FROM receipts WHERE $1 BETWEEN sequence AND $2", [20, 20]), ("SELECT 1 FROM receipts WHERE sequence IN ($1, $2) AND total = ANY($3)", [20, 20, 1231]),
            ("SELECT document #> $1, document #>> $2, document ?| $3 FROM receipts", [1009, 1009, 1009]), ("SELECT array_position($1, 'a'), array_position($2, 2)", [1009, 1007]),
            ("SELECT array_append($1, 'a'), array_cat($2, ARRAY[1]), array_remove($3, 2)", [1009, 1007, 1007]), ("SELECT round($1, 2), trunc($2, 1)", [1700, 1700]), ("SELECT round($1)", [701]), ("SELECT time '10:00' + $1", [1186]), ("SELECT 1 FROM receipts TABLESAMPLE BERNOULLI ($1) REPEATABLE ($2)", [700, 701]),
            ("SELECT 1 FROM receipts LIMIT $1 OFFSET $2", [20, 20]), ("SELECT CASE WHEN $1 THEN $2 ELSE business_day END FROM receipts", [16, 1082]),
        ]
        for (query, numbers) in expected { XCTAssertEqual(try types(query), numbers, query) }
    }

    /// Literals beside what they name, as with `=`.
    func test_literals_inListsBesideNamesOfObjects_areThose() throws {
        let base = FixedCatalog(tables: [("receipts", MemoryTable(schema: Schema([Field("ticket_id", .string)]), batches: []))])
        let catalog = SystemCatalog(base, SystemSession(user: "shop", database: "till", processID: 7))
        let query = "SELECT typname FROM pg_type WHERE typinput IN ('int4in', 'boolin') ORDER BY 1"
        let stream = try Self.engine.execute(try Self.engine.prepare(query, in: QueryContext(catalog: catalog, now: 0)))
        var found: [Value] = []
        while let batch = try stream.next() { for row in 0..<batch.rowCount { found.append(batch.columns[0].value(at: row)) } }
        XCTAssertEqual(found, [.string("bool"), .string("int4")])
    }
}
