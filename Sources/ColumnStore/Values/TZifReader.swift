/// Reads RFC 8536 (TZif): a header and block in 32 bits, from version 2 on another in 64 bits and a POSIX TZ string as footer.
///
///     header   "TZif", version (1 byte: 0, '2', '3' …), 15 bytes unused, six counts of 4 bytes, big-endian as all numbers:
///              UTC indicators, standard indicators, leap seconds, transitions, local time types, characters
///     block    transitions' times (4 or 8 bytes each), their types (1 byte each), types (offset 4, is-daylight 1, place of the name 1),
///              characters (names, each ended by 0), leap seconds, standard and UTC indicators
///     footer   newline, POSIX TZ string, newline
///
/// Leap seconds and both kinds of indicators are passed over: the store's clock has no leap seconds, as POSIX's has none.
enum TZifReader {
    private struct Counts {
        var utcIndicators, standardIndicators, leapSeconds, transitions, types, characters: Int

        /// Of the block behind the header.
        ///
        /// - Parameter timeSize: 4 in the first block, 8 in the second.
        func byteCount(timeSize: Int) -> Int {
            transitions * (timeSize + 1) + types * 6 + characters + leapSeconds * (timeSize + 4) + standardIndicators + utcIndicators
        }
    }

    private static let headerByteCount = 44

    /// - Parameter path: for errors only.
    /// - Throws: `.corruptFile` for bytes that are cut short, name a type that is not there, have offsets of 26 hours or more, or transitions out of order.
    static func read(_ bytes: [UInt8], name: String, path: String) throws(ColumnStoreError) -> TimeZoneRules {
        func fail(_ reason: String) -> ColumnStoreError { ColumnStoreError(.corruptFile, path: path, reason) }
        guard let first = counts(bytes, at: 0) else { throw fail("no TZif header") }
        var start = headerByteCount
        var counts = first
        var timeSize = 4
        // The first block is there for readers of version 1, and may be empty.
        if bytes[4] >= UInt8(ascii: "2") {
            let second = headerByteCount + first.byteCount(timeSize: 4)
            guard let wide = Self.counts(bytes, at: second) else { throw fail("no second TZif header") }
            (start, counts, timeSize) = (second + headerByteCount, wide, 8)
        }
        let end = start + counts.byteCount(timeSize: timeSize)
        guard end <= bytes.count, counts.types > 0 else { throw fail("the TZif block is cut short") }
        var transitions: [Int64] = []
        for index in 0..<counts.transitions {
            transitions.append(integer(bytes, at: start + index * timeSize, size: timeSize))
        }
        guard zip(transitions, transitions.dropFirst()).allSatisfy({ $0 < $1 }) else { throw fail("transitions are not in order") }
        let indices = start + counts.transitions * timeSize
        let types = indices + counts.transitions
        let characters = bytes[(types + counts.types * 6)..<(types + counts.types * 6 + counts.characters)]
        func localTime(ofType type: Int) -> (offset: Int32, abbreviation: String)? {
            guard type < counts.types else { return nil }
            let offset = integer(bytes, at: types + type * 6, size: 4)
            let abbreviation = characters.dropFirst(Int(bytes[types + type * 6 + 5])).prefix { $0 != 0 }
            return abs(offset) < 26 * 3_600 ? (Int32(offset), String(decoding: abbreviation, as: UTF8.self)) : nil
        }
        var offsets: [Int32] = []
        var abbreviations: [String] = []
        // Type 0 holds before the first transition (RFC 8536, 3.2).
        for type in [0] + bytes[indices..<types].map({ Int($0) }) {
            guard let next = localTime(ofType: type) else { throw fail("no such local time type") }
            offsets.append(next.offset)
            abbreviations.append(next.abbreviation)
        }
        return TimeZoneRules(
            name: name, transitions: transitions, offsets: offsets, abbreviations: abbreviations, continuation: footer(bytes, from: end))
    }

    /// - Returns: nil where there is none, or an empty one: then the last offset stays.
    private static func footer(_ bytes: [UInt8], from end: Int) -> PosixTimeZone? {
        guard bytes[4] >= UInt8(ascii: "2"), end < bytes.count, bytes[end] == 0x0A,
            let close = bytes[(end + 1)...].firstIndex(of: 0x0A), close > end + 1
        else { return nil }
        return PosixTimeZone(parsing: Array(bytes[(end + 1)..<close]))
    }

