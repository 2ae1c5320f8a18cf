import ColumnStore
import Query
import XCTest

/// Whole queries over small tables: every case in one batch and in many, with and without dictionaries, on one thread and on two.
final class QueryEngineTests: XCTestCase {
    private static let lineFields = [
        Field("name", .string), Field("amount", .decimal(precision: 18, scale: 2)), Field("qty", .int32),
    ]

    private static let fields = [
        Field("id", .int64), Field("shop", .string), Field("total", .decimal(precision: 18, scale: 2)), Field("day", .date),
        Field("ratio", .double), Field("paid", .boolean), Field("lines", .list(element: Field("element", .structure(lineFields)))),
    ]

    private static func lines(_ items: [(String?, Int128?, Int64?)]) -> Value {
        .list(
            items.map { name, amount, count in
                .structure([name.map { .string($0) } ?? .null, amount.map { .decimal($0) } ?? .null, count.map { .integer($0) } ?? .null])
            })
    }

    private static let rows: [[Value]] = [
        [.integer(1), .string("A"), .decimal(1_050), .integer(0), .double(0.5), .boolean(true), lines([("bread", 500, 1), ("milk", 550, 2)])],
        [.integer(2), .string("B"), .decimal(2_000), .integer(1), .double(.nan), .boolean(false), lines([("milk", 2_000, 8)])],
        [.integer(3), .string("A"), .null, .integer(31), .null, .null, lines([])],
        [.integer(4), .null, .decimal(-300), .integer(31), .double(-1), .boolean(true), .null],
        [.integer(5), .string("C"), .decimal(0), .null, .double(2), .boolean(true), lines([(nil, nil, nil), ("bread", 0, 1)])],
        [.integer(6), .string("B"), .decimal(125), .integer(400), .double(0.5), .boolean(false), lines([("їжа", 125, 3)])],
        [.integer(7), .string("A"), .decimal(1_050), .integer(400), .double(.infinity), .null, lines([("bread", 1_050, 2)])],
    ]

    /// A column of more than 2 GiB, which a query of that much memory could make, ended the process.
    func test_settings_memoryPastTheReachOfColumns_isNotGiven() {
        XCTAssertEqual(QueryEngine.Settings(queryMemoryByteCountMax: 8 << 30).heldByteCountMax, 1 << 30)
        XCTAssertEqual(QueryEngine.Settings().heldByteCountMax, 256 << 20)
    }

    private func check(_ query: String, _ expected: String, sorted: Bool = false, line: UInt = #line) {
        for (batchRowCount, usesDictionaries, threads) in [(100, false, 1), (2, true, 2), (3, false, 2)] {
            let table = QueryFixture.table(Self.fields, Self.rows, batchRowCount: batchRowCount, usesDictionaries: usesDictionaries)
            let fixture = QueryFixture([("t", table)], threads: threads)
            do {
                var result = try fixture.rows(query)
                if sorted { result = result.split(separator: "|", omittingEmptySubsequences: false).sorted().joined(separator: "|") }
                XCTAssertEqual(result, expected, "\(query) [\(batchRowCount) rows a batch, \(threads) threads]", line: line)
            } catch {
                XCTFail("\(query): \(error)", line: line)
            }
        }
    }

    func test_filter_project() {
        check("SELECT id, total FROM t WHERE total > 5 ORDER BY id", "1,10.50|2,20.00|7,10.50")
        check("SELECT id FROM t WHERE shop = 'A' AND total IS NOT NULL ORDER BY id DESC", "7|1")
        check("SELECT id FROM t WHERE shop <> 'A' ORDER BY id", "2|5|6")
        check("SELECT id, total * 2, total / 3 FROM t WHERE id = 1", "1,21.00,3.500000")
        check("SELECT id FROM t WHERE shop IN ('B', 'C') ORDER BY 1", "2|5|6")
        check("SELECT id FROM t WHERE shop NOT IN ('B', 'C') ORDER BY 1", "1|3|7")
        check("SELECT id FROM t WHERE shop LIKE 'A%' OR paid ORDER BY id", "1|3|4|5|7")
        check("SELECT id, upper(shop) || '!' FROM t WHERE id < 5 ORDER BY id", "1,A!|2,B!|3,A!|4,")
        check("SELECT count(*) FROM t WHERE total / nullif(total, 0) = 1", "5")
        check("SELECT id, CASE WHEN total > 0 THEN 10 / total ELSE -1 END FROM t ORDER BY id LIMIT 5", "1,0.952381|2,0.500000|3,-1.000000|4,-1.000000|5,-1.000000")
        check("SELECT ratio FROM t WHERE ratio >= 2 ORDER BY ratio", "2|Infinity|NaN")
    }

