import ColumnStore

/// What time it is where a question is asked.
struct JSONPathClock {
    let zone: TimeZoneRules
    /// Of the statement: microseconds since 1970.
    let now: Int64
}

/// A date or time that datetime() made of a string. It goes out as such a string in ISO's form.
///
/// Which of day, time and offset are there tells its kind: a date, a time, a timestamp, the latter two with or without a zone. Values that have a
/// day compare with each other, and so do times alone; one with a zone and one without do by the session's clock.
struct JSONPathMoment {
    /// Days since 1970; nil of a time alone.
    private let day: Int?
    /// Microseconds since midnight; nil of a date alone.
    private let time: Int?
    /// Of its clock, to the east of UTC; nil where the text says nothing.
    private let secondsEast: Int?

    private static let microseconds = 1_000_000

    /// `2020-01-02`, `10:11:12.5`, `2020-01-02 10:11:12`, also with `T` between them, and `+02` or `+02:30` behind the time. Blanks may stand where PostgreSQL's
    /// templates for these let them.
    init?(_ text: [UInt8]) {
        var reader = Reader(text: text)
        reader.skipBlanks()
        let date = reader.date()
        reader.skipBlanks()
        if date != nil, reader.isAtEnd {
            (day, time, secondsEast) = (date, nil, nil)
            return
        }
        if date != nil {
            guard reader.isBehindBlank || reader.accept(UInt8(ascii: "T")) else { return nil }
            reader.skipBlanks()
        }
        guard let clock = reader.time() else { return nil }
        reader.skipBlanks()
        var east: Int?
        if !reader.isAtEnd {
            guard let found = reader.offset() else { return nil }
            east = found
            reader.skipBlanks()
        }
        guard reader.isAtEnd else { return nil }
        (day, time, secondsEast) = (date, clock, east)
    }

    /// By a template of the standard.
    ///
    /// - Throws: where the text does not fit, and where the template tells neither day nor time.
    init(_ text: [UInt8], by template: TimeTemplate) throws(KernelError) {
        let said = try template.read(text[...])
        // The template tells the kind, whatever of it the text leaves open.
        var aspects: Set<TimePattern.Field.Aspect> = []
        for case .slot(let slot) in template.parts { if let aspect = slot.field.aspect { aspects.insert(aspect) } }
        guard aspects.contains(.day) || aspects.contains(.time) else { throw .outside(.invalidTime, "a template of datetime() tells neither day nor time") }
        let isZoned = aspects.contains(.zone)
        guard !isZoned || aspects.contains(.time) else { throw .outside(.invalidTime, "a template of datetime() tells a zone, but no time") }
        if isZoned, said.secondsEast == nil { throw .outside(.invalidTime, "the text has no zone, which the template asks for") }
        var microseconds = Int(said.microseconds), days = said.days
        // The template has fewer digits than six: rounded to those, which may carry into the next day.
        if said.fractionDigitCount > 0 {
            let unit = (said.fractionDigitCount..<6).reduce(1) { unit, _ in unit * 10 }
            microseconds = (microseconds + unit / 2) / unit * unit
            if aspects.contains(.day), microseconds >= Int(Calendar.microsecondsPerDay) {
                (microseconds, days) = (microseconds - Int(Calendar.microsecondsPerDay), days + 1)
            }
        }
        if aspects.contains(.day), !Calendar.dayRange.contains(days) { throw .timeOutOfRange }
        day = aspects.contains(.day) ? days : nil
        time = aspects.contains(.time) ? microseconds : nil
        secondsEast = isZoned ? said.secondsEast : nil
    }

    /// As type() says it.
    var typeName: String {
        guard time != nil else { return "date" }
        return (day == nil ? "time" : "timestamp") + (secondsEast == nil ? " without time zone" : " with time zone")
    }

    /// As a string of JSON.
    var document: [UInt8] {
        var text = [UInt8(ascii: "\"")]
        if let day {
            let date = Calendar.day(fromDays: day)
            Calendar.appendPadded(date.year, width: 4, to: &text)
            for number in [date.month, date.day] {
                text.append(UInt8(ascii: "-"))
                Calendar.appendPadded(number, width: 2, to: &text)
            }
        }
        if let time {
            if day != nil { text.append(UInt8(ascii: "T")) }
            Calendar.appendTime(microseconds: Int64(time), fraction: .shortest, to: &text)
            if let secondsEast {
                text.append(UInt8(ascii: secondsEast < 0 ? "-" : "+"))
                Calendar.appendPadded(abs(secondsEast) / 3_600, width: 2, to: &text)
                text.append(UInt8(ascii: ":"))
                Calendar.appendPadded(abs(secondsEast) / 60 % 60, width: 2, to: &text)
            }
        }
        return text + [UInt8(ascii: "\"")]
    }

    private init(day: Int?, time: Int?, secondsEast: Int?) { (self.day, self.time, self.secondsEast) = (day, time, secondsEast) }

