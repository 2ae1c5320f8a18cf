internal import Glibc
package import ColumnStore

/// Reads an interval as PostgreSQL 15 does: `1 year 2 mons -3 days 04:05:06.7 ago`, `1-2`, and ISO 8601's `P1Y2M3DT4H5M6.7S`. One reading
/// for literals and for casts at run time.
package enum IntervalText {
    /// The fields of `INTERVAL '…' DAY TO SECOND`: which unit a bare number has, and what finer than the last is cut off.
    package enum Fields: String, Sendable {
        case year, month, day, hour, minute, second
        case yearToMonth = "year to month", dayToHour = "day to hour", dayToMinute = "day to minute", dayToSecond = "day to second"
        case hourToMinute = "hour to minute", hourToSecond = "hour to second", minuteToSecond = "minute to second"

        /// As PostgreSQL's typmod has them: a bit for each, by the numbers of src/include/utils/datetime.h.
        var bits: Int {
            let (month, year, day, hour, minute, second) = (1 << 1, 1 << 2, 1 << 3, 1 << 10, 1 << 11, 1 << 12)
            return switch self {
            case .year: year
            case .month: month
            case .day: day
            case .hour: hour
            case .minute: minute
            case .second: second
            case .yearToMonth: year | month
            case .dayToHour: day | hour
            case .dayToMinute: day | hour | minute
            case .dayToSecond: day | hour | minute | second
            case .hourToMinute: hour | minute
            case .hourToSecond: hour | minute | second
            case .minuteToSecond: minute | second
            }
        }

        fileprivate var lastUnit: Unit {
            switch self {
            case .year: .year
            case .month, .yearToMonth: .month
            case .day: .day
            case .hour, .dayToHour: .hour
            case .minute, .dayToMinute, .hourToMinute: .minute
            case .second, .dayToSecond, .hourToSecond, .minuteToSecond: .second
            }
        }
    }

    /// Nil when the text is none, or past the range of a part.
    ///
    /// - Parameter style: the session's. By SQL's standard the sign that a text begins with is that of all its parts, unless another has one of its own.
    package static func read(_ text: ArraySlice<UInt8>, fields: Fields? = nil, style: IntervalStyle = .postgres) -> Interval? {
        if let tokens = DateTimeTokens.split(text) {
            switch verbose(tokens, fields, signsAll: style == .sqlStandard && isSignedOnce(tokens)) {
            case .read(let sum): return sum.interval.map { cut($0, fields) }
            case .outOfRange: return nil
            case .other: break
            }
        }
        var reader = ISOReader(text)
        guard reader.read() else { return nil }
        return reader.sum.interval.map { cut($0, fields) }
    }

    /// What is wrong with a text that was not read: an interval whose numbers are too large, or none.
    static func fault(of text: ArraySlice<UInt8>, fields: Fields? = nil) -> QueryError.Cause {
        if let tokens = DateTimeTokens.split(text) {
            switch verbose(tokens, fields) {
            case .read: return .timeOutOfRange
            case .outOfRange: return .intervalOverflow
            case .other: break
            }
        }
        var reader = ISOReader(text)
        // Each number has room in its field, and the months of years have none.
        if reader.read() { return .timeOutOfRange }
        if reader.isOutOfRange { return .intervalOverflow }
        // Digits alone make a number too large for its field.
        let digits = text.drop { $0 == 0x20 }.dropFirst().prefix(while: DateTimeTokens.isDigit)
        return text.drop { $0 == 0x20 }.first == UInt8(ascii: "P") && digits.count > 9 ? .intervalOverflow : .invalidTime
    }

    /// With so many digits of a second at most; half of the last goes away from zero. Nil past the range.
    static func rounded(_ interval: Interval, digitCount: Int) -> Interval? {
        guard digitCount < 6 else { return interval }
        let step = (max(0, digitCount)..<6).reduce(Int64(1)) { product, _ in product * 10 }
        let half = interval.microseconds < 0 ? -step / 2 : step / 2
        guard let sum = interval.microseconds.addingOrNil(half) else { return nil }
        return Interval(months: interval.months, days: interval.days, microseconds: sum / step * step)
    }

    static func cut(_ interval: Interval, _ fields: Fields?) -> Interval {
        func time(to unit: Int64) -> Interval {
            Interval(months: interval.months, days: interval.days, microseconds: interval.microseconds / unit * unit)
        }
        return switch fields?.lastUnit {
        case .year: Interval(months: interval.months / 12 * 12)
        case .month: Interval(months: interval.months)
        case .day: Interval(months: interval.months, days: interval.days)
        case .hour: time(to: 3_600_000_000)
        case .minute: time(to: 60_000_000)
        default: interval
        }
    }

    // MARK: Words and numbers

    private enum Reading {
        case read(IntervalSum)
        /// No interval of this form.
        case other
        case outOfRange
    }

    /// Whether the first part has a minus, and no other a sign.
    private static func isSignedOnce(_ tokens: [DateTimeTokens.Token]) -> Bool {
        tokens.first?.text.first == UInt8(ascii: "-") && !tokens.dropFirst().contains { $0.text.first == UInt8(ascii: "-") || $0.text.first == UInt8(ascii: "+") }
    }

    /// From the right to the left, as PostgreSQL reads it: a unit stands behind its number.
    private static func verbose(_ tokens: [DateTimeTokens.Token], _ fields: Fields?, signsAll: Bool = false) -> Reading {
        var sum = IntervalSum()
        var unit: Unit?
        var isAgo = false
        // Behind AGO a number must have its unit.
        var wantsUnit = false
        for token in tokens.reversed() {
            switch token.kind {
            case .time:
                switch clock(token.text[...], fields, &sum) {
                case .read: (unit, wantsUnit) = (.day, false)
                case let fault: return fault
                }
            case .signed where token.text.contains(UInt8(ascii: ":")):
                switch clock(token.text.dropFirst(), fields, &sum) {
                case .read: (unit, wantsUnit) = (.day, false)
                case let fault: return fault
                }
                if token.text.first == UInt8(ascii: "-"), !sum.negateTime() { return .outOfRange }
            case .date, .number, .signed:
                if wantsUnit { return .other }
                let bare = unit ?? fields?.lastUnit ?? .second
                switch number(token.text, bare, &sum, &unit) {
                case .read: break
                case let fault: return fault
                }
            case .word, .signedWord:
                switch DecodedWord(token.text) {
                case .unit(let known): (unit, wantsUnit) = (known, false)
                case .ago: (isAgo, wantsUnit) = (true, true)
                case .filler: continue
                case nil: return .other
                }
            }
        }
        guard !sum.seen.isEmpty else { return .other }
        if signsAll { sum.makeNegative() }
        if isAgo, !sum.negate() { return .outOfRange }
        return .read(sum)
    }

    private enum DecodedWord {
        case unit(Unit), ago, filler

        init?(_ word: [UInt8]) {
            let key = String(decoding: word.prefix(10), as: UTF8.self)
            if key == "ago" {
                self = .ago
            } else if let unit = Unit.named[key] {
                self = .unit(unit)
            } else if case .filler? = DateTimeWord(word) {
                self = .filler
            } else {
                return nil
            }
        }
    }

    /// `H:M`, `H:M:S[.f]`, `M:S.f`: takes the place of the time, which nothing may have given before.
    private static func clock(_ text: ArraySlice<UInt8>, _ fields: Fields?, _ sum: inout IntervalSum) -> Reading {
        var rest = text
        let digits = rest.prefix(while: DateTimeTokens.isDigit)
        guard let first = Int64(String(decoding: digits, as: UTF8.self)) else { return .outOfRange }
        rest = rest[digits.endIndex...].dropFirst()
        guard let middle = DateTimeTokens.leadingInteger(&rest) else { return .other }
        var (hours, minutes, seconds, fraction) = (first, Int64(middle), Int64(0), 0.0)
        if rest.isEmpty {
            if fields == .minuteToSecond { (hours, minutes, seconds) = (0, first, Int64(middle)) }
        } else if rest.first == UInt8(ascii: ".") {
            guard let part = DateTimeTokens.fraction(rest) else { return .other }
            (hours, minutes, seconds, fraction) = (0, first, Int64(middle), part)
        } else {
            rest.removeFirst()
            guard let last = DateTimeTokens.leadingInteger(&rest) else { return .other }
            seconds = Int64(last)
            if !rest.isEmpty {
                guard let part = DateTimeTokens.fraction(rest) else { return .other }
                fraction = part
            }
        }
        guard minutes <= 59, seconds <= 60 else { return .outOfRange }
        guard sum.seen.isDisjoint(with: .time) else { return .other }
        sum.seen.formUnion(.time)
        // Below 3,661 seconds: only the hours can be too many.
        let microseconds = (minutes * 60 + seconds) * 1_000_000 + Int64(saturating: (fraction * 1_000_000).rounded(.toNearestOrEven))
        guard let total = hours.multipliedOrNil(by: 3_600_000_000)?.addingOrNil(microseconds) else { return .outOfRange }
        sum.microseconds = total
        return .read(sum)
    }

    /// A number of `bare`, or `Y-M`.
    private static func number(_ text: [UInt8], _ bare: Unit, _ sum: inout IntervalSum, _ unit: inout Unit?) -> Reading {
        var rest = text[...]
        let isNegative = ValueText.takeSign(&rest)
        let digits = rest.prefix(while: DateTimeTokens.isDigit)
        rest = rest[digits.endIndex...]
        guard let value = Int64((isNegative ? "-" : "") + (digits.isEmpty ? "0" : String(decoding: digits, as: UTF8.self))) else { return .outOfRange }
        unit = bare
        switch rest.first {
        case UInt8(ascii: "-"):
            rest.removeFirst()
            guard var months = rest.isEmpty ? 0 : DateTimeTokens.leadingInteger(&rest), months <= 11 else { return .outOfRange }
            guard rest.isEmpty else { return .other }
            if isNegative { months = -months }
            guard let total = value.multipliedOrNil(by: 12)?.addingOrNil(Int64(months)) else { return .outOfRange }
            unit = .month
            return sum.add(total, 0, .month) ? noted(.month, &sum) : .outOfRange
        case UInt8(ascii: "."):
            guard let part = DateTimeTokens.fraction(rest) else { return .other }
            guard sum.add(value, isNegative ? -part : part, bare) else { return .outOfRange }
            if bare == .second, part != 0 { return noted(.partOfSecond, &sum) }
        case nil: guard sum.add(value, 0, bare) else { return .outOfRange }
        default: return .other
        }
        // `1 12`, of DAY TO HOUR: what stands before hours are days.
        if bare == .hour { unit = .day }
        return noted(bare.seen, &sum)
    }

    private static func noted(_ seen: IntervalSum.Seen, _ sum: inout IntervalSum) -> Reading {
        guard sum.seen.isDisjoint(with: seen) else { return .other }
        sum.seen.formUnion(seen)
        return .read(sum)
    }

    fileprivate enum Unit {
        case microsecond, millisecond, second, minute, hour, day, week, month, year, decade, century, millennium

        /// By PostgreSQL's names, which count by their first ten letters.
        static let named: [String: Unit] = {
            let names: [(Unit, String)] = [
                (.microsecond, "us usec usecond useconds usecs microsecon"), (.millisecond, "ms msec msecond mseconds msecs millisecon"),
                (.second, "s sec second seconds secs"), (.minute, "m min minute minutes mins"), (.hour, "h hour hours hr hrs"),
                (.day, "d day days"), (.week, "w week weeks"), (.month, "mon mons month months"), (.year, "y year years yr yrs"),
                (.decade, "dec decade decades decs"), (.century, "c cent centuries century"), (.millennium, "mil millennia millennium mils"),
            ]
            var found: [String: Unit] = [:]
            for (unit, words) in names { for word in words.split(separator: " ") { found[String(word)] = unit } }
            // Cut to ten letters like the words that are looked up.
            found["microsecond"] = nil
            for word in ["microseconds", "milliseconds"] { found[String(word.prefix(10))] = word.hasPrefix("mic") ? .microsecond : .millisecond }
            return found
        }()

        var seen: IntervalSum.Seen {
            switch self {
            case .microsecond: .microsecond
            case .millisecond: .millisecond
            case .second: .second
            case .minute: .minute
            case .hour: .hour
            case .day: .day
            case .week: .week
            case .month: .month
            case .year: .year
            case .decade: .decade
            case .century: .century
            case .millennium: .millennium
            }
        }
    }

    /// `P1Y2M3DT4H5M6.7S`, `P0001-02-03T04:05:06`, `P00010203T040506`.
    private struct ISOReader {
        private var rest: ArraySlice<UInt8>
        var sum = IntervalSum()
        /// It ended at a number for which its field has no room.
        private(set) var isOutOfRange = false

        init(_ text: ArraySlice<UInt8>) { rest = text }

        mutating func read() -> Bool {
            guard rest.count >= 2, rest.popFirst() == UInt8(ascii: "P") else { return false }
            var isTime = false, sawField = false
            while let first = rest.first {
                if first == UInt8(ascii: "T") {
                    rest.removeFirst()
                    (isTime, sawField) = (true, false)
                    continue
                }
                let start = rest
                guard let (value, part) = number() else { return false }
                let atMark = rest
                let mark = rest.popFirst()
                let digitCount = start.prefix(while: DateTimeTokens.isDigit).count
                let isAlone = mark == nil || (mark == UInt8(ascii: "T") && !isTime)
                if isAlone, !sawField, digitCount == (isTime ? 6 : 8) {
                    guard runTogether(value, part, isTime: isTime) else { return false }
                } else if isAlone || mark == UInt8(ascii: isTime ? ":" : "-") {
                    rest = atMark
                    guard !sawField, parted(value, part, isTime: isTime) else { return false }
                    if rest.isEmpty { return true }
                    continue
                } else {
                    guard let mark, let unit = unit(mark, isTime: isTime), add(value, part, unit) else { return false }
                    sawField = true
                    continue
                }
                guard mark != nil else { return true }
                (isTime, sawField) = (true, false)
            }
            return true
        }

        private mutating func add(_ value: Int64, _ part: Double, _ unit: Unit) -> Bool {
            if !sum.add(value, part, unit) { isOutOfRange = true }
            return !isOutOfRange
        }

        private func unit(_ mark: UInt8, isTime: Bool) -> Unit? {
            switch (mark, isTime) {
            case (UInt8(ascii: "Y"), false): .year
            case (UInt8(ascii: "M"), false): .month
            case (UInt8(ascii: "W"), false): .week
            case (UInt8(ascii: "D"), false): .day
            case (UInt8(ascii: "H"), true): .hour
            case (UInt8(ascii: "M"), true): .minute
            case (UInt8(ascii: "S"), true): .second
            default: nil
            }
        }

        /// `00010203` or `040506`.
        private mutating func runTogether(_ value: Int64, _ part: Double, isTime: Bool) -> Bool {
            let units: [Unit] = isTime ? [.hour, .minute, .second] : [.year, .month, .day]
            return add(value / 10_000, 0, units[0]) && add(value / 100 % 100, 0, units[1]) && add(value % 100, part, units[2])
        }

        /// `0001-02-03` or `04:05:06`, of which the last may be missing: `rest` begins with the mark behind the first.
        private mutating func parted(_ value: Int64, _ part: Double, isTime: Bool) -> Bool {
            let units: [Unit] = isTime ? [.hour, .minute, .second] : [.year, .month, .day]
            guard add(value, part, units[0]) else { return false }
            for unit in units.dropFirst() {
                guard let mark = rest.first, isTime || mark != UInt8(ascii: "T") else { return true }
                guard mark == UInt8(ascii: isTime ? ":" : "-") else { return false }
                rest.removeFirst()
                guard let (value, part) = number(), add(value, part, unit) else { return false }
            }
            return rest.isEmpty || (!isTime && rest.first == UInt8(ascii: "T"))
        }

        /// Whole part and fraction; an exponent is allowed, as PostgreSQL allows it.
        private mutating func number() -> (Int64, Double)? {
            guard let first = rest.first, DateTimeTokens.isDigit(first) || first == UInt8(ascii: "-") || first == UInt8(ascii: ".") else { return nil }
            var end = rest
            _ = ValueText.takeSign(&end)
            let mantissa = end
            end = end.drop(while: DateTimeTokens.isDigit)
            if end.first == UInt8(ascii: ".") { end = end.dropFirst().drop(while: DateTimeTokens.isDigit) }
            guard mantissa[..<end.startIndex].contains(where: DateTimeTokens.isDigit) else { return nil }
            if let mark = end.first, mark | 0x20 == UInt8(ascii: "e") {
                var exponent = end.dropFirst()
                _ = ValueText.takeSign(&exponent)
                let digits = exponent.prefix(while: DateTimeTokens.isDigit)
                if !digits.isEmpty { end = exponent[digits.endIndex...] }
            }
            guard let value = Double(Self.padded(rest[..<end.startIndex])), value >= -1.0e15, value <= 1.0e15, let whole = Int64(wholePartOf: value)
            else { return nil }
            rest = rest[end.startIndex...]
            return (whole, value - Double(whole))
        }

        /// `.5` and `5.`, which C reads, with the zeros that Swift wants.
        private static func padded(_ text: ArraySlice<UInt8>) -> String {
            let text = String(decoding: text, as: UTF8.self)
            return text.utf8.starts(with: "-.".utf8) ? "-0" + text.dropFirst() : text.utf8.first == 0x2E ? "0" + text : text.utf8.last == 0x2E ? text + "0" : text
        }
    }
}

