internal import ColumnStore

/// The rows of `pg_timezone_names`: the zones that there are, as they stand at a moment.
enum SystemZones {
    /// - Parameter now: microseconds since 1970.
    static func rows(at now: Int64) -> [SystemRows.Row] {
        let seconds = now / Calendar.microsecondsPerSecond
        return TimeZoneDatabase.system.zoneNames.compactMap { name -> SystemRows.Row? in
            // What is no zone's file, or cannot be read, is no zone.
            guard let rules = try? TimeZoneDatabase.system.rules(for: name), rules.name == name || rules.name == "UTC" else { return nil }
            let offset = rules.offset(atUTCSeconds: seconds)
            // Clocks are put forward for a part of the year: half a year from now they are not.
            let other = rules.offset(atUTCSeconds: seconds + halfYear)
            return [
                "name": .string(name), "abbrev": .string(rules.abbreviation(atUTCSeconds: seconds)), "is_dst": .boolean(offset > other),
                "utc_offset": .interval(Interval(months: 0, days: 0, microseconds: Int64(offset) * Calendar.microsecondsPerSecond)),
            ]
        }
    }

    /// In seconds.
    private static let halfYear: Int64 = 182 * 86_400
}
