/// A date, a time of day or both, as a document writes them: what could be read of it.
struct TimeParts: BitwiseCopyable, Equatable {
    /// Days since 1970-01-01; nil for a time of day alone.
    var day: Int?
    /// Microseconds since midnight, up to a whole day (24:00); nil for a date alone.
    var timeOfDay: Int64?
    /// Seconds east of Greenwich.
    var offset: Int?
    /// Microseconds since 1970, for `unix` and `unix_ms`: then nothing else is set.
    var instant: Int64?
}

/// ISO 8601's calendar form, as RFC 3339 and XML Schema write it.
enum TimeText {
    /// Reads `yyyy-MM-dd`, `HH:mm[:ss[.f…]]` or both with `T`, `t` or a blank between, and an offset `Z`, `±hh:mm`, `±hhmm` or `±hh`.
    /// Fractions past microseconds are cut; 24:00:00 is the end of the day.
    /// A date alone may have an offset, as XML Schema writes it.
    ///
    /// - Returns: nil for what is neither, or has anything behind it.
    static func iso(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> TimeParts? {
        var reader = DigitReader(bytes: bytes, count: count)
        var parts = TimeParts()
        // A date has its first hyphen behind four digits, where a time of day of that length has a digit.
        if count >= 10, bytes[4] == UInt8(ascii: "-") {
            guard let year = reader.digits(4), reader.skip(UInt8(ascii: "-")), let month = reader.digits(2),
                reader.skip(UInt8(ascii: "-")), let day = reader.digits(2), let days = days(year, month, day)
            else { return nil }
            parts.day = days
            if reader.isAtEnd { return parts }
            if reader.next == UInt8(ascii: "T") || reader.next == UInt8(ascii: "t") || reader.next == UInt8(ascii: " ") {
                reader.index += 1
                guard readTime(&reader, &parts) else { return nil }
            }
        } else {
            guard readTime(&reader, &parts) else { return nil }
        }
        guard reader.isAtEnd || readOffset(&reader, &parts) else { return nil }
        return reader.isAtEnd ? parts : nil
    }

    @inline(__always)
    /// Nil for a day that there is not, as 30 February, and for the year 0.
    static func days(_ year: Int, _ month: Int, _ day: Int) -> Int? {
        guard year >= 1, 1...12 ~= month, day >= 1, day <= CivilDate.dayCount(year: year, month: month) else { return nil }
        return CivilDate.days(year: year, month: month, day: day)
    }

    /// `HH:mm`, with seconds and their fraction where they are; false for what no clock shows.
    private static func readTime(_ reader: inout DigitReader, _ parts: inout TimeParts) -> Bool {
        guard let hour = reader.digits(2), reader.skip(UInt8(ascii: ":")), let minute = reader.digits(2) else { return false }
        var second = 0
        var fraction = 0
        if reader.next == UInt8(ascii: ":") {
            reader.index += 1
            guard let value = reader.digits(2) else { return false }
            second = value
            // ISO 8601 takes either mark.
            if reader.next == UInt8(ascii: ".") || reader.next == UInt8(ascii: ",") {
                reader.index += 1
                guard let value = reader.fraction() else { return false }
                fraction = value
            }
        }
        guard let time = timeOfDay(hour, minute, second, fraction) else { return false }
        parts.timeOfDay = time
        return true
    }

    @inline(__always)
    /// Microseconds since midnight; nil for what no clock shows. A leap second, 23:59:60, is none.
    static func timeOfDay(_ hour: Int, _ minute: Int, _ second: Int, _ fraction: Int) -> Int64? {
        guard minute < 60, second < 60, hour < 24 || hour == 24 && minute == 0 && second == 0 && fraction == 0 else { return nil }
        return Int64(((hour * 60 + minute) * 60 + second) * 1_000_000 + fraction)
    }

    /// `Z`, `±hh`, `±hhmm` or `±hh:mm`, with up to 18 hours: more than any zone has.
    static func readOffset(_ reader: inout DigitReader, _ parts: inout TimeParts) -> Bool {
        guard let sign = reader.next else { return false }
        reader.index += 1
        if sign | 0x20 == UInt8(ascii: "z") {
            parts.offset = 0
            return true
        }
        guard sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-"), let hours = reader.digits(2) else { return false }
        var minutes = 0
        if !reader.isAtEnd {
            _ = reader.skip(UInt8(ascii: ":"))
            guard let value = reader.digits(2) else { return false }
            minutes = value
        }
        guard hours <= 18, minutes < 60 else { return false }
        let seconds = (hours * 60 + minutes) * 60
        parts.offset = sign == UInt8(ascii: "-") ? -seconds : seconds
        return true
    }
}

/// Steps through digits.
///
/// A reading that fails may have gone on: nobody reads further then.
struct DigitReader {
    let bytes: UnsafePointer<UInt8>
    let count: Int
    var index = 0

    init(bytes: UnsafePointer<UInt8>, count: Int) {
        self.bytes = bytes
        self.count = count
    }

