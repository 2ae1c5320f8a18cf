internal import ColumnStore

/// The setting `IntervalStyle`: which of PostgreSQL's four forms intervals are written in.
package enum IntervalStyle: String, Sendable {
    /// `1 year -2 mons +04:05:06`
    case postgres
    /// `@ 1 year -2 mons 4 hours 5 mins 6 secs`
    case postgresVerbose = "postgres_verbose"
    /// `1-2`, `3 4:05:06`, and with a sign before each part where they are mixed
    case sqlStandard = "sql_standard"
    /// `P1Y-2MT4H5M6S`
    case iso8601 = "iso_8601"

    package func append(months: Int32, days: Int32, microseconds: Int64, to text: inout [UInt8]) {
        let parts = Parts(months: months, days: days, microseconds: microseconds)
        switch self {
        case .postgres: PostgresTime.appendInterval(months: months, days: days, microseconds: microseconds, to: &text)
        case .postgresVerbose: parts.appendVerbose(to: &text)
        case .sqlStandard: parts.appendStandard(to: &text)
        case .iso8601: parts.appendISO(to: &text)
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

        init(months: Int32, days: Int32, microseconds: Int64) {
            years = Int64(months / 12)
            self.months = Int64(months % 12)
            self.days = Int64(days)
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
                text += (seconds.magnitude == 1_000_000 ? " sec" : " secs").utf8
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
            text += String(whole).utf8
            guard fraction != 0 else { return }
            // Six digits behind the one that is left out.
            var digits = Array(String(1_000_000 + fraction).utf8.dropFirst())
            while digits.last == UInt8(ascii: "0") { digits.removeLast() }
            text.append(UInt8(ascii: "."))
            text += digits
        }
    }
}
