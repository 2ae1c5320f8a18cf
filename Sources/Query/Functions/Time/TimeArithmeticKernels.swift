import ColumnStore

/// `+`, `-`, `*`, `/` of dates, times, timestamps and intervals, in the combinations that PostgreSQL knows.
///
/// | left | operator | right | gives |
/// | --- | --- | --- | --- |
/// | date | + - | integer | date |
/// | date, timestamp | + - | interval | timestamp |
/// | date, timestamp | + - | time | timestamp |
/// | date | - | date | integer: days |
/// | timestamp | - | timestamp | interval of days and time |
/// | time | + - | interval | time of day, around midnight |
/// | time | - | time | interval |
/// | interval | + - | interval | interval |
/// | interval | * / | number | interval |
///
/// What is infinite stays so; a difference of two moments of which one is infinite is refused.
///
/// PostgreSQL 15's documentation, section 9.9.
enum TimeArithmeticKernels {
    /// - Parameter zone: whose clock has the months and days of instants.
    /// - Throws: `.timeOutOfRange`, `.divisionByZero`.
    static func combine(
        _ operation: ArithmeticKernels.Operation, _ left: Column, _ right: Column, type: ColumnType, zone: TimeZoneRules
    ) throws(KernelError) -> Column {
        if left.isConstantNull || right.isConstantNull { return .constant(.null, type: type, count: left.count) }
        // An addition may be written either way round.
        if operation == .add, left.type == .interval, right.type != .interval {
            return try combine(.add, right, left, type: type, zone: zone)
        }
        if operation == .add, right.type == .date || right.type.isTimestamp, left.type == .time || left.type.isWhole {
            return try combine(.add, right, left, type: type, zone: zone)
        }
        if operation == .multiply, right.type == .interval { return try scale(right, by: left, dividing: false) }
        let sign: Int64 = operation == .subtract ? -1 : 1
        switch (left.type, right.type) {
        case (.interval, .interval): return try intervals(left, right, sign: sign)
        case (.interval, _): return try scale(left, by: right, dividing: operation == .divide)
        case (.date, .interval), (.timestamp, .interval): return try move(left, by: right, sign: sign, type: type, zone: zone)
        case (.time, .interval): return try moveTime(left, by: right, sign: sign)
        case (.date, .date):
            return try whole(left, right, type: type) { (one, other) throws(KernelError) in
                if Calendar.isInfinite(day: one) || Calendar.isInfinite(day: other) { throw .outside(.timeOutOfRange, "infinite dates have no difference") }
                guard let difference = one.subtractingOrNil(other) else { throw .timeOutOfRange }
                return difference
            }
        case (.time, .time):
            return try toInterval(left, right) { $0.subtractingOrNil($1).map { Interval(microseconds: $0) } }
        case (.date, .time), (.timestamp, .time):
            let base = try CastKernels.cast(left, to: type, zone: zone)
            return try whole(base, right, type: type) { (moment, time) throws(KernelError) in
                if Calendar.isInfinite(moment: moment) { return moment }
                guard let moved = sign < 0 ? moment.subtractingOrNil(time) : moment.addingOrNil(time) else { throw .timeOutOfRange }
                return try TimeCastKernels.checked(moved)
            }
        case (.date, _) where right.type.isWhole:
            return try whole(left, right, type: type) { (day, count) throws(KernelError) in
                if Calendar.isInfinite(day: day) { return day }
                guard let moved = sign < 0 ? day.subtractingOrNil(count) : day.addingOrNil(count), Calendar.dayRange.contains(Int(moved)) else {
                    throw .timeOutOfRange
                }
                return moved
            }
        case (.timestamp, .timestamp):
            return try toInterval(left, right) { one, other in
                guard !Calendar.isInfinite(moment: one), !Calendar.isInfinite(moment: other), let difference = one.subtractingOrNil(other) else { return nil }
                // Microseconds of 64 bits are fewer days than 2^31.
                return Interval(
                    days: Int32(truncatingIfNeeded: difference / Calendar.microsecondsPerDay),
                    microseconds: difference % Calendar.microsecondsPerDay)
            }
        default:
            throw .invalidArgument("no such operation between \(left.type.sqlName) and \(right.type.sqlName)")
        }
    }

    /// Two columns of whole numbers into one; NULL where either is.
    private static func whole(
        _ left: Column, _ right: Column, type: ColumnType, _ operation: (Int64, Int64) throws(KernelError) -> Int64
    ) throws(KernelError) -> Column {
        let validity = Bitmap.both(left.rowValidity, right.rowValidity)
        guard let one = left.integers(), let other = right.integers() else { throw .timeOutOfRange }
        return .whole(try IntegerKernels.checked(one, other, validity: validity, operation), type: type, validity: validity)
    }

