// Dates and times as PostgreSQL writes and keeps them: DateStyle ISO, IntervalStyle postgres; days and microseconds from 2000-01-01.

internal import ColumnStore

/// Times in text, and between PostgreSQL's epoch and ours.
package enum PostgresTime {
    /// 2000-01-01, in days since 1970-01-01.
    private static let epochDays = 10_957
    private static let epochMicroseconds = Int64(epochDays) * Calendar.microsecondsPerDay
    private static let infinity = Array("infinity".utf8), negativeInfinity = Array("-infinity".utf8)

    // MARK: Ours and theirs

    /// Infinite ones stay so. Saturates, which only a day out of DATE's range meets.
    package static func date(unixDays days: Int64) -> Int32 {
        Calendar.isInfinite(day: days) ? Int32(clamping: days) : Int32(clamping: days.subtractingSaturating(Int64(clamping: epochDays)))
    }
    package static func unixDays(_ date: Int32) -> Int64 {
        let days = Int64(clamping: date)
        return Calendar.isInfinite(day: days) ? days : days.addingSaturating(Int64(clamping: epochDays))
    }
    package static func timestamp(unixMicroseconds microseconds: Int64) -> Int64 {
        Calendar.isInfinite(moment: microseconds) ? microseconds : microseconds.subtractingSaturating(epochMicroseconds)
    }
    package static func unixMicroseconds(_ timestamp: Int64) -> Int64 {
        Calendar.isInfinite(moment: timestamp) ? timestamp : timestamp.addingSaturating(epochMicroseconds)
    }

    // MARK: To text

    package static func appendDate(_ date: Int32, to text: inout [UInt8]) {
        switch date {
        case .max: text += infinity
        case .min: text += negativeInfinity
        default: Calendar.appendDate(days: Int(unixDays(date)), to: &text)
        }
    }

    /// - Parameter offset: seconds east of UTC, which are added and shown; nil for a time without zone.
    package static func appendTimestamp(_ timestamp: Int64, offset: Int?, to text: inout [UInt8]) {
        switch timestamp {
        case .max: return text += infinity
        case .min: return text += negativeInfinity
        default: break
        }
        // In two parts, since PostgreSQL's greatest timestamps are past our epoch's 64 bits.
        let (sinceEpoch, time) = Calendar.split(microseconds: timestamp.addingSaturating(Int64(offset ?? 0).multipliedSaturating(by: Calendar.microsecondsPerSecond)))
        var date: [UInt8] = []
        Calendar.appendDate(days: sinceEpoch + epochDays, to: &date)
        let isBC = date.last == UInt8(ascii: "C")
        text += isBC ? date.dropLast(3) : date[...]
        text.append(0x20)
        Calendar.appendTime(microseconds: time, fraction: .shortest, to: &text)
        if let offset { appendOffset(offset, to: &text) }
        if isBC { text += " BC".utf8 }
    }

    private static func appendOffset(_ offset: Int, to text: inout [UInt8]) {
        text.append(UInt8(ascii: offset < 0 ? "-" : "+"))
        let seconds = Int(clamping: offset.magnitude)
        Calendar.appendPadded(seconds / 3_600, width: 2, to: &text)
        guard seconds % 3_600 != 0 else { return }
        text.append(UInt8(ascii: ":"))
        Calendar.appendPadded(seconds / 60 % 60, width: 2, to: &text)
        guard seconds % 60 != 0 else { return }
        text.append(UInt8(ascii: ":"))
        Calendar.appendPadded(seconds % 60, width: 2, to: &text)
    }

    /// `1 year -2 mons +3 days 04:05:06.5`: behind a negative part a positive one has its sign.
    package static func appendInterval(months: Int32, days: Int32, microseconds: Int64, to text: inout [UInt8]) {
        let start = text.count
        var isBehindNegative = false
        func part(_ value: Int32, _ unit: String, _ text: inout [UInt8]) {
            guard value != 0 else { return }
            if text.count > start { text.append(0x20) }
            if isBehindNegative, value > 0 { text.append(UInt8(ascii: "+")) }
            text += "\(value) \(unit)\(value == 1 ? "" : "s")".utf8
            isBehindNegative = value < 0
        }
        part(months / 12, "year", &text)
        part(months % 12, "mon", &text)
        part(days, "day", &text)
        guard microseconds != 0 || text.count == start else { return }
        if text.count > start { text.append(0x20) }
        if microseconds < 0 { text.append(UInt8(ascii: "-")) } else if isBehindNegative { text.append(UInt8(ascii: "+")) }
        let (hours, rest) = microseconds.magnitude.quotientAndRemainder(dividingBy: 3_600_000_000)
        Calendar.appendPadded(Int(clamping: hours), width: 2, to: &text)
        var clock: [UInt8] = []
        Calendar.appendTime(microseconds: Int64(clamping: rest), fraction: .shortest, to: &clock)
        text += clock.dropFirst(2)
    }

    // MARK: From text, as it is written here

    /// Date, time of day and offset of a text in DateStyle ISO; nil for what is not.
    package struct Parts {
        package var days: Int
        package var time: Int64?
        /// Seconds east.
        package var offset: Int?
    }

    package static func isInfinite(_ text: ArraySlice<UInt8>) -> Bool? {
        text.elementsEqual(infinity) ? true : text.elementsEqual(negativeInfinity) ? false : nil
    }

    /// As PostgreSQL has it, in seconds: 15:59:59.
    private static let offsetMax: UInt = 57_599

    /// Times past 24:00:00 and offsets past 15:59:59 are none: the question's own reader says what is wrong with them.
    package static func read(_ text: ArraySlice<UInt8>) -> Parts? {
        var rest = text
        let isBC = rest.suffix(3).elementsEqual(" BC".utf8)
        if isBC { rest.removeLast(3) }
        var scanner = Scanner(rest)
        guard let year = scanner.number(4...7), scanner.skip("-"), let month = scanner.number(2...2), scanner.skip("-"), let day = scanner.number(2...2) else { return nil }
        guard year > 0, let days = Calendar.validDays(year: isBC ? 1 - year : year, month: month, day: day) else { return nil }
        var parts = Parts(days: days)
        if scanner.skip(" ") {
            // A day may have an offset without a time, as pgjdbc writes dates.
            if !scanner.isAtSign {
                guard let time = scanner.time(), time <= Calendar.microsecondsPerDay else { return nil }
                parts.time = time
            }
            if !scanner.isAtEnd {
                guard let offset = scanner.offset(), offset.magnitude <= offsetMax else { return nil }
                parts.offset = offset
            }
        }
        return scanner.isAtEnd ? parts : nil
    }

    package static func date(_ parts: Parts) -> Int32? {
        return Int32(exactly: parts.days - epochDays)
    }

    /// In UTC where the text says an offset.
    package static func timestamp(_ parts: Parts) -> Int64? {
        Int64(parts.days - epochDays).multipliedOrNil(by: Calendar.microsecondsPerDay)?.addingOrNil(parts.time ?? 0)?
            .subtractingOrNil(Int64(parts.offset ?? 0).multipliedSaturating(by: Calendar.microsecondsPerSecond))
    }

    package static func time(_ text: ArraySlice<UInt8>) -> Int64? {
        var scanner = Scanner(text)
        guard let time = scanner.time(), scanner.isAtEnd, time <= Calendar.microsecondsPerDay else { return nil }
        return time
    }

    package static func interval(_ text: ArraySlice<UInt8>) -> PostgresValue? {
        var months = 0, days = 0, microseconds: Int64 = 0
        var words = text.split(separator: 0x20)[...]
        guard !words.isEmpty else { return nil }
        while let word = words.popFirst() {
            if word.contains(UInt8(ascii: ":")) {
                var scanner = Scanner(word)
                let isNegative = scanner.skip("-")
                _ = scanner.skip("+")
                guard let value = scanner.time(hourDigits: 2...10), scanner.isAtEnd, words.isEmpty else { return nil }
                microseconds = isNegative ? 0 - value : value
            } else {
                guard let value = Int32(String(decoding: word, as: UTF8.self)), let unit = words.popFirst() else { return nil }
                switch String(word: unit) {
                case "year", "years": months += Int(value) * 12
                case "mon", "mons": months += Int(value)
                case "day", "days": days += Int(value)
                default: return nil
                }
            }
        }
        guard let months = Int32(exactly: months), let days = Int32(exactly: days) else { return nil }
        return .interval(months: months, days: days, microseconds: microseconds)
    }

    private struct Scanner {
        private var rest: ArraySlice<UInt8>

        init(_ text: ArraySlice<UInt8>) { rest = text }

        var isAtEnd: Bool { rest.isEmpty }
        var isAtSign: Bool { rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") }

        mutating func skip(_ mark: Unicode.Scalar) -> Bool {
            guard rest.first == UInt8(ascii: mark) else { return false }
            rest.removeFirst()
            return true
        }

        mutating func number(_ digits: ClosedRange<Int>) -> Int? {
            let found = rest.prefix { (0x30...0x39).contains($0) }
            guard digits.contains(found.count) else { return nil }
            rest.removeFirst(found.count)
            // At most ten digits.
            return found.reduce(0) { $0 * 10 + Int($1 &- 0x30) }
        }

        mutating func time(hourDigits: ClosedRange<Int> = 2...2) -> Int64? {
            guard let hours = number(hourDigits), skip(":"), let minutes = number(2...2), skip(":"), let seconds = number(2...2), minutes < 60, seconds < 60 else { return nil }
            var fraction = 0
            if skip(".") {
                let width = rest.prefix { (0x30...0x39).contains($0) }.count
                guard let part = number(1...6) else { return nil }
                fraction = (width..<6).reduce(part) { part, _ in part * 10 }
            }
            return Int64(hours).multipliedOrNil(by: 3_600_000_000)?.addingOrNil(Int64((minutes * 60 + seconds) * 1_000_000 + fraction))
        }

        mutating func offset() -> Int? {
            let isWest = skip("-")
            guard isWest || skip("+"), let hours = number(2...2) else { return nil }
            var seconds = hours * 3_600
            for unit in [60, 1] where skip(":") {
                guard let part = number(2...2), part < 60 else { return nil }
                seconds += part * unit
            }
            return isWest ? 0 - seconds : seconds
        }
    }
}
