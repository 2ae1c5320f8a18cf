@testable import Query
import XCTest

/// Trees are checked through their printed form (every operator in parentheses), and that form through parsing it again.
final class ParserTests: XCTestCase {
    private func canonical(_ sql: String, line: UInt = #line) throws -> String {
        let printed = SyntaxPrinter.print(try Parser.parseStatement(sql))
        let again = SyntaxPrinter.print(try Parser.parseStatement(printed))
        XCTAssertEqual(printed, again, "the printed form of \(sql) reads differently", line: line)
        return printed
    }

    private func expression(_ sql: String) throws -> String {
        let printed = SyntaxPrinter.print(try Parser.parseExpression(sql))
        XCTAssertEqual(printed, SyntaxPrinter.print(try Parser.parseExpression(printed)), sql)
        return printed
    }

    func test_expression_operators_bindAsInPostgreSQL() throws {
        let table: [(String, String)] = [
            ("1 + 2 * 3", "(1 + (2 * 3))"),
            ("1 - 2 - 3", "((1 - 2) - 3)"),
            ("2 ^ 3 ^ 2", "((2 ^ 3) ^ 2)"),
            ("-2 ^ 2", "((- 2) ^ 2)"),
            ("- a :: int", "(- CAST(a AS int))"),
            ("a :: int[3]", "CAST(a AS int[])"),
            ("a :: int[][2]", "CAST(a AS int[])"),
            ("a :: int array[4]", "CAST(a AS int[])"),
            ("a or b and not c", "(a OR (b AND (NOT c)))"),
            ("a and b and c or d", "((a AND b AND c) OR d)"),
            ("not a = b", "(NOT (a = b))"),
            ("a = b is null", "((a = b) IS NULL)"),
            ("a is not null and b isnull", "((a IS NOT NULL) AND (b IS NULL))"),
            ("a between 1 and 2 and c", "((a BETWEEN 1 AND 2) AND c)"),
            ("a not between symmetric b + 1 and c * 2", "(a NOT BETWEEN SYMMETRIC (b + 1) AND (c * 2))"),
            ("a || b = c || d", "((a || b) = (c || d))"),
            ("a + b || c", "((a + b) || c)"),
            ("a || b like 'x%' escape '!'", "((a || b) LIKE 'x%' ESCAPE '!')"),
            ("a not ilike b", "(a NOT ILIKE b)"),
            ("a ~~ b", "(a LIKE b)"),
            ("a !~* b", "(a !~* b)"),
            ("a in (1, 2) = b", "((a IN (1, 2)) = b)"),
            ("a not in (select 1)", "(a NOT IN (SELECT 1))"),
            ("a in ((select 1))", "(a IN (SELECT 1))"),
            ("a in ((select 1) union (select 2))", "(a IN ((SELECT 1) UNION (SELECT 2)))"),
            ("a = any (select 1)", "(a = ANY (SELECT 1))"),
            ("a = any ((select 1))", "(a = ANY (SELECT 1))"),
            ("a = any ((select b)::int[])", "(a = ANY (CAST((SELECT b) AS int[])))"),
            ("a > all ((select b) || c)", "(a > ALL (((SELECT b) || c)))"),
            ("a <> all ($1)", "(a <> ALL ($1))"),
            ("exists (select 1)", "EXISTS (SELECT 1)"),
            ("(select 1) + 1", "((SELECT 1) + 1)"),
            ("((select 1) + 1)", "((SELECT 1) + 1)"),
            ("((select 1) union select 2)", "((SELECT 1) UNION SELECT 2)"),
            ("(a, b) = (1, 2)", "(ROW(a, b) = ROW(1, 2))"),
            ("(t.*).a + 1", "((t.*).a + 1)"),
            ("a[1:2][:3][4]", "(a)[1:2][:3][1:4]"),
            ("(a[1:2])[3][4]", "(((a)[1:2])[3])[4]"),
            ("case when a then 1 else 2 end", "CASE WHEN a THEN 1 ELSE 2 END"),
            ("case a when 1 then 'x' when 2 then 'y' end", "CASE a WHEN 1 THEN 'x' WHEN 2 THEN 'y' END"),
            ("cast(a as decimal(18,4))", "CAST(a AS decimal(18, 4))"),
            ("a::timestamp with time zone at time zone 'UTC'", "(CAST(a AS timestamp with time zone) AT TIME ZONE 'UTC')"),
            ("a - interval '1' month", "(a - INTERVAL '1' month)"),
            ("interval '1-2' year to month", "INTERVAL '1-2' year to month"),
            ("date '2026-11-20' + 1", "(date '2026-11-20' + 1)"),
            ("timestamp '2026-11-20' < timestamptz '2026-11-20'", "(timestamp '2026-11-20' < timestamptz '2026-11-20')"),
            ("extract(year from d)", "extract('year' FROM d)"),
            ("position('b' in x || 'y')", "strpos((x || 'y'), 'b')"),
            ("substring(x from 2 for 3)", "substring(x, 2, 3)"),
            ("substring(x, 2)", "substring(x, 2)"),
            ("trim(x)", "btrim(x)"),
            ("trim(leading 'a' from x)", "ltrim(x, 'a')"),
            ("trim(both from x)", "btrim(x)"),
            ("overlay(x placing 'y' from 2)", "overlay(x, 'y', 2)"),
            ("count(*) filter (where a)", "count(*) FILTER (WHERE a)"),
            ("count(distinct a)", "count(DISTINCT a)"),
            ("string_agg(a, ',' order by b desc nulls last)", "string_agg(a, ',' ORDER BY b DESC NULLS LAST)"),
            ("percentile_cont(0.5) within group (order by a)", "percentile_cont(0.5) WITHIN GROUP (ORDER BY a)"),
            ("sum(a) over w", "sum(a) OVER w"),
            ("sum(a) over (partition by b order by c rows 2 preceding)",
             "sum(a) OVER (PARTITION BY b ORDER BY c ROWS BETWEEN 2 PRECEDING AND CURRENT ROW)"),
            ("lag(a, 1) over (w order by c range between interval '1 day' preceding and unbounded following)",
             "lag(a, 1) OVER (w ORDER BY c RANGE BETWEEN INTERVAL '1 day' PRECEDING AND UNBOUNDED FOLLOWING)"),
            ("a is distinct from b or a is not distinct from c", "((a IS DISTINCT FROM b) OR (a IS NOT DISTINCT FROM c))"),
            ("a is true and b is not unknown", "((a IS TRUE) AND (b IS NOT UNKNOWN))"),
            ("r.lines", "r.lines"),
            ("\"Order\".\"a\"\"b\"", "\"Order\".\"a\"\"b\""),
            ("ÄB", "\"Äb\""),
            ("'it''s'", "'it''s'"),
            ("'a' \n 'b'", "'ab'"),
            ("'a' -- é 'x'\n--\n 'b'", "'ab'"),
            ("e'a\\n\\u0041\\''", "'a\nA'''"),
            ("$$it's$$ || $x$a$$b$x$", "('it''s' || 'a$$b')"),
            ("1.5e-3 + .5 + 5.", "((1.5e-3 + .5) + 5.)"),
            ("array[1, 2]", "ARRAY[1, 2]"),
            ("a[1]", "(a)[1]"),
            ("a[:2]", "(a)[:2]"),
            ("(a[b + 1:])[2]", "((a)[(b + 1):])[2]"),
            ("a collate \"uk-x-icu\" < b", "((a COLLATE \"uk-x-icu\") < b)"),
            ("(a, b) overlaps (c, d)", "\"overlaps\"(a, b, c, d)"),
            ("grouping(a, b)", "grouping(a, b)"),
            ("left(a, 2) || right(b, 3)", "(\"left\"(a, 2) || \"right\"(b, 3))"),
        ]
        for (sql, expected) in table {
            let printed = try SyntaxPrinter.print(Parser.parseExpression(sql))
            XCTAssertEqual(printed, expected, sql)
        }
    }

