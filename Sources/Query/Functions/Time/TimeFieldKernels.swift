import ColumnStore

/// EXTRACT, date_trunc, make_date and AT TIME ZONE.
///
/// Fields are computed in millionths of their unit, in 64 bits, and brought to the wanted type at the end: seconds have six digits that way, and
/// whole fields are exact. Of an instant all but the epoch is read off the zone's clock.
///
/// PostgreSQL 15's documentation, sections 9.9.1 to 9.9.4.
enum TimeFieldKernels {
    /// What EXTRACT and date_trunc ask for.
    enum Part: String {
        case microseconds, milliseconds, second, minute, hour, day, week, month, quarter, year, decade, century, millennium
        case dow, isodow, doy, isoyear, epoch, julian, timezone, timezone_hour, timezone_minute

        /// By PostgreSQL's names and abbreviations.
        init?(name: String) {
            switch name.lowercased() {
            case "microsecond", "us", "usec", "usecs": self = .microseconds
            case "millisecond", "ms", "msec", "msecs": self = .milliseconds
            case "seconds", "sec", "secs", "s": self = .second
            case "minutes", "min", "mins", "m": self = .minute
            case "hours", "hr", "hrs", "h": self = .hour
            case "days", "d": self = .day
            case "weeks", "w": self = .week
            case "months", "mon", "mons": self = .month
            case "quarters", "qtr": self = .quarter
            case "years", "yr", "yrs", "y": self = .year
            case "decades", "dec", "decs": self = .decade
            case "centuries", "cent", "c": self = .century
            case "millennia", "mil", "mils": self = .millennium
            case "dayofweek", "weekday": self = .dow
            case "dayofyear": self = .doy
            case "timezone_h": self = .timezone_hour
            case "timezone_m": self = .timezone_minute
            case let other: self.init(rawValue: other)
            }
        }
    }

    /// - Throws: `.invalidArgument` for a name that is none.
    static func part(named name: Value?) throws(KernelError) -> Part {
        guard case .bytes(let bytes)? = name, let part = Part(name: String(word: bytes)) else {
            throw .invalidArgument("the field's name must be one of those that EXTRACT knows")
        }
        return part
    }

    // MARK: EXTRACT

    /// The field in millionths, brought to `type`.
    ///
    /// - Throws: `.timeOutOfRange` for what millionths in 64 bits do not hold; `.invalidArgument` for a field that the type has not.
    static func extract(_ part: Part, from column: Column, type: ColumnType, zone: TimeZoneRules) throws(KernelError) -> Column {
        if column.isConstantNull { return .constant(.null, type: type, count: column.count) }
        if let column = try ofInfinite(part, column, type: type, zone: zone) { return column }
        if part == .julian, column.type != .date { return try julianDays(column, type: type, zone: zone) }
        let validity = column.rowValidity
        var millionths = [Int64](repeating: 0, count: column.count)
        if column.type == .interval {
            let intervals = column.intervals()
            if part == .epoch, !TypeRules.isInteger(type) { return try seconds(ofIntervals: intervals, type: type, validity: validity) }
            for row in intervals.indices where validity?[row] ?? true { millionths[row] = try field(part, of: intervals[row]) }
        } else {
            guard let values = column.integers() else { throw .timeOutOfRange }
            let isUTC = column.type == .timestampTZ
            var clock = ZoneClock(isUTC ? zone : .utc)
            if column.type == .date {
                // In seconds: a far day's millionths are past Int64.
                if part == .epoch { return try seconds(ofDays: values, type: type, validity: validity) }
                for row in values.indices where validity?[row] ?? true {
                    millionths[row] = try field(part, days: Int(values[row]), time: 0, instant: nil, offset: 0)
                }
            } else {
                let isTime = column.type == .time
                for row in values.indices where validity?[row] ?? true {
                    let offset = clock.offset(atUTC: values[row])
                    let (days, time) = Calendar.split(microseconds: values[row] &+ offset)
                    if isTime, !isOfTime(part) { throw .invalidArgument("TIME has no such field") }
                    millionths[row] = try field(part, days: days, time: time, instant: values[row], offset: offset)
                }
            }
        }
        return try scaled(millionths, type: type, validity: validity)
    }

