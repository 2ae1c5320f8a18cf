import ColumnStore

/// What a text has said by a template; 0 is what was not said. It becomes a moment as PostgreSQL's `do_to_timestamp` makes one, but where a number
/// leaves 32 bits on its way: PostgreSQL 15 goes on with what is left of it, here the text is refused, as in PostgreSQL 17.
///
/// Ways to name a day, of which later ones win where several are said: year, month and day; a Julian day; a week of the ISO year; a day of the year.
struct TimeSaid {
    var isISOWeek = false, isOfTwelve = false
    var year = 0, yearWidth = 0, century = 0, isBC = 0
    var month = 0, day = 0, dayOfYear = 0, week = 0, weekOfMonth = 0, weekday = 0, julian = 0
    var hour = 0, isAfternoon = 0, minute = 0, second = 0, secondsOfDay = 0
    var milliseconds = 0, microseconds = 0, fractionDigitCount = 0
    var zoneSign = 0, zoneHours = 0, zoneMinutes = 0

    struct Moment {
        /// Of the calendar; it may lie outside of DATE's range.
        var days: Int
        /// Below a day's.
        var microseconds: Int64
        /// Where the text named one.
        var secondsEast: Int?
        /// Digits to which FF1 to FF5 round.
        var fractionDigitCount: Int
    }

    /// - Throws: `.timeOutOfRange` for parts past their ranges; `.outside(.invalidTime)` for an hour that no clock of twelve has.
    func moment() throws(KernelError) -> Moment {
        let time = try time()
        let days = try days()
        var east: Int?
        if zoneSign != 0 {
            guard (0...15).contains(zoneHours), (0...59).contains(zoneMinutes) else { throw .timeOutOfRange }
            east = zoneSign * (zoneHours * 60 + zoneMinutes) * 60
        }
        return Moment(days: days, microseconds: time, secondsEast: east, fractionDigitCount: fractionDigitCount)
    }

    /// Microseconds since midnight: hour, minute and second, or what SSSS says for those that were not said.
    private func time() throws(KernelError) -> Int64 {
        var hours = hour != 0 ? hour : secondsOfDay / 3_600
        let minutes = minute != 0 ? minute : secondsOfDay % 3_600 / 60
        let seconds = second != 0 ? second : secondsOfDay % 60
        if isOfTwelve {
            guard (1...12).contains(hours) else { throw .outside(.invalidTime, "hour \(hours) is not on a clock of twelve hours") }
            hours = hours % 12 + (isAfternoon != 0 ? 12 : 0)
        }
        // Each of 32 bits, times 100,000 at most.
        let fraction = milliseconds * 1_000 + microseconds
        guard (0...23).contains(hours), (0...59).contains(minutes), (0...59).contains(seconds), (0..<1_000_000).contains(fraction) else {
            throw .timeOutOfRange
        }
        return Int64((hours * 60 + minutes) * 60 + seconds) * Calendar.microsecondsPerSecond + Int64(fraction)
    }

    // MARK: The day

    /// Which parts of a day the text has settled.
    private struct Known: OptionSet {
        let rawValue: Int
        static let year = Known(rawValue: 1), month = Known(rawValue: 2), day = Known(rawValue: 4)
        static let date: Known = [.year, .month, .day]
    }

    /// Days since 1970.
    ///
    /// Steps: 1. the year; 2. a Julian day; 3. a week of the ISO year, or of the year; 4. week of the month, day and month; 5. a day of the year, for
    /// a month or a day that was not said.
    private func days() throws(KernelError) -> Int {
        var known: Known = []
        var date = Calendar.Day(year: 0, month: 1, day: 1)
        if let year = try calendarYear() {
            date.year = year
            known = .year
        }
        if julian != 0 {
            date = Calendar.day(fromDays: julian - 2_440_588)
            known = .date
        }
        var dayOfYear = dayOfYear
        if week != 0 {
            if isISOWeek {
                let monday = try firstMonday(date.year) + (week - 1) * 7
                date = Calendar.day(fromDays: monday + (weekday == 0 ? 0 : weekday > 1 ? weekday - 2 : 6))
                known = .date
            } else {
                dayOfYear = try Self.narrow((week - 1) * 7 + 1)
            }
        }
        let day = weekOfMonth != 0 ? try Self.narrow((weekOfMonth - 1) * 7 + 1) : day
        if day != 0 {
            date.day = day
            known.formUnion(.day)
        }
        if month != 0 {
            date.month = month
            known.formUnion(.month)
        }
        if dayOfYear != 0, date.month <= 1 || date.day <= 1 {
            guard date.year != 0 || isBC != 0 else { throw .outside(.invalidTime, "the day of a year needs a year") }
            if isISOWeek {
                date = Calendar.day(fromDays: try firstMonday(date.year) - 1 + dayOfYear)
                known = .date
            } else {
                place(dayOfYear, in: &date)
                known.formUnion([.month, .day])
            }
        }
        guard (1...12).contains(date.month), (1...31).contains(date.day), (-5_000...5_900_000).contains(date.year) else { throw .timeOutOfRange }
        // Where a part was not said, a day past the month's last is one of the next month.
        guard known != .date || date.day <= Calendar.dayCount(year: date.year, month: date.month) else { throw .timeOutOfRange }
        return Calendar.days(year: date.year, month: date.month, day: date.day)
    }

    /// Year 0 is 1 BC; nil where none was said.
    private func calendarYear() throws(KernelError) -> Int? {
        let century = isBC != 0 ? -century : century
        if year == 0 {
            guard century != 0 else { return nil }
            return try Self.narrow(century > 0 ? (century - 1) * 100 + 1 : century * 100 + 1)
        }
        if century != 0, yearWidth <= 2 {
            // The 21st century has 2001 to 2100, and the 6th before Christ 600 to 501.
            let last = year % 100
            if last == 0 { return try Self.narrow(century * 100 + (century > 0 ? 0 : 1)) }
            return try Self.narrow(century > 0 ? (century - 1) * 100 + last : (century + 1) * 100 - last + 1)
        }
        let signed = isBC != 0 ? -year : year
        return signed < 0 ? signed + 1 : signed
    }

    /// Of the ISO year.
    ///
    /// ISO 8601: the week that 4 January lies in is the first.
    private func firstMonday(_ year: Int) throws(KernelError) -> Int {
        guard (-5_000...5_900_000).contains(year) else { throw .timeOutOfRange }
        let fourth = Calendar.days(year: year, month: 1, day: 4)
        return fourth - (Calendar.weekday(days: fourth) + 6) % 7
    }

    /// The month and the day, where they were not said.
    private func place(_ dayOfYear: Int, in date: inout Calendar.Day) {
        var month = 1, before = 0
        while month <= 12 {
            let count = Calendar.dayCount(year: date.year, month: month)
            if dayOfYear <= before + count { break }
            before += count
            month += 1
        }
        if date.month <= 1 { date.month = month }
        if date.day <= 1 { date.day = dayOfYear - before }
    }

    /// - Throws: `.timeOutOfRange` past 32 bits, in which PostgreSQL reckons here.
    private static func narrow(_ value: Int) throws(KernelError) -> Int {
        guard Int32(exactly: value) != nil else { throw .timeOutOfRange }
        return value
    }
}
