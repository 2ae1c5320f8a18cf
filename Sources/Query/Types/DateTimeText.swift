internal import Glibc
import ColumnStore

/// A date and time in text, read as PostgreSQL's `DecodeDateTime` reads it (DateStyle ISO, MDY): every piece must mean something, and no
/// two the same. One reading for literals and for casts at run time.
///
/// Not read, and so refused: `now`, `today` and their like, `infinity`, Julian days, and labels as in `y2001m02d04`.
struct DateTimeText {
    enum Zone: Sendable {
        case offset(secondsEast: Int)
        case rules(TimeZoneRules)
    }

    /// As the calendar on the wall says.
    var days: Int
    /// Since that day's midnight: 24:00 and a little more may stand here.
    var microseconds: Int64
    var zone: Zone?

    /// Nil when the text is no date, or one that is not in the calendar.
    static func read(_ text: [UInt8]) -> DateTimeText? { read(text[...]) }

    /// Nil when the text is no date, or one that is not in the calendar.
    static func read(_ text: ArraySlice<UInt8>) -> DateTimeText? {
        if let plain = plain(text) { return plain }
        guard let tokens = DateTimeTokens.split(text), !tokens.isEmpty else { return nil }
        var reader = DateTimeReader()
        guard reader.take(tokens) else { return nil }
        return reader.finish()
    }

    /// TIME: a clock's reading by itself, or that of a date with one; microseconds since midnight, at most those of a day.
    static func time(of text: ArraySlice<UInt8>) -> Int64? {
        if let plain = Calendar.parseTime(text) { return plain }
        // Halves of the day, and what else a time may be said with, are those of any date.
        var dated = Array("2000-01-01 ".utf8)
        dated.append(contentsOf: text)
        guard let moment = read(dated) ?? read(text), (0...Calendar.microsecondsPerDay).contains(moment.microseconds) else { return nil }
        return moment.microseconds
    }

    /// Whether a text that is not read names a place that tzdata has not: the only thing that its writer may have to hear.
    static func namesUnknownZone(_ text: ArraySlice<UInt8>) -> Bool {
        guard let tokens = DateTimeTokens.split(text) else { return false }
        var reader = DateTimeReader()
        return !reader.take(tokens) && reader.namesUnknownZone
    }

    /// DATE: whatever the time and the zone are.
    var date: Int64? { Calendar.dayRange.contains(days) ? Int64(days) : nil }

    /// TIMESTAMP: whatever the zone is. Nil out of its range.
    var local: Int64? {
        guard let midnight = Int64(days).multipliedOrNil(by: Calendar.microsecondsPerDay) else { return nil }
        return midnight.addingOrNil(microseconds).flatMap(Self.checked)
    }

    /// TIMESTAMPTZ: the instant in the text's own zone, else in the session's. Nil out of its range.
    func instant(inSession session: TimeZoneRules) -> Int64? {
        // An offset may bring a local time that is out of range back into it.
        guard let local = Int64(days).multipliedOrNil(by: Calendar.microsecondsPerDay)?.addingOrNil(microseconds) else { return nil }
        switch zone {
        case .offset(let seconds): return local.subtractingOrNil(Int64(seconds) * Calendar.microsecondsPerSecond).flatMap(Self.checked)
        case .rules(let rules): return Self.checked(local).flatMap { Self.checked(rules.utc(fromLocal: $0)) }
        case nil: return Self.checked(local).flatMap { Self.checked(session.utc(fromLocal: $0)) }
        }
    }

    private static func checked(_ microseconds: Int64) -> Int64? { Calendar.timestampRange.contains(microseconds) ? microseconds : nil }

    /// `2026-11-20`, `2026-11-20 14:03:07.5`, with or without an offset: what columns of text mostly hold, without cutting it up.
    private static func plain(_ text: ArraySlice<UInt8>) -> DateTimeText? {
        let start = text.startIndex
        guard text.count >= 10, text.count <= 40, text[start + 4] == UInt8(ascii: "-"), text[start + 7] == UInt8(ascii: "-") else { return nil }
        var fractionDigits = -1
        for byte in text.dropFirst(10) {
            if DateTimeTokens.isDigit(byte) {
                if fractionDigits >= 0 { fractionDigits += 1 }
                continue
            }
            if fractionDigits > 6 { return nil }
            fractionDigits = byte == UInt8(ascii: ".") ? 0 : -1
            // Commas, names of zones, eras and halves of the day are for the long way.
            switch byte {
            case 0x20, UInt8(ascii: "T"), UInt8(ascii: "Z"), UInt8(ascii: ":"), UInt8(ascii: "."), UInt8(ascii: "+"), UInt8(ascii: "-"): break
            default: return nil
            }
        }
        guard fractionDigits <= 6, let moment = Calendar.parseMoment(text) else { return nil }
        // 24:00 and 23:59:60 are the next day's midnight; but a DATE of them is the day that stands there.
        if moment.hasTime, moment.timeMicroseconds == 0, !text.dropFirst(11).starts(with: "00".utf8) { return nil }
        return DateTimeText(
            days: moment.days, microseconds: moment.timeMicroseconds, zone: moment.offsetSeconds.map { .offset(secondsEast: $0) })
    }
}

