import ColumnStore
import TestSupport
import XCTest

@testable import Query

/// Goal: the nearest row of another table is one plan over both, whose answers are those of looking for each row by itself. Method: small tables by hand, random
/// ones against an oracle in memory and with so little memory that the plan spills, and plans as EXPLAIN shows them. PostgreSQL and DuckDB are asked by `NearestRowAnswersTests`.
final class NearestRowTests: XCTestCase {
    private static let fields = [Field("id", .int64), Field("k", .int32), Field("t", .int64)]

    private static func rows(_ count: Int, seed: UInt64, keys: UInt64 = 6, times: UInt64 = 30) -> [[Value]] {
        var random = SplitMix64(state: seed)
        return (0..<count).map { id in
            [
                .integer(Int64(id)), random.next() % 10 == 0 ? .null : .integer(Int64(random.next() % keys)),
                random.next() % 10 == 0 ? .null : .integer(Int64(random.next() % times)),
            ]
        }
    }

    private func fixture(_ a: [[Value]], _ b: [[Value]], memory: Int = 256 << 20) -> QueryFixture {
        QueryFixture(
            [("a", QueryFixture.table(Self.fields, a, batchRowCount: 50)), ("b", QueryFixture.table(Self.fields, b, batchRowCount: 50))],
            settings: QueryEngine.Settings(threadCount: 2, queryMemoryByteCountMax: memory))
    }

    private static let before = "SELECT b.id FROM b WHERE b.k = a.k AND b.t <= a.t ORDER BY b.t DESC, b.id LIMIT 1"
    private static let question = "SELECT a.id, x.id FROM a LEFT JOIN LATERAL (\(before)) x ON true ORDER BY 1"

    func test_smallTables_haveTheAnswersOfTheHand() throws {
        func row(_ id: Int64, _ key: Int64?, _ time: Int64?) -> [Value] { [.integer(id), key.map { .integer($0) } ?? .null, time.map { .integer($0) } ?? .null] }
        let fixture = fixture(
            [row(1, 1, 10), row(2, 1, 4), row(3, nil, 10), row(4, 1, nil), row(5, 9, 10), row(6, 2, 7), row(7, 1, 10)],
            [row(1, 1, 5), row(2, 1, 10), row(3, 1, 11), row(4, nil, 1), row(5, 2, nil), row(6, 2, 7), row(7, 1, 10)])
        XCTAssertEqual(try fixture.rows(Self.question), "1,2|2,|3,|4,|5,|6,6|7,2")
        XCTAssertEqual(try fixture.rows("SELECT a.id, x.id FROM a CROSS JOIN LATERAL (\(Self.before)) x ORDER BY 1"), "1,2|6,6|7,2")
        XCTAssertEqual(try fixture.rows("SELECT a.id, (\(Self.before)) FROM a ORDER BY 1"), "1,2|2,|3,|4,|5,|6,6|7,2")
        XCTAssertEqual(try fixture.rows("SELECT a.id, b.t FROM a ASOF JOIN b ON a.k = b.k AND a.t > b.t ORDER BY 1"), "1,5|7,5")
        XCTAssertEqual(try fixture.rows("SELECT a.id, b.t FROM a ASOF LEFT JOIN b ON a.k = b.k AND a.t < b.t ORDER BY 1"), "1,11|2,5|3,|4,|5,|6,|7,11")
        XCTAssertEqual(try fixture.rows("SELECT k, t, a.id, b.id FROM a ASOF JOIN b USING (k, t) WHERE a.id = 6"), "2,7,6,6")
        XCTAssertEqual(try fixture.rows("SELECT asof.id FROM a AS asof JOIN b ON asof.id = b.id WHERE b.id = 1"), "1")
    }