    func test_aggregates() {
        check("SELECT count(*), count(total), sum(total), avg(total), min(total), max(total) FROM t", "7,6,39.25,6.54166667,-3.00,20.00")
        check("SELECT shop, count(*), sum(total) FROM t GROUP BY shop ORDER BY shop", "A,3,21.00|B,2,21.25|C,1,0.00|,1,-3.00")
        check("SELECT shop, paid, count(*) FROM t GROUP BY 1, 2 ORDER BY 1, 2", "A,true,1|A,,2|B,false,2|C,true,1|,true,1")
        check("SELECT count(*), sum(total) FROM t WHERE id > 100", "0,")
        check("SELECT shop, count(*) FROM t WHERE id > 100 GROUP BY shop", "")
        check("SELECT sum(id), avg(id), min(day), max(shop), min(ratio), max(ratio) FROM t", "28,4.000000,1970-01-01,C,-1,NaN")
        check("SELECT count(DISTINCT shop), count(DISTINCT total), sum(DISTINCT total) FROM t", "3,5,28.75")
        check("SELECT bool_and(paid), bool_or(paid), count(*) FILTER (WHERE paid) FROM t", "false,true,3")
        check("SELECT string_agg(shop, ',' ORDER BY id DESC), array_agg(id ORDER BY id) FROM t", "\"A,B,C,A,B,A\",\"[1,2,3,4,5,6,7]\"")
        check("SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY total), percentile_disc(0.5) WITHIN GROUP (ORDER BY total), mode() WITHIN GROUP (ORDER BY total) FROM t", "5.875,1.25,10.50")
        check("SELECT stddev(id)::DECIMAL(9,6), variance(id)::DECIMAL(9,6), stddev_pop(id)::DECIMAL(9,6) FROM t", "2.160247,4.666667,2.000000")
        check("SELECT approx_count_distinct(shop) FROM t", "3")
        check("SELECT shop, sum(total) FROM t GROUP BY shop HAVING sum(total) > 0 ORDER BY 2 DESC", "B,21.25|A,21.00")
        check("SELECT date_trunc('month', day), count(*) FROM t GROUP BY 1 ORDER BY 1", "1970-01-01T00:00:00.000000Z,2|1970-02-01T00:00:00.000000Z,2|1971-02-01T00:00:00.000000Z,2|,1")
        check("SELECT ratio, count(*) FROM t GROUP BY ratio ORDER BY ratio", "-1,1|0.5,2|2,1|Infinity,1|NaN,1|,1")
    }

    /// Rows whose NULLs a filter has taken out still bear a validity bitmap: no group may come of it.
    func test_aggregate_keysWithoutNullsButWithValidity_giveNoEmptyGroup() {
        var entries = ColumnBuilder(type: .string)
        for text in ["x", "y"] { entries.append(.string(text)) }
        let column = Column(
            type: .string, count: 3, validity: Bitmap(repeating: true, count: 3),
            values: .dictionary(codes: [0, 1, 0], DictionaryValues(values: entries.finish())))
        let table = MemoryTable(schema: Schema([Field("k", .string)]), batches: [ColumnBatch(rowCount: 3, columns: [column])])
        let fixture = QueryFixture([("t", table)])
        XCTAssertEqual(try fixture.rows("SELECT k, count(*) FROM t GROUP BY k ORDER BY k NULLS FIRST"), "x,2|y,1")
        XCTAssertEqual(try fixture.rows("SELECT count(DISTINCT k) FROM t"), "2")
    }

