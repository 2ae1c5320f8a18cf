/// The proleptic Gregorian calendar over days and microseconds since 1970-01-01: conversion, ISO 8601 reading and writing.
///
/// Days ↔ year-month-day after Hinnant, "chrono-compatible low-level date algorithms": years begin in March, so that the leap day is last.
public enum Calendar {
    public static let microsecondsPerSecond: Int64 = 1_000_000
    public static let microsecondsPerDay: Int64 = 86_400_000_000
    /// DATE's range, PostgreSQL's: 4714-11-24 BC to 5874897-12-31.
    public static let dayRange: ClosedRange<Int> = -2_440_588...2_145_042_905
    /// TIMESTAMP's range: from PostgreSQL's 4714-11-24 BC to 294247-01-01T23:59:59.999999. PostgreSQL, which counts from 2000, ends 30 years later.
    public static let timestampRange: ClosedRange<Int64> = -210_866_803_200_000_000...9_223_371_331_199_999_999

    /// What no calculation moves: PostgreSQL's `infinity` and `-infinity`, past all other days and moments.
    public static func infiniteDay(isNegative: Bool) -> Int64 { Int64(clamping: isNegative ? Int32.min : Int32.max) }
    public static func infiniteMoment(isNegative: Bool) -> Int64 { isNegative ? .min : .max }
    @inlinable
    public static func isInfinite(day: Int64) -> Bool { day == 0x7FFF_FFFF || day == -0x8000_0000 }
    @inlinable
    public static func isInfinite(moment: Int64) -> Bool { moment == .max || moment == .min }

    public struct Day: Hashable, Sendable {
        /// Astronomical: 0 is 1 BC.
        public var year: Int
        public var month: Int
        public var day: Int

        public init(year: Int, month: Int, day: Int) {
            self.year = year
            self.month = month
            self.day = day
        }
    }

    /// Days since 1970-01-01. The day of the month may lie outside the month: it is counted from its first.
    /// - Precondition: `month` is 1…12 and the year is within ±10 million.
    @inlinable
    public static func days(year: Int, month: Int, day: Int) -> Int {
        // Wrapping, so that nothing traps: within the precondition it is the same.
        // Eras of 400 years, 146,097 days each, all alike; division rounds toward zero, so that years before 0 are moved first.
        let marchYear = month <= 2 ? year &- 1 : year
        let era = (marchYear >= 0 ? marchYear : marchYear &- 399) / 400
        let yearOfEra = marchYear &- era &* 400
        // From March on the months' lengths repeat 31, 30, 31, 30, 31: 153 days in five months, and (153 m + 2) / 5 of them lie before month m.
        let dayOfYear = (153 &* (month > 2 ? month &- 3 : month &+ 9) &+ 2) / 5 &+ day &- 1
        let dayOfEra = yearOfEra &* 365 &+ yearOfEra / 4 &- yearOfEra / 100 &+ dayOfYear
        // From 1 March of year 0 to 1970-01-01 there are 719,468 days.
        return era &* 146_097 &+ dayOfEra &- 719_468
    }

    @inlinable
    public static func day(fromDays days: Int) -> Day {
        let shifted = days &+ 719_468
        let era = (shifted >= 0 ? shifted : shifted &- 146_096) / 146_097
        let dayOfEra = shifted &- era &* 146_097
        // Takes out leap days: one each 4 years (1,460 days), save one each 100 (36,524), back again at the era's last day (146,096).
        let yearOfEra = (dayOfEra &- dayOfEra / 1_460 &+ dayOfEra / 36_524 &- dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra &- (365 &* yearOfEra &+ yearOfEra / 4 &- yearOfEra / 100)
        let marchMonth = (5 &* dayOfYear &+ 2) / 153
        let month = marchMonth < 10 ? marchMonth &+ 3 : marchMonth &- 9
        return Day(
            year: yearOfEra &+ era &* 400 &+ (month <= 2 ? 1 : 0), month: month, day: dayOfYear &- (153 &* marchMonth &+ 2) / 5 &+ 1)
    }

    @inlinable
    public static func isLeap(_ year: Int) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }

