internal import ColumnStore

/// How values are written as text, where a session says: TimeZone, `extra_float_digits`, `bytea_output`, IntervalStyle.
struct AnswerStyle {
    var zone: TimeZoneRules
    /// Digits that a DOUBLE is rounded to, and a REAL to so many less than 9; nil for the fewest that tell the value.
    var floatDigits: (double: Int, single: Int)?
    var escapesBytes = false
    var intervals = IntervalStyle.postgres
    /// Nil: numbers of registries stay numbers.
    var names: RegistryNames?

    static let utc = AnswerStyle(zone: .utc)
}

extension AnswerStyle {
    init(_ settings: SessionSettings, zone: TimeZoneRules, names: RegistryNames? = nil) {
        self.init(zone: zone, floatDigits: settings.extraFloatDigits.map { (max(1, 15 + $0), max(1, 6 + $0)) }, escapesBytes: settings.escapesBytes, intervals: settings.intervalStyle, names: names)
    }
}
