import ColumnStore

/// A template of to_date and to_timestamp, made ready for reading texts by it as PostgreSQL's `DCH_from_char` does (formatting.c).
///
/// Immutable; one of a constant template is used for all rows. `TimeTemplateReader` goes through `parts` once for each text.
struct TimeTemplate {
    struct Slot {
        var field: TimePattern.Field
        /// It takes all digits that stand there: FM asks for that, or nothing of digits stands behind it in the template.
        var takesAll: Bool
        var hasOrdinal: Bool
    }

    enum Part {
        case slot(Slot)
        /// A blank or a mark.
        case separator
        /// One character of text; what it is does not matter.
        case character
        /// This text and no other: of a standard template.
        case exactly([UInt8])
    }

    private(set) var parts: [Part] = []
    /// The standard's, as paths of JSON have them: nothing is passed over, and the whole text is read.
    let isStandard: Bool

    init(_ template: some Collection<UInt8>) {
        isStandard = false
        take(template)
    }

    /// Of the standard: marks outside of quotes are `-./,':;` and blanks.
    ///
    /// - Throws: for any other mark.
    init(standard template: some Collection<UInt8>) throws(KernelError) {
        isStandard = true
        for case .literal(let bytes, isQuoted: false) in TimePattern(template).pieces where !bytes.allSatisfy({ "-./,':; ".utf8.contains($0) }) {
            throw .outside(.invalidTime, "a template of datetime() has a mark that is none: \(String(decoding: bytes, as: UTF8.self))")
        }
        take(template)
    }

    /// Cuts the template into parts; whether a number takes all digits is known once its follower is.
    private mutating func take(_ template: some Collection<UInt8>) {
        var found: [(part: Part, isDigit: Bool)] = []
        for piece in TimePattern(template).pieces {
            switch piece {
            case .field(let field, let fill, _, let suffix):
                found.append((.slot(Slot(field: field, takesAll: !fill || suffix != .none, hasOrdinal: suffix != .none)), field.isOfDigits))
            case .literal(let bytes, _) where isStandard:
                found.append((.exactly(bytes), bytes.first.map(DateTimeTokens.isDigit) ?? false))
            case .literal(let bytes, let isQuoted):
                // Of a character of several bytes the first stands for it.
                for byte in bytes where byte & 0xC0 != 0x80 {
                    let isSeparator = !isQuoted && (Self.isMark(byte) || NumberText.isBlank(byte))
                    found.append((isSeparator ? .separator : .character, DateTimeTokens.isDigit(byte)))
                }
            }
        }
        for (index, item) in found.enumerated() {
            if case .slot(var slot) = item.part {
                slot.takesAll = slot.takesAll || index + 1 == found.count || !found[index + 1].isDigit
                parts.append(.slot(slot))
            } else {
                parts.append(item.part)
            }
        }
    }

    /// Printable, and neither a letter nor a digit.
    static func isMark(_ byte: UInt8) -> Bool { byte > 0x20 && byte < 0x7F && !DateTimeTokens.isLetter(byte) && !DateTimeTokens.isDigit(byte) }

    /// - Throws: where the text does not fit, or says what is no moment.
    func read(_ text: ArraySlice<UInt8>) throws(KernelError) -> TimeSaid.Moment {
        var reader = TimeTemplateReader(text, isStandard: isStandard)
        try reader.read(parts)
        return try reader.said.moment()
    }
}

extension TimePattern.Field {
    /// Months and days, or ISO's weeks: a template has one of both.
    enum Convention { case gregorian, isoWeek }

    /// Whether a number stands there: in front of it another number ends where its own digits do.
    fileprivate var isOfDigits: Bool {
        switch self {
        case .amUpper, .pmUpper, .amLower, .pmLower, .amDotted, .pmDotted, .amDottedLower, .pmDottedLower, .eraBC, .eraAD, .eraBCLower, .eraADLower,
            .eraBCDotted, .eraADDotted, .eraBCDottedLower, .eraADDottedLower, .monthUpper, .monthTitle, .monthLower, .monUpper, .monTitle, .monLower,
            .dayUpper, .dayTitle, .dayLower, .dyUpper, .dyTitle, .dyLower, .roman, .romanLower, .zoneUpper, .zoneLower, .zoneHours, .offset, .exact:
            false
        default: true
        }
    }

    /// What of a moment it tells; nil of what tells nothing.
    enum Aspect { case day, time, zone }

    var aspect: Aspect? {
        switch self {
        case .zoneUpper, .zoneLower, .zoneHours, .zoneMinutes, .offset: .zone
        case .hour24, .hour12, .hour, .minute, .second, .milliseconds, .microseconds, .secondsOfDay, .secondsOfDayToo, .fraction1, .fraction2, .fraction3,
            .fraction4, .fraction5, .fraction6, .amUpper, .pmUpper, .amLower, .pmLower, .amDotted, .pmDotted, .amDottedLower, .pmDottedLower:
            .time
        case .exact: nil
        default: .day
        }
    }

    /// Nil for a field that is the same in either.
    var convention: Convention? {
        switch self {
        case .dayOfYear, .dayOfMonth, .dayOfWeek, .month, .monthUpper, .monthTitle, .monthLower, .monUpper, .monTitle, .monLower, .roman, .romanLower,
            .weekOfYear, .weekOfMonth, .yearComma, .year4, .year3, .year2, .year1:
            .gregorian
        case .isoDayOfYear, .isoDay, .isoWeek, .isoYear4, .isoYear3, .isoYear2, .isoYear1: .isoWeek
        default: nil
        }
    }

    /// How many digits it has where another number stands right behind.
    var width: Int {
        switch self {
        case .hour24, .hour12, .hour, .zoneHours, .zoneMinutes: 2
        case .milliseconds, .isoDayOfYear: 3
        case .microseconds: 6
        case .isoDay: 1
        case .fraction1, .fraction2, .fraction3, .fraction4, .fraction5, .fraction6: fractionDigitCount ?? 6
        default: rawValue.utf8.count
        }
    }

    /// The digits of FF1 to FF6.
    var fractionDigitCount: Int? {
        switch self {
        case .fraction1: 1
        case .fraction2: 2
        case .fraction3: 3
        case .fraction4: 4
        case .fraction5: 5
        case .fraction6: 6
        default: nil
        }
    }
}
