/// Reads values from text as PostgreSQL's input functions do (`'2026-11-20'::date`). Nil: the text is no value of the type.
///
/// One reading for literals and for casts at run time. Narrower than PostgreSQL's in dates: ISO 8601 forms only, years 1 to 9999;
/// what is not read is refused, never guessed.
package enum ValueText {
    package static let microsecondsPerDay: Int64 = 86_400_000_000

    // MARK: Numbers

    package static func trimmed(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var text = text
        while let first = text.first, isBlank(first) { text.removeFirst() }
        while let last = text.last, isBlank(last) { text.removeLast() }
        return text
    }

    package static func integer(_ text: ArraySlice<UInt8>) -> Int64? {
        var digits = trimmed(text)
        let isNegative = takeSign(&digits)
        guard !digits.isEmpty else { return nil }
        var value: Int64 = 0
        for byte in digits {
            guard isDigit(byte) else { return nil }
            let (shifted, overflow) = value.multipliedReportingOverflow(by: 10)
            let digit = Int64(byte - 0x30)
            let (sum, overflow2) = isNegative ? shifted.subtractingReportingOverflow(digit) : shifted.addingReportingOverflow(digit)
            if overflow || overflow2 { return nil }
            value = sum
        }
        return value
    }

    package struct DecimalText {
        /// The digits without mark, leading zeros left out, at most 38.
        package var digits: Int128
        /// Digits behind the mark; negative for trailing zeros left of it.
        package var scale: Int
        package var overflows: Bool
    }

    /// Sign, digits with at most one mark, exponent. Blanks around are allowed.
    package static func decimal(_ text: ArraySlice<UInt8>) -> DecimalText? {
        var rest = trimmed(text)
        let isNegative = takeSign(&rest)
        var value: Int128 = 0, digitCount = 0, scale = 0, sawDigit = false, sawMark = false, overflows = false
        while let byte = rest.first {
            if isDigit(byte) {
                sawDigit = true
                if digitCount > 0 || byte != 0x30 { digitCount += 1 }
                if digitCount > 38 { overflows = true } else { value = value * 10 + Int128(byte - 0x30) }
                if sawMark { scale += 1 }
            } else if byte == UInt8(ascii: "."), !sawMark {
                sawMark = true
            } else {
                break
            }
            rest.removeFirst()
        }
        guard sawDigit else { return nil }
        if let byte = rest.first, byte | 0x20 == UInt8(ascii: "e") {
            rest.removeFirst()
            guard let exponent = integer(rest), let last = rest.first, !isBlank(last), abs(exponent) <= 100_000 else { return nil }
            scale -= Int(exponent)
            rest = []
        }
        guard rest.isEmpty else { return nil }
        return DecimalText(digits: isNegative ? -value : value, scale: scale, overflows: overflows)
    }

    package static func double(_ text: ArraySlice<UInt8>) -> Double? {
        let text = trimmed(text)
        switch String(decoding: text, as: UTF8.self).lowercased() {
        case "nan": return .nan
        case "infinity", "+infinity", "inf", "+inf": return .infinity
        case "-infinity", "-inf": return -.infinity
        default: break
        }
        // Swift's reader also takes hexadecimal floats and "nan(…)", which SQL has not.
        guard text.allSatisfy({ isDigit($0) || [0x2B, 0x2D, 0x2E, 0x45, 0x65].contains($0) }) else { return nil }
        guard let value = Double(String(decoding: text, as: UTF8.self)), value.isFinite else { return nil }
        return value
    }

    package static func boolean(_ text: ArraySlice<UInt8>) -> Bool? {
        let word = String(decoding: trimmed(text), as: UTF8.self).lowercased()
        guard !word.isEmpty else { return nil }
        // Any unique beginning counts; "o" alone is on or off.
        if "true".hasPrefix(word) || "yes".hasPrefix(word) || word == "on" || word == "1" { return true }
        if "false".hasPrefix(word) || "no".hasPrefix(word) || word == "of" || word == "off" || word == "0" { return false }
        return nil
    }

    // MARK: Dates and times

    package struct TimestampText {
        /// As the clock on the wall says.
        package var days: Int32
        package var microseconds: Int64
        /// Of an offset such as +02:00, in seconds east; nil when there is none.
        package var offsetSeconds: Int?
        /// Of a zone's name at the end.
        package var zone: String?
    }

    /// Days since 1970-01-01 of a proleptic Gregorian date; nil when there is no such day.
    package static func days(year: Int, month: Int, day: Int) -> Int32? {
        guard (1...9999).contains(year), (1...12).contains(month), day >= 1, day <= daysInMonth(year, month) else { return nil }
        // Howard Hinnant's algorithm: years from March, eras of 400 years.
        let y = month <= 2 ? year - 1 : year
        let era = y / 400, yearOfEra = y - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return Int32(era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468)
    }

    package static func daysInMonth(_ year: Int, _ month: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    package static func date(_ text: ArraySlice<UInt8>) -> Int32? { timestamp(text)?.days }

    /// `YYYY-MM-DD`, `YYYYMMDD`, with a time after a blank or `T`, with an offset, `Z` or a zone's name after that.
    package static func timestamp(_ text: ArraySlice<UInt8>) -> TimestampText? {
        var rest = trimmed(text)
        if rest.elementsEqual("epoch".utf8) { return TimestampText(days: 0, microseconds: 0, offsetSeconds: 0) }
        guard let days = takeDate(&rest) else { return nil }
        var result = TimestampText(days: days, microseconds: 0)
        guard let separator = rest.first else { return result }
        if separator | 0x20 == UInt8(ascii: "t") || isBlank(separator) {
            rest.removeFirst()
            while let first = rest.first, isBlank(first) { rest.removeFirst() }
            if let first = rest.first, isDigit(first) {
                guard let time = takeTime(&rest) else { return nil }
                result.microseconds = time
            }
        } else if separator != UInt8(ascii: "+") && separator != UInt8(ascii: "-") && separator | 0x20 != UInt8(ascii: "z") {
            return nil
        }
        return takeZone(&rest, &result) ? result : nil
    }

    private static func takeDate(_ rest: inout ArraySlice<UInt8>) -> Int32? {
        let before = rest
        guard let year = takeNumber(&rest, digits: 1...8) else { return nil }
        if before.count - rest.count == 8 {  // YYYYMMDD
            return days(year: year / 10_000, month: year / 100 % 100, day: year % 100)
        }
        guard before.count - rest.count == 4, let separator = rest.first, separator == UInt8(ascii: "-") || separator == UInt8(ascii: "/")
        else { return nil }
        rest.removeFirst()
        guard let month = takeNumber(&rest, digits: 1...2), rest.first == separator else { return nil }
        rest.removeFirst()
        guard let day = takeNumber(&rest, digits: 1...2) else { return nil }
        return days(year: year, month: month, day: day)
    }

    /// `HH:MM[:SS[.ffffff]]`; digits past microseconds round. 24:00 is the next midnight.
    private static func takeTime(_ rest: inout ArraySlice<UInt8>) -> Int64? {
        guard let hour = takeNumber(&rest, digits: 1...2), rest.first == UInt8(ascii: ":") else { return nil }
        rest.removeFirst()
        guard let minute = takeNumber(&rest, digits: 2...2), minute < 60 else { return nil }
        var second = 0, fraction: Int64 = 0
        if rest.first == UInt8(ascii: ":") {
            rest.removeFirst()
            guard let value = takeNumber(&rest, digits: 2...2), value <= 60 else { return nil }
            second = value
            if rest.first == UInt8(ascii: ".") {
                rest.removeFirst()
                guard let value = takeFraction(&rest) else { return nil }
                fraction = value
            }
        }
        let total = Int64(hour * 3600 + minute * 60 + second) * 1_000_000 + fraction
        guard hour <= 24, total <= microsecondsPerDay else { return nil }
        return total
    }

    /// Microseconds of the digits after a mark.
    private static func takeFraction(_ rest: inout ArraySlice<UInt8>) -> Int64? {
        var value: Int64 = 0, count = 0, roundsUp = false
        while let byte = rest.first, isDigit(byte) {
            if count < 6 { value = value * 10 + Int64(byte - 0x30) } else if count == 6 { roundsUp = byte >= 0x35 }
            count += 1
            rest.removeFirst()
        }
        guard count > 0 else { return nil }
        while count < 6 {
            value *= 10
            count += 1
        }
        return value + (roundsUp ? 1 : 0)
    }

    private static func takeZone(_ rest: inout ArraySlice<UInt8>, _ result: inout TimestampText) -> Bool {
        rest = trimmed(rest)
        guard let first = rest.first else { return true }
        if first == UInt8(ascii: "+") || first == UInt8(ascii: "-") {
            rest.removeFirst()
            let before = rest
            guard let number = takeNumber(&rest, digits: 1...4) else { return false }
            var seconds = before.count - rest.count > 2 ? number / 100 * 3600 + number % 100 * 60 : number * 3600
            for unit in [60, 1] where rest.first == UInt8(ascii: ":") {
                rest.removeFirst()
                guard let value = takeNumber(&rest, digits: 2...2), value < 60 else { return false }
                seconds += value * unit
            }
            guard rest.isEmpty, seconds <= 16 * 3600 else { return false }
            result.offsetSeconds = first == UInt8(ascii: "-") ? -seconds : seconds
            return true
        }
        let name = String(decoding: rest, as: UTF8.self)
        if ["z", "utc", "gmt"].contains(name.lowercased()) {
            result.offsetSeconds = 0
            return true
        }
        guard rest.allSatisfy({ isLetter($0) || isDigit($0) || [0x2F, 0x5F, 0x2B, 0x2D].contains($0) }) else { return false }
        result.zone = name
        return true
    }

    // MARK: Other types

    /// `\x…`, or text whose bytes stand for themselves with `\\` and `\ooo` escapes.
    package static func binary(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        if text.starts(with: Array("\\x".utf8)) {
            var bytes: [UInt8] = [], half: UInt8?
            for byte in text.dropFirst(2) where !isBlank(byte) {
                guard let nibble = hexValue(byte) else { return nil }
                if let high = half {
                    bytes.append(high << 4 | nibble)
                    half = nil
                } else {
                    half = nibble
                }
            }
            return half == nil ? bytes : nil
        }
        var bytes: [UInt8] = [], rest = text
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\") else {
                bytes.append(byte)
                continue
            }
            if rest.first == byte {
                rest.removeFirst()
                bytes.append(byte)
                continue
            }
            let octal = rest.prefix(3)
            guard octal.count == 3, octal.allSatisfy({ (0x30...0x37).contains($0) }), octal[octal.startIndex] <= 0x33 else { return nil }
            bytes.append(octal.reduce(0) { $0 << 3 | ($1 - 0x30) })
            rest = rest.dropFirst(3)
        }
        return bytes
    }

    package static func uuid(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        let text = trimmed(text)
        var bytes: [UInt8] = [], half: UInt8?
        for byte in text where byte != UInt8(ascii: "-") && byte != UInt8(ascii: "{") && byte != UInt8(ascii: "}") {
            guard let nibble = hexValue(byte) else { return nil }
            if let high = half {
                bytes.append(high << 4 | nibble)
                half = nil
            } else {
                half = nibble
            }
        }
        return bytes.count == 16 && half == nil ? bytes : nil
    }

    // MARK: Bytes

    static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
    static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
    static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) }

    private static func hexValue(_ byte: UInt8) -> UInt8? {
        if isDigit(byte) { return byte - 0x30 }
        return (0x61...0x66).contains(byte | 0x20) ? (byte | 0x20) - 0x61 + 10 : nil
    }

    static func takeSign(_ rest: inout ArraySlice<UInt8>) -> Bool {
        guard let first = rest.first, first == UInt8(ascii: "-") || first == UInt8(ascii: "+") else { return false }
        rest.removeFirst()
        return first == UInt8(ascii: "-")
    }

    static func takeNumber(_ rest: inout ArraySlice<UInt8>, digits: ClosedRange<Int>) -> Int? {
        var value = 0, count = 0
        while let byte = rest.first, isDigit(byte), count < digits.upperBound {
            value = value * 10 + Int(byte - 0x30)
            count += 1
            rest.removeFirst()
        }
        return digits.contains(count) ? value : nil
    }
}