    func test_statement_clauses_printAsRead() throws {
        let table: [(String, String)] = [
            ("select 1", "SELECT 1"),
            ("select a b, c as \"D\", t.* from t;", "SELECT a AS b, c AS \"D\", t.* FROM t"),
            ("select distinct on (a) a from t x, u", "SELECT DISTINCT ON (a) a FROM t AS x, u"),
            ("select * from a join b on a.x = b.x left join c using (y)",
             "SELECT * FROM ((a INNER JOIN b ON (a.x = b.x)) LEFT JOIN c USING (y))"),
            ("select * from a cross join b natural join c", "SELECT * FROM ((a CROSS JOIN b) NATURAL INNER JOIN c)"),
            ("select * from a join b join c on b.x = c.x on a.x = b.x",
             "SELECT * FROM (a INNER JOIN (b INNER JOIN c ON (b.x = c.x)) ON (a.x = b.x))"),
            ("select * from (a join b on true) where x", "SELECT * FROM (a INNER JOIN b ON TRUE) WHERE x"),
            ("select * from (select 1) t(a)", "SELECT * FROM (SELECT 1) AS t(a)"),
            ("select * from ((select 1) union all (select 2)) t", "SELECT * FROM ((SELECT 1) UNION ALL (SELECT 2)) AS t"),
            ("select * from receipts r, unnest(r.lines) with ordinality as l",
             "SELECT * FROM receipts AS r, unnest(r.lines) WITH ORDINALITY AS l"),
            ("select * from generate_series(1, 10) g", "SELECT * FROM generate_series(1, 10) AS g"),
            ("select * from t x tablesample bernoulli (10) repeatable (3)", "SELECT * FROM t AS x TABLESAMPLE BERNOULLI (10) REPEATABLE (3)"),
            ("select a from t order by (a, b) desc", "SELECT a FROM t ORDER BY a DESC, b DESC"),
            ("select a from t group by a, (b, c), (), rollup (a, (b, c)), cube(a), grouping sets ((a), ())",
             "SELECT a FROM t GROUP BY a, (b, c), (), ROLLUP ((a), (b, c)), CUBE ((a)), GROUPING SETS (a, ())"),
            ("select 1 union select 2 intersect select 3 except all select 4",
             "(SELECT 1 UNION (SELECT 2 INTERSECT SELECT 3)) EXCEPT ALL SELECT 4"),
            ("(select 1 order by 1) union select 2 order by 1 desc nulls last limit 3 offset 4 rows",
             "(SELECT 1 ORDER BY 1) UNION SELECT 2 ORDER BY 1 DESC NULLS LAST LIMIT 3 OFFSET 4"),
            ("select a from t fetch first 5 rows only", "SELECT a FROM t LIMIT 5"),
            ("select a from t limit all", "SELECT a FROM t"),
            ("select a from t order by a offset 2 fetch first 3 rows with ties", "SELECT a FROM t ORDER BY a FETCH FIRST 3 ROWS WITH TIES OFFSET 2"),
            ("with recursive x(n) as (select 1 union all select n + 1 from x where n < 3) select * from x",
             "WITH RECURSIVE x(n) AS (SELECT 1 UNION ALL SELECT (n + 1) FROM x WHERE (n < 3)) SELECT * FROM x"),
            ("select extract(year from a), a::timestamp(3) with time zone, b::time with time zone[] from t",
             "SELECT extract('year' FROM a), CAST(a AS timestamp(3) with time zone), CAST(b AS time with time zone[]) FROM t"),
            ("with x(a) as (select 1), y as materialized (select 2) select * from x, y",
             "WITH x(a) AS (SELECT 1), y AS (SELECT 2) SELECT * FROM x, y"),
            ("select sum(a) over w from t window w as (order by b)", "SELECT sum(a) OVER w FROM t WINDOW w AS (ORDER BY b)"),
            ("values (1, 'a'), (2, 'b')", "VALUES (1, 'a'), (2, 'b')"),
            ("table t", "SELECT * FROM t"),
            ("explain analyze select 1", "EXPLAIN ANALYZE SELECT 1"),
            ("explain (analyze) select 1", "EXPLAIN ANALYZE SELECT 1"),
            ("show tables", "SHOW TABLES"),
            ("describe information_schema.tables", "DESCRIBE information_schema.tables"),
            ("select /* a /* nested */ b */ 1 -- end", "SELECT 1"),
        ]
        for (sql, expected) in table {
            let printed = try SyntaxPrinter.print(Parser.parseStatement(sql))
            XCTAssertEqual(printed, expected, sql)
            if !sql.contains(" union select 2 intersect") { _ = try canonical(sql) }
        }
    }