    /// Where there are infinite ones among them; nil where there are none. A field that only grows is infinite too, and others are not there.
    private static func ofInfinite(_ part: Part, _ column: Column, type: ColumnType, zone: TimeZoneRules) throws(KernelError) -> Column? {
        guard column.type == .date || TypeRules.isTimestamp(column.type), let values = column.integers() else { return nil }
        let isInfinite = column.type == .date ? Calendar.isInfinite(day:) : Calendar.isInfinite(moment:)
        guard values.contains(where: isInfinite) else { return nil }
        var known = column.rowValidity ?? Bitmap(repeating: true, count: column.count)
        let rows = values.indices.filter { known[$0] && isInfinite(values[$0]) }
        for row in rows { known[row] = false }
        let finite = values.indices.map { known[$0] ? values[$0] : 0 }
        let fields = try extract(part, from: .whole(finite, type: column.type, validity: known), type: type, zone: zone)
        guard !rows.isEmpty, grows(part) else { return fields }
        guard type == .double else { throw .outside(.timeOutOfRange, "no NUMERIC is infinite: date_part gives a DOUBLE") }
        var numbers = fields.doubles()
        for row in rows {
            numbers[row] = values[row] < 0 ? -.infinity : .infinity
            known[row] = true
        }
        return Column(type: .double, count: column.count, validity: known, values: .double(numbers))
    }

    /// Whether the field only rises with time, so that it is infinite at an infinite moment.
    static func grows(_ part: Part) -> Bool {
        switch part {
        case .epoch, .year, .isoyear, .decade, .century, .millennium, .julian: true
        default: false
        }
    }

    /// The epoch of days, as whole seconds.
    private static func seconds(ofDays days: [Int64], type: ColumnType, validity: Bitmap?) throws(KernelError) -> Column {
        let seconds = try IntegerKernels.mapped(days, validity: validity) { (day) throws(KernelError) in
            guard let seconds = day.multipliedOrNil(by: 86_400) else { throw .timeOutOfRange }
            return seconds
        }
        let exact = Column(type: .decimal38(scale: 0), count: days.count, validity: validity, values: .int64(seconds))
        return try CastKernels.cast(exact, to: type, zone: .utc)
    }

    /// The epoch of intervals, of which the longest have more millionths than 64 bits hold.
    private static func seconds(ofIntervals intervals: [Interval], type: ColumnType, validity: Bitmap?) throws(KernelError) -> Column {
        let exact = Column.decimals(intervals.map(epoch(of:)), type: .decimal38(scale: 6), validity: validity)
        return try CastKernels.cast(exact, to: type, zone: .utc)
    }

    /// In millionths of a second: a year of 365.25 days, a month of 30.
    private static func epoch(of interval: Interval) -> Int128 {
        let years = Int128(interval.months / 12) * 31_557_600 + Int128(interval.months % 12) * 2_592_000
        return (years + Int128(interval.days) * 86_400) * Int128(one) + Int128(interval.microseconds)
    }

    /// Fields that a time of day has.
    private static func isOfTime(_ part: Part) -> Bool {
        switch part {
        case .microseconds, .milliseconds, .second, .minute, .hour, .epoch: true
        default: false
        }
    }

    /// Millionths as the wanted type; to a whole number they are cut.
    private static func scaled(_ millionths: [Int64], type: ColumnType, validity: Bitmap?) throws(KernelError) -> Column {
        let exact = Column(type: .decimal38(scale: 6), count: millionths.count, validity: validity, values: .int64(millionths))
        switch type {
        case .int32, .int64: return .whole(millionths.map { $0 / 1_000_000 }, type: type, validity: validity)
        default: return try CastKernels.cast(exact, to: type, zone: .utc)
        }
    }

    private static let one: Int64 = 1_000_000

