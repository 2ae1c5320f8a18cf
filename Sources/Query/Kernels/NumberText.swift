import ColumnStore
internal import Glibc

/// Numbers as PostgreSQL writes and reads them.
package enum NumberText {
    /// Of ten, in a text of a number.
    static let exponentMax = 16_383

    /// Appends decimal digits.
    package static func appendInteger(_ value: Int64, to text: inout [UInt8]) {
        if value < 0 { text.append(UInt8(ascii: "-")) }
        appendMagnitude(value.magnitude, width: 1, to: &text)
    }

    /// At least `width` digits, with zeros in front.
    private static func appendMagnitude(_ magnitude: UInt64, width: Int, to text: inout [UInt8]) {
        // UInt64 has 20 digits at most; they come from the last to the first.
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
            var rest = magnitude
            var start = 20
            repeat {
                start -= 1
                digits[start] = 0x30 + UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            } while rest != 0
            while 20 - start < width && start > 0 {
                start -= 1
                digits[start] = 0x30
            }
            text.append(contentsOf: UnsafeBufferPointer(rebasing: UnsafeBufferPointer(digits)[start..<20]))
        }
    }

    /// Appends a decimal with exactly `scale` digits behind the mark.
    /// 1250 at scale 2 is `12.50`, 5 at scale 2 is `0.05`.
    package static func appendDecimal(_ value: Int128, scale: Int, to text: inout [UInt8]) {
        if let narrow = Int64(exactly: value), scale <= 18 { return appendDecimal(narrow, scale: scale, to: &text) }
        if value < 0 { text.append(UInt8(ascii: "-")) }
        var digits: [UInt8] = []
        var rest = value.magnitude
        // One digit more than stands behind the mark, so that there is one before it.
        while rest != 0 || digits.count <= scale {
            digits.append(0x30 + UInt8(truncatingIfNeeded: rest % 10))
            rest /= 10
        }
        for index in digits.indices.reversed() {
            text.append(digits[index])
            if index == scale && scale > 0 { text.append(UInt8(ascii: ".")) }
        }
    }

    /// - Precondition: `scale` is at most 18.
    package static func appendDecimal(_ value: Int64, scale: Int, to text: inout [UInt8]) {
        if value < 0 { text.append(UInt8(ascii: "-")) }
        guard scale > 0 else { return appendMagnitude(value.magnitude, width: 1, to: &text) }
        let (whole, fraction) = value.magnitude.quotientAndRemainder(dividingBy: DecimalMath.narrowPowers[scale].magnitude)
        appendMagnitude(whole, width: 1, to: &text)
        text.append(UInt8(ascii: "."))
        appendMagnitude(fraction, width: scale, to: &text)
    }

    /// Appends the shortest digits that read back as the same double, in PostgreSQL's form: `1.5`, `1e+20`, `NaN`, `Infinity`.
    ///
    /// PostgreSQL's own rule since version 12 (<https://www.postgresql.org/docs/15/datatype-numeric.html#DATATYPE-FLOAT>):
    /// shortest form, exponents from 1e+15 on and below 1e-04.
    package static func appendDouble(_ value: Double, to text: inout [UInt8]) { appendShortest(value, fixedBelow: 15, to: &text) }

    /// Rounded to so many digits, as C's `%g` writes them.
    package static func append(_ value: Double, digits: Int, to text: inout [UInt8]) {
        guard value.isFinite else { return appendDouble(value, to: &text) }
        // A sign, the mark, an exponent of five, zeros before the digits of four.
        var buffer = [CChar](repeating: 0, count: digits + 16)
        let count = withVaList([Int32(clamping: digits), value]) { vsnprintf(&buffer, buffer.count, "%.*g", $0) }
        text.append(contentsOf: buffer.prefix(max(0, Int(clamping: count))).map { UInt8(bitPattern: $0) })
    }

    /// The REAL of whose fewest digits a DOUBLE was made. One that lies between two REALs, or among those that have fewer bits, tells by its digits which of them it was.
    package static func single(_ value: Double) -> Float {
        let isBetween = value.bitPattern & 0x1FFF_FFFF == 0x1000_0000 || value.magnitude < Double(Float.leastNormalMagnitude)
        return isBetween ? Float(value.description) ?? Float(value) : Float(value)
    }

    /// A REAL in the fewest digits, whose form has an exponent from 1e+06 on.
    static func appendReal(_ value: Float, to text: inout [UInt8]) { appendShortest(value, fixedBelow: 6, to: &text) }

    private static func appendShortest<Number: BinaryFloatingPoint & CustomStringConvertible>(_ value: Number, fixedBelow: Int, to text: inout [UInt8]) {
        guard value.isFinite else {
            return text.append(contentsOf: (value.isNaN ? "NaN" : value < 0 ? "-Infinity" : "Infinity").utf8)
        }
        if value.sign == .minus { text.append(UInt8(ascii: "-")) }
        if value == 0 { return text.append(0x30) }
        var (digits, exponent) = significantDigits(value.magnitude.description)
        while digits.count > 1, digits.last == 0x30 { digits.removeLast() }
        if exponent < -4 || exponent >= fixedBelow {
            text.append(digits[0])
            if digits.count > 1 {
                text.append(UInt8(ascii: "."))
                text.append(contentsOf: digits.dropFirst())
            }
            text.append(UInt8(ascii: "e"))
            text.append(UInt8(ascii: exponent < 0 ? "-" : "+"))
            appendMagnitude(UInt64(abs(exponent)), width: 2, to: &text)
        } else if exponent < 0 {
            text.append(contentsOf: "0.".utf8)
            for _ in 0..<(-exponent - 1) { text.append(0x30) }
            text.append(contentsOf: digits)
        } else {
            for index in 0..<max(digits.count, exponent + 1) {
                if index == exponent + 1 { text.append(UInt8(ascii: ".")) }
                text.append(index < digits.count ? digits[index] : 0x30)
            }
        }
    }

    /// Swift's shortest digits of a number, which is not 0, and the power of ten of the first of them.
    /// 1234.5 is ("12345", 3), 0.05 is ("5", -2).
    private static func significantDigits(_ description: String) -> (digits: [UInt8], exponent: Int) {
        var digits: [UInt8] = []
        var exponent = 0
        var pointAt: Int?
        // Swift writes `1234.5`, `1e+20`, `5e-324`: digits with or without a mark, then perhaps an exponent.
        var written = Array(description.utf8)
        if let mark = written.firstIndex(of: UInt8(ascii: "e")) {
            exponent = Int(String(decoding: written[(mark + 1)...], as: UTF8.self)) ?? 0
            written.removeSubrange(mark...)
        }
        for byte in written {
            if byte == UInt8(ascii: ".") { pointAt = digits.count } else { digits.append(byte) }
        }
        exponent += (pointAt ?? digits.count) - 1
        let lead = digits.prefix { $0 == 0x30 }.count
        digits.removeFirst(lead)
        return (digits, exponent - lead)
    }

    // MARK: Reading

    /// What stands in a text of a decimal.
    enum DecimalReading {
        /// Its digits without the mark, rounded to the scale asked for.
        case value(Int128)
        case invalid
        case overflow
    }

    /// Reads `-12.50`, `.5`, `1e3` with blanks around it, at `scale`, rounding half away from zero.
    /// - Parameter scale: digits behind the mark that are wanted: `.value` is at this scale.
    /// - Complexity: O(text).
    static func readDecimal(_ text: some RandomAccessCollection<UInt8>, scale: Int) -> DecimalReading {
        let bytes = trimmed(text)
        var index = bytes.startIndex
        var isNegative = false
        if index < bytes.endIndex, bytes[index] == 0x2D || bytes[index] == 0x2B {
            isNegative = bytes[index] == 0x2D
            index += 1
        }
        var digits: [UInt8] = []
        var behind = 0
        var hasMark = false
        var any = false
        while index < bytes.endIndex {
            let byte = bytes[index]
            if byte >= 0x30, byte <= 0x39 {
                any = true
                // Zeros in front are no digits, but count behind the mark: .05 has one digit and two places.
                if !(digits.isEmpty && byte == 0x30) { digits.append(byte - 0x30) }
                if hasMark { behind += 1 }
            } else if byte == 0x2E, !hasMark {
                hasMark = true
            } else {
                break
            }
            index += 1
        }
        guard any else { return .invalid }
        if index < bytes.endIndex {
            guard bytes[index] | 0x20 == 0x65, let exponent = readExponent(bytes[(index + 1)...]) else { return .invalid }
            // PostgreSQL's NUMERIC goes no further either.
            if exponent.magnitude > exponentMax { return digits.isEmpty && exponent > 0 ? .value(0) : .overflow }
            behind -= exponent
        }
        return assemble(digits, behind: behind, scale: scale, isNegative: isNegative)
    }

    /// Nil where it is none; past a million it says a million, which is past all bounds.
    private static func readExponent(_ text: ArraySlice<UInt8>) -> Int? {
        var digits = text
        var isNegative = false
        if let first = digits.first, first == 0x2D || first == 0x2B {
            isNegative = first == 0x2D
            digits = digits.dropFirst()
        }
        guard !digits.isEmpty, digits.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else { return nil }
        var value = 0
        for digit in digits { value = min(value * 10 + Int(digit - 0x30), 1_000_000) }
        return isNegative ? -value : value
    }

    /// - Parameter behind: how many of the digits stand behind the mark; below zero where an exponent puts zeros behind
    ///   them.
    private static func assemble(_ digits: [UInt8], behind: Int, scale: Int, isNegative: Bool) -> DecimalReading {
        if digits.isEmpty { return .value(0) }
        // The digit at place `keep` is the first one dropped.
        let keep = digits.count - behind + scale
        if keep < 0 { return .value(0) }
        if keep > DecimalMath.digitCountMax { return .overflow }
        var value: Int128 = 0
        for index in 0..<keep { value = value * 10 + (index < digits.count ? Int128(digits[index]) : 0) }
        if keep < digits.count, digits[keep] >= 5 { value += 1 }
        guard DecimalMath.fits(value) else { return .overflow }
        return .value(isNegative ? -value : value)
    }

    /// Reads a double as PostgreSQL does: digits with or without exponent, `NaN`, `Infinity`, `inf`; nil when it is none.
    ///
    /// - Throws: `.numericOverflow` of a number that no DOUBLE comes near to.
    static func readDouble(_ text: some RandomAccessCollection<UInt8>) throws(KernelError) -> Double? {
        let bytes = trimmed(text)
        switch String(word: bytes).lowercased() {
        case "nan", "+nan", "-nan": return .nan
        case "infinity", "+infinity", "inf", "+inf": return .infinity
        case "-infinity", "-inf": return -.infinity
        default: break
        }
        guard let first = bytes.first, bytes.allSatisfy({ ($0 >= 0x30 && $0 <= 0x39) || [0x2B, 0x2D, 0x2E, 0x45, 0x65].contains($0) }),
            first != 0x45, first != 0x65
        else { return nil }
        guard let value = Double(String(decoding: bytes, as: UTF8.self)) else { return nil }
        // A text that says no 0 and reads as 0 is too small for a DOUBLE, one that reads as infinite too large.
        guard value.isFinite, value != 0 || isZero(bytes) else { throw .numericOverflow }
        return value
    }

    /// Whether the text of a number says 0: all digits before its exponent do.
    static func isZero(_ text: some Collection<UInt8>) -> Bool {
        !text.prefix { $0 | 0x20 != UInt8(ascii: "e") }.contains { $0 >= 0x31 && $0 <= 0x39 }
    }

    /// Without blanks at either side.
    static func trimmed(_ text: some RandomAccessCollection<UInt8>) -> ArraySlice<UInt8> {
        var bytes = Array(text)[...]
        while let first = bytes.first, isBlank(first) { bytes = bytes.dropFirst() }
        while let last = bytes.last, isBlank(last) { bytes = bytes.dropLast() }
        return bytes
    }

    /// ASCII's blanks, as `isspace` of C's own locale has them.
    static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (byte >= 0x09 && byte <= 0x0D) }

    /// The 15 significant digits that PostgreSQL takes from a double on its way to numeric.
    static func fifteenDigits(_ value: Double) -> [UInt8] { digits(value, "%.15g") }

    /// The 6 that it takes from a float of 32 bits.
    static func sixDigits(_ value: Double) -> [UInt8] { digits(value, "%.6g") }

    private static func digits(_ value: Double, _ form: String) -> [UInt8] {
        var buffer = [CChar](repeating: 0, count: 40)
        let written = withVaList([value]) { vsnprintf(&buffer, buffer.count, form, $0) }
        return buffer.prefix(max(0, Int(written))).map { UInt8(bitPattern: $0) }
    }
}
