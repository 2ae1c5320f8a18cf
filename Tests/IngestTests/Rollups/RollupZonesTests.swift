import ColumnStore
import TestSupport
import XCTest

@testable import Documents
@testable import Ingest
@testable import Query

/// Goal: a zone that a question or a key names is the one by which its dates are cut, with sums as without. Method: questions of dates and times by several zones
/// in sessions of several zones, over cold files with sums.
final class RollupZonesTests: XCTestCase {
    private let engine = QueryEngine(.init(threadCount: 1))

    private func rows(_ text: String, _ store: Engine, rollups: Bool, zone: String, forms: ValueForms = .plain) throws -> [String] {
        var context = QueryContext(catalog: try store.catalog(as: .admin, upTo: nil).catalog, timeZone: zone, now: 0)
        (context.usesRollups, context.forms) = (rollups, forms)
        let stream = try engine.execute(try engine.prepare(text, in: context))
        var rows: [String] = []
        while let batch = try stream.next() { rows += EngineFixture.texts(batch) }
        return rows.sorted()
    }

    /// The rollup that answers it; nil where rows do.
    private func used(_ text: String, _ store: Engine, zone: String) throws -> String? {
        let plan = try rows("EXPLAIN \(text)", store, rollups: true, zone: zone).map { $0.trimmingCharacters(in: .whitespaces) }
        return plan.first { $0.hasPrefix("Rollup ") }?.split(separator: " ").dropFirst().first.map(String.init)
    }

    private func filled(_ directory: String, _ declared: [(name: String, key: String)]) throws -> EngineFixture {
        let fixture = try EngineFixture(directory)
        for (name, key) in declared {
            let body = #"{"name":"\#(name)","table":"receipts","group_by":{"k":"\#(key)"},"measures":{"n":"count(*)"}}"#
            _ = try fixture.engine.putRollup(name: name, body: try JSONParser.parse(Array(body.utf8)))
        }
        // The last one is of another day, and month, in Kyiv than in UTC.
        for (number, time) in ["2026-03-01T10:00:00Z", "2026-03-15T10:00:00Z", "2026-04-01T00:30:00Z", "2026-04-30T12:00:00Z", "2026-03-31T22:30:00Z"].enumerated() {
            _ = fixture.take(EngineFixture.receipt("R-\(number)", at: time), .ndjson)
        }
        _ = try fixture.engine.compact(before: nil, isCancelled: { false })
        while try fixture.engine.compactor.exclusively({ try fixture.engine.compactor.fillSome() }) {}
        return fixture
    }

    func test_datesThatAreCutByANamedZone_areNotThoseOfTheSessions() throws {
        let directory = TemporaryDirectory()
        let fixture = try filled(directory.path, [("by_month", "date_trunc('month', business_day)")])
        defer { XCTAssertNoThrow(try fixture.engine.close()) }
        let questions: [(text: String, zone: String, rollup: String?)] = [
            ("SELECT date_trunc('month', business_day) m, count(*) FROM receipts GROUP BY 1", "UTC", "by_month"),
            ("SELECT date_trunc('month', business_day) m, count(*) FROM receipts GROUP BY 1", "Europe/Kyiv", "by_month"),
            // The first of March is a day of February in New York.
            ("SELECT date_trunc('month', business_day, 'America/New_York') m, count(*) FROM receipts GROUP BY 1", "UTC", nil),
            ("SELECT date_trunc('month', business_day::timestamptz, 'America/New_York') m, count(*) FROM receipts GROUP BY 1", "UTC", nil),
            ("SELECT date_trunc('month', t, 'America/New_York') m, count(*) FROM (SELECT business_day::timestamptz AS t FROM receipts) r GROUP BY 1", "UTC", nil),
            ("SELECT date_trunc('month', business_day, 'UTC') m, count(*) FROM receipts GROUP BY 1", "Europe/Kyiv", nil),
            ("SELECT date_trunc('year', business_day, 'Europe/Kyiv') m, count(*) FROM receipts GROUP BY 1", "Europe/Kyiv", "by_month"),
            ("SELECT date_trunc('month', business_day, 'UTC') m, count(*) FROM receipts GROUP BY 1", "UTC", "by_month"),
            ("SELECT count(*) FROM receipts WHERE date_trunc('month', business_day, 'America/New_York') = '2026-03-01T05:00:00Z'", "UTC", nil),
            ("SELECT extract(month FROM business_day::timestamptz AT TIME ZONE 'America/New_York') m, count(*) FROM receipts GROUP BY 1", "UTC", nil),
            ("SELECT date_trunc('month', business_day::timestamptz AT TIME ZONE 'America/New_York') m, count(*) FROM receipts GROUP BY 1", "UTC", nil),
            ("SELECT date_bin(INTERVAL '7 days', business_day::timestamptz, TIMESTAMPTZ '2026-01-01') m, count(*) FROM receipts GROUP BY 1", "UTC", nil),
            ("SELECT extract(month FROM business_day::timestamptz) m, count(*) FROM receipts GROUP BY 1", "Europe/Kyiv", "by_month"),
        ]
        for (text, zone, rollup) in questions {
            XCTAssertEqual(try rows(text, fixture.engine, rollups: true, zone: zone), try rows(text, fixture.engine, rollups: false, zone: zone), "\(text) in \(zone)")
            XCTAssertEqual(try used(text, fixture.engine, zone: zone), rollup, "\(text) in \(zone)")
        }
    }

