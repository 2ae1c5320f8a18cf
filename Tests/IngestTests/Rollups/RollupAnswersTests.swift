import ColumnStore
import TestSupport
import XCTest

@testable import Documents
@testable import Ingest
@testable import Query

/// Goal: an answer is the same to the digit with sums and without, whatever is asked, while receipts arrive, files move and merge, and rollups come
/// and go. Method: random groupings over a store with a random history; each is asked both ways at one snapshot. By hand TILL_ROLLUP_QUERIES=20000.
final class RollupAnswersTests: XCTestCase {
    private static let queryCount = ProcessInfo.processInfo.environment["TILL_ROLLUP_QUERIES"].flatMap { Int($0) } ?? 240

    private let engine = QueryEngine(.init(threadCount: 2))

    private func rows(_ text: String, _ catalog: any QueryCatalog, rollups: Bool, zone: String = "UTC") throws -> [String] {
        var context = QueryContext(catalog: catalog, timeZone: zone, now: 1_800_000_000_000_000)
        context.usesRollups = rollups
        let stream = try engine.execute(try engine.prepare(text, in: context))
        var rows: [String] = []
        while let batch = try stream.next() { rows += EngineFixture.texts(batch) }
        return rows.sorted()
    }

    private func fill(_ fixture: EngineFixture) throws {
        while try fixture.engine.compactor.exclusively({ try fixture.engine.compactor.fillSome() }) {}
    }

    static func receipts(_ random: inout SplitMix64, _ count: Int, from first: Int) -> String {
        (0..<count).map { number -> String in
            let month = 1 + Int(random.next() % 12), day = 1 + Int(random.next() % 28)
            let time = String(format: "2026-%02d-%02dT%02d:%02d:07Z", month, day, Int(random.next() % 24), Int(random.next() % 60))
            let amount = "\(Int(random.next() % 100_000)).\(10 + Int(random.next() % 90))"
            // As many as make sums by month and currency an eighth of those by code too.
            let code = "48200000000\(10 + random.next() % 10)"
            return EngineFixture.receipt("R-\(first + number)", at: time, total: amount, code: code)
                .replacingOccurrences(of: "U0001234", with: "U\(random.next() % 400)")
                .replacingOccurrences(of: "bakery", with: ["bakery", "dairy", "drinks"][Int(random.next() % 3)])
                .replacingOccurrences(of: "\"UAH\"", with: random.next() % 4 == 0 ? "\"EUR\"" : "\"UAH\"")
        }.joined(separator: "\n")
    }

    // MARK: Queries

    private static func pick(_ items: [String], _ random: inout SplitMix64) -> String { items[Int(random.next() % UInt64(items.count))] }

