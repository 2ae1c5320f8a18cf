/// Dates of the proleptic Gregorian calendar as days since 1970-01-01.
///
/// A year counts from March in both directions of the algorithm, so that the day that is not always there is its last; 400 years (an era) have 146,097 days,
/// and 719,468 lie between 0000-03-01 and 1970-01-01.
package enum CivilDate {
    package static let microsecondsPerDay: Int64 = 86_400_000_000

    /// - Precondition: month 1…12; the day may be any.
    /// Algorithm: Howard Hinnant, "chrono-compatible low-level date algorithms", days_from_civil.
    @inline(__always)
    package static func days(year: Int, month: Int, day: Int) -> Int {
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        // From March on five months have 153 days, whichever five they are: (153 m + 2) / 5 is the first day of month m, March being 0.
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    /// The reverse of `days(year:month:day:)`: civil_from_days of the same algorithms.
    package static func civil(days: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }

    @inline(__always)
    package static func isLeap(_ year: Int) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }

    @inline(__always)
    /// - Precondition: month 1…12.
    package static func dayCount(year: Int, month: Int) -> Int {
        switch month {
        case 2: isLeap(year) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// The day that holds an instant or local time of `microseconds`.
    @inline(__always)
    package static func day(ofMicroseconds microseconds: Int64) -> Int32 {
        let day = microseconds / microsecondsPerDay
        // Division rounds towards zero; a day begins at its midnight on both sides of 1970.
        return Int32(truncatingIfNeeded: microseconds % microsecondsPerDay < 0 ? day - 1 : day)
    }

    /// `2026-11-20`
    package static func text(days: Int32) -> String {
        let (year, month, day) = civil(days: Int(days))
        return "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
    }

    /// `2026-11-20T12:00:00.000000Z`
    package static func text(microseconds: Int64) -> String {
        let day = day(ofMicroseconds: microseconds)
        let rest = microseconds - Int64(day) * microsecondsPerDay
        let seconds = Int(rest / 1_000_000)
        return text(days: day) + "T\(padded(seconds / 3600, 2)):\(padded(seconds / 60 % 60, 2)):\(padded(seconds % 60, 2))"
            + ".\(padded(Int(rest % 1_000_000), 6))Z"
    }

    /// A year before 0 has its sign in front of the digits.
    private static func padded(_ value: Int, _ width: Int) -> String {
        let digits = String(abs(value))
        return (value < 0 ? "-" : "") + String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
