import ColumnStore
import Foundation
import Query
import XCTest

/// Goal: a window over a partition that does not fit in memory gives the answers that it gives where it fits.
///
/// Method: the same statements under memory for all and under 1 MiB, over one partition and over one large among many small.
final class LongPartitionTests: XCTestCase {
    private static func rows(_ count: Int) -> String {
        """
        (SELECT g, (g * 7919) % 1000 AS v, CASE WHEN g % 11 = 0 THEN NULL ELSE ((g * 31) % 977)::double precision / 8 END AS d, \
        ((g * 13) % 501)::decimal(12,2) / 4 AS m, CASE WHEN g % 5 = 0 THEN NULL ELSE 'text ' || g % 300 END AS s, g / 40 AS o, \
        CASE WHEN g < 300 THEN g % 7 WHEN g > \(count - 300) THEN 9 + g % 3 ELSE 8 END AS p FROM generate_series(1, \(count)) s(g)) q
        """
    }

    private let whole = QueryFixture()
    private let narrow = LongPartitionTests.fixture(memory: 1 << 20)

    private static func fixture(memory: Int) -> QueryFixture {
        QueryFixture(
            settings: QueryEngine.Settings(
                threadCount: 2, memoryByteCountMax: 64 << 20, queryMemoryByteCountMax: memory, spillDirectory: FileManager.default.temporaryDirectory.path))
    }

    private func check(_ calls: [String], _ over: String, of count: Int = 16_000, line: UInt = #line) throws {
        let query = "SELECT p, g, \(calls.map { "\($0) OVER w" }.joined(separator: ", ")) FROM \(Self.rows(count)) WINDOW w AS (\(over)) ORDER BY p, g"
        let (all, some) = (try whole.rows(query), try narrow.rows(query))
        if all == some { return }
        let (expected, actual) = (all.split(separator: "|"), some.split(separator: "|"))
        XCTAssertEqual(expected.count, actual.count, over, line: line)
        if let (one, other) = zip(expected, actual).first(where: { $0 != $1 }) { XCTFail("\(calls) OVER (\(over)): \(one), not \(other)", line: line) }
    }

    /// The sort of a window's rows is written here in any case: a partition that does not fit lies on disk beside it, and small ones do not.
    func test_partitionThatDoesNotFit_isWritten_besideTheRunsOfTheSort() throws {
        func spilledByteCount(_ partition: String) throws -> Int {
            let plan = try narrow.rows("EXPLAIN ANALYZE SELECT s, sum(v) OVER (PARTITION BY \(partition) ORDER BY g) FROM \(Self.rows(16_000))")
            let window = try XCTUnwrap(plan.split(separator: "|").first { $0.contains("Window") }, plan)
            let words = window.split(separator: " "), place = try XCTUnwrap(words.firstIndex(of: "bytes"), plan)
            return try XCTUnwrap(Int(words[place - 1]), plan)
        }
        let (whole, small) = (try spilledByteCount("p"), try spilledByteCount("g % 4000"))
        XCTAssertGreaterThan(whole, small * 3 / 2)
    }

    func test_ranksAndNeighbours() throws {
        let calls = [
            "percent_rank()", "cume_dist()", "ntile(7)", "lag(s)", "lead(v, 3)", "lag(v, 12000, -1)", "lead(s, (g % 5)::int, 'none ' || g)", "dense_rank()",
        ]
        try check(calls, "PARTITION BY p ORDER BY o")
        try check(["lag(d)", "cume_dist()", "ntile(30001)"], "ORDER BY v DESC, g")
    }

