import ColumnStore
import Query
import XCTest

@testable import Server

/// Goal: answers say digits of a second and fields of an interval as PostgreSQL 15 does. Method: questions are described; the typmods expected are what PostgreSQL 15 says of the same
/// texts.
final class AnsweredTypesTests: XCTestCase {
    private static let engine = QueryEngine()

    private func modifiers(_ query: String) throws -> [Int32] {
        let catalog = SystemCatalog(FixedCatalog(tables: []), SystemSession(user: "shop", database: "till", processID: 7))
        return try Self.engine.describe(query, in: QueryContext(catalog: catalog, now: 0)).columns.map { AnswerColumns.described($0).modifier }
    }

    private func types(_ query: String) throws -> [UInt32] {
        let catalog = SystemCatalog(FixedCatalog(tables: []), SystemSession(user: "shop", database: "till", processID: 7))
        return try Self.engine.describe(query, in: QueryContext(catalog: catalog, now: 0)).columns.map { AnswerColumns.described($0).type }
    }

    func test_stringsOfBits_andPlacesInTheLog_areOfTheirTypes() throws {
        let bits = "SELECT '10'::bit(3), '1011'::varbit(3), B'101', 5::bit, B'1' || B'0', B'1' & B'0', array_agg(B'1'), B'1'::text"
        XCTAssertEqual(try types(bits), [1560, 1562, 1560, 1560, 1562, 1560, 1561, 25])
        XCTAssertEqual(try modifiers(bits), [3, 3, -1, 1, -1, -1, -1, -1])
        XCTAssertEqual(try types("SELECT srsublsn FROM pg_subscription_rel"), [3220])
    }

    func test_times_withDigits_sayThem() throws {
        let expected: [(String, [Int32])] = [
            ("SELECT '2020-01-01'::timestamp(0), '2020-01-01'::timestamptz(3), time(1) '10:00', '10:00'::time(10), '2020-01-01'::timestamp", [0, 3, 1, 6, -1]),
            ("SELECT '2020-01-01'::timestamp(2) with time zone, timestamp(2) '2020-01-01', current_timestamp(4), localtime(5)", [2, 2, 4, 5]),
            ("SELECT '1'::interval(2), '1'::interval day, '1'::interval day to second(1), '1'::interval second(2), interval '1-2' year to month, interval '1'", [2_147_418_114, 589_823, 470_286_337, 268_435_458, 458_751, -1]),
            ("SELECT interval(2) '1', interval '1 10' day to hour, interval '10:20.5' minute to second(1), '1'::interval(9)", [2_147_418_114, 67_698_687, 402_653_185, 2_147_418_118]),
            ("SELECT ARRAY['2020-01-01'::timestamp(3)], '{2020-01-01}'::timestamp(3)[], (ARRAY['2020-01-01'::timestamp(3)])[1]", [3, 3, 3]),
            ("SELECT x, x::timestamp, x::timestamp(6), CASE WHEN true THEN x END, coalesce(x, NULL), x + interval '1 day', max(x) OVER () FROM (SELECT '2020-01-01'::timestamp(3) AS x) AS t", [3, -1, 6, 3, 3, -1, -1]),
            ("SELECT '2020-01-01'::timestamp(3) UNION ALL SELECT '2020-01-01'::timestamp(3)", [3]), ("SELECT '2020-01-01'::timestamp(3) UNION ALL SELECT '2020-01-01'::timestamp(2)", [-1]),
        ]
        for (query, numbers) in expected { XCTAssertEqual(try modifiers(query), numbers, query) }
    }

    func test_formatType_ofIntervals_bits_andTimesWithAZone_saysTheirTypmods() throws {
        let catalog = SystemCatalog(FixedCatalog(tables: []), SystemSession(user: "shop", database: "till", processID: 7))
        let query = """
            SELECT format_type(1186, 327679), format_type(1186, 2147418114), format_type(1187, 470286337), format_type(1186, 2147483647), format_type(1186, -1), format_type(1560, 3), format_type(1563, 7),
                format_type(1266, 2), format_type(25, 4), format_type(1009, 0), format_type(1042, 4), format_type(1042, -1), format_type(23, 7), format_type(18, 0), format_type(999999, 4), format_type(25, -1)
            """
        let stream = try Self.engine.execute(try Self.engine.prepare(query, in: QueryContext(catalog: catalog, now: 0)))
        var found: [Value] = []
        while let batch = try stream.next() { found += batch.columns.map { $0.value(at: 0) } }
        XCTAssertEqual(
            found,
            ["interval year", "interval(2)", "interval day to second(1)[]", "interval", "interval", "bit(3)", "bit varying(7)[]", "time(2) with time zone", "text(4)", "text(0)[]", "character", "bpchar", "integer", "\"char\"(0)", "???", "text"].map { Value.string($0) })
    }
}
