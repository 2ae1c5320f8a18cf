import ColumnStore
@testable import Query
import XCTest

/// Types of results against the rules of the API's section 2, and the place of each error.
final class BinderTests: XCTestCase {
    private func bind(_ sql: String, _ parameters: [QueryParameter] = []) throws -> BoundQuery {
        switch try Binder.bind(sql, in: TestTables.context(parameters)) {
        case .query(let query), .explain(let query, _): query
        }
    }

    private func types(_ sql: String, _ parameters: [QueryParameter] = []) throws -> String {
        try bind(sql, parameters).columns.map { $0.type.sqlName }.joined(separator: " ")
    }

    /// Written once for each item, 6 kB of a statement were planned for twenty seconds.
    func test_bind_inOfManyColumns_writesTheOperandOnceAType() throws {
        let operand = Array(repeating: "i", count: 300).joined(separator: " + ")
        let items = Array(repeating: "f, l", count: 4_000).joined(separator: ", ")
        XCTAssertEqual(try types("SELECT \(operand) IN (\(items), 1) FROM t"), "BOOLEAN")
    }

    /// The zone is the run's: constants of the binder are computed in UTC.
    func test_folded_castsOfTheSessionsZone_stayAsTheyAre() {
        let binder = Binder(context: TestTables.context([]))
        func nullIf(_ first: ColumnType, _ second: ColumnType) -> Query.Expression {
            binder.folded(.call(.nullIfCast, [.literal(.integer(0), first), .literal(.integer(1), second)], type: first, position: nil))
        }
        XCTAssertFalse(nullIf(.timestamp(isUTC: false), .timestamp(isUTC: true)).isLiteral)
        XCTAssertFalse(nullIf(.timestamp(isUTC: true), .timestamp(isUTC: false)).isLiteral)
        XCTAssertTrue(nullIf(.int32, .int64).isLiteral)
    }