    /// Rows before the first number of buckets have none; from it on they are numbered as those of a partition that begins there, which is as long as all of it.
    func test_ntile_beginsWithTheFirstNumberOfBuckets() throws {
        let queries = [
            ("SELECT x, ntile(nullif(x, 1)) OVER (ORDER BY x) FROM (VALUES (1), (2), (3), (4)) t(x) ORDER BY x", "1,|2,1|3,1|4,2"),
            (
                "SELECT p, x, ntile(nullif(x, 1)) OVER (PARTITION BY p ORDER BY x) FROM (VALUES (1, 1), (1, 2), (1, 3), (2, 1), (2, 2), (3, 1)) t(p, x) ORDER BY p, x",
                "1,1,|1,2,1|1,3,1|2,1,|2,2,1|3,1,"
            ),
            // Later NULLs change nothing, and more buckets than rows are one for each.
            ("SELECT x, ntile(CASE x WHEN 2 THEN 9 END) OVER (ORDER BY x) FROM (VALUES (1), (2), (3), (4)) t(x) ORDER BY x", "1,|2,1|3,2|4,3"),
            // 400 rows each, of all 40,000.
            (
                "SELECT count(x), min(g) FILTER (WHERE x = 1), max(g) FILTER (WHERE x = 1), max(x) FROM (SELECT g, ntile(CASE WHEN g > 30000 THEN 100 END) OVER (ORDER BY g) AS x "
                    + "FROM generate_series(1, 40000) s(g)) q", "10000,30001,30400,25"
            ),
            ("SELECT count(x) FROM (SELECT ntile(NULL::int) OVER (ORDER BY g) AS x FROM generate_series(1, 40000) s(g)) q", "0"),
        ]
        for (query, answer) in queries { for fixture in [whole, narrow] { XCTAssertEqual(try fixture.rows(query), answer, query) } }
        for fixture in [whole, narrow] {
            XCTAssertEqual(fixture.error("SELECT ntile(CASE WHEN g > 30000 THEN 0 END) OVER (ORDER BY g) FROM generate_series(1, 40000) s(g)")?.slug, .dataError)
        }
        try check(["ntile(CASE WHEN g > 9000 THEN 7 END)", "lag(s)"], "PARTITION BY p ORDER BY g")
    }

    func test_runningFrames() throws {
        let calls = [
            "count(*)", "count(s)", "sum(v)", "avg(m)", "sum(d)", "stddev(d)", "var_pop(v)", "min(s)", "max(d)", "bool_or(v > 990)", "first_value(s)",
            "last_value(s)", "nth_value(v, 9)", "sum(v) FILTER (WHERE s IS NULL)",
        ]
        try check(calls, "PARTITION BY p ORDER BY o")
        try check(["sum(d)", "last_value(g)", "count(*)"], "ORDER BY g ROWS UNBOUNDED PRECEDING")
        try check(["sum(d)", "avg(v)", "first_value(g)"], "ORDER BY g ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING")
    }

    func test_wholePartitions() throws {
        let calls = ["sum(v)", "max(s)", "approx_count_distinct(s)", "any_value(p)", "stddev(d)", "count(*) FILTER (WHERE v > 500)"]
        try check(calls, "PARTITION BY p")
        try check(calls, "PARTITION BY p ORDER BY g ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING")
    }

    func test_framesNearTheRow() throws {
        try check(["sum(d)", "max(s)", "min(v)", "array_agg(v)", "avg(v)"], "PARTITION BY p ORDER BY g ROWS BETWEEN 3 PRECEDING AND 2 FOLLOWING")
        try check(["sum(v)", "min(v)", "first_value(g)"], "PARTITION BY p ORDER BY g RANGE BETWEEN 20 PRECEDING AND 5 FOLLOWING")
        try check(["max(v)", "count(*)"], "PARTITION BY p ORDER BY o GROUPS BETWEEN 2 PRECEDING AND 1 FOLLOWING")
        try check(["sum(v)", "last_value(g)"], "PARTITION BY p ORDER BY g ROWS BETWEEN 4 PRECEDING AND 4 FOLLOWING EXCLUDE CURRENT ROW")
        try check(["sum(v)", "min(s)"], "PARTITION BY p ORDER BY o ROWS BETWEEN 50 PRECEDING AND CURRENT ROW EXCLUDE TIES")
        try check(["sum(d)", "max(d)"], "ORDER BY g ROWS BETWEEN 5 FOLLOWING AND 9 FOLLOWING")
    }