    /// - Parameter operation: nil where the difference is past the range of an interval.
    private static func toInterval(_ left: Column, _ right: Column, _ operation: (Int64, Int64) -> Interval?) throws(KernelError) -> Column {
        guard let one = left.integers(), let other = right.integers() else { throw .timeOutOfRange }
        let validity = Bitmap.both(left.rowValidity, right.rowValidity)
        var result = [Interval](repeating: Interval(), count: one.count)
        for row in one.indices where validity?[row] ?? true {
            guard let difference = operation(one[row], other[row]) else { throw .timeOutOfRange }
            result[row] = difference
        }
        return Column(type: .interval, count: left.count, validity: validity, values: .interval(result))
    }

    private static func intervals(_ left: Column, _ right: Column, sign: Int64) throws(KernelError) -> Column {
        let validity = Bitmap.both(left.rowValidity, right.rowValidity)
        let (one, other) = (left.intervals(), right.intervals())
        var result = [Interval](repeating: Interval(), count: one.count)
        for row in one.indices where validity?[row] ?? true {
            guard let sum = sum(one[row], other[row], sign: sign) else { throw .timeOutOfRange }
            result[row] = sum
        }
        return Column(type: .interval, count: result.count, validity: validity, values: .interval(result))
    }

    /// nil when a part is past its range.
    static func sum(_ one: Interval, _ other: Interval, sign: Int64) -> Interval? {
        guard let months = Int32(exactly: Int64(one.months) + sign * Int64(other.months)),
            let days = Int32(exactly: Int64(one.days) + sign * Int64(other.days)),
            let time = Int64(exactly: Int128(one.microseconds) + Int128(sign) * Int128(other.microseconds))
        else { return nil }
        return Interval(months: months, days: days, microseconds: time)
    }

    /// Interval × or ÷ a number: fractions of months become days (30 to the month), fractions of days time.
    private static func scale(_ interval: Column, by number: Column, dividing: Bool) throws(KernelError) -> Column {
        let validity = Bitmap.both(interval.rowValidity, number.rowValidity)
        let factors = try CastKernels.cast(number, to: .double, zone: .utc).doubles()
        let intervals = interval.intervals()
        var result = [Interval](repeating: Interval(), count: intervals.count)
        for row in intervals.indices where validity?[row] ?? true {
            if dividing, factors[row] == 0 { throw .divisionByZero }
            guard let scaled = scaled(intervals[row], by: factors[row], dividing: dividing) else { throw .timeOutOfRange }
            result[row] = scaled
        }
        return Column(type: .interval, count: result.count, validity: validity, values: .interval(result))
    }

    /// nil when a part is past its range.
    static func scaled(_ interval: Interval, by factor: Double, dividing: Bool) -> Interval? {
        func apply(_ value: Double) -> Double { dividing ? value / factor : value * factor }
        // Months and days are 32 bits: a double has all of their digits.
        let months = apply(Double(interval.months))
        let days = apply(Double(interval.days))
        // Before its fraction is taken from it, as PostgreSQL 15 has it.
        let range = -2_147_483_648.0...2_147_483_647
        guard range.contains(months), range.contains(days) else { return nil }
        let wholeMonths = months.rounded(.towardZero)
        let wholeDays = days.rounded(.towardZero)
        // Rounded to microseconds, so that a third of three is no day less a little.
        let monthDays = ((months - wholeMonths) * 30 * 1e6).rounded(.toNearestOrEven) / 1e6
        var seconds = ((days - wholeDays + monthDays - monthDays.rounded(.towardZero)) * 86_400 * 1e6).rounded(.toNearestOrEven) / 1e6
        var moreDays = monthDays.rounded(.towardZero)
        if seconds.magnitude >= 86_400 {
            moreDays += (seconds / 86_400).rounded(.towardZero)
            seconds -= (seconds / 86_400).rounded(.towardZero) * 86_400
        }
        let microseconds = (apply(Double(interval.microseconds)) + seconds * 1e6).rounded(.toNearestOrEven)
        guard let time = Int64(exactly: microseconds), let dayCount = Int32(exactly: wholeDays + moreDays),
            let monthCount = Int32(exactly: wholeMonths)
        else { return nil }
        return Interval(months: monthCount, days: dayCount, microseconds: time)
    }

    /// Around midnight; months and days of the interval mean nothing to a time of day.
    private static func moveTime(_ time: Column, by interval: Column, sign: Int64) throws(KernelError) -> Column {
        let validity = Bitmap.both(time.rowValidity, interval.rowValidity)
        guard let times = time.integers() else { throw .timeOutOfRange }
        let moved = zip(times, interval.intervals()).map { time, interval in
            let sum = (time % Calendar.microsecondsPerDay + sign * (interval.microseconds % Calendar.microsecondsPerDay)) % Calendar.microsecondsPerDay
            return sum < 0 ? sum + Calendar.microsecondsPerDay : sum
        }
        return .whole(moved, type: .time, validity: validity)
    }

