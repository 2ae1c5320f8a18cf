import ColumnStore

/// Reads one text by a template's parts.
///
/// Without FX blanks before a field are passed over, and a separator of the template may be missing or another in the text: `extraCount` is how many
/// more stood there.
struct TimeTemplateReader {
    private let text: ArraySlice<UInt8>
    private var rest: ArraySlice<UInt8>
    /// Blanks and marks of the text beyond those that the template has there.
    private var extraCount = 0
    /// FX was said: blanks count.
    private var isExact = false
    private var convention: TimePattern.Field.Convention?
    private(set) var said = TimeSaid()

    /// Of a standard template: all of it and all of the text.
    private let isStandard: Bool

    init(_ text: ArraySlice<UInt8>, isStandard: Bool) {
        (self.text, rest, self.isStandard) = (text, text, isStandard)
        isExact = isStandard
    }

    /// - Throws: where a field finds no value, or two fields say different things.
    mutating func read(_ parts: [TimeTemplate.Part]) throws(KernelError) {
        for (index, part) in parts.enumerated() {
            if rest.isEmpty {
                if isStandard { throw .outside(.invalidTime, "the text is too short for the template") }
                return
            }
            var isSlot = false
            if case .slot(let slot) = part { isSlot = slot.field != .exact }
            if case .slot(let slot) = part, slot.field == .exact {
                isExact = true
                continue
            }
            if !isExact, isSlot || index == 0 { skipBlanks() }
            switch part {
            case .separator: takeSeparator()
            case .character: takeCharacter()
            case .exactly(let bytes):
                guard rest.starts(with: bytes) else { throw .outside(.invalidTime, "the text has another mark than the template") }
                rest = rest.dropFirst(bytes.count)
            case .slot(let slot):
                try take(slot)
                if !isExact {
                    extraCount = 0
                    skipBlanks()
                }
            }
        }
        if isStandard, !rest.allSatisfy(NumberText.isBlank) { throw .outside(.invalidTime, "more of the text is there than the template has") }
    }

    private mutating func skipBlanks() {
        while let byte = rest.first, NumberText.isBlank(byte) {
            rest.removeFirst()
            extraCount += 1
        }
    }

    /// Any mark or blank of the text, or none, stands for the template's.
    private mutating func takeSeparator() {
        if isExact { return skipCharacter() }
        extraCount -= 1
        guard let byte = rest.first, NumberText.isBlank(byte) || TimeTemplate.isMark(byte) else { return }
        rest.removeFirst()
        extraCount += 1
    }

    private mutating func takeCharacter() {
        // What was skipped in front of it may have been it.
        if !isExact, extraCount > 0 { extraCount -= 1 } else { skipCharacter() }
    }

    private mutating func skipCharacter() { rest = rest.dropFirst().drop { $0 & 0xC0 == 0x80 } }

    // MARK: Values

    private func misfit(_ field: TimePattern.Field) -> KernelError { .outside(.invalidTime, "the text does not fit “\(field.rawValue)” of the template") }

    /// A part that two fields say must be the same in both; 0 counts as not said.
    private static func set(_ place: inout Int, _ value: Int, _ field: TimePattern.Field) throws(KernelError) {
        guard place == 0 || place == value else {
            throw .outside(.invalidTime, "the text says two different things where “\(field.rawValue)” of the template is the second")
        }
        place = value
    }

    /// A whole number with its sign, as C's `strtol` takes it: nil where no digit stands.
    private static func integer(_ text: ArraySlice<UInt8>) throws(KernelError) -> (value: Int, end: Int)? {
        var digits = text
        let isNegative = ValueText.takeSign(&digits)
        let taken = digits.prefix(while: DateTimeTokens.isDigit)
        guard !taken.isEmpty else { return nil }
        guard let value = Int32((isNegative ? "-" : "") + String(decoding: taken, as: UTF8.self)) else { throw .timeOutOfRange }
        return (Int(value), taken.endIndex)
    }

