import ColumnStore

/// to_char of times, as PostgreSQL's `DCH_to_char` writes them: the template is cut into parts once, then each row is written.
///
/// Fields are numbers with a width, filled with zeros, or names, filled with blanks; FM leaves either as short as it is. Intervals have no day of the
/// calendar: what needs one is refused.
///
/// PostgreSQL 15's documentation, section 9.8.
enum FormatKernels {
    /// - Parameters:
    ///   - pattern: the template, the same for all rows.
    ///   - zone: whose clock shows an instant.
    /// - Throws: `.outside` for a field that an interval has not; as `NumberFormat` for numbers.
    static func format(_ column: Column, template pattern: [UInt8], zone: TimeZoneRules, _ meter: WorkMeter) throws(KernelError) -> Column {
        let isNumber = switch column.type {
        case .int32, .int64, .decimal, .double: true
        default: false
        }
        // Of no template at all a time has no text.
        if column.isConstantNull || pattern.isEmpty && !isNumber { return .constant(.null, type: .string, count: column.count) }
        var validity = column.rowValidity
        try FormatTemplate.checkLength(pattern.count)
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
            let pieces = TimePattern(pattern).pieces
            let intervals = column.intervals()
            for row in intervals.indices {
                text.removeAll(keepingCapacity: true)
                if validity?[row] ?? true { try append(pieces, moment: Moment(intervals[row]), to: &text) }
                try result.append(text)
                result.endText()
            }
        default:
            let pieces = TimePattern(pattern).pieces
            let isUTC = column.type == .timestampTZ
            var clock = ZoneClock(isUTC ? zone : .utc)
            let type = isUTC ? ColumnType.timestampTZ : column.type == .time ? .time : .timestamp(isUTC: false)
            guard let values = try CastKernels.cast(column, to: type, zone: zone).integers() else { throw .timeOutOfRange }
            if type != .time, values.contains(where: Calendar.isInfinite(moment:)) {
                // No template is of an infinite moment.
                var known = validity ?? Bitmap(repeating: true, count: values.count)
                for row in values.indices where Calendar.isInfinite(moment: values[row]) { known[row] = false }
                validity = known
            }
            // A zone's abbreviation is looked up only where the template shows it.
            let namesZone = isUTC && pieces.contains { if case .field(let field, _, _, _) = $0 { field == .zoneUpper || field == .zoneLower } else { false } }
            for row in values.indices {
                text.removeAll(keepingCapacity: true)
                if validity?[row] ?? true {
                    let offset = clock.offset(atUTC: values[row])
                    let name = namesZone ? clock.abbreviation(atUTC: values[row]) : ""
                    try append(pieces, moment: Moment(values[row] &+ offset, offset: isUTC ? offset : 0, zone: name), to: &text)
                }
                try result.append(text)
                result.endText()
            }
        }
        return result.finish(type: .string, validity: validity)
    }

    /// A moment as the calendar has it, or an interval with its parts in the same places.
    private struct Moment {
        /// Since 1970; of an interval its days.
        var days: Int
        var hour: Int, minute: Int, second: Int, microsecond: Int
        var day: Calendar.Day
        /// Of the zone, in microseconds to the east.
        var offset: Int64
        /// Its abbreviation; empty where no template shows it.
        var zone: String
        var isInterval = false

        init(_ local: Int64, offset: Int64, zone: String) {
            let time: Int64
            (days, time) = Calendar.split(microseconds: local)
            day = Calendar.day(fromDays: days)
            self.offset = offset
            self.zone = zone
            (hour, minute, second, microsecond) = Self.parts(time)
        }

        init(_ interval: Interval) {
            days = Int(interval.days)
            day = Calendar.Day(year: Int(interval.months / 12), month: Int(interval.months % 12), day: Int(interval.days))
            (hour, minute, second, microsecond) = Self.parts(interval.microseconds)
            (offset, zone, isInterval) = (0, "", true)
        }

        /// Hours, minutes, seconds and microseconds, all negative of a negative time.
        private static func parts(_ time: Int64) -> (Int, Int, Int, Int) {
            (Int(time / 3_600_000_000), Int(time / 60_000_000 % 60), Int(time / 1_000_000 % 60), Int(time % 1_000_000))
        }

        /// There is no year 0: before 1 comes 1 BC. An interval's years are as they are.
        func shown(_ year: Int) -> Int { isInterval || year > 0 ? year : 1 - year }
    }

    private static let months = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
    ]
    private static let weekdays = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
    private static let romans = ["I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII"]

    /// Writes one value by the template's pieces.
    private static func append(_ pieces: [TimePattern.Piece], moment: Moment, to text: inout [UInt8]) throws(KernelError) {
        for piece in pieces {
            switch piece {
            case .literal(let bytes, _): text.append(contentsOf: bytes)
            case .field(let field, let fill, let isTranslated, let suffix):
                let start = text.count
                if let (number, width) = try number(field, moment) {
                    appendNumber(number, width: fill || isFraction(field) ? width : 0, to: &text)
                    if suffix != .none { text.append(contentsOf: FormatTemplate.ordinal(text[start...], isUpper: suffix == .upper).utf8) }
                } else {
                    try appendName(field, moment, fill: fill, isTranslated: isTranslated, suffix, to: &text)
                }
            }
        }
    }

    /// As C's `%0*d`: the minus takes a place of the width.
    private static func appendNumber(_ number: Int, width: Int, to text: inout [UInt8]) {
        Calendar.appendPadded(number, width: number < 0 ? width - 1 : width, to: &text)
    }

    /// Parts of a second keep their digits, FM or not.
    private static func isFraction(_ field: TimePattern.Field) -> Bool {
        switch field {
        case .milliseconds, .microseconds, .fraction1, .fraction2, .fraction3, .fraction4, .fraction5, .fraction6: true
        default: false
        }
    }

    /// The number of a field and its width; nil for a field that is no number.
    private static func number(_ field: TimePattern.Field, _ moment: Moment) throws(KernelError) -> (Int, width: Int)? {
        /// A negative part of an interval is one wider.
        func padded(_ number: Int, _ width: Int) -> (Int, Int) { (number, number < 0 ? width + 1 : width) }
        switch field {
        case .hour24: return padded(moment.hour, 2)
        case .hour12, .hour: return (moment.hour % 12 == 0 ? 12 : moment.hour % 12, moment.hour < 0 ? 3 : 2)
        case .minute: return padded(moment.minute, 2)
        case .second: return padded(moment.second, 2)
        case .milliseconds, .fraction3: return (moment.microsecond / 1_000, 3)
        case .microseconds, .fraction6: return (moment.microsecond, 6)
        case .fraction1: return (moment.microsecond / 100_000, 1)
        case .fraction2: return (moment.microsecond / 10_000, 2)
        case .fraction4: return (moment.microsecond / 100, 4)
        case .fraction5: return (moment.microsecond / 10, 5)
        // Below 2^44: an interval's time is one of 64 bits in microseconds.
        case .secondsOfDay, .secondsOfDayToo: return (moment.hour * 3_600 + moment.minute * 60 + moment.second, 0)
        case .month: return padded(moment.day.month, 2)
        case .dayOfMonth: return (moment.day.day, 2)
        case .weekOfMonth: return ((moment.day.day - 1) / 7 + 1, 0)
        case .quarter: return moment.day.month == 0 ? nil : ((moment.day.month - 1) / 3 + 1, 0)
        case .dayOfYear: return (dayOfYear(moment), 3)
        case .weekOfYear: return ((dayOfYear(moment) - 1) / 7 + 1, 2)
        case .year4, .year3, .year2, .year1, .century: return year(field, moment)
        case .isoDay, .dayOfWeek, .isoDayOfYear, .isoWeek, .julian, .isoYear4, .isoYear3, .isoYear2, .isoYear1: return try ofDay(field, moment)
        default: return nil
        }
    }

    /// Of an interval as if months had 30 days.
    private static func dayOfYear(_ moment: Moment) -> Int {
        if !moment.isInterval { return moment.days - Calendar.days(year: moment.day.year, month: 1, day: 1) + 1 }
        // In 32 bits, as PostgreSQL has it.
        return Int(Int32(truncatingIfNeeded: (moment.day.year * 12 + moment.day.month) * 30 + moment.day.day))
    }

    /// A year of 4 to 1 digits, or the century. Remainders keep the sign.
    private static func year(_ field: TimePattern.Field, _ moment: Moment) -> (Int, width: Int) {
        let shown = moment.shown(moment.day.year)
        let sign = shown < 0 ? 1 : 0
        switch field {
        case .year4: return (shown, 4 + sign)
        case .year3: return (shown % 1_000, 3 + sign)
        case .year2: return (shown % 100, 2 + sign)
        case .year1: return (shown % 10, 1)
        default:
            let year = moment.day.year
            let century = moment.isInterval ? year / 100 : year > 0 ? (year - 1) / 100 + 1 : year / 100 - 1
            // Two digits and a sign; longer ones are as long as they are.
            return (century, (-99...99).contains(century) ? (century < 0 ? 3 : 2) : 0)
        }
    }

    /// What a day of the calendar has and an interval has not.
    private static func ofDay(_ field: TimePattern.Field, _ moment: Moment) throws(KernelError) -> (Int, width: Int) {
        guard !moment.isInterval else { throw notOfIntervals(field) }
        let fromMonday = (Calendar.weekday(days: moment.days) + 6) % 7 + 1
        switch field {
        case .isoDay: return (fromMonday, 0)
        case .dayOfWeek: return (fromMonday % 7 + 1, 0)
        // 2440588 is the Julian day of 1970-01-01.
        case .julian: return (moment.days + 2_440_588, 0)
        default: break
        }
        let (year, week) = Calendar.isoWeek(days: moment.days)
        let shown = moment.shown(year)
        switch field {
        case .isoWeek: return (week, 2)
        case .isoDayOfYear: return ((week - 1) * 7 + fromMonday, 3)
        case .isoYear4: return (shown, 4)
        case .isoYear3: return (shown % 1_000, 3)
        case .isoYear2: return (shown % 100, 2)
        default: return (shown % 10, 1)
        }
    }

    private static func notOfIntervals(_ field: TimePattern.Field) -> KernelError {
        .outside(.invalidTime, "to_char: \(field.rawValue) is not for intervals, which are bound to no date")
    }

    /// Fields that are no numbers.
    private static func appendName(
        _ field: TimePattern.Field, _ moment: Moment, fill: Bool, isTranslated: Bool, _ suffix: TimePattern.Suffix, to text: inout [UInt8]
    ) throws(KernelError) {
        switch field {
        case .amUpper, .pmUpper, .amLower, .pmLower, .amDotted, .pmDotted, .amDottedLower, .pmDottedLower:
            // In the spelling of the field, which names either half.
            let isAfternoon = moment.hour % 24 >= 12
            // A or P, with the bit of the case that the field's letter has.
            text.append(contentsOf: field.rawValue.utf8.enumerated().map { $0.offset == 0 ? $0.element & 0x20 | (isAfternoon ? 0x50 : 0x41) : $0.element })
        case .yearComma:
            let year = moment.shown(moment.day.year)
            let start = text.count
            Calendar.appendPadded(year / 1_000, width: 1, to: &text)
            text.append(UInt8(ascii: ","))
            appendNumber(year % 1_000, width: 3, to: &text)
            if suffix != .none { text.append(contentsOf: FormatTemplate.ordinal(text[start...], isUpper: suffix == .upper).utf8) }
        case .roman, .romanLower:
            guard moment.day.month != 0 || moment.day.year != 0 else { return }
            // Of an interval months count back from December where they are negative.
            let month = moment.day.month > 0 ? moment.day.month - 1 : moment.day.month < 0 ? 12 + moment.day.month : moment.day.year >= 0 ? 11 : 0
            let roman = romans[max(0, min(11, month))]
            append(field == .romanLower ? roman.lowercased() : roman, width: fill ? 4 : 0, to: &text)
        case .quarter, .exact: break
        default:
            guard !moment.isInterval else { throw notOfIntervals(field) }
            if field == .offset || field == .zoneHours || field == .zoneMinutes { return appendOffset(field, moment, fill: fill, to: &text) }
            appendDayName(field, moment, fill: fill && !isTranslated, to: &text)
        }
    }

    private static func append(_ name: String, width: Int, to text: inout [UInt8]) {
        text.append(contentsOf: name.utf8)
        text.append(contentsOf: repeatElement(0x20, count: max(0, width - name.utf8.count)))
    }

    /// Names are English, of nine characters where they are filled.
    private static func appendDayName(_ field: TimePattern.Field, _ moment: Moment, fill: Bool, to text: inout [UInt8]) {
        let month = months[max(0, min(11, moment.day.month - 1))]
        let weekday = weekdays[Calendar.weekday(days: moment.days)]
        let width = fill ? 9 : 0
        switch field {
        case .eraBC, .eraAD: append(moment.day.year <= 0 ? "BC" : "AD", width: 0, to: &text)
        case .eraBCLower, .eraADLower: append(moment.day.year <= 0 ? "bc" : "ad", width: 0, to: &text)
        case .eraBCDotted, .eraADDotted: append(moment.day.year <= 0 ? "B.C." : "A.D.", width: 0, to: &text)
        case .eraBCDottedLower, .eraADDottedLower: append(moment.day.year <= 0 ? "b.c." : "a.d.", width: 0, to: &text)
        case .monthUpper: append(month.uppercased(), width: width, to: &text)
        case .monthTitle: append(month, width: width, to: &text)
        case .monthLower: append(month.lowercased(), width: width, to: &text)
        case .monUpper: append(String(month.prefix(3)).uppercased(), width: 0, to: &text)
        case .monTitle: append(String(month.prefix(3)), width: 0, to: &text)
        case .monLower: append(String(month.prefix(3)).lowercased(), width: 0, to: &text)
        case .dayUpper: append(weekday.uppercased(), width: width, to: &text)
        case .dayTitle: append(weekday, width: width, to: &text)
        case .dayLower: append(weekday.lowercased(), width: width, to: &text)
        case .dyUpper: append(String(weekday.prefix(3)).uppercased(), width: 0, to: &text)
        case .dyTitle: append(String(weekday.prefix(3)), width: 0, to: &text)
        case .dyLower: append(String(weekday.prefix(3)).lowercased(), width: 0, to: &text)
        case .zoneUpper: append(moment.zone, width: 0, to: &text)
        case .zoneLower: append(moment.zone.lowercased(), width: 0, to: &text)
        default: break
        }
    }

    /// `+02`, or `+02:30` where there are minutes.
    private static func appendOffset(_ field: TimePattern.Field, _ moment: Moment, fill: Bool, to text: inout [UInt8]) {
        let seconds = Int(clamping: (moment.offset / Calendar.microsecondsPerSecond).magnitude)
        if field == .zoneMinutes { return Calendar.appendPadded(seconds / 60 % 60, width: 2, to: &text) }
        text.append(UInt8(ascii: moment.offset < 0 ? "-" : "+"))
        Calendar.appendPadded(seconds / 3_600, width: fill || field == .zoneHours ? 2 : 1, to: &text)
        if field == .offset, seconds % 3_600 != 0 {
            text.append(UInt8(ascii: ":"))
            Calendar.appendPadded(seconds / 60 % 60, width: 2, to: &text)
        }
    }
}
