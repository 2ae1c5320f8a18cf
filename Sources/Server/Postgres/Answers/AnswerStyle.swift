internal import ColumnStore
internal import Query

/// How values are written as text, where a session says: TimeZone and its forms.
struct AnswerStyle {
    var zone: TimeZoneRules
    var forms = ValueForms.plain
    /// Nil: numbers of registries stay numbers.
    var names: RegistryNames?

    static let utc = AnswerStyle(zone: .utc)
}

extension AnswerStyle {
    init(_ settings: SessionSettings, zone: TimeZoneRules, names: RegistryNames? = nil) { self.init(zone: zone, forms: settings.forms, names: names) }
}