/// The parts of an interval while it is read, each within its range; nothing here wraps or traps.
private struct IntervalSum {
    /// What the text has said already: nothing may come twice.
    struct Seen: OptionSet {
        let rawValue: Int
        static let microsecond = Seen(rawValue: 1), millisecond = Seen(rawValue: 2), second = Seen(rawValue: 4), minute = Seen(rawValue: 8)
        static let hour = Seen(rawValue: 16), day = Seen(rawValue: 32), week = Seen(rawValue: 64), month = Seen(rawValue: 128)
        static let year = Seen(rawValue: 256), decade = Seen(rawValue: 512), century = Seen(rawValue: 1_024), millennium = Seen(rawValue: 2_048)
        static let partOfSecond: Seen = [.microsecond, .millisecond, .second]
        static let time: Seen = [.microsecond, .millisecond, .second, .minute, .hour]
    }

    var years: Int32 = 0, months: Int32 = 0, days: Int32 = 0
    var microseconds: Int64 = 0
    var seen: Seen = []

    var interval: Interval? {
        guard let months = Int32(exactly: Int64(years) * 12 + Int64(months)) else { return nil }
        return Interval(months: months, days: days, microseconds: microseconds)
    }

    mutating func negateTime() -> Bool {
        guard let negated = microseconds.negatedOrNil else { return false }
        microseconds = negated
        return true
    }

