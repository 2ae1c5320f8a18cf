import ColumnStore

/// Casts among dates, times, timestamps and intervals.
enum TimeCastKernels {
    static func cast(_ column: Column, to type: ColumnType, zone: TimeZoneRules) throws(KernelError) -> Column {
        let validity = column.rowValidity
        if case .interval = column.type { return try cast(intervals: column, to: type) }
        guard let values = column.integers() else { throw .timeOutOfRange }
        var clock = ZoneClock(zone)
        let perDay = Calendar.microsecondsPerDay
        let result: [Int64]
        switch (column.type, type) {
        case (.date, .timestamp(let isUTC)):
            result = try IntegerKernels.mapped(values, validity: validity) { (days) throws(KernelError) in
                if Calendar.isInfinite(day: days) { return Calendar.infiniteMoment(isNegative: days < 0) }
                let (local, overflow) = days.multipliedReportingOverflow(by: perDay)
                if overflow { throw .timeOutOfRange }
                return try checked(isUTC ? clock.utc(fromLocal: local) : local)
            }
        case (.timestamp(let isUTC), .date):
            result = try IntegerKernels.mapped(values, validity: validity) { (value) throws(KernelError) in
                if Calendar.isInfinite(moment: value) { return Calendar.infiniteDay(isNegative: value < 0) }
                return Int64(clamping: Calendar.split(microseconds: isUTC ? clock.local(fromUTC: value) : value).days)
            }
        case (.timestamp(isUTC: true), .timestamp(isUTC: false)):
            result = try IntegerKernels.mapped(values, validity: validity) { (value) throws(KernelError) in
                Calendar.isInfinite(moment: value) ? value : clock.local(fromUTC: value)
            }
        case (.timestamp(isUTC: false), .timestamp(isUTC: true)):
            result = try IntegerKernels.mapped(values, validity: validity) { (value) throws(KernelError) in
                Calendar.isInfinite(moment: value) ? value : try checked(clock.utc(fromLocal: value))
            }
        case (.timestamp(let isUTC), .time):
            result = try IntegerKernels.mapped(values, validity: validity) { (value) throws(KernelError) in
                Calendar.split(microseconds: isUTC ? clock.local(fromUTC: value) : value).time
            }
            // No hour is that of an infinite moment.
            if values.contains(where: Calendar.isInfinite(moment:)) {
                var known = validity ?? Bitmap(repeating: true, count: values.count)
                for row in values.indices where Calendar.isInfinite(moment: values[row]) { known[row] = false }
                return .whole(result, type: type, validity: known)
            }
        case (.timestampNanoseconds(let isUTC), .timestamp(let toUTC)) where isUTC == toUTC:
            result = values.map { $0 / 1_000 - ($0 % 1_000 < 0 ? 1 : 0) }
        case (.timestampNanoseconds(let isUTC), _):
            let microseconds = try cast(column, to: .timestamp(isUTC: isUTC), zone: zone)
            return try CastKernels.cast(microseconds, to: type, zone: zone)
        case (.time, .interval):
            return Column(
                type: type, count: column.count, validity: validity, values: .interval(values.map { Interval(microseconds: $0) }))
        default: throw .invalidArgument("\(column.type.sqlName) cannot be cast to \(type.sqlName)")
        }
        return .whole(result, type: type, validity: validity)
    }

    private static func cast(intervals column: Column, to type: ColumnType) throws(KernelError) -> Column {
        guard type == .time else { throw .invalidArgument("INTERVAL cannot be cast to \(type.sqlName)") }
        let values = column.intervals().map { interval in
            let time = interval.microseconds % Calendar.microsecondsPerDay
            return time < 0 ? time + Calendar.microsecondsPerDay : time
        }
        return .whole(values, type: .time, validity: column.rowValidity)
    }

    @inline(__always)
    static func checked(_ microseconds: Int64) throws(KernelError) -> Int64 {
        guard Calendar.timestampRange.contains(microseconds) else { throw .timeOutOfRange }
        return microseconds
    }
}

/// A zone's rules with the last offset kept: rows of a batch lie mostly between the same two changes.
struct ZoneClock {
    let zone: TimeZoneRules
    private var range: Range<Int64> = 0..<0
    private var offset: Int64 = 0

    init(_ zone: TimeZoneRules) { self.zone = zone }

    /// Microseconds east of Greenwich at an instant.
    mutating func offset(atUTC microseconds: Int64) -> Int64 {
        let seconds = Self.seconds(microseconds)
        if !range.contains(seconds) {
            let span = zone.span(atUTCSeconds: seconds)
            range = span.range
            offset = Int64(span.offset) * Calendar.microsecondsPerSecond
        }
        return offset
    }

    func abbreviation(atUTC microseconds: Int64) -> String { zone.abbreviation(atUTCSeconds: Self.seconds(microseconds)) }

    private static func seconds(_ microseconds: Int64) -> Int64 {
        let quotient = microseconds / Calendar.microsecondsPerSecond
        return microseconds % Calendar.microsecondsPerSecond < 0 ? quotient - 1 : quotient
    }

    /// - Precondition: within TIMESTAMP's range, so that a day more cannot overflow.
    mutating func local(fromUTC microseconds: Int64) -> Int64 { microseconds &+ offset(atUTC: microseconds) }

    mutating func utc(fromLocal microseconds: Int64) -> Int64 {
        if zone.isUTC { return microseconds }
        // Past every TIMESTAMP, where a day more could leave the range.
        guard microseconds.magnitude < 9_223_371_900_000_000_000 else { return microseconds }
        return zone.utc(fromLocal: microseconds)
    }
}