    /// - Returns: the number, and how long it was with the blanks before it.
    private mutating func number(_ slot: TimeTemplate.Slot) throws(KernelError) -> (value: Int, count: Int) {
        let start = rest.startIndex
        let body = rest.drop(while: NumberText.isBlank)
        if slot.takesAll {
            guard let (value, end) = try Self.integer(body) else { throw misfit(slot.field) }
            rest = text[end...]
            return (value, end - start)
        }
        let width = slot.field.width
        guard body.count >= width else {
            throw .outside(.invalidTime, "the text is too short for “\(slot.field.rawValue)” of the template, which takes \(width) characters")
        }
        guard let (value, end) = try Self.integer(body.prefix(width)) else {
            // Blanks alone are a zero, as in PostgreSQL.
            guard body.startIndex > start else { throw misfit(slot.field) }
            rest = body
            return (0, body.startIndex - start)
        }
        guard end - body.startIndex == width else { throw misfit(slot.field) }
        rest = text[end...]
        return (value, end - start)
    }

    /// The place among `names`, all in small letters, of the one that stands there.
    private mutating func word(_ names: [String], _ field: TimePattern.Field) throws(KernelError) -> Int {
        // September is the longest name.
        let lower = rest.prefix(9).map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
        guard let place = names.firstIndex(where: { lower.starts(with: $0.utf8) }) else { throw misfit(field) }
        rest = rest.dropFirst(names[place].utf8.count)
        return place
    }

    /// One field's value, into `said`.
    private mutating func take(_ slot: TimeTemplate.Slot) throws(KernelError) {
        let field = slot.field
        if let own = field.convention {
            guard convention == nil || convention == own else { throw .outside(.invalidTime, "a template has ISO's weeks, or months and days, and not both") }
            convention = own
            said.isISOWeek = own == .isoWeek
        }
        switch field {
        case .zoneUpper, .zoneLower, .offset:
            throw .outside(.notSupported, "“\(field.rawValue)” of a template is supported by to_char only")
        case .amUpper, .pmUpper, .amLower, .pmLower: try takeHalf(["am", "pm"], field)
        case .amDotted, .pmDotted, .amDottedLower, .pmDottedLower: try takeHalf(["a.m.", "p.m."], field)
        case .eraBC, .eraAD, .eraBCLower, .eraADLower: try Self.set(&said.isBC, try word(["ad", "bc"], field), field)
        case .eraBCDotted, .eraADDotted, .eraBCDottedLower, .eraADDottedLower: try Self.set(&said.isBC, try word(["a.d.", "b.c."], field), field)
        case .monthUpper, .monthTitle, .monthLower: try Self.set(&said.month, try word(Self.months, field) + 1, field)
        case .monUpper, .monTitle, .monLower: try Self.set(&said.month, try word(Self.shortMonths, field) + 1, field)
        case .roman, .romanLower: try Self.set(&said.month, 12 - (try word(Self.romans, field)), field)
        case .dayUpper, .dayTitle, .dayLower: try takeWeekday(try word(Self.days, field), field)
        case .dyUpper, .dyTitle, .dyLower: try takeWeekday(try word(Self.shortDays, field), field)
        case .zoneHours: try takeZoneHours(slot)
        case .yearComma: try takeYearWithComma(slot)
        default:
            try takeNumber(slot)
            if slot.hasOrdinal, field != .zoneMinutes {
                skipCharacter()
                skipCharacter()
            }
        }
    }

    /// A half of the day, which makes the hour one of twelve.
    private mutating func takeHalf(_ names: [String], _ field: TimePattern.Field) throws(KernelError) {
        try Self.set(&said.isAfternoon, try word(names, field), field)
        said.isOfTwelve = true
    }

    /// - Parameter place: from 0 for Sunday; `said.weekday` counts from 1.
    private mutating func takeWeekday(_ place: Int, _ field: TimePattern.Field) throws(KernelError) {
        try Self.set(&said.weekday, place, field)
        said.weekday += 1
    }