    /// Every part that is above zero becomes as much below it, for which there is room.
    mutating func makeNegative() {
        func below<Number: FixedWidthInteger>(_ number: Number) -> Number { number > 0 ? number.negatedOrNil ?? number : number }
        (years, months, days, microseconds) = (below(years), below(months), below(days), below(microseconds))
    }

    mutating func negate() -> Bool {
        guard let years = years.negatedOrNil, let months = months.negatedOrNil, let days = days.negatedOrNil, negateTime() else { return false }
        (self.years, self.months, self.days) = (years, months, days)
        return true
    }

    /// Adds `value` and `part`, below one, of a unit: a part of a year becomes months, one of a month or a week days, one of a day time.
    /// - Returns: false where a count leaves its range.
    fileprivate mutating func add(_ value: Int64, _ part: Double, _ unit: IntervalText.Unit) -> Bool {
        switch unit {
        case .microsecond: return addTime(value, part, 1)
        case .millisecond: return addTime(value, part, 1_000)
        case .second: return addTime(value, part, 1_000_000)
        case .minute: return addTime(value, part, 60_000_000)
        case .hour: return addTime(value, part, 3_600_000_000)
        case .day: return Self.add(value, 1, to: &days) && addTime(0, part, Calendar.microsecondsPerDay)
        case .week: return Self.add(value, 7, to: &days) && addDays(part, 7)
        case .month: return Self.add(value, 1, to: &months) && addDays(part, 30)
        case .year: return addYears(value, part, 1)
        case .decade: return addYears(value, part, 10)
        case .century: return addYears(value, part, 100)
        case .millennium: return addYears(value, part, 1_000)
        }
    }

