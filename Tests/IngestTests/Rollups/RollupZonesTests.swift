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

    private func rows(_ text: String, _ store: Engine, rollups: Bool, zone: String) throws -> [String] {
        var context = QueryContext(catalog: try store.catalog(as: .admin, upTo: nil).catalog, timeZone: zone, now: 0)
        context.usesRollups = rollups
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
}
