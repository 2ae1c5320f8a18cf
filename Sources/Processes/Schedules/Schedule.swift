package import Documents

/// A cron expression on the clocks of a zone.
package struct Schedule: Sendable {
    package let expression: CronExpression
    package let zone: ZoneRules

    /// A 29 February that is a certain weekday comes again after 40 years at most.
    private static let dayCountMax = 41 * 366
    /// 9999-12-31: nothing is planned past it.
    private static let secondsMax: Int64 = 253_402_300_799

    package init(_ expression: CronExpression, in zone: ZoneRules) { (self.expression, self.zone) = (expression, zone) }

    /// The first instant past `instant` that it names, both in seconds since 1970.
    ///
    /// Where clocks are set forward over a time, hours that are named (not written with a star) happen at the jump, once for all that fell into it. Where they are set back, named hours happen
    /// the first time, hours with a star each time: as Vixie's cron does, so that a daily run is neither left out nor run twice, and one every ten minutes
    /// keeps its pace.
    package func next(after instant: Int64) -> Int64? {
        guard instant >= -62_135_596_800, instant < Self.secondsMax else { return nil }
        let local = instant + Int64(zone.offset(at: instant))
        // The day before too: where clocks are set back over midnight its last minutes come again.
        let first = Int(local >= 0 ? local / 86_400 : (local - 86_399) / 86_400) - 1
        var earliest: Int64?
        for day in first...first + Self.dayCountMax {
            // A later day cannot come before, but for clocks set back over midnight.
            if let found = earliest, found < Int64(day - 1) * 86_400 - Int64(zone.offset(at: found)) { break }
            guard let found = earliestInstant(ofDay: day, after: instant) else { continue }
            earliest = min(earliest ?? found, found)
        }
        return earliest
    }

    private func earliestInstant(ofDay day: Int, after instant: Int64) -> Int64? {
        let date = CivilDate.civil(days: day)
        // 1970-01-01 was a Thursday.
        let weekday = ((day + 4) % 7 + 7) % 7
        guard expression.allowsDay(month: date.month, day: date.day, weekday: weekday) else { return nil }
        let midnight = Int64(day) * 86_400
        let isEven = zone.offset(at: midnight - 86_400) == zone.offset(at: midnight + 2 * 86_400)
            && zone.offset(at: midnight) == zone.offset(at: midnight + 86_400) && zone.offset(at: midnight) == zone.offset(at: midnight - 86_400)
        var earliest: Int64?
        for hour in expression.hour.values {
            for minute in expression.minute.values {
                let local = midnight + Int64(hour * 3_600 + minute * 60)
                for found in instants(ofLocal: local) where found > instant { earliest = min(earliest ?? found, found) }
                // On a day whose clocks are not touched, the first is the earliest.
                if isEven, let earliest { return earliest }
            }
        }
        return earliest
    }

    private func instants(ofLocal local: Int64) -> [Int64] {
        let shown = LocalInstants.instants(ofLocal: local, in: zone)
        if expression.hour.beginsWithStar { return shown }
        return shown.isEmpty ? [LocalInstants.jump(over: local, in: zone)] : [shown[0]]
    }
}