    func test_bind_expressions_haveTheContractsTypes() throws {
        let table: [(String, String)] = [
            ("1", "INTEGER"), ("2147483648", "BIGINT"), ("-2147483648", "INTEGER"), ("9223372036854775808", "DECIMAL(19,0)"),
            ("1.50", "DECIMAL(3,2)"), ("0.001", "DECIMAL(3,3)"), ("1e3", "DOUBLE"), ("'a'", "VARCHAR"), ("NULL", "VARCHAR"),
            ("true", "BOOLEAN"), ("i + 1", "INTEGER"), ("i + l", "BIGINT"), ("i / 2", "INTEGER"), ("i / 2.0", "DECIMAL(38,6)"),
            ("d2 + d4", "DECIMAL(38,4)"), ("d2 * d4", "DECIMAL(38,6)"), ("d4 / d2", "DECIMAL(38,6)"), ("d2 / i", "DECIMAL(38,6)"),
            ("(d2 * d4 * d4) / d2", "DECIMAL(38,10)"), ("d2 % d4", "DECIMAL(38,4)"), ("d2 + i", "DECIMAL(38,2)"), ("d2 + f", "DOUBLE"),
            ("i % 2", "INTEGER"), ("-d2", "DECIMAL(38,2)"), ("-i", "INTEGER"), ("2 ^ 3", "DOUBLE"), ("power(d2, 2)", "DOUBLE"),
            ("sqrt(i)", "DOUBLE"), ("round(d4, 2)", "DECIMAL(38,2)"), ("round(d4)", "DECIMAL(38,0)"), ("round(f)", "DOUBLE"),
            ("floor(d4)", "DECIMAL(38,0)"), ("ceil(d4)", "DECIMAL(38,0)"), ("round(d4, -2)", "DECIMAL(38,0)"), ("abs(d2)", "DECIMAL(38,2)"),
            ("mod(i, 2)", "INTEGER"), ("case when b then d2 else d4 end", "DECIMAL(38,4)"), ("case when b then 1 end", "INTEGER"),
            ("case when b then 'x' when false then null end", "VARCHAR"), ("coalesce(d2, 0)", "DECIMAL(38,2)"),
            ("coalesce(i, l)", "BIGINT"), ("coalesce(i, f)", "DOUBLE"), ("greatest(d2, d4, 1)", "DECIMAL(38,4)"), ("nullif(d2, 0)", "DECIMAL(9,2)"),
            ("s || 'x'", "VARCHAR"), ("s || i", "VARCHAR"), ("length(s)", "INTEGER"), ("lower(s)", "VARCHAR"),
            ("day + 1", "DATE"), ("day - day", "INTEGER"), ("day + interval '1 day'", "TIMESTAMP"), ("tz + interval '1 day'", "TIMESTAMPTZ"),
            ("tz - tz", "INTERVAL"), ("ts - interval '1 mon'", "TIMESTAMP"), ("tz + '1 day'", "TIMESTAMPTZ"), ("iv * 2", "INTERVAL"),
            ("2.5 * iv", "INTERVAL"), ("iv / 2", "INTERVAL"), ("day::timestamp - day", "INTERVAL"), ("tz at time zone 'Europe/Kyiv'", "TIMESTAMP"),
            ("ts at time zone 'Europe/Kyiv'", "TIMESTAMPTZ"), ("day at time zone 'UTC'", "TIMESTAMP"), ("ns", "TIMESTAMPTZ"),
            ("extract(year from day)", "DECIMAL(38,0)"), ("extract(epoch from tz)", "DECIMAL(38,6)"), ("date_part('year', day)", "DOUBLE"),
            ("date_trunc('month', day)", "TIMESTAMPTZ"), ("date_trunc('month', ts)", "TIMESTAMP"), ("now()", "TIMESTAMPTZ"),
            ("current_date", "DATE"), ("make_date(2026, 1, 2)", "DATE"), ("to_char(day, 'YYYY')", "VARCHAR"), ("age(tz)", "INTERVAL"),
            ("i::decimal(10,2)", "DECIMAL(10,2)"), ("'1.50'::numeric", "DECIMAL(38,2)"), ("d2::numeric", "DECIMAL(38,2)"), ("d4::int", "INTEGER"),
            ("s::varchar(3)", "VARCHAR"), ("date '2026-11-20'", "DATE"), ("i in (1, 2.5)", "BOOLEAN"), ("tags", "VARCHAR[]"),
            ("list_count(tags)", "BIGINT"), ("array[1, 2.5]", "DECIMAL(38,1)[]"), ("b is true", "BOOLEAN"), ("s like 'a%'", "BOOLEAN"),
            ("s ~ 'a'", "BOOLEAN"), ("$1 + i", "INTEGER"), ("$2", "DECIMAL(3,2)"), ("$3 and b", "BOOLEAN"), ("$4", "VARCHAR"),
            ("row_number() over (order by i)", "BIGINT"), ("lag(d2) over (order by i)", "DECIMAL(38,2)"), ("ntile(4) over (order by i)", "INTEGER"),
            ("sum(i) over (partition by s)", "BIGINT"), ("avg(d2) over ()", "DECIMAL(38,8)"), ("percent_rank() over (order by i)", "DOUBLE"),
            ("(select max(d4) from t)", "DECIMAL(38,4)"), ("exists (select 1)", "BOOLEAN"), ("i in (select l from t)", "BOOLEAN"),
            ("i > all (select l from t)", "BOOLEAN"), ("(i, s) in (select l, s from t)", "BOOLEAN"), ("i = any (array[1, 2])", "BOOLEAN"),
        ]
        let parameters: [QueryParameter] = [.string("7"), .number("1.50"), .boolean(true), .null]
        for (expression, expected) in table {
            do {
                let found = try types("select \(expression) from t", parameters)
                XCTAssertEqual(found, expected, expression)
            } catch { XCTFail("\(expression): \(error)") }
        }
    }

    /// The row of a side that a join leaves out is none, and no row of NULLs.
    /// What a condition withholds is not there by its fields either.
    func test_bind_fieldOfARowUnderACondition_isOfThatCondition() throws {
        XCTAssertEqual(
            try QueryFixture().rows("SELECT (CASE WHEN b THEN t END).i IS NULL, (CASE WHEN i > 1 THEN t ELSE NULL END).i = 2 FROM (VALUES (1, false), (2, true)) t(i, b) ORDER BY t.i"),
            "true,|false,true")
    }