    static func query(_ random: inout SplitMix64) -> String {
        let isOfLines = random.next() % 3 == 0
        let table = pick(["receipts", "receipts_accepted", "receipts_accepted"], &random)
        let joined = ["", "", "", " JOIN (VALUES ('c1', 1), ('c2', 2), ('c2', 3)) AS n(id, number) ON n.id = r.client_id", " LEFT JOIN (VALUES ('EUR', 1)) AS n(id, number) ON n.id = r.currency"]
        let from = (isOfLines ? "\(table) r CROSS JOIN UNNEST(r.lines) AS l" : "\(table) r") + pick(joined, &random)
        let groups = isOfLines
            ? ["business_day", "l.category", "l.product_code", "r.currency", "date_trunc('month', business_day)", "EXTRACT(year FROM business_day)", "upper(l.category)"]
            : ["business_day", "client_id", "currency", "date_trunc('month', business_day)", "date_trunc('quarter', business_day)", "EXTRACT(month FROM business_day)",
               "lower(client_id)", "currency = 'EUR'", "date_trunc('week', business_day)", "receipt_id"]
        let aggregates = isOfLines
            ? ["count(*)", "sum(l.amount)", "sum(l.quantity)", "avg(l.amount)", "count(*) FILTER (WHERE r.currency = 'EUR')", "sum(l.amount) FILTER (WHERE l.category = 'dairy')"]
            : ["count(*)", "sum(total)", "sum(tax_total)", "min(total)", "max(total)", "avg(total)", "approx_count_distinct(customer_id)", "count(DISTINCT client_id)",
               "min(business_day)", "max(client_id)", "count(currency)", "sum(total) FILTER (WHERE currency = 'UAH')", "count(*) FILTER (WHERE business_day > DATE '2026-06-30')",
               "count(DISTINCT business_day)", "bool_or(total > 50000)",
               "sum(CASE WHEN currency = 'EUR' THEN total ELSE 0 END)", "sum(1)", "count(receipt_id)", "count(DISTINCT client_id) FILTER (WHERE currency = 'EUR')",
               "approx_count_distinct(customer_id) FILTER (WHERE currency = 'UAH')", "avg(CASE WHEN client_id = 'c1' THEN total END)", "sum(coalesce(tax_total, 0))"]
        let conditions = [
            "state = 'COMPLETE'", "business_day >= DATE '2026-03-01'", "business_day < DATE '2026-09-01'", "business_day BETWEEN DATE '2026-02-01' AND DATE '2026-07-31'",
            "client_id = 'c1'", "currency <> 'EUR'", "currency = 'EUR'", "business_day >= DATE '2026-03-15'", "date_trunc('month', business_day) = DATE '2026-05-01'",
            isOfLines ? "l.category = 'dairy'" : "total > 100", isOfLines ? "l.product_code = '4820000000012'" : "currency IN ('UAH', 'USD')",
            "EXTRACT(month FROM business_day) IN (1, 12)", "client_id IN (SELECT v.c FROM (VALUES ('c1')) AS v(c))", "NOT (currency = 'EUR' AND business_day > DATE '2026-06-30')",
        ]
        var keys = Set<String>(), calls: [String] = [], tests: [String] = table == "receipts" && random.next() % 4 != 0 ? ["state = 'COMPLETE'"] : []
        for _ in 0..<Int(random.next() % 3) { keys.insert(pick(groups, &random)) }
        for _ in 0...Int(random.next() % 4) { calls.append(pick(aggregates, &random)) }
        for _ in 0..<Int(random.next() % 3) { tests.append(pick(conditions, &random)) }
        let ordered = keys.sorted()
        var text = "SELECT \((ordered + calls).joined(separator: ", ")) FROM \(from)"
        if !tests.isEmpty { text += " WHERE \(tests.joined(separator: " AND "))" }
        if !ordered.isEmpty { text += (random.next() % 8 == 0 ? " GROUP BY ROLLUP(\(ordered.joined(separator: ", ")))" : " GROUP BY \(ordered.joined(separator: ", "))") }
        if random.next() % 5 == 0 { text += " HAVING count(*) > 1" }
        // Rows without repeats, and a common table that is asked twice.
        if !ordered.isEmpty, random.next() % 10 == 0 { return "SELECT DISTINCT \(ordered.joined(separator: ", ")) FROM \(from)" + (tests.isEmpty ? "" : " WHERE \(tests.joined(separator: " AND "))") }
        if random.next() % 10 == 0 {
            let shared = text.replacingOccurrences(of: "FROM \(table) r", with: "FROM shared r")
            return "WITH shared AS (SELECT * FROM \(table)) \(shared) UNION ALL \(shared)"
        }
        return text
    }

    private static let declared: [String] = [
        #"{"name":"by_client","table":"receipts","group_by":{"client":"client_id"},"measures":{"n":"count(*)","least":"min(total)","greatest":"max(total)","all":"sum(total)","some":"count(total)"}}"#,
        #"{"name":"by_day","table":"receipts","where":"state = 'COMPLETE'","group_by":{"day":"business_day","money":"currency"},"measures":{"n":"count(*)","uah":"sum(total) FILTER (WHERE currency = 'UAH')","least":"min(total)","people":"approx_count_distinct(customer_id)","big":"bool_or(total > 50000)"}}"#,
        // Whose conditions leave rows out.
        #"{"name":"of_euros","table":"receipts","where":"currency = 'EUR'","group_by":{"client":"client_id","day":"business_day"},"measures":{"n":"count(*)","s":"sum(total)","t":"sum(tax_total)"}}"#,
        #"{"name":"of_dairy","table":"receipts","where":"category = 'dairy' AND state = 'COMPLETE'","unnest":"lines","group_by":{"code":"product_code","month":"date_trunc('month', business_day)"},"measures":{"n":"count(*)","s":"sum(amount)"}}"#,
        #"{"name":"in_all","table":"receipts","group_by":{},"measures":{"n":"count(*)","s":"sum(total)","people":"approx_count_distinct(customer_id)"}}"#,
        #"{"name":"by_quarter","table":"receipts","where":"state = 'COMPLETE'","unnest":"lines","group_by":{"quarter":"date_trunc('quarter', business_day)","kind":"category","money":"receipts.currency"},"measures":{"n":"count(*)","s":"sum(amount)","k":"count(amount)"}}"#,
    ]

