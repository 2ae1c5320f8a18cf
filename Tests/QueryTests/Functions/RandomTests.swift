import ColumnStore
import TestSupport
import XCTest

@testable import Query

/// Goal: what is of chance is computed once for each row, where it stands, whatever passes make of the plan. Method: questions whose answers tell whether a value was folded,
/// kept by a dictionary, shared between expressions, copied into a condition or moved; plans are verified after each pass.
final class RandomTests: XCTestCase {
    private let fixture: QueryFixture = {
        let rows: [[Value]] = (0..<300).map { [.integer($0 % 3), .string("k\($0 % 2)"), .integer($0)] }
        let table = QueryFixture.table([Field("g", .int32), Field("k", .string), Field("n", .int64)], rows, batchRowCount: 100, usesDictionaries: true)
        return QueryFixture([("t", table)], threads: 2)
    }()

    private func same(_ query: String, _ answer: String, line: UInt = #line) throws {
        XCTAssertEqual(try fixture.rows(query), answer, query, line: line)
    }

    func test_random_ofEachRow_isAnother() throws {
        try same("SELECT count(DISTINCT random()) FROM t", "300")
        try same("SELECT count(*) FROM (SELECT random() AS r FROM t) s WHERE r < 0 OR r >= 1", "0")
        try same("SELECT count(*) FROM (SELECT random() AS a, random() AS b FROM t) s WHERE a = b", "0")
        try same("SELECT count(DISTINCT gen_random_uuid()) FROM t", "300")
        try same("SELECT count(*) FROM (SELECT gen_random_uuid()::text AS u FROM t) s WHERE u NOT SIMILAR TO '[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}'", "0")
        try same("SELECT count(*) FROM (VALUES (random()), (random())) v(x) GROUP BY x", "1|1")
    }

    func test_random_besideDictionaries_isNotKeptByEntry() throws {
        try same("SELECT count(DISTINCT length(k) * 0 + random()) FROM t", "300")
        try same("SELECT count(DISTINCT g * random()) > 100 FROM t WHERE g > 0", "true")
    }

    func test_random_thatOthersMention_isOneValueOfItsRow() throws {
        try same("SELECT count(*) FROM (SELECT r, r AS s FROM (SELECT random() AS r FROM t) x) y WHERE r <> s", "0")
        // Copied into the condition it would be another one there.
        try same("SELECT count(*) FROM (SELECT random() AS r FROM t) x WHERE r < 0.5 AND r >= 0.5", "0")
        try same("SELECT max(r) < 0.5 FROM (SELECT random() AS r FROM t) x WHERE r < 0.5", "true")
        try same("WITH c AS (SELECT n, random() AS r FROM t) SELECT count(*) FROM c a JOIN c b ON a.n = b.n AND a.r = b.r", "300")
        try same("SELECT count(*) FROM (SELECT count(*) FROM t GROUP BY random()) x", "300")
        try same("SELECT count(DISTINCT r) FROM (SELECT (SELECT random()) AS r FROM t) x", "1")
    }

    func test_conditionsOfChance_areAskedOfEachRow() throws {
        try same("SELECT count(*) BETWEEN 60 AND 240 FROM t WHERE random() < 0.5", "true")
        try same("SELECT count(*) FROM t WHERE random() < 0", "0")
        try same("SELECT count(*) FROM t a JOIN t b ON a.n = b.n AND random() < 2 WHERE a.k = 'k0'", "150")
        try same("SELECT count(*) BETWEEN 60 AND 240 FROM (SELECT * FROM t UNION ALL SELECT * FROM t) u WHERE random() < 0.25", "true")
        // Two tosses that were made one would leave half of the rows.
        try same("SELECT count(*) BETWEEN 30 AND 119 FROM t WHERE random() >= 0.5 AND random() >= 0.5", "true")
    }