    /// Nil at the end.
    @inline(__always) var next: UInt8? { index < count ? bytes[index] : nil }
    @inline(__always) var isAtEnd: Bool { index == count }

    @inline(__always)
    mutating func skip(_ byte: UInt8) -> Bool {
        guard index < count, bytes[index] == byte else { return false }
        index &+= 1
        return true
    }

    /// Exactly `width` digits.
    @inline(__always)
    mutating func digits(_ width: Int) -> Int? {
        guard count &- index >= width else { return nil }
        var value = 0
        for _ in 0..<width {
            let digit = bytes[index] &- 0x30
            guard digit < 10 else { return nil }
            value = value &* 10 &+ Int(digit)
            index &+= 1
        }
        return value
    }

    /// One to `widest` digits, as many as there are.
    mutating func digits(upTo widest: Int) -> Int? {
        var value = 0
        let start = index
        while index < count, index &- start < widest, bytes[index] &- 0x30 < 10 {
            value = value &* 10 &+ Int(bytes[index] &- 0x30)
            index &+= 1
        }
        return index > start ? value : nil
    }

    /// Digits behind a mark as microseconds; those past the sixth are cut.
    mutating func fraction() -> Int? {
        var value = 0
        var weight = 100_000
        let start = index
        while index < count, bytes[index] &- 0x30 < 10 {
            value &+= Int(bytes[index] &- 0x30) &* weight
            weight /= 10
            index &+= 1
        }
        return index > start ? value : nil
    }
}

/// A time pattern of a type file: `dd.MM.yyyy HH:mm:ss`, `unix`, `unix_ms`.
///
/// Letters as Unicode's date patterns have them: `yyyy` `yy` (20yy) `MM` `M` `MMM` `MMMM` (English) `EEE` `EEEE` `dd` `d` `HH` `H` `hh` `h` `a` `mm` `m` `ss` `s` `S…`
/// (a fraction of any length), `X` or `Z` in any number (an offset or Z), text in single quotes. Any other letter is refused.
package struct TimeFormat: Sendable, Equatable {
    enum Item: Sendable, Equatable {
        case year(Int), month(Int), monthName(isWhole: Bool), weekday(isWhole: Bool), day(Int), hour(Int), halfDayHour(Int), halfDay, minute(Int), second(Int), fraction, offset
        case literal(UInt8)
    }
    enum Kind: Sendable, Equatable { case unix, unixMilliseconds, pattern([Item]) }
    let kind: Kind

    /// - Throws: the reason that the pattern cannot be used.
    package init(_ pattern: String) throws(TypeFileFault) {
        switch pattern {
        case "unix": kind = .unix
        case "unix_ms": kind = .unixMilliseconds
        default:
            let items = try Self.items(Array(pattern.utf8))
            guard items.contains(where: { if case .literal = $0 { false } else { true } }) else {
                throw TypeFileFault("a format needs letters such as yyyy, MM, dd, HH, mm, ss")
            }
            kind = .pattern(items)
        }
    }

    /// Runs of one letter are one item, whose width says which; what is no letter stands for itself, and `''` is a quote.
    private static func items(_ pattern: [UInt8]) throws(TypeFileFault) -> [Item] {
        var items: [Item] = []
        var index = 0
        while index < pattern.count {
            let letter = pattern[index]
            if letter == UInt8(ascii: "'") {
                let start = index + 1
                guard let end = pattern[start...].firstIndex(of: letter) else { throw TypeFileFault("a quote in the format is not closed") }
                items += end == start ? [.literal(letter)] : pattern[start..<end].map { .literal($0) }
                index = end + 1
                continue
            }
            var width = 1
            while index + width < pattern.count, pattern[index + width] == letter { width += 1 }
            index += width
            let scalar = Unicode.Scalar(letter)
            switch scalar {
            case "y" where width == 4 || width == 2, "u" where width == 4: items.append(.year(width))
            case "M" where width <= 2, "L" where width <= 2: items.append(.month(width))
            case "M" where width == 3 || width == 4: items.append(.monthName(isWhole: width == 4))
            case "E" where width <= 4: items.append(.weekday(isWhole: width == 4))
            case "d" where width <= 2: items.append(.day(width))
            case "H" where width <= 2: items.append(.hour(width))
            case "h" where width <= 2: items.append(.halfDayHour(width))
            case "a" where width == 1: items.append(.halfDay)
            case "m" where width <= 2: items.append(.minute(width))
            case "s" where width <= 2: items.append(.second(width))
            case "S": items.append(.fraction)
            case "X", "x", "Z": items.append(.offset)
            case "T" where width == 1: items.append(.literal(letter))
            case "a"..."z", "A"..."Z":
                throw TypeFileFault("the format has \(String(repeating: Character(scalar), count: width)), which means nothing here")
            default: for _ in 0..<width { items.append(.literal(letter)) }
            }
        }
        return items
    }

    /// Nil for a text that is not exactly of the format: every item in its place, and nothing behind the last.
    func read(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> TimeParts? {
        switch kind {
        case .unix: return Self.unix(bytes, count, shift: 6)
        case .unixMilliseconds: return Self.unix(bytes, count, shift: 3)
        case .pattern(let items): return Self.read(bytes, count, items)
        }
    }

    /// Digits past microseconds are cut, so the number is read with more of them first.
    private static func unix(_ bytes: UnsafePointer<UInt8>, _ count: Int, shift: Int) -> TimeParts? {
        // 1732276800.1234567 in seconds: more digits than microseconds have would be a fault of a number, and are cut here. With an exponent nobody can say
        // where to cut.
        var fractionEnd = count
        if let mark = (0..<count).first(where: { bytes[$0] == UInt8(ascii: ".") }),
            !(mark..<count).contains(where: { bytes[$0] | 0x20 == UInt8(ascii: "e") })
        {
            fractionEnd = min(count, mark + 1 + shift)
            guard (mark + 1..<count).allSatisfy({ bytes[$0] &- 0x30 < 10 }), mark + 1 < count else { return nil }
        }
        do {
            let value = try DecimalText.unscaled(bytes, fractionEnd, scale: 0, shift: shift, mark: UInt8(ascii: "."))
            guard let instant = Int64(exactly: value) else { return nil }
            return TimeParts(instant: instant)
        } catch {
            return nil
        }
    }

    /// One item after another. What the format does not say stays unknown: a date without a time of day is a date.
    private static func read(_ bytes: UnsafePointer<UInt8>, _ count: Int, _ items: [Item]) -> TimeParts? {
        var reader = DigitReader(bytes: bytes, count: count)
        var (year, month, day): (Int?, Int?, Int?) = (nil, nil, nil)
        var (hour, minute, second, fraction): (Int?, Int?, Int?, Int?) = (nil, nil, nil, nil)
        var isAfternoon: Bool?
        var parts = TimeParts()
        // One letter takes one digit or two, two letters exactly two.
        func number(_ width: Int) -> Int? { width == 1 ? reader.digits(upTo: 2) : reader.digits(width) }
        for item in items {
            switch item {
            case .year(let width):
                guard let value = reader.digits(width) else { return nil }
                year = width == 2 ? 2000 + value : value
            case .month(let width):
                guard let value = number(width) else { return nil }
                month = value
            case .monthName(let isWhole):
                guard let value = name(&reader, of: monthNames, isWhole: isWhole) else { return nil }
                month = value
            case .weekday(let isWhole):
                guard name(&reader, of: weekdayNames, isWhole: isWhole) != nil else { return nil }
            case .day(let width):
                guard let value = number(width) else { return nil }
                day = value
            case .hour(let width):
                guard let value = number(width) else { return nil }
                hour = value
            case .halfDayHour(let width):
                guard let value = number(width), 1...12 ~= value else { return nil }
                // 12 AM is midnight, 12 PM noon.
                hour = value % 12
            case .halfDay:
                guard reader.count - reader.index >= 2, bytes[reader.index + 1] | 0x20 == UInt8(ascii: "m") else { return nil }
                let letter = bytes[reader.index] | 0x20
                guard letter == UInt8(ascii: "a") || letter == UInt8(ascii: "p") else { return nil }
                isAfternoon = letter == UInt8(ascii: "p")
                reader.index += 2
            case .minute(let width):
                guard let value = number(width) else { return nil }
                minute = value
            case .second(let width):
                guard let value = number(width) else { return nil }
                second = value
            case .fraction:
                guard let value = reader.fraction() else { return nil }
                fraction = value
            case .offset:
                guard TimeText.readOffset(&reader, &parts) else { return nil }
            case .literal(let byte):
                guard reader.skip(byte) else { return nil }
            }
        }
        guard reader.isAtEnd else { return nil }
        if year != nil || month != nil || day != nil {
            // A day may be missing, which is the first then; a month or year may not.
            guard let days = TimeText.days(year ?? 0, month ?? 0, day ?? 1) else { return nil }
            parts.day = days
        }
        if hour != nil || minute != nil || second != nil {
            let hours = (hour ?? 0) + (isAfternoon == true ? 12 : 0)
            guard let time = TimeText.timeOfDay(hours, minute ?? 0, second ?? 0, fraction ?? 0) else { return nil }
            parts.timeOfDay = time
        }
        return parts
    }

    // Names are compared with each byte's bit 0x20 set: in any case of ASCII's letters.
    private static let monthNames = [
        "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december",
    ].map { Array($0.utf8) }
    private static let weekdayNames = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"].map { Array($0.utf8) }

    /// The place, from 1, of the English name that comes next: its first three letters, or all of them.
    private static func name(_ reader: inout DigitReader, of names: [[UInt8]], isWhole: Bool) -> Int? {
        for (index, name) in names.enumerated() {
            let letters = isWhole ? name[...] : name.prefix(3)
            guard reader.count - reader.index >= letters.count,
                letters.indices.allSatisfy({ reader.bytes[reader.index + $0] | 0x20 == letters[$0] })
            else { continue }
            reader.index += letters.count
            return index + 1
        }
        return nil
    }
}