    func test_keysThatNameAZone_orCutADayOfAnInstant_answerOnlyWhatIsCutAlike() throws {
        let directory = TemporaryDirectory()
        let fixture = try filled(
            directory.path, [("by_far_month", "date_trunc('month', business_day, 'America/New_York')"), ("by_moved_month", "date_trunc('month', issued_at::date)")])
        defer { XCTAssertNoThrow(try fixture.engine.close()) }
        let questions: [(text: String, zone: String, rollup: String?)] = [
            ("SELECT date_trunc('month', business_day, 'America/New_York') m, count(*) FROM receipts GROUP BY 1", "UTC", "by_far_month"),
            ("SELECT date_trunc('month', business_day) m, count(*) FROM receipts GROUP BY 1", "UTC", nil),
            ("SELECT date_trunc('month', business_day, 'America/New_York') m, count(*) FROM receipts GROUP BY 1", "Europe/Kyiv", nil),
            ("SELECT date_trunc('month', issued_at::date) m, count(*) FROM receipts GROUP BY 1", "UTC", "by_moved_month"),
            // What is the last of March in UTC is April in Kyiv.
            ("SELECT date_trunc('month', issued_at::date) m, count(*) FROM receipts GROUP BY 1", "Europe/Kyiv", nil),
        ]
        for (text, zone, rollup) in questions {
            XCTAssertEqual(try rows(text, fixture.engine, rollups: true, zone: zone), try rows(text, fixture.engine, rollups: false, zone: zone), "\(text) in \(zone)")
            XCTAssertEqual(try used(text, fixture.engine, zone: zone), rollup, "\(text) in \(zone)")
        }
    }

    /// Rows that files have sums of, and those that none has, are cut and written alike, whoever asks.
    func test_aRollupAsATable_isTheSameInEverySession_whileRowsAreHotAndAfterwards() throws {
        let directory = TemporaryDirectory()
        let fixture = try filled(
            directory.path,
            [
                ("by_issue", "issued_at::date"), ("by_hour", "extract(hour FROM issued_at)"), ("by_moved_month", "date_trunc('month', issued_at::date)"), ("by_moment", "issued_at::text"),
                ("by_text", "business_day::text"), ("by_number", "(total::DOUBLE PRECISION / 3)::text"),
            ])
        defer { XCTAssertNoThrow(try fixture.engine.close()) }
        let partial = #"{"name":"of_march","table":"receipts","where":"issued_at::date = DATE '2026-03-31'","group_by":{},"measures":{"n":"count(*)","late":"count(*) FILTER (WHERE extract(hour FROM issued_at) >= 22)","latest":"max(business_day::text)"}}"#
        _ = try fixture.engine.putRollup(name: "of_march", body: try JSONParser.parse(Array(partial.utf8)))
        while try fixture.engine.compactor.exclusively({ try fixture.engine.compactor.fillSome() }) {}
        let names = ["by_issue", "by_hour", "by_moved_month", "by_moment", "by_text", "by_number"]
        let groups = names.map { "SELECT k, sum(n) FROM rollup_\($0) GROUP BY 1" } + ["SELECT sum(n), sum(late), max(latest) FROM rollup_of_march"]
        let tables = (names + ["of_march"]).map { "SELECT * FROM rollup_\($0)" }
        let sessions: [(zone: String, forms: ValueForms)] = [
            ("Europe/Kyiv", .plain), ("America/New_York", .plain), ("UTC", ValueForms(dates: .german)), ("Europe/Kyiv", ValueForms(extraFloatDigits: -5, dates: .postgres(isDayFirst: true))),
        ]
        // On the last of March by UTC, on the first of April in Kyiv.
        _ = fixture.take(EngineFixture.receipt("R-hot", at: "2026-03-31T22:45:00Z"), .ndjson)
        let all = try groups.map { try rows($0, fixture.engine, rollups: true, zone: "UTC") }
        // 2026-03-31, as days since 1970.
        XCTAssertTrue(all[0].contains("20543|2"), "\(all[0])")
        XCTAssertEqual(all.last?.first?.hasPrefix("2|2|2026-0"), true, "\(all)")
        for isHot in [true, false] {
            if !isHot { _ = try fixture.engine.compact(before: nil, isCancelled: { false }) }
            let whole = try tables.map { try rows($0, fixture.engine, rollups: true, zone: "UTC") }
            for (zone, forms) in sessions {
                for (text, wanted) in zip(groups + tables, all + whole) {
                    XCTAssertEqual(try rows(text, fixture.engine, rollups: true, zone: zone, forms: forms), wanted, "\(text) in \(zone), \(forms), hot: \(isHot)")
                }
            }
        }
    }
}