    func test_keysAndArgumentsOfChance_areComputedOnce() throws {
        try same("SELECT count(*), count(DISTINCT n) FROM (SELECT n FROM t ORDER BY random() LIMIT 10) x", "10,10")
        try same("SELECT max(r), count(DISTINCT r) FROM (SELECT rank() OVER (ORDER BY random()) AS r FROM t) x", "300,300")
        try same("SELECT sum(c) FROM (SELECT floor(random() * 3) AS b, count(*) AS c FROM t GROUP BY 1) x", "300")
        try same("SELECT count(*) FROM (SELECT floor(random() * 3) AS b FROM t GROUP BY 1) x", "3")
        try same("SELECT avg(random()) = avg(random()) FROM t", "false")
        try same("SELECT count(*) FROM (SELECT CASE floor(random() * 3)::int WHEN 0 THEN 'a' WHEN 1 THEN 'b' WHEN 2 THEN 'c' END AS c FROM t) x WHERE c IS NULL", "0")
        try same("SELECT count(*) FROM (SELECT CASE floor(random() * 2)::int WHEN 0 THEN 'a' ELSE 'b' END AS c FROM t) x WHERE c IN ('a', 'b')", "300")
    }

    /// Each argument is gathered by itself: in lists of several draws other rows stood beside each other, or none.
    func test_whatACallSaysByChance_isOneDrawForAllOfItsArguments() throws {
        let members = "SELECT jsonb_object_agg(x, -x) FILTER (WHERE random() < 0.5) AS j FROM generate_series(1, 200) x"
        try same(
            "SELECT count(*) BETWEEN 40 AND 160, count(*) FILTER (WHERE (s.j ->> g::text)::int <> -g) FROM (\(members)) s, generate_series(1, 200) g WHERE (s.j ->> g::text) IS NOT NULL",
            "true,0")
        try same("SELECT jsonb_object_agg(x, -x ORDER BY random())::text = jsonb_object_agg(x, -x)::text FROM generate_series(1, 100) x", "true")
        try same("SELECT regr_slope(2 * x, x) FILTER (WHERE random() < 0.5) BETWEEN 1.99 AND 2.01 FROM generate_series(1, 1000) x", "true")
        let window = "SELECT regr_slope(2 * x, x) FILTER (WHERE random() < 0.5) OVER () AS s FROM generate_series(1, 100) x"
        try same("SELECT count(*) FROM (\(window)) w WHERE s NOT BETWEEN 1.99 AND 2.01", "0")
        // What is there once, and what it is ordered by, are the same draws.
        try same("SELECT cardinality(array_agg(DISTINCT floor(random() * 3))) <= 3 FROM t", "true")
        try same("SELECT cardinality(array_agg(DISTINCT floor(random() * 3)::text COLLATE \"de-x-icu\")) <= 3 FROM t", "true")
    }

    func test_callsOfChance_areNotMergedByTheirOrder() throws {
        try same("SELECT array_agg(n ORDER BY random()) = array_agg(n ORDER BY random()) FROM t", "false")
    }

    /// A draw for each comparison left a quarter of the rows, an eighth, and all that lies between the draws.
    func test_operandsOfAnyAndAll_areDrawnOnce() throws {
        try same("SELECT count(*) BETWEEN 100 AND 200 FROM t WHERE random() > ALL (SELECT 0.5::float8)", "true")
        try same("SELECT count(*) BETWEEN 100 AND 200 FROM t WHERE random() > ALL (ARRAY[0.5, 0.5, 0.5])", "true")
        try same("SELECT count(*) BETWEEN 100 AND 200 FROM (SELECT random() > ALL (ARRAY[0.5, 0.5, 0.5]) AS b FROM t) s WHERE b", "true")
        try same("SELECT count(*) FROM t WHERE floor(random() * 2) = ANY (ARRAY[0, 1])", "300")
        try same("SELECT count(*) FROM t WHERE floor(random() * 2) <> ALL (ARRAY[0, 1])", "0")
        try same("SELECT count(*) FROM t WHERE (floor(random() * 2) = ANY (ARRAY[2, NULL])) IS NULL", "300")
        let both = "SELECT g FROM generate_series(0, 1) g WHERE g >= t.n - t.n"
        try same("SELECT count(*) FROM (SELECT floor(random() * 2) IN (\(both)) AS b FROM t) s WHERE b", "300")
        try same("SELECT count(*) FROM t WHERE floor(random() * 2) NOT IN (\(both))", "0")
        XCTAssertEqual(fixture.error("SELECT (random(), 1) < ANY (SELECT 1, 2)")?.slug, .unsupportedSQL)
        // One row is no rows.
        try same("SELECT (random(), 1) < (SELECT 2, 0)", "true")
    }

    /// A list of fractions is of one order.
    func test_fractionsOfAnOrderByChance_areOfOneOrder() throws {
        for name in ["percentile_cont", "percentile_disc"] {
            try same("SELECT p[1] = p[2] FROM (SELECT \(name)(ARRAY[0.5, 0.5]) WITHIN GROUP (ORDER BY random()) AS p FROM t) s", "true")
        }
    }

