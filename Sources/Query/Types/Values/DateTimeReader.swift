import ColumnStore

/// What the pieces read so far have said.
struct DateTimeReader {
    private struct Fields: OptionSet {
        let rawValue: Int
        static let year = Fields(rawValue: 1), month = Fields(rawValue: 2), day = Fields(rawValue: 4), time = Fields(rawValue: 8)
        static let zone = Fields(rawValue: 16), dayOfYear = Fields(rawValue: 32), meridiem = Fields(rawValue: 64), era = Fields(rawValue: 128)
        static let weekday = Fields(rawValue: 256), daylight = Fields(rawValue: 512), reserved = Fields(rawValue: 1_024)
        static let date: Fields = [.year, .month, .day]
    }

    /// What a word says of the whole, whatever else is said: PostgreSQL 15 looks at nothing else then, unless a word for now stands behind it.
    private enum Reserved { case epoch, infinity(isBefore: Bool) }

    private var seen: Fields = []
    private var year = 0, month = 0, day = 0, dayOfYear = 0
    private var hour = 0, minute = 0, second = 0
    private var fraction: Int64 = 0
    private var hasTextMonth = false, hasShortYear = false, isBC = false
    private var isAfternoon: Bool?
    private var expectsTime = false, expectsJulian = false
    private var zone: DateTimeText.Zone?
    private var reserved: Reserved?
    private var isOfNow = false
    /// What the zone's abbreviation is: of no summer, and of a zone's history.
    private var isPlainZone = false, isOfHistory = false
    /// Said otherwise than by a year, a month and a day; and by hours, minutes and seconds.
    private var givenDays: Int?, givenTime: Int64?
    private let session: DateTimeText.Session
    /// What stopped the reading.
    private(set) var fault = QueryError.Cause.invalidTime

    init(_ session: DateTimeText.Session) { self.session = session }

    /// Nothing may be said twice.
    private mutating func note(_ fields: Fields) -> Bool {
        guard seen.isDisjoint(with: fields) else { return false }
        seen.formUnion(fields)
        return true
    }

    /// A number that no calendar and no clock has.
    private mutating func outOfRange() -> Bool {
        fault = .timeOutOfRange
        return false
    }

    /// A whole number at the start of `text`; one of more than 32 bits is out of range.
    private mutating func leadingInteger(_ text: inout ArraySlice<UInt8>) -> Int? {
        if let value = DateTimeTokens.leadingInteger(&text) { return value }
        if text.first.map(DateTimeTokens.isDigit) == true { fault = .timeOutOfRange }
        return nil
    }

    mutating func take(_ tokens: [DateTimeTokens.Token]) -> Bool {
        for (index, token) in tokens.enumerated() {
            let isTaken: Bool
            switch token.kind {
            case .date: isTaken = takeDate(token.text)
            case .time:
                expectsTime = false
                isTaken = !expectsJulian && takeTime(token.text[...]) && note(.time)
            case .signed: isTaken = !expectsTime && takeOffset(token.text[...]) && note(.zone)
            case .number: isTaken = takeNumberToken(token.text)
            case .word: isTaken = takeWord(token.text, isLast: index == tokens.count - 1)
            case .signedWord: isTaken = token.text == Array("-infinity".utf8) && takeReserved(.infinity(isBefore: true))
            }
            guard isTaken else { return false }
        }
        return !expectsTime
    }

    private mutating func takeReserved(_ word: Reserved) -> Bool {
        reserved = word
        return note(.reserved)
    }

    // MARK: Dates

    private mutating func takeDate(_ text: [UInt8]) -> Bool {
        if expectsJulian {
            // `J2451187-08`
            guard let dash = text.firstIndex(of: UInt8(ascii: "-")), takeJulian(text[..<dash]), takeOffset(text[dash...]) else { return false }
            return note([.time, .zone])
        }
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
        // A month's name first: with it the numbers' meanings are known.
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
        // As PostgreSQL has it, no time stands before a date that is written in one piece, and no `MSK`.
        return !isOfHistory && seen.subtracting([.zone, .dayOfYear]) == .date
    }

