import ColumnStore
import XCTest

@testable import Query

/// Groupings past what one table holds, windows that slide, and orders of many rows: against answers worked out here, row by row.
final class GroupingTests: XCTestCase {
    private static let rowCount = 200_000
    private static let fields = [
        Field("k", .int64), Field("t", .string), Field("d", .date), Field("v", .decimal(precision: 18, scale: 2)), Field("r", .double),
    ]

    private struct Row {
        var key: Int64
        var text: String
        var day: Int32
        var value: Int64?
        var real: Double
    }

    /// Keys spread wide, each some twice; every seventh value is NULL.
    private static let rows: [Row] = (0..<rowCount).map { index in
        let mixed = UInt64(index) &* 0x9E37_79B9_7F4A_7C15
        let key = Int64(mixed >> 33) % 150_000 * 1_000_003
        return Row(
            key: key, text: "text-\(key % 70_001)", day: Int32(index / 1_000), value: index % 7 == 0 ? nil : Int64(mixed >> 40) - (1 << 22),
            real: Double(index % 1_000) / 8)
    }

    /// As many as answers on disk need: more than their memory holds, whatever it is.
    private static let fewRows = Array(rows.prefix(50_000))
    private static let table = table(of: rows)
    private static let fewTable = table(of: fewRows)

    private static func table(of rows: [Row]) -> MemoryTable {
        var batches: [ColumnBatch] = []
        for start in stride(from: 0, to: rows.count, by: 8_192) {
            let part = rows[start..<min(start + 8_192, rows.count)]
            var builders = fields.map { ColumnBuilder(type: $0.type) }
            for row in part {
                builders[0].append(.integer(row.key))
                builders[1].append(.string(row.text))
                builders[2].append(.integer(Int64(row.day)))
                builders[3].append(row.value.map { .decimal(Int128($0)) } ?? .null)
                builders[4].append(.double(row.real))
            }
            batches.append(ColumnBatch(rowCount: part.count, columns: builders.indices.map { builders[$0].finish() }))
        }
        return MemoryTable(schema: Schema(fields), batches: batches)
    }

    private func fixture(budget: Int = 256 << 20, _ table: MemoryTable = table) -> QueryFixture {
        QueryFixture([("t", table)], settings: QueryEngine.Settings(threadCount: 2, queryMemoryByteCountMax: budget))
    }

    /// Says where a query fits in that memory: with no room on disk it must be refused.
    private func checkSpills(_ text: String, budget: Int, line: UInt = #line) {
        let settings = QueryEngine.Settings(threadCount: 2, queryMemoryByteCountMax: budget, spillByteCountMax: 0)
        XCTAssertEqual(QueryFixture([("t", Self.fewTable)], settings: settings).error(text)?.slug, .spillFull, text, line: line)
    }

    /// count, sum of v, least r and distinct d over all groups of `key`, brought down to four numbers.
    private func expected(_ rows: [Row], _ key: (Row) -> Int64) -> String {
        // By place: a group that is taken out and put back copies its days.
        var places: [Int64: Int] = [:]
        var groups: [(count: Int, sum: Int64, least: Double, days: Set<Int32>)] = []
        for row in rows {
            let place = places[key(row)] ?? groups.count
            if place == groups.count {
                places[key(row)] = place
                groups.append((0, 0, .infinity, []))
            }
            groups[place].count += 1
            groups[place].sum += row.value ?? 0
            groups[place].least = min(groups[place].least, row.real)
            groups[place].days.insert(row.day)
        }
        let sum = groups.reduce(0) { $0 + $1.sum * Int64($1.count) }
        let least = groups.reduce(0) { $0 + $1.least }
        let days = groups.reduce(0) { $0 + $1.days.count }
        return "\(groups.count),\(decimal(sum)),\(Int(least * 8)),\(days)"
    }

    private func decimal(_ cents: Int64) -> String {
        let digits = cents.magnitude % 100
        return "\(cents < 0 ? "-" : "")\(cents.magnitude / 100).\(digits < 10 ? "0" : "")\(digits)"
    }

    private func query(_ keys: String) -> String {
        """
        SELECT count(*), sum(s * c), CAST(sum(m) * 8 AS BIGINT), sum(n) FROM (
          SELECT \(keys), count(*) AS c, coalesce(sum(v), 0) AS s, min(r) AS m, count(DISTINCT d) AS n FROM t GROUP BY \(keys)) AS g
        """
    }

