import TestSupport

/// Statements that are wide, deep, long or hungry, by a seed: each a form that generated SQL or an attacker comes up with, of sizes that go past
/// every limit now and then.
struct StatementGenerator {
    private var random: SplitMix64

    init(seed: UInt64) { random = SplitMix64(state: seed) }

    mutating func next() -> String {
        switch Int.random(in: 0..<10, using: &random) {
        case 0...1: return long()
        case 2...3: return wide()
        case 4...5: return deep()
        default: return hungry()
        }
    }

    /// Small sizes mostly, large ones now and then.
    private mutating func size(_ most: Int) -> Int {
        let scale = Double.random(in: 0...1, using: &random)
        return max(1, Int(Double(most) * scale * scale * scale))
    }

    private mutating func pick<Item>(_ items: [Item]) -> Item { items[Int.random(in: 0..<items.count, using: &random)] }

    private func list(_ count: Int, _ separator: String, _ item: (Int) -> String) -> String { (0..<count).map(item).joined(separator: separator) }

    // MARK: Long

    private mutating func long() -> String {
        let count = size(8_000)
        let word = pick(["AND", "OR"])
        let test = pick([
            "c0 <> #", "c0 = #", "c0 + # > c1", "s LIKE '%#%'", "c0 IN (#, c1)", "c1 BETWEEN # AND c2", "(c0, c1) = (#, #)", "NOT c0 = #",
            "(c0 = # AND c1 = #)", "(c0 = # OR c1 > #)", "s = '#'", "c0 = ANY (ARRAY[#, c1])",
        ])
        switch Int.random(in: 0..<9, using: &random) {
        case 0...2:
            let tests = list(count, " \(word) ") { test.replacing("#", with: "\($0)") }
            let source = pick(["t", "t a JOIN t b USING (c0, c1, c2, s)", "(SELECT * FROM t UNION ALL SELECT * FROM t) q", "(SELECT c0 + 1 AS c0, c1, c2, s FROM t) q"])
            return "SELECT count(*) FROM \(source) WHERE \(tests)"
        case 3: return "SELECT count(*) FROM t WHERE c0 \(pick(["IN", "NOT IN"])) (" + list(count, ",", String.init) + ")"
        case 4:
            if Bool.random(using: &random) { return "SELECT CASE c0 " + list(count, " ") { "WHEN \($0) THEN \($0)" } + " END FROM t" }
            return "SELECT CASE " + list(count, " ") { "WHEN \(test.replacing("#", with: "\($0)")) THEN \($0)" } + " END FROM t"
        case 5: return "SELECT count(*) FROM (VALUES " + list(count, ",") { "(\($0), 'x\($0)')" } + ") v(a, b) WHERE a > 3"
        case 6: return list(min(count, 260), pick([" UNION ALL ", " UNION ", " EXCEPT ALL ", " INTERSECT "])) { "SELECT \($0 % 5)" }
        case 7: return "WITH x0 AS (SELECT c0 AS a FROM t)" + list(min(count, 60), "") { ", x\($0 + 1) AS (SELECT p.a FROM x\($0) p JOIN x\($0) q USING (a))" }
            + " SELECT count(*) FROM x\(min(count, 60))"
        default:
            let (open, close) = pick([("coalesce(", ")"), ("greatest(", ")"), ("concat(", ")"), ("ARRAY[", "]")])
            return "SELECT " + open + list(count, ",") { "c0 + \($0)" } + close + " FROM t"
        }
    }

    // MARK: Wide

    private mutating func wide() -> String {
        let count = size(1_800)
        switch Int.random(in: 0..<9, using: &random) {
        case 0: return "SELECT " + list(count, ",") { "c0 + \($0)" } + " FROM t ORDER BY " + list(count, ",") { "c1 + \($0)" }
        case 1: return "SELECT " + list(count, ",") { "sum(c0 + \($0)), max(s)" } + " FROM t GROUP BY c1"
        case 2: return "SELECT count(*) FROM t GROUP BY " + list(count, ",") { "c0 + \($0)" }
        case 3: return "SELECT " + list(min(count, 250), ",") { "sum(c0) OVER (ORDER BY c1 + \($0))" } + " FROM t"
        case 4: return "SELECT " + list(count, ",") { "sum(c0 + \($0)) OVER (ORDER BY c1)" } + " FROM t"
        case 5: return "SELECT count(*) FROM " + list(min(count, 250), ",") { "(VALUES (\($0))) q\($0)" }
        case 6: return "SELECT " + list(min(count, 150), ",") { "(SELECT max(c0) + \($0) FROM t u WHERE u.c1 = t.c1)" } + " FROM t"
        case 7: return "SELECT 1 FROM t WHERE " + list(min(count, 150), pick([" AND ", " OR "])) { "EXISTS (SELECT 1 FROM t u WHERE u.c0 = t.c0 + \($0))" }
        default:
            return "SELECT count(*) FROM t t0" + list(min(count, 60), "") { " \(Self.kinds[$0 % 4]) JOIN t t\($0 + 1) ON t\($0 + 1).c0 = t\($0).c0 AND t\($0 + 1).c1 = t\($0).c1" }
        }
    }

    private static let kinds = ["LEFT", "INNER", "RIGHT", "FULL"]

    // MARK: Deep

    private mutating func deep() -> String {
        let depth = size(pick([90, 190, 260]))
        func nested(_ before: String, _ core: String, _ after: String) -> String {
            String(repeating: before, count: depth) + core + String(repeating: after, count: depth)
        }
        switch Int.random(in: 0..<12, using: &random) {
        case 0: return "SELECT " + nested("(", "c0", ")") + " FROM t"
        case 1: return "SELECT " + nested("(", "c0 > 0", ") BETWEEN true AND (c1 > 0)") + " FROM t"
        case 2: return "SELECT " + nested("CASE (", "c0", ") WHEN 1 THEN 2 WHEN 2 THEN 1 END") + " FROM t"
        case 3: return "SELECT " + nested("CASE WHEN c0 > 0 THEN ", "c0", " END") + " FROM t"
        case 4: return "SELECT a FROM " + nested("(SELECT a + a AS a FROM ", "(SELECT c0::DECIMAL AS a FROM t) z", ") q") + " WHERE a > 0"
        case 5: return "SELECT a FROM " + nested("(SELECT a OR NOT a AS a FROM ", "(SELECT c0 > 5 AS a FROM t) z", ") q") + " WHERE a"
        case 6: return "SELECT c0" + list(depth * 2, "") { " \(Self.signs[$0 % 3]) \($0 + 1)" } + " FROM t"
        case 7: return "SELECT " + nested("NOT ", "(c0 > 0)", "") + " FROM t"
        case 8: return "SELECT " + nested("(SELECT max(c0) FROM t WHERE c1 < ", "1", ")")
        case 9: return "SELECT count(*) FROM t WHERE " + nested("c0 IN (SELECT c1 FROM t WHERE ", "true", ")")
        case 10: return "SELECT (" + list(depth, ",") { _ in "c0" } + ") < (" + list(depth, ",") { "\($0)" } + ") FROM t"
        default: return "SELECT count(*) FROM " + nested("(SELECT sum(c0) OVER (ORDER BY c1) AS c0, c1 FROM ", "t", ") q")
        }
    }

    private static let signs = ["+", "-", "*"]

    // MARK: Hungry

    /// Aggregates, windows, sorts and sets over big texts, many groups, or both.
    private mutating func hungry() -> String {
        let rows = size(20_000) + 10
        let width = pick([1, 40, 2_000, 20_000])
        let keys = pick([1, 7, 300, 1_000_000])
        let count = min(rows, max(10, 60_000_000 / width))
        let input = "(SELECT g, g % \(keys) AS k, repeat('x', \(width)) || g AS x FROM generate_series(1, \(count)) s(g)) q"
        let aggregate = pick([
            "max(x)", "min(x)", "any_value(x)", "string_agg(x, ',')", "array_agg(x)", "mode() WITHIN GROUP (ORDER BY x)", "count(DISTINCT x)",
            "percentile_disc(0.5) WITHIN GROUP (ORDER BY x)", "percentile_cont(0.5) WITHIN GROUP (ORDER BY g)", "approx_count_distinct(x)",
            "array_agg(x ORDER BY x DESC)", "string_agg(DISTINCT x, '-')", "count(DISTINCT x), count(DISTINCT g), sum(DISTINCT g)",
        ])
        switch Int.random(in: 0..<9, using: &random) {
        case 0...1: return "SELECT k, \(aggregate) FROM \(input) GROUP BY k"
        case 2: return "SELECT \(aggregate) FROM \(input)"
        case 3: return "SELECT k, \(aggregate) FROM \(input) GROUP BY \(pick(["CUBE(k, g % 3)", "ROLLUP(k, x)", "GROUPING SETS ((k), (g), ())"]))".replacing("SELECT k,", with: "SELECT")
        case 4:
            let frame = pick(["", "ROWS BETWEEN 100 PRECEDING AND CURRENT ROW", "ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING"])
            let call = pick(["string_agg(x, ',')", "array_agg(x)", "max(x)", "lag(x)", "lead(x, 3, 'none')", "approx_count_distinct(g)", "row_number()", "first_value(x)"])
            let ranged = call.hasPrefix("l") || call.hasPrefix("row") ? "" : frame
            return "SELECT \(call) OVER (PARTITION BY k ORDER BY g \(ranged)) FROM \(input)"
        case 5: return "SELECT * FROM \(input) ORDER BY \(pick(["x", "x DESC, g", "k, x", "g"])) \(pick(["", "LIMIT 3000", "OFFSET 7", "LIMIT 9 OFFSET 500"]))"
        case 6: return "SELECT x FROM \(input) \(pick(["INTERSECT ALL", "EXCEPT ALL", "UNION", "INTERSECT", "EXCEPT"])) SELECT x FROM \(input)"
        case 7: return "SELECT DISTINCT x, k FROM \(input)"
        default: return "SELECT count(*) FROM \(input) JOIN (SELECT g AS h, repeat('y', \(width)) || g AS y FROM generate_series(1, \(count)) r(g)) w ON g = h WHERE x <> y"
        }
    }
}
