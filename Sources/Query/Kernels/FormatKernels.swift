import ColumnStore

/// to_char of times: the template is cut into parts once, then each row is written.
enum FormatKernels {
    private enum Piece {
        case literal([UInt8])
        case field(Field, fill: Bool, suffix: Suffix)
    }

    private enum Suffix { case none, upper, lower }

    private enum Field: String, CaseIterable {
        case hour24 = "HH24", hour12 = "HH12", hour = "HH", minute = "MI", second = "SS", milliseconds = "MS", microseconds = "US"
        case secondsOfDay = "SSSS", secondsOfDayToo = "SSSSS", fraction1 = "FF1", fraction2 = "FF2", fraction3 = "FF3", fraction4 = "FF4"
        case fraction5 = "FF5", fraction6 = "FF6", amUpper = "AM", pmUpper = "PM", amLower = "am", pmLower = "pm", amDotted = "A.M.", pmDotted = "P.M."
        case amDottedLower = "a.m.", pmDottedLower = "p.m.", eraBC = "BC", eraAD = "AD", eraBCLower = "bc", eraADLower = "ad"
        case eraBCDotted = "B.C.", eraADDotted = "A.D.", eraBCDottedLower = "b.c.", eraADDottedLower = "a.d."
        case yearComma = "Y,YYY", year4 = "YYYY", year3 = "YYY", year2 = "YY", isoYear = "IYYY", isoYear2 = "IY", year1 = "Y"
        case monthUpper = "MONTH", monthTitle = "Month", monthLower = "month", monUpper = "MON", monTitle = "Mon", monLower = "mon"
        case month = "MM", dayUpper = "DAY", dayTitle = "Day", dayLower = "day", dyUpper = "DY", dyTitle = "Dy", dyLower = "dy"
        case dayOfYear = "DDD", isoDayOfYear = "IDDD", dayOfMonth = "DD", isoDay = "ID", dayOfWeek = "D", weekOfMonth = "W"
        case weekOfYear = "WW", isoWeek = "IW", century = "CC", julian = "J", quarter = "Q", roman = "RM", romanLower = "rm"
        case zoneUpper = "TZ", zoneLower = "tz", zoneHours = "TZH", zoneMinutes = "TZM", offset = "OF"

        /// Parts of a second keep their digits, FM or not.
        var isFraction: Bool {
            switch self {
            case .milliseconds, .microseconds, .fraction1, .fraction2, .fraction3, .fraction4, .fraction5, .fraction6: true
            default: false
            }
        }

        /// Longest first, so that `HH24` is not `HH`.
        static let byLength: [(name: [UInt8], field: Field)] = allCases.map { (Array($0.rawValue.utf8), $0) }
            .sorted { $0.name.count > $1.name.count }
    }

    static func format(_ column: Column, template: Column, zone: TimeZoneRules, _ meter: WorkMeter) throws(KernelError) -> Column {
        if column.isConstantNull || template.isConstantNull { return .constant(.null, type: .string, count: column.count) }
        guard case .bytes(let pattern)? = template.constantValue else { throw .invalidArgument("to_char needs a constant template") }
        let validity = column.rowValidity
        // What a template is cut into, and a text of it.
        try meter.charge(pattern.count * 8)
        var result = TextBuilder(count: column.count, meter)
        var text: [UInt8] = []
        switch column.type {
        case .int32, .int64, .decimal, .double:
            let format = try NumberFormat(pattern)
            for row in 0..<column.count {
                text.removeAll(keepingCapacity: true)
                if validity?[row] ?? true { try format.append(column.value(at: row), type: column.type, to: &text) }
                try result.append(text)
                result.endText()
            }
        case .interval:
            let pieces = parse(pattern)
            let intervals = column.intervals()
            for row in intervals.indices {
                text.removeAll(keepingCapacity: true)
                if validity?[row] ?? true { try append(pieces, moment: Moment(intervals[row]), to: &text) }
                try result.append(text)
                result.endText()
            }
        default:
            let pieces = parse(pattern)
            let isUTC = column.type == .timestampTZ
            var clock = ZoneClock(isUTC ? zone : .utc)
            let type = isUTC ? ColumnType.timestampTZ : column.type == .time ? .time : .timestamp(isUTC: false)
            guard let values = try CastKernels.cast(column, to: type, zone: zone).integers() else { throw .timeOutOfRange }
            let namesZone = isUTC && pieces.contains { if case .field(let field, _, _) = $0 { field == .zoneUpper || field == .zoneLower } else { false } }
            for row in values.indices {
                text.removeAll(keepingCapacity: true)
                if validity?[row] ?? true {
                    let offset = clock.offset(atUTC: values[row])
                    let name = namesZone ? clock.abbreviation(atUTC: values[row]) : ""
                    try append(pieces, moment: Moment(values[row] &+ offset, offset: isUTC ? offset : nil, zone: name), to: &text)
                }
                try result.append(text)
                result.endText()
            }
        }
        return result.finish(type: .string, validity: validity)
    }

