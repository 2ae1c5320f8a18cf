internal import Glibc
import ColumnStore

/// A date and time in text, read as PostgreSQL's `DecodeDateTime` reads it: every piece must mean something, and no two the same. One reading for
/// literals and for casts at run time.
///
/// Not read, and so refused: labels as in `y2001m02d04`.
struct DateTimeText {
    enum Zone: Sendable {
        case offset(secondsEast: Int)
        case rules(TimeZoneRules)
    }

    /// What is said of a text that names a place which tzdata has not.
    static let noZone = "no such time zone: use a name of tzdata, as Europe/Kyiv"

    /// What of the session a text depends on.
    struct Session: Sendable {
        var order = DateOrder.mdy
        /// By SQL's standard an interval's first sign is that of all its parts.
        var intervals = IntervalStyle.postgres
        /// now(), and the clock that shows it; nil where no text may say `today`, as where the query runs.
        var now: (instant: Int64, zone: TimeZoneRules)?

        static let plain = Session()
    }

    /// As the calendar on the wall says.
    var days: Int
    /// Since that day's midnight: 24:00 and a little more may stand here.
    var microseconds: Int64
    var zone: Zone?
    var hasTime = true
    /// It said `today` or the like.
    var isOfNow = false
    /// It said `infinity`, or with a minus: whether it comes before all others; nil of all others.
    var isInfiniteBefore: Bool?

    /// Nil when the text is no date, or one that is not in the calendar.
    static func read(_ text: [UInt8]) -> DateTimeText? { read(text[...]) }

    /// Nil when the text is no date, or one that is not in the calendar.
    static func read(_ text: ArraySlice<UInt8>, _ session: Session = .plain) -> DateTimeText? {
        if let plain = plain(text) { return plain }
        if let isBefore = infinity(text) { return DateTimeText(days: 0, microseconds: 0, hasTime: false, isInfiniteBefore: isBefore) }
        guard let tokens = DateTimeTokens.split(text), !tokens.isEmpty else { return nil }
        var reader = DateTimeReader(session)
        guard reader.take(tokens) else { return nil }
        return reader.finish()
    }

    /// Whether an infinite one has a minus; nil of all else.
    private static func infinity(_ text: ArraySlice<UInt8>) -> Bool? {
        switch String(decoding: ValueText.trimmed(text).prefix(10), as: UTF8.self).lowercased() {
        case "infinity": false
        case "-infinity": true
        default: nil
        }
    }

    /// TIME: a clock's reading by itself, or that of a date with one; microseconds since midnight, at most those of a day.
    static func time(of text: ArraySlice<UInt8>, _ session: Session = .plain) -> Int64? {
        if let plain = Calendar.parseTime(text) { return plain }
        // Halves of the day, and what else a time may be said with, are those of any date.
        var dated = Array("2000-01-01 ".utf8)
        dated.append(contentsOf: text)
        // `now` is a time; with what it says of a day no other stands, and days beside a time are none of its own.
        let beside = read(dated)
        guard !(beside?.needsDay ?? false), let moment = beside ?? ofItsDay(text, session), moment.hasTime, (0...Calendar.microsecondsPerDay).contains(moment.microseconds) else { return nil }
        return moment.microseconds
    }

    /// A text that says its day, or that it is of now: beside a time PostgreSQL takes no other, and no `T` between both.
    private static func ofItsDay(_ text: ArraySlice<UInt8>, _ session: Session) -> DateTimeText? {
        guard let tokens = DateTimeTokens.split(text), let moment = read(text, session) else { return nil }
        if moment.isOfNow { return tokens.count == 1 ? moment : nil }
        let saysJulian = tokens.contains { if $0.kind == .word, case .julianFollows? = DateTimeWord($0.text) { true } else { false } }
        return saysJulian || beginsWithDay(tokens) ? moment : nil
    }

    /// Whether a date stands first, and a time behind it or a date, as which names of zones are cut, at the end.
    private static func beginsWithDay(_ tokens: [DateTimeTokens.Token]) -> Bool {
        tokens.count > 1 && tokens[0].kind == .date && (tokens[1].kind == .time || tokens.last?.kind == .date)
    }

    /// Whether its zone is a place, or a rule as `EST5EDT`, whose clocks have stood differently: a time beside it says nothing without a day, as PostgreSQL has it.
    private var needsDay: Bool {
        guard case .rules(let rules)? = zone, rules.name.utf8.contains(where: { $0 == UInt8(ascii: "/") || DateTimeTokens.isDigit($0) }) else { return false }
        return rules.span(atUTCSeconds: 0).range != Int64.min..<Int64.max
    }

    /// What is wrong with a text that is no value of a type, as PostgreSQL tells it: no date or time (`invalidTime`), numbers that no calendar and no
    /// clock has (`timeOutOfRange`), an offset that no zone has (`badOffset`), or a place that tzdata has not (`badValue`).
    static func fault(of text: ArraySlice<UInt8>, as type: ColumnType, _ session: Session = .plain) -> QueryError.Cause {
        guard var tokens = DateTimeTokens.split(text) else { return .invalidTime }
        // A time stands behind some day, as in `time(of:)`, unless it has one of its own: that one is looked at, too.
        let hasDay = beginsWithDay(tokens)
        if type == .time, !hasDay { tokens.insert(DateTimeTokens.Token(kind: .date, text: Array("2000-01-01".utf8)), at: 0) }
        var reader = DateTimeReader(session)
        guard reader.take(tokens), let moment = reader.finish() else { return reader.fault }
        if type == .time, !hasDay, moment.needsDay { return .invalidTime }
        return type != .time || moment.hasTime && !moment.isOfNow ? .timeOutOfRange : .invalidTime
    }