    /// Slug and 1-based position, in Unicode scalars, of each kind of syntax error.
    func test_statement_errors_nameTheirPlace() {
        let table: [(String, QueryError.Slug, Int)] = [
            ("", .badSQL, 1),
            ("selec 1", .badSQL, 1),
            ("select distinct", .badSQL, 16),
            ("select 1 +", .badSQL, 11),
            ("select 'Хліб', from t", .badSQL, 16),
            ("select 'Хліб' 😀 from t where", .badSQL, 29),
            ("select (1", .badSQL, 10),
            ("select 'abc", .badSQL, 8),
            ("select \"abc", .badSQL, 8),
            ("select \"\"", .badSQL, 8),
            ("select /* x", .badSQL, 8),
            ("select 1abc", .badSQL, 9),
            ("select $0", .badSQL, 8),
            ("select $", .badSQL, 8),
            ("select a from t where a < b < c", .badSQL, 29),
            ("select a from select", .badSQL, 15),
            ("select a from t group a", .badSQL, 23),
            ("select a from t limit 1, 2", .badSQL, 24),
            ("select 1; select 2", .badSQL, 11),
            ("values (1), (1, 2)", .badSQL, 13),
            ("select case end", .badSQL, 13),
            ("select * from a join b", .badSQL, 23),
            ("delete from t", .unsupportedSQL, 1),
            ("select a @ 'b'", .unsupportedSQL, 10),
            ("select a overlaps b", .badSQL, 10),
            ("select * from t for update", .unsupportedSQL, 17),
            ("select x'ag'", .dataError, 8),
            ("select f(a => 1)", .unsupportedSQL, 10),
            ("select * from t tablesample poisson (1)", .unsupportedSQL, 29),
            ("select sum(a) over (order by b rows between current row and 1 preceding)", .badSQL, 32),
            ("select \u{0}", .badSQL, 8),
        ]
        for (sql, slug, position) in table {
            XCTAssertThrowsError(try Parser.parseStatement(sql), sql) { error in
                let error = error as? QueryError
                XCTAssertEqual(error?.slug, slug, "\(sql): \(String(describing: error))")
                XCTAssertEqual(error?.position, position, "\(sql): \(String(describing: error))")
            }
        }
    }

