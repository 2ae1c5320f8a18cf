import ColumnStore

/// generate_series over columns: each row's series as a list.
///
/// Numbers run from start to stop by step, both ends among them; a step that leads away from the stop gives no values. `SeriesOperator` makes those
/// of constants in FROM, batch by batch.
///
/// PostgreSQL 15's documentation, section 9.25.
enum SeriesKernels {
    /// Values of all rows of a column together: a series of each row is held whole.
    static let countMax = 1 << 24

    /// - Parameter columns: start, stop and step, of one number type or two times and an interval. NULL in any gives NULL.
    static func lists(_ columns: [Column], type: ColumnType, zone: TimeZoneRules, _ meter: WorkMeter) throws(KernelError) -> Column {
        guard case .list(let element) = type else { throw .invalidArgument("generate_series makes lists") }
        let bounds = columns.prefix(3)
        let validity = Bitmap.both(Bitmap.both(columns[0].rowValidity, columns[1].rowValidity), columns[2].rowValidity)
        var offsets: [Int32] = [0]
        var builder = ColumnBuilder(type: element.type)
        var count = 0
        var clock = ZoneClock(element.type == .timestampTZ ? zone : .utc)
        for row in 0..<columns[0].count {
            if validity?[row] ?? true {
                let values = bounds.map { $0.value(at: row) }
                if case .interval(let step) = values[2] {
                    try append(from: values[0], to: values[1], step, &clock, &builder, &count, meter)
                } else {
                    try append(values, isDecimal: element.type.isDecimal, &builder, &count, meter)
                }
            }
            offsets.append(Int32(count))
        }
        return Column(type: type, count: columns[0].count, validity: validity, values: .list(offsets: offsets, element: builder.finish()))
    }

    /// Counts a value, and pays for 65,536 of them at a time.
    ///
    /// - Throws: `.invalidArgument` past `countMax`.
    private static func counted(_ count: inout Int, _ meter: WorkMeter) throws(KernelError) {
        count += 1
        if count & 0xFFFF == 0 {
            // Arrays grow by doubling.
            try meter.charge(0x1_0000 * 16)
            try meter.step(0x1_0000 * 8)
        }
        if count > countMax { throw .invalidArgument("generate_series over columns makes at most \(countMax) values at once") }
    }

    /// Numbers, decimals as integers at the scale that all three have.
    ///
    /// - Throws: `.outside(.badValue)` for a step of 0.
    private static func append(
        _ values: [Value], isDecimal: Bool, _ builder: inout ColumnBuilder, _ count: inout Int, _ meter: WorkMeter
    ) throws(KernelError) {
        let numbers = values.compactMap { value -> Int128? in
            switch value {
            case .integer(let value): Int128(value)
            case .decimal(let value): value
            default: nil
            }
        }
        guard numbers.count == 3 else { return }
        guard numbers[2] != 0 else { throw .outside(.badValue, "generate_series: the step must not be zero") }
        var next = numbers[0]
        while numbers[2] > 0 ? next <= numbers[1] : next >= numbers[1] {
            try counted(&count, meter)
            if isDecimal { builder.append(decimal: next) } else { builder.append(integer: Int64(truncatingIfNeeded: next)) }
            // Past 128 bits nothing is left to reach.
            let (following, overflow) = next.addingReportingOverflow(numbers[2])
            if overflow { return }
            next = following
        }
    }

    /// Moments by an interval, whose months and days are those of the zone's calendar.
    private static func append(
        from start: Value, to stop: Value, _ step: Interval, _ clock: inout ZoneClock, _ builder: inout ColumnBuilder, _ count: inout Int, _ meter: WorkMeter
    ) throws(KernelError) {
        guard case .integer(let first) = start, case .integer(let last) = stop else { return }
        // An interval's sign is that of its span: months as 30 days, days as 24 hours.
        guard step.span != 0 else { throw .outside(.badValue, "generate_series: the step must not be zero") }
        var next = first
        while step.span > 0 ? next <= last : next >= last {
            try counted(&count, meter)
            builder.append(integer: next)
            next = try following(next, step, &clock)
        }
    }

    /// The next moment of a series. A step can lead back to where it began, so that the series had no end: `-1 day` from the first moments of a day
    /// whose day before never was (Pacific/Apia, 2011-12-31), a month less 28 days from the first of February, any step from infinity. That is an error.
    static func following(_ moment: Int64, _ step: Interval, _ clock: inout ZoneClock) throws(KernelError) -> Int64 {
        let next = try TimeArithmeticKernels.moved(moment, by: step, sign: 1, clock: &clock)
        if next == moment { throw .outside(.badValue, "generate_series: the step leads from a moment of the series to the same one, so it would not end") }
        return next
    }
}
