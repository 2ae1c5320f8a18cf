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