    func test_manyGroups_inMemoryAndOnDisk_areRight() throws {
        let both = query("t, k3").replacing("FROM t ", with: "FROM (SELECT *, k % 3 AS k3 FROM t) AS t ")
        for (rows, fixture) in [(Self.rows, fixture()), (Self.fewRows, fixture(budget: 1 << 20, Self.fewTable))] {
            XCTAssertEqual(try fixture.rows(query("k")), expected(rows) { $0.key }, "\(rows.count) rows")
            // A text is its key's rest.
            XCTAssertEqual(try fixture.rows(both), expected(rows) { $0.key % 70_001 * 3 + $0.key % 3 }, "\(rows.count) rows")
        }
        for text in [query("k"), both] { checkSpills(text, budget: 1 << 20) }
    }

    /// Rows that seldom come twice are laid into parts as they come, each with the state of one row.
    func test_rowsThatSeldomComeTwice_withStates_areRight() throws {
        // Each key but some comes once: of 131,072 groups no table is worth more.
        let rows = "(SELECT CASE WHEN g % 50 = 0 THEN 7 ELSE CAST(g AS BIGINT) * 1000003 END AS k, CASE WHEN g % 4 > 0 THEN 'text ' || g % 50 END AS t, g FROM generate_series(1, 300000) AS s(g)) AS r"
        let groups = "SELECT k, t, count(*) AS c, sum(g) AS s, avg(g) AS a, min(g) AS least, max(t) AS x, count(*) FILTER (WHERE g % 3 = 0) AS f FROM \(rows) GROUP BY k, t"
        for budget in [256 << 20, 4 << 20] {
            let fixture = QueryFixture([], settings: QueryEngine.Settings(threadCount: 2, queryMemoryByteCountMax: budget))
            // 6,000 rows of key 7 are two groups: 3,000 each, those of multiples of 100 without a text. By their count, which is known when all are grouped.
            XCTAssertEqual(
                try fixture.rows("SELECT count(*), sum(c), sum(s), sum(f), count(x), max(c), sum(least) FROM (\(groups)) AS q"),
                "294002,300000,45000150000,100000,222001,3000,\(expectedLeast)", "budget \(budget)")
            XCTAssertEqual(
                try fixture.rows("SELECT t, c, s, a, least, f FROM (\(groups)) AS q WHERE c > 1 ORDER BY t"),
                "text 0,3000,450000000,150000.000000,50,1000|,3000,450150000,150050.000000,100,1000", "budget \(budget)")
        }
    }

    /// A hundred groups after as many as fill a table, and new ones again.
    func test_rowsThatComeOftenAfterManyThatDidNot_areRight() throws {
        let rows = "(SELECT CAST(CASE WHEN g <= 200000 OR g > 900000 THEN g ELSE g % 100 END AS BIGINT) AS k, g % 2 AS j FROM generate_series(1, 1000000) AS s(g)) AS r"
        let groups = "SELECT k, j, count(*) AS c FROM \(rows) GROUP BY k, j"
        // 700,000 rows go to k 0 … 99, of which 1 … 99 are there, each with its own parity; of 0 there is none yet.
        XCTAssertEqual(
            try QueryFixture([], settings: QueryEngine.Settings(threadCount: 2)).rows("SELECT count(*), sum(c), max(c), sum(k * c) FROM (\(groups)) AS q"),
            "300001,1000000,7001,\(20_000_100_000 + 7_000 * 4_950 + 95_000_050_000)")
    }

    /// Of the rows of key 7 the least of each group, of all others each itself.
    private var expectedLeast: Int { (1...300_000).reduce(0) { $0 + ($1 % 50 == 0 ? 0 : $1) } + 50 + 100 }