    /// A field in millionths.
    ///
    /// - Parameters:
    ///   - instant: nil of a date.
    ///   - offset: of the zone, in microseconds to the east.
    private static func field(_ part: Part, days: Int, time: Int64, instant: Int64?, offset: Int64) throws(KernelError) -> Int64 {
        let secondOfMinute = time % 60_000_000
        switch part {
        case .microseconds: return secondOfMinute &* one
        case .milliseconds: return secondOfMinute &* 1_000
        case .second: return secondOfMinute
        case .minute: return time / 60_000_000 % 60 * one
        case .hour: return time / 3_600_000_000 * one
        case .dow: return Int64(Calendar.weekday(days: days)) * one
        case .isodow: return Int64((Calendar.weekday(days: days) + 6) % 7 + 1) * one
        case .week: return Int64(Calendar.isoWeek(days: days).week) * one
        case .isoyear:
            let year = Calendar.isoWeek(days: days).year
            return Int64(year <= 0 ? year - 1 : year) * one
        case .epoch:
            guard let instant else { throw .invalidArgument("a day's seconds are asked for as such") }
            return instant
        case .julian:
            // 2440588 is the Julian day of 1970-01-01.
            return (Int64(days) + 2_440_588) * one + time / 86_400
        case .timezone, .timezone_hour, .timezone_minute:
            guard instant != nil else { throw .invalidArgument("the value has no time zone") }
            let seconds = offset / one
            return part == .timezone ? offset : part == .timezone_hour ? seconds / 3_600 * one : seconds / 60 % 60 * one
        default: return try field(part, of: Calendar.day(fromDays: days), days: days) * one
        }
    }

    /// Fields of the calendar, not in millionths. Year 0 is shown as -1; decades, centuries and millennia before Christ are counted as PostgreSQL
    /// counts them.
    private static func field(_ part: Part, of day: Calendar.Day, days: Int) throws(KernelError) -> Int64 {
        let shownYear = day.year <= 0 ? day.year - 1 : day.year
        switch part {
        case .day: return Int64(day.day)
        case .month: return Int64(day.month)
        case .quarter: return Int64((day.month - 1) / 3 + 1)
        case .year: return Int64(shownYear)
        case .doy: return Int64(days - Calendar.days(year: day.year, month: 1, day: 1) + 1)
        case .decade: return Int64(day.year >= 0 ? day.year / 10 : -((8 - (day.year - 1)) / 10))
        case .century: return Int64(day.year > 0 ? (day.year + 99) / 100 : -((99 - (day.year - 1)) / 100))
        case .millennium: return Int64(day.year > 0 ? (day.year + 999) / 1_000 : -((999 - (day.year - 1)) / 1_000))
        default: throw .invalidArgument("no such field of a date")
        }
    }

    /// Parts of an interval as they stand, in millionths: nothing is carried from days into months or from hours into days, and each keeps its sign.
    private static func field(_ part: Part, of interval: Interval) throws(KernelError) -> Int64 {
        let time = interval.microseconds
        switch part {
        case .microseconds: return time % 60_000_000 &* one
        case .milliseconds: return time % 60_000_000 &* 1_000
        case .second: return time % 60_000_000
        case .minute: return time / 60_000_000 % 60 * one
        case .hour:
            guard time.magnitude < 9_000_000_000_000_000_000 else { throw .timeOutOfRange }
            return time / 3_600_000_000 * one
        case .day: return Int64(interval.days) * one
        case .month: return Int64(interval.months % 12) * one
        case .quarter: return Int64(interval.months % 12 / 3 + 1) * one
        case .year: return Int64(interval.months / 12) * one
        case .decade: return Int64(interval.months / 120) * one
        case .century: return Int64(interval.months / 1_200) * one
        case .millennium: return Int64(interval.months / 12_000) * one
        case .epoch:
            guard let narrow = Int64(exactly: epoch(of: interval)) else { throw .timeOutOfRange }
            return narrow
        default: throw .invalidArgument("INTERVAL has no such field")
        }
    }

    // MARK: date_trunc