    func test_groupingSets() {
        check("SELECT shop, paid, count(*), grouping(shop, paid) FROM t GROUP BY ROLLUP (shop, paid) ORDER BY 4, 1, 2", "A,true,1,0|A,,2,0|B,false,2,0|C,true,1,0|,true,1,0|A,,3,1|B,,2,1|C,,1,1|,,1,1|,,7,3")
        check("SELECT shop, count(*) FROM t WHERE false GROUP BY GROUPING SETS ((shop), ())", ",0")
        // A NULL of no type as a key: rows of sets with it and without it are joined to be sorted, which once ended the process.
        check("SELECT NULL AS none, count(*) FROM t GROUP BY GROUPING SETS ((), (1)) ORDER BY 1, 2", ",7|,7")
        check("SELECT NULL AS none, shop, count(*) FROM t GROUP BY ROLLUP (1, 2) ORDER BY 1, 3 DESC, 2 NULLS FIRST LIMIT 3", ",,7|,,7|,A,3")
    }

    func test_order_limit() {
        check("SELECT id FROM t ORDER BY total DESC NULLS LAST, id LIMIT 3", "2|1|7")
        check("SELECT id FROM t ORDER BY total, id", "4|5|6|1|7|2|3")
        check("SELECT id FROM t ORDER BY total DESC, id", "3|2|1|7|6|5|4")
        check("SELECT id FROM t ORDER BY shop NULLS FIRST, id DESC LIMIT 4 OFFSET 1", "7|3|1|6")
        check("SELECT id FROM t ORDER BY id OFFSET 5", "6|7")
        check("SELECT id FROM t ORDER BY id LIMIT 0", "")
        check("SELECT count(*) FROM (SELECT * FROM t LIMIT 3) s", "3")
        check("SELECT DISTINCT shop FROM t ORDER BY shop", "A|B|C|")
        check("SELECT DISTINCT shop, paid FROM t", ",true|A,|A,true|B,false|C,true", sorted: true)
    }

    func test_unnest() {
        check("SELECT l.name, l.amount FROM t, UNNEST(t.lines) AS l", ",|bread,0.00|bread,10.50|bread,5.00|milk,20.00|milk,5.50|їжа,1.25", sorted: true)
        check("SELECT id, l.name, l.ordinality FROM t, UNNEST(t.lines) WITH ORDINALITY AS l ORDER BY id, 3", "1,bread,1|1,milk,2|2,milk,1|5,,1|5,bread,2|6,їжа,1|7,bread,1")
        check("SELECT id, l.qty FROM t LEFT JOIN UNNEST(t.lines) AS l ON true ORDER BY id, 2", "1,1|1,2|2,8|3,|4,|5,1|5,|6,3|7,2")
        // Two names of one column beside a list that is unfolded.
        check("SELECT a, b, l.name FROM (SELECT id AS a, id AS b, lines FROM t) r, UNNEST(r.lines) l ORDER BY 1, 3 LIMIT 2", "1,1,bread|1,1,milk")
        check("SELECT r.id, r.total, l.name FROM (SELECT * FROM t WHERE false) r, UNNEST(r.lines) l", "")
        // A field of an element, with parentheses or without, as PostgreSQL reads both.
        check("SELECT id, lines[1].name, t.lines[2].name, (lines[1]).name, upper(lines[1].name) FROM t WHERE id < 3 ORDER BY id", "1,bread,milk,bread,BREAD|2,milk,,milk,MILK")
        check("SELECT count(*) FROM t WHERE lines[1].amount + 1 > (t.lines[1]).amount AND lines[(id - id + 1)::integer].name = 'bread'", "2")
        check("SELECT l.name, sum(l.amount), count(*) FROM t, UNNEST(lines) AS l WHERE shop IS NOT NULL GROUP BY 1 ORDER BY 1", "bread,15.50,3|milk,25.50,2|їжа,1.25,1|,,1")
        check("SELECT id, list_sum(lines.amount), list_count(lines), list_max(lines.name), list_avg(lines.qty) FROM t ORDER BY id", "1,10.50,2,milk,1.500000|2,20.00,1,milk,8.000000|3,,0,,|4,,,,|5,0.00,2,bread,1.000000|6,1.25,1,їжа,3.000000|7,10.50,1,bread,2.000000")
    }