    func test_countDistinct_withOthers_andWithoutRows() throws {
        let fixture = fixture()
        let keys = Set(Self.rows.map(\.key)).count
        let present = Self.rows.filter { $0.value != nil }.count
        XCTAssertEqual(try fixture.rows("SELECT count(*), count(v), count(DISTINCT k) FROM t"), "\(Self.rowCount),\(present),\(keys)")
        XCTAssertEqual(try fixture.rows("SELECT count(*), count(DISTINCT k), sum(v), max(t) FROM t WHERE k < 0"), "0,0,,")
        XCTAssertEqual(try fixture.rows("SELECT k, count(DISTINCT t) FROM t WHERE k < 0 GROUP BY k"), "")
        let values = "(VALUES (1.0), (1.0), (4.0), (NULL)) AS v(x)"
        XCTAssertEqual(try fixture.rows("SELECT round(avg(DISTINCT x), 1), sum(DISTINCT x), count(x) FROM \(values)"), "2.5,5.0,3")
        // A mean is not taken apart: texts that come with one day, and such as come with several.
        let days = Dictionary(grouping: Self.rows, by: \.day).values.reduce(0) { $0 + Set($1.map(\.text)).count }
        XCTAssertEqual(try fixture.rows("SELECT sum(n), sum(m) FROM (SELECT d, count(DISTINCT t) AS n, count(DISTINCT r) AS m, avg(v) FROM t GROUP BY d) AS g"), "\(days),\(200 * 1_000)")
        // Lists have NULLs, too.
        for x in ["x", "CAST(x AS VARCHAR)"] {
            let lists = "SELECT k, cardinality(array_agg(DISTINCT \(x))), count(*) FROM (VALUES (1, NULL), (1, 1), (2, NULL), (1, 2), (2, 2), (1, NULL), (2, 3)) AS v(k, x) GROUP BY k ORDER BY k"
            XCTAssertEqual(try fixture.rows(lists), "1,3,4|2,3,3", x)
        }
        XCTAssertEqual(
            try fixture.rows("SELECT sum(n) FROM (SELECT d, cardinality(array_agg(DISTINCT CASE WHEN k % 5 > 0 THEN k END)) AS n, avg(v) FROM t GROUP BY d) AS g"),
            "\(Dictionary(grouping: Self.rows, by: \.day).values.reduce(0) { $0 + Set($1.map { $0.key % 5 > 0 ? Optional($0.key) : nil }).count })")
        // Two different arguments are not taken apart.
        XCTAssertEqual(try fixture.rows("SELECT count(DISTINCT a), count(DISTINCT b) FROM (VALUES (1, 2), (1, 3)) AS v(a, b)"), "1,2")
    }

    /// More than a table's groups without states: bits as long as they fit, then parts.
    func test_manyDistinctRows_inMemoryAndOnDisk_areRight() throws {
        try checkDistinct(Self.rows, fixture())
        try checkDistinct(Self.fewRows, fixture(budget: 768 << 10, Self.fewTable))
        checkSpills("SELECT count(*) FROM (SELECT DISTINCT k, d FROM t) AS g", budget: 768 << 10)
    }

    private func checkDistinct(_ rows: [Row], _ fixture: QueryFixture) throws {
        let copies = "(SELECT *, (k + c) % 40009 AS kc, t || c AS tc FROM t, generate_series(0, 1) AS s(c)) AS t"
        // Numbers in the place of texts and of rows, which are as different: 70,001 texts of two copies, 40,009 keys, 1,000 numbers, 200 days.
        var late: Set<Int64> = [], reals: Set<Int64> = []
        var keys: [Int32: Set<Int64>] = [:], texts: [Int32: Set<Int64>] = [:], values: [Int32: Set<Int64>] = [:]
        for row in rows {
            for copy in 0..<2 as Range<Int64> {
                keys[row.day, default: []].insert((row.key + copy) % 40_009)
                let text = row.key % 70_001 * 2 + copy
                texts[row.day, default: []].insert(text)
                if row.real >= 1 { late.insert(Int64(row.day) * 200_000 + text) }
                reals.insert((Int64(row.day) * 1_000 + Int64(row.real * 8)) * 40_009 + (row.key + copy) % 40_009)
            }
            if let value = row.value { values[row.day, default: []].insert(value) }
        }
        func sums(_ sets: [Int32: Set<some Hashable>]) -> String {
            "\(sets.count),\(sets.values.reduce(0) { $0 + $1.count }),\(sets.values.reduce(0) { $0 + $1.count * $1.count })"
        }
        func counting(_ argument: String) -> String {
            "SELECT count(*), sum(n), CAST(sum(n * n) AS BIGINT) FROM (SELECT d, count(DISTINCT \(argument)) AS n FROM \(copies) GROUP BY d) AS g"
        }
        let message = "\(rows.count) rows"
        XCTAssertEqual(try fixture.rows(counting("kc")), sums(keys), message)
        XCTAssertEqual(try fixture.rows(counting("tc")), sums(texts), message)
        XCTAssertEqual(try fixture.rows(counting("v")), sums(values), message)
        XCTAssertEqual(try fixture.rows("SELECT count(*) FROM (SELECT DISTINCT r, kc, d FROM \(copies)) AS g"), "\(reals.count)", message)
        // NULL is a row of its own there.
        let some = try fixture.rows("SELECT count(*), count(x) FROM (SELECT DISTINCT d, CASE WHEN r >= 1 THEN tc END AS x FROM \(copies)) AS g")
        XCTAssertEqual(some, "\(late.count + keys.count),\(late.count)", message)
        let distinct = try fixture.rows("SELECT count(*), count(v), count(DISTINCT v) FROM (SELECT DISTINCT v, d, c FROM \(copies)) AS g")
        let present = values.values.reduce(0) { $0 + $1.count }
        XCTAssertEqual(distinct, "\(2 * (present + keys.count)),\(2 * present),\(values.values.reduce(into: Set()) { $0.formUnion($1) }.count)", message)
    }