    /// The counts of a header; nil for no header, or counts that the file cannot hold.
    private static func counts(_ bytes: [UInt8], at start: Int) -> Counts? {
        guard start >= 0, start + headerByteCount <= bytes.count, bytes[start...].starts(with: "TZif".utf8) else { return nil }
        func count(_ index: Int) -> Int { Int(integer(bytes, at: start + 20 + index * 4, size: 4)) }
        let counts = Counts(
            utcIndicators: count(0), standardIndicators: count(1), leapSeconds: count(2), transitions: count(3), types: count(4),
            characters: count(5))
        let all = [counts.utcIndicators, counts.standardIndicators, counts.leapSeconds, counts.transitions, counts.types, counts.characters]
        return all.allSatisfy { $0 >= 0 && $0 <= bytes.count } ? counts : nil
    }

    /// Big-endian, in two's complement, of 4 or 8 bytes.
    private static func integer(_ bytes: [UInt8], at place: Int, size: Int) -> Int64 {
        var value: UInt64 = 0
        for index in 0..<size { value = value << 8 | UInt64(bytes[place + index]) }
        return size == 4 ? Int64(Int32(truncatingIfNeeded: value)) : Int64(bitPattern: value)
    }
}

/// A POSIX TZ string, `EET-2EEST,M3.5.0/3,M10.5.0/4`, as TZif's footer has it: the rule for all years after the table.
///
/// Grammar (POSIX.1, "Other Environment Variables", TZ, with RFC 8536's hours of a change from -167 to 167):
///
///     zone    ::= name time [ name [ time ] change change ]
///     name    ::= at least three letters | "<" anything but ">" ">"
///     change  ::= "," ( "M" month "." week "." weekday | "J" 1…365 | 0…365 ) [ "/" time ]
///     time    ::= [ "+" | "-" ] hours [ ":" minutes [ ":" seconds ] ]
///
/// The first `time` of a zone counts to the west: `EET-2` is two hours east of Greenwich.
struct PosixTimeZone: Sendable {
    private enum DayRule: Sendable {
        /// `Mm.w.d`: weekday `d` (0 Sunday) of week `w` (5: the last) of month `m`.
        case monthly(month: Int, week: Int, weekday: Int)
        /// `Jn`: 1…365, 29 February never counted.
        case julian(Int)
        /// `n`: 0…365, 29 February counted.
        case dayOfYear(Int)
    }

    private struct Change: Sendable {
        var day: DayRule
        /// Local, since midnight; may lie outside the day.
        var seconds: Int
    }

    /// Seconds east of Greenwich, the opposite of how the text counts.
    private let standard: Int
    private let standardName: String
    /// Nil for a zone that has one offset all year.
    private let daylight: (offset: Int, name: String, start: Change, end: Change)?

    /// Without daylight saving: what always holds.
    var fixed: (offset: Int, name: String)? { daylight == nil ? (standard, standardName) : nil }

    /// Nil for what the grammar does not give, a name of daylight time without its changes included.
    ///
    /// - Parameter isSetting: as PostgreSQL takes it from people: names of any length and letters, or none.
    init?(parsing text: [UInt8], isSetting: Bool = false) {
        var reader = Reader(bytes: text, isSetting: isSetting)
        guard let standardName = reader.name(), let west = reader.time() else { return nil }
        self.standardName = standardName
        standard = -west
        guard !reader.isAtEnd else {
            daylight = nil
            return
        }
        guard let name = reader.name(), !name.isEmpty else { return nil }
        // Unless said otherwise daylight time is an hour ahead.
        var offset = standard + 3_600
        if let next = reader.next, next != UInt8(ascii: ",") {
            guard let west = reader.time() else { return nil }
            offset = -west
        }
        guard let start = reader.change(), let end = reader.change(), reader.isAtEnd else { return nil }
        daylight = (offset, name, start, end)
    }

    /// What the clocks show at an instant, in seconds since 1970-01-01T00:00Z: seconds east of Greenwich and the name of that time.
    func localTime(atUTCSeconds instant: Int64) -> (offset: Int, abbreviation: String) {
        guard let daylight else { return (standard, standardName) }
        // The year is that of the standard time's clocks; the quotient is rounded down, for instants before 1970 too.
        let days = Int((instant + Int64(standard)) / 86_400) - ((instant + Int64(standard)) % 86_400 < 0 ? 1 : 0)
        let year = Calendar.day(fromDays: max(min(days, 2_000_000_000), -2_000_000_000)).year
        // Daylight time begins by the clocks of standard time, and ends by those of daylight time.
        let start = Self.localSeconds(daylight.start, year: year) - Int64(standard)
        let end = Self.localSeconds(daylight.end, year: year) - Int64(daylight.offset)
        // South of the equator it holds over the turn of the year: outside of the time from its end to its start.
        let isDaylight = start < end ? instant >= start && instant < end : !(instant >= end && instant < start)
        return isDaylight ? (daylight.offset, daylight.name) : (standard, standardName)
    }

