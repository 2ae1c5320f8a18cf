import ColumnStore

extension TimeFieldKernels {
    /// Digits behind the mark of a time's Julian day, as many as PostgreSQL gives of a quotient by a day's microseconds.
    static let julianScale = 20

    /// The Julian day of a timestamp, its time as a part of the day by the zone's clock.
    static func julianDays(_ column: Column, type: ColumnType, zone: TimeZoneRules) throws(KernelError) -> Column {
        guard TypeRules.isTimestamp(column.type), let values = column.integers() else { throw .invalidArgument("\(column.type.sqlName) has no Julian day") }
        let validity = column.rowValidity
        var clock = ZoneClock(column.type == .timestampTZ ? zone : .utc)
        let one = DecimalMath.powers[julianScale]
        let perDay = Int128(Calendar.microsecondsPerDay)
        let days = values.map { value -> Int128 in
            let (day, time) = Calendar.split(microseconds: clock.local(fromUTC: value))
            // Below 8.64e10 times 1e20: far from the end of 128 bits.
            return Int128(day + 2_440_588) * one + (Int128(time) * one + perDay / 2) / perDay
        }
        let exact = Column.decimals(days, type: .decimal38(scale: julianScale), validity: validity)
        return try CastKernels.cast(exact, to: type, zone: .utc)
    }
}