    func test_subjectsOfCase_areDrawnOnceAndCompared() throws {
        try same("SELECT CASE nullif(floor(random() * 0), 0) WHEN NULL THEN 'a' ELSE 'b' END", "b")
        // Branches that are not taken are not computed, neither what they compare with.
        try same("SELECT CASE floor(random() * 0)::int WHEN 0 THEN 1 WHEN 1 / x THEN 2 ELSE 1 / x END FROM (VALUES (0)) v(x)", "1")
        let inner = "CASE floor(random() * 2)::int WHEN 0 THEN 'a' WHEN 1 THEN 'b' END"
        try same("SELECT count(*) FROM (SELECT CASE floor(random() * 2)::int WHEN 0 THEN \(inner) WHEN 1 THEN 'c' END AS c FROM t) x WHERE c IS NULL", "0")
        try same("SELECT count(DISTINCT c) FROM (SELECT CASE floor(random() * 2)::int WHEN 0 THEN \(inner) ELSE \(inner) || n % 2 END AS c FROM t) x", "6")
        let key = "CASE floor(n * random())::int WHEN 0 THEN 'a' ELSE 'b' END"
        try same("SELECT count(*), sum(c) FROM (SELECT \(key), count(*) AS c FROM t GROUP BY \(key)) x", "2,300")
    }

    /// Compared as one draw and given as another, NULLIF gave what it must not.
    func test_operandsOfNullIf_areDrawnOnce() throws {
        try same("SELECT count(*) FROM (SELECT nullif(floor(random() * 2), 0) AS r FROM t) s WHERE r = 0", "0")
        try same("SELECT count(*) BETWEEN 80 AND 220 FROM (SELECT nullif(floor(random() * 2), 0) AS r FROM t) s WHERE r IS NULL", "true")
        try same("SELECT count(*) FROM t WHERE nullif(floor(random() * 2)::int, 0) = 0", "0")
        // As the number that it is compared as.
        try same("SELECT count(*) FROM (SELECT nullif(floor(random() * 2)::int, 0.0) AS r FROM t) s WHERE r = 0", "0")
        try same("SELECT count(*) FROM (SELECT nullif(nullif(floor(random() * 3), 0), 1) AS r FROM t) s WHERE r IN (0, 1)", "0")
    }

    /// A function was an expression that mentioned its argument more than once, each time with a draw of its own.
    func test_argumentsOfFunctions_areDrawnOnce() throws {
        func none(_ value: String, _ condition: String, line: UInt = #line) throws {
            try same("SELECT count(*) FROM (SELECT \(value) AS v FROM generate_series(1, 200)) s WHERE \(condition)", "0", line: line)
        }
        func either(_ one: String, _ other: String) -> String { "(CASE WHEN random() < 0.5 THEN \(one) ELSE \(other) END)" }
        try none("overlay(\(either("'aaaa'", "'bbbb'")) PLACING '' FROM 3 FOR 0)", "v NOT IN ('aaaa', 'bbbb')")
        try none("overlay('12345678' PLACING \(either("'x'", "'yyyy'")) FROM 2)", "v NOT IN ('1x345678', '1yyyy678')")
        try none("concat_ws(\(either("','", "';;'")), 'a', 'b', 'c')", "v NOT IN ('a,b,c', 'a;;b;;c')")
        try none("concat(random() < 0.5)", "v NOT IN ('t', 'f')")
        try none("array_length(\(either("ARRAY[]::integer[]", "ARRAY[1]")), 1)", "v = 0")
        try none("array_dims(\(either("ARRAY[]::integer[]", "ARRAY[1]")))", "v = '[1:0]'")
        try none("row_to_json(ROW(1), random() < 0.5)::text", "v IS NULL")
        let start = either("DATE '2026-01-01'", "DATE '2026-06-01'")
        try none("(\(start), INTERVAL '1 day') OVERLAPS (DATE '2026-03-01', INTERVAL '1 day')", "v")
        try none("\(either("ROW(1, 1)", "ROW(2, 2)")) = ROW(1, 2)", "v")
        // Of a long value, and of one that is compared by a key.
        try none("nullif(floor(random() * 2)::int + 1 - 1 + 1 - 1 + 1 - 1, 0)", "v = 0")
        try none("nullif(to_jsonb(floor(random() * 2)::int), '0'::jsonb)", "v = '0'::jsonb")
    }

