/// Reading dates and times as ISO 8601 and PostgreSQL write them.
///
///     moment  ::= date [ ("T" | "t" | blanks) time [ offset ] ] [ "BC" ]
///     date    ::= yyyymmdd | y "-" m "-" d            of 4…7 digits for the year, 1 or 2 for month and day
///     time    ::= h ":" mm [ ":" ss [ ("." | ",") digits ] ]          up to 24:00:00; a second 60 is the next minute's first
///     offset  ::= "Z" | "UTC" | "GMT" | ("+" | "-") ( hhmm | h [ ":" mm [ ":" ss ] ] )          less than 16 hours
///
/// Nothing here knows zones by name; `DateTimeText` in `Query`, which does, asks this first for common forms.
extension Calendar {
    /// A moment as text gives it.
    public struct Moment: Hashable, Sendable {
        /// Since 1970-01-01, within `Calendar.dayRange`.
        public var days: Int
        /// Since midnight; 24:00:00 is the next day's midnight already.
        public var timeMicroseconds: Int64
        /// False of a bare date, whose time is 0.
        public var hasTime: Bool
        /// East of Greenwich; nil when the text has none.
        public var offsetSeconds: Int?

        /// As a local time, whatever the offset.
        ///
        /// - Precondition: the text had a time, or the day is within TIMESTAMP's range: dates reach further.
        public var localMicroseconds: Int64 { Int64(days) * Calendar.microsecondsPerDay + timeMicroseconds }
        /// The instant, when the text has an offset.
        public var instantMicroseconds: Int64? {
            offsetSeconds.map { localMicroseconds - Int64($0) * Calendar.microsecondsPerSecond }
        }
    }

    /// Reads `2026-11-20`, `20261120`, with or without a time after `T` or a blank: `14:03`, `14:03:07.123456`, an offset `Z`, `+02`, `+0200`,
    /// `+02:00`. Blanks around it are passed over; fractions past microseconds are rounded half away from zero when `roundsFraction`, else cut.
    /// Nil when it is nothing of the kind, no such day or time, or out of TIMESTAMP's range.
    public static func parseMoment(_ text: some Collection<UInt8>, roundsFraction: Bool = true) -> Moment? {
        var scanner = Scanner(text)
        scanner.skipBlanks()
        guard let days = scanner.date() else { return nil }
        var moment = Moment(days: days, timeMicroseconds: 0, hasTime: false, offsetSeconds: nil)
        // A blank may stand before a time, before BC or at the end: without a time behind it the scanner goes back.
        let beforeTime = scanner.place
        if scanner.skip(UInt8(ascii: "T")) || scanner.skip(UInt8(ascii: "t")) || scanner.skipBlanks() {
            if let time = scanner.time(roundsFraction: roundsFraction) {
                moment.hasTime = true
                moment.timeMicroseconds = time
                scanner.skipBlanks()
                if let offset = scanner.offset() { moment.offsetSeconds = offset }
            } else {
                scanner.place = beforeTime
            }
        }
        scanner.skipBlanks()
        // There is no year 0: 1 BC is astronomical year 0, 44 BC is -43. Days are counted anew, since leap years lie elsewhere.
        if scanner.skipWord("BC") {
            let day = Calendar.day(fromDays: moment.days)
            guard day.year >= 1, let days = validDays(year: 1 - day.year, month: day.month, day: day.day) else { return nil }
            moment.days = days
            scanner.skipBlanks()
        }
        guard scanner.isAtEnd else { return nil }
        // 24:00, a second 60 at the day's end, or a fraction that was rounded up.
        if moment.timeMicroseconds >= microsecondsPerDay {
            moment.days += 1
            moment.timeMicroseconds -= microsecondsPerDay
        }
        if moment.hasTime, moment.days > 106_751_000 { return nil }
        return moment
    }

    /// Reads `14:03`, `14:03:07`, `14:03:07.123456`: microseconds since midnight, 24:00 included.
    public static func parseTime(_ text: some Collection<UInt8>) -> Int64? {
        var scanner = Scanner(text)
        scanner.skipBlanks()
        guard let time = scanner.time(roundsFraction: true) else { return nil }
        scanner.skipBlanks()
        return scanner.isAtEnd ? time : nil
    }

    /// Goes over the text's bytes. What does not fit is nil and may leave `place` within the text: only `offset` goes back by itself.
    private struct Scanner {
        let bytes: [UInt8]
        var place = 0

        init(_ text: some Collection<UInt8>) { bytes = Array(text) }