    /// The start of the unit that each value lies in; infinite values stay.
    ///
    /// - Throws: `.timeOutOfRange` where it would lie before the first moment there is.
    static func truncate(_ part: Part, _ column: Column, type: ColumnType, zone: TimeZoneRules) throws(KernelError) -> Column {
        if column.isConstantNull { return .constant(.null, type: type, count: column.count) }
        let validity = column.rowValidity
        if column.type == .interval {
            var result = column.intervals()
            for row in result.indices where validity?[row] ?? true { result[row] = try truncated(part, result[row]) }
            return Column(type: .interval, count: column.count, validity: validity, values: .interval(result))
        }
        let moment = try CastKernels.cast(column, to: type, zone: zone)
        if type == .date {
            guard let days = moment.integers() else { throw .timeOutOfRange }
            let result = try IntegerKernels.mapped(days, validity: validity) { (days) throws(KernelError) in
                if Calendar.isInfinite(day: days) { return days }
                return Int64(clamping: try truncated(part, days: Int(clamping: days)))
            }
            return .whole(result, type: type, validity: validity)
        }
        guard let values = moment.integers() else { throw .timeOutOfRange }
        var clock = ZoneClock(type == .timestampTZ ? zone : .utc)
        let unit = timeUnit(part)
        let result = try IntegerKernels.mapped(values, validity: validity) { (value) throws(KernelError) in
            if Calendar.isInfinite(moment: value) { return value }
            let offset = clock.offset(atUTC: value)
            let (days, time) = Calendar.split(microseconds: value &+ offset)
            // The zone's clock is not asked again: the offset is taken to stay within the unit.
            if let unit {
                guard let cut = value.subtractingOrNil(time % unit) else { throw .timeOutOfRange }
                return cut
            }
            guard let midnight = Int64(try truncated(part, days: days)).multipliedOrNil(by: Calendar.microsecondsPerDay) else { throw .timeOutOfRange }
            return try TimeCastKernels.checked(clock.utc(fromLocal: midnight))
        }
        return .whole(result, type: type, validity: validity)
    }

    /// Microseconds of a unit shorter than a day.
    private static func timeUnit(_ part: Part) -> Int64? {
        switch part {
        case .microseconds: 1
        case .milliseconds: 1_000
        case .second: 1_000_000
        case .minute: 60_000_000
        case .hour: 3_600_000_000
        default: nil
        }
    }

    /// The first day of the unit that a day lies in. Weeks begin on Monday, centuries with the year 1.
    private static func truncated(_ part: Part, days: Int) throws(KernelError) -> Int {
        let day = Calendar.day(fromDays: days)
        func first(ofYear year: Int) -> Int { Calendar.days(year: year, month: 1, day: 1) }
        switch part {
        case .microseconds, .milliseconds, .second, .minute, .hour, .day: return days
        case .week: return days - (Calendar.weekday(days: days) + 6) % 7
        case .month: return days - day.day + 1
        case .quarter: return Calendar.days(year: day.year, month: (day.month - 1) / 3 * 3 + 1, day: 1)
        case .year: return first(ofYear: day.year)
        case .decade: return first(ofYear: day.year >= 0 ? day.year / 10 * 10 : -((9 - day.year) / 10) * 10)
        case .century: return first(ofYear: day.year > 0 ? (day.year + 99) / 100 * 100 - 99 : -((99 - (day.year - 1)) / 100) * 100 + 1)
        case .millennium: return first(ofYear: day.year > 0 ? (day.year + 999) / 1_000 * 1_000 - 999 : -((999 - (day.year - 1)) / 1_000) * 1_000 + 1)
        default: throw .invalidArgument("date_trunc knows no such unit")
        }
    }

    /// Finer parts become 0; months are cut to whole units towards zero.
    private static func truncated(_ part: Part, _ interval: Interval) throws(KernelError) -> Interval {
        if let unit = timeUnit(part) {
            return Interval(
                months: interval.months, days: interval.days, microseconds: interval.microseconds - interval.microseconds % unit)
        }
        let unit: Int32
        switch part {
        case .day: return Interval(months: interval.months, days: interval.days)
        case .month: unit = 1
        case .quarter: unit = 3
        case .year: unit = 12
        case .decade: unit = 120
        case .century: unit = 1_200
        case .millennium: unit = 12_000
        default: throw .outside(.notSupported, "date_trunc knows no such unit of an interval")
        }
        return Interval(months: interval.months - interval.months % unit)
    }