    /// They fit for a while, and then no more.
    func test_distinctRowsThatOutgrowTheMemory_goOnInParts() throws {
        let text = "SELECT count(*), count(DISTINCT a), sum(b) FROM (SELECT DISTINCT g % 7 AS a, g AS b FROM generate_series(1, 900000) AS s(g)) AS d"
        for budget in [12 << 20, 16 << 20, 24 << 20, 48 << 20] {
            XCTAssertEqual(try fixture(budget: budget).rows(text), "900000,7,405000450000", "budget \(budget)")
        }
    }

    func test_sumsAndAveragesOfOneValue_agree() throws {
        XCTAssertEqual(
            try fixture().rows(
                """
                SELECT g, sum(x), avg(x), count(x), sum(x) FILTER (WHERE x > 1), avg(x) FILTER (WHERE x > 1)
                FROM (VALUES (1, 1.5), (1, 0.5), (2, 4.0), (2, NULL)) AS v(g, x) GROUP BY g ORDER BY g
                """
            ).split(separator: "|").map { $0.split(separator: ",").map { Double($0) ?? -1 } },
            [[1, 2, 1, 2, 1.5, 1.5], [2, 4, 4, 1, 4, 4]])
    }

    func test_daysOfABatch_areComputedOnceEach() throws {
        let expected = Dictionary(grouping: Self.rows) { $0.day % 7 }.map { "\($0.key),\($0.value.count)" }.sorted().joined(separator: "|")
        let text = "SELECT (d - DATE '1970-01-01') % 7 AS w, count(*) FROM t GROUP BY 1 ORDER BY 1"
        XCTAssertEqual(try fixture().rows(text), expected)
        let labelled = "SELECT CASE extract(year FROM d) WHEN 1970 THEN 'a' ELSE NULL END AS y, count(*) FROM t GROUP BY 1 ORDER BY 1 NULLS FIRST"
        XCTAssertEqual(try fixture().rows(labelled), "a,\(Self.rowCount)")
    }

    // MARK: Windows and orders

    func test_slidingFrames_areThoseOfEachFrame() throws {
        let text = """
            SELECT i, avg(x) OVER w, stddev_samp(x) OVER w, bool_or(x > 3) OVER w FROM
            (SELECT i, CASE WHEN i % 5 = 0 THEN NULL ELSE CAST(i * i % 11 AS DOUBLE PRECISION) END AS x FROM generate_series(1, 400) AS s(i)) AS v
            WINDOW w AS (ORDER BY i ROWS BETWEEN 7 PRECEDING AND 2 FOLLOWING) ORDER BY i
            """
        let answers = try fixture().rows(text).split(separator: "|").map { $0.split(separator: ",", omittingEmptySubsequences: false) }
        XCTAssertEqual(answers.count, 400)
        for (index, answer) in answers.enumerated() {
            let row = index + 1
            let rows: ClosedRange<Int> = max(1, row - 7)...min(400, row + 2)
            let values = rows.filter { $0 % 5 != 0 }.map { (place: Int) -> Double in Double(place * place % 11) }
            let mean = values.reduce(0, +) / Double(values.count)
            let squares = values.reduce(0) { (sum: Double, value: Double) -> Double in sum + (value - mean) * (value - mean) }
            XCTAssertEqual(try XCTUnwrap(Double(answer[1])), mean, accuracy: 1e-9, "row \(row)")
            XCTAssertEqual(try XCTUnwrap(Double(answer[2])), (squares / Double(values.count - 1)).squareRoot(), accuracy: 1e-9, "row \(row)")
            XCTAssertEqual(answer[3].hasPrefix("t"), values.contains { $0 > 3 }, "row \(row)")
        }
    }

