import ColumnStore
import XCTest

@testable import Query

/// Goal: an interval's texts are read as what they were written of, part by part. Method: months, days and times of both signs around where a part carries, in both forms.
final class IntervalFormTests: XCTestCase {
    func test_texts_ofEveryMixtureOfSigns_areReadAgain() {
        let times: [Int64] = [-100_000_500_000, -3_661_250_000, -60_000_000, -1_000_000, -1, 0, 1, 1_000_000, 59_999_999, 60_000_000, 3_600_000_000, 3_661_250_000, 100_000_500_000]
        for months in [-25, -13, -12, -11, -1, 0, 1, 11, 12, 13, 25] as [Int32] {
            for days in [-40, -1, 0, 1, 40] as [Int32] {
                for microseconds in times {
                    let interval = Interval(months: months, days: days, microseconds: microseconds)
                    for append in [IntervalForm.appendISO, IntervalForm.appendPostgreSQL] {
                        var text: [UInt8] = []
                        append(interval, &text)
                        XCTAssertEqual(IntervalText.read(text[...]), interval, String(decoding: text, as: UTF8.self))
                    }
                }
            }
        }
    }

    func test_texts_ofSomeIntervals_areThoseOfPostgreSQL() {
        for (interval, iso, own) in [
            (Interval(), "PT0S", "00:00:00"), (Interval(months: 14, days: 3, microseconds: 14_706_500_000), "P1Y2M3DT4H5M6.5S", "1 year 2 mons 3 days 04:05:06.5"),
            (Interval(months: -1, days: 1), "P-1M1D", "-1 mons +1 day"), (Interval(days: -1, microseconds: 1), "P-1DT0.000001S", "-1 days +00:00:00.000001"),
            (Interval(microseconds: -60_000_000), "PT-1M", "-00:01:00"), (Interval(microseconds: 360_000_000_000_000), "PT100000H", "100000:00:00"),
        ] {
            var (text, other): ([UInt8], [UInt8]) = ([], [])
            IntervalForm.appendISO(interval, to: &text)
            IntervalForm.appendPostgreSQL(interval, to: &other)
            XCTAssertEqual(String(decoding: text, as: UTF8.self), iso)
            XCTAssertEqual(String(decoding: other, as: UTF8.self), own)
        }
    }
}