    // MARK: make_date, AT TIME ZONE

    /// - Throws: `.timeOutOfRange` for a day that the calendar has not.
    static func makeDate(_ year: Column, _ month: Column, _ day: Column) throws(KernelError) -> Column {
        let validity = Bitmap.both(Bitmap.both(year.rowValidity, month.rowValidity), day.rowValidity)
        guard let years = year.integers(), let months = month.integers(), let days = day.integers() else { throw .timeOutOfRange }
        var result = [Int64](repeating: 0, count: years.count)
        for row in years.indices where validity?[row] ?? true {
            // A negative year counts BC; there is no year 0.
            guard years[row] != 0, years[row].magnitude < 6_000_000, months[row].magnitude < 100, days[row].magnitude < 100,
                let date = Calendar.validDays(
                    year: Int(years[row] < 0 ? years[row] + 1 : years[row]), month: Int(months[row]), day: Int(days[row]))
            else { throw .timeOutOfRange }
            result[row] = Int64(date)
        }
        return .whole(result, type: .date, validity: validity)
    }

    /// An instant to the zone's local time, or a local time to the instant.
    ///
    /// - Parameter sessionZone: by whose clock a date becomes an instant first.
    /// - Throws: `.outside(.badValue)` for a zone that is not known.
    static func atTimeZone(_ moment: Column, _ zones: Column, type: ColumnType, sessionZone: TimeZoneRules) throws(KernelError) -> Column {
        if moment.isConstantNull || zones.isConstantNull { return .constant(.null, type: type, count: moment.count) }
        let isToLocal = type == .timestamp(isUTC: false)
        let from = isToLocal ? ColumnType.timestampTZ : .timestamp(isUTC: false)
        let validity = Bitmap.both(moment.rowValidity, zones.rowValidity)
        guard let values = try CastKernels.cast(moment, to: from, zone: sessionZone).integers() else { throw .timeOutOfRange }
        if case .bytes(let name)? = zones.constantValue {
            return try shift(values, zone: try zone(ofValue: name), isToLocal: isToLocal, type: type, validity: validity)
        }
        let names = zones.byteArrays()
        var result = [Int64](repeating: 0, count: values.count)
        for row in values.indices where validity?[row] ?? true {
            var clock = ZoneClock(try zone(ofValue: Array(names[row])))
            if Calendar.isInfinite(moment: values[row]) {
                result[row] = values[row]
                continue
            }
            result[row] = try TimeCastKernels.checked(isToLocal ? clock.local(fromUTC: values[row]) : clock.utc(fromLocal: values[row]))
        }
        return .whole(result, type: type, validity: validity)
    }

    /// All by one zone, and so by one clock.
    private static func shift(
        _ values: [Int64], zone: TimeZoneRules, isToLocal: Bool, type: ColumnType, validity: Bitmap?
    ) throws(KernelError) -> Column {
        var clock = ZoneClock(zone)
        let result = try IntegerKernels.mapped(values, validity: validity) { (value) throws(KernelError) in
            if Calendar.isInfinite(moment: value) { return value }
            return try TimeCastKernels.checked(isToLocal ? clock.local(fromUTC: value) : clock.utc(fromLocal: value))
        }
        return .whole(result, type: type, validity: validity)
    }

    /// A zone that a value names: an abbreviation, a name of tzdata in any case, or POSIX's words.
    static func zone(ofValue name: [UInt8]) throws(KernelError) -> TimeZoneRules {
        if let rules = TimeZoneNames.rules(named: String(word: name)) { return rules }
        return try zone(named: name)
    }

    /// - Throws: `.outside(.badValue)` for a name that tzdata has not.
    static func zone(named name: [UInt8]) throws(KernelError) -> TimeZoneRules {
        let text = String(word: name)
        do {
            if let rules = try TimeZoneDatabase.system.rules(for: text) { return rules }
        } catch {
            throw .invalidArgument("the time zone cannot be read: \(error.code.rawValue)")
        }
        throw .outside(.badValue, "no such time zone: use a name of tzdata, as Europe/Kyiv")
    }
}