    func test_bind_wholeRowOfASideThatMayBeAbsent_isNullWhereItIs() throws {
        let fixture = QueryFixture()
        let sides = "(VALUES (1, NULL), (2, 'p')) AS a(x, y)", others = "(SELECT v.x, NULL::text AS y FROM (VALUES (2), (3)) v(x)) AS b"
        let table: [(join: String, name: String, rows: String)] = [
            ("JOIN", "a", "{x:2;y:p}"), ("LEFT JOIN", "b", "none|{x:2;y:null}"), ("RIGHT JOIN", "a", "{x:2;y:p}|none"), ("FULL JOIN", "a", "{x:1;y:null}|{x:2;y:p}|none"),
            ("FULL JOIN", "b", "none|{x:2;y:null}|{x:3;y:null}"),
        ]
        for (join, name, rows) in table {
            let query = "SELECT coalesce(translate(row_to_json(\(name))::text, ',\"', ';'), 'none') FROM \(sides) \(join) \(others) ON a.x = b.x ORDER BY coalesce(a.x, b.x)"
            XCTAssertEqual(try fixture.rows(query), rows, query)
        }
        // As Hasura and PostgREST ask.
        let lateral = """
            SELECT coalesce(json_agg(row_to_json(i)) FILTER (WHERE i.n IS NOT NULL), '[]') -> 0 ->> 'n', count(i)
            FROM (VALUES (1), (2)) o(x) LEFT JOIN LATERAL (SELECT o.x AS n WHERE o.x > 1) AS i ON true
            """
        XCTAssertEqual(try fixture.rows(lateral), "2,1")
        // A row whose columns are all NULL is there; one that is left out within what is left out is not.
        XCTAssertEqual(try fixture.rows("SELECT count(q) FROM (VALUES (1)) v(x) LEFT JOIN (SELECT NULL::int AS y) q ON true"), "1")
        XCTAssertEqual(
            try fixture.rows("SELECT count(b), count(c) FROM (VALUES (1), (2), (3)) a(x) LEFT JOIN ((VALUES (2), (3)) b(x) LEFT JOIN (VALUES (3)) c(x) ON b.x = c.x) ON a.x = b.x"), "2,1")
        XCTAssertEqual(try fixture.rows("SELECT count(c) FROM (VALUES (1), (2)) a(x) LEFT JOIN (VALUES (2)) c(x) USING (x)"), "1")
        // As of any row: NULL where all fields are, and not NULL where none is.
        XCTAssertEqual(
            try fixture.rows("SELECT b IS NULL, b IS NOT NULL, (b).y FROM (VALUES (1), (2), (3)) a(x) LEFT JOIN (VALUES (2, NULL), (3, 'q')) b(x, y) ON a.x = b.x ORDER BY a.x"),
            "true,false,|false,false,|false,true,q")
    }

    func test_bind_aggregates_haveTheContractsTypes() throws {
        let table: [(String, String)] = [
            ("count(*)", "BIGINT"), ("count(distinct s)", "BIGINT"), ("sum(i)", "BIGINT"), ("sum(l)", "DECIMAL(38,0)"),
            ("sum(d2)", "DECIMAL(38,2)"), ("sum(f)", "DOUBLE"), ("avg(i)", "DECIMAL(38,6)"), ("avg(d4)", "DECIMAL(38,10)"),
            ("avg(f)", "DOUBLE"), ("min(s)", "VARCHAR"), ("max(day)", "DATE"), ("max(d2)", "DECIMAL(38,2)"), ("stddev(i)", "DOUBLE"),
            ("variance(d2)", "DOUBLE"), ("percentile_cont(0.5) within group (order by d2)", "DOUBLE"),
            ("percentile_disc(0.5) within group (order by d2 desc)", "DECIMAL(38,2)"), ("mode() within group (order by s)", "VARCHAR"),
            ("approx_count_distinct(s)", "BIGINT"), ("string_agg(s, ',' order by i)", "VARCHAR"), ("array_agg(i)", "INTEGER[]"),
            ("bool_and(b)", "BOOLEAN"), ("sum(i) filter (where b)", "BIGINT"), ("sum(sum(i)) over ()", "DECIMAL(38,0)"),
            ("list_sum(array_agg(i))", "BIGINT"), ("rank() over (order by sum(i))", "BIGINT"),
        ]
        for (expression, expected) in table {
            do {
                let found = try types("select \(expression) from t")
                XCTAssertEqual(found, expected, expression)
            } catch { XCTFail("\(expression): \(error)") }
        }
    }