    func test_randomGroupings_withAndWithoutSums_answerTheSame() throws {
        let directory = TemporaryDirectory()
        // Coarser sums come and go with files of sums: some have them, some are too small.
        let fixture = try EngineFixture(directory.path) { $0.compaction.coarserRowCountMin = 24 }
        defer { XCTAssertNoThrow(try fixture.engine.close()) }
        var random = SplitMix64(state: 20)
        var (first, used, asked) = (0, 0, 0)
        var coarser: Set<[String]?> = []
        func put(_ text: String) throws {
            let body = try JSONParser.parse(Array(text.utf8))
            _ = try fixture.engine.putRollup(name: try XCTUnwrap(body["name"]?.text), body: body)
        }
        // There all the time: those that have some of the rows, or only steps of days.
        for text in Self.declared where ["of_euros", "of_dairy", "by_quarter"].contains(where: { text.contains("\"\($0)\"") }) { try put(text) }
        while asked < Self.queryCount {
            for client in ["c1", "c2"] {
                let count = 20 + Int(random.next() % 60)
                _ = fixture.take(Self.receipts(&random, count, from: first), .ndjson, as: .admin, client: client)
                first += count
            }
            switch random.next() % 6 {
            case 0, 1: _ = try fixture.engine.compact(before: nil, isCancelled: { false })
            case 2:
                try fixture.engine.tier.seal()
                if let hot = fixture.engine.tier.boundary.snapshot().files.first(where: { $0.state.isSealed }), try fixture.engine.compactor.mayLeave(hot) {
                    _ = try fixture.engine.compactor.exclusively { try fixture.engine.compactor.move([hot]) }
                }
            case 3: try put(Self.pick(Self.declared, &random))
            case 4: try? fixture.engine.deleteRollup(name: Self.pick(["by_client", "by_day", "in_all", "receipts_by_day"], &random))
            default: try fill(fixture)
            }
            let principal: Principal = random.next() % 4 == 0 ? EngineFixture.own : .admin
            let sequence = fixture.engine.tier.boundary.snapshot().sequence
            let bound = random.next() % 4 == 0 ? sequence - Int64(random.next() % 100) : sequence
            let catalog = try fixture.engine.catalog(as: principal, upTo: max(1, bound)).catalog
            for _ in 0..<max(12, Self.queryCount / 100) {
                let text = Self.query(&random)
                let zone = random.next() % 5 == 0 ? "Europe/Kyiv" : "UTC"
                asked += 1
                let plain = try rows(text, catalog, rollups: false, zone: zone)
                XCTAssertEqual(try rows(text, catalog, rollups: true, zone: zone), plain, "\(text) at \(bound) of \(sequence) in \(zone)")
                let plan = try rows("EXPLAIN \(text)", catalog, rollups: true, zone: zone)
                if plan.contains(where: { $0.trimmingCharacters(in: .whitespaces).hasPrefix("Rollup ") }) { used += 1 }
            }
            for state in fixture.engine.tier.boundary.rollups.values {
                guard let table = state.table else { continue }
                for file in try table.iceberg.files() {
                    let kept = try CoarserSums.all(of: try table.open(file)).map(\.without)
                    coarser.formUnion(kept.isEmpty ? [nil] : kept.map { Optional($0) })
                }
            }
        }
        print("rollups answered \(used) of \(asked)")
        XCTAssertGreaterThan(used, asked / 10)
        XCTAssertTrue(coarser.isSuperset(of: [nil, ["day"], ["month"], ["product_code"]]), "some files have coarser sums: \(coarser)")
    }