    func test_existence_amongTheElementsOfARowsOwnList() {
        check("SELECT id FROM t WHERE EXISTS (SELECT 1 FROM UNNEST(t.lines) l WHERE l.name = 'bread') ORDER BY id", "1|5|7")
        check("SELECT id FROM t WHERE NOT EXISTS (SELECT 1 FROM UNNEST(t.lines) l WHERE l.name = 'bread') ORDER BY id", "2|3|4|6")
        check("SELECT id FROM t WHERE EXISTS (SELECT l.qty FROM UNNEST(t.lines) l WHERE l.amount = t.total) ORDER BY id", "2|5|6|7")
        check("SELECT id FROM t WHERE EXISTS (SELECT 1 FROM UNNEST(t.lines) l) ORDER BY id", "1|2|5|6|7")
        check("SELECT id FROM t WHERE 'milk' IN (SELECT l.name FROM UNNEST(t.lines) l) ORDER BY id", "1|2")
        check("SELECT id FROM t WHERE 'milk' NOT IN (SELECT l.name FROM UNNEST(t.lines) l) ORDER BY id", "3|4|6|7")
        check("SELECT id FROM t WHERE total IN (SELECT l.amount FROM UNNEST(t.lines) l WHERE l.qty > 1) ORDER BY id", "2|6|7")
        check(
            "SELECT id, EXISTS (SELECT 1 FROM UNNEST(t.lines) l WHERE l.qty > 1) FROM t ORDER BY id",
            "1,true|2,true|3,false|4,false|5,false|6,true|7,true")
        check(
            "SELECT id, 'milk' IN (SELECT l.name FROM UNNEST(t.lines) l) FROM t ORDER BY id",
            "1,true|2,true|3,false|4,false|5,|6,false|7,false")
        check("SELECT id FROM t WHERE EXISTS (SELECT 1 FROM (SELECT l.amount * 2 AS d FROM UNNEST(t.lines) l) s WHERE s.d > 20) ORDER BY id", "2|7")
        check("SELECT id FROM t WHERE EXISTS (SELECT 1 FROM UNNEST(t.lines) l WHERE l.qty > 1) OR shop = 'C' ORDER BY id", "1|2|5|6|7")
        check(
            "SELECT a.id, b.id FROM t a JOIN t b ON a.id = b.id + 1 WHERE EXISTS (SELECT 1 FROM UNNEST(b.lines) l WHERE l.amount < a.total) ORDER BY 1",
            "2,1|6,5|7,6")
        check("SELECT count(*) FROM (SELECT lines AS x, id FROM t WHERE id < 7) s WHERE EXISTS (SELECT 1 FROM UNNEST(s.x) l WHERE l.name = 'bread')", "2")
        check("SELECT id FROM t WHERE EXISTS (SELECT 1 FROM UNNEST(t.lines) l WHERE 1 = 0)", "")
    }

    func test_setOperations() {
        check("SELECT shop FROM t UNION SELECT 'Z'", "|A|B|C|Z", sorted: true)
        check("SELECT count(*) FROM (SELECT id FROM t UNION ALL SELECT id FROM t) s", "14")
        check("SELECT shop FROM t INTERSECT ALL SELECT shop FROM t WHERE id < 3", "A|B", sorted: true)
        check("SELECT shop FROM t EXCEPT SELECT 'A'", "|B|C", sorted: true)
        check("SELECT shop FROM t EXCEPT ALL SELECT 'A'", "|A|A|B|B|C", sorted: true)
    }

    func test_series_values() {
        check("SELECT sum(x), count(*) FROM generate_series(1, 100000) AS s(x)", "5000050000,100000")
        check("SELECT x FROM generate_series(5, 1, -2) AS s(x)", "5|3|1")
        check("SELECT d::DATE FROM generate_series(DATE '2024-01-31'::TIMESTAMP, TIMESTAMP '2024-04-01', INTERVAL '1 month') AS s(d)", "2024-01-31|2024-02-29|2024-03-29")
        check("SELECT * FROM (VALUES (1, 'a'), (2, NULL)) AS v(x, y) ORDER BY x", "1,a|2,")
    }

