import ColumnStore

/// Which steps of the calendar and the clock are made of which.
///
/// Pure arithmetic: what it says holds for every date, so that a coarser grouping may be answered from a finer one. A week
/// may lie in two months or years; a decade begins in a year that ends in 0, a century in one that ends in 1.
enum RollupCalendar {
    /// Each day of a step of these lies in one step.
    static let units: Set<String> = ["day", "week", "month", "quarter", "year", "decade", "century", "millennium"]

    /// From the finest to the coarsest: each step lies in one of the next, but for decades.
    private static let months = ["month", "quarter", "year", "decade", "century", "millennium"]
    /// Steps of a clock, each with its microseconds: each lies in one of the next, and in one day.
    private static let clock: [(unit: String, length: Int64)] = [
        ("microseconds", 1), ("milliseconds", 1_000), ("second", 1_000_000), ("minute", 60_000_000), ("hour", 3_600_000_000),
    ]
    /// What a day has, of times too.
    private static let fieldsOfDay: Set<String> = ["day", "dow", "isodow", "doy", "week", "isoyear", "month", "quarter", "year", "decade", "century", "millennium"]

    private static func place(onClock unit: String) -> Int? { clock.firstIndex { $0.unit == unit } }

    /// Whether instants can be cut to it.
    static func isStep(_ unit: String) -> Bool { units.contains(unit) || place(onClock: unit) != nil }

    /// Whether each step of `fine` lies in one of `coarse`.
    ///
    /// "month" is coarser than "day", "quarter" than "month"; a unit counts as coarser than itself. False for units that
    /// are not known.
    static func isCoarser(_ coarse: String, than fine: String) -> Bool {
        if let own = place(onClock: fine) { return units.contains(coarse) || place(onClock: coarse).map { $0 >= own } ?? false }
        if coarse == fine || fine == "day" { return units.contains(coarse) }
        guard let low = months.firstIndex(of: fine), let high = months.firstIndex(of: coarse) else { return false }
        // Centuries begin a year after decades do.
        if fine == "decade" { return coarse == "decade" }
        return low <= high
    }

    /// Whether a field is the same of all days of a step.
    /// - Parameter field: of EXTRACT.
    static func isField(_ field: String, ofEach unit: String) -> Bool {
        switch field {
        case "year", "decade", "century", "millennium": isCoarser(field, than: unit)
        case "month": isCoarser("month", than: unit)
        case "quarter": isCoarser("quarter", than: unit)
        case "week", "isoyear": unit == "day" || unit == "week"
        default: unit == "day"
        }
    }

    /// Whether a field is the same of all instants of a step.
    static func isField(_ field: String, ofTimesOf unit: String) -> Bool {
        if units.contains(unit) { return fieldsOfDay.contains(field) && isField(field, ofEach: unit) }
        guard let own = place(onClock: unit) else { return false }
        if field == "hour" || field == "minute" { return place(onClock: field).map { $0 >= own } ?? false }
        return fieldsOfDay.contains(field)
    }

    /// Whether a day is the first of a step.
    /// - Parameter day: since 1970.
    /// - Returns: false where it is not known: for days that the calendar has not, and for decades, centuries and
    ///   millennia.
    static func begins(_ unit: String, _ day: Int64) -> Bool {
        guard Calendar.dayRange.contains(Int(day)) else { return false }
        // 1970 began on a Thursday.
        if unit == "week" { return (day + 3) % 7 == 0 }
        let date = Calendar.day(fromDays: Int(day))
        guard unit != "day" else { return true }
        guard date.day == 1 else { return false }
        switch unit {
        case "month": return true
        case "quarter": return (date.month - 1) % 3 == 0
        case "year": return date.month == 1
        default: return false
        }
    }

    /// Whether a time, in microseconds since 1970, is the first of a step.
    static func begins(_ unit: String, time: Int64) -> Bool {
        if let own = place(onClock: unit) { return time % clock[own].length == 0 }
        return time % Calendar.microsecondsPerDay == 0 && begins(unit, time / Calendar.microsecondsPerDay)
    }
}
