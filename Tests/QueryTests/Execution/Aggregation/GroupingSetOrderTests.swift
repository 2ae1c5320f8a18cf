import TestSupport
import XCTest

@testable import Query

/// Sets that are made of others' groups answer as if each had grouped the rows by itself: with much memory and little, in few groups and in
/// more than a worker keeps, whatever the calls' states.
final class GroupingSetOrderTests: XCTestCase {
    private static let calls = [
        "count(*)", "count(y)", "sum(y)", "avg(y)", "sum(y) FILTER (WHERE g % 3 = 0)", "min(y)", "max(d)", "sum(r)", "avg(r)", "stddev(y)", "var_pop(r)", "bool_or(y > 90)",
        "min(t)", "count(DISTINCT y)", "string_agg(t, ',' ORDER BY t)", "any_value(1)", "sum(i)",
    ]

    /// Rows with keys of several spreads, NULLs among them.
    private func rows(_ count: Int) -> String {
        """
        (SELECT g, nullif(g * 7919 % 11, 3) AS a, CASE WHEN g % 13 = 5 THEN NULL ELSE 'k' || g * 31 % 97 END AS b, g * 101 % 499 AS c, g AS u,
        nullif(g % 101, 7) AS y, (g % 1000) * 1.5::decimal(10, 2) AS d, g / 7.0::double AS r, 't' || g % 5 AS t, g * interval '1 second' AS i
        FROM generate_series(1, \(count)) s(g)) t
        """
    }

    /// All subsets of some keys, or some of them.
    private func sets(_ random: inout SplitMix64, of keys: [String]) -> [[String]] {
        (0..<Int(2 + random.next() % 6)).map { _ in
            let bits = random.next()
            return keys.enumerated().filter { bits >> UInt64($0.offset) & 1 == 1 }.map(\.element)
        }
    }

    private func answers(_ fixture: QueryFixture, _ sets: [[String]], keys: [String], calls: [String], rowCount: Int) throws -> (together: String, apart: String) {
        let columns = (keys + calls.indices.map { "v\($0)" }).joined(separator: ", ")
        let values = calls.enumerated().map { "\($1) AS v\($0)" }.joined(separator: ", ")
        let list = sets.map { "(\($0.joined(separator: ", ")))" }.joined(separator: ", ")
        let together = "SELECT \(keys.joined(separator: ", ")), \(values) FROM \(rows(rowCount)) GROUP BY GROUPING SETS (\(list))"
        let apart = sets.map { set in
            let shown = keys.map { set.contains($0) ? $0 : "NULL::\($0 == "b" ? "varchar" : "integer") AS \($0)" }.joined(separator: ", ")
            return "SELECT \(shown), \(values) FROM \(rows(rowCount)) \(set.isEmpty ? "" : "GROUP BY \(set.joined(separator: ", "))")"
        }.joined(separator: " UNION ALL ")
        func digest(_ text: String) throws -> String {
            try fixture.rows("SELECT count(*), md5(string_agg(row_to_json(q)::text, ';' ORDER BY row_to_json(q)::text)) FROM (SELECT \(columns) FROM (\(text)) p) q")
        }
        return (try digest(together), try digest(apart))
    }

    func test_sets_answerAsIfEachWereAlone() throws {
        var random = SplitMix64(state: 0x5E75)
        for round in 0..<24 {
            let all = Array(["a", "b", "c", "u"].prefix(Int(2 + random.next() % 3)))
            // One set has all keys, so that each may be shown.
            let sets = sets(&random, of: all) + (round % 2 == 0 ? [all] : all.map { [$0] })
            let calls = (0..<Int(1 + random.next() % 4)).map { _ in Self.calls[Int(random.next() % UInt64(Self.calls.count))] }
            for threads in [1, 3] {
                let fixture = QueryFixture(settings: QueryEngine.Settings(threadCount: threads, queryMemoryByteCountMax: 256 << 20))
                let (together, apart) = try answers(fixture, sets, keys: all, calls: calls, rowCount: 3_000)
                XCTAssertEqual(together, apart, "round \(round): \(calls) by \(sets), \(threads) threads")
            }
        }
    }

    /// A worker gives its groups away when they grow many, and what it gives away comes to the sets that are made of it.
    func test_groups_thatAreGivenAway_comeToTheSetsMadeOfThem() throws {
        let rows = rows(150_000)
        let sets = "SELECT c, u, count(*) AS n, sum(y) AS s FROM \(rows) GROUP BY ROLLUP (c, u)"
        let fixture = QueryFixture(threads: 2)
        let alone = "SELECT 1 AS k, count(*), sum(n), sum(s) FROM (SELECT c, count(*) AS n, sum(y) AS s FROM \(rows) GROUP BY c) q"
        XCTAssertEqual(try fixture.rows("SELECT 1 AS k, count(*), sum(n), sum(s) FROM (\(sets)) q WHERE u IS NULL AND c IS NOT NULL"), try fixture.rows(alone))
        XCTAssertEqual(
            try fixture.rows("SELECT n, s FROM (\(sets)) q WHERE u IS NULL AND c IS NULL"), try fixture.rows("SELECT count(*), sum(y) FROM \(rows)"))
        XCTAssertEqual(try fixture.rows("SELECT count(*), sum(n), count(DISTINCT u) FROM (\(sets)) q WHERE u IS NOT NULL"), "150000,150000,150000")
    }

    /// With little memory groups lie on disk, and some of those that are passed on go there as they are.
    func test_sets_answerAlike_withLittleMemory() throws {
        let sets = "SELECT a, b, c, u, count(*) AS n, sum(y) AS s, avg(r) AS m FROM \(rows(30_000)) GROUP BY CUBE (a, b, c, u)"
        func fixture(_ byteCount: Int) -> QueryFixture { QueryFixture(settings: QueryEngine.Settings(threadCount: 2, queryMemoryByteCountMax: byteCount)) }
        func answer(_ byteCount: Int) throws -> String {
            try fixture(byteCount).rows("SELECT count(*), sum(n), sum(s), sum(m), count(a), count(b), count(c), count(u), sum(a * n), sum(c * s) FROM (\(sets)) q")
        }
        let whole = try answer(1 << 30)
        for byteCount in [4 << 20, 8 << 20, 16 << 20] { XCTAssertEqual(try answer(byteCount), whole, "\(byteCount) bytes") }
        let plan = try fixture(4 << 20).rows("EXPLAIN ANALYZE \(sets)")
        XCTAssertTrue(plan.contains("bytes spilled"), plan)
    }

    func test_order_hasEachSetFromOnePlace_andFromTheOneOfFewestKeys() {
        let sets = [[0], [0, 1, 2], [], [1, 0], [2], [0], [3]]
        let order = GroupingSetOrder(sets, derives: true)
        XCTAssertEqual(order.roots, [1, 6])
        XCTAssertEqual(order.coarser, [[5], [3, 4], [], [0], [], [], [2]])
        XCTAssertEqual(order.keyPlaces, [[1], [], [], [1, 0], [2], [0], []])
        XCTAssertEqual(Set(order.order).count, sets.count)
        XCTAssertEqual(GroupingSetOrder(sets, derives: false).roots.sorted(), Array(sets.indices))
    }
}