        var isAtEnd: Bool { place == bytes.count }
        var next: UInt8? { place < bytes.count ? bytes[place] : nil }

        mutating func skip(_ byte: UInt8) -> Bool {
            guard next == byte else { return false }
            place += 1
            return true
        }

        @discardableResult
        mutating func skipBlanks() -> Bool {
            let start = place
            while let byte = next, byte == 0x20 || (byte >= 0x09 && byte <= 0x0D) { place += 1 }
            return place > start
        }

        /// In upper or lower case; `word` is of ASCII's upper letters.
        mutating func skipWord(_ word: StaticString) -> Bool {
            let count = word.utf8CodeUnitCount
            guard place + count <= bytes.count else { return false }
            for index in 0..<count where bytes[place + index] & 0xDF != word.utf8Start[index] { return false }
            place += count
            return true
        }

        /// Decimal digits, at most `most` of them: their value and how many there were.
        mutating func digits(most: Int) -> (value: Int, count: Int)? {
            var value = 0
            var count = 0
            while count < most, let byte = next, byte >= 0x30, byte <= 0x39 {
                value = value * 10 + Int(byte - 0x30)
                count += 1
                place += 1
            }
            return count == 0 ? nil : (value, count)
        }

        /// Days since 1970-01-01; nil for no such day.
        mutating func date() -> Int? {
            guard let first = digits(most: 8) else { return nil }
            if first.count == 8, next != UInt8(ascii: "-") {
                return Calendar.validDays(year: first.value / 10_000, month: first.value / 100 % 100, day: first.value % 100)
            }
            guard first.count >= 4, first.count <= 7, first.value > 0, skip(UInt8(ascii: "-")), let month = digits(most: 2),
                skip(UInt8(ascii: "-")), let day = digits(most: 2)
            else { return nil }
            return Calendar.validDays(year: first.value, month: month.value, day: day.value)
        }

        /// Microseconds since midnight, 24:00 included.
        mutating func time(roundsFraction: Bool) -> Int64? {
            guard let hour = digits(most: 2), hour.value <= 24, skip(UInt8(ascii: ":")), let minute = digits(most: 2), minute.count == 2,
                minute.value < 60
            else { return nil }
            var seconds = 0
            var fraction = 0
            if skip(UInt8(ascii: ":")) {
                guard let second = digits(most: 2), second.count == 2, second.value <= 60 else { return nil }
                seconds = second.value
                if skip(UInt8(ascii: ".")) || skip(UInt8(ascii: ",")) {
                    guard let microseconds = self.fraction(rounds: roundsFraction) else { return nil }
                    fraction = microseconds
                }
            }
            let total = Int64((hour.value * 60 + minute.value) * 60 + seconds) * Calendar.microsecondsPerSecond + Int64(fraction)
            return total <= Calendar.microsecondsPerDay ? total : nil
        }

        /// Microseconds of the digits behind the mark, those past the sixth rounded by the seventh or passed over: up to a whole second.
        private mutating func fraction(rounds: Bool) -> Int? {
            guard let first = digits(most: 6) else { return nil }
            var value = first.value
            for _ in stride(from: first.count, to: 6, by: 1) { value *= 10 }
            if first.count == 6, let following = next, following >= 0x35, following <= 0x39, rounds { value += 1 }
            while let byte = next, byte >= 0x30, byte <= 0x39 { place += 1 }
            return value
        }

        /// `Z`, `UTC`, or hours with or without minutes and seconds.
        ///
        /// Seconds east of Greenwich; nil, with nothing taken, for anything else.
        mutating func offset() -> Int? {
            if skipWord("UTC") || skipWord("GMT") { return 0 }
            if skip(UInt8(ascii: "Z")) || skip(UInt8(ascii: "z")) { return 0 }
            let isNegative = next == UInt8(ascii: "-")
            guard isNegative || next == UInt8(ascii: "+") else { return nil }
            let start = place
            place += 1
            guard let first = digits(most: 4) else {
                place = start
                return nil
            }
            var seconds = 0
            if first.count > 2 {
                seconds = (first.value / 100 * 60 + first.value % 100) * 60
            } else {
                seconds = first.value * 3_600
                if skip(UInt8(ascii: ":")), let minutes = digits(most: 2), minutes.value < 60 {
                    seconds += minutes.value * 60
                    if skip(UInt8(ascii: ":")), let rest = digits(most: 2), rest.value < 60 { seconds += rest.value }
                }
            }
            guard seconds < 16 * 3_600 else {
                place = start
                return nil
            }
            return isNegative ? -seconds : seconds
        }
    }
}
