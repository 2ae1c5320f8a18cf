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

    /// PostgreSQL's own style: behind a negative part a positive one has its sign.
    static func appendPostgreSQL(_ interval: Interval, to text: inout [UInt8]) {
        let start = text.count
        var isBehindNegative = false
        func part(_ value: Int32, _ unit: String, _ text: inout [UInt8]) {
            guard value != 0 else { return }
            if text.count > start { text.append(0x20) }
            if isBehindNegative, value > 0 { text.append(UInt8(ascii: "+")) }
            NumberText.appendInteger(Int64(value), to: &text)
            text.append(contentsOf: (value == 1 ? " \(unit)" : " \(unit)s").utf8)
            isBehindNegative = value < 0
        }
        part(interval.months / 12, "year", &text)
        part(interval.months % 12, "mon", &text)
        part(interval.days, "day", &text)
        if interval.microseconds != 0 || text.count == start {
            if text.count > start { text.append(0x20) }
            if interval.microseconds < 0 { text.append(UInt8(ascii: "-")) } else if isBehindNegative { text.append(UInt8(ascii: "+")) }
            let magnitude = interval.microseconds.magnitude
            Calendar.appendPadded(Int(magnitude / 3_600_000_000), width: 2, to: &text)
            var rest: [UInt8] = []
            Calendar.appendTime(microseconds: Int64(magnitude % 3_600_000_000), fraction: .shortest, to: &rest)
            text.append(contentsOf: rest.dropFirst(2))
        }
    }
}

extension IntervalStyle {
    func append(_ interval: Interval, to text: inout [UInt8]) {
        switch self {
        case .postgres: IntervalForm.appendPostgreSQL(interval, to: &text)
        case .postgresVerbose: Parts(interval).appendVerbose(to: &text)
        case .sqlStandard: Parts(interval).appendStandard(to: &text)
        case .iso8601: Parts(interval).appendISO(to: &text)
        }
    }

    /// An interval as it is written: years and months of its months, hours, minutes and seconds of its time, all of a time with its sign.
    private struct Parts {
        let years: Int64
        let months: Int64
        let days: Int64
        let hours: Int64
        let minutes: Int64
        /// With their fraction, in microseconds.
        let seconds: Int64

        init(_ interval: Interval) {
            let microseconds = interval.microseconds
            years = Int64(clamping: interval.months / 12)
            months = Int64(clamping: interval.months % 12)
            days = Int64(clamping: interval.days)
            hours = microseconds / 3_600_000_000
            minutes = microseconds / 60_000_000 % 60
            seconds = microseconds % 60_000_000
        }

        private var all: [Int64] { [years, months, days, hours, minutes, seconds] }

        func appendISO(to text: inout [UInt8]) {
            guard all.contains(where: { $0 != 0 }) else { return text += "PT0S".utf8 }
            func part(_ value: Int64, _ mark: String, _ text: inout [UInt8]) { if value != 0 { text += "\(value)\(mark)".utf8 } }
            text.append(UInt8(ascii: "P"))
            part(years, "Y", &text)
            part(months, "M", &text)
            part(days, "D", &text)
            if hours != 0 || minutes != 0 || seconds != 0 { text.append(UInt8(ascii: "T")) }
            part(hours, "H", &text)
            part(minutes, "M", &text)
            guard seconds != 0 else { return }
            if seconds < 0 { text.append(UInt8(ascii: "-")) }
            appendSeconds(isPadded: false, to: &text)
            text.append(UInt8(ascii: "S"))
        }

        /// The sign of the first part is that of all, told by `ago`; a part of the other sign has its own.
        func appendVerbose(to text: inout [UInt8]) {
            text.append(UInt8(ascii: "@"))
            var isZero = true, isBefore = false
            for (value, unit) in [(years, "year"), (months, "mon"), (days, "day"), (hours, "hour"), (minutes, "min")] where value != 0 {
                if isZero { isBefore = value < 0 }
                let shown = isBefore ? 0 - value : value
                text += " \(shown) \(unit)\(shown == 1 ? "" : "s")".utf8
                isZero = false
            }
            if seconds != 0 {
                if isZero { isBefore = seconds < 0 }
                text.append(0x20)
                if (seconds < 0) != isBefore { text.append(UInt8(ascii: "-")) }
                appendSeconds(isPadded: false, to: &text)
                text.append(contentsOf: (seconds.magnitude == 1_000_000 ? " sec" : " secs").utf8)
                isZero = false
            }
            if isZero { text += " 0".utf8 }
            if isBefore { text += " ago".utf8 }
        }

        /// Of one sign, and of months or of days and a time, as the standard has intervals; any other has the sign of each part.
        func appendStandard(to text: inout [UInt8]) {
            let hasNegative = all.contains { $0 < 0 }, hasPositive = all.contains { $0 > 0 }
            let hasMonths = years != 0 || months != 0, hasTime = days != 0 || hours != 0 || minutes != 0 || seconds != 0
            guard hasNegative || hasPositive else { return text.append(UInt8(ascii: "0")) }
            guard !(hasNegative && hasPositive), !(hasMonths && hasTime) else {
                func sign(_ isNegative: Bool) -> String { isNegative ? "-" : "+" }
                text += "\(sign(years < 0 || months < 0))\(years.magnitude)-\(months.magnitude) \(sign(days < 0))\(days.magnitude) \(sign(hours < 0 || minutes < 0 || seconds < 0))".utf8
                return appendClock(to: &text)
            }
            if hasNegative { text.append(UInt8(ascii: "-")) }
            if hasMonths { return text += "\(years.magnitude)-\(months.magnitude)".utf8 }
            if days != 0 { text += "\(days.magnitude) ".utf8 }
            appendClock(to: &text)
        }

        /// `4:05:06.7`, without a sign.
        private func appendClock(to text: inout [UInt8]) {
            text += "\(hours.magnitude):\(minutes.magnitude < 10 ? "0" : "")\(minutes.magnitude):".utf8
            appendSeconds(isPadded: true, to: &text)
        }

        /// Without a sign, and without zeros at the end of their fraction.
        private func appendSeconds(isPadded: Bool, to text: inout [UInt8]) {
            let (whole, fraction) = seconds.magnitude.quotientAndRemainder(dividingBy: 1_000_000)
            if isPadded, whole < 10 { text.append(UInt8(ascii: "0")) }
            text.append(contentsOf: String(whole).utf8)
            guard fraction != 0 else { return }
            // Six digits behind the one that is left out.
            var digits = Array(String(1_000_000 + fraction).utf8.dropFirst())
            while digits.last == UInt8(ascii: "0") { digits.removeLast() }
            text.append(UInt8(ascii: "."))
            text.append(contentsOf: digits)
        }
    }
}
