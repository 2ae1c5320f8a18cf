/// A template of times, as to_char writes by it and to_date and to_timestamp read by it, cut into its parts.
///
/// A field is the longest name that stands at a place, with FM or TM before it and TH, th or SP behind it. Text in double quotes is itself; so is any
/// other character, a backslash before it aside.
///
/// PostgreSQL 15's documentation, section 9.8.
struct TimePattern {
    enum Piece {
        /// Quoted text, or one byte that stands by itself.
        case literal([UInt8], isQuoted: Bool)
        case field(Field, fill: Bool, isTranslated: Bool, suffix: Suffix)
    }

    /// TH or th: an ordinal's end.
    enum Suffix { case none, upper, lower }

    /// By their names: in capitals or in small letters throughout, names of months and days also with a capital first.
    enum Field: String, CaseIterable {
        case hour24 = "HH24", hour12 = "HH12", hour = "HH", minute = "MI", second = "SS", milliseconds = "MS", microseconds = "US"
        case secondsOfDay = "SSSS", secondsOfDayToo = "SSSSS", fraction1 = "FF1", fraction2 = "FF2", fraction3 = "FF3", fraction4 = "FF4"
        case fraction5 = "FF5", fraction6 = "FF6", amUpper = "AM", pmUpper = "PM", amLower = "am", pmLower = "pm", amDotted = "A.M.", pmDotted = "P.M."
        case amDottedLower = "a.m.", pmDottedLower = "p.m.", eraBC = "BC", eraAD = "AD", eraBCLower = "bc", eraADLower = "ad"
        case eraBCDotted = "B.C.", eraADDotted = "A.D.", eraBCDottedLower = "b.c.", eraADDottedLower = "a.d."
        case yearComma = "Y,YYY", year4 = "YYYY", year3 = "YYY", year2 = "YY", year1 = "Y"
        case isoYear4 = "IYYY", isoYear3 = "IYY", isoYear2 = "IY", isoYear1 = "I"
        case monthUpper = "MONTH", monthTitle = "Month", monthLower = "month", monUpper = "MON", monTitle = "Mon", monLower = "mon"
        case month = "MM", dayUpper = "DAY", dayTitle = "Day", dayLower = "day", dyUpper = "DY", dyTitle = "Dy", dyLower = "dy"
        case dayOfYear = "DDD", isoDayOfYear = "IDDD", dayOfMonth = "DD", isoDay = "ID", dayOfWeek = "D", weekOfMonth = "W"
        case weekOfYear = "WW", isoWeek = "IW", century = "CC", julian = "J", quarter = "Q", roman = "RM", romanLower = "rm"
        case zoneUpper = "TZ", zoneLower = "tz", zoneHours = "TZH", zoneMinutes = "TZM", offset = "OF", exact = "FX"

        /// Longest first, so that `HH24` is not `HH`.
        static let byLength: [(name: [UInt8], field: Field)] = allCases.flatMap { field -> [(name: [UInt8], field: Field)] in
            let name = field.rawValue
            // Where small letters are another field, they are listed above.
            let lower = Field(rawValue: name.lowercased()) == nil ? [(Array(name.lowercased().utf8), field)] : []
            return [(Array(name.utf8), field)] + lower
        }
        .sorted { $0.name.count > $1.name.count }
    }

    private(set) var pieces: [Piece] = []

    /// Any text is a template: what names no field is text.
    init(_ pattern: some Collection<UInt8>) {
        var rest = Array(pattern)[...]
        while !rest.isEmpty {
            func begins(_ word: String) -> Bool { rest.starts(with: word.utf8) || rest.starts(with: word.lowercased().utf8) }
            // One at a time: what stands behind a second is text.
            let fills = !begins("FM"), isTranslated = fills && begins("TM")
            if !fills || isTranslated { rest = rest.dropFirst(2) }
            if let (name, field) = Field.byLength.first(where: { rest.starts(with: $0.name) }) {
                rest = rest.dropFirst(name.count)
                let suffix: Suffix = rest.starts(with: "TH".utf8) ? .upper : rest.starts(with: "th".utf8) ? .lower : .none
                if suffix != .none || rest.starts(with: "SP".utf8) { rest = rest.dropFirst(2) }
                pieces.append(.field(field, fill: fills, isTranslated: isTranslated, suffix: suffix))
            } else if rest.first == UInt8(ascii: "\"") {
                pieces.append(.literal(FormatTemplate.quoted(&rest), isQuoted: true))
            } else if !rest.isEmpty {
                pieces.append(.literal(FormatTemplate.character(&rest), isQuoted: false))
            }
        }
    }
}