    /// A date or timestamp ± an interval. Of an instant, months and days are moved on the zone's clock, time in UTC.
    private static func move(
        _ moment: Column, by interval: Column, sign: Int64, type: ColumnType, zone: TimeZoneRules
    ) throws(KernelError) -> Column {
        let base = try CastKernels.cast(moment, to: type, zone: zone)
        let validity = Bitmap.both(base.rowValidity, interval.rowValidity)
        guard let moments = base.integers() else { throw .timeOutOfRange }
        let intervals = interval.intervals()
        let isUTC = type == .timestampTZ
        var clock = ZoneClock(isUTC ? zone : .utc)
        var result = [Int64](repeating: 0, count: moments.count)
        for row in moments.indices where validity?[row] ?? true {
            result[row] = try moved(moments[row], by: intervals[row], sign: sign, clock: &clock)
        }
        return .whole(result, type: type, validity: validity)
    }

    /// One moment moved; `clock` is UTC's for local times.
    ///
    /// Months first, then days, then time, as PostgreSQL adds an interval: 31 January and a month is the last of February.
    ///
    /// - Parameter sign: 1 or -1.
    static func moved(_ moment: Int64, by interval: Interval, sign: Int64, clock: inout ZoneClock) throws(KernelError) -> Int64 {
        if Calendar.isInfinite(moment: moment) { return moment }
        var moment = moment
        if interval.months != 0 {
            let (days, time) = Calendar.split(microseconds: clock.local(fromUTC: moment))
            // So many days in microseconds fit into 64 bits.
            guard let moved = Calendar.addMonths(Int(sign) * Int(interval.months), toDays: days), moved < 106_751_990 else {
                throw .timeOutOfRange
            }
            moment = try TimeCastKernels.checked(clock.utc(fromLocal: Int64(moved) * Calendar.microsecondsPerDay + time))
        }
        if interval.days != 0 {
            let (days, time) = Calendar.split(microseconds: clock.local(fromUTC: moment))
            let moved = days + Int(sign) * Int(interval.days)
            guard moved.magnitude < 106_751_990 else { throw .timeOutOfRange }
            moment = try TimeCastKernels.checked(clock.utc(fromLocal: Int64(moved) * Calendar.microsecondsPerDay + time))
        }
        let (product, tooLong) = interval.microseconds.multipliedReportingOverflow(by: sign)
        let (sum, overflow) = moment.addingReportingOverflow(product)
        if tooLong || overflow { throw .timeOutOfRange }
        return try TimeCastKernels.checked(sum)
    }

    /// age(later, earlier): years, months, days and time as the calendar counts them.
    ///
    /// - Throws: `.timeOutOfRange` where a moment is infinite.
    static func age(_ left: Column, _ right: Column, zone: TimeZoneRules) throws(KernelError) -> Column {
        let validity = Bitmap.both(left.rowValidity, right.rowValidity)
        let localType = ColumnType.timestamp(isUTC: false)
        guard let one = try CastKernels.cast(left, to: localType, zone: zone).integers(),
            let other = try CastKernels.cast(right, to: localType, zone: zone).integers()
        else { throw .timeOutOfRange }
        guard !one.contains(where: Calendar.isInfinite(moment:)), !other.contains(where: Calendar.isInfinite(moment:)) else { throw .timeOutOfRange }
        let result = zip(one, other).map { $0 >= $1 ? age(from: $1, to: $0) : negated(age(from: $0, to: $1)) }
        return Column(type: .interval, count: result.count, validity: validity, values: .interval(result))
    }

    private static func negated(_ interval: Interval) -> Interval {
        Interval(months: -interval.months, days: -interval.days, microseconds: -interval.microseconds)
    }

    /// Borrowed days are those of the earlier moment's month, as PostgreSQL borrows.
    private static func age(from earlier: Int64, to later: Int64) -> Interval {
        let (earlyDays, earlyTime) = Calendar.split(microseconds: earlier)
        let (lateDays, lateTime) = Calendar.split(microseconds: later)
        let (start, end) = (Calendar.day(fromDays: earlyDays), Calendar.day(fromDays: lateDays))
        var time = lateTime - earlyTime
        var days = end.day - start.day
        var months = (end.year - start.year) * 12 + end.month - start.month
        if time < 0 {
            time += Calendar.microsecondsPerDay
            days -= 1
        }
        if days < 0 {
            days += Calendar.dayCount(year: start.year, month: start.month)
            months -= 1
        }
        return Interval(months: Int32(truncatingIfNeeded: months), days: Int32(truncatingIfNeeded: days), microseconds: time)
    }
}