    /// Keys are made of rows, and may be far more than these.
    func test_keysLargerThanTheirRows() throws {
        try check(["sum(v)", "lag(g)"], "PARTITION BY repeat(p::text, 900) ORDER BY g", of: 4_000)
        try check(["count(*)", "dense_rank()", "ntile(3)"], "PARTITION BY p ORDER BY repeat((v % 20)::text, 900)", of: 4_000)
        try check(["row_number()", "rank()"], "PARTITION BY repeat(p::text, 900) ORDER BY repeat((v % 20)::text, 500), g", of: 4_000)
        try check(["max(repeat(s, 60))"], "PARTITION BY p ORDER BY g ROWS BETWEEN 2 PRECEDING AND CURRENT ROW", of: 4_000)
    }

    /// Small values of a partition are held, and leave no room for the last one, which fits alone.
    func test_oneLargeValueBehindManySmall() throws {
        let query = """
            SELECT sum(length(x)) FROM (SELECT lag(repeat(g::text, CASE WHEN g % 4000 = 3999 THEN 60000 ELSE 20 END)) OVER (PARTITION BY g / 4000 ORDER BY g) x \
            FROM generate_series(1, 12000) s(g)) t
            """
        XCTAssertEqual(try Self.fixture(memory: 2 << 20).rows(query), "977520")
    }

    /// All rows have the one long text, which takes little as long as they have codes. Beside a default, and as a running answer, it is laid out: past 2 GiB together.
    func test_oneLargeValueThatAllRowsWant() throws {
        for call in ["lag(t, (g - 1)::int, 'none')", "max(t)"] {
            let query = """
                SELECT sum(octet_length(x)), count(x) FROM (SELECT \(call) OVER (ORDER BY g) AS x \
                FROM (SELECT g, CASE WHEN g = 1 THEN repeat('z', 1000000) ELSE 'y' END AS t FROM generate_series(1, 2500) s(g)) q) w
                """
            XCTAssertEqual(try whole.rows(query), "2500000000,2500", call)
        }
    }

    /// The first row's long text lies beneath no row that has none.
    func test_oneLargeValueThatNoOtherRowHas() throws {
        let texts = "SELECT g, CASE WHEN g = 1 THEN repeat('z', 1000000) ELSE 'y' END AS t FROM generate_series(1, 3000) s(g)"
        for (query, answer) in [
            ("SELECT count(x), sum(length(x)) FROM (SELECT lag(t, 1, 'none') OVER (PARTITION BY g ORDER BY g) AS x FROM (\(texts)) q) w", "3000,12000"),
            ("SELECT count(x), sum(length(x)) FROM (SELECT lag(t, 5000, 'none') OVER (ORDER BY g) AS x FROM (\(texts)) q) w", "3000,12000"),
            ("SELECT count(*) FROM (SELECT lag(ROW(g, t)) OVER (PARTITION BY g ORDER BY g) AS x FROM (\(texts)) q) w WHERE x IS NULL", "3000"),
            ("SELECT count(x) FROM (SELECT CASE WHEN g = 1 THEN ROW(g, repeat('x', 1000000)) END AS x FROM generate_series(1, 3000) s(g)) q", "1"),
        ] { XCTAssertEqual(try whole.rows(query), answer, query) }
    }

