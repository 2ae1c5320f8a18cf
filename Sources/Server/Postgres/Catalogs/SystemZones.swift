internal import ColumnStore
internal import Query

/// The rows of `pg_timezone_names` and `pg_timezone_abbrevs`: the zones that there are, and what is short for them, as they stand at a moment.
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

    /// - Parameter now: microseconds since 1970.
    static func abbreviations(at now: Int64) -> [SystemRows.Row] {
        TimeZoneNames.shown(atUTCSeconds: now / Calendar.microsecondsPerSecond).map { known in
            [
                "abbrev": .string(known.name), "is_dst": .boolean(known.isOfSummer),
                "utc_offset": .interval(Interval(months: 0, days: 0, microseconds: Int64(known.secondsEast) * Calendar.microsecondsPerSecond)),
            ]
        }
    }

    /// In seconds.
    private static let halfYear: Int64 = 182 * 86_400
}
