import ColumnStore

/// Which steps of the calendar are made of which.
enum RollupCalendar {
    /// Each day of a step of these lies in one step.
    static let units: Set<String> = ["day", "week", "month", "quarter", "year", "decade", "century", "millennium"]

    private static let months = ["month", "quarter", "year", "decade", "century", "millennium"]

    /// Whether each step of `fine` lies in one of `coarse`.
    static func isCoarser(_ coarse: String, than fine: String) -> Bool {
        if coarse == fine || fine == "day" { return units.contains(coarse) }
        guard let low = months.firstIndex(of: fine), let high = months.firstIndex(of: coarse) else { return false }
        // Centuries begin a year after decades do.
        if fine == "decade" { return coarse == "decade" }
        return low <= high
    }

    /// Whether a field is the same of all days of a step.
    static func isField(_ field: String, ofEach unit: String) -> Bool {
        switch field {
        case "year", "decade", "century", "millennium": isCoarser(field, than: unit)
        case "month": unit == "month"
        case "quarter": unit == "month" || unit == "quarter"
        default: unit == "day"
        }
    }

    /// Whether a day is the first of a step.
    static func begins(_ unit: String, _ day: Int64) -> Bool {
        guard Calendar.dayRange.contains(Int(day)) else { return false }
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
}