    /// None of these has room as a list of all its values.
    func test_seriesThatASelectGivesAlone_isMadeAsItIsRead() {
        check("SELECT generate_series(1, 100000000) AS n LIMIT 3", "1|2|3")
        check("SELECT generate_series(1, 100000000) * 2, 'x' OFFSET 4 LIMIT 2", "10,x|12,x")
        check("SELECT n FROM (SELECT generate_series(TIMESTAMP '2020-01-01', '2120-01-01', INTERVAL '1 second') AS n) s LIMIT 2", "2020-01-01T00:00:00.000000|2020-01-01T00:00:01.000000")
        check("SELECT count(*) FROM (SELECT generate_series(1, NULL)) s", "0")
        check("SELECT generate_series(1, 2), generate_series(1, 2) + 1", "1,2|2,3")
    }

    /// Samoa had no 30 December 2011: a day before the first moments of the 31st are the first moments of the 31st, so that the series never ends (in PostgreSQL, too).
    func test_seriesThatWouldNotEnd_isAnError() throws {
        var fixture = QueryFixture(threads: 1)
        fixture.timeZone = "Pacific/Apia"
        let series = "generate_series(TIMESTAMPTZ '2012-01-02 10:59:59Z', TIMESTAMPTZ '%Z', INTERVAL '-1 day')"
        let over = series.replacingOccurrences(of: "%", with: "2011-12-30 10:59:58"), before = series.replacingOccurrences(of: "%", with: "2011-12-30 11:00:00")
        for query in ["SELECT count(*) FROM \(over)", "SELECT \(over) AS t ORDER BY 1"] {
            XCTAssertThrowsError(try fixture.rows(query), query) { error in
                XCTAssertTrue("\(error)".contains("would not end"), "\(error)")
            }
        }
        XCTAssertEqual(try fixture.rows("SELECT count(*) FROM \(before)"), "3")
    }

    func test_commonTable_readTwice() {
        check("WITH c AS (SELECT shop, sum(total) AS s FROM t GROUP BY shop) SELECT count(*) FROM (SELECT * FROM c UNION ALL SELECT * FROM c) u", "8")
    }

    func test_explainAnalyze_showsRows() throws {
        let table = QueryFixture.table(Self.fields, Self.rows)
        let fixture = QueryFixture([("t", table)])
        let text = try fixture.rows("EXPLAIN ANALYZE SELECT shop, count(*) FROM t GROUP BY shop")
        XCTAssertTrue(text.contains("4 rows"), text)
    }

    func test_cancel_endsTheQuery() throws {
        let fixture = QueryFixture(threads: 2)
        let context = QueryContext(catalog: fixture.catalog, now: 0)
        let prepared = try fixture.engine.prepare("SELECT x FROM generate_series(1, 100000000000) AS s(x)", in: context)
        let cancellation = Cancellation()
        let stream = try fixture.engine.execute(prepared, cancellation: cancellation)
        XCTAssertNotNil(try stream.next())
        cancellation.cancel()
        XCTAssertThrowsError(try { while try stream.next() != nil {} }()) { error in
            XCTAssertEqual((error as? QueryError)?.slug, .cancelled)
        }
        let timed = try fixture.engine.execute(prepared, cancellation: Cancellation(timeLimitSeconds: 0.05))
        XCTAssertThrowsError(try { while try timed.next() != nil {} }()) { error in
            XCTAssertEqual((error as? QueryError)?.slug, .queryTimeout)
            XCTAssertTrue((error as? QueryError)?.detail.hasSuffix("raise limits.query_time") ?? false)
        }
        XCTAssertThrowsError(try Cancellation(timeLimitSeconds: -1, of: "limits.stream_time").check()) { error in
            XCTAssertTrue((error as? QueryError)?.detail.hasSuffix("raise limits.stream_time") ?? false)
        }
    }
}