    /// Short for thousands of rows, and long from one in the middle of a batch on: calls have room for different numbers of rows, and what one has answered beyond the
    /// others is put out with theirs.
    func test_answersThatBecomeLong_inTheMiddleOfABatch() throws {
        let text = "CASE WHEN g = 3000 THEN repeat('z', 2000) ELSE 'text ' || g END", dense = "ORDER BY k RANGE BETWEEN 400 PRECEDING AND CURRENT ROW"
        let calls = [
            ("n", "(row_number() OVER (ORDER BY k))::text"), ("m", "max(\(text)) OVER (ORDER BY k)"), ("l", "array_agg(g) OVER (\(dense))"),
            ("j", "string_agg(g::text, ',') OVER (\(dense))"),
            ("b", "lag(\(text), (CASE WHEN g < 3000 THEN 1 ELSE g - 3000 END)::int, 'none ' || g) OVER (ORDER BY k)"),
        ]
        for places in [[1], [2], [3], [4], [0, 1, 2, 3, 4], [4, 3, 1, 2, 0]] {
            let named = places.map { "\(calls[$0].1) AS \(calls[$0].0)" }.joined(separator: ", ")
            // Of long answers little is looked at, so that what looks needs no memory.
            let shown = places.map { place -> String in
                let name = calls[place].0
                return name == "l" ? "cardinality(l), l[1], l[cardinality(l)]" : "octet_length(\(name)), left(\(name), 10), right(\(name), 10)"
            }.joined(separator: ", ")
            let query = """
                SELECT g, \(shown) FROM (SELECT g, \(named) FROM (SELECT g, CASE WHEN g < 3000 THEN g * 1000 ELSE 3000000 + g END AS k \
                FROM generate_series(1, 6000) s(g)) q) r ORDER BY g
                """
            let (all, some) = (try whole.rows(query), try narrow.rows(query))
            if all == some { continue }
            let (expected, actual) = (all.split(separator: "|"), some.split(separator: "|"))
            XCTAssertEqual(expected.count, actual.count, query)
            if let (one, other) = zip(expected, actual).first(where: { $0 != $1 }) { XCTFail("\(named): \(one), not \(other)") }
        }
    }

    /// Each worker has partitions on disk beside rows that are sorted in memory, and they have texts for answers at the same time.
    func test_longPartitionsOfSeveralWorkers() throws {
        let workers = QueryFixture(
            settings: QueryEngine.Settings(
                threadCount: 8, memoryByteCountMax: 64 << 20, queryMemoryByteCountMax: 24 << 20, spillDirectory: FileManager.default.temporaryDirectory.path))
        let query = """
            SELECT p, count(x), sum(octet_length(x)), right(min(x), 5), right(max(x), 5) FROM (SELECT p, max(t) OVER (PARTITION BY p ORDER BY g) AS x \
            FROM (SELECT g, g % 8 AS p, repeat('x', 300) || g AS t FROM generate_series(1, 34000) s(g)) q) w GROUP BY p ORDER BY p
            """
        XCTAssertEqual(try whole.rows(query), try workers.rows(query))
    }

    /// Texts are answered few rows at a time until it is known what they take: once for a partition, and not anew after each batch that was read.
    func test_shortTexts_areAnsweredManyAtATime() throws {
        func batchCount(_ argument: String) throws -> Int {
            try narrow.batches("SELECT s, max(\(argument)) OVER (ORDER BY g) FROM (SELECT g, 'text ' || g % 300 AS s FROM generate_series(1, 60000) s(g)) q").batches.count
        }
        // Once, twice, four times … as many rows, up to those of a batch.
        XCTAssertLessThanOrEqual(try batchCount("s"), try batchCount("g") + 14)
    }

    /// The default is the row's own, wherever its batch begins.
    func test_defaultsBeyondThePartition() throws {
        try check(["lag(s, 3, 'first ' || g)", "lead(v, (g % 9)::int, -g)", "lead(s, 20000, repeat(g::text, 40))"], "PARTITION BY p ORDER BY g")
    }

    func test_severalCallsTogether() throws {
        let query = """
            SELECT p, g, lag(v) OVER w, sum(v) OVER w, max(v) OVER (PARTITION BY p ORDER BY g ROWS 3 PRECEDING), count(*) FILTER (WHERE v > 500) OVER w \
            FROM \(Self.rows(16_000)) WINDOW w AS (PARTITION BY p ORDER BY g) ORDER BY p, g
            """
        XCTAssertEqual(try whole.rows(query), try narrow.rows(query))
    }

    func test_whatNeedsAllRowsOfLongFrames_isRefused() throws {
        for call in ["string_agg(s, ',')", "array_agg(v)"] {
            let error = narrow.error("SELECT \(call) OVER (ORDER BY g) FROM \(Self.rows(16_000))")
            XCTAssertEqual(error?.slug, .spillFull, call)
        }
    }
}