    func test_slidingDeviation_ofLargeFrames_isNotQuadratic() throws {
        // 10^9 steps if each frame were walked.
        let text = """
            SELECT count(*), round(CAST(max(s) AS DECIMAL(18, 6)), 3) FROM (
              SELECT stddev_pop(CAST(i % 2 AS DOUBLE PRECISION)) OVER (ORDER BY i ROWS BETWEEN 20000 PRECEDING AND CURRENT ROW) AS s
              FROM generate_series(1, 60000) AS g(i)) AS w
            """
        XCTAssertEqual(try fixture().rows(text), "60000,0.500")
    }

    func test_orderOfManyRows_isThatOfTheStandardLibrary() throws {
        for (rows, fixture) in [(Self.rows, fixture()), (Self.fewRows, fixture(budget: 1 << 20, Self.fewTable))] {
            let expected = rows.sorted { ($0.text, $0.key, $0.day) < ($1.text, $1.key, $1.day) }
            let places = [1, 2, rows.count / 18 * 7, rows.count / 4 * 3, rows.count]
            let wanted = places.map { "\(expected[$0 - 1].text),\(expected[$0 - 1].key),\(expected[$0 - 1].day)" }.joined(separator: "|")
            let text = """
                SELECT t, k, y FROM (SELECT t, k, d - DATE '1970-01-01' AS y, row_number() OVER (ORDER BY t, k, d) AS n FROM t) AS o
                WHERE n IN (\(places.map(String.init).joined(separator: ", "))) ORDER BY n
                """
            XCTAssertEqual(try fixture.rows(text), wanted, "\(rows.count) rows")
        }
        checkSpills("SELECT max(n) FROM (SELECT row_number() OVER (ORDER BY t, k, d) AS n FROM t) AS o", budget: 1 << 20)
    }

    func test_sorted_keysOfAnyLength() {
        var state: UInt64 = 7
        func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state >> 33
        }
        for length in [0, 3, 8, 20] {
            var keys = ByteArrays()
            for _ in 0..<2_000 { keys.append([7, 7] + (0..<(length == 0 ? 0 : Int(next() % UInt64(length)))).map { _ in UInt8(next() % 3) }) }
            let rows = RowOrder.sorted(keys).map { Int($0) }
            let wanted = (0..<2_000).sorted { one, other in
                let (left, right) = (Array(keys[one]), Array(keys[other]))
                return left == right ? one < other : left.lexicographicallyPrecedes(right)
            }
            XCTAssertEqual(rows, wanted, "length \(length)")
        }
    }

    // MARK: Patterns

    func test_like_plainPatterns() throws {
        let texts = ["", "a", "ab", "abc", "abcabc", "xabcx", "abab", "ба", "%"]
        for pattern in ["", "%", "a%", "%c", "ab", "a%c", "%b%b%", "ab%ab", "abc%abc", "%бa%", "%а", "\\%", "%ab%c%"] {
            let values = texts.map { "('\($0)')" }.joined(separator: ", ")
            let numbered = "(SELECT x, row_number() OVER () AS n FROM (VALUES \(values)) AS v(x)) AS w"
            let answer = try fixture().rows("SELECT string_agg(x, ';' ORDER BY n) FROM \(numbered) WHERE x LIKE '\(pattern)'")
            let expression = "^" + pattern.replacing("\\%", with: "@").replacing("%", with: ".*").replacing("@", with: "%") + "$"
            let wanted = try texts.filter { try Regex(expression).firstMatch(in: $0) != nil }.joined(separator: ";")
            XCTAssertEqual(answer.replacing("\"", with: ""), wanted, pattern)
        }
    }
}