    @inlinable
    public static func dayCount(year: Int, month: Int) -> Int {
        switch month {
        case 2: isLeap(year) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Days since 1970-01-01, or nil where there is no such day (month 13, 30 February) or it is out of DATE's range.
    public static func validDays(year: Int, month: Int, day: Int) -> Int? {
        guard year > -5_000, year < 5_900_000, month >= 1, month <= 12, day >= 1, day <= dayCount(year: year, month: month) else {
            return nil
        }
        let days = days(year: year, month: month, day: day)
        return dayRange.contains(days) ? days : nil
    }

    /// 0 is Sunday.
    @inlinable
    public static func weekday(days: Int) -> Int {
        // 1970-01-01 was a Thursday.
        let remainder = (days &+ 4) % 7
        return remainder < 0 ? remainder &+ 7 : remainder
    }

    /// ISO 8601's week: Monday is its first day, and week 1 holds the year's first Thursday.
    public static func isoWeek(days: Int) -> (year: Int, week: Int) {
        let weekdayFromMonday = (weekday(days: days) + 6) % 7
        // A week belongs to the year of its Thursday.
        let thursday = days - weekdayFromMonday + 3
        let year = day(fromDays: thursday).year
        return (year, (thursday - self.days(year: year, month: 1, day: 1)) / 7 + 1)
    }

    /// The day that a moment lies in, and the microseconds since its midnight.
    @inlinable
    public static func split(microseconds: Int64) -> (days: Int, time: Int64) {
        var days = microseconds / microsecondsPerDay
        var time = microseconds % microsecondsPerDay
        if time < 0 {
            time &+= microsecondsPerDay
            days &-= 1
        }
        return (Int(days), time)
    }

    /// The day moved by whole months, its day of the month cut to the month's length; nil when out of range.
    public static func addMonths(_ months: Int, toDays days: Int) -> Int? {
        let start = day(fromDays: days)
        // In months since year 0, so that a year's end needs no case of its own.
        let (total, overflow) = (start.year * 12 + start.month - 1).addingReportingOverflow(months)
        guard !overflow, total.magnitude < 12 * 6_000_000 else { return nil }
        // Rounded down: month -1 is December of year -1.
        let year = total >= 0 ? total / 12 : (total - 11) / 12
        let month = total - year * 12 + 1
        return validDays(year: year, month: month, day: min(start.day, dayCount(year: year, month: month)))
    }
}

extension Calendar {
    /// `infinity`, with a minus where it is before all others.
    public static func appendInfinity(isNegative: Bool, to text: inout [UInt8]) {
        if isNegative { text.append(UInt8(ascii: "-")) }
        text.append(contentsOf: "infinity".utf8)
    }

    /// Appends `2026-11-20`; a year BC as PostgreSQL shows it: `0044-03-15 BC`; `infinity` of an infinite one.
    public static func appendDate(days: Int, to text: inout [UInt8]) {
        if isInfinite(day: Int64(clamping: days)) { return appendInfinity(isNegative: days < 0, to: &text) }
        let day = day(fromDays: days)
        appendDay(day, to: &text)
        if day.year <= 0 { text.append(contentsOf: " BC".utf8) }
    }

    private static func appendDay(_ day: Day, to text: inout [UInt8]) {
        appendPadded(day.year <= 0 ? 1 - day.year : day.year, width: 4, to: &text)
        text.append(UInt8(ascii: "-"))
        appendPadded(day.month, width: 2, to: &text)
        text.append(UInt8(ascii: "-"))
        appendPadded(day.day, width: 2, to: &text)
    }

    public enum FractionStyle: Sendable {
        /// Six digits always.
        case full
        /// As many as there are up to the last that is not 0; none when whole.
        case shortest
    }

    /// Appends `14:03:07.000000`.
    ///
    /// - Parameter microseconds: since midnight; hours are not bounded.
    public static func appendTime(microseconds: Int64, fraction: FractionStyle = .full, to text: inout [UInt8]) {
        // No time of day is below midnight, but a file of others may hold one.
        if microseconds < 0 {
            text.append(UInt8(ascii: "-"))
            return appendTime(microseconds: Int64(clamping: microseconds.magnitude), fraction: fraction, to: &text)
        }
        let seconds = Int(microseconds / microsecondsPerSecond)
        appendPadded(seconds / 3_600, width: 2, to: &text)
        text.append(UInt8(ascii: ":"))
        appendPadded(seconds / 60 % 60, width: 2, to: &text)
        text.append(UInt8(ascii: ":"))
        appendPadded(seconds % 60, width: 2, to: &text)
        var part = Int(microseconds % microsecondsPerSecond)
        var width = 6
        if fraction == .shortest {
            if part == 0 { return }
            while part % 10 == 0 {
                part /= 10
                width -= 1
            }
        }
        text.append(UInt8(ascii: "."))
        appendPadded(part, width: width, to: &text)
    }

    /// Appends `2026-11-20T12:00:00.000000`, with `Z` when `isUTC`; `infinity` of an infinite one.
    ///
    /// - Parameter separator: between the date and the time: `T`, or a blank as PostgreSQL has it.
    public static func appendTimestamp(
        microseconds: Int64, isUTC: Bool, separator: UInt8 = UInt8(ascii: "T"), fraction: FractionStyle = .full, to text: inout [UInt8]
    ) {
        if isInfinite(moment: microseconds) { return appendInfinity(isNegative: microseconds < 0, to: &text) }
        let (days, time) = split(microseconds: microseconds)
        let day = day(fromDays: days)
        appendDay(day, to: &text)
        text.append(separator)
        appendTime(microseconds: time, fraction: fraction, to: &text)
        if isUTC { text.append(UInt8(ascii: "Z")) }
        if day.year <= 0 { text.append(contentsOf: " BC".utf8) }
    }

    /// Decimal digits with zeros in front up to `width`, behind a minus where there is one.
    public static func appendPadded(_ signed: Int, width: Int, to text: inout [UInt8]) {
        if signed < 0 { text.append(UInt8(ascii: "-")) }
        var rest = min(signed.magnitude, Int.max.magnitude)
        // From the last digit on: a division by ten is a multiplication, one by what a loop finds takes many times as long, and a page of rows has thousands of moments.
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
            // 64 bits have twenty digits at most.
            var place = 20
            repeat {
                place -= 1
                digits[place] = UInt8(ascii: "0") | UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            } while rest != 0
            for _ in stride(from: 20 &- place, to: width, by: 1) { text.append(UInt8(ascii: "0")) }
            text.append(contentsOf: UnsafeBufferPointer(rebasing: UnsafeBufferPointer(digits)[place...]))
        }
    }
}