/// What the pieces read so far have said.
private struct DateTimeReader {
    private struct Fields: OptionSet {
        let rawValue: Int
        static let year = Fields(rawValue: 1), month = Fields(rawValue: 2), day = Fields(rawValue: 4), time = Fields(rawValue: 8)
        static let zone = Fields(rawValue: 16), dayOfYear = Fields(rawValue: 32), meridiem = Fields(rawValue: 64), era = Fields(rawValue: 128)
        static let weekday = Fields(rawValue: 256)
        static let date: Fields = [.year, .month, .day]
    }

    private var seen: Fields = []
    private var year = 0, month = 0, day = 0, dayOfYear = 0
    private var hour = 0, minute = 0, second = 0
    private var fraction: Int64 = 0
    private var hasTextMonth = false, hasShortYear = false, isBC = false
    private var isAfternoon: Bool?
    private var expectsTime = false
    private var zone: DateTimeText.Zone?
    private var isEpoch = false
    /// `Europe/Nowhere` stopped the reading.
    private(set) var namesUnknownZone = false

    /// Nothing may be said twice.
    private mutating func note(_ fields: Fields) -> Bool {
        guard seen.isDisjoint(with: fields) else { return false }
        seen.formUnion(fields)
        return true
    }

    mutating func take(_ tokens: [DateTimeTokens.Token]) -> Bool {
        for (index, token) in tokens.enumerated() {
            let isTaken: Bool
            switch token.kind {
            case .date: isTaken = takeDate(token.text)
            case .time:
                expectsTime = false
                isTaken = takeTime(token.text[...]) && note(.time)
            case .signed: isTaken = takeOffset(token.text[...]) && note(.zone)
            case .number: isTaken = takeNumberToken(token.text)
            case .word: isTaken = takeWord(token.text, isLast: index == tokens.count - 1)
            case .signedWord: isTaken = false
            }
            guard isTaken else { return false }
        }
        return !expectsTime
    }

    // MARK: Dates

    private mutating func takeDate(_ text: [UInt8]) -> Bool {
        guard expectsTime || seen.isSuperset(of: [.month, .day]) else { return takeDateParts(text) }
        guard expectsTime || text.first.map(DateTimeTokens.isDigit) == true else { return takeZone(named: text) }
        // `040506-08`: a time with its offset.
        expectsTime = false
        guard !seen.contains(.time), let dash = text.firstIndex(of: UInt8(ascii: "-")), takeOffset(text[dash...]), note(.zone) else { return false }
        return takeRunTogether(text[..<dash])
    }

    /// Numbers and perhaps a month's name, with marks between.
    private mutating func takeDateParts(_ text: [UInt8]) -> Bool {
        var parts: [ArraySlice<UInt8>] = []
        var rest = text[...]
        while !rest.isEmpty {
            rest = rest.drop { !DateTimeTokens.isDigit($0) && !DateTimeTokens.isLetter($0) }
            guard let first = rest.first else { return false }
            let part = DateTimeTokens.isDigit(first) ? rest.prefix(while: DateTimeTokens.isDigit) : rest.prefix(while: DateTimeTokens.isLetter)
            parts.append(part)
            rest = rest[part.endIndex...].dropFirst()
        }
        // A month's name first: with it the numbers are told apart.
        for part in parts where DateTimeTokens.isLetter(part[part.startIndex]) {
            switch DateTimeWord(Array(part)) {
            case .filler: continue
            case .month(let number):
                guard note(.month) else { return false }
                (month, hasTextMonth) = (number, true)
            default: return false
            }
        }
        for part in parts where DateTimeTokens.isDigit(part[part.startIndex]) {
            guard takeNumber(part) else { return false }
        }
        // As PostgreSQL has it, no time stands before a date that is written in one piece.
        return seen.subtracting([.zone, .dayOfYear]) == .date
    }