    private static func parse(_ pattern: [UInt8]) -> [Piece] {
        var pieces: [Piece] = []
        var rest = pattern[...]
        var literal: [UInt8] = []
        while let first = rest.first {
            if first == UInt8(ascii: "\"") {
                rest = rest.dropFirst()
                while let byte = rest.first, byte != UInt8(ascii: "\"") {
                    if byte == UInt8(ascii: "\\"), rest.count > 1 { rest = rest.dropFirst() }
                    if let escaped = rest.first { literal.append(escaped) }
                    rest = rest.dropFirst()
                }
                rest = rest.dropFirst()
                continue
            }
            let fills = !(rest.starts(with: "FM".utf8) || rest.starts(with: "fm".utf8))
            let body = fills ? rest : rest.dropFirst(2)
            guard let (field, length) = match(body) else {
                if !fills {
                    rest = body
                    continue
                }
                literal.append(first)
                rest = rest.dropFirst()
                continue
            }
            if !literal.isEmpty { pieces.append(.literal(literal)) }
            literal = []
            rest = body.dropFirst(length)
            var suffix = Suffix.none
            if rest.starts(with: "TH".utf8) { suffix = .upper } else if rest.starts(with: "th".utf8) { suffix = .lower }
            if suffix != .none { rest = rest.dropFirst(2) }
            pieces.append(.field(field, fill: fills, suffix: suffix))
        }
        if !literal.isEmpty { pieces.append(.literal(literal)) }
        return pieces
    }

    /// Names of months and days tell their case; all other fields are taken in either.
    private static func match(_ text: ArraySlice<UInt8>) -> (Field, Int)? {
        for (name, field) in Field.byLength where text.starts(with: name) { return (field, name.count) }
        for (name, field) in Field.byLength where text.count >= name.count {
            if zip(text, name).allSatisfy({ $0 == $1 || ($0 >= 0x61 && $0 <= 0x7A && $0 - 32 == $1) }) { return (field, name.count) }
        }
        return nil
    }

    private struct Moment {
        var days: Int
        var time: Int64
        var day: Calendar.Day
        var offset: Int64?
        var zone: String

        init(_ local: Int64, offset: Int64?, zone: String) {
            (days, time) = Calendar.split(microseconds: local)
            day = Calendar.day(fromDays: days)
            self.offset = offset
            self.zone = zone
        }

        init(_ interval: Interval) {
            days = Int(interval.days)
            time = interval.microseconds
            day = Calendar.Day(year: Int(interval.months / 12), month: Int(interval.months % 12), day: Int(interval.days))
            zone = ""
        }
    }

