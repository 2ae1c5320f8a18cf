import ColumnStore
import XCTest

/// The calendar against itself day by day, and its text forms by example.
final class CalendarTests: XCTestCase {
    func test_days_everyDayOfManyYears_countsUpByOne() {
        var expected = Calendar.days(year: -400, month: 1, day: 1)
        for year in -400...2600 {
            for month in 1...12 {
                for day in 1...Calendar.dayCount(year: year, month: month) {
                    XCTAssertEqual(Calendar.days(year: year, month: month, day: day), expected)
                    if day == 1 { XCTAssertEqual(Calendar.day(fromDays: expected), .init(year: year, month: month, day: day)) }
                    expected += 1
                }
            }
        }
        XCTAssertEqual(Calendar.days(year: 1970, month: 1, day: 1), 0)
        XCTAssertEqual(Calendar.weekday(days: 0), 4)
        XCTAssertEqual(Calendar.isoWeek(days: Calendar.days(year: 2021, month: 1, day: 3)).week, 53)
    }

    func test_parseMoment_forms_areRead() {
        let cases: [(String, String?)] = [
            ("2026-11-20", "2026-11-20T00:00:00.000000"), ("20261120", "2026-11-20T00:00:00.000000"),
            (" 2026-11-20 14:03 ", "2026-11-20T14:03:00.000000"), ("2026-11-20T14:03:07.1234567", "2026-11-20T14:03:07.123457"),
            ("2026-11-20T24:00:00", "2026-11-21T00:00:00.000000"), ("2026-02-30", nil), ("2026-13-01", nil), ("0000-01-01", nil),
            ("9999-12-31", "9999-12-31T00:00:00.000000"), ("2026-11-20T25:00", nil), ("x", nil), ("", nil), ("2026-11-20 14:03 x", nil),
            ("0044-03-15 BC", "0044-03-15T00:00:00.000000 BC"),
        ]
        for (text, expected) in cases {
            var shown: [UInt8] = []
            if let moment = Calendar.parseMoment(text.utf8) {
                Calendar.appendTimestamp(microseconds: moment.localMicroseconds, isUTC: false, to: &shown)
            }
            XCTAssertEqual(String(decoding: shown, as: UTF8.self), expected ?? "", text)
        }
        XCTAssertEqual(Calendar.parseMoment("2026-11-20T14:03:07+02:00".utf8)?.offsetSeconds, 7_200)
        XCTAssertEqual(Calendar.parseMoment("2026-11-20T14:03:07.5-0530".utf8)?.offsetSeconds, -19_800)
        XCTAssertEqual(Calendar.parseMoment("2026-11-20T14:03:07Z".utf8)?.offsetSeconds, 0)
    }

    func test_appendPadded_numbersAndWidths_haveTheirZeros() {
        for (number, width, expected) in [
            (0, 0, "0"), (0, 2, "00"), (7, 2, "07"), (10, 2, "10"), (99, 2, "99"), (100, 2, "100"), (2_026, 4, "2026"), (44, 4, "0044"), (1_000, 6, "001000"), (-5, 4, "-0005"),
            (1_000_000_007, 3, "1000000007"), (.max, 1, "9223372036854775807"), (5, 25, String(repeating: "0", count: 24) + "5"),
        ] as [(Int, Int, String)] {
            var text = Array("at ".utf8)
            Calendar.appendPadded(number, width: width, to: &text)
            XCTAssertEqual(String(decoding: text, as: UTF8.self), "at " + expected)
        }
    }

    func test_addMonths_endOfMonth_isCut() {
        let day = Calendar.days(year: 2024, month: 1, day: 31)
        XCTAssertEqual(Calendar.addMonths(1, toDays: day), Calendar.days(year: 2024, month: 2, day: 29))
        XCTAssertEqual(Calendar.addMonths(-14, toDays: day), Calendar.days(year: 2022, month: 11, day: 30))
        XCTAssertNil(Calendar.addMonths(.max, toDays: day))
    }
}
