internal import ColumnStore
import Glibc

/// Dates and instants as the API's parameters and bodies have them: one strict form of each.
///
/// Days are counted from 1970-01-01, and instants in microseconds from its midnight UTC, both negative before.
package enum CalendarText {
    private static let yearRange = 1...9999

    /// `2026-11-20`, years 0001 to 9999; nil for anything else.
    package static func day(_ text: String) -> Int32? {
        // The parser takes more forms than this one; the length and the year's range leave `YYYY-MM-DD` alone.
        guard text.utf8.count == 10, let moment = Calendar.parseMoment(text.utf8), !moment.hasTime,
            yearRange.contains(Calendar.day(fromDays: moment.days).year)
        else { return nil }
        return Int32(exactly: moment.days)
    }

    package static func text(day: Int32) -> String {
        var text: [UInt8] = []
        Calendar.appendDate(days: Int(day), to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// A date and time with an offset, in microseconds since 1970; further digits are cut. nil for anything else.
    package static func instant(_ text: String) -> Int64? {
        guard let moment = Calendar.parseMoment(text.utf8, roundsFraction: false), moment.hasTime,
            yearRange.contains(Calendar.day(fromDays: moment.days).year)
        else { return nil }
        return moment.instantMicroseconds
    }

    /// `2026-11-20T12:00:00.000000Z`
    package static func text(instant: Int64) -> String {
        var text: [UInt8] = []
        Calendar.appendTimestamp(microseconds: instant, isUTC: true, to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// By the system's clock, which may be set back: spans are measured by `SteadyClock`.
    ///
    /// Microseconds since 1970.
    package static var now: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000
    }
}