    /// The comparison of whole rows is a CASE, and drew for itself what the one around it gave.
    func test_wholeRowsOfChance_areDrawnOnce() throws {
        func none(_ value: String, _ condition: String, line: UInt = #line) throws {
            try same("SELECT count(*) FROM (SELECT \(value) AS v FROM generate_series(1, 200)) s WHERE \(condition)", "0", line: line)
        }
        try none("nullif(ROW(floor(random() * 2)), ROW(0::float8))", "v = ROW(0::float8)")
        try none("nullif(CASE WHEN random() < 0.5 THEN ROW(1, 1) ELSE ROW(2, 2) END, ROW(1, 1))", "v = ROW(1, 1)")
        try none("CASE ROW(floor(random() * 2)) WHEN ROW(0::float8) THEN 'a' WHEN ROW(1::float8) THEN 'b' END", "v IS NULL")
        // NULL is no row: it is compared with none.
        try same("SELECT count(*) FROM (SELECT nullif(CASE WHEN random() < 2 THEN NULL ELSE ROW(1, 1) END, ROW(1, 1)) AS v FROM generate_series(1, 200)) s WHERE v IS NOT NULL", "0")
    }

    /// Written alike they are two still.
    func test_casesOfChance_withinACase_drawForThemselves() throws {
        let toss = "(CASE floor(random() * 2) WHEN 0 THEN 1 ELSE 2 END)"
        try same("SELECT count(*) > 0 FROM (SELECT CASE WHEN \(toss) = 1 THEN 'a' WHEN \(toss) = 1 THEN 'b' END AS v FROM generate_series(1, 200)) s WHERE v = 'b'", "true")
    }

    /// A field was drawn once to be less and once more to be equal.
    func test_fieldsOfRowsThatAreOrdered_areDrawnOnce() throws {
        for test in [
            "(floor(random() * 2), 0) < (1, 1)", "(floor(random() * 2), floor(random() * 2), 0) <= (1, 1, 0)", "(1, 0) > (floor(random() * 2), -1)",
            "(floor(random() * 2), 0) BETWEEN (0, 0) AND (1, 1)", "((floor(random() * 2), 0) < (NULL::float8, 1)) IS NULL", "NOT (floor(random() * 2), 0) >= (1, 1)",
            "(1, floor(random() * 2), 0) < (1, 1, 1)",
        ] {
            try same("SELECT count(*) FROM t WHERE \(test)", "300")
            try same("SELECT count(*) FROM (SELECT \(test) AS b FROM t) s WHERE b", "300")
        }
        // Fields behind one that decides are not asked.
        try same("SELECT (floor(random() * 0), 1 / x) < (1, 1), (floor(random() * 0), random() / x) > (1, 1) FROM (VALUES (0)) v(x)", "true,false")
    }

    /// Of more rows before the values than rows a rank was above 1.
    func test_hypotheticalSets_ofAFilterByChance_areOfTheSameRows() throws {
        for name in ["percent_rank", "cume_dist"] {
            let ranks = "SELECT g, \(name)(1000) WITHIN GROUP (ORDER BY n) FILTER (WHERE random() < 0.5) AS p FROM t GROUP BY g"
            try same("SELECT count(*) FROM (\(ranks)) s WHERE p <> 1", "0")
        }
        for name in ["rank", "dense_rank"] {
            try same("SELECT \(name)(1000) WITHIN GROUP (ORDER BY n) FILTER (WHERE random() < 0.5) BETWEEN 80 AND 220 FROM t", "true")
        }
        try same(
            "SELECT rank(150) WITHIN GROUP (ORDER BY n) FILTER (WHERE n % 2 = 0), percent_rank(150) WITHIN GROUP (ORDER BY n) FILTER (WHERE n % 2 = 0) FROM t", "76,0.5")
    }

    /// PostgreSQL 15's numbers.
    func test_setseed_hasPostgreSQLsNumbersBehindIt() throws {
        try same("SELECT setseed(0.5), random()", "\"\",0.9851677175347999")
        XCTAssertEqual(fixture.error("SELECT setseed(1.5)")?.cause, .badValue)
        XCTAssertEqual(fixture.error("SELECT setseed('NaN'::double precision)")?.cause, .badValue)
        XCTAssertEqual(fixture.error("SELECT random(1)")?.cause, .undefinedFunction)
    }
}