    /// A number that stands alone.
    private mutating func takeNumberToken(_ text: [UInt8]) -> Bool {
        let whole = text.prefix { $0 != UInt8(ascii: ".") }
        let hasMark = whole.count < text.count
        if expectsTime {
            expectsTime = false
            return takeRunTogether(text[...])
        }
        if hasMark, seen.isDisjoint(with: .date) { return takeDateParts(text) }
        if hasMark, whole.count > 2 { return takeRunTogether(text[...]) }
        if text.count >= 6, seen.isDisjoint(with: .date) || !seen.contains(.time) { return takeRunTogether(text[...]) }
        return takeNumber(text[...])
    }

    /// One number of a date: which, the numbers before it and its own length say.
    private mutating func takeNumber(_ text: ArraySlice<UInt8>) -> Bool {
        var rest = text
        guard let value = DateTimeTokens.leadingInteger(&rest) else { return false }
        if !rest.isEmpty {
            guard rest.first == UInt8(ascii: "."), text.count - rest.count > 2 else { return false }
            return takeRunTogether(text)
        }
        let known = seen.intersection(.date)
        if text.count == 3, known == .year, (1...366).contains(value) {
            dayOfYear = value
            return note([.dayOfYear, .month, .day])
        }
        switch known {
        case []: return text.count >= 3 ? takeYear(value, text.count) : takeMonth(value)
        case .year: return takeMonth(value)
        case .month: return hasTextMonth && text.count >= 3 ? takeYear(value, text.count) : takeDay(value)
        case [.year, .month]:
            if hasTextMonth, text.count >= 3, hasShortYear {
                // The first number was the day after all.
                let day = year
                (year, hasShortYear) = (value, false)
                return takeDay(day)
            }
            return takeDay(value)
        case .day: return takeMonth(value)
        case [.month, .day]: return takeYear(value, text.count)
        case .date: return takeRunTogether(text)
        default: return false
        }
    }

    private mutating func takeYear(_ value: Int, _ digitCount: Int) -> Bool {
        (year, hasShortYear) = (value, digitCount <= 2)
        return note(.year)
    }

    private mutating func takeMonth(_ value: Int) -> Bool {
        month = value
        return note(.month)
    }

    private mutating func takeDay(_ value: Int) -> Bool {
        day = value
        return note(.day)
    }

    /// `20261120`, then `140307` or `1403`, with or without a fraction.
    private mutating func takeRunTogether(_ text: ArraySlice<UInt8>) -> Bool {
        let digits = text.prefix(while: DateTimeTokens.isDigit)
        func number(_ range: Range<Int>) -> Int? {
            Int(String(decoding: digits.dropFirst(range.lowerBound).prefix(range.count), as: UTF8.self))
        }
        let count = digits.count
        if count < text.count {
            guard let part = DateTimeTokens.fraction(text[digits.endIndex...]) else { return false }
            fraction = Self.microseconds(part)
        } else if !seen.isSuperset(of: .date), count >= 6 {
            // Years past the calendar have seven digits at most.
            guard count <= 11, let year = number(0..<(count - 4)), let month = number((count - 4)..<(count - 2)),
                let day = number((count - 2)..<count)
            else { return false }
            (self.year, self.month, self.day) = (year, month, day)
            if count == 6 { hasShortYear = true }
            return note(.date)
        }
        guard !seen.contains(.time), count == 6 || count == 4, let hour = number(0..<2), let minute = number(2..<4),
            let second = count == 6 ? number(4..<6) : 0
        else { return false }
        (self.hour, self.minute, self.second) = (hour, minute, second)
        return note(.time)
    }

    // MARK: Times and zones

    private static func microseconds(_ fraction: Double) -> Int64 { Int64(saturating: (fraction * 1_000_000).rounded(.toNearestOrEven)) }

