import ColumnStore
import XCTest

@testable import Query

/// Goal: each IntervalStyle writes and reads what PostgreSQL 15 writes and reads. Method: intervals of every sign and mixture, with the texts that a PostgreSQL gave for them; the ends of the types do not trap.
final class IntervalStyleTests: XCTestCase {
    private func text(_ style: IntervalStyle, _ months: Int32, _ days: Int32, _ microseconds: Int64) -> String {
        var text: [UInt8] = []
        style.append(Interval(months: months, days: days, microseconds: microseconds), to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    func test_intervals_areWrittenAsPostgreSQLDoes() {
        let table: [(months: Int32, days: Int32, microseconds: Int64, verbose: String, standard: String, iso: String)] = [
            (14, -3, 14_706_700_000, "@ 1 year 2 mons -3 days 4 hours 5 mins 6.7 secs", "+1-2 -3 +4:05:06.7", "P1Y2M-3DT4H5M6.7S"),
            (0, 0, 0, "@ 0", "0", "PT0S"),
            (0, 0, -1_000_000, "@ 1 sec ago", "-0:00:01", "PT-1S"),
            (14, 0, 0, "@ 1 year 2 mons", "1-2", "P1Y2M"),
            (0, 3, 14_706_700_000, "@ 3 days 4 hours 5 mins 6.7 secs", "3 4:05:06.7", "P3DT4H5M6.7S"),
            (12, -3, 14_706_700_000, "@ 1 year -3 days 4 hours 5 mins 6.7 secs", "+1-0 -3 +4:05:06.7", "P1Y-3DT4H5M6.7S"),
            (-12, 0, 0, "@ 1 year ago", "-1-0", "P-1Y"),
            (0, 1, -3_600_000_000, "@ 1 day -1 hours", "+0-0 +1 -1:00:00", "P1DT-1H"),
            (-14, -3, -14_706_700_000, "@ 1 year 2 mons 3 days 4 hours 5 mins 6.7 secs ago", "-1-2 -3 -4:05:06.7", "P-1Y-2M-3DT-4H-5M-6.7S"),
            (0, 0, -500_000, "@ 0.5 secs ago", "-0:00:00.5", "PT-0.5S"),
            (0, -1, 1, "@ 1 day -0.000001 secs ago", "+0-0 -1 +0:00:00.000001", "P-1DT0.000001S"),
            (1, 0, 1, "@ 1 mon 0.000001 secs", "+0-1 +0 +0:00:00.000001", "P1MT0.000001S"),
            (0, 0, 61_000_000, "@ 1 min 1 sec", "0:01:01", "PT1M1S"),
        ]
        for (months, days, microseconds, verbose, standard, iso) in table {
            XCTAssertEqual(text(.postgresVerbose, months, days, microseconds), verbose)
            XCTAssertEqual(text(.sqlStandard, months, days, microseconds), standard)
            XCTAssertEqual(text(.iso8601, months, days, microseconds), iso)
        }
        XCTAssertEqual(text(.postgres, 14, -3, 14_706_700_000), "1 year 2 mons -3 days +04:05:06.7")
    }

    /// By SQL's standard one sign at the front is that of all parts.
    func test_signs_areThoseOfTheStyle() {
        let table: [(text: String, standard: Interval, plain: Interval)] = [
            ("-1 2:03:04", Interval(months: 0, days: -1, microseconds: -7_384_000_000), Interval(months: 0, days: -1, microseconds: 7_384_000_000)),
            ("-1-2 3 4:05", Interval(months: -14, days: -3, microseconds: -14_700_000_000), Interval(months: -14, days: 3, microseconds: 14_700_000_000)),
            ("- 1 day 2 hours", Interval(months: 0, days: -1, microseconds: -7_200_000_000), Interval(months: 0, days: -1, microseconds: 7_200_000_000)),
            // What comes before turns all about.
            ("-1 day 2 hours ago", Interval(months: 0, days: 1, microseconds: 7_200_000_000), Interval(months: 0, days: 1, microseconds: -7_200_000_000)),
            ("-1 +2:03", Interval(months: 0, days: -1, microseconds: 7_380_000_000), Interval(months: 0, days: -1, microseconds: 7_380_000_000)),
            ("1 -2:03", Interval(months: 0, days: 1, microseconds: -7_380_000_000), Interval(months: 0, days: 1, microseconds: -7_380_000_000)),
            ("P-1DT2H", Interval(months: 0, days: -1, microseconds: 7_200_000_000), Interval(months: 0, days: -1, microseconds: 7_200_000_000)),
        ]
        for (text, standard, plain) in table {
            XCTAssertEqual(IntervalText.read(Array(text.utf8)[...], style: .sqlStandard), standard, text)
            for style in [IntervalStyle.postgres, .postgresVerbose, .iso8601] { XCTAssertEqual(IntervalText.read(Array(text.utf8)[...], style: style), plain, text) }
        }
    }

    func test_endsOfTheirTypes_areWritten() {
        for style in [IntervalStyle.postgres, .postgresVerbose, .sqlStandard, .iso8601] {
            for microseconds in [Int64.min, .max] { XCTAssertFalse(text(style, .min, .min, microseconds).isEmpty) }
        }
    }
}