    func test_bind_queries_haveTheirColumns() throws {
        let table: [(String, String)] = [
            ("select client_id, sum(total) from receipts group by 1", "client_id:VARCHAR sum:DECIMAL(38,4)"),
            ("select date_trunc('month', business_day) m, sum(total) as revenue from receipts group by m order by m",
             "m:TIMESTAMPTZ revenue:DECIMAL(38,4)"),
            ("select l.* from receipts r, unnest(r.lines) as l",
             "product_code:VARCHAR name:VARCHAR category:VARCHAR quantity:DECIMAL(18,6) amount:DECIMAL(18,4)"),
            ("select l.category, sum(l.amount) from receipts r cross join unnest(r.lines) l group by l.category",
             "category:VARCHAR sum:DECIMAL(38,4)"),
            ("select l.ordinality from receipts r left join unnest(lines) with ordinality l on true", "ordinality:BIGINT"),
            ("select tag from t, unnest(t.tags) as tag", "tag:VARCHAR"),
            ("select list_sum(lines.amount), list_count(lines), list_avg(r.lines.quantity) from receipts r",
             "list_sum:DECIMAL(38,4) list_count:BIGINT list_avg:DECIMAL(38,12)"),
            ("select state from receipts_accepted limit 1", "state:VARCHAR"),
            ("select * from (values (1, 'a'), (2.5, null)) v(x, y)", "x:DECIMAL(38,1) y:VARCHAR"),
            ("select 1 as a union all select 2.5 union all select null", "a:DECIMAL(38,1)"),
            ("select 'a' union select null", "?column?:VARCHAR"),
            ("select (select * from (select 42 as a) x), (select 1), (with x as (select i as b from t limit 1) select * from x)", "a:INTEGER ?column?:INTEGER b:INTEGER"),
            ("with x as (select i, s from t) select a.i, b.s from x a join x b using (i)", "i:INTEGER s:VARCHAR"),
            ("select * from t a join t b using (i, s) limit 0", nil as String?),
            ("select g from generate_series(1, 10) g", "g:INTEGER"),
            ("select * from generate_series('2026-01-01'::date, '2026-02-01', '1 day') d", "d:TIMESTAMPTZ"),
            ("select s, grouping(s) from t group by rollup (s)", "s:VARCHAR grouping:INTEGER"),
            ("select distinct on (s) s, i from t order by s, i desc", "s:VARCHAR i:INTEGER"),
            ("select upper(s) from t order by upper(s), i", "upper:VARCHAR"),
            ("select i::int, 1::bigint, case when b then 1 end, date '2026-01-01', d.x from t, (select 1 as x) d",
             "i:INTEGER int8:BIGINT case:INTEGER date:DATE x:INTEGER"),
            ("show tables", "name:VARCHAR"), ("describe receipts", "column_name:VARCHAR column_type:VARCHAR"),
            ("select table_name from information_schema.tables", "table_name:VARCHAR"),
            ("select table_name, column_name, data_type from information_schema.columns where table_name = 'receipts'",
             "table_name:VARCHAR column_name:VARCHAR data_type:VARCHAR"),
            ("select customer_id from receipts r where exists (select 1 from t where t.s = r.customer_id and t.l > r.sequence)",
             "customer_id:VARCHAR"),
            ("select s, sum(i) s2 from t group by s having sum(i) > 10 order by s2 desc, count(*)", "s:VARCHAR s2:BIGINT"),
            ("select avg(x) from (select sum(total) x from receipts group by client_id) q", "avg:DECIMAL(38,10)"),
        ].map { ($0.0, $0.1 ?? "") }
        for (sql, expected) in table {
            do {
                let columns = try bind(sql).columns.map { "\($0.name):\($0.type.sqlName)" }.joined(separator: " ")
                if !expected.isEmpty { XCTAssertEqual(columns, expected, sql) }
            } catch { XCTFail("\(sql): \(error)") }
        }
    }

