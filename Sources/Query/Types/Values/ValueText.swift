import ColumnStore

/// Reads values from text as PostgreSQL's input functions do (`'2026-11-20'::date`). Nil: the text is no value of the type.
///
/// Dates and times are `DateTimeText`'s, intervals `IntervalText`'s.
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

    private static func isNegativeNumber(_ text: ArraySlice<UInt8>) -> Bool { text.first == UInt8(ascii: "-") }

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
            guard let first = rest.first, !isBlank(first) else { return nil }
            var digits = rest
            _ = takeSign(&digits)
            guard !digits.isEmpty, digits.allSatisfy(isDigit) else { return nil }
            // PostgreSQL's NUMERIC goes no further either.
            guard let exponent = integer(rest), exponent.magnitude <= NumberText.exponentMax else {
                return DecimalText(digits: 0, scale: 0, overflows: value != 0 || isNegativeNumber(rest))
            }
            scale = scale.subtractingSaturating(Int(exponent))
            rest = []
        }
        guard rest.isEmpty else { return nil }
        return DecimalText(digits: isNegative ? -value : value, scale: scale, overflows: overflows)
    }

    /// Whether it is NaN or an infinity, which PostgreSQL's NUMERIC has and DECIMAL has not.
    static func isNoDecimal(_ text: ArraySlice<UInt8>) -> Bool {
        // A sign before NaN is a DOUBLE's alone.
        double(text).map { $0.isInfinite || $0.isNaN && ![0x2B, 0x2D].contains(trimmed(text).first) } ?? false
    }

    package static let noDecimal = "NUMERIC has no NaN and no infinity here: DOUBLE has"

    package static func double(_ text: ArraySlice<UInt8>) -> Double? {
        let text = trimmed(text)
        switch String(word: text).lowercased() {
        case "nan", "+nan", "-nan": return .nan
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
        let word = String(word: trimmed(text)).lowercased()
        guard !word.isEmpty else { return nil }
        // Any unique beginning counts; "o" alone is on or off.
        if "true".hasPrefix(word) || "yes".hasPrefix(word) || word == "on" || word == "1" { return true }
        if "false".hasPrefix(word) || "no".hasPrefix(word) || word == "of" || word == "off" || word == "0" { return false }
        return nil
    }

    // MARK: Dates and times

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
        return escaped(text)
    }

    /// Bytes that stand for themselves, with `\\` and `\ooo` escapes.
    static func escaped(_ text: ArraySlice<UInt8>) -> [UInt8]? {
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

    /// A hyphen may stand behind each four digits, and braces around all of it; blanks are none of it.
    package static func uuid(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        var rest = text
        if rest.first == UInt8(ascii: "{") {
            guard rest.last == UInt8(ascii: "}") else { return nil }
            rest = rest.dropFirst().dropLast()
        }
        var bytes: [UInt8] = []
        while bytes.count < 16 {
            guard let high = rest.popFirst().flatMap(hexValue), let low = rest.popFirst().flatMap(hexValue) else { return nil }
            bytes.append(high << 4 | low)
            if bytes.count.isMultiple(of: 2), bytes.count < 16, rest.first == UInt8(ascii: "-") { rest.removeFirst() }
        }
        return rest.isEmpty ? bytes : nil
    }

    // MARK: Bytes

    static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
    package static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
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