    func test_parse_characterThatIsNone_isNamedByFourDigits() {
        for (text, name) in [("select \u{1}", "U+0001"), ("select \u{1F}", "U+001F")] {
            XCTAssertThrowsError(try Parser.parseStatement(text)) { error in XCTAssertTrue("\(error)".contains(name), "\(error)") }
        }
    }

    func test_parse_hostileDepth_isRefusedNotFatal() {
        func repeated(_ text: String, _ count: Int) -> String { String(repeating: text, count: count) }
        let count = 20_000
        let hostile = [
            "select " + repeated("(", count) + "1" + repeated(")", count),
            "select " + repeated("-", 1) + repeated(" -", count) + "1",
            "select " + repeated("not ", count) + "true",
            "select 1" + repeated(" + 1", count),
            "select 1" + repeated("::int", count),
            "select a" + repeated("[1]", count),
            "select " + repeated("case when true then ", count),
            "select " + repeated("(select ", count) + "1" + repeated(")", count),
            "select 1" + repeated(" union select 1", count),
            "select * from t" + repeated(" cross join t", count),
            "select * from " + repeated("(", count) + "select 1",
            "select * from t where a in (" + repeated("(", count),
            "select " + repeated("f(", count),
            "explain " + repeated("(", count) + "select 1",
            "select 1 group by " + repeated("grouping sets (", count),
        ]
        for sql in hostile {
            XCTAssertThrowsError(try Parser.parseStatement(sql), String(sql.prefix(40))) { error in
                XCTAssertTrue(error is QueryError)
            }
        }
        // Height does not hide in subqueries either.
        var sql = "select 1"
        for _ in 0..<60 { sql = "select (\(sql))" + repeated(" + 1", 20) }
        XCTAssertThrowsError(try Parser.parseStatement(sql))
        XCTAssertNoThrow(try Parser.parseStatement("select 1 where " + repeated("a = 1 and ", 5_000) + "true"))
        XCTAssertNoThrow(try Parser.parseStatement("select a in (1" + repeated(", 1", 50_000) + ")"))
    }

    /// What stands in a frame counts as what stands elsewhere in a call, so that the limits hold it.
    func test_parse_distancesOfFrames_haveHeightAndWeight() throws {
        let plain = try Parser.parseExpression("sum(a) over (order by b rows current row)")
        for frame in ["rows 1 + (2 + 3) preceding", "rows between current row and 1 + (2 + 3) following"] {
            let call = try Parser.parseExpression("sum(a) over (order by b \(frame))")
            XCTAssertEqual(call.weight, plain.weight + 5, frame)
            XCTAssertGreaterThan(call.height, plain.height, frame)
        }
    }

    func test_parse_cutAnywhere_givesTreeOrError() {
        let sql = """
            with x(a) as (select 'Ї', e'\\n', $1 from "t" u left join unnest(u.lines) as l on true where a between 1 and 2.5e3)
            select count(distinct a) filter (where b) over (partition by c rows between 1 preceding and current row),
            case a when 1 then 2 end, cast(b as decimal(3,1)), extract(year from c) from x group by rollup(a) order by 1 limit 2
            """
        let scalars = Array(sql.unicodeScalars)
        for count in 0...scalars.count {
            var text = String.UnicodeScalarView()
            text.append(contentsOf: scalars[..<count])
            do { _ = try Parser.parseStatement(String(text)) } catch { XCTAssertNotNil(error.position, String(text)) }
        }
    }

    func test_closest_typos_findTheName() {
        XCTAssertEqual(NameSuggestion.closest(to: "cleint_id", among: ["client_id", "receipt_id"]), "client_id")
        XCTAssertEqual(NameSuggestion.closest(to: "totl", among: ["total", "tax_total"]), "total")
        XCTAssertNil(NameSuggestion.closest(to: "x", among: ["total"]))
        XCTAssertNil(NameSuggestion.closest(to: "zzzzzz", among: ["total"]))
    }
}