    /// `H:M`, `H:M:S`, `H:M:S.f`; `M:S.f`.
    private mutating func takeTime(_ text: ArraySlice<UInt8>) -> Bool {
        var rest = text
        guard let first = DateTimeTokens.leadingInteger(&rest), rest.popFirst() == UInt8(ascii: ":"),
            let middle = DateTimeTokens.leadingInteger(&rest)
        else { return false }
        (hour, minute, second, fraction) = (first, middle, 0, 0)
        if rest.first == UInt8(ascii: ".") {
            guard let part = DateTimeTokens.fraction(rest) else { return false }
            (hour, minute, second, fraction) = (0, first, middle, Self.microseconds(part))
        } else if rest.popFirst() != nil {
            guard let last = DateTimeTokens.leadingInteger(&rest) else { return false }
            second = last
            if !rest.isEmpty {
                guard let part = DateTimeTokens.fraction(rest) else { return false }
                fraction = Self.microseconds(part)
            }
        }
        guard minute <= 59, second <= 60 else { return false }
        return hour < 24 || (hour == 24 && minute == 0 && second == 0 && fraction == 0)
    }

    /// `+02`, `+0200`, `+02:00:00`.
    private mutating func takeOffset(_ text: ArraySlice<UInt8>) -> Bool {
        var rest = text.dropFirst()
        guard var hours = DateTimeTokens.leadingInteger(&rest) else { return false }
        var minutes = 0, seconds = 0
        if rest.first == UInt8(ascii: ":") {
            rest.removeFirst()
            guard let value = DateTimeTokens.leadingInteger(&rest) else { return false }
            minutes = value
            if rest.first == UInt8(ascii: ":") {
                rest.removeFirst()
                guard let value = DateTimeTokens.leadingInteger(&rest) else { return false }
                seconds = value
            }
        } else if rest.isEmpty, text.count > 3 {
            (hours, minutes) = hours.quotientAndRemainder(dividingBy: 100)
        }
        guard rest.isEmpty, hours <= 15, minutes < 60, seconds < 60 else { return false }
        let east = (hours * 60 + minutes) * 60 + seconds
        zone = .offset(secondsEast: text.first == UInt8(ascii: "-") ? -east : east)
        return true
    }

    private mutating func takeZone(named text: [UInt8]) -> Bool {
        guard let rules = TimeZoneNames.rules(named: String(decoding: text, as: UTF8.self)) else {
            namesUnknownZone = text.contains(UInt8(ascii: "/"))
            return false
        }
        zone = .rules(rules)
        return note(.zone)
    }

    private mutating func takeWord(_ text: [UInt8], isLast: Bool) -> Bool {
        let name = String(decoding: text, as: UTF8.self)
        if let offset = TimeZoneNames.offset(ofAbbreviation: name) {
            zone = .offset(secondsEast: offset)
            return note(.zone)
        }
        switch DateTimeWord(text) {
        case .filler: return true
        case .month(let number):
            if seen.contains(.month), !hasTextMonth, !seen.contains(.day), (1...31).contains(month) {
                // What was taken for the month was the day.
                (day, month, hasTextMonth) = (month, number, true)
                return note(.day)
            }
            (month, hasTextMonth) = (number, true)
            return note(.month)
        case .weekday: return note(.weekday)
        case .era(let isBC):
            self.isBC = isBC
            return note(.era)
        case .meridiem(let isAfternoon):
            self.isAfternoon = isAfternoon
            return note(.meridiem)
        case .timeFollows:
            guard seen.isSuperset(of: .date), !isLast else { return false }
            expectsTime = true
            return true
        case .epoch:
            isEpoch = true
            return note([.year, .month, .day, .time, .zone])
        case .unread: return false
        case nil: return takeZone(named: text)
        }
    }

    // MARK: The whole

    mutating func finish() -> DateTimeText? {
        guard seen.isSuperset(of: .date) else { return nil }
        if isEpoch { return DateTimeText(days: 0, microseconds: 0, zone: .offset(secondsEast: 0)) }
        if isBC {
            guard year > 0 else { return nil }
            year = 1 - year
        } else if hasShortYear {
            year += year < 70 ? 2_000 : 1_900
        } else if year <= 0 {
            return nil
        }
        guard year < 6_000_000, let days = validDays() else { return nil }
        if let isAfternoon {
            guard hour <= 12 else { return nil }
            hour = hour % 12 + (isAfternoon ? 12 : 0)
        }
        // Two digits each, or checked above: far from any end.
        let time = Int64((hour * 60 + minute) * 60 + second) * Calendar.microsecondsPerSecond + fraction
        return DateTimeText(days: days, microseconds: time, zone: zone)
    }

    private func validDays() -> Int? {
        guard seen.contains(.dayOfYear) else { return Calendar.validDays(year: year, month: month, day: day) }
        let days = Calendar.days(year: year, month: 1, day: 1) + dayOfYear - 1
        return Calendar.dayRange.contains(days) ? days : nil
    }
}