    func test_bind_errors_nameTheirPlaceAndTheNameMeant() {
        let table: [(String, QueryError.Slug, Int?, String)] = [
            ("select cleint_id from receipts", .badSQL, 8, "client_id"),
            ("select r.totl from receipts r", .badSQL, 10, "r.total"),
            ("select * from reciepts", .badSQL, 15, "receipts"),
            ("select lines.amout from receipts", .badSQL, 14, "amount"),
            ("select lenght(s) from t", .badSQL, 8, "length"),
            ("select cast(s as vachar) from t", .badSQL, 18, "VARCHAR"),
            ("select frobnicate(s) from t", .unsupportedSQL, 8, ""),
            ("select 1 where s = 1", .badSQL, 16, ""),
            ("select s = 1 from t", .badSQL, 10, "cast"),
            ("select s + 1 from t", .badSQL, 10, ""),
            ("select i = 'abc' from t", .dataError, 12, ""),
            ("select day > '2026-13-01' from t", .dataError, 14, ""),
            ("select i from t where sum(i) > 1", .badSQL, 23, ""),
            ("select s, i from t group by s", .badSQL, 11, "“i”"),
            ("select s from t group by s order by i", .badSQL, 37, "“i”"),
            ("select sum(sum(i)) from t", .badSQL, 12, ""),
            ("select i from t where row_number() over () = 1", .badSQL, 23, ""),
            ("select i from t order by 2", .badSQL, 26, ""),
            ("select i from t group by 2", .badSQL, 26, ""),
            ("select i from t a, t b", .badSQL, 8, "several"),
            ("select 1 from t, t", .badSQL, 18, "twice"),
            ("select 1 union select 1, 2", .badSQL, 10, ""),
            ("select 1 union select s from t", .badSQL, 10, ""),
            ("select i from t limit -1", .dataError, 23, ""),
            ("select i from t limit i", .badSQL, 23, ""),
            ("select (select i, l from t)", .badSQL, 8, ""),
            ("select $2", .badSQL, 8, ""),
            ("select 123456789012345678901234567890123456789", .numericOverflow, 8, ""),
            ("select d4 * d4 * d4 * d4 * d4 * d4 * d4 * d4 * d4 * d4 from t", .numericOverflow, 51, ""),
            ("select distinct to_json(lines) from receipts", .badSQL, 1, ""),
            ("select to_json(lines) from receipts group by to_json(lines)", .badSQL, 46, ""),
            ("select i::tinyint from t", .unsupportedSQL, 11, ""),
            ("select not i from t", .badSQL, 12, ""),
            ("select i from t where i", .badSQL, 23, ""),
            ("select f % 2.0 from t", .badSQL, 10, ""),
            ("select trunc(f, 2) from t", .badSQL, 8, ""),
            ("select extract(yeer from day) from t", .badSQL, 16, "year"),
            ("select * from loop", .badSQL, 15, ""),
            ("select sum(i) over w from t", .badSQL, 20, ""),
            ("select count(i order by", .badSQL, 24, ""),
            ("select r.total from receipts r where (select sum(r.total)) > 1", .badSQL, 46, ""),
            ("select 'x' + 'y'", .badSQL, 12, ""),
            ("select date '2026-02-30'", .dataError, 8, ""),
            ("select interval 'one day'", .dataError, 8, ""),
        ]
        for (sql, slug, position, fragment) in table {
            do {
                _ = try bind(sql)
                XCTFail("\(sql) binds")
            } catch let error as QueryError {
                XCTAssertEqual(error.slug, slug, "\(sql): \(error)")
                XCTAssertEqual(error.position, position, "\(sql): \(error)")
                XCTAssertTrue(fragment.isEmpty || error.detail.contains(fragment), "\(sql): \(error)")
            } catch { XCTFail("\(error)") }
        }
    }

    func test_bind_deepestAllowed_fitsTheStack() throws {
        let height = SyntaxLimits.expressionHeightMax - 2
        for chain in ["select 1" + String(repeating: " + 1", count: height), "select s" + String(repeating: " || s", count: height) + " from t", "select i::numeric" + String(repeating: " + i", count: height - 1) + " from t"] {
            try WorkerThread.deeply(name: "deep") { _ = try bind(chain) }
        }
        let depth = SyntaxLimits.nestingMax / 3
        _ = try bind(String(repeating: "select * from (", count: depth) + "select 1 a" + String(repeating: ") x", count: depth))
        var sql = "select i from t"
        for level in 0..<(SyntaxLimits.nestingMax / 5) { sql = "select i from t t\(level) where i in (\(sql))" }
        _ = try bind(sql)
    }

    func test_bind_unionsInARow_areOneNode() throws {
        func chain(_ count: Int, _ words: String...) -> String { "select i from t" + (0..<count).map { " \(words[$0 % words.count]) select i from t" }.joined() }
        let count = SyntaxLimits.operandCountMax
        for (sql, isAll) in [(chain(count, "union"), false), (chain(count, "union all"), true), (chain(9, "union all") + String(repeating: " union select i from t", count: count - 9), false)] {
            var plan = try bind(sql).plan
            while case .project(let input, _) = plan { plan = input }
            guard case .setOperation(let node) = plan else { return XCTFail("no UNION") }
            XCTAssertEqual(node.keepsRepeats, isAll)
            XCTAssertEqual(node.inputs.count, count + 1)
        }
        for sql in [chain(count + 1, "union"), chain(2 * SyntaxLimits.setOperationCountMax + 2, "union", "union all"), chain(SyntaxLimits.setOperationCountMax + 1, "except")] {
            XCTAssertThrowsError(try bind(sql)) { XCTAssertEqual(($0 as? QueryError)?.slug, .unsupportedSQL) }
        }
        // Of two that say no type a text is made, before a number comes.
        XCTAssertThrowsError(try bind("select null union select null union select 1"))
        XCTAssertEqual(try types("select null union select 1 union select null"), "INTEGER")
    }

    func test_bind_commonTablesThatDouble_areBounded() {
        var sql = "with a0 as (select 1 x)"
        for level in 1..<60 { sql += ", a\(level) as (select a.x from a\(level - 1) a, a\(level - 1) b)" }
        XCTAssertThrowsError(try bind(sql + " select * from a59")) { XCTAssertEqual(($0 as? QueryError)?.slug, .unsupportedSQL) }
    }
}
