/// From what a document writes to an instant.
enum IssueTime {
    /// Years 1 to 9999 in UTC, which is what texts of four digits and other engines' calendars can hold.
    static var range: Range<Int64> { -62_135_596_800_000_000..<253_402_300_800_000_000 }
    /// The same as days since 1970-01-01.
    static var dayRange: Range<Int32> { -719_162..<2_932_897 }

    /// The instant in microseconds since 1970: by the offset if there is one, else local in `zone`. A date alone is its midnight.
    ///
    /// - Throws: `.outOfRange` where the instant lies outside `range`.
    static func instant(of parts: TimeParts, zone: ZoneRules?) throws(ValueFault) -> Int64 {
        let instant = try anyInstant(of: parts, zone: zone)
        guard range.contains(instant) else { throw .outOfRange }
        return instant
    }

    private static func anyInstant(of parts: TimeParts, zone: ZoneRules?) throws(ValueFault) -> Int64 {
        if let instant = parts.instant { return instant }
        guard let day = parts.day else { throw .notATime }
        // Years are 1 to 9999, so nothing here comes near an overflow.
        let local = Int64(day) * CivilDate.microsecondsPerDay + (parts.timeOfDay ?? 0)
        if let offset = parts.offset { return local - Int64(offset) * 1_000_000 }
        guard let zone else { throw .noTimeZone }
        // Rounded down: a time zone's rules are of whole seconds, and the fraction is added again.
        let seconds = local >= 0 ? local / 1_000_000 : (local - 999_999) / 1_000_000
        guard let instant = zone.instant(ofLocal: seconds) else { throw .noSuchLocalTime }
        return instant * 1_000_000 + (local - seconds * 1_000_000)
    }
}