    private static func add(_ value: Int64, _ scale: Int32, to count: inout Int32) -> Bool {
        guard let narrow = Int32(exactly: value), let sum = narrow.multipliedOrNil(by: scale).flatMap({ count.addingOrNil($0) }) else { return false }
        count = sum
        return true
    }

    private mutating func addTime(_ value: Int64, _ part: Double, _ scale: Int64) -> Bool {
        let scaled = part * Double(scale)
        let whole = scaled.rounded(.towardZero)
        let rest = scaled - whole
        let more = Int64(saturating: whole) + (rest > 0.5 ? 1 : rest < -0.5 ? -1 : 0)
        guard let product = value.multipliedOrNil(by: scale), let sum = microseconds.addingOrNil(product)?.addingOrNil(more) else { return false }
        microseconds = sum
        return true
    }

    private mutating func addDays(_ part: Double, _ scale: Double) -> Bool {
        let scaled = part * scale
        let whole = scaled.rounded(.towardZero)
        return Self.add(Int64(saturating: whole), 1, to: &days) && addTime(0, scaled - whole, Calendar.microsecondsPerDay)
    }

    private mutating func addYears(_ value: Int64, _ part: Double, _ scale: Int32) -> Bool {
        Self.add(value, scale, to: &years) && Self.add(Int64(saturating: (part * Double(scale) * 12).rounded(.toNearestOrEven)), 1, to: &months)
    }
}
