/// The pieces of a date, a time or an interval in text, cut as PostgreSQL's `ParseDateTime` cuts them: what a piece means is decided later.
struct DateTimeTokens {
    enum Kind {
        /// Digits, perhaps with a fraction.
        case number
        /// Digits with colons.
        case time
        /// Digits and letters with `-`, `/` or `.` between; also names of zones.
        case date
        /// Letters.
        case word
        /// A sign with digits: an offset, or a signed number of an interval.
        case signed
        /// A sign with letters: `-infinity`.
        case signedWord
    }

    struct Token {
        var kind: Kind
        /// In lower case.
        var text: [UInt8]
    }

    /// PostgreSQL's own bounds: 25 fields, 128 bytes.
    private static let countMax = 25
    private static let byteCountMax = 128

    /// Nil where a byte stands that no date or time has.
    static func split(_ text: ArraySlice<UInt8>) -> [Token]? {
        guard text.count <= byteCountMax else { return nil }
        var rest = text
        var tokens: [Token] = []
        while let first = rest.first {
            if NumberText.isBlank(first) {
                rest.removeFirst()
                continue
            }
            guard tokens.count < countMax else { return nil }
            if isDigit(first) {
                tokens.append(number(&rest))
            } else if first == UInt8(ascii: ".") {
                rest.removeFirst()
                tokens.append(Token(kind: .number, text: [first] + take(&rest, while: isDigit)))
            } else if isLetter(first) {
                tokens.append(word(&rest))
            } else if isSign(first) {
                guard let token = signed(&rest) else { return nil }
                tokens.append(token)
            } else if first > 0x20, first < 0x7F {
                // Other punctuation only parts.
                rest.removeFirst()
            } else {
                return nil
            }
        }
        return tokens
    }

    private static func number(_ rest: inout ArraySlice<UInt8>) -> Token {
        var text = take(&rest, while: isDigit)
        guard let mark = rest.first else { return Token(kind: .number, text: text) }
        if mark == UInt8(ascii: ":") {
            text += take(&rest) { isDigit($0) || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".") }
            return Token(kind: .time, text: text)
        }
        guard mark == UInt8(ascii: "-") || mark == UInt8(ascii: "/") || mark == UInt8(ascii: ".") else { return Token(kind: .number, text: text) }
        rest.removeFirst()
        text.append(mark)
        guard let second = rest.first, isDigit(second) else {
            text += take(&rest) { isDigit($0) || isLetter($0) || $0 == mark }
            return Token(kind: .date, text: text)
        }
        text += take(&rest, while: isDigit)
        guard rest.first == mark else { return Token(kind: mark == UInt8(ascii: ".") ? .number : .date, text: text) }
        text += take(&rest) { isDigit($0) || $0 == mark }
        return Token(kind: .date, text: text)
    }

    private static func word(_ rest: inout ArraySlice<UInt8>) -> Token {
        var text = take(&rest, while: isLetter)
        guard let mark = rest.first else { return Token(kind: .word, text: text) }
        var isJoined = mark == UInt8(ascii: "-") || mark == UInt8(ascii: "/") || mark == UInt8(ascii: ".")
        if mark == UInt8(ascii: "+") || isDigit(mark) { isJoined = DateTimeWord(text) == nil }
        guard isJoined else { return Token(kind: .word, text: text) }
        text += take(&rest) { byte in
            isDigit(byte) || isLetter(byte) || isSign(byte) || [0x2F, 0x5F, 0x2E, 0x3A].contains(byte)
        }
        return Token(kind: .date, text: text)
    }

    private static func signed(_ rest: inout ArraySlice<UInt8>) -> Token? {
        guard let sign = rest.popFirst() else { return nil }
        while let first = rest.first, NumberText.isBlank(first) { rest.removeFirst() }
        guard let first = rest.first else { return nil }
        if isDigit(first) {
            let digits = take(&rest) { isDigit($0) || [0x3A, 0x2E, 0x2D].contains($0) }
            return Token(kind: .signed, text: [sign] + digits)
        }
        guard isLetter(first) else { return nil }
        return Token(kind: .signedWord, text: [sign] + take(&rest, while: isLetter))
    }

    private static func take(_ rest: inout ArraySlice<UInt8>, while holds: (UInt8) -> Bool) -> [UInt8] {
        let taken = rest.prefix(while: holds)
        rest = rest[taken.endIndex...]
        return taken.map { isLetter($0) ? $0 | 0x20 : $0 }
    }

    static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
    static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) }
    private static func isSign(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-") }

    /// A whole number of 32 bits at the start of `text`, as C's `strtol` takes it; nil past its range or where no digit stands.
    static func leadingInteger(_ text: inout ArraySlice<UInt8>) -> Int? {
        let digits = text.prefix(while: isDigit)
        guard let value = Int32(String(decoding: digits, as: UTF8.self)) else { return nil }
        text = text[digits.endIndex...]
        return Int(value)
    }

    /// The fraction of `.5`, `.`, in parts of one; nil where something else stands behind the mark.
    static func fraction(_ text: ArraySlice<UInt8>) -> Double? {
        guard text.first == UInt8(ascii: ".") else { return nil }
        let digits = text.dropFirst()
        if digits.isEmpty { return 0 }
        guard digits.allSatisfy(isDigit) else { return nil }
        return Double("0." + String(decoding: digits, as: UTF8.self))
    }
}

/// Words that PostgreSQL knows in dates and times. A word counts by its first ten letters.
enum DateTimeWord {
    case month(Int), weekday, era(isBC: Bool), meridiem(isAfternoon: Bool), filler, timeFollows, julianFollows, epoch, infinity
    /// The moment, or a day so many days from that of the moment.
    case now(shift: Int?)
    /// At Greenwich.
    case midnight
    /// The zone before it an hour later.
    case daylight
    /// Labels as in `y2001m02`: known, and not read.
    case unread

    init?(_ word: [UInt8]) {
        guard let known = Self.words[String(decoding: word.prefix(10), as: UTF8.self)] else { return nil }
        self = known
    }

    private static let words: [String: DateTimeWord] = {
        var words: [String: DateTimeWord] = [
            "ad": .era(isBC: false), "bc": .era(isBC: true), "am": .meridiem(isAfternoon: false), "pm": .meridiem(isAfternoon: true),
            "at": .filler, "on": .filler, "t": .timeFollows, "epoch": .epoch, "infinity": .infinity, "j": .julianFollows, "jd": .julianFollows, "julian": .julianFollows,
            "now": .now(shift: nil), "today": .now(shift: 0), "tomorrow": .now(shift: 1), "yesterday": .now(shift: -1), "allballs": .midnight,
            "dst": .daylight,
        ]
        let months = [
            "jan january", "feb february", "mar march", "apr april", "may", "jun june", "jul july", "aug august", "sep sept september", "oct october",
            "nov november", "dec december",
        ]
        for (index, names) in months.enumerated() { for name in names.split(separator: " ") { words[String(name)] = .month(index + 1) } }
        let weekdays = "mon monday tue tues tuesday wed weds wednesday thu thur thurs thursday fri friday sat saturday sun sunday"
        for name in weekdays.split(separator: " ") { words[String(name)] = .weekday }
        let unread = "d dow doy h isodow isoyear m mm s y"
        for name in unread.split(separator: " ") { words[String(name)] = .unread }
        return words
    }()
}