    /// Sums are read for how many rows there are alone, and have no column of receipts that would say it.
    func test_questionsThatReadNoColumn_areAnswered() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path)
        defer { XCTAssertNoThrow(try fixture.engine.close()) }
        var random = SplitMix64(state: 21)
        _ = fixture.take(Self.receipts(&random, 40, from: 0), .ndjson, as: .admin, client: "c1")
        _ = try fixture.engine.compact(before: nil, isCancelled: { false })
        try fill(fixture)
        let catalog = try fixture.engine.catalog(as: .admin, upTo: nil).catalog
        for text in [
            "SELECT max(1) FROM receipts_accepted", "SELECT 1, min('x') FROM receipts_accepted GROUP BY 1", "SELECT NULL, max(DATE '2026-02-03') FROM receipts_accepted GROUP BY ROLLUP(1)",
            "SELECT bool_and(true), max(2) FROM receipts_accepted r CROSS JOIN UNNEST(r.lines) AS l",
        ] {
            XCTAssertTrue(try rows("EXPLAIN \(text)", catalog, rollups: true).contains { $0.contains("Scan rollup") }, text)
            XCTAssertEqual(try rows(text, catalog, rollups: true), try rows(text, catalog, rollups: false), text)
        }
    }

    /// What may be asked of sums though it does not say so in the words of their declaration.
    func test_questionsInOtherWords_areAnsweredFromSums() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path)
        defer { XCTAssertNoThrow(try fixture.engine.close()) }
        var random = SplitMix64(state: 77)
        for text in Self.declared + [
            #"{"name":"by_hour","table":"receipts","group_by":{"hour":"date_trunc('hour', issued_at)","kind":"payment_type"},"measures":{"n":"count(*)","s":"sum(total)","people":"approx_count_distinct(customer_id)"}}"#,
            #"{"name":"by_moved_day","table":"receipts","group_by":{"day":"issued_at::date","is_dear":"total > 50000"},"measures":{"t":"sum(tax_total)","n":"count(receipt_id)"}}"#,
            #"{"name":"by_week","table":"receipts","group_by":{"week":"date_trunc('week', business_day)"},"measures":{"s":"sum(total)"}}"#,
            #"{"name":"of_spring","table":"receipts","where":"business_day >= DATE '2026-03-01' AND currency IN ('UAH', 'EUR') AND total > 5","group_by":{"day":"business_day","money":"currency","total":"total"},"measures":{"n":"count(*)"}}"#,
        ] {
            let body = try JSONParser.parse(Array(text.utf8))
            _ = try fixture.engine.putRollup(name: try XCTUnwrap(body["name"]?.text), body: body)
        }
        for (round, client) in ["c1", "c2"].enumerated() { _ = fixture.take(Self.receipts(&random, 120, from: round * 1_000), .ndjson, as: .admin, client: client) }
        _ = try fixture.engine.compact(before: nil, isCancelled: { false })
        try fill(fixture)
        // Hot rows beside them.
        _ = fixture.take(Self.receipts(&random, 40, from: 5_000), .ndjson, as: .admin, client: "c1")
        let catalog = try fixture.engine.catalog(as: .admin, upTo: nil).catalog
        let questions: [(text: String, rollup: String?)] = [
            // Sums of what keys choose.
            ("SELECT business_day, sum(CASE WHEN currency = 'EUR' THEN total ELSE 0 END), sum(CASE WHEN client_id = 'c1' THEN total END) FROM receipts_accepted GROUP BY 1", "receipts_by_day"),
            ("SELECT client_id, sum(1), sum(CASE WHEN currency = 'EUR' THEN 1 ELSE 0 END), count(CASE WHEN currency = 'EUR' THEN 1 END), sum(CASE WHEN currency = 'EUR' THEN 2.5 ELSE NULL END) FROM receipts_accepted GROUP BY 1", "receipts_by_day"),
            ("SELECT client_id, sum(coalesce(total, 0)), avg(CASE WHEN client_id = 'c1' THEN total END), max(CASE WHEN client_id = 'c2' THEN total ELSE 0 END) FROM receipts GROUP BY 1", "by_client"),
            ("SELECT client_id, sum(coalesce(total, 0)), avg(CASE WHEN client_id = 'c1' THEN total END), max(CASE WHEN client_id = 'c2' THEN total END) FROM receipts GROUP BY 1", "by_client"),
            ("SELECT client_id, sum(CASE WHEN tax_total > 3 THEN total END) FROM receipts_accepted GROUP BY 1", nil),
            // Columns that no row lacks.
            ("SELECT count(receipt_id), count(business_day), count(1) FROM receipts_accepted", "customers_by_month"), ("SELECT count(customer_id) FROM receipts_accepted", nil),
            ("SELECT issued_at::date, count(*) FROM receipts GROUP BY 1", "by_moved_day"),
            // DISTINCT.
            ("SELECT DISTINCT client_id, date_trunc('year', business_day) FROM receipts_accepted", "receipts_by_day"), ("SELECT DISTINCT receipt_id FROM receipts_accepted", nil),
            ("SELECT currency, count(DISTINCT client_id) FILTER (WHERE business_day > DATE '2026-06-30'), count(DISTINCT business_day) FROM receipts_accepted GROUP BY 1", "receipts_by_day"),
            ("SELECT payment_type, approx_count_distinct(customer_id) FILTER (WHERE extract(hour FROM issued_at) < 12) FROM receipts GROUP BY 1", "by_hour"),
            // Steps of a clock.
            ("SELECT date_trunc('day', issued_at), sum(total) FROM receipts GROUP BY 1", "by_hour"), ("SELECT issued_at::date, extract(hour FROM issued_at), count(*), sum(total) FROM receipts GROUP BY 1, 2", "by_hour"),
            ("SELECT date_trunc('minute', issued_at), count(*) FROM receipts GROUP BY 1", nil), ("SELECT extract(minute FROM issued_at), count(*) FROM receipts GROUP BY 1", nil),
            ("SELECT extract(epoch FROM issued_at), sum(tax_total) FROM receipts GROUP BY 1", nil),
            ("SELECT sum(total), count(*) FROM receipts WHERE issued_at >= '2026-03-05T07:00:00Z' AND issued_at < '2026-09-01'", "by_hour"),
            ("SELECT sum(total), count(*) FROM receipts WHERE issued_at >= '2026-03-05T07:00:01Z'", nil), ("SELECT sum(total) FROM receipts WHERE issued_at <= '2026-03-05T07:59:59.999999Z'", "by_hour"),
            ("SELECT date_trunc('quarter', issued_at), sum(tax_total) FROM receipts WHERE issued_at >= '2026-02-01' GROUP BY 1", "by_moved_day"),
            ("SELECT date_trunc('hour', issued_at), sum(tax_total) FROM receipts GROUP BY 1", nil),
            ("SELECT extract(week FROM business_day), sum(total) FROM receipts WHERE business_day >= DATE '2026-03-02' AND business_day < DATE '2026-09-07' GROUP BY 1", "by_week"),
            ("SELECT sum(total), min(date_trunc('week', business_day)) FROM receipts WHERE business_day >= DATE '2026-03-03'", nil),
            ("SELECT date_trunc('month', business_day), date_trunc('week', business_day), sum(total) FROM receipts GROUP BY 1, 2", nil),
            // What NOT makes of a key.
            ("SELECT NOT (total > 50000), sum(tax_total) FROM receipts WHERE NOT (total > 50000) OR total IS NULL GROUP BY 1", nil),
            ("SELECT NOT (total > 50000), total > 50000, sum(tax_total) FROM receipts GROUP BY 1, 2", "by_moved_day"),
            // Conditions that a rollup's follow from.
            ("SELECT currency, count(*) FROM receipts WHERE business_day BETWEEN DATE '2026-04-01' AND DATE '2026-05-31' AND currency = 'EUR' AND total >= 5.01 GROUP BY 1", "of_spring"),
            ("SELECT currency, count(*) FROM receipts WHERE business_day > DATE '2026-02-28' AND currency IN ('EUR') AND total > 7 GROUP BY 1", nil),
            ("SELECT currency, count(*) FROM receipts WHERE business_day >= DATE '2026-03-01' AND currency IN ('EUR', 'USD') AND total > 7 GROUP BY 1", nil),
            ("SELECT currency, count(*) FROM receipts WHERE business_day >= DATE '2026-03-01' AND currency = 'EUR' AND total >= 5 GROUP BY 1", nil),
            ("SELECT count(*) FROM receipts WHERE (business_day = DATE '2026-03-01' OR business_day > DATE '2026-08-01') AND (currency = 'UAH' OR currency = 'EUR' AND total < 90000) AND total > 100", "of_spring"),
            // Lists by their view, with their places.
            ("SELECT category, sum(amount), count(*) FROM receipts_lines WHERE state = 'COMPLETE' GROUP BY 1", "by_quarter"), ("SELECT ordinal, sum(amount) FROM receipts_lines WHERE state = 'COMPLETE' GROUP BY 1", nil),
            // Joins.
            ("SELECT n.name, sum(r.total), count(*), avg(r.total) FROM receipts r JOIN (VALUES ('c1', 'one'), ('c2', 'two'), ('c2', 'too')) AS n(id, name) ON n.id = r.client_id GROUP BY 1", "by_client"),
            ("SELECT n.name, sum(r.total), count(*), count(DISTINCT r.business_day), max(r.currency) FROM receipts_accepted r LEFT JOIN (VALUES ('c1', 'one'), (NULL, 'two')) AS n(id, name) ON n.id = r.client_id AND r.currency = 'EUR' GROUP BY ROLLUP (1)", "receipts_by_day"),
            ("SELECT currency, sum(total), count(*) FROM receipts_accepted WHERE client_id IN (SELECT v.c FROM (VALUES ('c1')) AS v(c)) GROUP BY 1", "receipts_by_day"),
            ("SELECT sum(total), count(*), count(*) FILTER (WHERE n.name = 'one') FROM receipts_accepted r JOIN (VALUES ('c9', 'one')) AS n(id, name) ON n.id = r.client_id", "receipts_by_day"),
            ("SELECT sum(total), count(*) FROM receipts_accepted WHERE business_day > (SELECT max(business_day) - 200 FROM receipts_accepted)", "by_day"),
            ("SELECT sum(total) FROM receipts_accepted r WHERE NOT EXISTS (SELECT 1 FROM (VALUES ('c1', 'EUR')) AS v(c, m) WHERE v.c = r.client_id AND v.m = r.currency)", "receipts_by_day"),
            ("SELECT n.name, sum(r.total) FROM receipts r JOIN (VALUES ('R-1', 'one')) AS n(id, name) ON n.id = r.receipt_id GROUP BY 1", nil),
            ("SELECT sum(n.factor) FROM receipts_accepted r JOIN (VALUES ('c1', 2)) AS n(id, factor) ON n.id = r.client_id", nil),
            // A common table that is asked twice.
            ("WITH r AS (SELECT * FROM receipts_accepted WHERE currency = 'EUR') SELECT client_id, sum(total) FROM r GROUP BY 1 UNION ALL SELECT 'all', sum(total) FROM r", "receipts_by_day"),
            ("WITH l AS (SELECT r.business_day, l.* FROM receipts_accepted r, UNNEST(r.lines) AS l) SELECT category, sum(amount) FROM l GROUP BY 1 UNION ALL SELECT product_code, sum(quantity) FROM l GROUP BY 1", "by_quarter"),
        ]
        for (text, rollup) in questions {
            let plain = try rows(text, catalog, rollups: false)
            XCTAssertEqual(try rows(text, catalog, rollups: true), plain, text)
            XCTAssertFalse(plain.isEmpty && !text.contains("RECEIPT_ID"), text)
            let plan = try rows("EXPLAIN \(text)", catalog, rollups: true).map { $0.trimmingCharacters(in: .whitespaces) }
            let used = plan.first { $0.hasPrefix("Rollup ") }?.split(separator: " ").dropFirst().first.map(String.init)
            XCTAssertEqual(used, rollup, "\(text)\n\(plan.joined(separator: "\n"))")
        }
    }

    func test_tablesOfSums_addUpToTheRows() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path)
        defer { XCTAssertNoThrow(try fixture.engine.close()) }
        var random = SplitMix64(state: 5)
        for text in Self.declared {
            let body = try JSONParser.parse(Array(text.utf8))
            _ = try fixture.engine.putRollup(name: try XCTUnwrap(body["name"]?.text), body: body)
        }
        for round in 0..<4 {
            for client in ["c1", "c2"] { _ = fixture.take(Self.receipts(&random, 40, from: round * 100), .ndjson, as: .admin, client: client) }
            for principal in [Principal.admin, EngineFixture.own] {
                let catalog = try fixture.engine.catalog(as: principal, upTo: nil).catalog
                for rollups in [true, false] {
                    XCTAssertEqual(
                        try rows("SELECT client, sum(n)::BIGINT, min(least), sum(\"all\"), sum(\"some\")::BIGINT FROM rollup_by_client GROUP BY 1", catalog, rollups: rollups),
                        try rows("SELECT client_id, count(*), min(total), sum(total), count(total) FROM receipts GROUP BY 1", catalog, rollups: false))
                }
                XCTAssertEqual(principal.rows == .all, try catalog.entry(named: "rollup_by_day") != nil, "what has no clients among its keys is not there for one")
            }
            let all = try fixture.engine.catalog(as: .admin, upTo: nil).catalog
            XCTAssertEqual(
                try rows("SELECT month, sum(receipts)::BIGINT, approx_count_distinct_merge(customers) FROM rollup_customers_by_month GROUP BY 1", all, rollups: true),
                try rows("SELECT date_trunc('month', business_day)::DATE, count(*), approx_count_distinct(customer_id) FROM receipts_accepted GROUP BY 1", all, rollups: false))
            if round == 1 { _ = try fixture.engine.compact(before: nil, isCancelled: { false }) }
            if round == 2 { try fill(fixture) }
        }
    }

    /// One group has both zeros, whose texts are two.
    func test_keysOfDouble_doNotAnswerWhatTellsZerosApart() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path)
        defer { XCTAssertNoThrow(try fixture.engine.close()) }
        let type = #"{"name":"weights","version":1,"format":"json","table":"weights","match":{"/schema":"weight"},"receipt_id":"/id","issued_at":"/at","columns":{"d":{"path":"/d","type":"DOUBLE"}}}"#
        _ = try fixture.engine.putType(name: "weights", body: Array(type.utf8))
        for (number, value) in ["0.0", "-0.0", "0.0", "1.5", "-1.5", "null"].enumerated() {
            _ = try fixture.taken(#"{"schema":"weight","id":"W-\#(number)","at":"2026-11-10T10:00:00Z","d":\#(value)}"#)
        }
        _ = try fixture.engine.compact(before: nil, isCancelled: { false })
        let rollup = #"{"name":"by_weight","table":"weights","group_by":{"d":"d"},"measures":{"n":"count(*)"}}"#
        _ = try fixture.engine.putRollup(name: "by_weight", body: try JSONParser.parse(Array(rollup.utf8)))
        try fill(fixture)
        let catalog = try fixture.engine.catalog(as: .admin, upTo: nil).catalog
        let questions: [(text: String, isUsed: Bool)] = [
            ("SELECT d::VARCHAR, count(*) FROM weights GROUP BY 1", false), ("SELECT count(*) FROM weights WHERE d::VARCHAR = '-0'", false),
            ("SELECT count(DISTINCT d::VARCHAR) FROM weights", false), ("SELECT length(coalesce(d, 2)::VARCHAR), count(*) FROM weights GROUP BY 1", false),
            ("SELECT d, count(*) FROM weights GROUP BY 1", true), ("SELECT coalesce(d, 2), count(*) FROM weights GROUP BY 1", true),
            ("SELECT coalesce(r.d, v.y)::VARCHAR, count(*) FROM weights r JOIN (VALUES (2.0::DOUBLE PRECISION)) AS v(y) ON true GROUP BY 1", false),
            ("SELECT atan2(r.d, v.y), count(*) FROM weights r JOIN (VALUES (-1.0::DOUBLE PRECISION)) AS v(y) ON r.d < v.y + 3 GROUP BY 1", false),
            ("SELECT v.y, count(*) FROM weights r JOIN (VALUES (-1.0::DOUBLE PRECISION), (1.0)) AS v(y) ON r.d < v.y GROUP BY 1", true),
            ("SELECT count(*) FROM weights WHERE d >= 0 AND d IS NOT NULL", true), ("SELECT count(DISTINCT d), count(*) FILTER (WHERE d IN (0, 1.5)) FROM weights", true),
        ]
        for (text, isUsed) in questions {
            XCTAssertEqual(try rows(text, catalog, rollups: true), try rows(text, catalog, rollups: false), text)
            XCTAssertEqual(try rows("EXPLAIN \(text)", catalog, rollups: true).contains { $0.contains("Scan rollup_by_weight") }, isUsed, text)
        }
    }

    func test_explain_namesWhatIsUsedAndWhatNot() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path)
        defer { XCTAssertNoThrow(try fixture.engine.close()) }
        var random = SplitMix64(state: 3)
        _ = fixture.take(Self.receipts(&random, 50, from: 0), .ndjson, as: .admin, client: "c1")
        _ = try fixture.engine.compact(before: nil, isCancelled: { false })
        try fill(fixture)
        let all = try fixture.engine.catalog(as: .admin, upTo: nil).catalog
        let question = "SELECT date_trunc('month', business_day), sum(total) FROM receipts_accepted WHERE client_id = 'c1' GROUP BY 1"
        let plan = try rows("EXPLAIN \(question)", all, rollups: true).map { $0.trimmingCharacters(in: .whitespaces) }
        XCTAssertTrue(plan.contains("Rollup receipts_by_day (1/1)"), plan.joined(separator: "\n"))
        XCTAssertTrue(plan.contains { $0.hasPrefix("Not used: lines_by_category: ") }, plan.joined(separator: "\n"))
        let own = try fixture.engine.catalog(as: EngineFixture.own, upTo: nil).catalog
        let seen = try rows("EXPLAIN \(question)", own, rollups: true).map { $0.trimmingCharacters(in: .whitespaces) }
        XCTAssertTrue(seen.contains("Rollup receipts_by_day"), seen.joined(separator: "\n"))
        XCTAssertFalse(seen.contains { $0.contains("lines_by") || $0.contains("1/1") }, "what is of all clients does not exist for one")
        let none = try rows("EXPLAIN SELECT sum(total) FROM receipts WHERE receipt_id = 'R-1'", all, rollups: true)
        XCTAssertTrue(none.contains { $0.contains("Not used: receipts_by_day: ") }, none.joined(separator: "\n"))
    }

    /// Which files have sums depends on what others sent.
    func test_plansOfOwnRows_areTheSame_whateverOthersSent() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path) { $0.compaction.rollupRowCountMax = 20 }
        defer { XCTAssertNoThrow(try fixture.engine.close()) }
        let questions = [
            "SELECT business_day, count(*), sum(total) FROM receipts_accepted GROUP BY 1", "SELECT count(DISTINCT receipt_id) FROM receipts", "SELECT receipt_id, count(*) FROM receipts GROUP BY 1",
            "SELECT day, sum(receipts) FROM rollup_receipts_by_day GROUP BY 1",
        ]
        let body = #"{"name":"by_receipt","table":"receipts","group_by":{"client":"client_id","id":"receipt_id"},"measures":{"n":"count(*)"}}"#
        _ = try fixture.engine.putRollup(name: "by_receipt", body: try JSONParser.parse(Array(body.utf8)))
        func seen() throws -> [[String]] {
            let own = try fixture.engine.catalog(as: EngineFixture.own, upTo: nil).catalog
            return try questions.flatMap { [try rows("EXPLAIN \($0)", own, rollups: true), try rows($0, own, rollups: true)] }
        }
        let before = try seen()
        XCTAssertTrue(before[0].contains { $0.contains("Rollup receipts_by_day") }, before[0].joined(separator: "\n"))
        var random = SplitMix64(state: 4)
        // Some whose sums are made, and more than are kept.
        for count in [10, 40] {
            _ = fixture.take(Self.receipts(&random, count, from: count), .ndjson, as: .admin, client: "c2")
            XCTAssertEqual(try seen(), before, "hot")
            _ = try fixture.engine.compact(before: nil, isCancelled: { false })
            try fill(fixture)
            XCTAssertEqual(try seen(), before, "cold")
        }
    }

    func test_clientKeys_areTheColumnHoweverItIsWritten() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path)
        defer { XCTAssertNoThrow(try fixture.engine.close()) }
        let keys = [("client_id", true), (" (client_id) ", true), ("receipts.client_id", true), (#"\"client_id\""#, true), ("((receipts.\nclient_id))", true), ("upper(client_id)", false), ("customer_id", false)]
        for (index, key) in keys.enumerated() {
            let text = key.0.replacingOccurrences(of: "\n", with: "\\n")
            let body = #"{"name":"by_\#(index)","table":"receipts","group_by":{"k":"\#(text)"},"measures":{"n":"count(*)"}}"#
            _ = try fixture.engine.putRollup(name: "by_\(index)", body: try JSONParser.parse(Array(body.utf8)))
        }
        var random = SplitMix64(state: 5)
        for client in ["c1", "c2"] { _ = fixture.take(Self.receipts(&random, 20, from: client == "c1" ? 0 : 100), .ndjson, as: .admin, client: client) }
        _ = try fixture.engine.compact(before: nil, isCancelled: { false })
        try fill(fixture)
        let own = try fixture.engine.catalog(as: EngineFixture.own, upTo: nil).catalog
        let count = try rows("SELECT client_id, count(*) FROM receipts GROUP BY 1", own, rollups: false)
        XCTAssertEqual(count.count, 1)
        let listed = Set(try fixture.engine.rollups(after: nil, limit: 100, as: EngineFixture.own).map(\.definition.name))
        for (index, key) in keys.enumerated() {
            XCTAssertEqual(listed.contains("by_\(index)"), key.1, key.0)
            XCTAssertEqual(try own.entry(named: "rollup_by_\(index)") != nil, key.1, key.0)
            if key.1 { XCTAssertEqual(try rows("SELECT k, sum(n) FROM rollup_by_\(index) GROUP BY 1", own, rollups: true), count, key.0) }
        }
    }
}
