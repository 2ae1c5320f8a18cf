package import ColumnStore

/// Reads an interval as PostgreSQL does: `1 year 2 mons -3 days 04:05:06.7 ago`, `P1Y2M3DT4H5M6.7S`, `1-2`.
package enum IntervalLiteral {
    /// - Parameter fields: of `INTERVAL '…' DAY` or `… DAY TO SECOND`, lower case: the unit of a bare number.
    package static func interval(_ text: ArraySlice<UInt8>, fields: String? = nil) -> Interval? {
        var rest = ValueText.trimmed(text)
        guard !rest.isEmpty else { return nil }
        var sum = Sum()
        if rest.first == UInt8(ascii: "P") {
            rest.removeFirst()
            return isoInterval(rest, &sum) ? sum.interval : nil
        }
        guard verbose(rest, lastField(fields), &sum) else { return nil }
        return sum.interval.flatMap { cut($0, fields) }
    }

    /// `DAY TO SECOND` counts a bare number in seconds: its last field.
    private static func lastField(_ fields: String?) -> String {
        guard let fields else { return "second" }
        return fields.split(separator: " ").last.map(String.init) ?? "second"
    }

    /// A single field keeps nothing finer than itself.
    private static func cut(_ interval: Interval, _ fields: String?) -> Interval? {
        var interval = interval
        switch lastField(fields) {
        case "year": interval = Interval(months: interval.months / 12 * 12)
        case "month": interval = Interval(months: interval.months)
        case "day": interval.microseconds = 0
        case "hour": interval.microseconds = interval.microseconds / 3_600_000_000 * 3_600_000_000
        case "minute": interval.microseconds = interval.microseconds / 60_000_000 * 60_000_000
        default: break
        }
        return interval
    }

    /// Checked sums, so that hostile counts give nil rather than a wrap.
    private struct Sum {
        var months: Int64 = 0, days: Int64 = 0, microseconds: Int64 = 0
        var overflows = false

        var interval: Interval? {
            guard !overflows, let months = Int32(exactly: months), let days = Int32(exactly: days) else { return nil }
            return Interval(months: months, days: days, microseconds: microseconds)
        }

        mutating func add(microseconds value: Int64) {
            let (sum, overflow) = microseconds.addingReportingOverflow(value)
            microseconds = sum
            overflows = overflows || overflow
        }

        /// Adds `value` of a unit; its fraction spills into finer counts: months of 30 days, days of 24 hours.
        mutating func add(_ value: ValueText.DecimalText, months unitMonths: Int64 = 0, days unitDays: Int64 = 0, microseconds unit: Int64 = 0) {
            guard !value.overflows, value.scale >= 0, value.scale <= 18 else { return overflows = true }
            var divisor: Int128 = 1
            for _ in 0..<value.scale { divisor *= 10 }
            let (whole, fraction) = value.digits.quotientAndRemainder(dividingBy: divisor)
            guard let whole = Int64(exactly: whole), abs(whole) < 1 << 60 else { return overflows = true }
            func scaled(_ factor: Int64) -> Int64 {
                let (product, overflow) = whole.multipliedReportingOverflow(by: factor)
                overflows = overflows || overflow
                return product
            }
            if unitMonths > 0 {
                months &+= scaled(unitMonths)
                // Of a fraction of years whole months, of a fraction of months whole days and the rest.
                let part = fraction * Int128(unitMonths)
                if unitMonths >= 12 {
                    months &+= Int64(rounded(part, divisor))
                } else {
                    let dayPart = part * 30
                    days &+= Int64(dayPart / divisor)
                    add(microseconds: Int64(dayPart % divisor * Int128(ValueText.microsecondsPerDay) / divisor))
                }
            } else if unitDays > 0 {
                days &+= scaled(unitDays)
                let part = fraction * Int128(unitDays)
                days &+= Int64(part / divisor)
                add(microseconds: Int64(rounded(part % divisor * Int128(ValueText.microsecondsPerDay), divisor)))
            } else {
                add(microseconds: scaled(unit))
                add(microseconds: Int64(rounded(fraction * Int128(unit), divisor)))
            }
        }

        private func rounded(_ value: Int128, _ divisor: Int128) -> Int128 {
            (value + (value < 0 ? -divisor / 2 : divisor / 2)) / divisor
        }

        mutating func negate() {
            (months, days) = (-months, -days)
            guard microseconds != .min else { return overflows = true }
            microseconds = -microseconds
        }
    }

    private static func add(_ value: ValueText.DecimalText, unit: String, to sum: inout Sum) -> Bool {
        switch unit {
        case "microsecond", "us", "usec": sum.add(value, microseconds: 1)
        case "millisecond", "ms", "msec", "millisec": sum.add(value, microseconds: 1_000)
        case "second", "sec", "s": sum.add(value, microseconds: 1_000_000)
        case "minute", "min", "m": sum.add(value, microseconds: 60_000_000)
        case "hour", "hr", "h": sum.add(value, microseconds: 3_600_000_000)
        case "day", "d": sum.add(value, days: 1)
        case "week", "w": sum.add(value, days: 7)
        case "month", "mon": sum.add(value, months: 1)
        case "year", "yr", "y": sum.add(value, months: 12)
        case "decade", "dec": sum.add(value, months: 120)
        case "century", "centurie", "cent", "c": sum.add(value, months: 1_200)
        case "millennium", "millennia", "mil": sum.add(value, months: 12_000)
        default: return false
        }
        return true
    }

    private static func verbose(_ text: ArraySlice<UInt8>, _ bareUnit: String, _ sum: inout Sum) -> Bool {
        var rest = text, isAgo = false
        if rest.first == UInt8(ascii: "@") { rest.removeFirst() }
        while true {
            rest = ValueText.trimmed(rest)
            guard let first = rest.first else { break }
            if ValueText.isLetter(first) {
                guard word(&rest) == "ago", ValueText.trimmed(rest).isEmpty else { return false }
                isAgo = true
                break
            }
            guard number(&rest, bareUnit, &sum) else { return false }
        }
        if isAgo { sum.negate() }
        return !sum.overflows
    }

    /// A number with its unit, `H:M:S` or `Y-M`.
    private static func number(_ rest: inout ArraySlice<UInt8>, _ bareUnit: String, _ sum: inout Sum) -> Bool {
        let token = rest.prefix { ValueText.isDigit($0) || [0x2B, 0x2D, 0x2E, 0x3A].contains($0) }
        rest = rest.dropFirst(token.count)
        if token.contains(UInt8(ascii: ":")) { return clock(token, bareUnit, &sum) }
        if let dash = token.dropFirst().firstIndex(of: UInt8(ascii: "-")) {
            guard let years = ValueText.integer(token[..<dash]), let months = ValueText.integer(token[(dash + 1)...]),
                (0...11).contains(months), abs(years) < 1 << 30
            else { return false }
            sum.months += years * 12 + (token.first == UInt8(ascii: "-") ? -months : months)
            return true
        }
        guard let value = ValueText.decimal(token) else { return false }
        rest = rest.drop(while: ValueText.isBlank)
        let saved = rest
        var unit = word(&rest)
        if unit.isEmpty || unit == "ago" {
            rest = saved
            // `1 12:30`: a bare number before a clock counts days.
            let next = rest.prefix { !ValueText.isBlank($0) }
            unit = next.contains(UInt8(ascii: ":")) ? "day" : bareUnit
        }
        if unit.count > 1, unit.hasSuffix("s"), !["us", "ms"].contains(unit) { unit.removeLast() }
        return add(value, unit: unit, to: &sum)
    }

    private static func word(_ rest: inout ArraySlice<UInt8>) -> String {
        let letters = rest.prefix(while: ValueText.isLetter)
        rest = rest.dropFirst(letters.count)
        return String(decoding: letters, as: UTF8.self).lowercased()
    }

    /// `H:M[:S[.f]]`; with MINUTE TO SECOND a pair is minutes and seconds.
    private static func clock(_ token: ArraySlice<UInt8>, _ bareUnit: String, _ sum: inout Sum) -> Bool {
        var digits = token
        let isNegative = ValueText.takeSign(&digits)
        let parts = digits.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        guard (2...3).contains(parts.count), let hours = ValueText.integer(parts[0]), hours >= 0, hours < 1 << 31,
            let minutes = ValueText.integer(parts[1]), (0...59).contains(minutes)
        else { return false }
        var total = hours * 3_600_000_000 + minutes * 60_000_000
        if parts.count == 3 {
            guard let seconds = ValueText.decimal(parts[2]), !seconds.overflows, (0...18).contains(seconds.scale), seconds.digits >= 0
            else { return false }
            var part = Sum()
            part.add(seconds, microseconds: 1_000_000)
            guard !part.overflows, part.microseconds <= 60_000_000 else { return false }
            total += part.microseconds
        }
        sum.add(microseconds: isNegative ? -total : total)
        return true
    }

    private static func isoInterval(_ text: ArraySlice<UInt8>, _ sum: inout Sum) -> Bool {
        var rest = text, isTime = false, sawPart = false
        while let first = rest.first {
            if first == UInt8(ascii: "T") {
                guard !isTime else { return false }
                isTime = true
                rest.removeFirst()
                continue
            }
            let token = rest.prefix { ValueText.isDigit($0) || [0x2B, 0x2D, 0x2E].contains($0) }
            rest = rest.dropFirst(token.count)
            guard let value = ValueText.decimal(token), let unit = rest.popFirst() else { return false }
            sawPart = true
            switch (unit, isTime) {
            case (UInt8(ascii: "Y"), false): sum.add(value, months: 12)
            case (UInt8(ascii: "M"), false): sum.add(value, months: 1)
            case (UInt8(ascii: "W"), false): sum.add(value, days: 7)
            case (UInt8(ascii: "D"), false): sum.add(value, days: 1)
            case (UInt8(ascii: "H"), true): sum.add(value, microseconds: 3_600_000_000)
            case (UInt8(ascii: "M"), true): sum.add(value, microseconds: 60_000_000)
            case (UInt8(ascii: "S"), true): sum.add(value, microseconds: 1_000_000)
            default: return false
            }
        }
        return sawPart && !sum.overflows
    }
}