    /// When a change comes in a year, by the clocks of then: seconds since 1970-01-01T00:00, without an offset.
    private static func localSeconds(_ change: Change, year: Int) -> Int64 {
        let firstOfYear = Calendar.days(year: year, month: 1, day: 1)
        let day: Int
        switch change.day {
        case .dayOfYear(let number): day = firstOfYear + number
        // Day 60 is 1 March in every year: in leap years 29 February lies before it, uncounted.
        case .julian(let number): day = firstOfYear + number - 1 + (number >= 60 && Calendar.isLeap(year) ? 1 : 0)
        case .monthly(let month, let week, let weekday):
            let first = Calendar.days(year: year, month: month, day: 1)
            // Days from the month's first to its first such weekday. Week 5 may lie past the month's end, and then means the last.
            let lead = (weekday - Calendar.weekday(days: first) + 7) % 7
            var number = lead + (week - 1) * 7
            while number >= Calendar.dayCount(year: year, month: month) { number -= 7 }
            day = first + number
        }
        return Int64(day) * 86_400 + Int64(change.seconds)
    }

    /// Goes over the text's bytes; what does not fit leaves `place` where it failed, since all of it is refused then.
    private struct Reader {
        let bytes: [UInt8]
        let isSetting: Bool
        var place = 0

        var isAtEnd: Bool { place >= bytes.count }
        var next: UInt8? { place < bytes.count ? bytes[place] : nil }

        mutating func skip(_ byte: UInt8) -> Bool {
            guard next == byte else { return false }
            place += 1
            return true
        }

        /// Letters, or anything in angle brackets.
        mutating func name() -> String? {
            let isQuoted = skip(UInt8(ascii: "<"))
            let start = place
            if isQuoted {
                while let byte = next, byte != UInt8(ascii: ">") { place += 1 }
            } else if isSetting {
                while let byte = next, !(0x30...0x39).contains(byte), !",-+".utf8.contains(byte) { place += 1 }
            } else {
                while let byte = next, (byte | 0x20) >= 0x61, (byte | 0x20) <= 0x7A { place += 1 }
            }
            let name = String(decoding: bytes[start..<place], as: UTF8.self)
            return isQuoted ? (skip(UInt8(ascii: ">")) ? name : nil) : isSetting || place - start >= 3 ? name : nil
        }

        /// Decimal digits, four at most; nil without one.
        mutating func number() -> Int? {
            var value: Int?
            while let byte = next, byte >= 0x30, byte <= 0x39, (value ?? 0) < 1_000 {
                value = (value ?? 0) * 10 + Int(byte - 0x30)
                place += 1
            }
            return value
        }

        /// `[+-]hh[:mm[:ss]]` in seconds.
        mutating func time() -> Int? {
            let isNegative = skip(UInt8(ascii: "-"))
            if !isNegative { _ = skip(UInt8(ascii: "+")) }
            guard let hours = number(), hours <= 167 else { return nil }
            var seconds = hours * 3_600
            if skip(UInt8(ascii: ":")) {
                guard let minutes = number(), minutes < 60 else { return nil }
                seconds += minutes * 60
                if skip(UInt8(ascii: ":")) {
                    guard let rest = number(), rest < 60 else { return nil }
                    seconds += rest
                }
            }
            return isNegative ? -seconds : seconds
        }

        /// `,M3.5.0/3`: the day, and the time on it, which is two o'clock where the text has none.
        mutating func change() -> Change? {
            guard skip(UInt8(ascii: ",")) else { return nil }
            let day: DayRule
            if skip(UInt8(ascii: "M")) {
                guard let month = number(), month >= 1, month <= 12, skip(UInt8(ascii: ".")), let week = number(), week >= 1, week <= 5,
                    skip(UInt8(ascii: ".")), let weekday = number(), weekday <= 6
                else { return nil }
                day = .monthly(month: month, week: week, weekday: weekday)
            } else if skip(UInt8(ascii: "J")) {
                guard let number = number(), number >= 1, number <= 365 else { return nil }
                day = .julian(number)
            } else {
                guard let number = number(), number <= 365 else { return nil }
                day = .dayOfYear(number)
            }
            var seconds = 7_200
            if skip(UInt8(ascii: "/")) {
                guard let time = time() else { return nil }
                seconds = time
            }
            return Change(day: day, seconds: seconds)
        }
    }
}
