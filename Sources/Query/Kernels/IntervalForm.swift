import ColumnStore

/// INTERVAL as text: ISO 8601 (`P1Y2M3DT4H5M6.5S`) and PostgreSQL's own (`1 year 2 mons 3 days 04:05:06.5`).
enum IntervalForm {
    static func appendISO(_ interval: Interval, to text: inout [UInt8]) {
        text.append(UInt8(ascii: "P"))
        let start = text.count
        func part(_ value: Int64, _ unit: Character, _ text: inout [UInt8]) {
            guard value != 0, let unit = unit.asciiValue else { return }
            NumberText.appendInteger(value, to: &text)
            text.append(unit)
        }
        part(Int64(interval.months / 12), "Y", &text)
        part(Int64(interval.months % 12), "M", &text)
        part(Int64(interval.days), "D", &text)
        if interval.microseconds != 0 || text.count == start {
            text.append(UInt8(ascii: "T"))
            let seconds = interval.microseconds / Calendar.microsecondsPerSecond
            part(seconds / 3_600, "H", &text)
            part(seconds / 60 % 60, "M", &text)
            let rest = interval.microseconds % (60 * Calendar.microsecondsPerSecond)
            if rest != 0 || interval.microseconds == 0 {
                appendSeconds(rest, to: &text)
                text.append(UInt8(ascii: "S"))
            }
        }
    }

    private static func appendSeconds(_ microseconds: Int64, to text: inout [UInt8]) {
        var digits = microseconds
        var scale = 6
        while scale > 0, digits % 10 == 0 {
            digits /= 10
            scale -= 1
        }
        NumberText.appendDecimal(digits, scale: scale, to: &text)
    }

    static func appendPostgreSQL(_ interval: Interval, to text: inout [UInt8]) {
        let start = text.count
        func part(_ value: Int32, _ unit: String, _ text: inout [UInt8]) {
            guard value != 0 else { return }
            if text.count > start { text.append(0x20) }
            NumberText.appendInteger(Int64(value), to: &text)
            text.append(contentsOf: (value == 1 ? " \(unit)" : " \(unit)s").utf8)
        }
        part(interval.months / 12, "year", &text)
        part(interval.months % 12, "mon", &text)
        part(interval.days, "day", &text)
        if interval.microseconds != 0 || text.count == start {
            if text.count > start { text.append(0x20) }
            if interval.microseconds < 0 { text.append(UInt8(ascii: "-")) }
            let magnitude = interval.microseconds.magnitude
            Calendar.appendPadded(Int(magnitude / 3_600_000_000), width: 2, to: &text)
            var rest: [UInt8] = []
            Calendar.appendTime(microseconds: Int64(magnitude % 3_600_000_000), fraction: .shortest, to: &rest)
            text.append(contentsOf: rest.dropFirst(2))
        }
    }

    // MARK: Reading

    /// Reads `1 day 2 hours`, `-3 months`, `1 mon 04:05:06`, `2 days ago`, `P1Y2M3DT4H5M6S`, `1-2` (years-months), `04:05`; nil when it is none.
    static func parse(_ text: some RandomAccessCollection<UInt8>) -> Interval? {
        let bytes = Array(NumberText.trimmed(text))
        guard !bytes.isEmpty else { return nil }
        var sum = Sum()
        if bytes[0] | 0x20 == UInt8(ascii: "p") { return parseISO(bytes, &sum) ? sum.interval : nil }
        var words = bytes.split(whereSeparator: NumberText.isBlank).flatMap(splitUnit)[...]
        if let last = words.last, String(decoding: last, as: UTF8.self).lowercased() == "ago" {
            words.removeLast()
            sum.isNegated = true
        }
        if let first = words.first, first.elementsEqual([0x40]) { words.removeFirst() }
        guard !words.isEmpty else { return nil }
        while let word = words.popFirst() {
            if word.contains(UInt8(ascii: ":")) {
                guard let time = clock(word) else { return nil }
                sum.add(microseconds: time)
                continue
            }
            if let dash = word.dropFirst().firstIndex(of: UInt8(ascii: "-")) {
                guard let years = integer(word[..<dash]), let months = integer(word[(dash + 1)...]), months < 12 else { return nil }
                sum.add(years < 0 || word.first == 0x2D ? years * 12 - months : years * 12 + months, .month)
                continue
            }
            guard case .value(let amount) = NumberText.readDecimal(word, scale: 9) else { return nil }
            let unit: Unit
            if let name = words.popFirst() {
                guard let known = Unit(name: String(decoding: name, as: UTF8.self).lowercased()) else { return nil }
                unit = known
            } else {
                unit = .second
            }
            sum.add(scaled: amount, unit)
        }
        return sum.interval
    }

    /// `3days` is `3`, `days`.
    private static func splitUnit(_ word: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
        guard let first = word.first, (first >= 0x30 && first <= 0x39) || first == 0x2D || first == 0x2B || first == 0x2E,
            let letter = word.firstIndex(where: { ($0 | 0x20) >= 0x61 && ($0 | 0x20) <= 0x7A })
        else { return [word] }
        return [word[..<letter], word[letter...]]
    }

    private static func integer(_ text: ArraySlice<UInt8>) -> Int64? { Int64(String(decoding: text, as: UTF8.self)) }