    func test_plans_readEachTableOnceForAllRows() throws {
        let fixture = fixture(Self.rows(10, seed: 1), Self.rows(10, seed: 2))
        for query in [
            Self.question, "SELECT a.id, (\(Self.before)) FROM a", "SELECT a.id, b.id FROM a ASOF JOIN b ON a.k = b.k AND a.t >= b.t",
            "SELECT a.id, x.id FROM a, LATERAL (SELECT * FROM (SELECT b.id, b.k, b.t + 1 AS u FROM b WHERE b.id > 2) s WHERE s.k = a.k AND a.t > s.u ORDER BY s.u DESC LIMIT 1) x",
        ] {
            let plan = try fixture.rows("EXPLAIN \(query)")
            XCTAssertTrue(plan.contains("min("), "\(query): \(plan)")
            XCTAssertEqual(plan.ranges(of: "Scan b").count, 1, "\(query): \(plan)")
        }
        // A difference with the outer row is asked of each row that it has, and an OFFSET takes another than the first.
        for query in [
            "SELECT a.id, x.d FROM a, LATERAL (SELECT b.id - a.id AS d FROM b WHERE b.k = a.k AND b.t <= a.t ORDER BY b.t DESC LIMIT 1) x",
            "SELECT a.id, x.id FROM a, LATERAL (SELECT b.id FROM b WHERE b.k = a.k AND b.t <= a.t ORDER BY b.t DESC LIMIT 1 OFFSET 1) x",
            "SELECT a.id, x.id FROM a, LATERAL (SELECT b.id FROM b WHERE b.k = a.k AND b.t <= a.t ORDER BY 1 / b.id LIMIT 1) x",
        ] { XCTAssertFalse(try fixture.rows("EXPLAIN \(query)").contains("min("), query) }
    }

    func test_randomTables_agreeWithAnOracle() throws {
        func number(_ value: Value) -> Int64? { if case .integer(let number) = value { number } else { nil } }
        for (seed, count) in [(1, 0), (2, 1), (3, 40), (4, 400), (5, 3_000)] as [(UInt64, Int)] {
            let (a, b) = (Self.rows(max(count, 3), seed: seed), Self.rows(count, seed: seed + 100))
            let expected = a.map { row -> String in
                let found = b.filter { other in
                    guard let key = number(row[1]), let time = number(row[2]), let theirs = number(other[2]) else { return false }
                    return number(other[1]) == key && theirs <= time
                }.min { one, other in
                    let (left, right) = (number(one[2]) ?? 0, number(other[2]) ?? 0)
                    return left != right ? left > right : (number(one[0]) ?? 0) < (number(other[0]) ?? 0)
                }
                return "\(number(row[0]) ?? 0),\(found.flatMap { number($0[0]) }.map(String.init) ?? "")"
            }.joined(separator: "|")
            XCTAssertEqual(try fixture(a, b).rows(Self.question), expected, "seed \(seed), \(count) rows")
            XCTAssertEqual(try fixture(a, b, memory: 60_000).rows(Self.question), expected, "seed \(seed), \(count) rows, little memory")
        }
    }

    func test_conditionsOfAnotherForm_areRefused() throws {
        let fixture = fixture(Self.rows(3, seed: 1), Self.rows(3, seed: 2))
        for (condition, slug) in [
            ("ON a.k = b.k", QueryError.Slug.badSQL), ("ON a.t >= b.t AND a.id > b.id", .badSQL), ("ON a.k = b.k AND a.t >= b.t AND b.id > 1", .unsupportedSQL),
            ("ON a.k = b.k AND a.t <> b.t", .unsupportedSQL), ("USING (t)", .badSQL), ("ON a.k = b.k AND a.t >= b.t OR a.id = 1", .unsupportedSQL),
        ] { XCTAssertEqual(fixture.error("SELECT 1 FROM a ASOF JOIN b \(condition)")?.slug, slug, condition) }
        XCTAssertEqual(fixture.error("SELECT 1 FROM a ASOF JOIN LATERAL (SELECT b.t FROM b WHERE b.k = a.k) x ON a.t >= x.t")?.slug, .unsupportedSQL)
        XCTAssertNotNil(fixture.error("SELECT 1 FROM a NATURAL ASOF JOIN b"))
    }
}