    /// -1, 0 or 1; nil where the two are of kinds that do not compare.
    ///
    /// - Parameter clock: what says which moment a time without a zone is, beside one that has a zone.
    /// - Throws: `.notSupported` where there is no such clock.
    func order(_ other: JSONPathMoment, _ clock: JSONPathClock?) throws(KernelError) -> Int? {
        guard (day == nil) == (other.day == nil) else { return nil }
        if (secondsEast == nil) != (other.secondsEast == nil) {
            guard let clock else {
                throw .outside(.notSupported, "a path compares a time that has a zone with one that has none: ask by the function whose name ends with _tz")
            }
            if secondsEast == nil { return try zoned(clock).order(other, clock) }
            return try order(try other.zoned(clock), clock)
        }
        let (one, another) = (moment, other.moment)
        if one.seconds != another.seconds { return one.seconds < another.seconds ? -1 : 1 }
        if one.microseconds != another.microseconds { return one.microseconds < another.microseconds ? -1 : 1 }
        // Of times alone, the same moment of another clock comes before or behind.
        guard day == nil, let east = secondsEast, let otherEast = other.secondsEast, east != otherEast else { return 0 }
        return east > otherEast ? -1 : 1
    }

    /// With the zone of a clock: of a time alone as it is at the moment of the statement.
    private func zoned(_ clock: JSONPathClock) throws(KernelError) -> JSONPathMoment {
        guard let day else {
            return JSONPathMoment(day: nil, time: time, secondsEast: clock.zone.offset(atUTCSeconds: clock.now / Calendar.microsecondsPerSecond))
        }
        guard let midnight = Int64(day).multipliedOrNil(by: Calendar.microsecondsPerDay), let sum = midnight.addingOrNil(Int64(time ?? 0)) else { throw .timeOutOfRange }
        let local = try TimeCastKernels.checked(sum)
        return JSONPathMoment(day: day, time: time ?? 0, secondsEast: Int((local - clock.zone.utc(fromLocal: local)) / Calendar.microsecondsPerSecond))
    }

    /// In UTC, by which moments of one kind are ordered. A template names days whose microseconds do not fit into 64 bits.
    private var moment: (seconds: Int, microseconds: Int) {
        let time = time ?? 0
        return ((day ?? 0) * 86_400 - (secondsEast ?? 0) + time / Self.microseconds, time % Self.microseconds)
    }

    /// Reads a text from left to right; what returns nil may have passed something, but for `date`.
    private struct Reader {
        let text: [UInt8]
        var place = 0

        var isAtEnd: Bool { place == text.count }
        var isBehindBlank: Bool { place > 0 && text[place - 1] == 0x20 }

        mutating func skipBlanks() { while place < text.count, text[place] == 0x20 { place += 1 } }

        mutating func accept(_ byte: UInt8) -> Bool {
            guard place < text.count, text[place] == byte else { return false }
            place += 1
            return true
        }

        private mutating func number(_ digits: ClosedRange<Int>) -> Int? {
            let found = text[place...].prefix(digits.upperBound).prefix { (0x30...0x39).contains($0) }
            guard digits.contains(found.count) else { return nil }
            place += found.count
            return found.reduce(0) { 10 * $0 + Int($1 - 0x30) }
        }

        /// Nil, and nothing read, where none stands.
        mutating func date() -> Int? {
            let start = place
            guard let year = number(1...6), year > 0, accept(UInt8(ascii: "-")), let month = number(1...2), accept(UInt8(ascii: "-")), let day = number(1...2),
                let days = ValueText.days(year: year, month: month, day: day)
            else {
                place = start
                return nil
            }
            return Int(days)
        }

        /// `hh:mm:ss[.ffffff]` in microseconds since midnight.
        mutating func time() -> Int? {
            guard let hour = number(1...2), accept(UInt8(ascii: ":")), let minute = number(1...2), accept(UInt8(ascii: ":")), let second = number(1...2),
                hour < 24, minute < 60, second < 60
            else { return nil }
            var time = (hour * 3_600 + minute * 60 + second) * JSONPathMoment.microseconds
            if accept(UInt8(ascii: ".")) {
                let start = place
                guard var fraction = number(1...6) else { return nil }
                for _ in (place - start)..<6 { fraction *= 10 }
                time += fraction
            }
            return time
        }

        /// `+hh[:mm]` in seconds to the east of UTC.
        mutating func offset() -> Int? {
            let isWest = accept(UInt8(ascii: "-"))
            guard isWest || accept(UInt8(ascii: "+")) else { return nil }
            skipBlanks()
            // Up to 15:59, as in PostgreSQL.
            guard let hours = number(1...2), hours < 16 else { return nil }
            var minutes = 0
            if accept(UInt8(ascii: ":")) {
                guard let found = number(1...2), found < 60 else { return nil }
                minutes = found
            }
            return (isWest ? -1 : 1) * (hours * 3_600 + minutes * 60)
        }
    }
}