    private static let months = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
    ]
    private static let weekdays = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
    private static let romans = ["I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII"]

    private static func append(_ pieces: [Piece], moment: Moment, to text: inout [UInt8]) throws(KernelError) {
        for piece in pieces {
            switch piece {
            case .literal(let bytes): text.append(contentsOf: bytes)
            case .field(let field, let fill, let suffix):
                if let (number, width) = number(field, moment) {
                    if number < 0 { text.append(UInt8(ascii: "-")) }
                    Calendar.appendPadded(abs(number), width: fill || field.isFraction ? width : 1, to: &text)
                    if suffix != .none { text.append(contentsOf: ordinal(abs(number), isUpper: suffix == .upper).utf8) }
                } else {
                    appendName(field, moment, fill: fill, to: &text)
                }
            }
        }
    }

    private static func ordinal(_ number: Int, isUpper: Bool) -> String {
        let ending = number / 10 % 10 == 1 ? "th" : number % 10 == 1 ? "st" : number % 10 == 2 ? "nd" : number % 10 == 3 ? "rd" : "th"
        return isUpper ? ending.uppercased() : ending
    }

    private static func number(_ field: Field, _ moment: Moment) -> (Int, width: Int)? {
        let hour = Int(moment.time / 3_600_000_000)
        let shownYear = moment.day.year <= 0 && moment.zone != "" ? 1 - moment.day.year : moment.day.year
        func dayOfYear() -> Int { moment.days - Calendar.days(year: moment.day.year, month: 1, day: 1) + 1 }
        switch field {
        case .hour24: return (hour, 2)
        case .hour12, .hour: return (hour % 12 == 0 ? 12 : hour % 12, 2)
        case .minute: return (Int(moment.time / 60_000_000 % 60), 2)
        case .second: return (Int(moment.time / 1_000_000 % 60), 2)
        case .milliseconds: return (Int(moment.time / 1_000 % 1_000), 3)
        case .microseconds: return (Int(moment.time % 1_000_000), 6)
        case .fraction1: return (Int(moment.time / 100_000 % 10), 1)
        case .fraction2: return (Int(moment.time / 10_000 % 100), 2)
        case .fraction3: return (Int(moment.time / 1_000 % 1_000), 3)
        case .fraction4: return (Int(moment.time / 100 % 10_000), 4)
        case .fraction5: return (Int(moment.time / 10 % 100_000), 5)
        case .fraction6: return (Int(moment.time % 1_000_000), 6)
        case .secondsOfDay, .secondsOfDayToo: return (Int(moment.time / 1_000_000), 1)
        case .year4: return (shownYear, 4)
        case .year3: return (shownYear % 1_000, 3)
        case .year2: return (shownYear % 100, 2)
        case .year1: return (shownYear % 10, 1)
        case .isoYear: return (Calendar.isoWeek(days: moment.days).year, 4)
        case .isoYear2: return (Calendar.isoWeek(days: moment.days).year % 100, 2)
        case .month: return (moment.day.month, 2)
        case .dayOfYear: return (dayOfYear(), 3)
        case .isoDayOfYear:
            let (_, week) = Calendar.isoWeek(days: moment.days)
            return ((week - 1) * 7 + (Calendar.weekday(days: moment.days) + 6) % 7 + 1, 3)
        case .dayOfMonth: return (moment.day.day, 2)
        case .isoDay: return ((Calendar.weekday(days: moment.days) + 6) % 7 + 1, 1)
        case .dayOfWeek: return (Calendar.weekday(days: moment.days) + 1, 1)
        case .weekOfMonth: return ((moment.day.day - 1) / 7 + 1, 1)
        case .weekOfYear: return ((dayOfYear() - 1) / 7 + 1, 2)
        case .isoWeek: return (Calendar.isoWeek(days: moment.days).week, 2)
        case .century: return ((shownYear + 99) / 100, 2)
        case .julian: return (moment.days + 2_440_588, 1)
        case .quarter: return ((moment.day.month - 1) / 3 + 1, 1)
        default: return nil
        }
    }

    private static func appendName(_ field: Field, _ moment: Moment, fill: Bool, to text: inout [UInt8]) {
        let isAfternoon = moment.time >= Calendar.microsecondsPerDay / 2
        let month = months[max(0, min(11, moment.day.month - 1))]
        let weekday = weekdays[Calendar.weekday(days: moment.days)]
        func pad(_ name: String) -> String { fill ? name + String(repeating: " ", count: max(0, 9 - name.utf8.count)) : name }
        let name: String
        switch field {
        case .amUpper, .pmUpper: name = isAfternoon ? "PM" : "AM"
        case .amLower, .pmLower: name = isAfternoon ? "pm" : "am"
        case .amDotted, .pmDotted: name = isAfternoon ? "P.M." : "A.M."
        case .amDottedLower, .pmDottedLower: name = isAfternoon ? "p.m." : "a.m."
        case .eraBC, .eraAD: name = moment.day.year <= 0 ? "BC" : "AD"
        case .eraBCLower, .eraADLower: name = moment.day.year <= 0 ? "bc" : "ad"
        case .eraBCDotted, .eraADDotted: name = moment.day.year <= 0 ? "B.C." : "A.D."
        case .eraBCDottedLower, .eraADDottedLower: name = moment.day.year <= 0 ? "b.c." : "a.d."
        case .yearComma:
            Calendar.appendPadded(moment.day.year / 1_000, width: 1, to: &text)
            text.append(UInt8(ascii: ","))
            return Calendar.appendPadded(moment.day.year % 1_000, width: 3, to: &text)
        case .monthUpper: name = pad(month.uppercased())
        case .monthTitle: name = pad(month)
        case .monthLower: name = pad(month.lowercased())
        case .monUpper: name = String(month.prefix(3)).uppercased()
        case .monTitle: name = String(month.prefix(3))
        case .monLower: name = String(month.prefix(3)).lowercased()
        case .dayUpper: name = pad(weekday.uppercased())
        case .dayTitle: name = pad(weekday)
        case .dayLower: name = pad(weekday.lowercased())
        case .dyUpper: name = String(weekday.prefix(3)).uppercased()
        case .dyTitle: name = String(weekday.prefix(3))
        case .dyLower: name = String(weekday.prefix(3)).lowercased()
        case .roman, .romanLower:
            var roman = romans[max(0, min(11, moment.day.month - 1))]
            if field == .romanLower { roman = roman.lowercased() }
            name = fill ? roman + String(repeating: " ", count: 4 - roman.utf8.count) : roman
        case .zoneUpper, .zoneLower:
            name = moment.offset == nil ? "" : field == .zoneLower ? moment.zone.lowercased() : moment.zone
        default:
            let seconds = Int((moment.offset ?? 0) / Calendar.microsecondsPerSecond)
            if field == .zoneMinutes { return Calendar.appendPadded(abs(seconds) / 60 % 60, width: 2, to: &text) }
            text.append(UInt8(ascii: seconds < 0 ? "-" : "+"))
            Calendar.appendPadded(abs(seconds) / 3_600, width: 2, to: &text)
            if field == .offset, seconds % 3_600 != 0 {
                text.append(UInt8(ascii: ":"))
                Calendar.appendPadded(abs(seconds) / 60 % 60, width: 2, to: &text)
            }
            return
        }
        text.append(contentsOf: name.utf8)
    }
}