    /// A number that stands alone.
    private mutating func takeNumberToken(_ text: [UInt8]) -> Bool {
        let whole = text.prefix { $0 != UInt8(ascii: ".") }
        let hasMark = whole.count < text.count
        if expectsJulian { return takeJulian(text[...]) }
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
        guard let value = leadingInteger(&rest) else { return false }
        if !rest.isEmpty {
            guard rest.first == UInt8(ascii: "."), text.count - rest.count > 2 else { return false }
            return takeRunTogether(text)
        }
        let known = seen.intersection(.date)
        if text.count == 3, known == .year, (1...366).contains(value) {
            dayOfYear = value
            return note([.dayOfYear, .month, .day])
        }
        let isYearFirst = text.count >= 3 || session.order == .ymd
        switch known {
        case []: return isYearFirst ? takeYear(value, text.count) : session.order == .dmy ? takeDay(value) : takeMonth(value)
        case .year: return takeMonth(value)
        case .month: return hasTextMonth && isYearFirst ? takeYear(value, text.count) : takeDay(value)
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

    /// Days since 24 November 4714 BC, the last perhaps in parts.
    private mutating func takeJulian(_ text: ArraySlice<UInt8>) -> Bool {
        expectsJulian = false
        var rest = text
        guard let value = leadingInteger(&rest), note(.date) else { return false }
        givenDays = value - 2_440_588
        if rest.isEmpty { return true }
        guard let part = DateTimeTokens.fraction(rest), note(.time) else { return false }
        givenTime = Int64(saturating: (part * Double(Calendar.microsecondsPerDay)).rounded(.towardZero))
        return true
    }

    /// `now`, and days from today.
    private mutating func takeNow(_ shift: Int?) -> Bool {
        guard let now = session.now, let local = now.zone.local(fromUTC: now.instant) else { return false }
        let (days, time) = Calendar.split(microseconds: local)
        isOfNow = true
        reserved = nil
        givenDays = days + (shift ?? 0)
        if shift != nil { return note(.date) }
        givenTime = time
        zone = .offset(secondsEast: Int((local - now.instant) / Calendar.microsecondsPerSecond))
        return note([.year, .month, .day, .time, .zone])
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
            else { return outOfRange() }
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
        guard let first = leadingInteger(&rest), rest.popFirst() == UInt8(ascii: ":"),
            let middle = leadingInteger(&rest)
        else { return false }
        (hour, minute, second, fraction) = (first, middle, 0, 0)
        if rest.first == UInt8(ascii: ".") {
            guard let part = DateTimeTokens.fraction(rest) else { return false }
            (hour, minute, second, fraction) = (0, first, middle, Self.microseconds(part))
        } else if rest.popFirst() != nil {
            guard let last = leadingInteger(&rest) else { return false }
            second = last
            if !rest.isEmpty {
                guard let part = DateTimeTokens.fraction(rest) else { return false }
                fraction = Self.microseconds(part)
            }
        }
        guard minute <= 59, second <= 60, hour < 24 || (hour == 24 && minute == 0 && second == 0 && fraction == 0) else { return outOfRange() }
        return true
    }

    private mutating func takeOffset(_ text: ArraySlice<UInt8>) -> Bool {
        switch DateTimeText.offset(text) {
        case .secondsEast(let east):
            zone = .offset(secondsEast: east)
            return true
        case .outOfRange:
            fault = .badOffset
            return false
        case .malformed: return false
        }
    }

    private mutating func takeZone(named text: [UInt8]) -> Bool {
        guard let rules = TimeZoneNames.rules(named: String(word: text)) else {
            if text.contains(UInt8(ascii: "/")) { fault = .badValue }
            return false
        }
        zone = .rules(rules)
        return note(.zone)
    }

    private mutating func takeWord(_ text: [UInt8], isLast: Bool) -> Bool {
        let name = String(word: text)
        if let offset = TimeZoneNames.offset(ofAbbreviation: name) {
            zone = .offset(secondsEast: offset)
            isPlainZone = !TimeZoneNames.ofSummers.contains(name)
            return note(.zone)
        }
        if let rules = TimeZoneNames.rules(ofAbbreviation: name) {
            zone = .rules(rules)
            isOfHistory = true
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
        case .epoch: return takeReserved(.epoch)
        case .infinity: return takeReserved(.infinity(isBefore: false))
        case .now(let shift): return takeNow(shift)
        case .julianFollows:
            // Where no number follows, it says nothing.
            expectsJulian = true
            return true
        case .midnight:
            zone = .offset(secondsEast: 0)
            reserved = nil
            return note([.time, .zone])
        case .daylight:
            guard isPlainZone, case .offset(let seconds)? = zone else { return false }
            zone = .offset(secondsEast: seconds + 3_600)
            return note(.daylight)
        case .unread: return false
        case nil: return takeZone(named: text)
        }
    }

    // MARK: The whole

    mutating func finish() -> DateTimeText? {
        switch reserved {
        case .epoch?: return DateTimeText(days: 0, microseconds: 0, zone: .offset(secondsEast: 0), hasTime: false)
        case .infinity(let isBefore)?: return DateTimeText(days: 0, microseconds: 0, hasTime: false, isInfiniteBefore: isBefore)
        case nil: break
        }
        // As there, numbers are looked at before what lacks.
        guard hasPlausibleNumbers, hasPlausibleHour else {
            fault = .timeOutOfRange
            return nil
        }
        guard seen.isSuperset(of: .date) else { return nil }
        var days = givenDays
        if days != nil {
            guard !isBC else { return nil }
        } else if isBC {
            year = 1 - year
        } else if hasShortYear {
            year += year < 70 ? 2_000 : 1_900
        }
        if days == nil, year < 6_000_000 { days = validDays() }
        guard let days else {
            fault = .timeOutOfRange
            return nil
        }
        if let isAfternoon {
            guard givenTime == nil else { return nil }
            hour = hour % 12 + (isAfternoon ? 12 : 0)
        }
        // Two digits each, or checked above: far from any end.
        let time = givenTime ?? Int64((hour * 60 + minute) * 60 + second) * Calendar.microsecondsPerSecond + fraction
        return DateTimeText(days: days, microseconds: time, zone: zone, hasTime: seen.contains(.time), isOfNow: isOfNow)
    }

    /// No year is 0 but one of two digits, and no number is a month's or a day's that none of them has.
    private var hasPlausibleNumbers: Bool {
        guard givenDays == nil else { return true }
        if seen.contains(.year), year <= 0, isBC || !hasShortYear { return false }
        guard !seen.contains(.dayOfYear) else { return true }
        return (!seen.contains(.month) || (1...12).contains(month)) && (!seen.contains(.day) || (1...31).contains(day))
    }

    /// Halves of the day have hours up to 12.
    private var hasPlausibleHour: Bool { isAfternoon == nil || hour <= 12 }

    private func validDays() -> Int? {
        // An offset may bring a day into the range that is out of it: the caller checks that.
        guard year > -5_000 else { return nil }
        guard seen.contains(.dayOfYear) else {
            guard (1...12).contains(month), day >= 1, day <= Calendar.dayCount(year: year, month: month) else { return nil }
            return Calendar.days(year: year, month: month, day: day)
        }
        return Calendar.days(year: year, month: 1, day: 1) + dayOfYear - 1
    }
}