    /// `+` or a blank, `-`, or no sign, and the hours.
    private mutating func takeZoneHours(_ slot: TimeTemplate.Slot) throws(KernelError) {
        if let sign = rest.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") || sign == 0x20 {
            said.zoneSign = sign == UInt8(ascii: "-") ? -1 : 1
            rest.removeFirst()
        } else {
            // A minus may have been taken for a separator.
            let isBehindMinus = rest.startIndex > text.startIndex && text[rest.startIndex - 1] == UInt8(ascii: "-")
            said.zoneSign = extraCount > 0 && isBehindMinus ? -1 : 1
        }
        let hours = try number(slot).value
        try Self.set(&said.zoneHours, hours, slot.field)
    }

    /// `2,026`: as C's `sscanf` takes `%d,%03d`.
    private mutating func takeYearWithComma(_ slot: TimeTemplate.Slot) throws(KernelError) {
        guard let (thousands, end) = try Self.integer(rest.drop(while: NumberText.isBlank)), end < text.endIndex, text[end] == UInt8(ascii: ","),
            let (years, last) = try Self.integer(text[(end + 1)...].drop(while: NumberText.isBlank).prefix(3))
        else { throw misfit(slot.field) }
        rest = text[last...]
        let year = thousands * 1_000 + years
        guard Int32(exactly: year) != nil else { throw .timeOutOfRange }
        try Self.set(&said.year, year, slot.field)
        said.yearWidth = 4
        if slot.hasOrdinal {
            skipCharacter()
            skipCharacter()
        }
    }

    /// A field of digits.
    private mutating func takeNumber(_ slot: TimeTemplate.Slot) throws(KernelError) {
        let field = slot.field
        let (value, count) = try number(slot)
        switch field {
        case .hour12, .hour:
            try Self.set(&said.hour, value, field)
            said.isOfTwelve = true
        case .hour24: try Self.set(&said.hour, value, field)
        case .minute: try Self.set(&said.minute, value, field)
        case .second: try Self.set(&said.second, value, field)
        case .secondsOfDay, .secondsOfDayToo: try Self.set(&said.secondsOfDay, value, field)
        case .milliseconds:
            try Self.set(&said.milliseconds, value, field)
            // 25 of MS are 250 milliseconds, as digits behind a mark.
            said.milliseconds *= [100, 10][safe: count - 1] ?? 1
        case .microseconds, .fraction1, .fraction2, .fraction3, .fraction4, .fraction5, .fraction6:
            if let digits = field.fractionDigitCount { said.fractionDigitCount = digits }
            try Self.set(&said.microseconds, value, field)
            // 25 is a quarter of a second, and 025 a fortieth.
            said.microseconds *= [100_000, 10_000, 1_000, 100, 10][safe: count - 1] ?? 1
        case .zoneMinutes:
            if said.zoneSign == 0 { said.zoneSign = 1 }
            try Self.set(&said.zoneMinutes, value, field)
        case .month: try Self.set(&said.month, value, field)
        case .dayOfYear, .isoDayOfYear: try Self.set(&said.dayOfYear, value, field)
        case .dayOfMonth: try Self.set(&said.day, value, field)
        case .dayOfWeek: try Self.set(&said.weekday, value, field)
        case .isoDay:
            try Self.set(&said.weekday, value, field)
            // As the other weekdays count, from Sunday.
            said.weekday = value + 1 > 7 ? 1 : value + 1
        case .weekOfYear, .isoWeek: try Self.set(&said.week, value, field)
        case .weekOfMonth: try Self.set(&said.weekOfMonth, value, field)
        case .century: try Self.set(&said.century, value, field)
        case .julian: try Self.set(&said.julian, value, field)
        case .year4, .isoYear4, .year3, .isoYear3, .year2, .isoYear2, .year1, .isoYear1:
            try Self.set(&said.year, value, field)
            said.yearWidth = field.rawValue.utf8.count { $0 == UInt8(ascii: "Y") } + (field.convention == .isoWeek ? 1 : 0)
            if said.yearWidth < 4, count < 4 { said.year = Self.fullYear(value) }
        // Which day of a quarter would be meant is open: PostgreSQL leaves it out too.
        default: break
        }
    }

    /// Of a year's last digits that which is nearest to 2020.
    private static func fullYear(_ year: Int) -> Int {
        switch year {
        case ..<70: year + 2_000
        case ..<100: year + 1_900
        case ..<520: year + 2_000
        case ..<1_000: year + 1_000
        default: year
        }
    }

    private static let months = [
        "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december",
    ]
    private static let shortMonths = months.map { String($0.prefix(3)) }
    private static let days = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"]
    private static let shortDays = days.map { String($0.prefix(3)) }
    /// The longer before what they begin with.
    private static let romans = ["xii", "xi", "x", "ix", "viii", "vii", "vi", "v", "iv", "iii", "ii", "i"]
}

extension Array {
    fileprivate subscript(safe index: Int) -> Element? { indices.contains(index) ? self[index] : nil }
}