    /// What an offset of a timestamp says.
    enum Offset {
        case secondsEast(Int)
        /// More than 15:59:59.
        case outOfRange
        case malformed
    }

    /// An offset as a timestamp has it, `+02`, `-0330`, `+02:00:00`, in seconds; nil when the text is none.
    static func secondsEast(of text: ArraySlice<UInt8>) -> Int? {
        guard case .secondsEast(let east) = offset(text) else { return nil }
        return east
    }

    static func offset(_ text: ArraySlice<UInt8>) -> Offset {
        var rest = text.dropFirst()
        guard var hours = DateTimeTokens.leadingInteger(&rest) else { return rest.first.map(DateTimeTokens.isDigit) == true ? .outOfRange : .malformed }
        var minutes = 0, seconds = 0
        if rest.first == UInt8(ascii: ":") {
            rest.removeFirst()
            // As there, nothing behind a colon is a zero.
            guard let value = rest.isEmpty ? 0 : DateTimeTokens.leadingInteger(&rest) else { return .malformed }
            minutes = value
            if rest.first == UInt8(ascii: ":") {
                rest.removeFirst()
                guard let value = rest.isEmpty ? 0 : DateTimeTokens.leadingInteger(&rest) else { return .malformed }
                seconds = value
            }
        } else if rest.isEmpty, text.count > 3 {
            (hours, minutes) = hours.quotientAndRemainder(dividingBy: 100)
        }
        // As there, the numbers are looked at before what stands behind them.
        guard hours <= 15, minutes < 60, seconds < 60 else { return .outOfRange }
        guard rest.isEmpty else { return .malformed }
        let east = (hours * 60 + minutes) * 60 + seconds
        return .secondsEast(text.first == UInt8(ascii: "-") ? -east : east)
    }

    /// DATE: whatever the time and the zone are.
    var date: Int64? {
        if let isInfiniteBefore { return Calendar.infiniteDay(isNegative: isInfiniteBefore) }
        return Calendar.dayRange.contains(days) ? Int64(clamping: days) : nil
    }

    /// TIMESTAMP: whatever the zone is. Nil out of its range.
    var local: Int64? {
        if let isInfiniteBefore { return Calendar.infiniteMoment(isNegative: isInfiniteBefore) }
        guard let midnight = Int64(days).multipliedOrNil(by: Calendar.microsecondsPerDay) else { return nil }
        return midnight.addingOrNil(microseconds).flatMap(Self.checked)
    }

    /// TIMESTAMPTZ: the instant in the text's own zone, else in the session's. Nil out of its range.
    func instant(inSession session: TimeZoneRules) -> Int64? {
        if let isInfiniteBefore { return Calendar.infiniteMoment(isNegative: isInfiniteBefore) }
        // An offset may bring a local time that is out of range back into it.
        guard let local = Int64(days).multipliedOrNil(by: Calendar.microsecondsPerDay)?.addingOrNil(microseconds) else { return nil }
        switch zone {
        case .offset(let seconds): return local.subtractingOrNil(Int64(seconds) * Calendar.microsecondsPerSecond).flatMap(Self.checked)
        case .rules(let rules): return Self.checked(local).flatMap { Self.checked(rules.utc(fromLocal: $0)) }
        case nil: return Self.checked(local).flatMap { Self.checked(session.utc(fromLocal: $0)) }
        }
    }

    private static func checked(_ microseconds: Int64) -> Int64? { Calendar.timestampRange.contains(microseconds) ? microseconds : nil }

    /// `2026-11-20`, `2026-11-20 14:03:07.5`, with or without an offset: what columns of text mostly hold, without cutting it up.
    private static func plain(_ text: ArraySlice<UInt8>) -> DateTimeText? {
        let start = text.startIndex
        guard text.count >= 10, text.count <= 40, text[start + 4] == UInt8(ascii: "-"), text[start + 7] == UInt8(ascii: "-") else { return nil }
        var fractionDigits = -1
        for byte in text.dropFirst(10) {
            if DateTimeTokens.isDigit(byte) {
                if fractionDigits >= 0 { fractionDigits += 1 }
                continue
            }
            if fractionDigits > 6 { return nil }
            fractionDigits = byte == UInt8(ascii: ".") ? 0 : -1
            // Commas, names of zones, eras and halves of the day are for the long way.
            switch byte {
            case 0x20, UInt8(ascii: "T"), UInt8(ascii: "Z"), UInt8(ascii: ":"), UInt8(ascii: "."), UInt8(ascii: "+"), UInt8(ascii: "-"): break
            default: return nil
            }
        }
        guard fractionDigits <= 6, let moment = Calendar.parseMoment(text) else { return nil }
        // 24:00 and 23:59:60 are the next day's midnight; but a DATE of them is the day that stands there.
        if moment.hasTime, moment.timeMicroseconds == 0, !text.dropFirst(11).starts(with: "00".utf8) { return nil }
        return DateTimeText(
            days: moment.days, microseconds: moment.timeMicroseconds, zone: moment.offsetSeconds.map { .offset(secondsEast: $0) },
            hasTime: moment.hasTime)
    }
}