    /// `[-]hh:mm[:ss.ffffff]`, hours without bound.
    private static func clock(_ text: ArraySlice<UInt8>) -> Int64? {
        var digits = text
        let isNegative = digits.first == 0x2D
        if isNegative || digits.first == 0x2B { digits = digits.dropFirst() }
        let parts = digits.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        guard parts.count == 2 || parts.count == 3, let hours = integer(parts[0]), let minutes = integer(parts[1]), hours >= 0, minutes >= 0,
            minutes < 60, hours < 2_000_000_000
        else { return nil }
        var total = (hours * 60 + minutes) * 60 * Calendar.microsecondsPerSecond
        if parts.count == 3 {
            guard case .value(let seconds) = NumberText.readDecimal(parts[2], scale: 6), seconds >= 0, seconds < 60_000_000 else { return nil }
            total += Int64(seconds)
        }
        return isNegative ? -total : total
    }

    private static func parseISO(_ bytes: [UInt8], _ sum: inout Sum) -> Bool {
        var index = 1
        var isTime = false
        var any = false
        while index < bytes.count {
            if bytes[index] | 0x20 == UInt8(ascii: "t"), !isTime {
                isTime = true
                index += 1
                continue
            }
            let start = index
            while index < bytes.count, (bytes[index] >= 0x2B && bytes[index] <= 0x39) { index += 1 }
            guard index > start, index < bytes.count, case .value(let amount) = NumberText.readDecimal(bytes[start..<index], scale: 9) else {
                return false
            }
            let unit: Unit
            switch (bytes[index] | 0x20, isTime) {
            case (UInt8(ascii: "y"), false): unit = .year
            case (UInt8(ascii: "m"), false): unit = .month
            case (UInt8(ascii: "w"), false): unit = .week
            case (UInt8(ascii: "d"), false): unit = .day
            case (UInt8(ascii: "h"), true): unit = .hour
            case (UInt8(ascii: "m"), true): unit = .minute
            case (UInt8(ascii: "s"), true): unit = .second
            default: return false
            }
            sum.add(scaled: amount, unit)
            any = true
            index += 1
        }
        return any
    }

    enum Unit {
        case millennium, century, decade, year, quarter, month, week, day, hour, minute, second, millisecond, microsecond

        init?(name: String) {
            switch name {
            case "millennium", "millennia", "millenniums", "mil", "mils": self = .millennium
            case "century", "centuries", "cent", "c": self = .century
            case "decade", "decades", "dec", "decs": self = .decade
            case "year", "years", "y", "yr", "yrs": self = .year
            case "quarter", "quarters": self = .quarter
            case "month", "months", "mon", "mons": self = .month
            case "week", "weeks", "w": self = .week
            case "day", "days", "d": self = .day
            case "hour", "hours", "h", "hr", "hrs": self = .hour
            case "minute", "minutes", "m", "min", "mins": self = .minute
            case "second", "seconds", "s", "sec", "secs": self = .second
            case "millisecond", "milliseconds", "ms", "msec", "msecs": self = .millisecond
            case "microsecond", "microseconds", "us", "usec", "usecs": self = .microsecond
            default: return nil
            }
        }
    }

    /// Collects parts; fractions of months go to days (30 to the month), of days to time.
    private struct Sum {
        var months: Int128 = 0
        var days: Int128 = 0
        var microseconds: Int128 = 0
        var isNegated = false

        static let scale: Int128 = 1_000_000_000

        mutating func add(microseconds added: Int64) { microseconds += Int128(added) }
        mutating func add(_ amount: Int64, _ unit: Unit) { add(scaled: Int128(amount) * Self.scale, unit) }

        mutating func add(scaled amount: Int128, _ unit: Unit) {
            guard amount.magnitude < 1 << 80 else {
                months = 1 << 100
                return
            }
            switch unit {
            case .millennium: addMonths(amount * 12_000)
            case .century: addMonths(amount * 1_200)
            case .decade: addMonths(amount * 120)
            case .year: addWholeMonths(amount * 12)
            case .quarter: addMonths(amount * 3)
            case .month: addMonths(amount)
            case .week: addDays(amount * 7)
            case .day: addDays(amount)
            case .hour: addTime(amount * 3_600_000_000)
            case .minute: addTime(amount * 60_000_000)
            case .second: addTime(amount * 1_000_000)
            case .millisecond: addTime(amount * 1_000)
            case .microsecond: addTime(amount)
            }
        }

        /// PostgreSQL rounds fractions of years to whole months.
        private mutating func addWholeMonths(_ scaled: Int128) { months += DecimalMath.roundedQuotient(scaled, Self.scale) }

        private mutating func addMonths(_ scaled: Int128) {
            months += scaled / Self.scale
            addDays(scaled % Self.scale * 30)
        }

        private mutating func addDays(_ scaled: Int128) {
            days += scaled / Self.scale
            addTime(scaled % Self.scale * Int128(Calendar.microsecondsPerDay))
        }

        private mutating func addTime(_ scaled: Int128) { microseconds += DecimalMath.roundedQuotient(scaled, Self.scale) }

        var interval: Interval? {
            let sign: Int128 = isNegated ? -1 : 1
            guard let months = Int32(exactly: months * sign), let days = Int32(exactly: days * sign),
                let microseconds = Int64(exactly: microseconds * sign)
            else { return nil }
            return Interval(months: months, days: days, microseconds: microseconds)
        }
    }
}
